"""The verifier: one method for each round, in the order of the table in `cstark.protocol`.

What it trusts is the key and the caller's instance; every shape follows from them. Whatever the
bytes, it returns or raises `VerificationError` (`StatementError` when the caller's own input is
wrong), and takes memory and time in proportion to the statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from cstark import field
from cstark.distinct import distinct
from cstark.errors import CstarkError
from cstark.field import Element
from cstark.kernels import _openings
from cstark.program import Challenges, Opened, point_values

from .admission import (
    check_bits,
    check_body,
    check_expected,
    check_header,
    check_height,
    check_kind,
    check_standing,
    check_sums,
    check_tables_of,
    check_weights,
)
from .commitment import OpenedTree, distinct_positions
from .fri import FriVerifier, domain_points
from .hiding import SALT_BYTES, SALT_WORDS
from .layout import Layout, MatrixShape, OpeningGroup, Quotient, proven_security
from .length import most_bytes, refuse_short
from .openings import Combination
from .policy import Policy
from .proof import Proof, is_sharded
from .publics import Publics
from .refusals import require
from .rows import ext_add, ext_inverse, ext_mul, ext_sub, power, repeated
from .standing import Standing, of_table
from .statement import Instance, token_sum
from .stream import ProofReader
from .transcript import ALGORITHMS

if TYPE_CHECKING:
    from cstark.air.tokens import Token

    from .key import VerifyingKey
    from .shards.proof import ShardedProof

__all__ = ["Verifier", "verify"]


def verify(
    key: VerifyingKey,
    proof: Proof | ShardedProof | bytes,
    publics: Publics | None = None,
    *,
    tokens: Sequence[Token] = (),
    claim: bytes | None = None,
    heights: Mapping[str, int | Sequence[int]] | None = None,
    min_security: int = 100,
    regime: str = "best",
) -> None:
    """Return if the proof holds; raise otherwise.

    Parameters
    ----------
    key : VerifyingKey
        One that is not committed yet (`VerifyingKey.deferred`) is, once the header and the length
        of the proof are what they should be: a file must not set off work by what it says.
    proof : Proof, ShardedProof or bytes
    publics, tokens : as given to the prover
    claim : bytes, optional
        What the file must claim; None takes the file's (it is part of what is proved).
    heights : mapping of str to int, optional
        Rows that tables must have.
    min_security : int
        Proven bits demanded at the file's heights.
    regime : {"best", "unique"}
        Which bounds prove them: the better of both, or unique decoding alone.

    Raises
    ------
    VerificationError
        `reason` says why. Under it, `ProofFormatError`: the bytes do not parse.
    StatementError
        The caller's own publics, tokens, claim, heights, min_security or regime are malformed.
    """
    policy = Policy.of(key, min_security, regime, heights)
    if is_sharded(proof):
        from .shards.verifier import verify_sharded

        verify_sharded(key, proof, publics, tokens, claim, policy)
        return
    single = cast("Proof | bytes", proof)
    Verifier.begin(key, single, publics, tokens, claim).verify(policy)


class Verifier:
    """One proof being checked."""

    # What comes into being as the rounds run, in this order; the prover has the same names.
    standing: Standing  # the tables of the proof
    layout: Layout
    z: Element
    alpha: Element
    sums: dict[int, Element]  # of the tables with interactions
    beta: Element
    delta: Element
    zeta: Element
    openings: list[Element]  # in the order of the layout
    gamma: Element
    fri_roots: list[bytes]
    challenges: list[Element]  # of the folds
    final: np.ndarray
    positions: np.ndarray  # distinct, ascending
    points: np.ndarray  # of the tallest domain, there
    trees: list[OpenedTree]
    siblings: list[np.ndarray]  # by tree
    fri: FriVerifier
    carried: list[np.ndarray]  # by layer of FRI
    layer_siblings: list[np.ndarray]

    def __init__(self, key: VerifyingKey, proof: Proof, instance: Instance) -> None:
        self.key = key
        self.proof = proof
        self.instance = instance
        self.algorithm = ALGORITHMS[key.options.hash]
        self.stream = ProofReader(key.options.hash, proof.body)
        self.transcript = self.stream.transcript
        self.roots: dict[str, bytes] = {}

    @classmethod
    def begin(
        cls,
        key: VerifyingKey,
        proof: Proof | bytes,
        publics: Publics | None,
        tokens: Sequence[Token],
        claim: bytes | None,
    ) -> Verifier:
        """A verifier at its start, with the caller's part checked and the file's header read."""
        # An object is what its bytes are: nothing is believed of it that a file could not say.
        proof = proof.reread() if isinstance(proof, Proof) else Proof.parse_header(proof)
        instance = Instance.build(key, publics, tokens, proof.claim if claim is None else claim)
        return cls(key, proof, instance)

    def admit(self, policy: Policy) -> None:
        """What costs nothing: header and length are those of a proof that the caller wants."""
        self.check_policy(policy)
        self.layout = Layout(self.standing, self.proof.log_heights)
        self.check_length()
        if not self.key.committed:
            refuse_short(self.layout, len(self.proof) - len(self.proof.claim))

    def verify(self, policy: Policy) -> None:
        """The policy first, then all rounds."""
        self.admit(policy)
        self.round_0_statement()
        self.round_1_main()
        self.round_2_lookup()
        self.round_3_quotient()
        self.round_4_openings()
        self.round_5_fri()
        self.round_6_queries()
        self.check_constraints()
        self.check_queries()

    # ---- policy -------------------------------------------------------------------------

    def check_policy(self, policy: Policy) -> None:
        """Tables, options and claim are what the verifier wants, and are strong enough.

        A proof of other tables has other options as well, which say less about what is wrong.
        """
        check_kind(self.key, sharded=False)
        heights = self.proof.log_heights
        check_tables_of(self.key, heights)
        for table, item in zip(self.key.tables, heights, strict=True):
            check_standing(table, item)
            for log_height in of_table(item):
                check_height(table, log_height, self.key.options.max_log_height)
            check_expected(table, item, policy.log_heights.get(table.name))
        self.standing = Standing(self.key, heights)
        self.instance = self.instance.at(self.standing)
        check_header(self.key, self.proof.options, self.proof.claim, self.instance.claim)
        check_weights(not self.instance.wraps(self.standing))
        bits, problem = 0.0, ""
        try:
            tokens = len(self.instance.tokens)
            bits = proven_security(self.standing, heights, tokens, policy.regime).bits
        except CstarkError as error:
            problem = f": {error}"
        check_bits(self.key, bits, policy, problem)

    def check_length(self) -> None:
        """The body is no longer than the statement makes it; only then is it kept."""
        length, most = len(self.proof) - len(self.proof.claim), most_bytes(self.layout)
        check_body(length, most)
        self.stream.keep()

    # ---- rounds -------------------------------------------------------------------------

    def round_0_statement(self) -> None:
        """Absorb everything that is known before the prover speaks."""
        self.instance.absorb(self.transcript, self.key, self.proof.log_heights)
        if self.key.preprocessed_root is not None:
            self.roots["preprocessed"] = self.key.preprocessed_root

    def round_1_main(self) -> None:
        """The main commitment; draw z and alpha."""
        self._root("main")
        self.z = self.transcript.extension("z")
        self.alpha = self.transcript.extension("alpha")

    def round_2_lookup(self) -> None:
        """The LogUp commitment and the table sums, which must cancel; draw beta and delta."""
        self._root("lookup")
        tables = self.layout.lookup_tables()
        values = self.stream.elements(len(tables), "table sums")
        self.sums = dict(zip(tables, values, strict=True))
        self.beta = self.transcript.extension("beta")
        self.delta = self.transcript.extension("delta")
        self.check_balance(values)

    def check_balance(self, values: Sequence[Element]) -> None:
        """Table sums and tokens cancel."""
        check_sums(token_sum(self.key, self.instance, self.z, self.alpha), values)

    def round_3_quotient(self) -> None:
        """The quotient commitment; draw zeta."""
        self._root("quotient")
        self.zeta = self.transcript.extension_outside_base("zeta")

    def round_4_openings(self) -> None:
        """The openings; draw gamma."""
        self.openings = self.stream.elements(self.layout.openings, "openings")
        self.gamma = self.transcript.extension("gamma")

    def round_5_fri(self) -> None:
        """FRI roots and fold challenges, one by one; the final polynomial."""
        self.fri_roots, self.challenges = [], []
        for layer in range(self.layout.schedule.folds):
            self.fri_roots.append(self.stream.digest(f"FRI root {layer}"))
            self.challenges.append(self.transcript.extension(f"fold challenge {layer}"))
        self.final = self.stream.words(self.layout.final_length, 3, "final polynomial")

    def round_6_queries(self) -> None:
        """The proof of work; draw the positions; read what is opened there, to the last byte."""
        options = self.key.options
        work = self.transcript.proof_of_work(options.grinding)  # reading the nonce absorbs it
        require(
            work.accepts(self.stream.number(8, "nonce")),
            "grinding",
            f"the nonce does not have {options.grinding} bits of work: the proof is of other "
            "public values or another machine, or has been changed",
        )
        bits = self.layout.log_max_height + self.layout.log_blowup
        drawn = self.transcript.positions("positions", options.queries, bits)
        self.positions = distinct(np.array(drawn, dtype=np.int64))
        self.trees, self.siblings = [], []
        for shape in self.layout.trees:
            tree = OpenedTree(shape, self.positions, self.layout.log_max_height)
            if tree.shape.salted:
                data = self.stream.take(SALT_BYTES * tree.salted(), f"salts of {shape.name}")
                words = np.frombuffer(data, dtype="<u8").astype(np.uint64)
                tree.salts = words.reshape(-1, SALT_WORDS)
            for rows, width in tree.word_counts():
                tree.rows.append(self.stream.words(rows, width, f"rows of {shape.name}"))
            self.trees.append(tree)
            self.siblings.append(self.stream.digests(tree.siblings(), f"siblings of {shape.name}"))
        self.points = domain_points(self.layout, self.positions)
        self.fri = FriVerifier(
            self.algorithm,
            self.layout,
            self.fri_roots,
            self.challenges,
            self.final,
            self.positions,
            self.points,
        )
        self.carried, self.layer_siblings = [], []
        for layer, opened in enumerate(self.fri.layers):
            name = f"FRI layer {layer}"
            self.carried.append(self.stream.words(opened.carried(), 3, f"values of {name}"))
            self.layer_siblings.append(
                self.stream.digests(opened.siblings(), f"siblings of {name}")
            )
        self.stream.end()

    # ---- checks -------------------------------------------------------------------------

    def check_constraints(self) -> None:
        """At zeta, the constraints of the tables of each height over Z_H are its quotient."""
        opened = self._opened_by_table()
        chunks = self._opened_chunks()
        for quotient in self.layout.quotients:
            tables = self.layout.key.tables
            names = " or ".join(f"table {tables[t].name!r}" for t in quotient.tables[:9])
            more = " or another of their height" if len(quotient.tables) > 9 else ""
            require(
                self._combined_at_zeta(quotient, opened)
                == self._quotient_at_zeta(quotient, chunks[quotient.log_rows]),
                "constraints",
                f"{names}{more}: the constraints do not hold at zeta",
            )

    def _combined_at_zeta(
        self,
        quotient: Quotient,
        opened: Sequence[Mapping[tuple[str, bool], Sequence[Element]]],
    ) -> Element:
        """The constraints of the tables of a height over Z_H, combined with powers of delta."""
        total, weight = field.ZERO, field.ONE
        for table in quotient.tables:
            value = self._constraints_at_zeta(table, opened[table])
            total = field.add(total, field.mul(weight, value))
            weight = field.mul(weight, self.delta)
        return total

    def _constraints_at_zeta(
        self, table: int, opened: Mapping[tuple[str, bool], Sequence[Element]]
    ) -> Element:
        """The constraints of a table over Z_H, combined with powers of beta."""
        log_height = self.layout.log_heights[table]
        main = list(opened.get(("main", False), ()))
        mask = main.pop() if table in self.layout.hidden_sums else None
        return point_values(
            self.layout.key.tables[table],
            Opened(
                main=main,
                main_next=opened.get(("main", True), ()),
                preprocessed=opened.get(("preprocessed", False), ()),
                preprocessed_next=opened.get(("preprocessed", True), ()),
                lookup=opened.get(("lookup", False), ()),
                accumulator_next=opened.get(("lookup", True), [field.ZERO])[0],
                sum_mask=mask,
            ),
            self.instance.publics[table],
            Challenges(
                self.z,
                self.alpha,
                self.beta,
                field.scale(self.sums.get(table, field.ZERO), pow(1 << log_height, -1, field.P)),
                self.key.bus_numbers,
            ),
            self.zeta,
            log_height,
        )

    def _quotient_at_zeta(self, quotient: Quotient, chunks: Sequence[Element]) -> Element:
        """Q(zeta) from pieces that count powers of X^T, or from chunks and perhaps a remainder.

        Chunks interpolate Q on the cosets s_j<g>:

        Q(X) = sum_j q_j(X) prod_(k != j) (X^N - s_k^N) / (s_j^N - s_k^N): the product is 1 on
        coset j and 0 on the others, and degrees below N times the number of chunks match. The
        remainder counts prod_k (X^N - s_k^N), which is 0 on all of them.
        """
        if quotient.pieces:
            return field.horner(chunks, field.power(self.zeta, quotient.stride))
        n = 1 << quotient.log_rows
        step = field.base_root(quotient.log_height + self.layout.log_blowup)
        inner = field.base_root(quotient.log_height)
        offset = self.key.options.coset_offset
        powers = []
        for j in range(quotient.chunks):
            coset, place = quotient.place(j)
            shift = offset * pow(step, coset, field.P) * pow(inner, place, field.P)
            powers.append(pow(shift % field.P, n, field.P))
        zeta_n = field.power(self.zeta, n)
        total = field.ZERO
        for j in range(quotient.chunks):
            term = chunks[j]
            for k in range(quotient.chunks):
                if k != j:
                    factor = field.sub(zeta_n, (powers[k], 0, 0))
                    scale = pow(powers[j] - powers[k], -1, field.P)
                    term = field.mul(term, field.scale(factor, scale))
            total = field.add(total, term)
        if quotient.remainder:
            term = chunks[quotient.chunks]
            for value in powers:
                term = field.mul(term, field.sub(zeta_n, (value, 0, 0)))
            total = field.add(total, term)
        return total

    def _opened_by_table(self) -> list[dict[tuple[str, bool], list[Element]]]:
        """Openings of each table's columns by (tree, at the next row), in order."""
        result: list[dict[tuple[str, bool], list[Element]]] = [{} for _ in self.layout.key.tables]
        for matrix, group in self._opening_groups():
            if matrix.tree != "quotient":
                values = self.openings[group.start : group.start + len(group.columns)]
                result[matrix.table][matrix.tree, group.next] = values
        return result

    def _opened_chunks(self) -> dict[int, list[Element]]:
        """Openings of the chunks of each height's quotient, in order, the remainder last."""
        result: dict[int, list[Element]] = {q.log_rows: [] for q in self.layout.quotients}
        for matrix, group in self._opening_groups():
            if matrix.tree == "quotient":
                values = self.openings[group.start : group.start + len(group.columns)]
                result[matrix.log_rows] += values
        return result

    def _opening_groups(self) -> Iterator[tuple[MatrixShape, OpeningGroup]]:
        for groups in self.layout.groups.values():
            for group in groups:
                yield self.layout.trees[group.tree].matrices[group.matrix], group

    def check_queries(self) -> None:
        """Rows match their commitments, and the reduced words fold to the final polynomial."""
        for tree, siblings in zip(self.trees, self.siblings, strict=True):
            require(
                tree.root(self.algorithm, siblings) == self.roots[tree.shape.name],
                "Merkle root",
                f"the opened rows of {tree.shape.name} do not match the commitment",
            )
        combination = self._combination()
        reduced = {
            log_height: self._reduced(log_height, combination) for log_height in self.layout.groups
        }
        self.fri.check(self.carried, self.layer_siblings, reduced)

    def _point(self, point: int) -> Element:
        """See `OpeningGroup.point`."""
        return field.scale(self.zeta, field.base_root(point))

    def _combination(self) -> Combination:
        return Combination(self.layout, self.gamma, self.openings, self.zeta)

    def _reduced(self, log_height: int, combination: Combination) -> np.ndarray:
        """The reduced word of a height at every position: (positions, 3) uint64."""
        groups = self.layout.combined(log_height)
        at = distinct_positions(self.positions, self.layout.log_max_height, log_height)
        count = len(at)
        coset = self.positions >> self.layout.log_max_height
        rows_mask = (1 << log_height) - 1
        place = np.searchsorted(at, (coset << log_height) | (self.positions & rows_mask))
        # A position of the tallest domain at y is one of this height at y^(N_max / N), times h.
        lifted = power(self.points, 1 << (self.layout.log_max_height - log_height))
        unscaled = np.empty(count, dtype=np.uint64)
        unscaled[place] = lifted
        offset = self.key.options.coset_offset
        points = [offset * y % field.P for y in unscaled.tolist()]
        word = np.zeros((count, 3), dtype=np.uint64)
        for place_of_point in sorted({group.point for group in groups}):
            members = [group for group in groups if group.point == place_of_point]
            sums = np.zeros((3, count), dtype=np.uint64)
            for position, group in enumerate(members):
                opened = self.trees[group.tree].rows[group.matrix]
                _openings.row_sums(opened, combination.coefficients(group), sums, position > 0)
            point = self._point(place_of_point)
            value = repeated(combination.value(log_height, place_of_point), count)
            numerators = ext_sub(value, np.ascontiguousarray(sums.T))
            differences = np.array([field.sub(point, (x, 0, 0)) for x in points], dtype=np.uint64)
            word = ext_add(word, ext_mul(numerators, ext_inverse(differences)))
        coefficients = combination.mask_coefficients(log_height)
        if coefficients is not None:
            rows = self._mask_rows(log_height)
            sums = np.zeros((3, count), dtype=np.uint64)
            _openings.row_sums(rows, coefficients, sums, False)
            word = ext_add(word, np.ascontiguousarray(sums.T))
        return np.ascontiguousarray(word[place])

    def _mask_rows(self, log_height: int) -> np.ndarray:
        """The opened values of the word that hides those of FRI: (positions, 3)."""
        (tree,) = (tree for tree in self.trees if tree.shape.name == "quotient")
        matrices = tree.shape.matrices
        (place,) = (m for m in tree.shape.at(log_height) if matrices[m].is_mask)
        return tree.rows[place]

    # ---- reading ------------------------------------------------------------------------

    def _root(self, name: str) -> None:
        if self.layout.tree(name) is None:
            self.stream.absent(f"{name} root")
        else:
            self.roots[name] = self.stream.digest(f"{name} root")
