"""What has been tried against proof systems of this kind, and the test that tries it here.

`PROOFS` are classes of malformed or false proofs, `PUBLISHED` flaws found in other systems between
2022 and 2026. Each row names tests (`file::function`, below `tests`), or says why there is nothing
to try.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

import pytest

from cstark.protocol import refusals

TESTS = Path(__file__).resolve().parent.parent

(
    FORMAT, POLICY, BUSES, QUERIES, OPENINGS, FRI, BINDING, STATED, ACC, EVERY, ONE, HIDDEN, ALONE,
    GROUPS, SEVERAL, SHARDS, IN_SHARDS,
) = (
    f"attacks/test_{name}.py::"
    for name in ("format", "policy", "buses", "queries", "openings", "fri", "binding",
                 "binding_statement", "accumulator", "every_place", "one_quotient",
                 "hidden", "preprocessed_alone", "groups", "several_traces", "shards",
                 "hidden_shards")
)  # fmt: skip
LEDGER, MUTATIONS, REFUSALS = (
    f"protocol/test_{name}.py::" for name in ("ledger", "mutations", "refusals")
)
TRANSCRIPT, STRUCTURE = "protocol/test_transcript.py::", "test_structure.py::"

PROOFS: dict[str, tuple[str, ...] | str] = {
    "wrong magic or version, unknown option value": (
        FORMAT + "test_second_files_of_one_proof", FORMAT + "test_options_out_of_range",
        FORMAT + "test_options_with_impossible_values",
    ),
    "weaker options in the file": (
        POLICY + "test_policies_that_are_none", POLICY + "test_the_regime_of_the_policy",
        QUERIES + "test_weaker_options_in_the_file",
        QUERIES + "test_weaker_options_than_the_machines", QUERIES + "test_zero_queries",
        POLICY + "test_options_other_than_it_was_made_with",
    ),
    "trailing bytes, short reads": (
        FORMAT + "test_bytes_after_the_end", FORMAT + "test_short_files",
        REFUSALS + "test_every_truncation_is_refused",
    ),
    "a table that stands more or less often than it may": (
        SEVERAL + "test_a_table_that_stands_once_stands_more_or_less_often",
        SEVERAL + "test_one_height_in_the_place_of_a_list",
        SEVERAL + "test_more_traces_than_a_proof_has",
    ),
    "one of several traces is forged": (
        SEVERAL + "test_the_last_trace_is_forged",
        SEVERAL + "test_violations_of_two_traces_that_cancel",
    ),
    "traces left out, added, exchanged, of another height": (
        SEVERAL + "test_a_trace_is_left_out", SEVERAL + "test_traces_in_another_order",
        SEVERAL + "test_another_number_of_traces_in_the_header",
        SEVERAL + "test_another_number_of_traces_than_expected",
        SEVERAL + "test_the_last_trace_has_a_height_that_none_may_have",
        SEVERAL + "test_heights_that_no_traces_have",
    ),
    "shards of another run, twice, missing, out of order": (
        SHARDS + "test_a_shard_of_another_run",
        SHARDS + "test_a_shard_twice_missing_or_out_of_order",
        SHARDS + "test_shards_exchanged_where_nobody_counts_them",
        SHARDS + "test_a_shard_left_out_where_nobody_counts_them",
        SHARDS + "test_impossible_number_of_shards",
        SHARDS + "test_the_second_half_for_other_heads",
    ),
    "heads of shards changed": (
        SHARDS + "test_a_head_changed", SHARDS + "test_a_wrong_pin",
        SHARDS + "test_heights_of_a_shard_that_are_not_its_own",
        SHARDS + "test_heights_that_no_traces_of_a_shard_have",
    ),
    "tables that stand in shards where they must not, or not where they must": (
        SHARDS + "test_a_table_that_stands_once_in_two_shards",
        SHARDS + "test_tables_that_stand_once_stand_in_the_last_shard",
        SHARDS + "test_a_table_of_every_shard_is_missing_in_one",
    ),
    "what only all shards together say": (
        SHARDS + "test_weights_wrap_over_all_shards",
        SHARDS + "test_buses_that_do_not_balance_over_all_shards",
        SHARDS + "test_a_state_between_shards_changed", SHARDS + "test_one_shard_is_forged",
        SHARDS + "test_a_key_looks_at_every_shard",
    ),
    "a shard in the place of a proof, or the reverse": (
        SHARDS + "test_keys_of_the_other_kind", SHARDS + "test_files_of_the_other_kind",
        SHARDS + "test_another_statement", SHARDS + "test_bytes_after_the_end_of_shards",
        SHARDS + "test_every_truncation_of_shards",
    ),
    "weights that wrap around over several traces": (
        SEVERAL + "test_weights_wrap_over_all_traces",
    ),
    "huge lengths": (
        SHARDS + "test_a_shard_out_of_proportion_is_not_kept",
        FORMAT + "test_a_body_out_of_proportion_is_not_kept",
        SHARDS + "test_a_claim_of_shards_that_is_too_long",
        FORMAT + "test_claim_too_long", FORMAT + "test_impossible_number_of_tables",
        FORMAT + "test_sizes_that_no_file_could_hold",
        REFUSALS + "test_the_header_never_allocates_what_it_claims",
    ),
    "elements that are not canonical": (
        FORMAT + "test_words_that_are_not_canonical",
        REFUSALS + "test_words_not_below_p_are_refused",
    ),
    "floats, negative numbers, bools through the API": (
        "protocol/test_bad_input.py::test_publics", FORMAT + "test_not_bytes",
        FORMAT + "test_fields_that_no_file_could_hold", FORMAT + "test_heights_of_numpy",
        SHARDS + "test_fields_that_no_file_of_shards_could_hold",
        FORMAT + "test_heights_that_are_no_numbers",
        FORMAT + "test_heights_of_more_than_a_byte",
    ),
    "height 0, too small, too large": (
        POLICY + "test_heights_that_the_theorems_exclude", POLICY + "test_heights_out_of_range",
        FORMAT + "test_impossible_height", FORMAT + "test_impossible_height_of_one_of_several",
    ),
    "height changed, tables swapped, missing, extra": (
        POLICY + "test_another_height_than_the_statements",
        POLICY + "test_another_height_than_expected", POLICY + "test_heights_that_are_none",
        POLICY + "test_heights_swapped_between_tables", POLICY + "test_tables_swapped",
        POLICY + "test_a_table_left_out", REFUSALS + "test_heights_are_the_statements",
    ),
    "preprocessed root from the proof": (POLICY + "test_preprocessed_root_replaced",),
    "verifying key supplied by the prover": (
        "whoever verifies chooses the key and compares its digest; the file holds none"
    ),
    "widths of openings and of rows": (
        "a proof states no width: rows are cut by the statement's (`Layout`); see the mutations"
    ),
    "blocks of openings of another shape": (MUTATIONS + "test_every_field_in_every_way",),
    "number of quotient chunks": (
        "computed from the key's degree, which is computed from the expressions: none in the file"
    ),
    "declared degree lower than the true one": ("air/test_description.py::test_hostile",),
    "FRI: roots, arities, openings per round": (MUTATIONS + "test_every_field_in_every_way",),
    "final polynomial too long or short": (
        FRI + "test_final_polynomial_too_long", MUTATIONS + "test_every_field_in_every_way",
    ),
    "roll-in of shorter tables": (FRI + "test_roll_in_without_a_fresh_factor",),
    "first FRI layer not tied to the DEEP values": (
        OPENINGS + "test_deep_values_not_tied_to_the_first_layer",
    ),
    "openings lied about": (
        OPENINGS + "test_lies_at_zeta_and_a_word_far_from_low_degree",
        OPENINGS + "test_rows_chosen_at_the_queries",
    ),
    "quotient lied about, or of a false trace": (
        OPENINGS + "test_a_false_trace", BINDING + "test_quotient_root_not_absorbed",
    ),
    "violations that cancel in a quotient that tables share": (
        ONE + "test_violations_that_cancel", ONE + "test_violations_that_cancel_across_heights",
        ONE + "test_a_known_delta_is_enough_to_cheat",
        ONE + "test_powers_of_beta_alone_would_do_no_better",
        ONE + "test_each_table_of_a_height_counts",
    ),
    "zeta in a domain, zero denominators": (
        TRANSCRIPT + "test_zeta_is_drawn_again_while_in_the_base_field",
        BUSES + "test_token_with_a_zero_denominator",
        BUSES + "test_table_with_a_zero_denominator",
    ),
    "bus sums missing, not absorbed, not cancelling": (
        BUSES + "test_sums_that_do_not_cancel", BUSES + "test_a_sum_that_its_table_does_not_have",
        BINDING + "test_table_sums_not_absorbed", MUTATIONS + "test_every_field_in_every_way",
    ),
    "one message of many in a lookup column": (
        GROUPS + "test_the_columns_are_as_said", GROUPS + "test_a_message_that_nobody_receives",
        GROUPS + "test_lookup_columns_of_other_messages",
        GROUPS + "test_a_group_without_one_of_its_members",
    ),
    "multiplicity p": (BUSES + "test_multiplicity_wraps_around",),
    "Merkle paths: lengths, unused nodes": (MUTATIONS + "test_every_field_in_every_way",),
    "equal queries": (
        QUERIES + "test_all_queries_equal", QUERIES + "test_positions_of_an_honest_proof_differ",
        TRANSCRIPT + "test_positions_are_spread",
    ),
    "nonce without grinding, nonce ignored": (
        QUERIES + "test_nonce_must_be_zero_without_grinding", QUERIES + "test_nonce_ignored",
        QUERIES + "test_nonce_not_absorbed",
    ),
    "truncating zip": (
        POLICY + "test_a_table_left_out",
        STRUCTURE + "test_verifier_has_no_assert_and_no_loose_zip",
    ),
    "other exceptions": (
        MUTATIONS + "test_every_field_in_every_way", REFUSALS + "test_every_byte_counts",
    ),
    "one table, tree, layer or item of many left out": (
        EVERY + "test_a_false_table", EVERY + "test_a_false_sum",
        EVERY + "test_a_table_whose_height_is_refused", EVERY + "test_every_item_at_both_ends",
        EVERY + "test_what_a_statement_does_not_have",
    ),
    "success by a wrong path": (
        "`verify` returns in one place, after all checks; nothing in it branches on the file"
    ),
    "masks that carry something": (
        HIDDEN + "test_a_false_trace",
        HIDDEN + "test_lies_at_zeta_and_a_word_far_from_low_degree",
        HIDDEN + "test_masks_of_sums_that_do_not_cancel",
        HIDDEN + "test_sums_that_are_not_those_of_the_masks",
        HIDDEN + "test_masks_of_sums_chosen_after_the_challenges",
        IN_SHARDS + "test_masks_of_sums_that_do_not_cancel_over_shards",
        IN_SHARDS + "test_sums_of_a_shard_that_are_not_those_of_its_masks",
        IN_SHARDS + "test_masks_of_sums_chosen_after_the_challenges_of_shards",
    ),
    "salts and options of hiding": (
        HIDDEN + "test_salts_belong_to_the_root", HIDDEN + "test_a_proof_of_the_other_kind",
        HIDDEN + "test_headers_that_say_something_else_of_hiding",
        HIDDEN + "test_keys_that_say_something_else_of_hiding",
        HIDDEN + "test_taller_codes_than_needed_are_a_key_of_their_own",
        HIDDEN + "test_options_that_are_none",
        HIDDEN + "test_both_verifiers_count_the_same_bits",
        HIDDEN + "test_the_tallest_tables_leave_room_for_masks",
        IN_SHARDS + "test_salts_of_shards_belong_to_the_root",
        IN_SHARDS + "test_shards_of_the_other_kind",
        IN_SHARDS + "test_keys_of_hidden_shards_and_single_proofs",
        IN_SHARDS + "test_one_shard_is_not_the_first_of_several",
        IN_SHARDS + "test_more_or_fewer_bytes_of_a_hidden_shard",
        IN_SHARDS + "test_both_verifiers_count_the_bits_of_hidden_shards",
        IN_SHARDS + "test_keys_of_shards_that_leave_no_room_for_masks",
        IN_SHARDS + "test_room_for_three_more_coefficients",
    ),
    "a table without a column of the prover's": (
        ALONE + "test_it_is_proved_and_verified",
        ALONE + "test_a_public_value_that_the_list_does_not_have",
        ALONE + "test_a_message_that_the_list_does_not_have", ALONE + "test_another_list",
        ALONE + "test_its_trace_may_be_left_out_or_empty",
        ALONE + "test_a_wrong_list_is_found_by_check",
        ALONE + "test_counts_for_a_list_beside_it",
        ALONE + "test_a_table_without_any_column_is_refused_everywhere",
    ),
    "claim in the file is not the one proved": (
        POLICY + "test_another_claim_in_the_header", STATED + "test_claim_not_absorbed",
    ),
}  # fmt: skip

PUBLISHED: dict[str, tuple[str, ...] | str] = {
    "public inputs, statement or key not absorbed (2022-2026)": (
        STATED + "test_publics_not_absorbed", STATED + "test_key_not_absorbed",
        STATED + "test_tokens_not_absorbed", STATED + "test_claim_not_absorbed",
        STATED + "test_other_parts_of_the_statement",
        TRANSCRIPT + "test_every_part_of_the_statement_changes_the_challenges",
        STATED + "test_every_field_changes_both_transcripts",
    ),
    "height not absorbed": (
        STATED + "test_other_parts_of_the_statement",
        POLICY + "test_another_height_than_the_statements",
    ),
    "a commitment made after its challenge": (
        BINDING + "test_main_root_not_absorbed", BINDING + "test_lookup_root_not_absorbed",
        BINDING + "test_quotient_root_not_absorbed", BINDING + "test_fri_root_not_absorbed",
    ),
    "openings not absorbed before they are batched": (BINDING + "test_openings_not_absorbed",),
    "final polynomial not absorbed, or of any length": (
        BINDING + "test_final_polynomial_not_absorbed", FRI + "test_final_polynomial_too_long",
    ),
    "shorter tables rolled in without fresh randomness": (
        FRI + "test_roll_in_without_a_fresh_factor",
    ),
    "lists of different length zipped": (POLICY + "test_a_table_left_out",),
    "table sums not absorbed": (BINDING + "test_table_sums_not_absorbed",),
    "first row of the accumulator a tautology": (
        ACC + "test_accumulator_that_does_not_begin_with_zero",
        ACC + "test_it_is_for_uniqueness_only",
    ),
    "multiplicities wrap around": (BUSES + "test_multiplicity_wraps_around",),
    "messages of different width collide": (
        BUSES + "test_tuple_widths_mixed_on_a_bus", BUSES + "test_tokens_of_another_width",
    ),
    "bus numbers collide or overflow": (BUSES + "test_messages_of_another_bus",),
    "weights left out of the bound": (
        BUSES + "test_multiplicity_wraps_around",
        BUSES + "test_counts_of_tokens_that_take_messages_away",
        BUSES + "test_counts_of_tokens_up_to_the_limit",
        BUSES + "test_public_counts_that_take_messages_away",
        BUSES + "test_public_counts_of_providers_are_free",
    ),
    "absorbing does not bind lengths": (TRANSCRIPT + "test_everything_absorbed_matters",),
    "a later absorb overwrites the state": (TRANSCRIPT + "test_everything_absorbed_matters",),
    "proof of work: shifts overflow": (
        TRANSCRIPT + "test_grinding", FORMAT + "test_options_out_of_range",
    ),
    "a nonce that is never checked": (QUERIES + "test_nonce_ignored",),
    "biased samples, state not advanced": (
        TRANSCRIPT + "test_positions_are_spread", QUERIES + "test_all_queries_equal",
        TRANSCRIPT + "test_draws_differ_and_depend_on_labels",
    ),
    "two encodings of an element": (FORMAT + "test_words_that_are_not_canonical",),
    "zero queries": (QUERIES + "test_zero_queries",),
    "shapes taken from the proof": (MUTATIONS + "test_every_field_in_every_way",),
    "elements moved between the rows of one leaf": (
        "the statement cuts the leaf: the file states no widths to move them by"
    ),
    "preprocessed commitment that is not expected": (
        POLICY + "test_preprocessed_root_replaced",
    ),
    "consistency tested at one member of the fold only": (
        FRI + "test_members_of_a_group_are_compared",
    ),
    "a matrix that is not opened": ("protocol/test_layout.py::test_every_column_is_opened",),
    "division by zero at zeta": (
        TRANSCRIPT + "test_zeta_is_drawn_again_while_in_the_base_field",
    ),
    "divisibility not checked": (OPENINGS + "test_a_false_trace",),
    "periodic columns of any length": (POLICY + "test_periodic_column_longer_than_its_table",),
    "randomness for hiding": (
        "protocol/test_masks.py::test_masks_of_columns_have_full_rank_at_what_a_proof_shows",
        "protocol/test_masks.py::test_masks_of_chunks_have_full_rank_at_what_a_proof_shows",
        "protocol/test_masks.py::test_a_prover_that_leaves_a_mask_out_is_noticed",
        "protocol/test_masks.py::test_two_proofs_have_nothing_in_common",
        "protocol/test_simulator.py::test_a_proof_without_a_witness_is_accepted",
    ),
    "order and number of tables from the proof": (
        POLICY + "test_tables_swapped", POLICY + "test_a_table_left_out",
    ),
    "empty traces": (POLICY + "test_heights_that_the_theorems_exclude",),
    "flags of recursion": "there is no recursion",
    "superfluous items": (FORMAT + "test_bytes_after_the_end",),
    "panics on malformed proofs": (MUTATIONS + "test_every_field_in_every_way",),
    "positions without replacement": (
        "drawn with replacement and opened once; the estimator counts draws"
    ),
    "fields of the file neither absorbed nor compared": (
        LEDGER + "test_what_is_said_to_be_absorbed_is",
        LEDGER + "test_what_is_said_to_be_compared_is",
    ),
    "checks that are skipped when something is missing": (
        "no check of the verifier is optional: see `refusals.CHECKS`"
    ),
    "allocation by a length in the file": (
        REFUSALS + "test_the_header_never_allocates_what_it_claims",
    ),
}  # fmt: skip


@lru_cache
def functions(path: Path) -> dict[str, list[str]]:
    """Test functions of a file, with the checks that they say they hold."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            held = []
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.holds":
                    held += [ast.literal_eval(argument) for argument in mark.args]
            found[node.name] = held
    return found


@pytest.mark.parametrize("table", [PROOFS, PUBLISHED], ids=["proofs", "published"])
def test_every_row_names_a_test_or_a_reason(table):
    for row, tests in table.items():
        if isinstance(tests, str):
            assert len(tests) > 20, row
            continue
        for test in tests:
            file, _, name = test.partition("::")
            assert (TESTS / file).exists(), (row, test)
            assert not name or name in functions(TESTS / file), (row, test)


def test_every_attack_stands_in_a_table():
    """Nobody adds a test here and leaves the overview as it is."""
    rows = [*PROOFS.values(), *PUBLISHED.values()]
    listed = {test for tests in rows if isinstance(tests, tuple) for test in tests}
    tools = {"test_the_fold_is_that_of_the_definition"}
    for path in sorted((TESTS / "attacks").glob("test_*.py")):
        if path.name in ("test_overview.py", "test_checks_removed.py"):
            continue
        for name in functions(path):
            assert f"attacks/{path.name}::{name}" in listed or name in tools, (path.name, name)


def test_every_check_is_held_by_a_test():
    held = {
        name
        for path in (TESTS / "attacks").glob("test_*.py")
        for names in functions(path).values()
        for name in names
    }
    assert held == set(refusals.CHECKS)
