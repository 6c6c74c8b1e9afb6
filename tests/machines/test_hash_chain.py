"""A hash chain: another digest, a link left out, or another permutation has no proof."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import case_of, round_trip

import cstark as cs
from cstark.gadgets import poseidon2
from cstark.machines.hash_chain import Chain, HashChain, inputs_of

ROWS = 8


def digest(blocks: np.ndarray) -> list[int]:
    state = np.zeros(8, dtype=np.uint64)
    for block in blocks:
        state[4:] = block
        state[:4] = poseidon2(state)[:4]
    return state[:4].tolist()


@pytest.mark.parametrize("log_rows", [3, 5])
def test_round_trip(log_rows):
    blocks = cs.goldilocks.random((1 << log_rows, 4), rng=9)
    claim = round_trip(HashChain(log_rows=log_rows, seed=9))
    assert claim == {"rows": 1 << log_rows, "first": [0] * 4, "last": digest(blocks)}


def chain():
    return case_of(HashChain(log_rows=3, seed=2))


def of_blocks(blocks: np.ndarray, first: list[int]) -> np.ndarray:
    return Chain(ROWS).trace(inputs_of(blocks, np.array(first, dtype=np.uint64)))


BLOCKS = cs.goldilocks.random((ROWS, 4), rng=2)


def test_another_digest():
    case = chain()
    publics = list(case.publics["chain"])
    publics[4] ^= 1
    case.forged(case.traces(), "ends", publics={"chain": publics})


def test_another_start():
    case = chain()
    publics = [*[5, 0, 0, 0], *case.publics["chain"][4:]]
    case.forged(case.traces(), "begins", publics={"chain": publics})


def test_a_link_left_out():
    """The last blocks are hashed from a digest of the forger's own."""
    case = chain()
    first, second = of_blocks(BLOCKS, [0] * 4), of_blocks(BLOCKS, [7, 7, 7, 7])
    forged = np.concatenate([first[:4], second[4:]])
    ends = Chain(ROWS).output(Chain(ROWS).view(second))[-1, :4].tolist()
    case.forged({"chain": forged}, "goes on", publics={"chain": [0, 0, 0, 0, *ends]})


def test_an_end_that_no_permutation_gives():
    case = chain()
    forged = case.traces()
    view = Chain(ROWS).view(forged["chain"])
    view.end[-1, -1, :4] = [1, 2, 3, 4]
    case.forged(forged, "end round", publics={"chain": [0, 0, 0, 0, 1, 2, 3, 4]})


def test_another_number_of_blocks():
    """As many digests from the start, and the same end, need the height of the claim."""
    machine = cs.Machine({"chain": Chain(ROWS)})
    with pytest.raises(cs.TraceError, match="the table always has 8"):
        machine.check({"chain": Chain(16).zeros()}, {"chain": [0] * 8})


def test_without_a_block_declared_as_input_the_rank_test_names_it():
    class Forgetful(Chain):
        inputs = ()

    case = chain()
    machine = cs.Machine({"chain": Forgetful(ROWS)})
    report = machine.check(case.honest, case.publics, mutate=100)
    assert report.valid and not report
    found = {name.partition("[")[0] for one in report.rank.undetermined for name in one.columns}
    assert "input" in found


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"rows": 8, "first": [0] * 4}, "has no 'last'"),
        ({"rows": 9, "first": [0] * 4, "last": [0] * 4}, "claim.rows is 9"),
        ({"rows": 8, "first": [0] * 3, "last": [0] * 4}, "claim.first is not 4 integers"),
        ({"rows": 8, "first": [0] * 4, "last": [0, 0, 0, cs.P]}, "claim.last is not 4 integers"),
        ({"rows": 8, "first": [0] * 4, "last": [0, 0, 0, True]}, "claim.last is not 4 integers"),
    ],
)
def test_senseless_claims_are_refused(claim, message):
    with pytest.raises(cs.StatementError, match=message):
        HashChain.read_statement(claim)
