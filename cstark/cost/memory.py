"""The memory and the work that a proof will take: the prover's rounds, played through with sizes.

`footprint` follows `cstark.protocol.prover` buffer by buffer, under the labels that the buffers
are counted by, so that prediction and `Report` can be laid side by side. What it leaves out are
arrays of the size of the queries, and twiddles. Of work it leaves out what no kernel does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstark.cost import work
from cstark.errors import OptionsError, quoted
from cstark.kernels import _ntt, _runtime
from cstark.kernels._program import BLOCK_ROWS
from cstark.protocol.hiding import SALT_BYTES
from cstark.protocol.layout import Layout, MatrixShape, Quotient, TreeShape
from cstark.protocol.matrix import PLANS, Plan, Storage
from cstark.protocol.merkle import digest_bytes, skipped_levels
from cstark.protocol.openings import point_weights
from cstark.protocol.transcript import ALGORITHMS
from cstark.text import bytes_text

if TYPE_CHECKING:
    from cstark.protocol.proving_key import ProvingKey

__all__ = [
    "PhaseMemory",
    "check_max_memory",
    "choose_plan",
    "expected_work",
    "footprint",
    "peak",
]

DIGEST = 32
WORD = 8
EXTENSION = 3 * WORD


@dataclass(frozen=True)
class PhaseMemory:
    """The buffers of a phase at the moment when they are largest, and its work.

    Attributes
    ----------
    name : str
        The same name as in the report of a proof.
    buffers : dict of str to int
        Bytes by what they are for, largest first.
    work : float
        Expected work, in the unit of `cstark.cost.work`.
    """

    name: str
    buffers: dict[str, int]
    work: float = 0.0

    @property
    def peak_bytes(self) -> int:
        """Bytes of all buffers of the phase together."""
        return sum(self.buffers.values())


def peak(phases: Sequence[PhaseMemory]) -> int:
    """The most bytes of any phase."""
    return max(phase.peak_bytes for phase in phases)


def check_max_memory(max_memory: int | None) -> None:
    """Raise `OptionsError` unless it is None or a positive int."""
    if max_memory is None:
        return
    if isinstance(max_memory, bool) or not isinstance(max_memory, int) or max_memory < 1:
        raise OptionsError(
            f"max_memory={quoted(max_memory)}: must be a positive int, in bytes, or None"
        )


def choose_plan(
    key: ProvingKey, layout: Layout, max_memory: int | None, plans: Sequence[Plan] = PLANS
) -> Plan:
    """The fastest plan that fits, or the first if there is no limit.

    Under a limit, what larger proofs have left for reuse is given back to the system first.

    Raises
    ------
    OptionsError
        None fits, or the limit is no positive int.
    """
    if max_memory is None:
        return plans[0]
    check_max_memory(max_memory)
    needed = {}
    for plan in plans:
        needed[plan.name] = peak(footprint(key, layout, plan))
        if needed[plan.name] <= max_memory:
            _runtime.release_memory()
            return plan
    name = min(needed, key=needed.__getitem__)
    raise OptionsError(
        f"max_memory={max_memory}: the leanest plan, {name!r}, needs {needed[name]} bytes "
        f"({bytes_text(needed[name])}) besides the traces; the fastest, {plans[0].name!r}, "
        f"{needed[plans[0].name]} ({bytes_text(needed[plans[0].name])})"
    )


def footprint(key: ProvingKey, layout: Layout, plan: Plan) -> list[PhaseMemory]:
    """The phases of a proof with their buffers.

    Parameters
    ----------
    key : ProvingKey
        For its programs, whose scratch memory depends on the number of threads now set.
    layout : Layout
    plan : Plan

    Returns
    -------
    list of PhaseMemory
    """
    return _Rehearsal(key, layout, plan).phases


def expected_work(key: ProvingKey, layout: Layout, plan: Plan, *, check: bool) -> dict[str, float]:
    """Work by phase, in order of time, as `cstark.cost.work` counts it.

    Parameters
    ----------
    key : ProvingKey
    layout : Layout
    plan : Plan
    check : bool
        Whether the traces are checked first.
    """
    rehearsal = _Rehearsal(key, layout, plan)
    found = {"commit preprocessed": 0.0, "check": 0.0}
    tree = layout.tree("preprocessed")
    if tree is not None and not key.committed:
        found["commit preprocessed"] = work.hashing(rehearsal.algorithm, tree) + sum(
            work.extension(matrix, tree.blowup) for matrix in tree.matrices
        )
    if check:
        found["check"] = sum(
            work.checking(key.programs.check(table), 1 << log_height)
            for table, log_height in enumerate(layout.log_heights)
        )
    return {**found, **{phase.name: phase.work for phase in rehearsal.phases}}


class _Rehearsal:
    """The prover with sizes instead of arrays; its methods are named as the prover's."""

    def __init__(self, key: ProvingKey, layout: Layout, plan: Plan) -> None:
        self.key = key
        self.layout = layout
        self.plan = plan
        self.blowup = layout.blowup
        self.algorithm = ALGORITHMS[layout.key.options.hash]
        self.threads = _runtime.threads()
        self.phases: list[PhaseMemory] = []
        self._live: dict[str, int] = {}
        self._peak: dict[str, int] = {}
        self._work = 0.0
        # What the process has of memory already: blocks that wait, and what the machine holds.
        self._mapped = _runtime.waiting_bytes()
        self._kept: set[MatrixShape] = set()
        self.round_0_statement()
        self.round_1_main()
        self.round_2_lookup()
        self.round_3_quotient()
        self.round_4_openings()
        self.round_5_fri()
        self.round_6_queries()

    # ---- the account --------------------------------------------------------------------

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._peak, self._work = dict(self._live), 0.0
        yield
        order = sorted(self._peak, key=lambda label: -self._peak[label])
        buffers = {k: self._peak[k] for k in order if self._peak[k]}
        self.phases.append(PhaseMemory(name, buffers, self._work))

    def hold(self, label: str, size: int) -> None:
        self._live[label] = self._live.get(label, 0) + size
        total = sum(self._live.values())
        if total > sum(self._peak.values()):
            self._peak = dict(self._live)
        if size >= _runtime.SYSTEM_BYTES and total > self._mapped:
            self._work += work.touching(total - self._mapped)
            self._mapped = total

    def drop(self, label: str, size: int) -> None:
        self._live[label] = self._live.get(label, 0) - size

    @contextmanager
    def briefly(self, label: str, size: int) -> Iterator[None]:
        self.hold(label, size)
        yield
        self.drop(label, size)

    def scratch(self, size: int) -> None:
        with self.briefly("other", size):
            pass

    # ---- rounds -------------------------------------------------------------------------

    def round_0_statement(self) -> None:
        tree = self.layout.tree("preprocessed")
        if tree is not None:
            for matrix in tree.matrices:
                self.hold("preprocessed LDE", self.blowup * self.coset_bytes(matrix))
            top = tree.log_heights[0] - skipped_levels(self.blowup, tree.log_heights[0])
            self.hold("preprocessed tree", digest_bytes(self.blowup, top) - DIGEST)
        if self.key.committed:
            self._mapped += sum(self._live.values())

    def round_1_main(self) -> None:
        with self.phase("commit main"):
            self.commit("main", {})

    def round_2_lookup(self) -> None:
        sources = {}
        with self.phase("lookup columns"):
            for matrix in sorted(self.matrices("lookup"), key=lambda m: m.table):
                sources[matrix] = WORD * matrix.width << matrix.log_rows
                self.hold("lookup columns", sources[matrix])
                program = self.key.programs.lookup(matrix.table).program
                sums = EXTENSION * max(1, (1 << matrix.log_rows) // BLOCK_ROWS)
                self.scratch(program.scratch_bytes(self.threads) + sums)
                self._work += work.lookup(program, 1 << matrix.log_rows)
        with self.phase("commit lookup"):
            self.commit("lookup", sources, "lookup columns")

    def round_3_quotient(self) -> None:
        sources = {}
        with self.phase("constraints"):
            for quotient in self.layout.quotients:
                for chunk in range(quotient.chunks):
                    self.quotient(quotient, quotient.place(chunk)[0])
            for matrix in self.matrices("quotient"):
                sources[matrix] = EXTENSION << matrix.log_rows
        with self.phase("commit quotient"):
            self.commit("quotient", sources, "quotient chunks")

    def round_4_openings(self) -> None:
        with self.phase("openings"):
            for log_height in self.layout.groups:
                for _ in point_weights(self.layout, log_height):
                    self.hold("point weights", 2 * EXTENSION << log_height)
            for log_height in self.layout.groups:
                for matrix in self.read(log_height):
                    with self.cosets([matrix], 0):
                        pass
                for _ in point_weights(self.layout, log_height):
                    self.drop("point weights", EXTENSION << log_height)
                self._work += work.opening(1 << log_height, self.opened_widths(log_height))

    def round_5_fri(self) -> None:
        with self.phase("DEEP"):
            for log_height in self.layout.groups:
                self.deep_word(log_height)
        with self.phase("FRI"):
            schedule = self.layout.schedule
            for layer, log_arity in enumerate(schedule.log_arities):
                self.fold(schedule.layers[layer], log_arity, schedule.joins[layer + 1])
            self.scratch(_ntt.lde_scratch_bytes(_ntt.Plan(schedule.layers[-1]), 3, 3, 1))

    def round_6_queries(self) -> None:
        with self.phase("grinding"):
            self._work += work.grinding(self.algorithm, self.layout.key.options.grinding)
        with self.phase("queries"):
            for tree in self.layout.trees:
                for matrix in tree.matrices:
                    for q in range(self.blowup):
                        with self.cosets([matrix], q):
                            pass
                        self.give_up(matrix)

    # ---- steps --------------------------------------------------------------------------

    def quotient(self, quotient: Quotient, coset: int) -> None:
        rows = 1 << quotient.log_rows
        self.hold("quotient chunks", EXTENSION * rows)
        selectors = 0
        for table in quotient.tables:
            program = self.key.programs.quotient(table, table in self.layout.hidden_sums)
            missing = program.needs_inverse_first and not selectors
            if missing:
                selectors = WORD * rows
                self.hold("selectors", selectors)
            read = [
                tree.matrices[place]
                for tree in self.layout.trees
                if tree.name in ("main", "lookup") and (place := tree.of(table)) is not None
            ]
            with self.cosets(read, coset):
                self.scratch(program.program.scratch_bytes(self.threads))
                self._work += work.quotient(program.program, rows, missing)
        self.drop("selectors", selectors)

    def commit(self, name: str, sources: dict[MatrixShape, int], label: str = "") -> None:
        shape = self.layout.tree(name)
        if shape is None:
            return
        storage = self.plan.storage(name)
        for matrix in shape.matrices:
            if self.layout.zk:
                self.commit_masked(storage, matrix, sources.get(matrix, 0), label)
                continue
            own = storage is Storage.HELD and name == "quotient"  # a chunk is a coset of its own
            cosets = self.blowup - own
            if storage is Storage.HELD:
                self.hold(f"{name} LDE", cosets * self.coset_bytes(matrix))
            if not storage.recomputes:
                self.extend(matrix, cosets)
                if sources and not own:
                    self.drop(label, sources[matrix])
        self.hash(shape)

    def commit_masked(self, storage: Storage, matrix: MatrixShape, source: int, label: str) -> None:
        """A matrix whose source is made anew, as values on the rows of its code."""
        size = self.coset_bytes(matrix)
        own = matrix.tree == "quotient" and self.own_coset(matrix) is not None  # of the code
        if own:
            (quotient,) = (q for q in self.layout.quotients if q.log_rows == matrix.log_rows)
            self.hold("quotient chunks", size)
            for _ in range(quotient.cosets):
                self.quotient(quotient, self.blowup - 1)
                self.drop("quotient chunks", source)
            chunks = [m for m in self.matrices("quotient") if m.log_rows == matrix.log_rows]
            with self.cosets(chunks[: quotient.chunks], self.blowup - 1):
                self.hold("masked columns", size)
            self.drop("quotient chunks", size)
        else:
            self.hold("masked columns", size)
            if not matrix.is_mask:
                plan = _ntt.Plan(matrix.log_rows)
                self.scratch(_ntt.transform_scratch_bytes(plan, matrix.width))
                self._work += _ntt.lde_cost(plan, matrix.width, matrix.width, 0)
            if source and not matrix.is_mask:
                self.drop(label, source)
        cosets = self.blowup - (own and storage is Storage.HELD)
        if storage is Storage.HELD:
            self.hold(f"{matrix.tree} LDE", cosets * size)
        if not storage.recomputes:
            self.extend(matrix, cosets)
            if not (own and storage is Storage.HELD):
                self.drop("masked columns", size)

    def hash(self, shape: TreeShape) -> None:
        if shape.salted:
            self.hold("salts", SALT_BYTES * self.blowup << shape.log_heights[0])
        leaves = [digest_bytes(self.blowup, log_height) for log_height in shape.log_heights]
        for log_height, size in zip(shape.log_heights, leaves, strict=True):
            self.hold("leaf digests", size)
            for q in reversed(range(self.blowup)):
                with self.cosets([shape.matrices[m] for m in shape.at(log_height)], q):
                    pass
        # The tallest leaves go after the level above them, the others one by one.
        self.nodes(f"{shape.name} tree", shape.log_heights[0])
        self._work += work.hashing(self.algorithm, shape)
        for size in leaves[1:]:
            self.drop("leaf digests", size)

    def nodes(self, label: str, log_height: int) -> None:
        """The levels above the tallest leaf digests, which are dropped."""
        below = "leaf digests", digest_bytes(self.blowup, log_height)
        skipped = skipped_levels(self.blowup, log_height)
        for level in range(1, skipped + 1):
            size = digest_bytes(self.blowup, log_height - level)
            self.hold(label, size)
            self.drop(*below)
            below = label, size
        half = digest_bytes(self.blowup, log_height - skipped) // 2
        self.hold(label, half)
        self.drop(*below)
        self.hold(label, half - DIGEST)

    def deep_word(self, log_height: int) -> None:
        column = EXTENSION << log_height
        points = {group.point for group in self.layout.groups[log_height]}
        with self.briefly("DEEP sums", (len(points) - 1) * column):
            self.hold("DEEP sums", column)  # which the quotients, added up, take the place of
            for matrix in self.read(log_height):
                with self.cosets([matrix], 0):
                    vectors = -(-matrix.width // 4)
                    self.scratch(72 * WORD * vectors)  # the powers of gamma, prepared
        for _ in point_weights(self.layout, log_height):
            self.drop("point weights", column)
        if self.layout.zk:  # the word that hides is read once more
            masks = [matrix for matrix in self.at(log_height) if matrix.is_mask]
            with self.cosets(masks, 0):
                pass
        with self.briefly("DEEP sums", (self.blowup - 1) * EXTENSION << log_height):
            self.drop("DEEP sums", column)
            self.hold("reduced words", self.blowup * column)
            self.scratch(_ntt.lde_scratch_bytes(_ntt.Plan(log_height), 3, 3, self.blowup - 1))
        widths = self.opened_widths(log_height)
        self._work += work.deep(log_height, widths, len(points), self.blowup)

    def fold(self, log_height: int, log_arity: int, joining: int | None) -> None:
        self.hold("leaf digests", digest_bytes(self.blowup, log_height - log_arity))
        self.nodes("FRI trees", log_height - log_arity)
        self.hold("FRI words", EXTENSION * self.blowup << log_height - log_arity)
        if joining is not None:
            self.drop("reduced words", EXTENSION * self.blowup << joining)
        joined = joining is not None
        self._work += work.fold(self.algorithm, self.blowup, log_height, log_arity, joined)

    # ---- matrices -----------------------------------------------------------------------

    def matrices(self, name: str) -> tuple[MatrixShape, ...]:
        shape = self.layout.tree(name)
        return shape.matrices if shape else ()

    def read(self, log_height: int) -> list[MatrixShape]:
        """The matrices of a height that are opened."""
        return [matrix for matrix in self.at(log_height) if not matrix.is_mask]

    def at(self, log_height: int) -> list[MatrixShape]:
        return [tree.matrices[m] for tree in self.layout.trees for m in tree.at(log_height)]

    def opened_widths(self, log_height: int) -> list[int]:
        trees = self.layout.trees
        return [trees[g.tree].matrices[g.matrix].width for g in self.layout.groups[log_height]]

    def coset_bytes(self, matrix: MatrixShape) -> int:
        return WORD * matrix.width << matrix.log_height

    @contextmanager
    def cosets(self, matrices: Sequence[MatrixShape], q: int) -> Iterator[None]:
        """Coset q of some matrices, which exists only as long as it is used."""
        made = []
        for matrix in matrices:
            storage = self.plan.storage(matrix.tree)
            own = matrix.tree == "quotient" and self.own_coset(matrix) == q
            if storage.recomputes and not own and not (q == 0 and matrix in self._kept):
                self.hold(f"{matrix.tree} LDE", self.coset_bytes(matrix))
                self.extend(matrix, 1)
                if storage is Storage.FIRST and q == 0:
                    self._kept.add(matrix)
                else:
                    made.append(matrix)
        yield
        for matrix in made:
            self.drop(f"{matrix.tree} LDE", self.coset_bytes(matrix))

    def own_coset(self, matrix: MatrixShape) -> int | None:
        """The coset that the source of a matrix of the quotient is, if it is one."""
        if not self.layout.zk or matrix.tree != "quotient":
            return matrix.chunk if matrix.tree == "quotient" else None
        chunks = [q.chunks for q in self.layout.quotients if q.log_rows == matrix.log_rows]
        return self.blowup - 1 if not matrix.is_mask and matrix.chunk == chunks[0] else None

    def give_up(self, matrix: MatrixShape) -> None:
        if matrix in self._kept:
            self._kept.remove(matrix)
            self.drop(f"{matrix.tree} LDE", self.coset_bytes(matrix))

    def extend(self, matrix: MatrixShape, cosets: int) -> None:
        """What the transform takes besides its result."""
        plan = _ntt.Plan(matrix.log_height)
        if self.layout.zk and self.own_coset(matrix) is None and matrix.tree != "preprocessed":
            self.scratch(_ntt.transform_scratch_bytes(plan, matrix.width))
            self._work += cosets * _ntt.lde_cost(plan, matrix.width, matrix.width, 0)
            return
        self.scratch(_ntt.lde_scratch_bytes(plan, matrix.width, matrix.width, cosets))
        self._work += work.extension(matrix, cosets)
