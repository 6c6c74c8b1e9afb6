"""Results: the same proofs in the same order everywhere, failures one by one."""

from __future__ import annotations

import gc
import io
import itertools
import os
import signal
import sys
import traceback
from concurrent.futures import (
    CancelledError,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import cstark as cs
from cstark.workload.claim import decode_claim
from tests.batch.pools import ByHand, spawned
from tests.batch.workloads import QUICK, Count, Threads, Unpicklable, kept

ROOT = Path(__file__).resolve().parent.parent.parent


# ---- proofs ---------------------------------------------------------------------------------

MIXED = [
    Count(12),  # the slowest first: it is finished last
    (Count(3), cs.Options(queries=4, grinding=0, hash="sha256")),
    Count(9),
    (Count(5), cs.Options(queries=3, grinding=2, blowup=4)),
    cs.Job(Count(4), cs.Options(queries=7, grinding=1, fri_arity=2)),
    Count(3),
]


def test_proofs_are_those_of_serial_runs_in_order(executor):
    results = list(cs.prove_many(MIXED, executor, options=QUICK))
    assert [result.index for result in results] == list(range(len(MIXED)))
    for result in results:
        assert result and result.error is None and result.path is None and not result.reused
        expected = result.job.workload.prove(result.job.options)
        assert result.proof.to_bytes() == expected.to_bytes()
        assert result.proof.report.seconds > 0
        result.raise_for_failure()
        Count.verify(result.proof, result.job.options, min_security=0)
    assert [result.job.workload.log_rows for result in results] == [12, 3, 9, 5, 4, 3]


def test_no_jobs(executor):
    assert list(cs.prove_many([], executor)) == []


def test_settings_reach_the_prover(executor):
    # Unchecked, a false trace gives a proof; with so little memory nothing does.
    (unchecked,) = cs.prove_many([Count(mode="false")], executor, options=QUICK, check=False)
    assert unchecked
    with pytest.raises(cs.VerificationError):
        Count.verify(unchecked.proof, QUICK, min_security=0)
    (starved,) = cs.prove_many([Count()], executor, options=QUICK, max_memory=1)
    assert isinstance(starved.error, cs.OptionsError) and "max_memory=1" in str(starved.error)


# ---- failures -------------------------------------------------------------------------------


def test_a_job_that_fails_is_reported_and_the_others_go_on(executor):
    modes = ["fine", "false", "raise", "unpicklable", "unloadable", "fine"]
    jobs = [Count(log_rows=3 + i, mode=mode) for i, mode in enumerate(modes)]
    results = list(cs.prove_many(jobs, executor, options=QUICK))
    assert [bool(result) for result in results] == [True, False, False, False, False, True]
    false, unlucky, locked, odd = results[1:5]
    assert isinstance(false.error, cs.TraceError) and false.error.table == "count"
    assert isinstance(unlucky.error, ArithmeticError) and str(unlucky.error) == "no luck"
    assert "with a lock" in str(locked.error) and "one and two" in str(odd.error)
    assert isinstance(locked.error, cs.CstarkError | Unpicklable)
    for result in results[1:5]:
        assert result.proof is None and "failed" in repr(result)
        assert "Traceback" in result.traceback
        with pytest.raises(type(result.error)):
            result.raise_for_failure()
    assert "in prepare" in unlucky.traceback and "no luck" in unlucky.traceback


def test_a_traceback_of_another_process_is_the_cause(processes):
    (result,) = cs.prove_many([Count(mode="raise")], processes, options=QUICK)
    assert "in prepare" in str(result.error.__cause__)


@pytest.mark.parametrize("kind", ["here", "threads"])
def test_traces_of_failed_jobs_are_given_up(kind):
    kept.clear()
    jobs = [Count(mode="kept"), Count(mode="false")]
    with ThreadPoolExecutor(1) as pool:
        results = list(cs.prove_many(jobs, None if kind == "here" else pool, options=QUICK))
    gc.collect()
    assert [bool(result) for result in results] == [False, False] and len(kept) == 2
    assert all(trace() is None for trace in kept)
    assert "in prepare" in "".join(traceback.format_exception(results[0].error))


def test_options_that_do_not_fit_the_machine_fail_their_job_alone(executor):
    jobs = [(Count(9), cs.Options(max_log_height=8, queries=3)), (Count(), QUICK)]
    bad, good = cs.prove_many(jobs, executor)
    assert isinstance(bad.error, cs.CstarkError) and good


def test_a_class_that_workers_cannot_import(processes, monkeypatch):
    only_here = ModuleType("only_here")
    monkeypatch.setitem(sys.modules, "only_here", only_here)
    only_here.Mine = type("Mine", (Count,), {"__module__": "only_here"})
    only_here.Mine = dataclass(frozen=True)(only_here.Mine)
    mine, count = cs.prove_many([only_here.Mine(), Count()], processes, options=QUICK)
    assert "the worker cannot load the job: ModuleNotFoundError" in str(mine.error)
    assert count


def test_a_killed_worker_loses_only_what_was_not_finished(tmp_path):
    gate = tmp_path / "gate"
    folder = tmp_path / "proofs"
    jobs = [Count(3), Count(4), *[Count(n, gate=str(gate)) for n in (3, 4, 5, 6)]]
    with spawned(2) as pool:

        def kill_one(what, done, total):
            if done == 2:
                os.kill(next(iter(pool._processes)), signal.SIGKILL)

        # Three at most are handed out at a time: the last ones meet a pool that is broken already.
        run = cs.prove_many(
            jobs, pool, folder=folder, options=QUICK, progress=kill_one, buffersize=3
        )
        broken = list(run)
    assert [bool(result) for result in broken] == [True, True, False, False, False, False]
    assert (run.done, run.failed, run.total) == (6, 4, 6)
    for result in broken[2:]:
        assert isinstance(result.error, BrokenProcessPool) and result.traceback
    assert len(list(folder.iterdir())) == 2
    gate.touch()
    with spawned(2) as pool:
        whole = list(cs.prove_many(jobs, pool, folder=folder, options=QUICK))
    assert [result.reused for result in whole] == [True, True, False, False, False, False]
    for result in whole:
        assert result.proof == result.job.workload.prove(QUICK)


def test_a_job_that_kills_its_worker():
    with spawned(1) as pool:
        results = list(cs.prove_many([Count(mode="die"), Count()], pool, options=QUICK))
    assert [type(result.error) for result in results] == [BrokenProcessPool] * 2


# ---- handing out ----------------------------------------------------------------------------


def test_results_do_not_pile_up():
    pool = ByHand()
    run = cs.prove_many([Count(3) for _ in range(50)], pool, options=QUICK, buffersize=4)
    assert len(pool.calls) == 4  # at the call
    for index in (3, 1, 2, 0):
        pool.do(index)
    assert [next(run).index for _ in range(2)] == [0, 1]
    assert len(pool.calls) == 5  # the first was taken before the second was asked for
    pool.do(4)
    assert [next(run).index for _ in range(3)] == [2, 3, 4]
    assert len(pool.calls) == 8
    assert run.done == 5
    run.close()
    assert all(future.cancelled() for future, _ in pool.calls[5:])
    assert list(run) == []


def test_all_that_finished_counts_before_the_first_is_given():
    pool, seen = ByHand(), []
    jobs = [Count(3), Count(4), Count(5)]
    run = cs.prove_many(jobs, pool, options=QUICK, progress=lambda *step: seen.append(step))
    for index in (2, 1, 0):
        pool.do(index)
    assert next(run).index == 0
    count = "Count(log_rows={}, mode='fine', gate=''), grinding=1, queries=6, max_log_height=16"
    assert seen == [(count.format(n), 6 - n, 3) for n in (5, 4, 3)]
    assert repr(run) == "<Run: 3 of 3 jobs done, 0 failed>"


def test_a_bar(monkeypatch):
    said = []

    class Bar:
        def __init__(self, **_):
            pass

        def __enter__(self):
            said.append("open")
            return lambda *step: said.append(step)

        def __exit__(self, *_):
            said.append("closed")

    monkeypatch.setattr("cstark.report.progress.ProgressBar", Bar)
    run = cs.prove_many([Count(), Count(mode="raise")], options=QUICK, progress=True)
    assert len(list(run)) == 2
    run.close()
    counts = [("0 of 2 proofs", 0, 2), ("1 of 2 proofs", 1, 2), ("2 of 2 proofs, 1 failed", 2, 2)]
    assert said == ["open", *counts, "closed"]


def test_the_bar_makes_room_for_what_the_caller_prints(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream, ticks = Terminal(), itertools.count(0, 100)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("cstark.report.progress.time.monotonic", lambda: next(ticks))
    for result in cs.prove_many([Count(), Count(), Count()], options=QUICK, progress=True):
        stream.write(f"result {result.index}\n")
    lines = stream.getvalue().split("\n")
    for index, line in enumerate(lines[:3]):  # what stands there when the result is printed
        assert line.split("\r")[-1] == f"result {index}"
    assert "2 of 3 proofs" in lines[1] and lines[3].split("\r")[-1] == ""


def test_one_by_one_nothing_is_proved_ahead(monkeypatch):
    done = []
    run = cs.prove_many([Count(3), Count(4)], options=QUICK, buffersize=50,
                        progress=lambda *step: done.append(step))  # fmt: skip
    assert not done
    assert next(run) and len(done) == 1


def test_an_executor_that_cancels_fails_the_job():
    pool = ByHand()
    run = cs.prove_many([Count(3)], pool, options=QUICK)
    pool.calls[0][0].cancel()
    pool.calls[0][0].set_running_or_notify_cancel()
    (result,) = run
    assert isinstance(result.error, CancelledError) and "cancelled" in str(result.error)


def test_an_executor_that_was_shut_down_is_a_mistake_of_the_caller():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        cs.prove_many([Count()], pool)


# ---- threads --------------------------------------------------------------------------------


def claimed(jobs, executor, **settings) -> list[int]:
    results = cs.prove_many(jobs, executor, options=QUICK, **settings)
    return [decode_claim(result.proof.claim)["threads"] for result in results]


def test_threads_of_a_proof_are_given(executor):
    before = cs.get_num_threads()
    assert claimed([Threads()] * 3, executor, threads=3) == [3] * 3
    assert cs.get_num_threads() == before


@pytest.mark.parametrize(
    ("mine", "workers", "jobs", "each"), [(8, 2, 5, 4), (8, 4, 2, 4), (8, 3, 9, 2), (2, 3, 9, 1)]
)
def test_workers_share_the_threads_of_the_caller(mine, workers, jobs, each):
    with cs.threads(mine), ThreadPoolExecutor(workers) as pool:
        assert claimed([Threads()] * jobs, pool) == [each] * jobs
    with cs.threads(mine):
        assert claimed([Threads()], None) == [mine]


def test_processes_share_the_threads_of_the_caller(processes):
    with cs.threads(6):
        assert claimed([Threads()] * 3, processes) == [3] * 3


def test_a_slot_of_a_cluster_is_one_processor():
    pool = ByHand()
    with cs.threads(6):
        cs.prove_many([Threads()] * 3, pool, options=QUICK)
    assert [task.threads for _, task in pool.calls] == [1, 1, 1]
