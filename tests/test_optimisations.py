"""The optimisations' paths with and without compute the same, and the table judges fairly."""

from __future__ import annotations

import importlib
import importlib.util
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _runtime

ROOT = Path(__file__).resolve().parent.parent
LABELS = ["1a", "1b", "2", "3", "4", "5a", "5b", "6", "7a", "7b", "8", "9"]


def compiler() -> str | None:
    return shutil.which(shlex.split(sysconfig.get_config_var("CC") or "cc")[0])


@pytest.fixture(scope="module")
def bench():
    """The benchmarks at sizes of a few chunks."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CSTARK_BENCH_PROFILE", "tiny")
    patch.syspath_prepend(str(ROOT / "asv_bench"))
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        patch.delitem(sys.modules, name)
    module = importlib.import_module("benchmarks.optimisations")
    patch.setattr(module, "height", lambda log_rows: min(log_rows, 12))
    yield module
    patch.undo()


@pytest.fixture(scope="module")
def folder(bench):
    """Where the variants are compiled."""
    if compiler() is None or importlib.util.find_spec("Cython") is None:
        pytest.skip("needs a C compiler and Cython")
    return bench.build(ROOT / "build")


def test_nine_optimisations(bench):
    assert [owner.label for owner in bench.ALL] == LABELS
    assert {label[0] for label in LABELS} == set("123456789")
    # asv reads these of a benchmark; `number` would be how often a timing is repeated
    for owner in bench.ALL:
        assert not any(hasattr(owner, name) for name in ("number", "processes", "version", "unit"))


@pytest.mark.parametrize("isa", _runtime.isas())
@pytest.mark.parametrize("label", LABELS)
def test_both_paths_compute_the_same(bench, folder, label, isa):
    (owner,) = (owner for owner in bench.ALL if owner.label == label)
    before = _runtime.isa()
    _runtime.set_isa(isa)
    try:
        results = []
        for threads in owner.params[1]:
            benchmark = owner()
            benchmark.setup(folder, "with", threads)
            if threads == "all":
                cs.set_num_threads(3)  # also where there is one processor
                benchmark.prepare()
            results += [benchmark.compute(path) for path in bench.PATHS]
            benchmark.teardown(folder, "with", threads)
    finally:
        _runtime.set_isa(before)
    assert all(array.any() for array in results[0])
    for other in results[1:]:
        for expected, found in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(expected, found)


def test_chains_find_a_zero(bench, folder):
    inverse = bench.load(folder, "inverse")
    values = bench.random_words(64, 3)
    out = np.empty_like(values)
    assert inverse.one_chain(values, out) == inverse.scalar_chain(values, out) == -1
    values[41] = 0
    assert inverse.one_chain(values, out) == 41
    assert inverse.scalar_chain(values, out) == 0


def test_bytes_of_the_accumulators_in_flight(bench, folder):
    benchmark = bench.AccumulatorBuffers()
    benchmark.setup(folder, "with", 1)
    rows = len(benchmark.cells)
    saved = benchmark.peak("without") - benchmark.peak("with")
    benchmark.teardown()
    # three elements of 24 bytes a row and table, whatever the chunks' sums take besides
    assert 0 <= saved - 14 * 3 * 24 * rows < 24 * rows


def test_variants_refuse_other_shapes(bench, folder):
    modules = {name: bench.load(folder, name) for name in
               ("inverse", "accumulator", "fold", "pairs", "hashing", "lookup")}  # fmt: skip
    words = bench.random_words(12, 3)
    with pytest.raises(ValueError, match="multiple of 8"):
        modules["inverse"].one_chain(words, words.copy())
    with pytest.raises(ValueError, match="power of two"):
        modules["accumulator"].serial(words)
    with pytest.raises(ValueError, match="pairs must be"):
        modules["pairs"].materialise(words.reshape(3, 2, 6), words.reshape(2, 3, 6)[:, :2].copy())
    with pytest.raises(ValueError, match="multiple of 16"):
        modules["hashing"].leaf_digests_allocating(
            1, words, words, np.zeros((12, 32), dtype=np.uint8)
        )
    with pytest.raises(ValueError, match="power of two"):
        modules["lookup"].build(words, 2, (1, 0, 0), (1, 0, 0), 1, words.copy())
    with pytest.raises(ValueError, match="challenge"):
        modules["fold"].fold_points(
            bench.random_words(3, 2, 16), bench.random_words(2, 8), words[0, :2].copy(),
            bench.random_words(3, 2, 8),
        )  # fmt: skip


# ---- the table ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(bench):
    spec = importlib.util.spec_from_file_location("report", ROOT / "asv_bench" / "optimisations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_interval_holds_the_median(report):
    assert report.interval([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)
    # of 11 values the 2nd and the 10th: 98.8 %; the 3rd and the 9th would be 93.5 %
    assert report.interval([float(k) for k in range(11)]) == (5.0, 1.0, 9.0)
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(500):
        found = report.interval(rng.normal(1.0, 0.3, 15).tolist())
        hits += found.low <= 1.0 <= found.high
    assert hits >= 0.95 * 500


@pytest.mark.parametrize(
    ("ratios", "saved", "expected"),
    [
        ([(0.8, 0.75, 0.85)], 0, "yes: time"),
        ([(0.8, 0.75, 0.85), (1.0, 0.9, 1.1)], 2 << 20, "yes: time, memory"),
        ([(0.8, 0.75, 0.99)], 0, "no"),
        ([(1.0, 0.98, 1.02)], 5 << 20, "yes: memory"),
        ([(1.2, 1.1, 1.3)], 0, "no"),
        ([(1.2, 1.1, 1.3)], 5 << 20, "no: time for memory"),
        ([(1.2, 1.1, 1.3), (0.6, 0.5, 0.7)], 0, "depends on threads"),
    ],
)
def test_verdict(report, ratios, saved, expected):
    assert report.verdict([report.Ratio(*ratio) for ratio in ratios], saved) == expected


def test_compare_tells_slow_from_fast(report):
    data = np.arange(1 << 14)
    found = report.compare(lambda: np.sort(data[::-1]).sum(), lambda: None, 7)
    assert found.low > 1


def test_a_row_of_the_table(report, bench, folder):
    row = report.cells(bench.TreeSerial, folder, 1)
    assert len(row) == 8 and row[0] == "8" and row[4] == ""
