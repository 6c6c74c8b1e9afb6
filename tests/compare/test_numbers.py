"""Statistics of the bench report against tables and simulated runs."""

from __future__ import annotations

import doctest
import math
import random

import pytest
from compare import machine, numbers, runs, show
from compare.numbers import linear_fit, paired_ratio, spread, t_quantile

#: Two-sided quantiles of Student's t as printed in tables: (degrees, confidence) -> t.
PRINTED = {
    (1, 0.90): 6.314, (1, 0.95): 12.706, (1, 0.99): 63.657,
    (2, 0.95): 4.303, (3, 0.95): 3.182, (4, 0.95): 2.776, (5, 0.95): 2.571,
    (5, 0.99): 4.032, (9, 0.90): 1.833, (10, 0.95): 2.228, (19, 0.95): 2.093,
    (30, 0.99): 2.750, (99, 0.95): 1.984,
}  # fmt: skip


@pytest.mark.parametrize("module", [machine, numbers, runs, show])
def test_examples(module):
    result = doctest.testmod(module)
    assert result.attempted and not result.failed


@pytest.mark.parametrize(("case", "t"), PRINTED.items())
def test_quantiles_are_the_printed_ones(case, t):
    assert t_quantile(*case) == pytest.approx(t, abs=6e-4)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = random.Random(5)
    hits, trials = 0, 2000
    for _ in range(trials):
        disturbance = [math.exp(rng.gauss(0, 0.3)) for _ in range(4)]
        base = [10 * d * math.exp(rng.gauss(0, 0.02)) for d in disturbance]
        head = [11 * d * math.exp(rng.gauss(0, 0.02)) for d in disturbance]
        ratio = paired_ratio(base, head)
        hits += ratio.low <= 1.1 <= ratio.high
    assert 0.93 <= hits / trials <= 0.97


def test_pairs_cancel_what_disturbs_both_runs():
    base = [1.0, 3.0, 1.5, 2.0]
    ratio = paired_ratio(base, [1.1 * value for value in base])
    assert ratio.value == pytest.approx(1.1)
    assert ratio.low == pytest.approx(1.1) and ratio.high == pytest.approx(1.1)
    assert spread(base) > 1


def test_one_pair_has_no_interval_unless_the_number_is_exact():
    assert paired_ratio([1.0], [2.0]).low is None
    assert not paired_ratio([1.0], [2.0]).excludes_one
    assert paired_ratio([1.0], [2.0], exact=True).excludes_one


def test_equal_numbers_exclude_nothing():
    ratio = paired_ratio([7, 7], [7, 7])
    assert (ratio.value, ratio.low, ratio.high) == (1.0, 1.0, 1.0)
    assert not ratio.excludes_one


@pytest.mark.parametrize("values", [([1.0, 0.0], [1.0, 1.0]), ([1.0, 1.0], [1.0, -2.0]), ([], [])])
def test_no_ratio_without_positive_numbers(values):
    assert paired_ratio(*values) is None


def test_unpaired_numbers_are_refused():
    with pytest.raises(ValueError):
        paired_ratio([1.0, 2.0], [1.0])


def test_the_line():
    fit = linear_fit([1, 2, 3, 4], [2.1, 3.9, 6.2, 7.8])
    assert fit.slope == pytest.approx(1.94) and fit.intercept == pytest.approx(0.15)
    # by hand: residuals 0.01, -0.13, 0.23, -0.11; the squares sum to 0.082, about the mean 18.9
    assert fit.r_squared == pytest.approx(1 - 0.082 / 18.9)
    assert linear_fit([1, 2, 3], [4, 4, 4]).r_squared == 1.0
