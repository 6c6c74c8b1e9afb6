"""Pins, and the terms of several proofs together."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from cstark.errors import OptionsError
from cstark.field import P
from cstark.security import (
    FIELD_BITS,
    Regime,
    Shape,
    johnson,
    joint_report,
    round_terms,
    security_report,
    solve,
    unique,
)

NUMBERS = {"deep_terms": 1000, "constraints": 300, "degree": 3, "message_width": 8, "points": 3}


def pinned(log_height=21, fractions=2**35, columns=600, **changes):
    numbers = {**NUMBERS, "fractions": fractions, "pinned_columns": columns, **changes}
    return Shape(log_heights=(log_height,), blowup=2, **numbers)


def with_lists(size):
    return Regime("list", 0.75, list_size=size, slope=1.0, offset=0.0, multiplicity=3)


def test_the_published_numbers():
    """L = 180 at 2^21 rows: 157 bits a shard, 150.4 for 96; 153.7 for 2^35 messages of 8 values."""
    terms = round_terms(pinned(), with_lists(180.0), 230, 16)
    assert list(terms)[:2] == ["pin", "lookup"]
    assert terms["pin"] == pytest.approx(157.0, abs=0.05)
    assert terms["pin"] - math.log2(96) == pytest.approx(150.4, abs=0.05)
    assert terms["lookup"] == pytest.approx(153.7, abs=0.05)
    # without pins each shard would take a factor L: of 153.7 bits 180 are gone at 24 shards
    unpinned = round_terms(pinned(columns=0), with_lists(180.0), 230, 16)
    assert unpinned["lookup"] == pytest.approx(terms["lookup"] - math.log2(180))
    assert 24 * math.log2(180) == pytest.approx(180, abs=1)


@pytest.mark.parametrize("m", [3, 17, 300])
def test_the_terms_by_hand(m):
    shape, regime = pinned(log_height=12, columns=77), johnson(2, m)
    terms = round_terms(shape, regime, 10, 0)
    zeros = regime.list_size**2 / 2 * (77 + 2**12 + 3 - 2)
    assert terms["pin"] == pytest.approx(math.log2(P**3 - P) - math.log2(zeros))
    assert terms["lookup"] == pytest.approx(FIELD_BITS - math.log2(2**35 * 10))
    plain = round_terms(pinned(log_height=12, columns=0), regime, 10, 0)
    assert "pin" not in plain
    later = {name: bits for name, bits in terms.items() if name not in ("pin", "lookup")}
    assert later == {name: bits for name, bits in plain.items() if name != "lookup"}


def test_masks_raise_the_degree_that_a_pin_counts():
    """521 coefficients on a last layer of 512 let degrees be below 4,168 at a height of 4,096."""
    shape = pinned(log_height=12, columns=77, fold_arities=(8,), final_length=521)
    regime = johnson(2, 17, shape.rate)
    zeros = regime.list_size**2 / 2 * (77 + 4168 + 3 - 2)
    terms = round_terms(shape, regime, 10, 0)
    assert terms["pin"] == pytest.approx(math.log2(P**3 - P) - math.log2(zeros))
    unmasked = pinned(log_height=12, columns=77, fold_arities=(8,))
    assert round_terms(unmasked, regime, 10, 0)["pin"] > terms["pin"]


def test_unique_decoding_has_one_candidate_anyway():
    assert round_terms(pinned(), unique(2), 10, 0)["lookup"] == pytest.approx(
        round_terms(pinned(columns=0), unique(2), 10, 0)["lookup"]
    )


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("degree", [0, 1, 2])
def test_pairs_of_challenges_that_a_pin_does_not_tell_apart(columns, degree):
    """Counted in a small field: at most columns - 1 + degree in p, and so many for the worst."""
    p, rng = 13, random.Random(columns + 10 * degree)
    pairs = list(itertools.product(range(p), repeat=2))

    def equal(differences):
        return sum(
            sum(
                coefficient * eta**c * omega**k
                for c, column in enumerate(differences)
                for k, coefficient in enumerate(column)
            )
            % p
            == 0
            for eta, omega in pairs
        )

    for _ in range(20):
        differences = [[rng.randrange(p) for _ in range(degree + 1)] for _ in range(columns)]
        if any(map(any, differences)):
            assert equal(differences) <= (columns - 1 + degree) * p
    by_eta = [[0] * (degree + 1) for _ in range(columns)]  # eta^(columns-1) - eta^0: few roots
    by_eta[0][0], by_eta[-1][degree] = p - 1, 1
    assert (columns == 1 and degree == 0) or equal(by_eta) > 0


def test_a_joint_report_is_the_least_and_the_sum():
    shapes = [pinned(log_height=height) for height in (21, 18, 20)]
    reports = [security_report(shape, queries=215, grinding=16) for shape in shapes]
    joint = joint_report(reports)
    assert joint.bits == min(report.bits for report in reports)
    number, term = joint.binding
    assert reports[number].regime.terms[term] == joint.bits
    errors = [
        2.0**-bits
        for report in reports
        for name, bits in report.regime.terms.items()
        if name not in ("hash", "lookup")
    ]
    errors.append(2.0 ** -min(report.regime.terms["lookup"] for report in reports))
    assert joint.sum_bits == pytest.approx(-math.log2(sum(errors)))
    assert f"{len(reports)} shards together" in str(joint)
    alone = joint_report(reports[:1])
    assert alone.sum_bits == pytest.approx(reports[0].sum_bits)
    assert alone.bits == reports[0].bits


def test_more_shards_cost_the_sum_and_not_the_least():
    one = security_report(pinned(), queries=232, grinding=16)
    few, many = joint_report([one] * 4), joint_report([one] * 64)
    assert few.bits == many.bits == one.bits
    assert few.sum_bits - many.sum_bits == pytest.approx(4, abs=0.01)  # 16 times the shards


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([], "there must be one"),
        ([pinned(), pinned(columns=0)], "1 uses list decoding without pins"),
        ([pinned(columns=0)] * 2, "0 uses list decoding without pins"),
        ([pinned(), pinned(fractions=2**34)], "1 counts 17179869184 messages"),
        ([pinned(), pinned(message_width=9)], "1 counts .* of 9 values, but 0 counts .* of 8"),
    ],
)
def test_shards_that_do_not_belong_together(shapes, message):
    reports = [security_report(shape, queries=230, grinding=16) for shape in shapes]
    with pytest.raises(OptionsError, match=message):
        joint_report(reports)


def test_without_lists_no_pin_is_needed():
    shape = pinned(columns=0)
    report = security_report(shape, queries=270, grinding=16, regime="unique")
    assert joint_report([report] * 9).bits == report.bits
    assert joint_report([security_report(shape, queries=230, grinding=16)]).bits > 0


def test_the_solver_and_the_report_know_pins():
    report = solve(pinned(), 128, grinding=16)
    assert "pin" in str(report) and report.to_dict()["shape"]["pinned_columns"] == 600
    with pytest.raises(OptionsError, match="pinned_columns: must be an int, at least 0"):
        pinned(columns=-1)
    with pytest.raises(OptionsError, match=r"the pin term has .* use fewer columns"):
        solve(pinned(columns=2**60, fractions=1), 128, grinding=16, regime="list")
