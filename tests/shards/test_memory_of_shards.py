"""How much memory a process may take that proves a shard: leaner plans, refusals, what is kept."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest

import cstark as cs
from cstark.cost.memory import BESIDE, footprint, process_bytes
from cstark.protocol.matrix import PLANS
from cstark.protocol.shards.challenges import Place
from cstark.protocol.shards.prover import ShardKey
from cstark.shards import worker
from cstark.shards.kept import KEPT
from tests.attacks.toolkit import changed
from tests.oracles import zoo
from tests.shards.shard_support import Told, machine

COUNT = 3


class Wide(cs.Air):
    """Enough columns for plans to differ."""

    columns = {"x": (40,)}
    stands = "any"

    def constrain(self, t):
        t.cyclic.equal(t.next.x, t.now.x)


def wide(index):
    return {"wide": [np.full((256, 40), index, dtype=np.uint64)],
            "halves": [zoo.halves(8, index)], "threes": zoo.used_threes(zoo.halves(8, index))}


@pytest.fixture(scope="module")
def told():
    tables = {"wide": Wide(), "halves": zoo.Halves(), "threes": zoo.Threes()}
    return Told(cs.Machine(tables, machine().options), {})


@pytest.fixture(scope="module")
def shards():
    return [partial(wide, index) for index in range(COUNT)]


@pytest.fixture(scope="module")
def honest(told, shards):
    return told.prove(shards)


@pytest.fixture(scope="module")
def needed(told, honest):
    """Plan -> bytes of a process that proves any of the shards, which are of one shape."""
    key = told.machine.proving_key
    [heights] = set(honest.log_heights)
    of_shard = ShardKey(key, heights, Place(0, COUNT))
    traces = sum(trace.nbytes for trace in flat(wide(0)))
    return {
        plan.name: process_bytes(traces, footprint(of_shard, of_shard.layout(heights), plan))
        for plan in PLANS
    }


def flat(traces):
    for item in traces.values():
        yield from item if isinstance(item, list) else [item]


class Chosen:
    """Notes the plan of every prover that is begun meanwhile."""

    def __init__(self):
        self.names = []

    def __enter__(self):
        before, names = worker.ShardProver, self.names

        class Noting(before):
            def __init__(self, *arguments, plan, **settings):
                super().__init__(*arguments, plan=plan, **settings)
                names.append(plan.name)

        self._change = changed(worker, "ShardProver", Noting)
        self._change.__enter__()
        return names

    def __exit__(self, *error):
        self._change.__exit__(*error)


def test_plans_differ(needed):
    assert len(set(needed.values())) > 2
    assert min(needed.values()) > BESIDE


def test_the_fastest_plan_that_fits(told, shards, honest, needed):
    for memory in sorted(needed.values()):
        fastest = next(name for name, size in needed.items() if size <= memory)
        with Chosen() as names:
            assert told.prove(shards, memory=memory) == honest
        assert names == [fastest] * (2 * COUNT)


def test_one_byte_too_few(told, shards, needed):
    least = min(needed.values())
    text = f"memory={least - 1}: a process needs {least} bytes"
    with pytest.raises(cs.OptionsError, match=text) as no:
        told.prove(shards, memory=least - 1)
    assert no.value.__notes__ == ["in shard 1 of 3"]
    with pytest.raises(cs.OptionsError, match=r"of traces, .* of buffers, .* beside"):
        told.prove(shards, memory=1)


def test_on_workers_with_little_memory(told, shards, honest, needed):
    with ProcessPoolExecutor(1) as pool:
        assert told.prove(shards, memory=min(needed.values()), executor=pool) == honest
        with pytest.raises(cs.OptionsError, match="a process needs"):
            told.prove(shards, memory=BESIDE, executor=pool)


def test_the_leaner_of_two_limits(told, shards, honest, needed):
    """`max_memory` speaks of the buffers alone, as it does for `prove`."""
    traces = sum(trace.nbytes for trace in flat(wide(0)))
    lean = min(needed, key=needed.__getitem__)
    buffers = needed[lean] - BESIDE - traces
    for settings in (
        {"max_memory": buffers, "memory": 1 << 40},
        {"max_memory": 1 << 40, "memory": needed[lean]},
    ):
        with Chosen() as names:
            assert told.prove(shards, **settings) == honest
        assert set(names) == {lean}


def test_what_is_kept_goes_where_memory_is_short(told, shards, honest, needed):
    """Commitments are kept beside the next shard only as long as both fit."""
    with Chosen() as names:
        assert told.prove(shards, keep=True, memory=1 << 40) == honest
    assert len(names) == COUNT, "all are kept"
    least = min(needed.values())
    with Chosen() as names:
        assert told.prove(shards, keep=True, memory=least) == honest
    assert len(names) > COUNT, "some were committed to again"
    assert not len(KEPT)


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5, "3G"])
def test_memory_that_is_none(told, shards, wrong):
    with pytest.raises(cs.OptionsError, match=r"memory=.*must be a positive int"):
        told.prove(shards, memory=wrong)
