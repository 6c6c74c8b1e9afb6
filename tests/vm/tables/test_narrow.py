"""Exhaustive searches at limbs of one and two bits: rows say what RISC-V says, and nothing else.

For every input all rows are found that satisfy a family's equations and lookups: each must have
the right outcome, and there must be one. Then each equation and each lookup is left out in turn:
a wrong row appears, or, where that is the equation's only use, a second right one.
"""

from __future__ import annotations

import numpy as np
import pytest
from narrow import Narrow, Search
from narrow_model import inputs

from cstark.vm.tables import FAMILIES

ELSEWHERE = {
    "halt", "print",  # no arithmetic
    "jalr", "jr",  # their rules are the labels of the program: test_jumps.py
}  # fmt: skip

SEARCHED = [name for name in FAMILIES if name not in ELSEWHERE]

BITWISE = {"and", "or", "xor", "bitwise_i", "and_small"}

WIDE = [name for name in SEARCHED if name in BITWISE or FAMILIES[name].memory]
"""They look up bytes, and half a limb needs two bits in a limb, or have 8 places in a word."""

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

QUICK = {"mis_load": 4, "mis_store": 4, "divu": 16, "remu": 16, "mul": 24, "mulhu": 16}
"""Inputs an operation at two bits, for the searches that take long."""

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


LONG = ["and", "mis_load", "mis_store"]
"""Families in which leaving out one rule after the other takes half a minute."""

LIKE_AND = ["or", "xor"]
"""Families with the rules of `and`; with a byte left free they have too many rows to search, and
bytes of theirs are forged in test_forged_rows.py."""


def pieces(cells, size):
    count = len(next(iter(cells.values())))
    for at in range(0, count, size):
        yield {key: values[at : at + size] for key, values in cells.items()}


def check(name, w, limit=None, edges=False):
    """Search every row, and say what was found."""
    narrow = Narrow(name, w)
    given, want = inputs(name, w, narrow.p, limit, edges=edges)
    for part, right in zip(pieces(given, 256), pieces(want, 256), strict=True):
        search = Search(narrow, narrow.rules, part)
        wrong = search.wrong(right)
        assert not wrong.any(), {k: v[search.rows["id"][wrong][0]] for k, v in part.items()}
        per = search.per_input()
        refused = right.get("refused", np.zeros(search.count)) == 1
        assert (per[~refused] > 0).all(), "an input has no row"
        assert not search.unread, search.unread
        if name not in FREE:
            assert (per[~refused] == 1).all(), "an input has two rows"


@pytest.mark.parametrize("name", NARROW)
def test_all_inputs_at_one_bit(name):
    check(name, 1)


@pytest.mark.parametrize("name", SEARCHED)
def test_inputs_at_two_bits(name):
    check(name, 2, QUICK.get(name, 64))


@pytest.mark.nightly
@pytest.mark.parametrize("name", SEARCHED)
def test_more_inputs_at_two_bits(name):
    """Where halves are at the ends of their range, and many more at random."""
    slow = name in QUICK or name in ("or", "xor")
    check(name, 2, 512 if slow else 8192, edges=not slow)


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["mul", "mulhu", "divu", "remu"])
def test_ends_at_two_bits(name):
    check(name, 2, 1, edges=True)


def needless(name, w, limit):
    """Rules without which nothing changes, and those without which rows are only not unique."""
    narrow = Narrow(name, w)
    given, want = inputs(name, w, narrow.p, limit)
    size = 1 if name == "and" else 16  # a byte that is free has many rows
    if name.startswith("mis"):  # first where the second word is not free
        size, order = 4, np.argsort(-want["crosses"], kind="stable")
        given, want = ({k: v[order] for k, v in cells.items()} for cells in (given, want))
    once = Search(narrow, narrow.rules, given).per_input()
    nothing, second = set(), set()
    for k, rule in enumerate(narrow.rules):
        if rule.kind == "input":
            continue
        rest = narrow.rules[:k] + narrow.rules[k + 1 :]
        at, more, wrong = 0, False, False
        for part, right in zip(pieces(given, size), pieces(want, size), strict=True):
            search = Search(narrow, rest, part)
            more |= bool(search.unread) or (search.per_input() > once[at : at + size]).any()
            at += size
            if search.wrong(right).any():
                wrong = True
                break
        if not wrong:
            (second if more else nothing).add(rule.name)
    return nothing, second


def expect_all_needed(name, w, limit):
    nothing, second = needless(name, w, limit)
    assert nothing == {"real is a bit"} | PINNED.get(name, set())
    assert second == UNIQUE.get(name, set())


@pytest.mark.parametrize("name", NARROW)
def test_each_rule_is_needed_at_one_bit(name):
    """``real`` is 1 in a row that is searched; that it is a bit is what counts need."""
    expect_all_needed(name, 1, None)


@pytest.mark.parametrize(
    "name",
    [name for name in WIDE if name not in (*LONG, *LIKE_AND)],
)
def test_each_rule_is_needed_at_two_bits(name):
    expect_all_needed(name, 2, 16 if name.startswith("sub") else 48)


@pytest.mark.nightly
@pytest.mark.parametrize("name", LONG)
def test_each_rule_is_needed_where_that_takes_long(name):
    expect_all_needed(name, 2, 8 if name.startswith("mis") else 16)
