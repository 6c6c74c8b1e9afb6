"""Cheating provers, and verifiers that lack one thing.

An attack shows three things (`show`): the honest proof of a true statement verifies; the forged
proof of a false one is refused, for the reason expected; and it is accepted by a verifier that
lacks exactly what should hold it. The last says that the attack is a real one, and that nothing
else in the verifier happens to stop it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import cstark as cs
from cstark import field, pure
from cstark.protocol import refusals
from cstark.protocol.commitment import OpenedTree
from cstark.protocol.fri import domain_points
from cstark.protocol.layout import Quotient
from cstark.protocol.openings import Combination
from cstark.protocol.prover import Prover
from cstark.protocol.statement import Instance
from cstark.protocol.transcript import Transcript
from cstark.protocol.verifier import Verifier
from cstark.report import Report
from tests.oracles.forging import forgiving
from tests.oracles.zoo import Case

P = cs.P


# ---- statements --------------------------------------------------------------------------


@dataclass
class Statement:
    """What a verifier is asked to believe."""

    machine: cs.Machine
    publics: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    tokens: tuple[Any, ...] = ()
    claim: bytes | None = None
    min_security: int = 0

    def verify(self, proof: Any) -> None:
        self.machine.verify(
            proof,
            self.publics,
            tokens=self.tokens,
            claim=self.claim,
            min_security=self.min_security,
        )

    def but(self, **changes: Any) -> Statement:
        return replace(self, **changes)


def stated(case: Case, **options: Any) -> Statement:
    """The statement of a case of the zoo, with few queries so that proofs are quick."""
    return Statement(case.machine(**{"queries": 6, **options}), dict(case.publics), case.tokens)


def forge(
    kind: type[Prover],
    statement: Statement,
    traces: dict[str, np.ndarray],
    machine: cs.Machine | None = None,
    **settings: Any,
) -> cs.Proof:
    """A proof by a prover of this kind, which nothing holds back.

    `machine` is what the prover commits to, when it is not the statement's.
    """
    key = statement.machine.verifying_key()
    heights, arrays = standing_traces(key.tables, traces)
    instance = Instance.build(key, statement.publics, statement.tokens, statement.claim or b"")
    committed = (machine or statement.machine).proving_key
    if any(isinstance(item, tuple) for item in heights):
        committed = committed.standing(heights)
        instance = instance.at(committed.description)
    prover = forgiving(kind)(committed, instance, arrays, Report())
    if machine is not None:
        prover.key = key
    for name, value in settings.items():
        setattr(prover, name, value)
    return prover.prove()


def standing_traces(
    tables: Sequence[Any], traces: dict[str, Any]
) -> tuple[list[int | tuple[int, ...]], list[np.ndarray]]:
    """Log heights by table and all traces, in whatever order and number they are given."""
    heights: list[int | tuple[int, ...]] = []
    arrays: list[np.ndarray] = []
    for table in tables:
        given = traces.get(table.name, [])
        mine = given if isinstance(given, list) else [given]
        arrays += [np.ascontiguousarray(trace) for trace in mine]
        logs = tuple(len(trace).bit_length() - 1 for trace in mine)
        heights.append(logs if isinstance(given, list) else logs[0])
    return heights, arrays


# ---- verifiers that lack something -------------------------------------------------------


@contextmanager
def swapped(old: Any, new: Any) -> Iterator[None]:
    """Put `new` in the place of `old` in every module of the package that names it."""
    places = [
        (module, name)
        for module in list(sys.modules.values())
        if getattr(module, "__name__", "").startswith("cstark.")
        for name, value in list(vars(module).items())
        if value is old
    ]
    assert places, old
    for module, name in places:
        setattr(module, name, new)
    try:
        yield
    finally:
        for module, name in places:
            setattr(module, name, old)


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Take checks out of the verifier, by their names in `refusals.CHECKS`."""
    assert set(names) <= set(refusals.CHECKS)
    before = refusals.require

    def require(condition: object, check: str, message: str) -> None:
        if check not in names:
            before(condition, check, message)

    with swapped(before, require):
        yield


@contextmanager
def deaf_to(*labels: str) -> Iterator[None]:
    """A protocol whose transcript does not absorb these items, for prover and verifier alike."""

    class Deaf(Transcript):
        def absorb(self, label: str, data: bytes) -> None:
            if label not in labels:
                super().absorb(label, data)

    with swapped(Transcript, Deaf):
        yield


@contextmanager
def hollow(*labels: str) -> Iterator[None]:
    """A protocol that absorbs these labels and nothing under them, on both sides."""

    class Hollow(Transcript):
        def absorb(self, label: str, data: bytes) -> None:
            super().absorb(label, b"" if label in labels else data)

    with swapped(Transcript, Hollow):
        yield


@contextmanager
def changed(owner: Any, name: str, new: Any) -> Iterator[None]:
    """One attribute of a class or module replaced."""
    before = owner.__dict__[name]
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, before)


# ---- the three things --------------------------------------------------------------------


def refused(statement: Statement, proof: Any, *reasons: cs.Reason) -> cs.VerificationError:
    """The proof is refused, for one of these reasons; by the second verifier as well."""
    with pytest.raises(cs.VerificationError) as refusal:
        statement.verify(proof)
    assert refusal.value.reason in reasons, refusal.value
    if isinstance(proof, (bytes, cs.Proof)):
        assert plain_refusal(statement, proof), refusal.value
    return refusal.value


def plain_refusal(statement: Statement, proof: bytes | cs.Proof) -> str:
    """Why the second verifier refuses a proof; "" if it does not."""
    text = statement.machine.statement(statement.publics, tokens=statement.tokens).to_json()
    data = proof if isinstance(proof, bytes) else proof.to_bytes()
    claim = statement.claim
    if claim is None:  # that of the file
        with suppress(cs.ProofFormatError):
            claim = cs.Proof.from_bytes(data).claim
    try:
        plain = replace(pure.read_statement(text), claim=claim or b"")
        pure.verify(plain, data, min_security=statement.min_security)
    except pure.BadKey as error:  # of options that no machine has
        return str(error)
    except pure.Refused as refusal:
        return refusal.reason
    return ""


def show(
    true: Statement,
    honest: Any,
    false: Statement,
    forged: Any,
    reason: cs.Reason | Sequence[cs.Reason],
    weakness: AbstractContextManager[None],
) -> None:
    """Honest accepted, forged refused for this reason, forged accepted where the check lacks."""
    reasons = (reason,) if isinstance(reason, cs.Reason) else tuple(reason)
    true.verify(honest)
    refused(false, forged, *reasons)
    with weakness:
        false.verify(forged)


def show_adaptive(
    true: Statement,
    honest: Any,
    attack: Callable[[], tuple[Statement, Any]],
    *weaknesses: AbstractContextManager[None],
) -> None:
    """The attack is made on the code as it is, and refused; made on a weak one, it succeeds.

    So a verifier that is weak in the way shown, or nearly, fails the first part.
    """
    true.verify(honest)
    false, forged = attack()
    refused(false, forged, *cs.Reason)
    for weakness in weaknesses:
        with weakness:
            false, forged = attack()
            false.verify(forged)


# ---- provers that cheat ------------------------------------------------------------------


class CheatingProver(Prover):
    """Looks at its own work with the verifier's eyes."""

    def eyes(self, **known: Any) -> Verifier:
        """A verifier that knows what this prover knows."""
        verifier = Verifier.__new__(Verifier)
        vars(verifier).update(vars(self))
        verifier.proof = SimpleNamespace(log_heights=self.log_heights)
        vars(verifier).update(known)
        return verifier

    def early(self, item: str) -> None:
        """Absorb a placeholder for an item that is to be chosen later, in the place of its own.

        A transcript that does not listen to the item goes on as if it had been chosen.
        """
        self.transcript.absorb(item, bytes(32))

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What is written now is not absorbed."""
        self.stream.transcript = Transcript(self.key.options.hash)
        try:
            yield
        finally:
            self.stream.transcript = self.transcript

    def gap(self, quotient: Quotient) -> field.Element:
        """Constraints minus quotient of a height, at zeta, as opened."""
        eyes = self.eyes()
        combined = eyes._combined_at_zeta(quotient, eyes._opened_by_table())
        chunks = eyes._opened_chunks()[quotient.log_rows]
        return field.sub(combined, eyes._quotient_at_zeta(quotient, chunks))

    def chunk_weight(self, quotient: Quotient, chunk: int) -> field.Element:
        """What a chunk counts in the quotient at zeta."""
        return self.eyes()._quotient_at_zeta(
            quotient, [field.ONE if k == chunk else field.ZERO for k in range(quotient.columns)]
        )

    def opening_of(self, tree: str, table: int, column: int = 0, chunk: int = 0) -> int:
        """Number of an opening at zeta; the chunks of a height go by its first table."""
        for groups in self.layout.groups.values():
            for group in groups:
                matrix = self.layout.trees[group.tree].matrices[group.matrix]
                if (matrix.tree, matrix.table, matrix.chunk, group.next) == (
                    tree, table, chunk, False,
                ):  # fmt: skip
                    return group.start + group.columns.index(column)
        raise LookupError(tree)

    def whole_words(self) -> dict[int, np.ndarray]:
        """The reduced words at every position, as the verifier would recompute them there."""
        layout = self.layout
        every = np.arange(layout.blowup << layout.log_max_height)
        trees = []
        for shape in layout.trees:
            tree = OpenedTree(shape, every, layout.log_max_height)
            for m, matrix in enumerate(self.commitments[shape.name].matrices):
                cosets = [matrix.coset(q) for q in range(layout.blowup)]
                tree.rows.append(np.concatenate(cosets))
                assert len(tree.rows[-1]) == len(tree.positions[shape.matrices[m].log_height])
            trees.append(tree)
        eyes = self.eyes(trees=trees, positions=every, points=domain_points(layout, every))
        combination = Combination(layout, self.gamma, self.openings, self.zeta)
        words = {}
        for log_height in layout.groups:
            values = eyes._reduced(log_height, combination).reshape(layout.blowup, -1, 3)
            words[log_height] = np.ascontiguousarray(
                values[:, : 1 << log_height].transpose(2, 0, 1)
            )
        return words


class Tampering(CheatingProver):
    """Looks at every item before it is written, and may put another in its place."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        honest = self.stream.write
        self.stream.write = lambda item, data: honest(item, self.tampered(item, data))  # type: ignore[method-assign]

    def tampered(self, item: str, data: bytes) -> bytes:
        """What is written instead of the item's bytes."""
        return data


class Liar(CheatingProver):
    """Opens the quotients to whatever makes the constraints hold at zeta."""

    def _opened(self) -> list[field.Element]:
        self.openings = super()._opened()
        for quotient in self.layout.quotients:
            step = field.mul(self.gap(quotient), field.inverse(self.chunk_weight(quotient, 0)))
            number = self.opening_of("quotient", quotient.tables[0])
            self.openings[number] = field.add(self.openings[number], step)
            assert self.gap(quotient) == field.ZERO
        return self.openings


class BoldLiar(Liar):
    """Commits to the reduced words that its lies lead to, which are far from low degree.

    The final polynomial goes through coset 0, so that only positions outside of it tell.
    """

    def _reduced(self) -> dict[int, np.ndarray]:
        self.weights.clear()
        return self.whole_words()


def lucky(
    kind: type[Prover],
    statement: Statement,
    traces: dict[str, np.ndarray],
    accepted: Callable[[Statement], AbstractContextManager[None]],
    tries: int = 200,
    **settings: Any,
) -> tuple[Statement, cs.Proof]:
    """Try again with another claim until the positions are good: how a weak protocol is broken."""
    for number in range(tries):
        attempt = statement.but(claim=str(number).encode())
        proof = forge(kind, attempt, traces, **settings)
        with accepted(attempt):
            try:
                attempt.verify(proof)
            except cs.VerificationError:
                continue
        return attempt, proof
    raise AssertionError(f"no luck in {tries} tries")
