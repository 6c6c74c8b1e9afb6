"""The codes of the operations: no family reaches one that is not its own."""

from __future__ import annotations

import pytest
from tables_support import assignments, columns_of, described, evaluate, flags_of

from cstark.vm.isa.operations import BY_CODE, OPERATIONS
from cstark.vm.tables import FAMILIES

SHARED = {
    frozenset({"branch_ltu", "near_branch"}), frozenset({"branch_lt", "near_branch"}),
    frozenset({"set_ltu", "near_set"}), frozenset({"set_lt", "near_set"}),
    frozenset({"ld", "mis_load"}), frozenset({"lw", "mis_load"}),
    frozenset({"sub_load", "mis_load"}), frozenset({"sd", "mis_store"}),
    frozenset({"sw", "mis_store"}), frozenset({"sub_store", "mis_store"}),
    frozenset({"halt", "print"}),
}  # fmt: skip
"""Families that take the same operations."""


def sent(name):
    description = described(name)
    (fetch,) = (one for one in description.interactions if one.bus == "fetch")
    return description, fetch.values[1]


@pytest.mark.parametrize("name", FAMILIES)
def test_flags_reach_the_codes_of_the_family_alone(name):
    description, code = sent(name)
    columns = columns_of(description, code)
    flags = flags_of(description)
    window = {"w[0]", "w[1]", "w[2]"}
    assert columns <= flags | window
    reached = {
        evaluate(description, code, cells)
        for cells in assignments(description, columns | {"real"}, flags)
        if cells["real"]
    }
    assert reached & set(BY_CODE) == FAMILIES[name].codes
    assert len(reached) <= 16 or name in ("mis_load", "mis_store")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_flag_that_were_no_bit_would_reach_others(name):
    """So each bit of a code is constrained, although the fetch pins the code."""
    description, code = sent(name)
    foreign = set(BY_CODE) - FAMILIES[name].codes
    for column in columns_of(description, code) - {"real"}:
        base = {"real": 1}
        slope = evaluate(description, code, {**base, column: 1}) - evaluate(description, code, base)
        offsets = {(other - evaluate(description, code, base)) / slope for other in foreign}
        assert any(offset == int(offset) and offset not in (0, 1) for offset in offsets)
        bits = {
            c.name for c in description.constraints if columns_of(description, c.node) >= {column}
        }
        assert bits, column


def test_families_share_codes_only_where_they_mean_the_same():
    for one in FAMILIES:
        for two in FAMILIES:
            if one < two and FAMILIES[one].codes & FAMILIES[two].codes:
                assert frozenset({one, two}) in SHARED


def test_blocks():
    """A family's own codes lie in a block of 16 that no other family's codes are in."""
    blocks = {}
    for name, family in FAMILIES.items():
        if name in ("near_branch", "near_set", "mis_load", "mis_store", "print"):
            continue
        for code in family.codes:
            blocks.setdefault(code // 16, set()).add(name)
    together = {frozenset(names) for names in blocks.values() if len(names) > 1}
    assert together == {
        frozenset({"branch_ltu", "branch_lt"}),
        frozenset({"set_ltu", "set_lt"}),
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_slots_are_those_of_the_operations(name):
    """What an operation uses is a column of its family, and nothing else of its slots is."""
    family = FAMILIES[name]
    slots = {"rs1", "rs2", "rd", "imm0", "imm1", "next"}
    columns = slots & set(family.columns)
    for operation in family.operations.split():
        used = set(OPERATIONS[operation].slots)
        if name in ("halt", "print"):
            used -= {"rs1", "rs2"}  # registers 17 and 10, constants of the messages
        assert columns == used
