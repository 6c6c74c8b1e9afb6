"""What a row of each table costs: columns, and 3 cells for each pair of messages."""

from __future__ import annotations

import pytest

from cstark.air import describe
from cstark.vm.tables import AROUND, FAMILIES

CELLS = {
    "jump": 10, "li": 19, "mv": 27, "addi": 39, "addi_inplace": 29, "add": 44, "add_inplace": 37,
    "sub": 44, "sub_inplace": 37, "addw": 40, "subw": 40, "addiw": 34, "branch_eq": 30,
    "branch_zero": 20, "branch_ltu": 35, "branch_lt": 45, "near_branch": 33, "set_ltu": 41,
    "set_lt": 51, "set_ltu_i": 36, "set_lt_i": 41, "near_set": 39, "and": 66, "or": 66, "xor": 66,
    "bitwise_i": 41, "and_small": 36, "shift_i": 49, "sra_i": 53, "shift_r": 61, "sra_r": 65,
    "half_up": 27, "half_down": 27, "zext_w": 27, "shift_w_i": 39, "srl_w_i": 38, "sra_w_i": 44,
    "mul": 66, "mulhu": 78, "mul_w": 46, "divu": 67, "remu": 67, "divu_w": 51, "remu_w": 51,
    "div_w": 63, "rem_w": 63, "jalr": 28, "jr": 17, "select_negative": 42, "negate_if": 49,
    "ld": 37, "lw": 45, "sub_load": 50, "sd": 37, "sw": 38, "sub_store": 53, "mis_load": 80,
    "mis_store": 94, "halt": 23, "print": 14,
    "program": 4, "image": 6, "fresh": 12, "input": 17, "output": 11, "registers": 6,
    "refresh": 8, "range": 9, "bytes": 4, "shifts": 4,
}  # fmt: skip
"""Pinned: a change that costs a cell shows here. Most are what the design allows at most."""

ARGUMENTS = {
    "program": ([[16, *[0] * 7]],),
    "image": (0x1000, [0] * 8, [False] * 8),
    "fresh": (0x2000,),
}


def table(name):
    """A table of the machine, around a program that does nothing."""
    return {**FAMILIES, **AROUND}[name](*ARGUMENTS.get(name, ()))


@pytest.mark.parametrize("name", [*FAMILIES, *AROUND])
def test_cells(name):
    described = describe(name, table(name))
    cells = described.width + 3 * described.lookup_columns
    assert cells == CELLS[name]
    assert described.degree <= 3


def test_every_table_is_counted():
    assert list(CELLS) == [*FAMILIES, *AROUND]


def test_every_constraint_and_message_has_a_name_of_its_own():
    """Tests take single ones out by name."""
    for name in (*FAMILIES, *AROUND):
        described = describe(name, table(name))
        assert all(constraint.name for constraint in described.constraints)
        messages = [message.name for message in described.interactions]
        assert all(messages)
        assert len(set(messages)) == len(messages), (name, messages)
