"""The prover's rounds, played through with sizes: memory and work, phase by phase.

`Rehearsal` follows `cstark.protocol.prover` buffer by buffer, under the labels that the buffers
are counted by, so that prediction and `Report` can be laid side by side. What it leaves out are
arrays of the size of the queries, and twiddles. Of work it leaves out what no kernel does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cstark.cost import work
from cstark.cost.account import Account
from cstark.kernels import _ntt, _openings, _runtime
from cstark.kernels._program import BLOCK_ROWS
from cstark.protocol.domain import TOGETHER
from cstark.protocol.hidden_quotients import quotient_parts
from cstark.protocol.hiding import SALT_BYTES
from cstark.protocol.layout import Layout, MatrixShape, Quotient, TreeShape
from cstark.protocol.matrix import Storage, StoragePlan
from cstark.protocol.merkle import digest_bytes, skipped_levels
from cstark.protocol.openings import point_weights
from cstark.protocol.possession import gives_place
from cstark.protocol.quotients import LEAST_ROWS
from cstark.protocol.transcript import ALGORITHMS

if TYPE_CHECKING:
    from cstark.program import QuotientProgram
    from cstark.program.encode import BlockProgram
    from cstark.protocol.proving_key import ProvingKey

__all__ = ["Rehearsal"]

DIGEST = 32
WORD = 8
EXTENSION = 3 * WORD


class Rehearsal(Account):
    """The prover with sizes instead of arrays; its methods are named as the prover's."""

    def __init__(
        self, key: ProvingKey, layout: Layout, plan: StoragePlan, spare: Collection[int] = ()
    ) -> None:
        super().__init__()
        self.spare = spare
        self.key = key
        self.layout = layout
        self.plan = plan
        self.blowup = layout.blowup
        self.algorithm = ALGORITHMS[layout.key.options.hash]
        self.threads = _runtime.threads()
        self._kept: set[MatrixShape] = set()
        self.round_0_statement()
        self.round_1_main()
        self.round_2_lookup()
        self.round_3_quotient()
        self.round_4_openings()
        self.round_5_fri()
        self.round_6_queries()

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
            for log_height in self.layout.pins:
                self.scratch(2 * EXTENSION << log_height)  # weights of the point

    def round_2_lookup(self) -> None:
        sources: dict[MatrixShape, int] = {}
        programs: list[BlockProgram] = []
        sums = 0
        with self.phase("lookup columns"):
            for matrix in sorted(self.matrices("lookup"), key=lambda m: m.table):
                sources[matrix] = WORD * matrix.width << matrix.log_rows
                self.hold("lookup columns", sources[matrix])
                program = self.key.programs.lookup(matrix.table).program
                programs.append(program)
                sums += EXTENSION * max(1, (1 << matrix.log_rows) // BLOCK_ROWS)
                self._work += work.lookup(program, 1 << matrix.log_rows)
            self.scratch(self.scratch_of(programs) + sums)
        with self.phase("commit lookup"):
            self.commit("lookup", sources, "lookup columns")

    def round_3_quotient(self) -> None:
        sources = {}
        with self.phase("constraints"):
            waiting: list[BlockProgram] = []
            rows = selectors = 0
            for whole in self.layout.quotients:
                for quotient in self.parts(whole):
                    for chunk in range(quotient.chunks):
                        own: list[BlockProgram] = []
                        selectors += self.quotient(quotient, quotient.place(chunk)[0], own)
                        waiting += own
                        rows += 1 << quotient.log_rows
                        if rows > LEAST_ROWS:
                            self.evaluate(waiting, selectors)
                            rows = selectors = 0
            self.evaluate(waiting, selectors)
            for quotient in self.layout.quotients if self.layout.zk else ():
                self.join(quotient)
            for matrix in self.matrices("quotient"):
                cut = not matrix.is_mask and self.layout.quotient_of(matrix).pieces > 0
                sources[matrix] = 0 if cut else EXTENSION << matrix.log_rows
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
            waiting: list[int] = []
            size = 0
            for log_height in self.layout.groups:
                self.combine(log_height)
                waiting.append(log_height)
                size += 3 << log_height
                if size > TOGETHER:
                    self.finish_words(waiting)
                    size = 0
            self.finish_words(waiting)
        with self.phase("FRI"):
            schedule = self.layout.schedule
            for layer, log_arity in enumerate(schedule.log_arities):
                self.fold(schedule.layers[layer], log_arity, schedule.joins[layer + 1])
            last = schedule.layers[-1]
            self.scratch(_ntt.lde_scratch_bytes([(_ntt.Plan(last), 3, 3, 1)]))
            if self.layout.final_length > 1 << last:
                plan = _ntt.Plan(last + self.layout.log_blowup)
                self.scratch(_ntt.transform_scratch_bytes(plan, 3))

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

    def quotient(self, quotient: Quotient, coset: int, waiting: list[BlockProgram]) -> int:
        """A chunk; the bytes of selectors that are held until `waiting` has run."""
        rows = 1 << quotient.log_rows
        self.hold("quotient chunks", EXTENSION * rows)
        selectors = 0
        for table in quotient.tables:
            program = self.program(table)
            missing = program.needs_inverse_first and not selectors
            if missing:
                selectors = WORD * rows
                self.hold("selectors", selectors)
            with self.cosets(self.columns(table), coset):
                waiting.append(program.program)
                self.hold("other", program.program.scratch_bytes(0))
                if self.plan.main.recomputes or self.plan.lookup.recomputes:
                    self.evaluate(waiting, 0)
            self._work += work.quotient(program.program, rows, missing)
        return selectors

    def parts(self, quotient: Quotient) -> list[Quotient]:
        return quotient_parts(self.layout, quotient, self.key.fold_length(quotient))

    def join(self, quotient: Quotient) -> None:
        """Add up what a quotient is the sum of; what is not committed to is given up."""
        length, parts = self.key.fold_length(quotient), self.parts(quotient)
        self.off_chunks(quotient)
        plans = []
        for part in parts[quotient.tall :]:
            plans += [_ntt.Plan(part.log_rows), _ntt.Plan(length.bit_length() - 1)] * part.chunks
            plans.append(_ntt.Plan(length.bit_length() - 1))
            self.drop("quotient chunks", EXTENSION * part.chunks << part.log_rows)
        if quotient.tall and len(parts) > 1:
            plans += [_ntt.Plan(quotient.log_rows)] * quotient.chunks
        for plan in plans:
            self.scratch(_ntt.transform_scratch_bytes(plan, 3))
            self._work += _ntt.lde_cost(plan, 3, 3, 0)

    def evaluate(self, waiting: list[BlockProgram], selectors: int) -> None:
        """What bound programs take while they run together; they and the selectors are dropped."""
        bound = sum(program.scratch_bytes(0) for program in waiting)
        self.scratch(self.scratch_of(waiting) - bound)
        self.drop("other", bound)
        waiting.clear()
        self.drop("selectors", selectors)

    def scratch_of(self, programs: list[BlockProgram]) -> int:
        """Bytes that the kernels allocate for programs that run together."""
        own = [program.scratch_bytes(0) for program in programs]
        both = [program.scratch_bytes(self.threads) for program in programs]
        return sum(own) + max((b - a for a, b in zip(own, both, strict=True)), default=0)

    def program(self, table: int) -> QuotientProgram:
        return self.key.programs.quotient(table, table in self.layout.hidden_sums)

    def columns(self, table: int) -> list[MatrixShape]:
        """A table's matrices of main and lookup columns."""
        return [
            tree.matrices[place]
            for tree in self.layout.trees
            if tree.name in ("main", "lookup") and (place := tree.of(table)) is not None
        ]

    def commit(self, name: str, sources: dict[MatrixShape, int], label: str = "") -> None:
        shape = self.layout.tree(name)
        if shape is None:
            return
        storage = self.plan.storage(name)
        waiting: list[tuple[MatrixShape, int]] = []
        freed: list[tuple[str, int]] = []
        words = 0
        for matrix in shape.matrices:
            if self.layout.zk:
                waiting.append((matrix, self.commit_masked(storage, matrix, sources, label, freed)))
            else:
                waiting.append((matrix, self.commit_plain(storage, matrix, sources, label, freed)))
            words += self.source_words(matrix)
            if words > TOGETHER or (self.layout.zk and name == "quotient"):
                self.extend(storage, waiting, freed)
                words = 0
        self.extend(storage, waiting, freed)
        self.hash(shape)

    def commit_plain(
        self,
        storage: Storage,
        matrix: MatrixShape,
        sources: dict[MatrixShape, int],
        label: str,
        freed: list[tuple[str, int]],
    ) -> int:
        """A matrix without masks: the cosets it is extended to. What is `freed` then is noted."""
        held = storage is Storage.HELD
        own = held and matrix.tree == "quotient"  # a chunk is a coset of its own
        kept = own or (held and gives_place(matrix, self.spare))
        if held:
            self.hold(f"{matrix.tree} LDE", (self.blowup - kept) * self.coset_bytes(matrix))
        if not storage.recomputes and not kept:
            freed.append((label, sources.get(matrix, 0)))
        return self.blowup - own

    def commit_masked(
        self,
        storage: Storage,
        matrix: MatrixShape,
        sources: dict[MatrixShape, int],
        label: str,
        freed: list[tuple[str, int]],
    ) -> int:
        """One with masks: of a tall table as without, of others from coefficients."""
        size, source, own = self.coset_bytes(matrix), sources.get(matrix, 0), self.own_coset(matrix)
        quotient = None if matrix.is_mask else self.layout.quotient_of(matrix)
        if quotient is not None and matrix.tree == "quotient" and quotient.pieces:
            return self.piece(storage, matrix, quotient, freed)
        last = quotient is not None and matrix.tree == "quotient" and own_last(matrix, quotient)
        masked = 0  # bytes of "masked columns" that the matrix is made from
        if quotient is not None and last:
            self.remainder(quotient, storage)
        elif quotient is None:
            self.hold("masked columns", size)
            self._work += work.random_words(size)
            masked = size
        elif matrix.log_height == matrix.log_rows:
            self.hold("folded columns", self.fold_bytes(matrix))
            if matrix.tree == "main" and matrix.table in self.layout.hidden_sums:
                masked = size if storage.recomputes else 0
                self.hold("masked columns", masked)
        else:
            masked = WORD * self.source_words(matrix)
            self.hold("masked columns", masked)
            plan = _ntt.Plan(matrix.log_rows)
            self.scratch(_ntt.transform_scratch_bytes(plan, matrix.width))
            self._work += _ntt.lde_cost(plan, matrix.width, matrix.width, 0)
            self.drop(label, source)
            if quotient.tall:
                self.hold("folded columns", self.fold_bytes(matrix))
            source = 0
        held = storage is Storage.HELD
        in_place = held and gives_place(matrix, self.spare) and matrix.log_height == matrix.log_rows
        kept = storage.recomputes or in_place or (held and own is not None)
        cosets = self.blowup - (held and own is not None)
        if held:
            self.hold(f"{matrix.tree} LDE", (cosets - in_place) * size)
        if not kept:
            freed.append(("masked columns", masked))
            if quotient is not None and not last:
                freed.append((label, source))
        return cosets

    def source_words(self, matrix: MatrixShape) -> int:
        """Words that a matrix is extended from: values, or coefficients with masks among them."""
        masks = self.layout.key.mask_length if matrix.log_height > matrix.log_rows else 0
        return matrix.width * ((1 << matrix.log_rows) + masks)

    def piece(
        self, storage: Storage, matrix: MatrixShape, cut: Quotient, freed: list[tuple[str, int]]
    ) -> int:
        """A piece of the quotient of short tables; all are made when the first is asked for."""
        size = self.coset_bytes(matrix)
        if not matrix.chunk:
            self.hold("masked columns", cut.pieces * size)
        if storage is Storage.HELD:
            self.hold(f"{matrix.tree} LDE", self.blowup * size)
        if not storage.recomputes:
            freed.append(("masked columns", size))
        return self.blowup

    def remainder(self, quotient: Quotient, storage: Storage) -> None:
        """What the remainder of the quotient of tall tables is made from."""
        chunks = [m for m in self.matrices("quotient") if m.log_height == quotient.log_height]
        chunks = [m for m in chunks if 0 <= m.chunk < quotient.chunks]
        for matrix in chunks:
            if storage.recomputes:  # which folds it
                with self.cosets([matrix], 0 if matrix.chunk else 1):
                    pass
            self.drop("folded columns", self.fold_bytes(matrix))

    def off_chunks(self, quotient: Quotient) -> None:
        """The quotient at a few points that no chunk has in its coset."""
        length = self.key.fold_length(quotient)
        for table in quotient.tables:
            for matrix in self.columns(table):
                if quotient.tall:
                    self.drop("folded columns", self.fold_bytes(matrix))
                else:
                    with self.cosets([matrix], self.blowup - 1):
                        pass
            program = self.program(table).program
            self.scratch(program.scratch_bytes(self.threads))
            self._work += work.quotient(program, 2 * length, False)

    def fold_bytes(self, matrix: MatrixShape) -> int:
        """What is kept of a matrix for the remainder."""
        length = self.key.fold_length(self.layout.quotient_of(matrix))
        return 2 * WORD * matrix.width * length

    def hash(self, shape: TreeShape) -> None:
        leaves = [digest_bytes(self.blowup, log_height) for log_height in shape.log_heights]
        for log_height, size in zip(shape.log_heights, leaves, strict=True):
            self.hold("leaf digests", size)
            salted = shape.salted and log_height == shape.log_heights[0]
            salts = SALT_BYTES << log_height if salted else 0
            for q in reversed(range(self.blowup)):
                with self.cosets([shape.matrices[m] for m in shape.at(log_height)], q):
                    self._work += work.random_words(salts)
                    with self.briefly("salts", salts):
                        pass
        self.nodes(f"{shape.name} tree", shape.log_heights[0])
        self._work += work.hashing(self.algorithm, shape)
        for size in leaves[1:]:
            self.drop("leaf digests", size)

    def nodes(self, label: str, log_height: int) -> None:
        """The levels above the tallest leaf digests, which are dropped."""
        leaves = digest_bytes(self.blowup, log_height)
        self.hold(label, (leaves >> skipped_levels(self.blowup, log_height)) - DIGEST)
        self.drop("leaf digests", leaves)

    def combine(self, log_height: int) -> None:
        """The word of a height on coset 0, one for each point until its quotients are added."""
        column = EXTENSION << log_height
        points = {group.point for group in self.layout.combined(log_height)}
        self.hold("DEEP sums", len(points) * column)
        for matrix in self.read(log_height):
            with self.cosets([matrix], 0):
                pass
        widths = self.opened_widths(log_height)
        # the powers of gamma of each group, prepared
        self.hold("other", sum(_openings.prepared_bytes(width) for width in widths))
        self._work += work.deep(log_height, widths, len(points), self.blowup)

    def finish_words(self, waiting: list[int]) -> None:
        """The words that wait, extended together."""
        self.drop("other", self._live.get("other", 0))
        calls, more = [], 0
        for log_height in waiting:
            column = EXTENSION << log_height
            points = {group.point for group in self.layout.combined(log_height)}
            self.drop("DEEP sums", (len(points) - 1) * column)
            for _ in point_weights(self.layout, log_height):
                self.drop("point weights", column)
            if self.layout.zk:  # the word that hides is read once more
                masks = [matrix for matrix in self.at(log_height) if matrix.is_mask]
                with self.cosets(masks, 0):
                    pass
            self.hold("DEEP sums", (self.blowup - 1) * column)
            self.drop("DEEP sums", column)
            self.hold("reduced words", self.blowup * column)
            more += WORD * self.blowup if self.layout.zk else 0  # factors of masks
            calls.append((_ntt.Plan(log_height), 3, 3, self.blowup - 1))
        if calls:
            self.scratch(_ntt.lde_scratch_bytes(calls) + more)
        for log_height in waiting:
            self.drop("DEEP sums", (self.blowup - 1) * EXTENSION << log_height)
        waiting.clear()

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
        return [trees[g.tree].matrices[g.matrix].width for g in self.layout.combined(log_height)]

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
                self.transforms([(matrix, 1)])
                if storage is Storage.FIRST and q == 0:
                    self._kept.add(matrix)
                else:
                    made.append(matrix)
        yield
        for matrix in made:
            self.drop(f"{matrix.tree} LDE", self.coset_bytes(matrix))

    def own_coset(self, matrix: MatrixShape) -> int | None:
        """The coset that the source of a matrix of the quotient is, if it is one."""
        if matrix.tree != "quotient":
            return None
        if not self.layout.zk:
            return matrix.chunk
        if matrix.is_mask:
            return 0
        quotient = self.layout.quotient_of(matrix)
        return matrix.chunk if quotient.tall and not own_last(matrix, quotient) else None

    def give_up(self, matrix: MatrixShape) -> None:
        if matrix in self._kept:
            self._kept.remove(matrix)
            self.drop(f"{matrix.tree} LDE", self.coset_bytes(matrix))

    def extend(
        self,
        storage: Storage,
        waiting: list[tuple[MatrixShape, int]],
        freed: list[tuple[str, int]],
    ) -> None:
        """Matrices that wait, unless computed for each use; what they are made from goes."""
        if not storage.recomputes:
            self.transforms(waiting)
        for label, size in freed:
            self.drop(label, size)
        waiting.clear()
        freed.clear()

    def transforms(self, waiting: list[tuple[MatrixShape, int]]) -> None:
        """What the transforms of matrices to so many cosets take besides their results."""
        calls, more = [], 0
        for matrix, cosets in waiting:
            plan = _ntt.Plan(matrix.log_height)
            if self.layout.zk:  # factors of masks and folds
                length = _ntt.outer_rows(plan)
                more += WORD * (cosets + 2 * (1 << matrix.log_height) // length) + 128
            calls.append((plan, matrix.width, matrix.width, cosets))
            self._work += work.extension(matrix, cosets)
        if calls:
            self.scratch(_ntt.lde_scratch_bytes(calls) + more)


def own_last(matrix: MatrixShape, quotient: Quotient) -> bool:
    """Whether a matrix of the quotient tree is the remainder."""
    return quotient.remainder and matrix.chunk == quotient.chunks
