"""Parts of the statement that the transcript does not absorb: Frozen Heart and its kin.

A proof is made of a true statement, and another statement is then found that the same proof fits.
The attacks are made on the code as it is, and refused; on a protocol that passes a part over, or
absorbs its label alone, they succeed.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field, pure
from cstark.protocol.options import ResolvedOptions
from cstark.protocol.statement import Instance
from cstark.protocol.transcript import Transcript
from cstark.pure.hashes import HASHES
from cstark.pure.key import Options as PureOptions
from cstark.pure.key import Token as PureToken
from cstark.pure.proof import Header
from cstark.pure.transcript import Transcript as PureTranscript
from cstark.pure.verify import absorb_statement
from tests.attacks import false_statements
from tests.attacks.linear import solve
from tests.attacks.toolkit import (
    CheatingProver,
    P,
    Statement,
    changed,
    deaf_to,
    forge,
    hollow,
    show,
    show_adaptive,
)
from tests.oracles import zoo

OPTIONS = {"queries": 6, "grinding": 0, "max_log_height": 8}


# ---- the statement -------------------------------------------------------------------------


class Ends(cs.Air):
    """Four columns that do not change; what they are is public."""

    columns = {"x": (4,)}

    def __init__(self, *constants: int) -> None:
        self.constants = constants
        self.publics = () if constants else {"start": (4,)}

    def constrain(self, t):
        for k in range(4):
            wanted = self.constants[k] if self.constants else t.publics.start[k]
            t.first_row.equal(t.now.x[k], wanted)
            t.transition.equal(t.next.x[k], t.now.x[k])


def ends_trace():
    return {"ends": np.tile(np.array([3, 1, 4, 1], dtype=np.uint64), (8, 1))}


class KeepsBeta(CheatingProver):
    """Leaves beta where the test finds it."""

    found: list = []

    def round_3_quotient(self):
        super().round_3_quotient()
        self.found.append(self.beta)


def shift_unseen(beta):
    """Changes d_k of four constants that the combined constraints do not notice.

    They enter as sum_k beta^(2k) d_k, with d_k in F_p: three equations for four unknowns.
    """
    rows = [field.power(beta, 2 * k) for k in range(4)]
    # d_3 = 1: sum_(k < 3) beta^(2k) d_k = -beta^6
    shift = [*solve(rows[:3], field.neg(rows[3])), 1]
    assert any(shift)
    return shift


class Partly:
    """`Instance.absorb` of a protocol that leaves the last part of something out."""

    def __init__(self, **left_out):
        self.left_out = left_out

    def __enter__(self):
        self.before = before = Instance.absorb
        left_out = self.left_out

        def absorb(instance, transcript, key, log_heights):
            parts = {name: getattr(instance, name)[:-1] for name in left_out}
            before(dataclasses.replace(instance, **parts), transcript, key, log_heights)

        Instance.absorb = absorb

    def __exit__(self, *error):
        Instance.absorb = self.before


@pytest.mark.parametrize("tables", [("ends",), ("ends", "other"), ("other", "ends")])
def test_publics_not_absorbed(tables):
    """Frozen Heart: public values chosen after the proof, those of the first or last table."""
    machine = cs.Machine(dict.fromkeys(tables, Ends()), cs.Options(**OPTIONS))
    traces = dict.fromkeys(tables, ends_trace()["ends"])
    true = Statement(machine, {name: [3, 1, 4, 1] for name in tables})

    def attack():
        KeepsBeta.found = []
        forged = forge(KeepsBeta, true, traces)
        shift = shift_unseen(KeepsBeta.found[0])
        publics = [(v + d) % P for v, d in zip([3, 1, 4, 1], shift, strict=True)]
        false = true.but(publics={**true.publics, "ends": publics})
        assert not machine.check(traces, false.publics)
        return false, forged

    weaknesses = [deaf_to("publics"), hollow("publics")]
    if tables[-1] == "ends":
        weaknesses.append(Partly(publics=None))
    show_adaptive(true, machine.prove(traces, true.publics), attack, *weaknesses)


@pytest.mark.parametrize("tables", [("ends",), ("ends", "other"), ("other", "ends")])
def test_key_not_absorbed(tables):
    """A machine chosen after the proof: its constants are what the prover needs them to be."""

    def stated_by(*constants):
        airs = {name: Ends(*constants if name == "ends" else (3, 1, 4, 1)) for name in tables}
        return Statement(cs.Machine(airs, cs.Options(**OPTIONS)))

    true = stated_by(3, 1, 4, 1)
    traces = dict.fromkeys(tables, ends_trace()["ends"])

    def attack():
        KeepsBeta.found = []
        forged = forge(KeepsBeta, true, traces)
        shift = shift_unseen(KeepsBeta.found[0])
        false = stated_by(*((v + d) % P for v, d in zip([3, 1, 4, 1], shift, strict=True)))
        assert not false.machine.check(traces)
        return false, forged

    show_adaptive(true, true.machine.prove(traces), attack, deaf_to("key"), hollow("key"))


class AnyTokens(CheatingProver):
    """Finds counts of three made-up messages that cancel the sum; the statement follows."""

    found: list = []

    def round_2_lookup(self):
        super().round_2_lookup()
        target = field.ZERO
        for value in self.sums.values():
            target = field.sub(target, value)
        rows = []
        for message in ([7, 700], [8, 800], [9, 900]):
            print_ = field.sub(self.z, (1, 0, 0))
            print_ = field.sub(print_, field.scale(self.alpha, message[0]))
            print_ = field.sub(print_, field.scale(field.square(self.alpha), message[1]))
            rows.append(field.inverse(print_))
        self.found.append(solve(rows, target))


def test_tokens_not_absorbed():
    pair = false_statements.lookup()
    true = pair.true

    def attack():
        wrong = {name: trace.copy() for name, trace in pair.traces.items()}
        while True:  # until the counts are small enough not to be refused for wrapping around
            wrong["range"][0, 0] += np.uint64(1)
            AnyTokens.found = []
            forged = forge(AnyTokens, true, wrong)
            counts = AnyTokens.found[0]
            if sum(min(c, P - c) for c in counts) < P - 4096:
                break
        tokens = tuple(
            cs.Send("range", message, count)
            if count < P // 2
            else cs.Receive("range", message, P - count)
            for message, count in zip(([7, 700], [8, 800], [9, 900]), counts, strict=True)
        )
        assert not true.machine.check(wrong, tokens=tokens)
        return true.but(tokens=tokens), forged

    show_adaptive(true, pair.honest(), attack, deaf_to("tokens"), hollow("tokens"))


@pytest.mark.parametrize("claims", [(b"A", b"B"), (b"first", b"worst"), (b"A", b"A."), (b"A", b"")])
def test_claim_not_absorbed(claims):
    """The claim in the file could be exchanged, for one that differs in any place."""
    pair = false_statements.fibonacci()
    true = pair.true.but(claim=claims[0])

    def attack():
        made = true.machine.prove(pair.traces, true.publics, claim=claims[0])
        forged = cs.Proof(made.options, made.log_heights, claims[1], made.body)
        return true.but(claim=claims[1]), forged

    honest = true.machine.prove(pair.traces, true.publics, claim=claims[0])
    weaknesses = [deaf_to("claim"), hollow("claim")]
    if claims[0][:-1] == claims[1][:-1]:
        weaknesses.append(Partly(claim=None))
    show_adaptive(true, honest, attack, *weaknesses)


@pytest.mark.parametrize("label", ["protocol", "options", "log heights"])
def test_other_parts_of_the_statement(label):
    """A proof of one statement is no proof of another that differs in this item alone.

    What differs is made by a prover whose transcript hears something else.
    """
    pair = false_statements.fibonacci()
    honest = pair.honest()

    class Mishears(CheatingProver):
        def round_0_statement(self):
            absorb = self.transcript.absorb
            self.transcript.absorb = lambda name, data: absorb(
                name, data + b"\0" if name == label else data
            )
            super().round_0_statement()

    forged = forge(Mishears, pair.true, pair.traces)
    show(pair.true, honest, pair.true, forged, tuple(Reason), mishearing(label))


def mishearing(label):
    honest = Transcript.absorb

    def absorb(self, name, data):
        honest(self, name, data + b"\0" if name == label else data)

    return changed(Transcript, "absorb", absorb)


# ---- every field -----------------------------------------------------------------------------

CASE = zoo.together(
    zoo.fibonacci(4), zoo.lookup(2, 3, 5, tokens=True), zoo.ring(3), zoo.fibonacci(3)
)


@dataclass(frozen=True)
class Said:
    """All that is absorbed in round 0."""

    digest: bytes
    options: ResolvedOptions
    publics: tuple[tuple[int, ...], ...]
    tokens: tuple[cs.Send | cs.Receive, ...]
    claim: bytes = b"a claim"
    log_heights: tuple[int, ...] = (4, 3, 5, 3, 3)

    def state(self):
        """Of the transcript afterwards; the two verifiers have the same."""
        key = copy.copy(KEY)
        vars(key).update(digest=self.digest, options=self.options)
        transcript = Transcript(KEY.options.hash)
        instance = Instance(self.publics, self.tokens, self.claim)
        instance.absorb(transcript, key, self.log_heights)

        plain = PureTranscript(HASHES[KEY.options.hash])
        statement = dataclasses.replace(
            PURE,
            digest=self.digest,
            options=PureOptions(**{
                f.name: getattr(self.options, f.name)
                for f in dataclasses.fields(PureOptions)
                if f.name != "sharded"  # which is the key's
            }),
            publics=self.publics,
            tokens=tuple(PureToken(t.sign, t.bus, t.values, t.count) for t in self.tokens),
            claim=self.claim,
        )  # fmt: skip
        absorb_statement(plain, statement, Header(b"", self.log_heights, self.claim))
        assert transcript._state == plain._state
        return transcript._state


KEY = CASE.machine().verifying_key()
PURE = pure.read_statement(CASE.machine().statement(CASE.publics, tokens=CASE.tokens).to_json())
SAID = Said(KEY.digest, KEY.options, PURE.publics, tuple(CASE.tokens))


def with_item(items, place, new):
    return (*items[:place], new, *items[place + 1 :])


def flipped(data, place):
    return with_item(tuple(data), place, data[place] ^ 1)


def variants():
    """Every field of every part, changed alone: its first and its last member at least."""
    for place in range(32):
        yield f"digest {place}", {"digest": bytes(flipped(SAID.digest, place))}
    for name, value in {
        "blowup": 4, "queries": 21, "grinding": 3, "hash": "sha256", "fri_arity": 4,
        "final_length": 64, "coset_offset": 9, "max_log_height": 20,
    }.items():  # fmt: skip
        yield f"option {name}", {"options": dataclasses.replace(SAID.options, **{name: value})}
    for table, values in enumerate(SAID.publics):
        for place, value in enumerate(values):
            changed = with_item(values, place, value + 1)
            yield f"public {table} {place}", {"publics": with_item(SAID.publics, table, changed)}
    # the same values on the other side of a boundary between tables
    first, last = SAID.publics[0], SAID.publics[-1]
    moved = (first[:-1], *SAID.publics[1:-1], (first[-1], *last))
    yield "publics moved", {"publics": moved}
    yield "publics of another order", {"publics": SAID.publics[::-1]}
    yield "a public more", {"publics": (*SAID.publics[:-1], (*last, 0))}
    for place, token in enumerate(SAID.tokens):
        other = next(bus for bus in KEY.buses if bus != token.bus)
        kind = {1: cs.Receive, -1: cs.Send}[token.sign]
        news = {
            "bus": type(token)(other, token.values, token.count),
            "sign": kind(token.bus, token.values, token.count),
            "count": type(token)(token.bus, token.values, token.count + 1),
            **{
                f"value {at}": type(token)(
                    token.bus, with_item(token.values, at, value + 1), token.count
                )
                for at, value in enumerate(token.values)
            },
            "a value more": type(token)(token.bus, (*token.values, 0), token.count),
        }
        for name, new in news.items():
            yield f"token {place} {name}", {"tokens": with_item(SAID.tokens, place, new)}
    yield "last token left out", {"tokens": SAID.tokens[:-1]}
    yield "first token left out", {"tokens": SAID.tokens[1:]}
    yield "tokens turned", {"tokens": SAID.tokens[::-1]}
    yield "a token twice", {"tokens": (*SAID.tokens, SAID.tokens[-1])}
    yield "no token", {"tokens": ()}
    for place in range(len(SAID.claim)):
        yield f"claim {place}", {"claim": bytes(flipped(SAID.claim, place))}
    for name, claim in {"cut": SAID.claim[:-1], "longer": SAID.claim + b"\0", "none": b""}.items():
        yield f"claim {name}", {"claim": claim}
    for table, height in enumerate(SAID.log_heights):
        yield f"height {table}", {"log_heights": with_item(SAID.log_heights, table, height + 1)}
    yield "a height less", {"log_heights": SAID.log_heights[:-1]}


def test_every_field_changes_both_transcripts():
    """No two statements that differ anywhere leave one state; and the two verifiers agree."""
    assert len(SAID.tokens) > 1 and len(KEY.buses) > 1 and SAID.publics[0] and SAID.publics[-1]
    states = {"as it is": SAID.state()}
    for name, changes in variants():
        assert name not in states
        states[name] = dataclasses.replace(SAID, **changes).state()
    seen: dict[bytes, str] = {}
    for name, state in states.items():
        assert state not in seen, (name, seen[state])
        seen[state] = name
    assert len(states) > 80
