"""Exhaustive searches at limbs of one and two bits: rows say what RISC-V says, and nothing else.

For every input all rows are found that satisfy a family's equations and lookups: each must have
the right outcome, and there must be one. Then each equation and each lookup is left out in turn:
a wrong row appears, or, where that is the equation's only use, a second right one.
"""

from __future__ import annotations

import numpy as np
import pytest
from narrow import Narrow, labels
from narrow_model import inputs
from narrow_search import Search

from cstark.vm.tables import FAMILIES

SEARCHED = list(FAMILIES)

JUMPS = {"jalr", "jr"}

BITWISE = {"and", "or", "xor", "bitwise_i", "and_small"}

WIDE = [name for name in SEARCHED if name in BITWISE | JUMPS or FAMILIES[name].memory]
"""They look up bytes, and half a limb needs two bits in a limb; or have 8 places in a word; or
labels of three kinds."""

NARROW = [name for name in SEARCHED if name not in WIDE]

FREE = {
    "branch_eq": "i, where the operands are equal",
    "branch_zero": "i, where the operand is 0",
    "mul": "j, where c1 = 0",
    "mulhu": "j, where c1 = 0, and j2, where a1 = b1 = f",
    "lw": "low and high of an unsigned row, with the half as their sum",
    "mis_load": "w, where there is no second word",
    "mis_store": "w, where there is no second word",
}
"""Families with several rows for one input: what is free in them."""

PINNED = {
    "near_branch": {"kind is a bit"}, "near_set": {"kind is a bit"},
    "select_negative": {"kind is a bit"}, "shift_r": {"d is a bit"}, "lw": {"signed is a bit"},
    "sub_load": {"two bytes is a bit"}, "sub_store": {"two bytes is a bit"},
    "mis_load": {"s8 is a bit", "s4 is a bit", "s2 is a bit"},
    "mis_store": {"s8 is a bit", "s4 is a bit", "s2 is a bit"},
}  # fmt: skip
"""Flags that the code of the fetched operation pins, too: bits so that no other code can be
reached (test_codes.py), and sizes so that a filling row has no second word
(test_forged_memory.py)."""

UNIQUE = {
    "divu": {"z is a bit", "z: far"},
    "remu": {"z is a bit", "z: far", "z: q0 is f", "z: q1 is f"},
    "divu_w": {"z is a bit", "z: b is 0"},
    "remu_w": {"z is a bit", "z: b is 0", "z: q is f"},
    "div_w": {"z is a bit"},
    "rem_w": {"z is a bit", "z: the result"},
    "sra_r": {"the amount: left"},
}  # fmt: skip
"""Without them the outcome is the same, by more rows than one."""


LONG = ["mis_load", "mis_store"]
"""Families in which leaving out one rule after the other takes half a minute."""


def pieces(cells, size):
    count = len(next(iter(cells.values())))
    for at in range(0, count, size):
        yield {key: values[at : at + size] for key, values in cells.items()}


def check(name, w, limit=None):
    """Search every row, and say what was found.

    Returns
    -------
    inputs, accepted, rows : int
        How many inputs there were, how many should have a row, and how many rows.
    """
    narrow = Narrow(name, w)
    given, want = inputs(name, w, narrow.p, limit)
    size = 64 if name.startswith("mis") else 4096
    total = 0
    for part, right in zip(pieces(given, size), pieces(want, size), strict=True):
        search = Search(narrow, narrow.rules, part)
        assert not search.unread, search.unread
        per = np.zeros(search.count, dtype=np.int64)
        for rows in search.found():
            wrong = search.wrong(rows, right)
            assert not wrong.any(), {k: v[rows["id"][wrong][0]] for k, v in part.items()}
            per += np.bincount(rows["id"], minlength=search.count)
        refused = right["refused"] == 1
        assert (per[~refused] > 0).all(), "an input has no row"
        if name not in FREE:
            assert (per[~refused] == 1).all(), "an input has two rows"
        total += per.sum()
    return len(given["F0"]), int((want["refused"] == 0).sum()), int(total)


@pytest.mark.parametrize("name", NARROW)
def test_all_inputs_at_one_bit(name):
    check(name, 1)


@pytest.mark.parametrize("name", SEARCHED)
def test_inputs_at_two_bits(name):
    check(name, 2, 8 if name.startswith("mis") else 256)


PAIRS = 1 << 16
"""Two operands of 8 bits."""

ROWS = {"branch_eq": 126_976, "mul": 1_171_456, "mulhu": 3_882_496}
"""Where cells are free, as many rows as there are values for them; else one an input."""


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in SEARCHED if not FAMILIES[name].memory])
def test_all_inputs_at_two_bits(name):
    """All pairs of operands, or operands and constants, of every operation of the family."""
    family = FAMILIES[name]
    count, accepted, rows = check(name, 2)
    if set(family.operands) == {"a", "b"} and not name.startswith("near"):
        assert count == accepted == PAIRS * len(family.operations.split())
    if name in JUMPS:
        assert count == 256 * 4 and accepted == 2 * 4 * len(labels(2)[0])
    if name in FREE:
        assert name == "branch_zero" or rows == ROWS[name]
    else:
        assert rows == accepted


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in SEARCHED if FAMILIES[name].memory])
def test_many_inputs_of_memory_at_two_bits(name):
    """Two words and a value are 24 bits at 8 places: at the ends of bytes, and at random."""
    check(name, 2, 512 if name.startswith("mis") else 8192)


def effect(narrow, rules, given, want, once, size):
    """What comes of searching with fewer rules: a wrong row, another right one, or nothing."""
    more, at = False, 0
    for part, right in zip(pieces(given, size), pieces(want, size), strict=True):
        search = Search(narrow, rules, part)
        more |= bool(search.unread)
        per = np.zeros(search.count, dtype=np.int64)
        for rows in search.found():
            if search.wrong(rows, right).any():
                return "a wrong row"
            per += np.bincount(rows["id"], minlength=search.count)
        more |= bool((per > once[at : at + search.count]).any())
        at += search.count
    return "another row" if more else "nothing"


def expect_all_needed(name, w, limit):
    """Without any of its rules the family has wrong rows, but for those that are on record."""
    narrow = Narrow(name, w)
    given, want = inputs(name, w, narrow.p, limit)
    size = 4 if name.startswith("mis") else 2 if limit == 8 else 16
    if name.startswith("mis"):  # first where the second word is not free
        order = np.argsort(-want["crosses"], kind="stable")
        given, want = ({k: v[order] for k, v in cells.items()} for cells in (given, want))
    once = Search(narrow, narrow.rules, given).per_input()
    found = {"nothing": set(), "another row": set(), "a wrong row": set()}
    for k, rule in enumerate(narrow.rules):
        if rule.kind != "input":
            rest = narrow.rules[:k] + narrow.rules[k + 1 :]
            found[effect(narrow, rest, given, want, once, size)].add(rule.name)
    assert found["nothing"] == {"real is a bit"} | PINNED.get(name, set())
    assert found["another row"] == UNIQUE.get(name, set())


@pytest.mark.parametrize("name", NARROW)
def test_each_rule_is_needed_at_one_bit(name):
    """``real`` is 1 in a row that is searched; that it is a bit is what counts need."""
    expect_all_needed(name, 1, None)


@pytest.mark.parametrize("name", [name for name in WIDE if name not in LONG])
def test_each_rule_is_needed_at_two_bits(name):
    few = {"and": 8, "or": 8, "xor": 8, "sub_load": 16, "sub_store": 16}
    expect_all_needed(name, 2, few.get(name, 48))


@pytest.mark.nightly
@pytest.mark.parametrize("name", LONG)
def test_each_rule_is_needed_where_that_takes_long(name):
    expect_all_needed(name, 2, 8)
