"""Stopping: by the progress, by closing, by Ctrl-C, in threads and in processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import cstark as cs
from cstark.batch import run as run_module
from cstark.batch.worker import Stopped, prove_job
from tests.batch.pools import ByHand, spawned
from tests.batch.workloads import QUICK, Count, go_on, started

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_progress_may_stop_everything(tmp_path, executor, error):
    def stop(what, done, total):
        assert total == 40
        if done == 3:
            raise error

    jobs = [Count(3 + n % 3, mode=f"job {n}") for n in range(40)]
    run = cs.prove_many(jobs, executor, folder=tmp_path, options=QUICK, progress=stop)
    with pytest.raises(error):
        list(run)
    assert list(run) == []
    found = [path.read_bytes() for path in tmp_path.iterdir()]
    assert len(found) >= 3
    for data in found:
        Count.verify(data, QUICK, min_security=0)
    rest = list(cs.prove_many(jobs, executor, folder=tmp_path, options=QUICK))
    assert all(rest) and sum(result.reused for result in rest) >= len(found)


def test_closing_stops_a_proof_in_a_thread_soon(monkeypatch):
    outcomes = []

    def recording(task):
        outcomes.append(prove_job(task))
        return outcomes[-1]

    monkeypatch.setattr(run_module, "prove_job", recording)
    started.clear()
    go_on.clear()
    jobs = [Count(3), Count(3, mode="events"), Count(3)]
    with ThreadPoolExecutor(1) as pool, cs.prove_many(jobs, pool, options=QUICK) as run:
        assert next(run)
        assert started.wait(60)
        run.close()
        go_on.set()
    first, second = outcomes  # the third had not begun
    assert first.proof is not None
    assert isinstance(second.failure.error, Stopped)


def test_an_interrupted_process_does_not_begin_what_its_pool_has_queued(tmp_path):
    mark = tmp_path / "begun"
    jobs = [Count(mode="interrupt"), *[Count(n, mode="touch", gate=str(mark)) for n in (3, 4)]]
    with spawned(1) as pool, pytest.raises(KeyboardInterrupt):
        list(cs.prove_many(jobs, pool, options=QUICK))
    assert not mark.exists()
    with spawned(1) as pool:
        assert all(cs.prove_many(jobs[1:], pool, options=QUICK))
    assert mark.exists()


def test_leaving_the_loop_cancels_what_has_not_begun():
    pool = ByHand()

    def first():
        for result in cs.prove_many([Count(3) for _ in range(9)], pool, options=QUICK):
            return result

    pool_first = pool.submit
    pool.submit = lambda fn, /, *args: pool_first(fn, *args) if pool.calls else at_once(fn, *args)

    def at_once(fn, /, *args):
        future = pool_first(fn, *args)
        pool.do(0)
        return future

    assert first().index == 0
    assert [future.cancelled() for future, _ in pool.calls] == [False] + [True] * 8


SCRIPT = """
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cstark as cs
from tests.batch.workloads import QUICK, Count


@dataclass(frozen=True)
class Mine(Count):
    pass


def main(pool, folder):
    jobs = [Mine(3 + n % 8, mode=f"job {n}") for n in range(int(sys.argv[3]))]
    said = lambda what, done, total: print("done", done, flush=True)
    with pool:
        results = list(cs.prove_many(jobs, pool, folder=folder, options=QUICK, progress=said))
    for result in results:
        print(repr(result))


if __name__ == "__main__":
    spawn = get_context("spawn")
    pool = ThreadPoolExecutor(1) if sys.argv[1] == "threads" else ProcessPoolExecutor(1, spawn)
    main(pool, sys.argv[2])
"""


def python(*arguments: object, **settings) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, **settings,
    )  # fmt: skip


def test_a_class_of_a_script_goes_to_spawned_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    out, err = python(script, "processes", tmp_path / "proofs", 2).communicate(timeout=120)
    assert len(list((tmp_path / "proofs").iterdir())) == 2, out + err
    # Typed into an interpreter, it is in no file that a spawned process could import.
    command = python("-c", SCRIPT, "processes", tmp_path / "others", 2)
    out, err = command.communicate(timeout=120)
    assert out.count("failed: CstarkError: the worker cannot load the job") == 2, out + err


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_ctrl_c(tmp_path, kind):
    script, folder = tmp_path / "script.py", tmp_path / "proofs"
    script.write_text(SCRIPT)
    command = python(script, kind, folder, 5000, start_new_session=True)
    for line in command.stdout:
        if line == "done 5\n":
            break
    os.killpg(command.pid, signal.SIGINT)  # as a terminal does: workers get it as well
    _, err = command.communicate(timeout=120)
    assert command.returncode not in (0, None) and "KeyboardInterrupt" in err
    found = list(folder.iterdir())
    assert 5 <= len(found) < 5000
    for path in found:
        Count.verify(path.read_bytes(), QUICK, min_security=0)
