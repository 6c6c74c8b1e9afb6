"""The whole protocol over 193 elements: what proofs of two witnesses show, and a simulator's.

All three have one distribution, so two samples of any statistic agree; the numbers of the samples
are fixed, so that a test that passes does so always.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.oracles.tiny import Challenges, Model, P

ONES = np.ones(16, dtype=np.int64)
MIXED = np.array([1, 2, 3, 1, 3, 3, 2, 1, 1, 1, 2, 3, 3, 2, 2, 1])
WITNESSES = [(sent, np.sort(sent)[:8], np.sort(sent)[8:]) for sent in (ONES, MIXED)]
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


def views(coset, proofs, without=(), seed=7):
    model = Model(
        Challenges(np.random.default_rng(coset), coset), np.random.default_rng(seed), without
    )
    made = [model.real(witness, proofs) for witness in WITNESSES]
    return model, [*made, model.simulated(proofs)]


@pytest.mark.parametrize("coset", range(4))  # of the first two a chunk shows the quotient itself
def test_all_are_accepted_and_nothing_else_is(coset):
    model, found = views(coset, 20)
    for made in found:
        assert model.accepts(made).all()
        changed = np.repeat(made[None], made.shape[1], axis=0)
        for place, views_changed in enumerate(changed):
            views_changed[:, place] = (views_changed[:, place] + 1) % P
        assert not model.accepts(changed.reshape(-1, made.shape[1])).any()


def compare(coset, proofs):
    _, (first, second, simulated) = views(coset, proofs)
    assert worst(first, second) < LARGEST
    assert worst(first, simulated) < LARGEST
    assert worst(second, simulated) < LARGEST


@pytest.mark.parametrize("coset", [0, 2])
def test_two_witnesses_and_the_simulator_look_alike(coset):
    compare(coset, 600)


@pytest.mark.nightly
@pytest.mark.parametrize("coset", range(4))
def test_ten_thousand_proofs_look_alike(coset):
    compare(coset, 10_000)


@pytest.mark.parametrize("masks", [("main",), ("lookup", "sums"), ("sums",), ("word",), ("top",)])
def test_masks_that_are_left_out_are_seen(masks):
    """That of chunks is not, by statistics: ranks tell (`test_masks`).

    Nor is that of lookup columns alone: masks of sums move the accumulator on every row, so that
    single numbers of it are uniform, and two of them; not all that are shown.
    """
    _, (first, second, simulated) = views(2, 400, masks)
    assert max(worst(first, simulated), worst(first, second)) > 20
