"""Zero-knowledge in shards: the unmodified verifier accepts what was made without any trace."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from tests.oracles.programmed import programmed
from tests.oracles.simulator import simulated_shards
from tests.shards.shard_support import hidden, sources

CASES = {"short": (3, 16, {}), "tall": (2, 64, {"tall": True, "final_length": 16}),
         "one": (1, 16, {"blowup": 4})}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_shards_without_a_witness_are_accepted(name):
    count, rows, options = CASES[name]
    told = hidden(**options).but(claim=b"", seed=None)
    with programmed():
        honest = told.prove(sources(count, rows))
        told.verify(honest)
        made = simulated_shards(told.machine, honest.log_heights, told.publics)
        told.verify(made)
        false = told.but(publics={"ledger": [8]})  # it proves nothing, then
        false.verify(simulated_shards(told.machine, honest.log_heights, false.publics))
    assert told.refusal(made) and told.plain_refusal(made)  # nobody programs a hash function
    assert made.log_heights == honest.log_heights and len(made) == len(honest)
    for proof in (honest, made):
        data = b"".join(proof.shards)
        words = np.frombuffer(data[: len(data) // 8 * 8], dtype="<u8")
        assert 0.3 < np.count_nonzero(words > np.uint64(cs.P // 2)) / len(words) < 0.7
