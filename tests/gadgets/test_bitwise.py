"""Bitwise operations by lookup: all pairs, and false results."""

from __future__ import annotations

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import BitwiseTable

P = cs.P
OPERATIONS = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}


class Operation(cs.Air):
    columns = ("on", "a", "b", "result")
    publics = ("last",)

    def __init__(self, table: BitwiseTable, name: str) -> None:
        self.state = getattr(table, f"state_{name}")

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.every_row.boolean(now.on)
        self.state(t, now.a, now.b, now.result, count=now.on)
        t.last_row.equal(now.result, t.publics.last)


def case(name: str, bits: int, a: np.ndarray, b: np.ndarray, on: np.ndarray) -> Case:
    table = BitwiseTable(bits)
    result = OPERATIONS[name](a, b)
    return Case(
        {"operation": Operation(table, name), "bitwise": table},
        {
            "operation": np.column_stack([on.astype(np.uint64), a, b, result]),
            "bitwise": table.trace((a[on], b[on])),
        },
        {"operation": [int(result[-1])]},
    )


def pairs(bits: int) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.arange(1 << 2 * bits, dtype=np.uint64)
    return numbers >> np.uint64(bits), numbers & np.uint64((1 << bits) - 1)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("bits", [2, 3])
def test_all_pairs(name, bits):
    a, b = pairs(bits)
    assert case(name, bits, a, b, np.ones(len(a), dtype=bool))
    assert case(name, bits, a, b, (a % 2).astype(bool))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_false_result(name):
    a, b = pairs(2)
    honest = case(name, 2, a, b, np.ones(16, dtype=bool))
    false = int(honest.honest["operation"][-1, -1]) ^ 1
    traces = honest.traces()
    traces["operation"][-1, -1] = false
    unused = {"bitwise": np.zeros_like(traces["bitwise"])}
    honest.forged(traces, name, bus="bitwise", publics={"operation": [false]}, repaired=unused)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operands_out_of_range(name):
    """The result would be right for larger numbers; of others than bytes the table has none."""
    a, b = pairs(2)
    honest = case(name, 2, a, b, np.ones(16, dtype=bool))
    traces = honest.traces()
    result = int(OPERATIONS[name](4, 6))
    traces["operation"][-1, 1:] = [4, 6, result]
    unused = {"bitwise": np.zeros_like(traces["bitwise"])}
    honest.forged(traces, name, bus="bitwise", publics={"operation": [result]}, repaired=unused)


def test_the_table_of_bytes():
    rows = BitwiseTable().preprocessed_trace()
    assert rows.shape == (1 << 16, 3)
    assert rows[0xF3 * 256 + 0x35].tolist() == [0xF3, 0x35, 0x31]


def test_bad_arguments_are_named():
    with pytest.raises(cs.AirError, match="BitwiseTable: bits must be an integer from 2 to 12"):
        BitwiseTable(13)
    with pytest.raises(cs.TraceError, match="256 has more than 8 bits"):
        BitwiseTable().trace(([1], [256]))
    with pytest.raises(cs.TraceError, match="differ"):
        BitwiseTable().trace(([1], [2, 3]))
