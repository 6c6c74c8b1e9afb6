"""Each kernel alone, on random inputs; the names contain the kernel's.

`elements` says what a time is divided by to get the nanoseconds per element of ``ratios.py``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import cstark as cs
from cstark.kernels import _field, _fri, _hash, _matmul, _ntt, _openings, _tally
from cstark.program import Challenges, CosetPoints, Sources, lookup_program, quotient_program
from cstark.protocol.domain import Domain
from cstark.protocol.merkle import MerkleTree
from cstark.protocol.transcript import ALGORITHMS

from .common import (
    HASHES,
    THREADS,
    Threaded,
    challenge,
    empty_words,
    height,
    parse,
    random_words,
    shapes,
)
from .machines import Messages, Pairs, describe


class Extending(Threaded):
    """Coset low-degree extension of a matrix, blowup 2: ns per element of the input."""

    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        rows, columns = parse(shape)
        self.source = random_words(rows, columns)
        self.domain = Domain(rows.bit_length() - 1, 2, 3)
        self.out = empty_words(2, rows, columns)
        self.shifts = np.array(self.domain.shifts, dtype=np.uint64)

    def elements(self, shape: str, threads: int | str) -> int:
        return self.source.size


class Lde(Extending):
    """The matrices of traces, and other shapes."""

    params = [
        shapes((19, 32), (19, 128), (20, 32), (12, 32), (14, 512), (16, 100), (17, 1), (22, 8)),
        THREADS,
    ]

    def time_lde(self, shape: str, threads: int | str) -> None:
        _ntt.lde(self.domain.plan, self.source, self.out, self.shifts)


class LdeNarrow(Extending):
    """Widths that are no whole vectors, beside those that are: an element should cost the same."""

    params = [
        shapes(*((log, c) for log in (12, 19) for c in (1, 2, 3, 4, 5, 8, 9, 13, 27, 32, 36))),
        THREADS,
    ]

    def time_lde_narrow(self, shape: str, threads: int | str) -> None:
        _ntt.lde(self.domain.plan, self.source, self.out, self.shifts)


class Flat(Threaded):
    """Two flat arrays and room for a third."""

    params = [shapes((20, 1)), THREADS]
    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        n, _ = parse(shape)
        self.a, self.b, self.out = random_words(n), random_words(n, seed=2), empty_words(n)

    def elements(self, shape: str, threads: int | str) -> int:
        return len(self.a)


class Elementwise(Flat):
    """Products and inverses: ns per element."""

    def time_mul(self, shape: str, threads: int | str) -> None:
        _field.mul(self.a, self.b, self.out)

    def time_inverse(self, shape: str, threads: int | str) -> None:
        _field.inverse(self.a, self.out)


class Scans(Flat):
    """Sums and products of a column, total and running: ns per element."""

    def time_scan_fold_mul(self, shape: str, threads: int | str) -> None:
        _field.fold("mul", self.a[:, np.newaxis], self.out[:1])

    def time_scan_add(self, shape: str, threads: int | str) -> None:
        _field.scan("add", self.a[:, np.newaxis], self.out[:, np.newaxis])

    def time_scan_mul(self, shape: str, threads: int | str) -> None:
        _field.scan("mul", self.a[:, np.newaxis], self.out[:, np.newaxis])


class Matmul(Threaded):
    """A product of square matrices: ns per product of two elements."""

    params = [[1 << height(9)], THREADS]
    param_names = ["rows", "threads"]

    def setup(self, rows: int, threads: int | str) -> None:
        self.use_threads(threads)
        self.a, self.b = random_words(rows, rows), random_words(rows, rows, seed=2)
        self.out = empty_words(rows, rows)

    def elements(self, rows: int, threads: int | str) -> int:
        return rows**3

    def time_matmul(self, rows: int, threads: int | str) -> None:
        _matmul.multiply(self.a, self.b, self.out)


class ExtElementwise(Flat):
    """The same in the cubic extension, in the public layout (n, 3)."""

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        n, _ = parse(shape)
        self.a, self.b = random_words(n, 3), random_words(n, 3, seed=2)
        self.out = empty_words(n, 3)

    def time_ext_mul(self, shape: str, threads: int | str) -> None:
        _field.ext_mul(self.a, self.b, self.out)

    def time_ext_inverse(self, shape: str, threads: int | str) -> None:
        _field.ext_inverse(self.a, self.out)


class Leaves(Threaded):
    """Leaf digests of a committed matrix, both cosets together: ns per word."""

    params = [shapes((20, 32), (20, 4)), HASHES, THREADS]
    param_names = ["shape", "hash", "threads"]

    def setup(self, shape: str, hash: str, threads: int | str) -> None:
        self.use_threads(threads)
        rows, columns = parse(shape)
        self.columns = columns
        self.algorithm = ALGORITHMS[hash]
        self.matrix = random_words(2, rows // 2, columns)
        self.out = np.zeros((2, rows // 2, 32), dtype=np.uint8)

    def elements(self, shape: str, hash: str, threads: int | str) -> int:
        return self.matrix.size

    def time_leaves(self, shape: str, hash: str, threads: int | str) -> None:
        _hash.leaf_digests(self.algorithm, [self.matrix], [self.columns], self.out)


class Tree(Threaded):
    """The nodes above so many leaves: ns per leaf."""

    params = [shapes((20, 32)), HASHES, THREADS]
    param_names = ["leaves", "hash", "threads"]

    def setup(self, leaves: str, hash: str, threads: int | str) -> None:
        self.use_threads(threads)
        rows, _ = parse(leaves)
        self.algorithm = ALGORITHMS[hash]
        self.log_rows = rows.bit_length() - 2
        digests = random_words(rows * 4).view(np.uint8)
        self.leaves = {self.log_rows: digests.reshape(2, rows // 2, 32)}
        self.levels = [digests.reshape(2, rows // 2, 32)]
        while self.levels[-1].shape[1] > 1:
            half = self.levels[-1].shape[1] // 2
            self.levels.append(empty_words(2, half, 4).view(np.uint8))

    def elements(self, leaves: str, hash: str, threads: int | str) -> int:
        return 2 << self.log_rows

    def time_tree(self, leaves: str, hash: str, threads: int | str) -> None:
        MerkleTree(self.algorithm, dict(self.leaves))  # which it empties

    def time_nodes(self, leaves: str, hash: str, threads: int | str) -> None:
        """Hashing alone, into levels that exist."""
        for below, out in pairwise(self.levels):
            half = out.shape[1]
            _hash.node_digests(self.algorithm, below[:, :half], below[:, half:], None, out)


class ColumnSums(Threaded):
    """Opening all columns at one point (OOD): ns per element of a coset."""

    params = [shapes((19, 32), (19, 128)), THREADS]
    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        rows, self.columns = parse(shape)
        self.matrix = random_words(rows, self.columns)
        self.weights = random_words(3, rows, seed=2)
        self.out = np.zeros((self.columns, 3), dtype=np.uint64)

    def elements(self, shape: str, threads: int | str) -> int:
        return self.matrix.size

    def time_column_sums_ood(self, shape: str, threads: int | str) -> None:
        _openings.column_sums(self.matrix, self.columns, self.weights, 0, self.out)


class RowSums(Threaded):
    """The DEEP combination of all columns: ns per element of the extended matrix."""

    params = [shapes((20, 32), (20, 128)), THREADS]
    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        rows, columns = parse(shape)
        self.matrix = random_words(rows, columns)
        self.coefficients = random_words(columns, 3, seed=2)
        self.out = empty_words(3, rows)

    def elements(self, shape: str, threads: int | str) -> int:
        return self.matrix.size

    def time_row_sums_deep(self, shape: str, threads: int | str) -> None:
        _openings.row_sums(self.matrix, self.coefficients, self.out, False)


class Words(Threaded):
    """What is done to extension words of the whole domain, blowup 2: ns per element."""

    params = [shapes((20, 1)), THREADS]
    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        total, _ = parse(shape)
        n = total // 2
        self.log_n = n.bit_length() - 1
        self.word = random_words(3, 2, n)
        self.inverses = random_words(3, 2, n, seed=2)
        self.out = empty_words(3, 2, n)
        self.value = np.array(challenge(), dtype=np.uint64)

    def elements(self, shape: str, threads: int | str) -> int:
        return self.word.size // 3

    def time_inverse_differences(self, shape: str, threads: int | str) -> None:
        _openings.inverse_differences(3, 2, self.log_n, self.value, self.out)

    def time_add_quotient(self, shape: str, threads: int | str) -> None:
        _openings.add_quotient(self.word, self.value, self.inverses, 1, self.out, True)

    def time_join(self, shape: str, threads: int | str) -> None:
        _fri.join(self.out, self.value, self.word)


class Fold(Threaded):
    """One FRI fold of an extension word, blowup 2: ns per element of the word."""

    params = [shapes((20, 1)), [2, 4, 8], THREADS]
    param_names = ["shape", "arity", "threads"]

    def setup(self, shape: str, arity: int, threads: int | str) -> None:
        self.use_threads(threads)
        n = parse(shape)[0] // 2
        self.word = random_words(3, 2, n)
        self.out = empty_words(3, 2, n // arity)
        self.value = np.array(challenge(), dtype=np.uint64)

    def elements(self, shape: str, arity: int, threads: int | str) -> int:
        return self.word.size // 3

    def time_fold(self, shape: str, arity: int, threads: int | str) -> None:
        _fri.fold(self.word, arity, self.value, self.out)


class WordLeaves(Threaded):
    """Leaf digests of a FRI layer, straight from the word: ns per element of the word."""

    params = [shapes((20, 1)), [2, 8], HASHES, THREADS]
    param_names = ["shape", "arity", "hash", "threads"]

    def setup(self, shape: str, arity: int, hash: str, threads: int | str) -> None:
        self.use_threads(threads)
        n = parse(shape)[0] // 2
        self.algorithm = ALGORITHMS[hash]
        self.word = random_words(3, 2, n)
        self.out = np.zeros((2, n // arity, 32), dtype=np.uint8)

    def elements(self, shape: str, arity: int, hash: str, threads: int | str) -> int:
        return self.word.size // 3

    def time_word_leaves(self, shape: str, arity: int, hash: str, threads: int | str) -> None:
        _hash.word_leaf_digests(self.algorithm, self.word, arity, self.out)


class Lookup(Threaded):
    """The LogUp columns of a table of 8 messages of 4 values: ns per message."""

    MESSAGES = 8
    params = [shapes((18, 5 * MESSAGES)), THREADS]
    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        rows, columns = parse(shape)
        self.program = lookup_program(describe("messages", Messages(self.MESSAGES)))
        self.trace = random_words(rows, columns)
        self.out = empty_words(rows, 3 * self.program.columns)
        self.challenges = Challenges(challenge(2), challenge(3), bus_numbers={"bus": 1})

    def elements(self, shape: str, threads: int | str) -> int:
        return len(self.trace) * self.MESSAGES

    def time_lookup_chunks(self, shape: str, threads: int | str) -> None:
        self.program.evaluate(self.trace, None, [], self.challenges, self.out)


class Constraints(Threaded):
    """The quotient of a table on one coset: ns per element of the extended matrix.

    ``fib_pair`` is the built-in machine, 6 constraints a sequence; ``transitions`` has only the 2
    that lead from row to row, as published comparisons have.
    """

    params = [shapes((20, 32)), ["fib_pair", "transitions"], THREADS]
    param_names = ["shape", "machine", "threads"]

    def setup(self, shape: str, machine: str, threads: int | str) -> None:
        from cstark.machines.fib_pair import FibonacciPairs

        self.use_threads(threads)
        rows, columns = parse(shape)
        air = FibonacciPairs(rows, columns // 2) if machine == "fib_pair" else Pairs(columns // 2)
        description = describe("fib", air)
        self.program = quotient_program(description)
        self.publics = [int(x) for x in random_words(description.publics + 1)][1:]
        self.matrix = random_words(rows, columns)
        domain = Domain(rows.bit_length() - 1, 2, 3)
        inverses = (
            domain.inverse_first(domain.shifts[1]) if self.program.needs_inverse_first else None
        )
        self.points = CosetPoints(domain.shifts[1], domain.log_height, inverses)
        self.out = empty_words(rows, 3)

    def elements(self, shape: str, machine: str, threads: int | str) -> int:
        return self.matrix.size

    def time_constraints(self, shape: str, machine: str, threads: int | str) -> None:
        self.program.evaluate(
            self.points,
            Sources(self.matrix),
            self.publics,
            Challenges(beta=challenge()),
            self.out,
        )


class Check(Threaded):
    """Checking a true trace of ``fib_pair`` before a proof: ns per cell."""

    params = [shapes((19, 32)), THREADS]
    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        from .machines import fib_pair

        self.use_threads(threads)
        rows, columns = parse(shape)
        self.case = fib_pair(rows.bit_length() - 1, columns, cs.Options(queries=1, grinding=0))

    def elements(self, shape: str, threads: int | str) -> int:
        return self.case.cells

    def time_check(self, shape: str, threads: int | str) -> None:
        case = self.case
        program = case.machine.proving_key.programs.check(0)
        program.violations(case.traces["fib"], None, case.publics["fib"])


class CountMessages(Threaded):
    """Different messages counted in and, in another order, out again: ns per message."""

    params = [shapes((21, 3)), THREADS]
    param_names = ["shape", "threads"]

    def setup(self, shape: str, threads: int | str) -> None:
        self.use_threads(threads)
        rows, columns = parse(shape)
        sent = random_words(rows, columns)
        received = sent[np.random.default_rng(1).permutation(rows)]
        self.width = columns
        self.batches = [
            ([np.ascontiguousarray(c) for c in block.T], np.full(len(block), count, np.uint64))
            for messages, count in ((sent, 1), (received, cs.P - 1))
            for block in np.array_split(messages, max(1, rows >> 14))
        ]

    def elements(self, shape: str, threads: int | str) -> int:
        return sum(len(counts) for _, counts in self.batches)

    def time_count_messages(self, shape: str, threads: int | str) -> None:
        tally = _tally.Tally(self.width)
        for columns, counts in self.batches:
            tally.add(columns, counts)


class Grind(Threaded):
    """Nonces tried: ns each."""

    params = [[height(16)], HASHES, THREADS]
    param_names = ["bits", "hash", "threads"]

    def setup(self, bits: int, hash: str, threads: int | str) -> None:
        self.use_threads(threads)
        self.algorithm = ALGORITHMS[hash]

    def elements(self, bits: int, hash: str, threads: int | str) -> int:
        return 1 << bits

    def time_grind(self, bits: int, hash: str, threads: int | str) -> None:
        # 63 zero bits are never found: all nonces are tried
        _hash.grind(self.algorithm, bytes(40), 63, 0, 1 << bits)
