"""Forgeries of proofs that hide: masks give a cheating prover nothing."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field, pure
from cstark.protocol.layout import Layout
from cstark.protocol.logup import build_lookups
from cstark.protocol.statement import token_sum
from tests.attacks import false_statements
from tests.attacks.toolkit import (
    BoldLiar,
    CheatingProver,
    Tampering,
    deaf_to,
    forge,
    hollow,
    plain_refusal,
    refused,
    show,
    show_adaptive,
    stated,
    without,
)
from tests.oracles import zoo


@pytest.mark.holds("constraints")
@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("kind", ["fibonacci", "lookup"])
def test_a_false_trace(kind, tall):
    """The honest prover, forced: what it makes of the quotient is no polynomial."""
    pair = getattr(false_statements, kind)(7, zk=True, tall=tall, queries=5)
    forged = forge(CheatingProver, pair.false, pair.wrong)
    reason = Reason.BUS_SUM if kind == "lookup" else Reason.CONSTRAINTS
    check = "bus sum" if kind == "lookup" else "constraints"
    show(pair.true, pair.honest(), pair.false, forged, reason, without(check))
    assert plain_refusal(pair.false, forged) == check


class OfTheLast(BoldLiar):
    """Lies about the remainder, or the last piece, in the place of the first chunk."""

    def _opened(self):
        self.openings = CheatingProver._opened(self)
        for quotient in self.layout.quotients:
            weight = self.chunk_weight(quotient, quotient.columns - 1)
            number = self.opening_of("quotient", quotient.tables[0], chunk=quotient.columns - 1)
            step = field.mul(self.gap(quotient), field.inverse(weight))
            self.openings[number] = field.add(self.openings[number], step)
            assert self.gap(quotient) == field.ZERO
        return self.openings


@pytest.mark.holds("final polynomial")
@pytest.mark.parametrize("liar", [BoldLiar, OfTheLast])
@pytest.mark.parametrize("tall", [False, True])
def test_lies_at_zeta_and_a_word_far_from_low_degree(tall, liar):
    """The word that hides those of its height does not hide that they are no words of the code."""
    pair = false_statements.fibonacci(7, zk=True, tall=tall, queries=20)
    forged = forge(liar, pair.false, pair.wrong)
    show(
        pair.true, pair.honest(), pair.false, forged, Reason.FINAL_POLYNOMIAL,
        without("final polynomial"),
    )  # fmt: skip


# ---- the masks of sums ---------------------------------------------------------------------


class Unmasked(CheatingProver):
    """Masks of the sums that do not cancel, but make up for what the buses lack: guessed."""

    excess = (1, 0, 0)

    def _draw_sum_masks(self):
        super()._draw_sum_masks()
        (last,) = self.layout.hidden_sums[-1:]
        self.sum_masks[last] = field.add(self.sum_masks[last], self.excess)


@pytest.mark.holds("bus sum")
def test_masks_of_sums_that_do_not_cancel():
    """The total of all u is a term of the balance that no message can make up for."""
    case = zoo.lookup(3, 5, 4, tokens=True)
    true = stated(case, zk=True)
    honest = case.prove(true.machine)
    forged = forge(Unmasked, true, case.traces)
    show(true, honest, true, forged, Reason.BUS_SUM, without("bus sum"))
    assert plain_refusal(true, forged) == "bus sum"


class StatedAnyway(Unmasked):
    """The same, and sums that cancel are stated."""

    def round_2_lookup(self):
        write = self.stream.write

        def lie(item, data):
            if item == "table sums":
                last = self.layout.hidden_sums[-1]
                self.sums[last] = field.sub(self.sums[last], self.excess)
                data = np.array(list(self.sums.values()), dtype="<u8").tobytes()
            write(item, data)

        self.stream.write = lie  # type: ignore[method-assign]
        super().round_2_lookup()
        self.stream.write = write  # type: ignore[method-assign]


@pytest.mark.holds("constraints")
def test_sums_that_are_not_those_of_the_masks():
    case = zoo.lookup(3, 5, 4, tokens=True)
    true = stated(case, zk=True)
    forged = forge(StatedAnyway, true, case.traces)
    show(true, case.prove(true.machine), true, forged, Reason.CONSTRAINTS, without("constraints"))
    assert plain_refusal(true, forged) == "constraints"


class LateMasks(CheatingProver):
    """Chooses the masks of the sums when z and alpha are known: they take what the buses lack."""

    def round_1_main(self):
        self.early("main root")
        self.z = self.transcript.extension("z")
        self.alpha = self.transcript.extension("alpha")
        _, sums = build_lookups(self.proving_key, self.instance, self.traces, self.z, self.alpha)
        total = token_sum(self.key, self.instance, self.z, self.alpha)
        for value in sums.values():
            total = field.add(total, value)
        self._draw_sum_masks()
        (last,) = self.layout.hidden_sums[-1:]
        self.sum_masks[last] = field.sub(self.sum_masks[last], total)
        with self.unheard():
            self._commit("main", dict(enumerate(self.traces)))


def test_masks_of_sums_chosen_after_the_challenges():
    """They are main columns, so that they are fixed before."""
    pair = false_statements.lookup(3, zk=True)
    show_adaptive(
        pair.true, pair.honest(),
        lambda: (pair.false, forge(LateMasks, pair.false, pair.wrong)),
        deaf_to("main root"), hollow("main root"),
    )  # fmt: skip


# ---- what is added to the file -------------------------------------------------------------


class OtherSalts(Tampering):
    """Salts of one tree that are not those of its leaves."""

    tree = "main"

    def tampered(self, item, data):
        if item == f"salts of {self.tree}":
            return bytes([data[0] ^ 1]) + data[1:]
        return data


@pytest.mark.holds("Merkle root")
@pytest.mark.parametrize("tree", ["main", "lookup", "quotient"])
def test_salts_belong_to_the_root(tree):
    case = zoo.lookup(3, 5, 4)
    true = stated(case, zk=True)
    forged = forge(OtherSalts, true, case.traces, tree=tree)
    show(true, case.prove(true.machine), true, forged, Reason.MERKLE, without("Merkle root"))
    assert plain_refusal(true, forged) == "merkle"


@pytest.mark.parametrize("plain_first", [True, False])
def test_a_proof_of_the_other_kind(plain_first):
    """For the same tables; refused by both verifiers, and the reason names the option."""
    case = zoo.fibonacci(5)
    plain, hidden = stated(case), stated(case, zk=True)
    proofs = case.prove(plain.machine), case.prove(hidden.machine)
    plain.verify(proofs[0])
    hidden.verify(proofs[1])
    asked, proof = (plain, proofs[1]) if plain_first else (hidden, proofs[0])
    error = refused(asked, proof, Reason.OPTIONS)
    assert "zk=" in str(error)
    assert plain_refusal(asked, proof) == "options"


@pytest.mark.holds("reserved", "options", "option values")
def test_headers_that_say_something_else_of_hiding():
    case = zoo.fibonacci(5)
    hidden = stated(case, zk=True)
    honest = case.prove(hidden.machine).to_bytes()
    z = honest[10]
    assert (z, honest[11]) == (hidden.machine.resolved.zk, 16)
    for at, byte, reason in (
        (10, 0, Reason.FORMAT), (10, z + 1, Reason.OPTIONS), (10, 3, Reason.FORMAT),
        (10, 99, Reason.FORMAT), (11, 0, Reason.FORMAT), (11, 32, Reason.FORMAT),
    ):  # fmt: skip
        changed = honest[:at] + bytes([byte]) + honest[at + 1 :]
        refused(hidden, changed, reason)


@pytest.mark.parametrize(
    ("zk", "problem"),
    [
        (5, "masks|room"),
        (True, "zk"),
        (0, "zk"),
        (3, "zk"),
        (33, "zk"),
        ("6", "zk"),
        (6.0, "zk|6.0"),
    ],
)
def test_keys_that_say_something_else_of_hiding(zk, problem):
    """A code without room for the masks hides nothing, or has no room for the remainder."""
    machine = zoo.fibonacci(5).machine(zk=True, queries=6, tall=True)
    data = json.loads(machine.verifying_key().to_json())
    assert data["options"]["zk"] == 6
    data["options"]["zk"] = zk
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    with pytest.raises(cs.CstarkError, match=problem):
        cs.VerifyingKey.from_json(text)
    file = json.loads(machine.statement({"fib": [1, 1, 1]}).to_json())
    file["key"] = data
    with pytest.raises(pure.BadKey, match=problem):
        pure.read_statement(json.dumps(file))


def test_taller_codes_than_needed_are_a_key_of_their_own():
    machine = zoo.fibonacci(5).machine(zk=True, queries=6, tall=True)
    data = json.loads(machine.verifying_key().to_json())
    data["options"]["zk"] = 9
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    assert cs.VerifyingKey.from_json(text).options.zk == 9


@pytest.mark.parametrize("value", [None, 1, 0, "yes", 10])
def test_options_that_are_none(value):
    with pytest.raises(cs.OptionsError, match=r"zk=.*must be True or False"):
        cs.Options(zk=value)


def test_the_tallest_tables_leave_room_for_masks():
    cs.Options(max_log_height=30, zk=True)
    with pytest.raises(cs.OptionsError, match="max_log_height=31: at most 30 with blowup=2 and zk"):
        cs.Options(max_log_height=31, zk=True)


@pytest.mark.holds("security")
@pytest.mark.parametrize("tall", [False, True])
def test_both_verifiers_count_the_same_bits(tall):
    """At the heights of the codes, with the masks among what is combined."""
    case = zoo.together(zoo.lookup(3, 5, 4), zoo.fibonacci(9))
    machine = case.machine(zk=True, queries=60, grinding=3, tall=tall, final_length=32)
    data = case.prove(machine).to_bytes()
    heights = dict(
        zip(case.tables, (1 << h for h in cs.Proof.from_bytes(data).log_heights), strict=True)
    )
    bits = int(machine.security(heights).bits)
    plain = pure.read_statement(machine.statement(case.publics).to_json())
    machine.verify(data, case.publics, min_security=bits)
    pure.verify(plain, data, min_security=bits)
    with pytest.raises(cs.VerificationError) as refusal:
        machine.verify(data, case.publics, min_security=bits + 1)
    assert refusal.value.reason is Reason.SECURITY
    with pytest.raises(pure.Refused, match="fewer than"):
        pure.verify(plain, data, min_security=bits + 1)
    plain_bits = case.machine(queries=60, grinding=3).security(heights).bits
    layout = Layout(machine.verifying_key(), [h.bit_length() - 1 for h in heights.values()])
    # masks add coefficients to the final polynomial
    share = layout.final_length / layout.schedule.final_length
    assert (share > 1) == tall
    lost = 60 * math.log2(share) / 2
    assert plain_bits - lost - 1 < machine.security(heights).bits < plain_bits + 0.1
