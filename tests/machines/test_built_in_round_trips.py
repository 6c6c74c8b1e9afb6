"""Every built-in workload, small: proved, verified by claim, refused for another claim."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark.machines import BUILT_IN, load

SMALL = {
    "add_mul": {"operations": 50, "seed": 3},
    "fib_iterative": {"iterations": 9},
    "fib_pair": {"log_rows": 6, "sequences": 3},
    "hash_chain": {"log_rows": 3},
    "keccak": {"text": "round trip"},
    "lookup_bench": {"scale": 8},
    "network": {"log_rows": 3},
    "range_check": {"log_rows": 5, "seed": 3},
    "read_only_memory": {"accesses": 60, "seed": 1},
    "read_write_memory": {"log_rows": 5},
    "register_machine": {"input": 7},
    "sorting": {"log_rows": 5, "seed": 3},
    "stack_machine": {"argument": 4},
    "sudoku": {},
}


def test_every_workload_is_here():
    assert set(SMALL) == set(BUILT_IN)


@pytest.mark.parametrize("name", sorted(SMALL))
@pytest.mark.parametrize(
    ("hash_name", "blowup"), [("blake3", 2), ("keccak256", 2), ("sha256", 4), ("blake3", 8)]
)
def test_round_trip(name, hash_name, blowup):
    workload = load(name)(**SMALL[name])
    options = cs.Options(hash=hash_name, blowup=blowup, queries=12, grinding=2, max_log_height=20)
    proof = workload.prove(options)
    data = proof.to_bytes()
    type(workload).verify(data, options, min_security=0)
    changed = bytearray(data)
    changed[len(data) // 2] ^= 4
    with pytest.raises(cs.VerificationError):
        type(workload).verify(bytes(changed), options, min_security=0)
    with pytest.raises(cs.VerificationError):
        type(workload).verify(data, cs.Options(queries=13, grinding=2), min_security=0)


FILLED = {
    "add_mul": {"add", "mul"},
    "read_write_memory": {"memory"},
    "register_machine": {"processor"},
    "stack_machine": {"memory"},
}


@pytest.mark.parametrize("name", sorted(SMALL.keys() - {"fib_iterative"}))  # tests/vm/test_pad_to
def test_a_table_is_filled_up_or_refused_by_name(name):
    """Before any work: not by a constraint, and not by a bus that does not balance in the end."""
    workload, options = load(name)(**SMALL[name]), cs.Options(queries=3, grinding=0)
    claim = workload.prepare_for(options).claim
    _, statement = type(workload).read_statement(claim, **workload.held())
    machine = cs.Machine(statement.tables, options)
    filled = {}
    for table in machine.descriptions:
        rows = (1 << 9,) if table.stands == "any" else 1 << 9
        try:
            workload.prove(options, pad_to={table.name: rows})
        except cs.TraceError as error:
            assert str(error).startswith(f"pad_to of table {table.name!r}: ")
        else:
            filled[table.name] = rows
    assert filled.keys() >= FILLED.get(name, set())
    if filled:
        proof = workload.prove(options, pad_to=filled)
        type(workload).verify(proof, options, min_security=0)
        heights = dict(zip((t.name for t in machine.descriptions), proof.log_heights, strict=True))
        for table, rows in filled.items():
            assert heights[table] == (9 if rows == 1 << 9 else (9,))


@pytest.mark.parametrize("name", sorted(SMALL))
def test_check_finds_nothing(name):
    report = load(name)(**SMALL[name]).check()
    assert report, str(report)
