"""Runs in shards that claim something false: refused by both verifiers, accepted without a check.

What ties the shards of a run together is the sum of all their messages; that there is one first
token of a word, that the tables of memory stand once; that times do not wrap, the weights.
"""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import vm
from cstark.vm import abi
from cstark.vm.tables.registers import WEIGHT
from tests.attacks.toolkit import without
from tests.vm import encode
from tests.vm.guests import exit_with, li
from tests.vm.shards.sharded_runs import OPTIONS, PROGRAM, RUN, Sharded, changed, parts_of, weaker

PARTS = parts_of()
BUSES = "bus sum"


@pytest.fixture(scope="module")
def honest():
    run = Sharded.of(PARTS)
    proof = run.prove()
    run.told.verify(proof)
    assert not run.told.plain_refusal(proof)
    return proof


def test_an_honest_run_is_accepted(honest):
    result = PROGRAM.verify(honest.to_bytes(), OPTIONS, min_security=0)
    assert (result.exit_code, result.steps) == (RUN.exit_code, RUN.steps)
    assert RUN.prove_shards(OPTIONS, cells=10**9) != honest  # in one shard


@pytest.mark.parametrize("dropped", [0, 1])
def test_a_part_of_the_run_is_left_out(dropped):
    """The parts before and behind it do not fit together."""
    run = Sharded.of(PARTS)
    del run.traces[dropped]
    assert run.judge(BUSES) == "bus sum"


def test_a_part_of_the_run_stands_twice():
    run = Sharded.of(PARTS)
    run.traces.insert(1, run.traces[1])
    assert run.judge(BUSES) == "bus sum"


def test_the_last_part_is_left_out():
    """Then no tables of memory are there: refused before anything is computed."""
    run = Sharded.of(PARTS)
    del run.traces[-1]
    proof = run.prove()
    assert run.told.refused(proof) == "heights"


def one_more(name: str, at: int):
    def change(state):
        state[name][at] += 1

    return change


@pytest.mark.parametrize(
    "change",
    [
        one_more("registers", 10),  # what the sum has come to
        one_more("values", -1),  # what the input said
        one_more("register_times", 10),
        one_more("times", -1),
    ],
    ids=["register", "word", "time of a register", "time of a word"],
)
def test_the_state_between_two_parts_is_changed(change):
    """A part is computed rightly, but from another state than the one before it has left."""
    run = Sharded.of((*PARTS[:2], changed(PARTS[2], change)))
    assert run.judge(BUSES) == "bus sum"


def test_the_run_halts_twice():
    """After the honest run the whole of it is there once more, with its own end."""
    run = Sharded.of(PARTS)
    again = [
        {name: found for name, found in traces.items() if name not in _once()}
        for traces in run.traces
    ]
    run.traces = [*again, *run.traces]
    assert run.judge(BUSES) == "bus sum"
    assert sum(len(traces["halt"]) for traces in run.traces) == 2


def _once() -> set[str]:
    return {name for name, table in PROGRAM.tables().items() if table.stands == "once"}


# ---- two tables of first tokens ----------------------------------------------------------------

READS = [
    *li(5, abi.INPUT), encode.i("ld", 6, 5, 8),
    *li(7, 1500), encode.i("addi", 7, 7, -1), encode.b("bne", 7, 0, -4),
    encode.i("ld", 8, 5, 8), encode.r("sub", 10, 6, 8), *exit_with(10),
]  # fmt: skip
"""Reads a word of the input, waits, reads it again: the exit code is the difference, always 0."""


def two_inputs(machine: cs.Machine | None) -> Sharded:
    """The input is 5 when it is first read, and 4 when it is read again: the difference is 1."""
    first, last = (READER.run(value.to_bytes(8, "little")) for value in (5, 4))
    word = abi.INPUT + 8
    times: list[int] = []

    def forget(state):
        [at] = np.flatnonzero(state["addresses"] == word)
        times.append(int(state["times"][at]))
        state["times"][at] = 0  # as though nobody had read the word before
        state["registers"][6] = 5

    part = changed(parts_of(last, 2)[1], forget)
    run = Sharded.of((parts_of(first, 2)[0], part), last, machine)
    late = run.traces[1]["input"]
    early = late.copy()
    view = READER.tables()["input"].view(early)
    view.first[1], view.value[1], view.time[1] = [5, 0, 0, 0], [5, 0], times[0]
    run.traces[0]["input"] = early
    limbs = np.concatenate([np.asarray(view.first).reshape(-1)]).astype(np.int64)
    lookups = READER.tables()["range"].view(run.traces[0]["range"]).range
    lookups[:] = np.asarray(lookups) + np.bincount(limbs, minlength=1 << 16).astype(np.uint64)
    run.claim("halt", [1, 0])
    return run


READER = vm.Program(vm.Image.from_text(READS))


def test_a_word_of_the_input_is_read_with_two_values():
    """With the table of the input in two shards each word has two first tokens."""
    assert [READER.run(k.to_bytes(8, "little")).exit_code for k in (4, 5)] == [0, 0]
    run = two_inputs(None)
    assert run.judge("presence") == "heights"


def test_where_the_input_may_stand_twice_the_forgery_is_a_proof():
    run = two_inputs(weaker(READER, input="any"))
    for traces in run.traces:
        traces["input"] = [traces["input"]]
    run.told.verify(run.prove())
    assert not run.told.plain_refusal(run.prove())


# ---- times that wrap ---------------------------------------------------------------------------


def refreshed(told, honest) -> cs.ShardedProof:
    """The same file, whose first shard says that it has 33 tables of 2^26 refreshed tokens."""
    from cstark.protocol.shards.proof import ShardProof

    first = ShardProof.parse(honest.shards[0], honest.options)
    at = list(told.machine.tables).index("refresh")
    heights = (*first.log_heights[:at], (26,) * 33, *first.log_heights[at + 1 :])
    other = ShardProof(heights, first.body).to_bytes()
    return cs.ShardedProof(honest.options, honest.claim, [other, *honest.shards[1:]])


def test_times_do_not_wrap_over_all_shards(honest):
    """Less than 2^31 rows of REFRESH, in all shards together, are too few to go around."""
    told = Sharded.of(PARTS).told
    proof = refreshed(told, honest)
    with pytest.raises(cs.VerificationError, match="wrap") as refusal:
        told.verify(proof)
    assert refusal.value.reason is cs.Reason.MULTIPLICITY
    assert told.plain_refusal(proof)
    with without("multiplicity"), pytest.raises(cs.VerificationError) as later:
        told.verify(proof)
    assert "wrap" not in str(later.value)
    assert 33 * (1 << 26) * WEIGHT > cs.P > 31 * (1 << 26) * WEIGHT
