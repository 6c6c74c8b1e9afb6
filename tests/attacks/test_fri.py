"""FRI: what it is about, how long its polynomial is, and what joins on the way."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field
from cstark.kernels import _fri
from cstark.protocol import fri
from cstark.protocol.domain import Domain
from cstark.protocol.fri import FriProver, FriVerifier, OpenedLayer, domain_points
from cstark.protocol.schedule import fold_schedule
from cstark.protocol.stream import ProofWriter
from cstark.protocol.transcript import ALGORITHMS
from cstark.protocol.verifier import Verifier
from tests.attacks import false_statements
from tests.attacks.solving import fold
from tests.attacks.toolkit import BoldLiar, changed, forge, swapped, without


class LongFinal(BoldLiar):
    """Sends a final polynomial with as many coefficients as the last layer has points.

    A word on blowup * n points is always that of a polynomial with blowup * n coefficients.
    """

    def round_5_fri(self):
        with changed(fri, "interpolate", interpolate_everywhere):
            super().round_5_fri()


def interpolate_everywhere(word: np.ndarray, length: int = 0) -> np.ndarray:
    """Coefficients of the polynomial through all points of a word, by the plain formula."""
    _, blowup, rows = word.shape
    size = blowup * rows
    root = Domain(size.bit_length() - 1, 2, 3).generator  # of order `size`
    values = word.transpose(2, 1, 0).reshape(size, 3)  # position q + blowup * i
    inverse_size = pow(size, -1, cs.P)
    out = np.empty((size, 3), dtype=np.uint64)
    for k in range(size):
        turn, factor = pow(root, -k, cs.P), inverse_size
        total = [0, 0, 0]
        for value in values.tolist():
            total = [(t + factor * v) % cs.P for t, v in zip(total, value, strict=True)]
            factor = factor * turn % cs.P
        out[k] = total
    return out


def round_5_that_reads_more(self):
    """`Verifier.round_5_fri` with the length of the final polynomial that the prover likes."""
    before = self.layout.final_length
    self.layout.final_length = self.layout.schedule.final_length * self.layout.blowup
    honest_round_5(self)
    self.layout.final_length = before


honest_round_5 = Verifier.round_5_fri


@pytest.mark.parametrize(
    "options",
    [{}, {"final_length": 4}, {"zk": True, "tall": True, "queries": 5, "final_length": 8}],
)
def test_final_polynomial_too_long(options):
    pair = false_statements.fibonacci(**options)
    forged = forge(LongFinal, pair.false, pair.wrong)
    true, honest = pair.true, pair.honest()
    true.verify(honest)
    with without("body length"), changed(Verifier, "round_5_fri", round_5_that_reads_more):
        pair.false.verify(forged)
    with pytest.raises(cs.VerificationError) as refusal:
        pair.false.verify(forged)
    # the bytes are cut elsewhere: whatever is read then is not canonical, not the nonce, ...
    assert refusal.value.reason in (Reason.FORMAT, Reason.FINAL_POLYNOMIAL, Reason.GRINDING)


# ---- tables that join ---------------------------------------------------------------------


def fri_layout(log_heights, arity, final_length, blowup=2):
    """As much of a layout as FRI needs."""
    top = max(log_heights)
    schedule = fold_schedule(log_heights, arity, final_length)
    return SimpleNamespace(
        schedule=schedule, final_length=schedule.final_length,
        blowup=blowup, log_blowup=blowup.bit_length() - 1, log_max_height=top,
    )  # fmt: skip


def run_fri(layout, words, seed):
    """Commit to the words, draw, check: what `verify` makes of them."""
    algorithm = ALGORITHMS["blake3"]
    heard = {height: word.copy() for height, word in words.items()}
    layers, items = [], []
    stream = ProofWriter("blake3")
    transcript = stream.transcript
    transcript.absorb("seed", seed)
    prover = FriProver(algorithm, layout, words)
    prover.commit(stream)
    roots = stream.items
    bits = layout.log_max_height + layout.log_blowup
    positions = np.unique(np.array(transcript.positions("positions", 12, bits), dtype=np.int64))
    prover.open(positions, lambda _, data: items.append(data))
    verifier = FriVerifier(
        algorithm, layout, roots[:-1], prover.challenges, prover.final, positions,
        domain_points(layout, positions),
    )  # fmt: skip
    for opened in verifier.layers:
        assert isinstance(opened, OpenedLayer)
        layers.append(np.frombuffer(items[2 * len(layers)], dtype=np.uint64).reshape(-1, 3))
    siblings = [np.frombuffer(data, dtype=np.uint8).reshape(-1, 32) for data in items[1::2]]
    coset = positions >> layout.log_max_height
    row = positions & ((1 << layout.log_max_height) - 1)
    reduced = {
        height: np.ascontiguousarray(word[:, coset, row & ((1 << height) - 1)].T)
        for height, word in heard.items()
    }
    verifier.check(layers, siblings, reduced)


def random_word(log_height, blowup, low_degree, rng):
    n = 1 << log_height
    if not low_degree:
        return rng.integers(0, cs.P, (3, blowup, n), dtype=np.uint64)
    domain = Domain(log_height, blowup, 1)  # offset 1: the words live in y = x / h
    values = rng.integers(0, cs.P, (n, 3), dtype=np.uint64)
    return np.ascontiguousarray(np.array(domain.lde(values))[:, :, :3].transpose(2, 0, 1))


@pytest.mark.parametrize("arity", [2, 8])
def test_roll_in_without_a_fresh_factor(arity):
    """Two words, both far from low degree, whose errors cancel where the shorter one joins.

    The error of the tall word is e(y^a): it folds to a e. The short word is -a e, off by as much.
    In a whole proof the powers of gamma stand in the way as well: no two tables share one.
    """
    rng = np.random.default_rng(5)
    tall, short = 7, 7 - (arity.bit_length() - 1)
    layout = fri_layout([tall, short], arity, 4)

    def words(cheat):
        long, joining = (random_word(k, 2, True, rng) for k in (tall, short))
        if cheat:
            error = random_word(short, 2, False, rng)
            scaled = (error.astype(object) * arity % cs.P).astype(np.uint64)
            for j in range(arity):  # members of a group are a short height apart
                part = long[:, :, j << short : (j + 1) << short]
                part[:] = ((part.astype(object) + error) % cs.P).astype(np.uint64)
            joining = ((joining.astype(object) - scaled) % cs.P).astype(np.uint64)
        return {tall: long, short: np.ascontiguousarray(joining)}

    run_fri(layout, words(False), b"honest")
    forged = words(True)
    copy = {height: word.copy() for height, word in forged.items()}
    with pytest.raises(cs.VerificationError) as refusal:
        run_fri(layout, copy, b"forged")
    assert refusal.value.reason is Reason.FINAL_POLYNOMIAL

    def power(value, exponent):  # in fri.py, `power` makes the joining factor and nothing else
        return field.ONE

    namespace = {**vars(field), "power": power, "__name__": "field"}
    with swapped(field, SimpleNamespace(**namespace)):
        run_fri(layout, forged, b"forged")


def test_members_of_a_group_are_compared():
    """Every member of every opened group counts, not only those at the queries."""
    rng = np.random.default_rng(6)
    layout = fri_layout([6], 8, 4)
    for layer in (0, 1):
        words = {6: random_word(6, 2, True, rng)}
        honest = FriProver.open

        def open_changed(self, positions, write, layer=layer, honest=honest):
            def altered(item, data):
                if item == f"values of FRI layer {layer}" and data:
                    first = int.from_bytes(data[:8], "little")
                    data = ((first + 1) % cs.P).to_bytes(8, "little") + data[8:]
                write(item, data)

            honest(self, positions, altered)

        run_fri(layout, {6: words[6].copy()}, b"x")
        with changed(FriProver, "open", open_changed):
            if layer < layout.schedule.folds:
                with pytest.raises(cs.VerificationError) as refusal:
                    run_fri(layout, words, b"x")
                assert refusal.value.reason is Reason.FRI


def test_the_fold_is_that_of_the_definition():
    """The solver of the attacks and the prover's kernel agree on what a fold is."""
    rng = np.random.default_rng(8)
    word = random_word(4, 2, False, rng)
    challenge = (5, 6, 7)
    out = np.empty((3, 2, 2), dtype=np.uint64)
    _fri.fold(word, 8, np.array(challenge, dtype=np.uint64), out)
    root = Domain(4, 2, 1).shifts[1]  # order 32
    for q in range(2):
        for i in range(2):
            members = [tuple(word[:, q, i + 2 * j].tolist()) for j in range(8)]
            first = pow(root, q + 2 * i, cs.P)
            assert fold(members, first, challenge) == tuple(out[:, q, i].tolist())
