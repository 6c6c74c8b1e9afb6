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


@pytest.mark.parametrize("name", sorted(SMALL))
def test_check_finds_nothing(name):
    report = load(name)(**SMALL[name]).check()
    assert report, str(report)
