"""The whole protocol over 193 elements: what proofs of two witnesses show, and a simulator's.

All three have one distribution, so two samples of any statistic agree; the numbers of the samples
are fixed, so that a test that passes does so always.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.oracles.tiny import QUERIES, SHORT, TALL, Challenges, Model
from tests.oracles.tiny_field import P, at

ONES = np.ones(16, dtype=np.int64)
MIXED = np.array([1, 2, 3, 1, 3, 3, 2, 1, 1, 1, 2, 3, 3, 2, 2, 1])
FOURS = np.array([1, 2, 1, 3, 1, 3, 2, 1, 1, 3, 2, 1, 1, 2, 3, 1])  # of each a multiple of four
WITNESSES = {
    TALL: [(sent, np.sort(sent)[:8], np.sort(sent)[8:]) for sent in (ONES, MIXED)],
    SHORT: [(ONES[:8], ONES[:4], ONES[:8]), (FOURS[:8], np.sort(FOURS)[::4], FOURS[8:])],
}
FORMS = 300
# A statistic of 192 degrees of freedom, less its mean, over its deviation: of a thousand such
# numbers the largest is above 5.5 once in a thousand samples.
LARGEST = 5.5


def worst(one: np.ndarray, other: np.ndarray, seed: int = 0) -> float:
    """The largest two-sample statistic of all numbers, of random sums, and of sums of two."""
    rng = np.random.default_rng(seed)
    width = one.shape[1]
    forms = [np.eye(width, dtype=np.int64), rng.integers(0, P, (FORMS, width))]
    pairs = np.zeros((FORMS, width), dtype=np.int64)
    for row in pairs:
        row[rng.choice(width, 2, replace=False)] = rng.integers(1, P, 2)
    matrix = np.concatenate([*forms, pairs]).T
    found = []
    for a, b in zip((one @ matrix % P).T, (other @ matrix % P).T, strict=True):
        first, second = np.bincount(a, minlength=P), np.bincount(b, minlength=P)
        both = first + second
        seen = both > 0
        if seen.sum() == 1:
            continue  # the same number always, in both: an identity that all satisfy
        statistic = ((first - second)[seen] ** 2 / both[seen]).sum()
        degrees = seen.sum() - 1
        found.append((statistic - degrees) / np.sqrt(2 * degrees))
    return float(max(found))


both = pytest.mark.parametrize("tables", [TALL, SHORT], ids=["tall", "short"])


def views(tables, coset, proofs, without=(), seed=7):
    challenges = Challenges(np.random.default_rng(coset), coset)
    model = Model(challenges, np.random.default_rng(seed), without, tables)
    made = [model.real(witness, proofs) for witness in WITNESSES[tables]]
    return model, [*made, model.simulated(proofs)]


@both
@pytest.mark.parametrize("coset", range(4))  # of the first two a chunk shows the quotient itself
def test_all_are_accepted_and_nothing_else_is(tables, coset):
    model, found = views(tables, coset, 20)
    for made in found:
        assert model.accepts(made).all()
        changed = np.repeat(made[None], made.shape[1], axis=0)
        for place, views_changed in enumerate(changed):
            views_changed[:, place] = (views_changed[:, place] + 1) % P
        assert not model.accepts(changed.reshape(-1, made.shape[1])).any()


def compare(tables, coset, proofs):
    _, (first, second, simulated) = views(tables, coset, proofs)
    assert worst(first, second) < LARGEST
    assert worst(first, simulated) < LARGEST
    assert worst(second, simulated) < LARGEST


@both
@pytest.mark.parametrize("coset", [0, 2])
def test_two_witnesses_and_the_simulator_look_alike(tables, coset):
    compare(tables, coset, 600)


@pytest.mark.nightly
@both
@pytest.mark.parametrize("coset", range(4))
def test_ten_thousand_proofs_look_alike(tables, coset):
    compare(tables, coset, 10_000)


@both
@pytest.mark.parametrize("masks", [("main",), ("lookup", "sums"), ("sums",), ("word",), ("top",)])
def test_masks_that_are_left_out_are_seen(tables, masks):
    """Those of chunks and pieces are not, by statistics: see below, and `test_masks`.

    Nor is that of lookup columns alone: masks of sums move the accumulator on every row, so that
    single numbers of it are uniform, and two of them; not all that are shown.
    """
    _, (first, second, simulated) = views(tables, 2, 400, masks)
    assert max(worst(first, simulated), worst(first, second)) > 20


@both
@pytest.mark.parametrize("coset", [0, 2])
@pytest.mark.parametrize("fewer", [0, 1])
def test_what_is_shown_of_a_quotient_hides_it(tables, coset, fewer):
    """Of given values of the quotient, each of its parts may have any: a count of dimensions."""
    challenges = Challenges(np.random.default_rng(coset), coset)
    for code, whole in enumerate(Model(challenges, np.random.default_rng(0), (), tables).quotients):
        parts = replace(whole, mask=whole.mask - fewer)
        hidden = 3 * (len(parts.names) - 1) * (QUERIES + 1)  # all but what the others and Q say
        basis = np.eye(hidden, dtype=np.int64)
        taken = 0

        def one_by_one(_, proofs, *shape, basis=basis):
            nonlocal taken
            taken += (count := int(np.prod(shape)))
            return basis[:, taken - count : taken].reshape(proofs, *shape)

        made = parts.commit(np.zeros((hidden, 40, 3), dtype=np.int64), one_by_one)
        points = challenges.x(code), challenges["zeta"]
        shown = np.concatenate([at(made[n], x) for x in points for n in parts.names], axis=1)
        assert rank(shown) == taken
        assert (taken == hidden) == (not fewer)


def rank(matrix: np.ndarray) -> int:
    """Modulo 193."""
    rest, found = matrix.copy(), 0
    for column in range(rest.shape[1]):
        [places] = np.nonzero(rest[found:, column])
        if len(places):
            rest[[found, found + places[0]]] = rest[[found + places[0], found]]
            own = rest[found] * pow(int(rest[found, column]), -1, P) % P
            rest[found + 1 :] = (rest[found + 1 :] - rest[found + 1 :, column, None] * own) % P
            found += 1
    return found
