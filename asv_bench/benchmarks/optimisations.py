"""Nine optimisations of a STARK prover, each against the path without it, on the same data.

They are those that a pull request to another prover proposed together. One benchmark tells
whether all nine helped; here each has its own, and ``tools/optimisations`` prints them as a table.
The paths without are in ``asv_bench/variants`` and give the same results, which the tests check.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import cstark as cs
from cstark.kernels import _field, _fri, _hash, _runtime
from cstark.machines.fib_pair import FibonacciPairs, fibonacci_trace
from cstark.program import Challenges, lookup_program
from cstark.protocol.domain import Domain, DomainCache
from cstark.protocol.transcript import ALGORITHMS

from .build import build, load
from .common import THREADS, Threaded, challenge, empty_words, height, random_words
from .machines import Messages, describe

PATHS = ["with", "without"]
BLAKE3 = ALGORITHMS["blake3"]


class _Optimisation(Threaded):
    """Base of the benchmarks, not one itself.

    Subclasses set `paths` in `prepare`: two calls without arguments. `result` is what they
    computed, `restore` what must be done before they compute it afresh.
    """

    label: str  # number in the pull request's order, a letter where it has several comparisons
    idea: str  # what is with against what is without
    rule: str  # thresholds and chunks
    claim: str  # what the pull request, or one that came of it, said

    params: list[list[Any]] = [PATHS, THREADS]
    param_names = ["path", "threads"]
    timeout = 600
    paths: dict[str, Callable[[], object]]

    def setup_cache(self) -> str:
        return build(Path.cwd())

    def setup(self, folder: str, path: str, threads: int | str) -> None:
        self.use_threads(threads)
        self.folder = folder
        self.prepare()

    def prepare(self) -> None:
        raise NotImplementedError

    def restore(self) -> None:
        """Bring back inputs that a path overwrites."""

    def result(self) -> list[np.ndarray]:
        raise NotImplementedError

    def compute(self, path: str) -> list[np.ndarray]:
        """Run one path on fresh inputs; copies of what it computed."""
        self.restore()
        self.paths[path]()
        return [np.array(array) for array in self.result()]

    def peak(self, path: str) -> int:
        """Most bytes in the kernels' buffers during one run, beyond inputs and outputs."""
        self.restore()
        before = _runtime.reset_peak()
        self.paths[path]()
        return _runtime.peak_bytes() - before

    def notes(self) -> str:
        """What else the optimisation saves."""
        return ""

    def time_path(self, folder: str, path: str, threads: int | str) -> None:
        self.paths[path]()

    def track_peak_bytes(self, folder: str, path: str, threads: int | str) -> int:
        return self.peak(path)

    track_peak_bytes.unit = "bytes"  # type: ignore[attr-defined]


class InverseChunks(_Optimisation):
    """Batch inversion of extension elements."""

    label = "1a"
    idea = "batch inversion in chunks / one Montgomery chain, the same vector code"
    rule = "1,024 elements a block; parallel from 2^16 elements"
    claim = "serial part n / threads; with others: time -5.8 %"
    variant = "one_chain"

    def prepare(self) -> None:
        n = 1 << height(20)
        self.a, self.out = random_words(n, 3), empty_words(n, 3)
        chain = getattr(load(self.folder, "inverse"), self.variant)
        self.paths = {
            "with": lambda: _field.ext_inverse(self.a, self.out),
            "without": lambda: chain(self.a, self.out),
        }

    def result(self) -> list[np.ndarray]:
        return [self.out]


class InverseScalar(InverseChunks):
    """Batch inversion of extension elements against the textbook's."""

    label = "1b"
    idea = "the same / one chain, element by element"
    variant = "scalar_chain"


class LookupFused(_Optimisation):
    """The LogUp columns of 8 messages of 4 values."""

    label = "2"
    idea = "LogUp chunks, fused / passes over whole columns"
    rule = "up to 1,024 rows a chunk, 2,048 denominators an inversion"
    claim = "stays in the second-level cache; no vectors of full length"
    messages = 8

    def prepare(self) -> None:
        rows = 1 << height(18)
        program = lookup_program(describe("messages", Messages(self.messages)))
        trace = random_words(rows, 5 * self.messages)
        z, alpha = challenge(2), challenge(3)
        challenges = Challenges(z, alpha, bus_numbers={"bus": 1})
        self.out = empty_words(rows, 3 * self.messages // 2)
        build_columns = load(self.folder, "lookup").build
        self.paths = {
            "with": lambda: self.keep(program.evaluate(trace, None, [], challenges, self.out)),
            "without": lambda: self.keep(
                build_columns(trace, self.messages, z, alpha, 1, self.out)[0]
            ),
        }

    def keep(self, total: tuple[int, int, int]) -> None:
        self.total = total

    def result(self) -> list[np.ndarray]:
        return [self.out, np.array(self.total, dtype=np.uint64)]


class AccumulatorScan(_Optimisation):
    """The running sum of a lookup table, given the sums of its rows."""

    label = "3"
    idea = "prefix sum of chunks in parallel / serial scan"
    rule = "up to 1,024 rows a chunk; the chunks' totals are scanned serially"
    claim = "O(n / threads); closed when tried alone"
    variant = "serial"

    def prepare(self) -> None:
        self.source = random_words(1 << height(20), 3)
        self.cells = empty_words(*self.source.shape)
        self.restore()
        self.module = load(self.folder, "accumulator")
        # Run again and again, they sum what they left: any canonical words take the same time.
        self.paths = {
            path: lambda name=name: self.keep(getattr(self.module, name)(self.cells))
            for path, name in zip(PATHS, ("chunked", self.variant), strict=True)
        }

    def keep(self, total: tuple[int, int, int]) -> None:
        self.total = total

    def restore(self) -> None:
        self.cells[:] = self.source

    def result(self) -> list[np.ndarray]:
        return [self.cells, np.array(self.total, dtype=np.uint64)]


class AccumulatorBuffers(AccumulatorScan):
    """The running sum in place against one with temporaries of the column's length."""

    label = "4"
    idea = "accumulator in two passes, in place / three temporaries of full length"
    rule = "as 3; bytes are those of 14 tables in flight"
    claim = "672 MiB less (14 tables of 2^20 rows, 3 temporaries to 1)"
    variant = "three_buffers"
    tables = 14

    def peak(self, path: str) -> int:
        """Of all tables in flight: nobody's temporaries are freed before the last is done."""
        kept: list[np.ndarray] = []
        before = _runtime.reset_peak()
        for _ in range(self.tables):
            if path == "with":
                self.module.chunked(self.cells)
            else:
                self.module.three_buffers(self.cells, kept)
        return _runtime.peak_bytes() - before


class FoldProducts(_Optimisation):
    """A FRI fold of arity 2."""

    label = "5a"
    idea = "fold with a table of zeta / y / with a table of 1 / y"
    rule = "one table a layer; not in this package"
    claim = "9 products a pair instead of 12; its reviewer: 12 with the table's own"
    with_path = "fold_products"

    def prepare(self) -> None:
        log_n = height(20) - 1
        word = random_words(3, 2, 1 << log_n)
        self.out = empty_words(3, 2, 1 << (log_n - 1))
        value = np.array(challenge(), dtype=np.uint64)
        module = load(self.folder, "fold")
        points = empty_words(2, 1 << (log_n - 1))
        module.inverse_points(log_n, points)
        self.paths = {
            "with": lambda: module.fold_products(word, points, value, self.out),
            "without": lambda: module.fold_points(word, points, value, self.out),
        }
        if self.with_path == "package":
            self.paths["with"] = lambda: _fri.fold(word, 2, value, self.out)

    def result(self) -> list[np.ndarray]:
        return [self.out]


class FoldBlocks(FoldProducts):
    """A FRI fold as the package does it, against one with a table of inverse points."""

    label = "5b"
    idea = "zeta / y made block by block, no table / with a table of 1 / y"
    rule = "512 points a block: what this package does"
    with_path = "package"

    def peak(self, path: str) -> int:
        """With the table of 1 / y, which is an input of `FoldProducts`."""
        return super().peak(path) + (8 * self.out.size // 3 if path == "without" else 0)


class LeavesDirect(_Optimisation):
    """Leaf digests of a FRI layer of arity 2."""

    label = "6"
    idea = "leaves hashed from the codeword / from an array of pairs"
    rule = "always"
    claim = "24 MB less at layer 0"

    def prepare(self) -> None:
        n = 1 << (height(20) - 1)
        word = random_words(3, 2, n)
        self.out = empty_words(2, n // 2, 4).view(np.uint8)
        materialise = load(self.folder, "pairs").materialise

        def without() -> None:
            pairs = _runtime.aligned((2, n // 2, 6))
            materialise(word, pairs)
            _hash.leaf_digests(BLAKE3, [pairs], [6], self.out)

        self.paths = {
            "with": lambda: _hash.word_leaf_digests(BLAKE3, word, 2, self.out),
            "without": without,
        }

    def result(self) -> list[np.ndarray]:
        return [self.out]


class LeavesScratch(_Optimisation):
    """Leaf digests of rows of 72 words in two matrices."""

    label = "7a"
    idea = "one scratch buffer a thread for rows of several matrices / an allocation a row"
    rule = "8 rows a thread"
    claim = "2 million allocations less; merged later: time -6.7 %"
    in_place = False

    def prepare(self) -> None:
        self.rows = 1 << height(17)
        whole, left, right = (random_words(self.rows, width) for width in (72, 36, 36))
        left[:], right[:] = whole[:, :36], whole[:, 36:]
        self.out = empty_words(1, self.rows, 4).view(np.uint8)
        allocating = load(self.folder, "hashing").leaf_digests_allocating
        matrices, widths = ([whole[None]], [72]) if self.in_place else (
            [left[None], right[None]], [36, 36]
        )  # fmt: skip
        self.paths = {
            "with": lambda: _hash.leaf_digests(BLAKE3, matrices, widths, self.out),
            "without": lambda: allocating(BLAKE3, left, right, self.out[0]),
        }

    def result(self) -> list[np.ndarray]:
        return [self.out]

    def notes(self) -> str:
        return f"{self.rows:,} allocations"


class LeavesInPlace(LeavesScratch):
    """Leaf digests of rows that lie in one matrix, as most do: nothing is copied."""

    label = "7b"
    idea = "rows of one matrix hashed where they lie / an allocation a row"
    rule = "whenever a leaf is one row of one matrix"
    in_place = True


class TreeSerial(_Optimisation):
    """The nodes of the small trees of FRI: 2 to 512 leaves."""

    label = "8"
    idea = "small trees on one thread / on all threads"
    rule = "serial below 2^13 compressions (2^13 nodes of BLAKE3)"
    claim = "190 small trees a proof; serial below 1,024 nodes"
    params = [PATHS, ["all"]]

    def prepare(self) -> None:
        node_digests = load(self.folder, "hashing").node_digests
        threads = cs.get_num_threads()
        self.trees = [tree_levels(log_leaves) for log_leaves in range(1, 10)]

        def with_cutoff() -> None:
            for levels in self.trees:
                for below, out in pairwise(levels):
                    m = len(out)
                    _hash.node_digests(BLAKE3, below[None, :m], below[None, m:], None, out[None])

        def always_parallel() -> None:
            for levels in self.trees:
                for below, out in pairwise(levels):
                    node_digests(BLAKE3, below, out, threads)

        self.paths = {"with": with_cutoff, "without": always_parallel}

    def result(self) -> list[np.ndarray]:
        return [level for levels in self.trees for level in levels[1:]]


def tree_levels(log_leaves: int) -> list[np.ndarray]:
    """Random leaf digests and room for the levels above them."""
    leaves = random_words(1 << log_leaves, 4).view(np.uint8)
    return [leaves, *(empty_words(1 << k, 4).view(np.uint8) for k in range(log_leaves)[::-1])]


class DomainPerTable(DomainCache):
    """A domain for every table, as if tables of one height did not know of each other."""

    def __init__(self, tables_of_height: int) -> None:
        super().__init__()
        self._tables = tables_of_height
        self._made: dict[tuple[int, int, int], list[Domain]] = {}
        self._calls = 0

    def get(self, log_height: int, blowup: int, offset: int) -> Domain:
        """The tables of a height in turn."""
        made = self._made.setdefault((log_height, blowup, offset), [])
        self._calls += 1
        if len(made) < self._tables:
            made.append(Domain(log_height, blowup, offset))
            return made[-1]
        return made[self._calls % self._tables]


class DomainShared(_Optimisation):
    """Whole proofs of 20 tables of 4 heights, domains made afresh."""

    label = "9"
    idea = "domains shared by tables of one height / a domain for every table"
    rule = "key: log height, blowup, coset offset; at most 32"
    claim = "300 MB less (20 tables of 2^20 rows and below)"
    tables_of_height = 5

    def prepare(self) -> None:
        tables, self.traces, self.publics = {}, {}, {}
        for k in range(4 * self.tables_of_height):
            rows = 1 << (height(16) - k % 4)
            start = np.array([[k, 1], [2, k]], dtype=np.uint64)
            tables[f"t{k}"] = FibonacciPairs(rows, 2)
            trace = fibonacci_trace(start, rows)
            self.traces[f"t{k}"] = trace
            self.publics[f"t{k}"] = [int(word) for word in (*trace[0], *trace[-1])]
        self.machine = cs.Machine(tables, cs.Options(queries=20, grinding=0))
        self.machine.verifying_key()
        self.paths = {
            "with": lambda: self.prove(DomainCache()),
            "without": lambda: self.prove(DomainPerTable(self.tables_of_height)),
        }

    def prove(self, domains: DomainCache) -> None:
        self.machine.proving_key.domains = domains
        self.proof = self.machine.prove(self.traces, self.publics, check=False)

    def result(self) -> list[np.ndarray]:
        return [np.frombuffer(self.proof.to_bytes(), dtype=np.uint8)]


#: In the order of the table.
ALL = [
    InverseChunks, InverseScalar, LookupFused, AccumulatorScan, AccumulatorBuffers, FoldProducts,
    FoldBlocks, LeavesDirect, LeavesScratch, LeavesInPlace, TreeSerial, DomainShared,
]  # fmt: skip
