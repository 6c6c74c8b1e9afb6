"""Every benchmark still runs: once, at sizes too small to measure anything."""

from __future__ import annotations

import importlib
import inspect
import sys
from functools import partial
from pathlib import Path

import pytest

import cstark as cs

FOLDER = Path(__file__).resolve().parent.parent / "asv_bench"
# `optimisations` has tests of its own
MODULES = ("guests", "kernels", "phases", "proofs", "tracked", "wide")
KINDS = ("time_", "timeraw_", "track_", "peakmem_")


@pytest.fixture(scope="module")
def benchmarks():
    """The modules, imported at the tiny profile."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CSTARK_BENCH_PROFILE", "tiny")
    patch.syspath_prepend(str(FOLDER))
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        patch.delitem(sys.modules, name)
    yield {name: importlib.import_module(f"benchmarks.{name}") for name in MODULES}
    patch.undo()


def methods(module):
    """(class, method name) of all benchmarks of a module."""
    for _, owner in inspect.getmembers(module, inspect.isclass):
        if owner.__module__ == module.__name__:
            for name, _ in inspect.getmembers(owner, inspect.isfunction):
                if name.startswith(KINDS):
                    yield owner, name


def each_value_once(lists):
    """Combinations in which every value of every list occurs."""
    longest = max(map(len, lists), default=1)
    return [tuple(values[k % len(values)] for values in lists) for k in range(longest)]


@pytest.mark.parametrize("module", MODULES)
def test_benchmarks_run(benchmarks, module):
    found = list(methods(benchmarks[module]))
    assert found
    threads = cs.get_num_threads()
    caches = {}
    for owner, name in found:
        if hasattr(owner, "setup_cache") and owner not in caches:
            caches[owner] = (owner().setup_cache(),)
        for parameters in each_value_once(getattr(owner, "params", [])):
            benchmark = owner()
            if hasattr(benchmark, "setup"):
                benchmark.setup(*caches.get(owner, ()), *parameters)
            call = partial(getattr(benchmark, name), *caches.get(owner, ()), *parameters)
            result = call()
            if module == "kernels":  # a benchmark is called many times after one setup
                call()
            assert (result is None) == name.startswith(("time_", "peakmem_")), name
            if hasattr(benchmark, "elements"):
                assert benchmark.elements(*parameters) > 0
            if hasattr(benchmark, "teardown"):
                benchmark.teardown(*parameters)
    assert cs.get_num_threads() == threads


@pytest.mark.parametrize(
    "kernel",
    ["lde", "mul", "ext_mul", "inverse", "ext_inverse", "scan", "scan_fold", "matmul", "leaves",
     "tree", "column_sums", "row_sums", "fold", "lookup", "constraints", "prove", "verify"],
)  # fmt: skip
def test_every_kernel_has_a_benchmark(benchmarks, kernel):
    names = {name for module in benchmarks.values() for _, name in methods(module)}
    assert any(name.partition("_")[2].startswith(kernel) for name in names)


def test_wide_machine_is_prepared(benchmarks):
    machines = importlib.import_module("benchmarks.machines")
    assert machines.make("keccak 100", "blake3").cells > 2**16


def test_work_counts_what_the_hash_does(benchmarks):
    compressions = importlib.import_module("benchmarks.work").compressions
    # 64 bytes: one block of BLAKE3 and of Keccak; SHA-256 pads into a second
    assert [compressions(h, 64) for h in ("blake3", "keccak256", "sha256")] == [1, 1, 2]
    # 32 words: 256 bytes
    assert [compressions(h, 256) for h in ("blake3", "keccak256", "sha256")] == [4, 2, 5]
    # beyond a chunk of 1,024 bytes BLAKE3 joins two chaining values
    assert compressions("blake3", 1025) == 18


def test_phases_are_those_of_the_report(benchmarks):
    phases = benchmarks["phases"]
    found = set()
    for case in phases.CASES:
        found |= set(phases.measure(case, "blake3"))
    assert set(phases.PHASES) <= found
