"""The comparison with other libraries: what it measures is right, and it says what is missing."""

from __future__ import annotations

import importlib.util
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import cstark as cs

FOLDER = Path(__file__).resolve().parent.parent / "asv_bench"


@pytest.fixture
def peers(monkeypatch):
    """The script, with numba's decorator that leaves functions as they are: slow, but the same."""
    monkeypatch.setenv("CSTARK_BENCH_PROFILE", "tiny")
    monkeypatch.syspath_prepend(str(FOLDER))
    numba = types.ModuleType("numba")
    numba.njit = lambda function=None, **_: function or (lambda plain: plain)
    monkeypatch.setitem(sys.modules, "numba", numba)
    for name in [n for n in sys.modules if n.split(".")[0] in ("benchmarks", "peers_numba")]:
        monkeypatch.delitem(sys.modules, name)
    spec = importlib.util.spec_from_file_location("peers", FOLDER / "peers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("library", ["numba", "flint"])
def test_libraries_compute_the_same(peers, library):
    for name in peers.TITLES:
        a, b = peers.operands(name, 5)
        a[:4] = [cs.P - 1, 2**32, 2**32 - 1, 1]
        b[:4] = [cs.P - 1, 2**32, 2**32 + 1, 0]
        with np.errstate(over="ignore"):
            work = peers.MAKERS[library](name, a, b)
            found = None if work is None else work.result(work.call())
        ours = peers.cstark(name, a, b)
        expected = ours.result(ours.call())
        assert (found == expected) or (found is None and (library, name) == ("flint", "ntt"))


def test_a_wrong_result_is_not_timed(peers, monkeypatch):
    honest = peers.MAKERS["flint"]

    def wrong(name, a, b):
        work = honest(name, a, b)
        return peers.Work(work.call, lambda values: [*work.result(values)[:-1], 0])

    monkeypatch.setitem(peers.MAKERS, "flint", wrong)
    with pytest.raises(SystemExit, match="python-flint computes something else: product of two a"):
        peers.prepared("mul", "flint", 4)


def test_the_table(peers, monkeypatch, capsys):
    real = importlib.import_module

    def without_galois(name):
        if name == "galois":
            raise ImportError
        return real(name)

    monkeypatch.setattr(peers.importlib, "import_module", without_galois)
    monkeypatch.setattr(peers.metadata, "version", lambda name: "1.0")
    monkeypatch.setattr(sys, "argv", ["peers", "1", "--log-size", "4"])
    threads = cs.get_num_threads()
    try:
        with np.errstate(over="ignore"):
            peers.main()
    finally:
        cs.set_num_threads(threads)
    out = capsys.readouterr().out
    assert "without galois: not installed (pip install galois)" in out
    rows = [line for line in out.splitlines() if line.startswith(tuple(peers.TITLES.values()))]
    assert len(rows) == 4
    assert all(re.search(r"\d\.\d\d  .*\(x [\d.,]+\)", row) for row in rows)
    assert rows[2].rstrip().endswith("none")
