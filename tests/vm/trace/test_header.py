"""The C header of columns is what the tables declare."""

from __future__ import annotations

from cstark.vm.tables import AROUND, FAMILIES
from cstark.vm.trace import header


def test_header_is_fresh():
    written = header.HEADER.read_text()
    assert written == header.text(), "run `python -m cstark.vm.trace.header`"


def test_order_of_the_base_columns():
    order = [
        "real", "time", "pc", "next", "rs1", "rs2", "rd", "imm0", "imm1", "a", "a_time", "b",
        "b_time", "old", "old_time", "m", "m_time", "gap",
    ]  # fmt: skip
    for name, family in FAMILIES.items():
        if name in ("halt", "print"):  # their operands are in fixed registers
            continue
        base = [column for column in family.columns if column not in family.own]
        assert base == sorted(base, key=order.index), name
        assert list(family.columns)[: len(base)] == base, name


def test_groups_take_their_cells():
    places = header.layout("shift_i")
    assert places["k"] - places["r"] == 5
    assert places["d"] - places["w"] == 3
    assert places["width"] == places["d"] + 1
    assert {header.layout(name)["width"] for name in AROUND} == {1, 3, 5, 6, 8}
