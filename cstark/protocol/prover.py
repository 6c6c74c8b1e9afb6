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

from .columns import ColumnMaker
from .commitment import Commitment
from .deep import deep_words
from .domain import Extensions
from .fri import FriProver
from .layout import TreeShape
from .logup import build_lookups
from .masks import Masks
from .matrix import FULL, Matrix, StoragePlan
from .openings import Combination, PointWeights, evaluate_openings, point_weights
from .possession import read_once
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


class Prover(ColumnMaker):
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
            if read_once(self.layout, self.instance.tokens):
                self.traces.clear()
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
        """Extend each chunk, which has the values on a coset of its own, to the other cosets."""
        shape = self.layout.tree("quotient")
        assert shape is not None  # every height has a quotient
        made: dict[tuple[int, int], Matrix] = {}
        with self.report.phase("extend"):
            waiting = Extensions()
            for matrix in shape.matrices:
                key = matrix.log_rows, matrix.chunk
                made[key] = self._quotient_columns(matrix, chunks, made, waiting)
            waiting.run()
        self._finish_commitment("quotient", shape, list(made.values()))

    def _finish_commitment(self, name: str, shape: TreeShape, matrices: list[Matrix]) -> None:
        again = self.plan.storage(name).recomputes
        with self.report.phase("extend and hash" if again else "hash"):
            salts = self._salts(shape)
            commitment = Commitment(self.algorithm, shape, matrices, salts)
        self.commitments[name] = commitment
        self.stream.write(f"{name} root", commitment.root)

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
