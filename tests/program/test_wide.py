"""A table with thousands of columns and few rows is described and compiled in linear time."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import cstark as cs

BENCHMARKS = Path(__file__).resolve().parents[2] / "asv_bench"


@pytest.fixture(scope="module")
def wide():
    """The benchmark's module, with SHA-256 in rows."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CSTARK_BENCH_PROFILE", "tiny")
    patch.syspath_prepend(str(BENCHMARKS))
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        patch.delitem(sys.modules, name)
    yield importlib.import_module("benchmarks.wide")
    patch.undo()


def calls(work):
    """How often Python functions are entered while something runs."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def prepare(wide, rounds):
    air = wide.Sha256Rows(rounds)
    trace, digest = wide.sha256_trace(air, b"a" * 500)
    return air, {"sha256": trace}, {"sha256": digest}


def test_sha256_in_rows_is_what_hashlib_says(wide):
    import hashlib

    _, _, publics = prepare(wide, 64)
    digest = b"".join(word.to_bytes(4, "big") for word in publics["sha256"])
    assert digest == hashlib.sha256(b"a" * 500).digest()


def test_a_wide_row_is_proved_and_a_changed_bit_is_found(wide):
    air, traces, publics = prepare(wide, 18)
    machine = cs.Machine({"sha256": air}, cs.Options(max_log_height=10))
    machine.verify(machine.prove(traces, publics), publics)
    for column in (0, 700, air.width - 1):
        changed = np.array(traces["sha256"])
        changed[3, column] ^= np.uint64(1)
        assert not machine.check({"sha256": changed}, publics)


class Mixed(cs.Air):
    """Flags, words of 32 of them, sums and products of neighbours, a message counted by all."""

    def __init__(self, flags):
        self.columns = {"flag": (flags,), "word": (flags // 32,)}

    def constrain(self, t):
        flag, word = t.now.flag, t.now.word
        t.every_row.boolean(flag)
        t.every_row.equal(word, cs.pack(flag.reshape(-1, 32), 1))
        t.transition.zero(flag[1:] * flag[:-1] * t.next.flag[1:])
        t.first_row.zero(flag)
        t.send("all", [word[0]], count=flag.sum())
        t.receive("all", [word[0]], count=flag.sum(), weight=flag.size)


def test_work_of_python_grows_with_the_table():
    """Twice the columns: at most some more than twice the calls."""

    def prepared(flags):
        air = Mixed(flags)
        traces = {"mixed": air.zeros(8)}

        def work():
            machine = cs.Machine({"mixed": air}, cs.Options(max_log_height=10, queries=20))
            machine.verify(machine.prove(traces), min_security=0)
            assert machine.check(traces)
            cs.VerifyingKey.from_json(machine.verifying_key().to_json())

        return calls(work)

    prepared(32)  # what is imported late is imported now
    assert prepared(1024) < 2.3 * prepared(512)
