"""Threads, instruction sets, buffers, forks."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _runtime
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
    assert run(show, OMP_NUM_THREADS="5", CSTARK_NUM_THREADS="").returncode != 0
    environment = {k: v for k, v in os.environ.items() if k != "CSTARK_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True,
        env={**environment, "OMP_NUM_THREADS": "5"},
    )  # fmt: skip
    assert done.stdout.split()[0] == "5"
    for isa in _runtime.isas():
        assert run(show, CSTARK_ISA=isa).stdout.split()[1] == isa
    refused = run(show, CSTARK_ISA="sse9")
    assert refused.returncode != 0 and "sse9" in refused.stderr and "portable" in refused.stderr
    refused = run(show, CSTARK_NUM_THREADS="many")
    assert refused.returncode != 0 and "CSTARK_NUM_THREADS" in refused.stderr


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
    case = zoo.fibonacci(12)
    return case.prove(case.machine()).to_bytes()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_after_a_proof():
    with cs.threads(2):
        expected = prove_small()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            results = pool.map_async(prove_small, range(3)).get(timeout=120)
    assert results == [expected] * 3


def test_proofs_in_python_threads():
    expected = prove_small()
    results: list[bytes] = []
    workers = [threading.Thread(target=lambda: results.append(prove_small())) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert results == [expected] * 4


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
