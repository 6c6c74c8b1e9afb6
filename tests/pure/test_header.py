"""What stands before the body of a proof: both verifiers refuse every change of it."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest

import cstark as cs
from cstark.pure import Refused, read_statement, verify
from tests.pure.pure_support import ZOO, pair_of_case

MAGIC, VERSION, OPTIONS = 8, 2, 18
COUNT = MAGIC + VERSION + OPTIONS  # where the number of tables stands


@pytest.fixture(scope="module")
def pair():
    return pair_of_case(ZOO["many tables"](), queries=3, max_log_height=20)


def tables_of(proof):
    return int.from_bytes(proof[COUNT : COUNT + 2], "little")


def with_heights(proof, heights, stated=None):
    end = COUNT + 2 + tables_of(proof)
    count = len(heights) if stated is None else stated
    return proof[:COUNT] + count.to_bytes(2, "little") + bytes(heights) + proof[end:]


def reasons(pair, proof):
    return pair.compiled(proof), pair.plain(proof)


def assert_heights(compiled, plain):
    """No machine has such heights, so one verifier calls the file malformed."""
    assert plain == "heights" and compiled in ("heights", "format")


def test_the_honest_proof_is_accepted(pair):
    assert reasons(pair, pair.proof) == ("", "")
    heights = pair.proof[COUNT + 2 : COUNT + 2 + tables_of(pair.proof)]
    assert with_heights(pair.proof, heights) == pair.proof


@pytest.mark.parametrize("change", ["none", "first", "last left out", "one more", "twice"])
def test_another_number_of_tables(pair, change):
    heights = pair.proof[COUNT + 2 : COUNT + 2 + tables_of(pair.proof)]
    other = {
        "none": b"", "first": heights[:1], "last left out": heights[:-1],
        "one more": heights + heights[-1:], "twice": heights * 2,
    }[change]  # fmt: skip
    assert_heights(*reasons(pair, with_heights(pair.proof, other)))


def test_more_heights_than_bytes(pair):
    heights = pair.proof[COUNT + 2 : COUNT + 2 + tables_of(pair.proof)]
    for count in (len(heights) + 1, len(pair.proof), 0xFFFF):
        assert all(reasons(pair, with_heights(pair.proof, heights, count)))


def test_another_height_of_a_table(pair):
    heights = pair.proof[COUNT + 2 : COUNT + 2 + tables_of(pair.proof)]
    for place in range(len(heights)):
        for height in (0, 2, heights[place] - 1, heights[place] + 1, 20, 21, 32, 63, 64, 255):
            other = bytearray(heights)
            other[place] = height
            compiled, plain = reasons(pair, with_heights(pair.proof, other))
            assert compiled and plain
            if not 3 <= height <= 20:
                assert_heights(compiled, plain)


class Counter(cs.Air):
    """Counts up by one, in any number of traces."""

    columns = ("x",)
    stands = "any"

    def constrain(self, t):
        t.transition.equal(t.next.x, t.now.x + 1)


@pytest.mark.parametrize(
    ("logs", "problem"),
    [
        ((4, 5), "traces are not in order"),
        ((), "0 tables stand in the proof"),
        ((4,) * 4097, "4097 tables stand in the proof"),
        ((5,) * 4096 + (4,), "4097 tables stand in the proof"),
    ],
)
def test_other_traces_of_a_table(logs, problem):
    machine = cs.Machine({"t": Counter()}, cs.Options(queries=3, grinding=0, max_log_height=8))
    proof = machine.prove({"t": [np.arange(rows, dtype=np.uint64) for rows in (32, 16)]}).to_bytes()
    statement = read_statement(machine.statement().to_json())

    def with_traces(logs):
        end = COUNT + 2 + 1 + 2 + 2
        return proof[: COUNT + 3] + len(logs).to_bytes(2, "little") + bytes(logs) + proof[end:]

    machine.verify(with_traces((5, 4)), min_security=0)
    verify(statement, with_traces((5, 4)), min_security=0)
    with pytest.raises(cs.VerificationError):
        machine.verify(with_traces(logs), min_security=0)
    with pytest.raises(Refused, match=problem) as refusal:
        verify(statement, with_traces(logs), min_security=0)
    assert refusal.value.reason == "heights"


WRONG_ROWS = [32, [32], [32, 32], [32, 16, 16], [32, "16"], []]


@pytest.mark.parametrize("rows", [[32, 16], (16, 32), *WRONG_ROWS])
def test_rows_that_the_traces_of_a_table_must_have(rows):
    """In any order, and all of them, for both verifiers."""
    machine = cs.Machine({"t": Counter()}, cs.Options(queries=3, grinding=0, max_log_height=8))
    traces = {"t": [np.arange(count, dtype=np.uint64) for count in (32, 16)]}
    proof = machine.prove(traces).to_bytes()
    statement = read_statement(machine.statement().to_json())
    for check in (machine.verify, partial(verify, statement)):
        with pytest.raises((cs.CstarkError, Refused)) if rows in WRONG_ROWS else nullcontext():
            check(proof, min_security=0, heights={"t": rows})


def test_every_byte_before_the_heights(pair):
    for place in range(COUNT):
        for change in (1, 2, 0x80, 0xFF):
            other = bytearray(pair.proof)
            other[place] ^= change
            assert all(reasons(pair, bytes(other)))
            if place < MAGIC + VERSION:
                assert reasons(pair, bytes(other)) == ("format", "format")


@pytest.mark.parametrize("claim", [b"", b"{", b"{} ", b"{}{}", b'{"a":1}'])
def test_another_claim(pair, claim):
    start = COUNT + 2 + tables_of(pair.proof)
    body = pair.proof[start + 4 + len(pair.statement.claim) :]
    other = pair.proof[:start] + len(claim).to_bytes(4, "little") + claim + body
    assert reasons(pair, other) == ("statement", "statement")


def test_a_claim_longer_than_the_file(pair):
    start = COUNT + 2 + tables_of(pair.proof)
    for length in (len(pair.proof), 1 << 20, (1 << 20) + 1, 0xFFFF_FFFF):
        other = pair.proof[:start] + length.to_bytes(4, "little") + pair.proof[start + 4 :]
        assert reasons(pair, other) == ("format", "format")


def test_demands_that_no_proof_meets(pair):
    """Whatever a caller demands, the refusal can be written."""
    huge = 10**5000
    name = pair.statement.tables[0].name
    for demands, reason in [
        ({"min_security": huge}, "security"), ({"min_security": -huge}, "security"),
        ({"min_security": float("nan")}, "security"), ({"regime": huge}, "security"),
        ({"heights": {name: huge}}, "heights"), ({"heights": {huge: 8}}, "heights"),
        ({"heights": {None: 8, "z": 8}}, "heights"), ({"heights": {name: None}}, "heights"),
    ]:  # fmt: skip
        with pytest.raises(Refused) as refusal:
            verify(pair.statement, pair.proof, **{"min_security": 0, **demands})
        assert refusal.value.reason == reason and str(refusal.value)
    unknown = {"y": 8, name: 1024, "x": 8, "z": 8}
    with pytest.raises(Refused, match=r"no table is expected: x, y, z$"):
        verify(pair.statement, pair.proof, min_security=0, heights=unknown)
