"""Seconds of a proof in shards: phases scaled by their work."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark.cost.estimate import Timing
from cstark.cost.memory import expected_work
from cstark.cost.sharded import in_shards
from cstark.protocol.matrix import FULL
from tests.oracles import zoo
from tests.vm import summing

MACHINE = cs.Machine(
    {"halves": zoo.Halves(), "threes": zoo.Threes()},
    cs.Options(queries=10, grinding=4, max_log_height=12),
)
KEY = MACHINE.proving_key


def timing_of(rows):
    """A second for each unit of work, and two of reading and grinding."""
    heights = [tuple(size.bit_length() - 1 for size in rows), 3]
    standing = KEY.standing(heights)
    phases = expected_work(standing, standing.layout(heights), FULL, check=True)
    phases = {name: seconds for name, seconds in phases.items() if seconds}
    phases |= {"read traces": 2.0, "grinding": 2.0}
    return Timing(sum(phases.values()), 0.25, phases, (), {"compile": 1.0, "first touch": 8.0})


def shards_of(*rows):
    return [{"halves": list(sizes)} for sizes in rows]


def test_one_shard_is_one_proof_whose_first_half_is_made_twice():
    one = timing_of([1024])
    found = in_shards(KEY, one, {"halves": [1024]}, shards_of([1024]))
    assert found.phases["read traces"] == 4.0 and found.phases["grinding"] == 2.0
    assert found.phases["commit main"] == pytest.approx(2 * one.phases["commit main"])
    for name in ("commit lookup", "check"):
        assert found.phases[name] == pytest.approx(one.phases[name])
    assert found.seconds == pytest.approx(sum(found.phases.values()))
    assert found.once == one.once and found.error == one.error


def test_work_of_all_shards_is_counted():
    one = timing_of([1024])
    two = in_shards(KEY, one, {"halves": [1024]}, shards_of([512], [512]), 0.5)
    four = in_shards(KEY, one, {"halves": [1024]}, shards_of(*[[256]] * 4), 3.0)
    whole = in_shards(KEY, one, {"halves": [1024]}, shards_of([1024]))
    assert two.phases["grinding"] == 4.0 and four.phases["grinding"] == 8.0
    assert whole.seconds < two.seconds < four.seconds
    assert two.phases["check"] == pytest.approx(one.phases["check"], rel=0.1)
    double = in_shards(KEY, one, {"halves": [1024]}, shards_of([1024], [1024]))
    assert double.phases["commit main"] == pytest.approx(4 * one.phases["commit main"])
    assert two.once["first touch"] == 4.0 and four.once["first touch"] == 8.0


def test_of_a_run():
    """The whole of a run, then its shards: as much again for what is made twice, and the cut."""
    from cstark import vm

    run = vm.Program.from_elf(summing.ELF).run(summing.number(9000))
    timing = run.estimate(time=True).timing
    plans = run.cut(memory=260_000_000)
    assert len(plans) > 1
    found = run.timing_in_shards(timing, plans)
    assert found.once["cut"] == found.once["execute"] == run.seconds
    assert found.once["first touch"] < timing.once["first touch"]
    assert timing.seconds < found.seconds < 4 * timing.seconds
    assert found.phases["read traces"] == pytest.approx(2 * timing.phases["read traces"])
