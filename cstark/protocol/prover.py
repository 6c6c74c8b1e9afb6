"""The prover: one method for each round, in the order of the table in `cstark.protocol`.

`cstark.protocol.verifier` has the same rounds under the same names; read them side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cstark import field
from cstark.distinct import distinct
from cstark.errors import TraceError
from cstark.field import Element

from .commitment import Commitment
from .deep import deep_words
from .domain import Extensions
from .fold import Fold
from .fri import FriProver
from .hidden_quotients import HiddenQuotientMaker
from .layout import MatrixShape, Quotient, TreeShape
from .logup import build_lookups
from .masked import (
    chunk_masks,
    column_masks,
    cover,
    pieces,
    sum_mask_column,
    sum_mask_terms,
    word_of_masks,
)
from .masks import Masks, MaskStream
from .matrix import FULL, Matrix, StoragePlan, make_matrix
from .openings import Combination, PointWeights, evaluate_openings, point_weights
from .possession import is_last_holder
from .proof import Proof
from .statement import Instance, token_sum
from .stream import ProofWriter
from .transcript import ALGORITHMS

if TYPE_CHECKING:
    from cstark.report import Report

    from .proving_key import ProvingKey

__all__ = ["Prover", "Unbalanced"]


class Unbalanced(Exception):
    """The table sums and tokens do not cancel: some bus is not balanced."""


class Prover(HiddenQuotientMaker):
    """One proof in the making.

    Parameters
    ----------
    proving_key : ProvingKey
        Of the tables that stand in the proof, see `ProvingKey.standing`.
    instance : Instance
        With public values for these, see `Instance.at`.
    traces : list of (rows, width) uint64 ndarray
        Validated, in the order of the tables that stand. The list is emptied once the traces are
        not needed any more, so that those nobody else holds are freed, or overwritten (see
        `cstark.protocol.possession`); the others are never written.
    report : Report
    plan : StoragePlan
        Where the committed matrices are kept. The proof does not depend on it.
    insecure_seed : bytes, optional
        See `cstark.protocol.masks`; of use only where the key's options say zk.
    """

    # What comes into being as the rounds run, in this order; the verifier has the same names.
    z: Element
    alpha: Element
    sums: dict[int, Element]  # of the tables with interactions
    beta: Element
    delta: Element
    zeta: Element
    openings: list[Element]  # in the order of the layout
    weights: dict[int, dict[int, PointWeights]]  # by log height, then by point
    gamma: Element
    fri: FriProver

    def __init__(
        self,
        proving_key: ProvingKey,
        instance: Instance,
        traces: list[np.ndarray],
        report: Report,
        *,
        plan: StoragePlan = FULL,
        insecure_seed: bytes | None = None,
    ) -> None:
        self.proving_key = proving_key
        self.key = proving_key.verifying_key()
        self.instance = instance
        self.traces = traces
        self.log_heights = tuple(len(trace).bit_length() - 1 for trace in traces)
        self.layout = proving_key.layout(self.log_heights)
        self.report = report
        self.plan = plan
        self.algorithm = ALGORITHMS[self.key.options.hash]
        self.stream = ProofWriter(self.key.options.hash)
        self.transcript = self.stream.transcript
        self.commitments: dict[str, Commitment] = {}
        self.masks = Masks(insecure_seed) if self.layout.zk else None
        self.sum_masks: dict[int, Element] = {}  # of the tables whose sums are hidden
        self.sum_of_masks = field.ZERO  # their total

    def prove(self) -> Proof:
        """Run all rounds."""
        self.round_0_statement()
        self.round_1_main()
        self.round_2_lookup()
        self.round_3_quotient()
        self.round_4_openings()
        self.round_5_fri()
        self.round_6_queries()
        return Proof(
            self.key.options,
            self.layout.key.heights,
            self.instance.claim,
            self.stream.body(),
            self.report,
        )

    # ---- rounds -------------------------------------------------------------------------

    def round_0_statement(self) -> None:
        """Absorb everything that is known before the prover speaks."""
        self.instance.absorb(self.transcript, self.key, self.layout.key.heights)
        preprocessed = self.proving_key.preprocessed()
        if preprocessed is not None:
            self.commitments["preprocessed"] = preprocessed

    def round_1_main(self) -> None:
        """Commit to the main traces; draw z and alpha."""
        with self.report.phase("commit main"):
            self._draw_sum_masks()
            sources = dict(enumerate(self.traces))
            if self.layout.tree("lookup") is None and not self.instance.tokens:
                self.traces.clear()  # no sum will ask for them again, nor a search for imbalances
            self._commit("main", sources)
        self.z = self.transcript.extension("z")
        self.alpha = self.transcript.extension("alpha")

    def round_2_lookup(self) -> None:
        """Commit to the LogUp columns; absorb the table sums; draw beta and delta."""
        with self.report.phase("lookup columns"):
            columns, self.sums = build_lookups(
                self.proving_key, self.instance, self.traces, self.z, self.alpha, self._sum_terms()
            )
        total = token_sum(self.key, self.instance, self.z, self.alpha)
        if total is None:
            raise TraceError("a token meets the lookup challenge: prove again with another claim")
        for value in self.sums.values():
            total = field.add(total, value)
        for mask in self.sum_masks.values():
            total = field.sub(total, mask)
        self.check_balance(total)
        if not self.plan.main.recomputes:
            self.traces.clear()  # so that the extended columns take the place of those freed
        with self.report.phase("commit lookup"):
            self._commit("lookup", columns)
        self.stream.write("table sums", _bytes(list(self.sums.values())))
        self.beta = self.transcript.extension("beta")
        self.delta = self.transcript.extension("delta")

    def round_3_quotient(self) -> None:
        """Evaluate all constraints on the cosets, divide by Z_H, commit; draw zeta."""
        with self.report.phase("constraints"):
            chunks = self._quotients()
        with self.report.phase("commit quotient"):
            self._commit_quotient(chunks)
        self.zeta = self.transcript.extension_outside_base("zeta")

    def round_4_openings(self) -> None:
        """Open every column at zeta, and those read at the next row at zeta g; draw gamma."""
        with self.report.phase("openings"):
            self.openings = self._opened()
        self.stream.write("openings", _bytes(self.openings))
        self.gamma = self.transcript.extension("gamma")

    def round_5_fri(self) -> None:
        """Reduce every height to one word, fold and commit down to the final polynomial."""
        with self.report.phase("DEEP"):
            words = self._reduced()
        with self.report.phase("FRI"):
            self.fri = FriProver(self.algorithm, self.layout, words)
            self.fri.commit(self.stream)

    def round_6_queries(self) -> None:
        """Grind; draw the positions; open everything there."""
        options = self.key.options
        with self.report.phase("grinding"):
            nonce = self.transcript.proof_of_work(options.grinding).solve()
            self.stream.write("nonce", nonce.to_bytes(8, "little"))
        with self.report.phase("queries"):
            bits = self.layout.log_max_height + self.layout.log_blowup
            drawn = self.transcript.positions("positions", options.queries, bits)
            positions = distinct(np.array(drawn, dtype=np.int64))
            for tree in self.layout.trees:
                commitment = self.commitments[tree.name]
                commitment.open(positions, self.layout.log_max_height, self.stream.write)
            self.fri.open(positions, self.stream.write)

    # ---- steps --------------------------------------------------------------------------

    def check_balance(self, total: Element) -> None:
        """Raise `Unbalanced` unless the table sums and tokens, added up, are zero."""
        if total != field.ZERO:
            raise Unbalanced

    def _commit(self, name: str, sources: dict[int, np.ndarray]) -> None:
        """Extend the sources of a tree (by table), which are given up; hash; absorb the root."""
        shape = self.layout.tree(name)
        if shape is None:
            self.stream.absent(f"{name} root")
            return
        matrices = []
        with self.report.phase("extend"):
            waiting = Extensions()
            for matrix in shape.matrices:
                matrices.append(self._columns(matrix, sources, waiting))
            waiting.run()
        self._finish_commitment(name, shape, matrices)

    def _commit_quotient(self, chunks: dict[tuple[int, int], np.ndarray]) -> None:
        """Chunk j holds the values on coset j; extend each to the other cosets."""
        shape = self.layout.tree("quotient")
        assert shape is not None  # every height has a quotient
        made: dict[tuple[int, int], Matrix] = {}
        with self.report.phase("extend"):
            waiting = Extensions()
            for matrix in shape.matrices:
                key = matrix.log_rows, matrix.chunk
                if self.masks is None:
                    made[key] = self._extended(
                        matrix, chunks.pop(key), own_coset=matrix.chunk, waiting=waiting
                    )
                else:
                    made[key] = self._masked_quotient(self.masks, matrix, chunks, made)
            waiting.run()
        self._finish_commitment("quotient", shape, list(made.values()))

    def _draw_sum_masks(self) -> None:
        """What is added to the sums that are sent: uniform, but for their total."""
        if self.masks is None or not self.layout.hidden_sums:
            return
        *others, last = self.layout.hidden_sums
        drawn = self.masks.elements(self.transcript.state, "sums", len(others), 3)
        total = field.ZERO
        for table, mask in zip(others, drawn.tolist(), strict=True):
            self.sum_masks[table] = (mask[0], mask[1], mask[2])
            total = field.add(total, self.sum_masks[table])
        self.sum_masks[last] = field.sub(self.sum_of_masks, total)

    def _sum_terms(self) -> dict[int, np.ndarray]:
        """What accumulators add for the masks of sums, by table, see `sum_mask_terms`."""
        found = {}
        for table, mask in self.sum_masks.items():
            log_rows = self.log_heights[table]
            found[table] = sum_mask_terms(sum_mask_column(mask, log_rows), log_rows)
        return found

    def _columns(
        self, shape: MatrixShape, sources: dict[int, np.ndarray], waiting: Extensions
    ) -> Matrix:
        """The committed columns of a table, from their values on its rows, which are given up."""
        # No name for the source: it is to be freed as soon as something else is made from it.
        mine = is_last_holder(sources, shape.table)
        if self.masks is None:
            return self._extended(shape, sources.pop(shape.table), waiting=waiting, given_up=mine)
        sum_mask = None
        if shape.tree == "main" and shape.table in self.sum_masks:
            sum_mask = sum_mask_column(self.sum_masks[shape.table], shape.log_rows)
        drawn = column_masks(self.masks, self.transcript.state, shape, self.key.mask_length)
        if shape.log_height == shape.log_rows:
            return self._extended(
                shape, sources.pop(shape.table), masks=drawn, fold=self._fold(shape),
                sum_mask=sum_mask, waiting=waiting, given_up=mine,
            )  # fmt: skip
        rows = self.proving_key.domain(shape.log_rows)
        covered = cover(drawn, rows, sources.pop(shape.table), sum_mask)
        tall = self.layout.quotient_of(shape).tall  # with tables that are as tall as the code
        fold = self._fold(shape) if tall else None
        return self._extended(shape, covered, coefficients=True, fold=fold, waiting=waiting)

    def _masked_quotient(
        self,
        masks: Masks,
        shape: MatrixShape,
        chunks: dict[tuple[int, int], np.ndarray],
        made: dict[tuple[int, int], Matrix],
    ) -> Matrix:
        """A chunk or piece with its mask; the remainder, when the chunks are `made`; FRI's word."""
        state, code = self.transcript.state, self.proving_key.domain(shape.log_height)
        if shape.is_mask:
            values, more = word_of_masks(masks, state, code, self.layout.word_dimension)
            return self._extended(shape, values, own_coset=0, masks=more)
        quotient = self.layout.quotient_of(shape)
        if quotient.pieces:
            if not shape.chunk:
                self._cut = self._pieces(masks, quotient)
            return self._extended(shape, self._cut.pop(0), coefficients=True)
        if shape.chunk == quotient.chunks:
            mine = [made[quotient.log_rows, chunk] for chunk in range(quotient.chunks)]
            return self._extended(shape, self._remainder(quotient, mine), coefficients=True)
        drawn = chunk_masks(masks, state, shape, self.key.options.queries)
        return self._extended(
            shape, chunks.pop((shape.log_rows, shape.chunk)), own_coset=shape.chunk,
            masks=drawn, fold=self._fold(shape),
        )  # fmt: skip

    def _pieces(self, masks: Masks, quotient: Quotient) -> list[np.ndarray]:
        """Coefficients of what is committed to of the quotient of short tables, with masks."""
        drawn = [
            chunk_masks(masks, self.transcript.state, shape, self.key.options.queries)
            for shape in self.layout.pieces(quotient)[:-1]
        ]
        return pieces(quotient, self._whole.pop(quotient.log_height), drawn)

    def _fold(self, shape: MatrixShape) -> Fold:
        """What is to be kept of a matrix of a tall table for the remainder of its quotient."""
        domain = self.proving_key.domain(shape.log_height)
        length = self.proving_key.fold_length(self.layout.quotient_of(shape))
        return Fold(domain, shape.log_rows, length, shape.width, self.proving_key.fold_point)

    def _extended(
        self,
        shape: MatrixShape,
        source: np.ndarray,
        own_coset: int | None = None,
        *,
        coefficients: bool = False,
        masks: np.ndarray | None = None,
        fold: Fold | None = None,
        sum_mask: np.ndarray | None = None,
        waiting: Extensions | None = None,
        given_up: bool = False,
    ) -> Matrix:
        """The committed matrix of a source: values on rows or on a coset, or coefficients."""
        domain = self.proving_key.domain(shape.log_height)
        return make_matrix(
            self.plan.storage(shape.tree),
            domain,
            source,
            source_shift=1 if own_coset is None else domain.shifts[own_coset],
            own_coset=own_coset,
            coefficients=coefficients,
            masks=masks,
            fold=fold,
            sum_mask=sum_mask,
            label=f"{shape.tree} LDE",
            waiting=waiting,
            given_up=given_up,
        )

    def _finish_commitment(self, name: str, shape: TreeShape, matrices: list[Matrix]) -> None:
        again = self.plan.storage(name).recomputes
        with self.report.phase("extend and hash" if again else "hash"):
            salts = self._salts(shape)
            commitment = Commitment(self.algorithm, shape, matrices, salts)
        self.commitments[name] = commitment
        self.stream.write(f"{name} root", commitment.root)

    def _salts(self, shape: TreeShape) -> MaskStream | None:
        """Random words for the tallest leaves of a tree, or None."""
        if self.masks is None or not shape.salted:
            return None
        return self.masks.stream(self.transcript.state, f"salts of {shape.name}")

    def _opened(self) -> list[Element]:
        """All openings, in the order of the layout."""
        trees = [self.commitments[tree.name] for tree in self.layout.trees]
        self.weights = {
            log_height: {
                point: PointWeights(self.proving_key.domain(log_height), self._point(point))
                for point in point_weights(self.layout, log_height)
            }
            for log_height in self.layout.groups
        }
        return evaluate_openings(self.layout, trees, self.weights)

    def _point(self, point: int) -> Element:
        """See `OpeningGroup.point`."""
        return field.scale(self.zeta, field.base_root(point))

    def _combination(self) -> Combination:
        return Combination(self.layout, self.gamma, self.openings, self.zeta)

    def _reduced(self) -> dict[int, np.ndarray]:
        """The reduced word of each height: (3, blowup, N) uint64."""
        trees = [self.commitments[tree.name] for tree in self.layout.trees]
        return deep_words(self._combination(), self.proving_key.domain, trees, self.weights)


def _bytes(values: Sequence[Element]) -> bytes:
    return np.array(values, dtype="<u8").reshape(-1).tobytes()
