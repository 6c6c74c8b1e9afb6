"""A row of `rare` says what the row of the family says: its equations, and its messages.

Cells are drawn from the whole field, so that equations and counts that differ anywhere differ
here; they say the same of any cells, not of valid ones alone.
"""

from __future__ import annotations

import numpy as np
import pytest
from rare_rows import EVERYTHING, VARIANTS, laid, rare_of, said, sent

import cstark as cs
from cstark.air import P, describe
from cstark.vm.tables import FAMILIES, Rare
from cstark.vm.tables.forms import form_of
from cstark.vm.tables.rare import APART

USUAL = ("jump", "li", "mv", "addi", "addi_inplace", "add", "branch_eq", "branch_zero", "ld",
         "lw", "sub_load", "sd", "sw", "shift_i", "jalr", "jr", "last_halt", "print")  # fmt: skip
"""Some families that nearly every program has."""


def drawn(name, seed=0):
    """A real row of a family with any cells."""
    width = len(describe(name, VARIANTS[name]).column_names)
    rng = np.random.default_rng([seed, *name.encode()])
    row = rng.integers(0, P, width, dtype=np.uint64)
    row[describe(name, VARIANTS[name]).column_names.index("real")] = 1
    return row


NARROW = tuple(Rare.narrow({name: VARIANTS[name] for name in USUAL}).families)
"""Those of them with short rows, in a table of their own."""


@pytest.mark.parametrize("families", [EVERYTHING, USUAL, NARROW], ids=["all", "usual", "narrow"])
@pytest.mark.parametrize("name", EVERYTHING)
def test_the_same_equations_and_messages(name, families):
    if name not in families:
        if families is NARROW:
            return
        families = (name,)
    rare, together = rare_of(*families)
    alone = describe(name, VARIANTS[name])
    for seed in range(2):
        row = drawn(name, seed)
        there = laid(rare, name, row)[0]
        expected = {f"{name}: {what}": values for what, values in said(alone, row).items()}
        del expected[f"{name}: real is a bit"]
        found = said(together, there)
        for what, values in expected.items():
            assert found.pop(what) == values, what
        assert not any(map(any, found.values())), {k: v for k, v in found.items() if any(v)}
        assert sent(together, there) == sent(alone, row)


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_copy_and_product_is_held(name):
    """A cell that the family does not have is what the family says, or an equation is not met."""
    rare, together = rare_of(*EVERYTHING)
    shared = rare.sharing.families[name]
    there = laid(rare, name, drawn(name))[0]
    columns = [(c, f"{name}: product {k}") for k, c in enumerate(shared.products.values())]
    copies = enumerate(shared.copies.items())
    columns += [(c, f"{name}: {what}, copy {k}") for k, (c, (_, what)) in copies]
    for column, rule in columns:
        changed = there.copy()
        changed[rare.first + column] = (int(there[rare.first + column]) + 1) % P
        assert any(said(together, changed)[rule]), rule


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_column_means_two_things_in_a_row(name):
    rare, _ = rare_of(*EVERYTHING)
    shared = rare.sharing.families[name]
    columns = [*shared.cells.values(), *shared.products.values()]
    columns += shared.copies
    assert len(columns) == len(set(columns))
    assert set(columns) <= set(range(rare.width - rare.first))
    assert len(shared.cells) == len(shared.form.labels) - 1  # all but `real`


@pytest.mark.parametrize("name", EVERYTHING)
def test_rows_come_back(name):
    rare, _ = rare_of(*EVERYTHING)
    row = drawn(name)
    assert np.array_equal(rare.rows_of(name, laid(rare, name, row)), row[None, :])


def test_a_row_without_a_family_sends_nothing():
    rare, together = rare_of(*EVERYTHING)
    row = np.random.default_rng(1).integers(0, P, rare.width, dtype=np.uint64)
    row[: rare.first] = 0
    assert not any(map(any, said(together, row).values()))
    assert not sent(together, row)


def test_selectors_are_bits_of_which_one_is_set():
    rare, together = rare_of(*EVERYTHING)
    row = np.zeros(rare.width, dtype=np.uint64)
    for number, name in enumerate(rare.families):
        for value, is_bit in ((0, True), (1, True), (2, False), (P - 1, False)):
            row[number] = value
            found = said(together, row)
            assert any(found[f"is_{name} is a bit"]) != is_bit
            assert any(found["one family at most"]) != is_bit
        row[number] = 0
    row[[2, 5]] = 1
    found = said(together, row)
    assert any(found["one family at most"])
    assert not any(any(found[f"is_{name} is a bit"]) for name in rare.families)


def test_degrees_and_cells():
    """Pinned: a column or a message more shows here."""
    for names, width, messages in ((EVERYTHING, 141, 63), (USUAL, 54, 28)):
        rare, together = rare_of(*names)
        assert together.degree == 3 and all(one.weight == 1 for one in together.interactions)
        assert (rare.width, len(together.interactions)) == (width, messages)


def test_the_narrow_table_has_short_rows_and_many_families():
    for names in (EVERYTHING, USUAL):
        made = {name: VARIANTS[name] for name in names}
        whole, narrow = Rare.of(made), Rare.narrow(made)
        assert narrow.cells <= 0.7 * whole.cells and len(narrow.families) > len(names) / 2
        assert narrow.families.items() < whole.families.items() and not APART & set(narrow.families)
        alone = {}
        for name, family in whole.families.items():
            own = describe(name, family)
            alone[name] = own.width + 3 * own.lookup_columns
        out = whole.families.keys() - narrow.families.keys()
        assert max(alone[name] for name in narrow.families) <= min(alone[name] for name in out)
        assert list(narrow.families) == [name for name in names if name in narrow.families]
        described = describe("rare_narrow", narrow)
        assert narrow.cells == described.width + 3 * described.lookup_columns
    for few in ((), ("li",), ("li", "mv")):
        assert Rare.narrow({name: VARIANTS[name] for name in few}) is None


def test_it_is_the_same_whenever_it_is_made():
    """Both ends make it, each for itself."""
    one = cs.Machine({"rare": rare_of(*USUAL)[0]}, cs.Options(queries=1, grinding=0))
    rare_of.cache_clear()
    other = cs.Machine({"rare": rare_of(*USUAL)[0]}, cs.Options(queries=1, grinding=0))
    assert one.verifying_key().digest == other.verifying_key().digest


def test_rows_of_all_families_side_by_side():
    rare, _ = rare_of(*EVERYTHING)
    rows = {name: np.stack([drawn(name, 0), drawn(name, 1)]) for name in EVERYTHING}
    trace = np.zeros((256, rare.width), dtype=np.uint64)
    rare.lay(rows, trace)
    assert trace[:, : rare.first].sum() == 2 * len(EVERYTHING)
    for name, expected in rows.items():
        assert np.array_equal(rare.rows_of(name, trace), expected)
    with pytest.raises(cs.TraceError, match="rows do not fit into 64"):
        rare.lay(rows, trace[:64])


class ReadsOn(FAMILIES["mv"]):
    """A family whose rows do not stand alone."""

    operations = "mv"

    def work(self, t, n):
        t.transition.zero(t.next.pc)


class ReadsNext(FAMILIES["mv"]):
    """A family that reads the next row on every row."""

    operations = "mv"

    def work(self, t, n):
        t.cyclic.zero(t.next.pc)


@pytest.mark.parametrize(
    ("family", "match"), [(ReadsOn, "holds on some rows alone|stand alone"),
                          (ReadsNext, "holds on some rows alone|stand alone")]
)  # fmt: skip
def test_a_family_that_reads_another_row(family, match):
    with pytest.raises(cs.AirError, match=match):
        form_of("other", family())
