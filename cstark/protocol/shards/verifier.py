"""The verifier of a proof in shards: the transcripts of all, what they share, and each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cstark.errors import CstarkError, StatementError
from cstark.field import Element, P
from cstark.security import JointReport, SecurityReport, joint_report

from ..admission import (
    check_bits,
    check_body,
    check_header,
    check_height,
    check_kind,
    check_order,
    check_sums,
    check_tables_of,
    check_weights,
)
from ..layout import PIN, Layout, layout_security
from ..length import BEFORE, EXTENSION, most_bytes, refuse_short, refuse_tiny
from ..openings import Combination, Pins
from ..refusals import require
from ..standing import Heights, Standing, of_table
from ..statement import Instance, token_sum
from ..stream import ProofReader
from ..transcript import ALGORITHMS
from ..verifier import Verifier
from .challenges import Place, Shared, absorb_shard, absorb_shared, draw_shared
from .proof import ShardedProof, ShardProof

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.air.tokens import Token

    from ..key import VerifyingKey
    from ..policy import Policy
    from ..publics import Publics

__all__ = ["ShardVerifier", "ShardedVerifier", "sharded_security", "verify_sharded"]


class ShardVerifier(Verifier):
    """One shard being checked.

    Parameters
    ----------
    key : VerifyingKey
        Of proofs in shards.
    shard : ShardProof
    instance : Instance
        Of the whole.
    place : Place
    """

    pins: Pins

    def __init__(
        self, key: VerifyingKey, shard: ShardProof, instance: Instance, place: Place
    ) -> None:
        self.key = key
        self.shard = shard
        self.place = place
        self.instance = instance
        self.algorithm = ALGORITHMS[key.options.hash]
        self.stream = ProofReader(key.options.hash, shard.body)
        self.transcript = self.stream.transcript
        self.roots: dict[str, bytes] = {}

    def admit_shard(self, *, whole: bool = False) -> None:
        """What stands in the shard, and how tall, is allowed there; so is its length.

        Parameters
        ----------
        whole : bool
            All of the shard is to be there, and not just its head: what is too short is refused
            before its layout is made.
        """
        heights = self.shard.log_heights
        check_tables_of(self.key, heights)
        for table, item in zip(self.key.tables, heights, strict=True):
            self._check_presence(table, item)
            check_order(table, item)
            for log_height in of_table(item):
                check_height(table, log_height, self.key.options.max_log_height)
        length = len(self.shard.body)
        if whole:
            refuse_tiny(self.key, heights, length)
        self.standing = Standing(self.key, heights)
        self.instance = self.instance.at(self.standing)
        self.layout = Layout(self.standing, heights, shards=self.place.count)
        self.most = most_bytes(self.layout) + EXTENSION * len(self.layout.pins)
        check_body(length, self.most)
        self.stream.keep()

    def _check_presence(self, table: TableDescription, item: int | tuple[int, ...]) -> None:
        absent = table.stands == "once" and not self.place.is_last
        allowed = item == () if absent else isinstance(item, int) == (table.stands != "any")
        times = len(of_table(item))
        wanted = {"once": "once, in the last shard", "every": "once in every shard"}
        require(
            allowed,
            "presence",
            f"table {table.name!r} stands {wanted.get(table.stands, 'any number of times')}; in "
            f"{self.place} the proof has it {times} times",
        )

    def security(self, fractions: int, regime: str) -> SecurityReport:
        """Proven security when all shards have so many messages, tokens included."""
        elsewhere = fractions - self.standing.fractions
        return layout_security(self.layout, elsewhere, regime)

    # ---- rounds -------------------------------------------------------------------------

    def round_0_statement(self) -> None:
        """Absorb what is known of the shard."""
        publics, heights = self.instance.public_bytes, self.shard.log_heights
        absorb_shard(self.transcript, self.key, publics, heights, self.place)
        root = self.key.preprocessed_root if self.place.is_last else self.key.shard_root
        if root is not None:
            self.roots["preprocessed"] = root

    def round_1_main(self) -> None:
        """The main commitment and the pins."""
        self._root("main")
        eta = self.transcript.extension("eta")
        omega = self.transcript.extension_outside_base("omega")
        values = self.stream.elements(len(self.layout.pins), "pins")
        self.pins = Pins(eta, omega, dict(zip(self.layout.pins, values, strict=True)))

    def join(self, shared: Shared) -> None:
        """Take the challenges of all shards."""
        absorb_shared(self.transcript, shared)
        self.z, self.alpha = shared.z, shared.alpha

    def check_balance(self, values: Sequence[Element]) -> None:
        """The sums of one shard need not cancel."""

    def finish(self) -> None:
        """All rounds after the table sums."""
        self.round_3_quotient()
        self.round_4_openings()
        self.round_5_fri()
        self.round_6_queries()
        self.check_constraints()
        self.check_queries()

    def _point(self, point: int) -> Element:
        return self.pins.omega if point == PIN else super()._point(point)

    def _combination(self) -> Combination:
        return Combination(self.layout, self.gamma, self.openings, self.zeta, self.pins)


class ShardedVerifier:
    """A proof in shards being checked.

    Parameters
    ----------
    key : VerifyingKey
    proof : ShardedProof or bytes
    instance : Instance
        Of the whole.
    """

    shared: Shared

    def __init__(self, key: VerifyingKey, proof: ShardedProof, instance: Instance) -> None:
        self.key = key
        self.proof = proof
        self.instance = instance
        count = len(proof.parts)
        self.shards = [
            ShardVerifier(key, shard, instance, Place(index, count))
            for index, shard in enumerate(proof.parts)
        ]

    def admit(self, policy: Policy) -> None:
        """The policy, for each shard and for all of them together."""
        key, proof = self.key, self.proof
        check_kind(key, sharded=True)
        check_header(key, proof.options, proof.claim, self.instance.claim)
        for shard, part in zip(self.shards, proof.shards, strict=True):
            shard.admit_shard(whole=True)
            if not key.committed:
                refuse_short(shard.layout, BEFORE + len(part))
        weight = sum(shard.standing.weight for shard in self.shards) + self.instance.token_weight
        check_weights(weight < P and not self.instance.is_overweight(key))
        bits, problem = 0.0, ""
        try:
            bits = self.security(policy.regime).bits
        except CstarkError as error:
            problem = f": {error}"
        check_bits(key, bits, policy, problem)

    def security(self, regime: str) -> JointReport:
        """Proven security of all shards together, when they have been admitted."""
        fractions = sum(shard.standing.fractions for shard in self.shards)
        fractions += len(self.instance.tokens)
        found: dict[Heights, SecurityReport] = {}  # many shards are as tall as each other
        for shard in self.shards:
            heights = shard.standing.heights
            if heights not in found:
                found[heights] = shard.security(fractions, regime)
        return joint_report([found[shard.standing.heights] for shard in self.shards])

    def begin(self) -> None:
        """Heads, common challenges, and what is sent by all shards is received."""
        for shard in self.shards:
            shard.round_0_statement()
            shard.round_1_main()
        states = [shard.transcript.state for shard in self.shards]
        self.shared = draw_shared(self.key, self.instance, states)
        sums: list[Element] = []
        for shard in self.shards:
            shard.join(self.shared)
            shard.round_2_lookup()
            sums += shard.sums.values()
        tokens = token_sum(self.key, self.instance, self.shared.z, self.shared.alpha)
        check_sums(tokens, sums)


def sharded_security(
    key: VerifyingKey, proof: ShardedProof, tokens: int = 0, regime: str = "best"
) -> JointReport:
    """Proven security of a proof in shards: the least of all shards, and the sum of all errors.

    Parameters
    ----------
    key : VerifyingKey
        Of proofs in shards.
    proof : ShardedProof
        Its heights count, not whether it holds.
    tokens : int
        How many tokens the statement has.
    regime : {"best", "unique"}

    Raises
    ------
    VerificationError
        If no proof of the key has such heights.
    """
    count = len(proof.parts)
    layouts = []
    for index, shard in enumerate(proof.parts):
        instance = Instance(tuple((0,) * table.publics for table in key.tables), (), b"")
        reader = ShardVerifier(key, shard, instance, Place(index, count))
        reader.admit_shard()
        layouts.append(reader)
    fractions = tokens + sum(reader.standing.fractions for reader in layouts)
    return joint_report([reader.security(fractions, regime) for reader in layouts])


def verify_sharded(
    key: VerifyingKey,
    proof: ShardedProof | bytes | bytearray | memoryview,
    publics: Publics | None,
    tokens: Sequence[Token],
    claim: bytes | None,
    policy: Policy,
    finish: Callable[[ShardedVerifier], None] | None = None,
) -> None:
    """Return if the proof holds; raise otherwise.

    Parameters
    ----------
    key, proof, publics, tokens, claim
        As for `cstark.protocol.verifier.verify`.
    policy : Policy
        Its heights are those of no shard: it must have none.
    finish : callable
        Does what is left when the common challenges are known, each shard by itself: for a verifier
        that does so in parallel.

    Raises
    ------
    VerificationError
        `reason` says why.
    StatementError
        The caller's own publics, tokens, claim or heights are malformed.
    """
    if policy.log_heights:
        raise StatementError(
            "heights: the shards of a proof have heights of their own, which the prover chooses: "
            "read them from proof.log_heights"
        )
    # An object is what its bytes are: nothing is believed of it that a file could not say.
    read = ShardedProof.from_bytes(bytes(proof))
    instance = Instance.build(key, publics, tokens, read.claim if claim is None else claim)
    verifier = ShardedVerifier(key, read, instance)
    verifier.admit(policy)
    verifier.begin()
    if finish is not None:
        finish(verifier)
        return
    for shard in verifier.shards:
        shard.finish()
