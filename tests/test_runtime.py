"""Threads, instruction sets, buffers, forks."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _chunks, _runtime
from tests.oracles import zoo

ROOT = Path(__file__).resolve().parent.parent


def run(code: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_threads_are_set_and_restored():
    before = cs.get_num_threads()
    with cs.threads(3):
        assert cs.get_num_threads() == 3
        with pytest.raises(RuntimeError), cs.threads(1):
            raise RuntimeError
        assert cs.get_num_threads() == 3
    assert cs.get_num_threads() == before


@pytest.mark.parametrize("n", [0, -1, 1_000_000, 1.5, "2", True, None])
def test_impossible_thread_counts(n):
    before = cs.get_num_threads()
    with pytest.raises(cs.CstarkError, match="threads"):
        cs.set_num_threads(n)
    assert cs.get_num_threads() == before


def test_environment():
    show = (
        "import cstark as cs; from cstark.kernels import _runtime as r; print(r.threads(), r.isa())"
    )
    assert run(show, CSTARK_NUM_THREADS="3").stdout.split()[0] == "3"
    for nothing in ("", "  "):
        unset = run(show, OMP_NUM_THREADS="5", CSTARK_NUM_THREADS=nothing, CSTARK_ISA=nothing)
        assert unset.stdout.split() == ["5", _runtime.isas()[-1]]
    environment = {k: v for k, v in os.environ.items() if k != "CSTARK_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True,
        env={**environment, "OMP_NUM_THREADS": "5"},
    )  # fmt: skip
    assert done.stdout.split()[0] == "5"
    assert run(show, OMP_NUM_THREADS="5", CSTARK_NUM_THREADS="3").stdout.split()[0] == "3"
    for isa in _runtime.isas():
        assert run(show, CSTARK_ISA=isa).stdout.split()[1] == isa


FIRST_USES = """
import cstark as cs
for name in ("goldilocks", "hashing", "Machine", "goldilocks"):
    try:
        getattr(cs, name)
        print("no error")
    except cs.CstarkError as error:
        print(type(error).__name__, error)
try:
    cs.get_num_threads()
except cs.CstarkError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CSTARK_ISA": "sse9"}, "SettingError CSTARK_ISA='sse9': the instruction sets available"),
        ({"CSTARK_NUM_THREADS": "many"}, "SettingError CSTARK_NUM_THREADS='many': must be a"),
        ({"CSTARK_NUM_THREADS": "0"}, "SettingError CSTARK_NUM_THREADS='0': must be a number"),
        ({"CSTARK_NUM_THREADS": "1025"}, "must be a number between 1 and 1024"),
        ({"CSTARK_NUM_THREADS": "1" * 5000}, "must be a number between 1 and 1024"),
        ({"CSTARK_NUM_THREADS": "1.5"}, "must be a number between 1 and 1024"),
    ],
)
def test_wrong_values_in_the_environment(variables, message):
    """A typed error at every first use of a kernel, the second as the first."""
    done = run(FIRST_USES, **variables)
    assert done.returncode == 0, done.stderr
    assert [message in line for line in done.stdout.splitlines()] == [True] * 5, done.stdout


def test_buffers_are_aligned_and_counted():
    live = _runtime.live_bytes()
    array = _runtime.aligned((3, 1000, 4))
    assert array.dtype == np.uint64 and array.flags.c_contiguous and array.ctypes.data % 64 == 0
    assert _runtime.live_bytes() == live + 3 * 1000 * 4 * 8
    view = array[1:]
    del array
    assert _runtime.live_bytes() > live
    del view
    assert _runtime.live_bytes() == live


def test_memory_is_kept_for_reuse_and_can_be_given_back():
    words = 1 << 19  # 4 MiB
    _runtime.release_memory()
    first = _runtime.aligned(words)
    address = first.ctypes.data
    del first
    again = _runtime.aligned(words)
    assert again.ctypes.data == address
    del again
    assert _runtime.release_memory() == 8 * words
    assert _runtime.release_memory() == 0


def prove_small(_=None) -> bytes:
    case = zoo.fibonacci(14)  # large enough for regions with threads
    return case.prove(case.machine()).to_bytes()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@needs_fork
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("children", [1, 2])
def test_fork_after_a_proof(children):
    with cs.threads(2):
        expected = prove_small()
        with multiprocessing.get_context("fork").Pool(children) as pool:
            results = pool.map_async(prove_small, range(3)).get(timeout=120)
        assert prove_small() == expected
    assert results == [expected] * 3


@needs_fork
def test_fork_where_openmp_cannot_dismiss_its_threads():
    # As with the runtimes before OpenMP 5.0. Without the rule of `after_fork` the child waits for
    # ever, which the second run shows: with GCC's runtime, LLVM's has a cure of its own.
    code = (
        "import os, sys, cstark as cs\n"
        "from cstark.kernels import _runtime\n"
        "from tests.test_runtime import prove_small\n"
        "_runtime.pause_threads = _runtime.can_pause_threads = lambda: False\n"
        "if sys.argv[1:] == ['unsafe']:\n"
        "    _runtime.after_fork = lambda paused: None\n"
        "cs.set_num_threads(2)\n"
        "expected = prove_small()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    cs.set_num_threads(2)\n"
        "    same = prove_small() == expected\n"
        "    os._exit(7 if same and (cs.get_num_threads() == 1) else 1)\n"
        "import threading\n"
        "hung = threading.Timer(float(os.environ['PATIENCE']), os.kill, (child, 9))\n"
        "hung.start()\n"
        "status = os.waitpid(child, 0)[1]\n"
        "hung.cancel()\n"
        "print(os.waitstatus_to_exitcode(status))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    maps = Path("/proc/self/maps")
    runs = [((), "100", "7")]
    if maps.exists() and "libgomp" in maps.read_text():
        runs.append((("unsafe",), "3", "-9"))
    for arguments, patience, expected in runs:
        done = subprocess.run(
            [*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120,
            env={**os.environ, "PATIENCE": patience},
        )  # fmt: skip
        assert done.stdout.strip() == expected, done.stderr


@needs_fork
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_while_another_thread_is_in_a_region():
    _runtime.add_regions(1)
    try:
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply_async(_runtime.regions).get(timeout=120) == 0
    finally:
        _runtime.add_regions(-1)


def test_proofs_in_python_threads():
    expected = prove_small()
    before = cs.get_num_threads()
    cs.set_num_threads(2)
    try:
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(prove_small, range(8), timeout=120))
    finally:
        cs.set_num_threads(before)
    assert results == [expected] * 8
    assert _runtime.regions() == 0


def test_threads_of_one_python_thread_are_its_own():
    before = cs.get_num_threads()
    entered, leave = threading.Event(), threading.Event()

    def elsewhere() -> tuple[int, int]:
        with cs.threads(before + 5):
            inside = cs.get_num_threads()
            entered.set()
            assert leave.wait(60)
        return inside, cs.get_num_threads()

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(elsewhere)
        assert entered.wait(60)
        # Left in the order entered: a setting of the process would stay at 3 for ever.
        with cs.threads(before + 3):
            leave.set()
            assert answer.result(60) == (before + 5, before)
            assert cs.get_num_threads() == before + 3
    assert cs.get_num_threads() == before


@pytest.fixture(scope="module")
def most_threads_at_work():
    """A function: the most threads that took part in a region, of so many tries.

    Each leaves its mark. Work is handed out as threads come, so a thread may get none; no thread
    may get any that was not started.
    """

    def most(tries: int, enough: int = 8) -> int:
        seen = 0
        while tries and seen < enough:
            marks = np.zeros(8, dtype=np.uint64)
            _chunks.mark_threads(marks, np.zeros(200, dtype=np.uint64))
            assert int(marks.sum()) == 200
            seen = max(seen, 1 + int(np.flatnonzero(marks).max()))
            tries -= 1
        return seen

    return most


@pytest.mark.parametrize("others, share", [(0, 4), (1, 2), (2, 1), (7, 1)])
def test_regions_at_once_share_the_threads(most_threads_at_work, others, share):
    before = cs.get_num_threads()
    cs.set_num_threads(4)
    _runtime.add_regions(others)
    try:
        assert most_threads_at_work(500, enough=share) == share
        assert most_threads_at_work(10) <= share
        with cs.threads(3):  # a Python thread's own number is not shared
            assert most_threads_at_work(500, enough=3) == 3
    finally:
        _runtime.add_regions(-others)
        cs.set_num_threads(before)


def test_a_process_pool_takes_its_share():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        2, mp_context=context, initializer=cs.set_num_threads, initargs=(3,)
    ) as pool:
        assert list(pool.map(_threads_here, range(2), timeout=120)) == [3, 3]


def _threads_here(_: int) -> int:
    return cs.get_num_threads()


def test_configuration_is_printed(capsys):
    cs.show_config()
    printed = capsys.readouterr().out
    for word in ("cstark", "isa", "openmp", "threads"):
        assert word in printed


def test_an_interrupt_stops_a_proof(tmp_path):
    code = (
        "import os, signal, threading, cstark as cs\n"
        "from tests.oracles import zoo\n"
        "case = zoo.fibonacci(15)\n"
        "machine = case.machine(grinding=30)\n"
        "threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n"
        "    case.prove(machine)\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped')\n"
    )
    assert run(code).stdout.strip() == "stopped"
