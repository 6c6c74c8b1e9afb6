"""Which tables a program gets."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import cstark as cs
from cstark.vm import abi
from cstark.vm.isa.operations import BY_CODE, OPERATIONS
from cstark.vm.tables import AROUND, FAMILIES, families_of, row_cells, tables_of
from cstark.vm.tables.rare import APART, RARE

ALWAYS = ["program", "image", "fresh", "input", "output", "registers", "refresh", "range"]
IMAGE = SimpleNamespace(
    low=0x1000, words=np.arange(8, dtype=np.uint64), fixed=np.zeros(8, dtype=bool)
)


def code(*names):
    """The rows of a program with these operations, one after another."""
    rows = [
        [0x1000 + 4 * k, OPERATIONS[name].code, 0, 0, 0, 0, 0, 0x1004 + 4 * k]
        for k, name in enumerate(names)
    ]
    return SimpleNamespace(rows=lambda: np.array(rows, dtype=np.uint64))


def names(*operations):
    return list(tables_of(code(*operations), IMAGE))


def test_only_families_that_the_program_names():
    assert names("li", "add", "ecall") == ["li", "add", "halt", "print", "rare", *ALWAYS]


def test_fast_and_misaligned_families_come_with_the_general_ones():
    assert families_of([OPERATIONS["blt"].code]) == ["branch_lt", "near_branch"]
    assert families_of([OPERATIONS["sltu"].code]) == ["set_ltu", "near_set"]
    assert families_of([OPERATIONS["ld"].code]) == ["ld", "mis_load"]
    assert families_of([OPERATIONS["lh"].code]) == ["sub_load", "mis_load"]
    assert families_of([OPERATIONS["lbu"].code]) == ["sub_load"]
    assert families_of([OPERATIONS["sb"].code]) == ["sub_store"]
    assert families_of([OPERATIONS["sh"].code]) == ["sub_store", "mis_store"]


def test_every_operation_has_a_family_and_every_family_an_operation():
    for number in BY_CODE:
        assert families_of([number]), number
    assert families_of(BY_CODE) == list(FAMILIES)
    assert families_of([385 + 2 * 3]) == ["shift_i"]
    assert families_of([403]) == ["sra_i"]


@pytest.mark.parametrize(
    ("operation", "more"),
    [("and", ["bytes"]), ("andi_small", ["bytes"]), ("sra", ["shifts"]), ("sll", ["shifts"])],
)
def test_bytes_and_shifts_are_there_if_asked(operation, more):
    assert names(operation, "ecall")[-len(more) :] == more
    assert not {"bytes", "shifts"} & set(names("slli", "ecall"))


def test_all_of_them():
    assert names(*OPERATIONS) == [*FAMILIES, "rare", *AROUND]


def test_families_that_stand_apart():
    """Rows of these would make every row of the table of all families wider."""
    tables = tables_of(code(*OPERATIONS), IMAGE)
    assert set(FAMILIES) - tables["rare"].families.keys() == APART
    hidden = tables_of(code("li", "ecall"), IMAGE, counted=False)
    assert hidden["rare"].families["halt"] is hidden["halt"]


def test_machines_of_proofs_that_hide_have_two_tables_for_any_family():
    hidden = tables_of(code(*OPERATIONS), IMAGE, counted=False)
    assert list(hidden) == [*FAMILIES, *RARE, *AROUND]
    assert hidden["rare_narrow"].families.keys() < hidden["rare"].families.keys()
    short = hidden["rare_narrow"].families
    assert all(family is hidden[name] for name, family in short.items())
    assert row_cells(hidden)["rare_narrow"] == hidden["rare_narrow"].cells


def test_the_counts_of_what_nobody_asks_are_zero():
    """Every machine has the same columns in RANGE, whatever its families look up."""
    assert tables_of(code("add", "ecall"), IMAGE)["range"].asked == {"range"}
    assert tables_of(code("addw", "ecall"), IMAGE)["range"].asked == {"range", "top"}
    assert tables_of(code("lb", "ecall"), IMAGE)["range"].asked == {"range", "top", "low"}


@pytest.mark.parametrize("operations", [["li", "ecall"], list(OPERATIONS)])
def test_it_is_a_machine(operations):
    options = cs.Options(max_log_height=abi.MAX_LOG_HEIGHT, queries=1, grinding=0)
    machine = cs.Machine(tables_of(code(*operations), IMAGE), options)
    again = cs.Machine(tables_of(code(*operations), IMAGE), options)
    assert machine.verifying_key().digest == again.verifying_key().digest


def test_two_operations_at_one_label():
    rows = np.array([[0x1000, 16, 0, 0, 0, 0, 0, 0x1004]] * 2, dtype=np.uint64)
    with pytest.raises(cs.AirError, match="two operations have the label 0x1000"):
        tables_of(SimpleNamespace(rows=lambda: rows), IMAGE)


@pytest.mark.parametrize(
    ("low", "words", "match"),
    [
        (0x0FF8, 8, "leaves its part"),
        (0x1004, 8, "leaves its part"),
        (abi.STACK_TOP - 64, 8, "leaves its part"),
        (0x1000, 12, "power of two"),
        (0x1000, 4, "power of two"),
    ],
)
def test_an_image_elsewhere(low, words, match):
    image = SimpleNamespace(low=low, words=np.zeros(words, np.uint64), fixed=np.zeros(words, bool))
    with pytest.raises(cs.AirError, match=match):
        tables_of(code("ecall"), image)


def test_memory_is_disjoint():
    """V9: what is loaded, what is zero, and the windows meet nowhere, to the word."""
    tables = tables_of(code("ecall"), IMAGE)
    fresh, image = tables["fresh"], tables["image"]
    assert image.end == 0x1000 + 64 == 8 * fresh.first
    assert 8 * fresh.limit == abi.STACK_TOP == abi.INPUT
    window = abi.WORD << abi.MAX_LOG_HEIGHT
    assert abi.INPUT + window <= abi.OUTPUT and abi.OUTPUT + window <= abi.END


def test_windows_as_tall_as_they_are():
    """A taller table would give words of the next window a second first token."""
    tables = tables_of(code("ecall"), IMAGE)
    with pytest.raises(cs.CstarkError, match="max_log_height"):
        cs.Machine(tables, cs.Options(max_log_height=abi.MAX_LOG_HEIGHT + 1))
