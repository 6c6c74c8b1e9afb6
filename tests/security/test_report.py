"""Properties of the report: what must never rise, what must hold at the best multiplicity."""

import dataclasses
import itertools
import json
import math
import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstark.errors import OptionsError
from cstark.protocol.schedule import fold_schedule
from cstark.security import (
    MAX_MULTIPLICITY,
    MIN_MULTIPLICITY,
    Shape,
    johnson,
    round_terms,
    security_report,
    solve,
    unique,
)
from cstark.security.terms import GRINDING_SITES


def make(log_heights, blowup=2, arity=8, log_final=7, **numbers):
    numbers = {"deep_terms": 600, "constraints": 300, "degree": 3} | numbers
    folds = fold_schedule(log_heights, arity, 2**log_final).arities
    return Shape(log_heights=tuple(log_heights), blowup=blowup, fold_arities=folds, **numbers)


blowups = st.sampled_from([2, 4, 8, 16, 32, 64])
heights = st.lists(st.integers(3, 26), min_size=1, max_size=6)
shapes = st.builds(
    make,
    heights,
    blowup=blowups,
    arity=st.sampled_from([2, 4, 8]),
    log_final=st.integers(0, 15),
    deep_terms=st.integers(4, 10_000),
    constraints=st.integers(0, 10_000),
    degree=st.integers(1, 65),
    fractions=st.just(0) | st.integers(1, 2**40),
    message_width=st.integers(0, 100),
)
query_counts = st.integers(1, 400)
grindings = st.integers(0, 40)


def both(shape, queries=220, grinding=16):
    result = security_report(shape, queries=queries, grinding=grinding)
    return result.unique_decoding.bits, result.list_decoding.bits


@given(shapes, query_counts, grindings)
@settings(max_examples=60, deadline=None)
def test_the_multiplicity_is_the_best_of_all(shape, queries, grinding):
    def least(m):
        return min(round_terms(shape, johnson(shape.blowup, m), queries, grinding).values())

    m = security_report(shape, queries=queries, grinding=grinding).list_decoding.multiplicity
    assert least(m) == max(map(least, range(MIN_MULTIPLICITY, MAX_MULTIPLICITY + 1)))


@given(shapes, query_counts, grindings)
def test_totals(shape, queries, grinding):
    result = security_report(shape, queries=queries, grinding=grinding)
    for part in (result.unique_decoding, result.list_decoding):
        assert list(part.terms)[-2:] == ["query", "hash"]
        assert part.terms["hash"] == 128.0
        assert part.bits == min(part.terms.values()) == part.terms[part.binding]
        rounds = [bits for name, bits in part.terms.items() if name != "hash"]
        assert min(rounds) - math.log2(len(rounds)) - 1e-9 <= part.sum_bits <= min(rounds) + 1e-9
        assert ("lookup" in part.terms) == (shape.fractions > 0)
        assert sum(name.startswith("fold[") for name in part.terms) == len(shape.fold_arities)
        assert all(math.isfinite(bits) for bits in part.terms.values())
    assert result.bits == max(result.unique_decoding.bits, result.list_decoding.bits)
    assert security_report(shape, queries=queries, regime="unique").regime.name == "unique"
    assert security_report(shape, queries=queries, regime="list").regime.name == "list"


@given(shapes, query_counts, grindings, st.integers(0, 100))
def test_queries_and_grinding_never_hurt(shape, queries, grinding, more):
    before = both(shape, queries, grinding)
    assert all(b >= a for a, b in zip(before, both(shape, queries + more, grinding), strict=True))
    assert all(b >= a for a, b in zip(before, both(shape, queries, grinding + more), strict=True))


@pytest.mark.parametrize(
    "name", ["deep_terms", "constraints", "degree", "fractions", "message_width", "points"]
)
@given(shapes, query_counts, st.integers(1, 1000))
@settings(max_examples=40, deadline=None)
def test_larger_numbers_never_help(name, shape, queries, more):
    if name == "points":
        more = 1
    try:
        larger = dataclasses.replace(shape, **{name: getattr(shape, name) + more})
    except OptionsError:  # three points need taller tables
        return
    before, after = both(shape, queries), both(larger, queries)
    assert all(b <= a for a, b in zip(before, after, strict=True))


@given(heights, st.data(), blowups, st.sampled_from([2, 4, 8]), st.integers(0, 15))
@settings(max_examples=200, deadline=None)
def test_options_resolved_at_the_tallest_heights_hold_below(lower, data, blowup, arity, log_final):
    """A machine resolves its options with all tables at the most they may have.

    The proof's own heights change the fold schedule and make words join, but no term that binds
    gets worse.  Every table has at least one column and one quotient chunk.
    """
    tallest = data.draw(st.integers(max(lower), 26))
    interactions = data.draw(st.lists(st.integers(0, 5), min_size=len(lower), max_size=len(lower)))
    numbers = {
        "deep_terms": data.draw(st.integers(2 * len(lower), 3000)),
        "constraints": data.draw(st.integers(1, 500)),
        "degree": data.draw(st.integers(1, blowup + 1)),
        "message_width": 4,
    }

    def at(heights):
        fractions = sum(n << h for n, h in zip(interactions, heights, strict=True))
        return make(heights, blowup, arity, log_final, fractions=fractions, **numbers)

    queries = data.draw(query_counts)
    worst, actual = both(at([tallest] * len(lower)), queries), both(at(lower), queries)
    assert all(b >= a for a, b in zip(worst, actual, strict=True))


@given(shapes, query_counts, grindings)
@settings(max_examples=30, deadline=None)
def test_data_and_text(shape, queries, grinding):
    result = security_report(shape, queries=queries, grinding=grinding)
    data = result.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["bits"] == result.bits and data["binding"] == result.binding
    assert data["regimes"]["list"]["multiplicity"] == result.list_decoding.multiplicity
    assert Shape(**data["shape"]) == shape
    text = str(result)
    assert all(f"  {name} " in text for name in result.unique_decoding.terms)
    assert pickle.loads(pickle.dumps(result)) == result


def test_display_rounds_down():
    shape = make([20], deep_terms=608)
    result = security_report(shape, queries=269, grinding=16, regime="unique")
    assert 127.6 < result.bits < 127.7 and str(result).startswith("127.6 proven bits")


def test_terms_by_hand():
    shape = make([10, 9], deep_terms=5, constraints=4, degree=3, fractions=100, message_width=3)
    assert shape.fold_arities == (2, 8) and shape.folds == ((2, 1024, True), (8, 128, False))
    p = 2**64 - 2**32 + 1
    expected = {
        "lookup": 100 * 5 / p**3,
        "constraints": 4 / p**3,
        "ood": (3 * 1025 + 1023) / (p**3 - p),
        "batching": 4 * 2048 / p**3,
        "fold[0]": 2 * 1024 / p**3,  # a table joins: one power more
        "fold[1]": 7 * 128 / p**3,
        "query": 0.75**100 / 2**16,
    }
    terms = round_terms(shape, unique(2), 100, 16)
    assert terms == pytest.approx({name: -math.log2(e) for name, e in expected.items()})


def test_nothing_to_combine_has_no_error():
    terms = round_terms(make([10], deep_terms=1, constraints=0), unique(2), 10, 0)
    assert list(terms) == ["ood", "fold[0]", "query"]


def test_list_size_is_above_both_bounds():
    for blowup in (2, 4, 8, 16, 32, 64):
        rho = 1 / blowup
        for m in range(MIN_MULTIPLICITY, MAX_MULTIPLICITY + 1):
            regime = johnson(blowup, m)
            a = regime.agreement
            counted = (a - rho) / (a * a - rho)  # by Cauchy-Schwarz, any alphabet
            published = (m + 0.5) / math.sqrt(rho)
            assert counted <= published <= regime.list_size


@pytest.mark.parametrize("blowup", [2, 4, 8])
def test_list_size_bound_on_random_words(blowup):
    """Brute force over a small field: never more candidates than the bound, of degree up to N."""
    p, degree, points = 11, 1, 10  # words of 10 points over F_11, lines through them
    rho = degree / points
    rng = np.random.default_rng(blowup)
    x = np.arange(points)
    lines = np.array([(a + b * x) % p for a in range(p) for b in range(p)])
    for _ in range(300):
        word = rng.integers(0, p, points)
        if rng.integers(2):  # near several lines at once
            picks = lines[rng.integers(0, len(lines), 3)]
            word = picks[rng.integers(0, 3, points), x]
        agree = (lines == word).sum(axis=1)
        for count in range(math.isqrt(int(rho * points**2)) + 1, points + 1):
            a = count / points
            if a * a > rho:
                assert (agree >= count).sum() <= (a - rho) / (a * a - rho) + 1e-9


def test_agreement_on_more_than_the_unique_radius_is_unique():
    """Of degree N, not N - 1: at (1 + rho)/2 there may be two candidates, above it one."""
    p, n, degree = 11, 8, 2  # rho = 1/4: N = 2, A n = 5
    x = np.arange(n)
    at = (1 + degree / n) / 2 * n
    assert at == 5.0
    first = (x * 0) % p
    second = ((x - 0) * (x - 1)) % p  # agrees with the first at N = 2 points
    word = np.where(x < 5, first, second)  # 5 with the first; 0, 1, 5, 6, 7 with the second
    assert (word == first).sum() == (word == second).sum() == 5
    quadratics = np.array(
        [(a + b * x + c * x * x) % p for a in range(p) for b in range(p) for c in range(p)]
    )
    rng = np.random.default_rng(1)
    words = [word, *rng.integers(0, p, (200, n))]
    words += [np.where(rng.random(n) < 0.5, *quadratics[rng.integers(0, len(quadratics), 2)])
              for _ in range(400)]  # fmt: skip
    for w in words:
        assert ((quadratics == w).sum(axis=1) > at).sum() <= 1


def test_independent_coefficients():
    powers = make([12, 12, 9], deep_terms=101, fractions=8)
    independent = dataclasses.replace(powers, batching="independent")
    for regime in (unique(2), johnson(2, 20)):
        one, other = (round_terms(s, regime, 9, 0) for s in (powers, independent))
        assert one.pop("batching") == pytest.approx(
            3 * math.log2(2**64 - 2**32 + 1) - math.log2(100 * regime.gap(2**13))
        )
        assert other.pop("batching") == pytest.approx(
            3 * math.log2(2**64 - 2**32 + 1) - math.log2(regime.gap(2**13) + regime.gap(2**10) + 1)
        )
        assert one == other
    with pytest.raises(OptionsError, match="batching"):
        dataclasses.replace(powers, batching="affine")


def test_grinding_counts_where_it_is():
    shape = make([20], deep_terms=608, fractions=2**20, message_width=4)
    plain = round_terms(shape, johnson(2, 50), 200, 0)
    for site in GRINDING_SITES:
        ground = round_terms(shape, johnson(2, 50), 200, 3, {site: 7})
        for name, bits in plain.items():
            more = 7 * (name.split("[")[0] == site) + 3 * (name == "query")
            assert ground[name] == pytest.approx(bits + more)
    result = security_report(shape, queries=230, grinding=16, grinding_elsewhere={"batching": 8})
    # A better batching term lets the multiplicity grow, which is searched over all terms.
    less = security_report(shape, queries=230, grinding=16)
    assert result.list_decoding.multiplicity > less.list_decoding.multiplicity
    assert "16 bits of grinding in the query term, 8 in the batching term" in str(result)
    assert result.to_dict()["grinding_elsewhere"] == {"batching": 8}


def test_heuristic_figures_are_labelled_and_decide_nothing():
    shape = make([20], deep_terms=608)
    result = security_report(shape, queries=100, grinding=16)
    assert min(result.heuristic.values()) > result.bits + 40
    assert "heuristic, unproven, used for nothing: random words 114" in str(result)
    assert set(result.to_dict()["heuristic_unproven"]) == {"random words", "capacity (refuted)"}
    assert solve(shape, 100, grinding=16).queries > 160  # 84 if the conjecture counted


def test_unique_needs_no_list_argument():
    shape = make([20, 12], deep_terms=608, fractions=2**22, message_width=5)
    result = solve(shape, 128, grinding=16, regime="unique")
    assert result.regime.regime.list_size == 1.0 and result.regime.multiplicity is None
    p3 = (2**64 - 2**32 + 1) ** 3
    assert result.regime.terms["lookup"] == pytest.approx(math.log2(p3) - math.log2(2**22 * 7))
    assert (0.75**result.queries) * 2**-16 <= 2**-128 < (0.75 ** (result.queries - 1)) * 2**-16


def test_html():
    result = security_report(make([20]), queries=230, grinding=16)
    html = result._repr_html_()
    assert "16 bits of grinding" in html and html.count("<tr>") == len(result._rows()) + 1


@pytest.mark.parametrize(("blowup", "shortest"), [(2, 3), (4, 2), (8, 1)])
def test_side_condition_sets_the_least_height(blowup, shortest):
    make([shortest, 10], blowup, log_final=0)
    with pytest.raises(OptionsError, match="too short"):
        make([shortest - 1, 10], blowup, log_final=0)


@pytest.mark.parametrize(
    "change",
    [
        {"log_heights": ()},
        {"log_heights": (33,)},
        {"log_heights": (32,)},  # times blowup: 2^33
        {"log_heights": (10.0,)},
        {"blowup": 1},
        {"blowup": 3},
        {"blowup": True},
        {"deep_terms": 0},
        {"constraints": -1},
        {"degree": 0},
        {"fractions": 1.5},
        {"fractions": 10**400},
        {"message_width": None},
        {"points": 0},
        {"tables": 0},
        {"fold_arities": (3,)},
        {"fold_arities": (1,)},
        {"fold_arities": (8, 8, 8, 8)},
        {"fold_arities": (8,), "log_heights": (10, 9)},  # jumped over
    ],
)
def test_impossible_shapes(change):
    numbers = {"log_heights": (10,), "blowup": 2, "deep_terms": 9, "constraints": 5, "degree": 2}
    Shape(**numbers, fold_arities=(8,))
    with pytest.raises(OptionsError, match=next(iter(change))):
        Shape(**numbers | {"fold_arities": (8,)} | change)


def test_tables_of_one_height_share_a_quotient():
    """With powers of one more challenge; the other terms do not know."""
    one = make([10], deep_terms=5, constraints=40, degree=3)
    many = make([10], deep_terms=5, constraints=40, degree=3, tables=25)
    for regime in (unique(2), johnson(2, 30)):
        before, after = round_terms(one, regime, 10, 0), round_terms(many, regime, 10, 0)
        expected = 3 * math.log2(2**64 - 2**32 + 1) - math.log2(regime.list_size * (40 + 25 - 1))
        assert after.pop("constraints") == pytest.approx(expected)
        assert before.pop("constraints") > expected
        assert before == after
        assert round_terms(many, regime, 10, 0, as_soundcalc=True) == round_terms(
            one, regime, 10, 0, as_soundcalc=True
        )


@pytest.mark.parametrize("constraints", [1, 2, 3])
@pytest.mark.parametrize("tables", [1, 2, 3])
def test_pairs_of_challenges_that_hide_a_violation(constraints, tables):
    """Counted in a small field: at most C + T - 2 in p, and nearly so many for the worst."""
    p, rng = 13, random.Random(constraints + 10 * tables)
    pairs = list(itertools.product(range(p), repeat=2))
    places = list(itertools.product(range(tables), range(constraints)))

    def hidden(violations):
        return sum(
            sum(violations[t, j] * delta**t * beta**j for t, j in places) % p == 0
            for delta, beta in pairs
        )

    for _ in range(20):
        violations = {place: rng.randrange(p) for place in places}
        if any(violations.values()):
            assert hidden(violations) <= (constraints + tables - 2) * p
    # (delta - 1) ... (delta - T + 1) (beta - 1) ... (beta - C + 1)
    in_delta, in_beta = ([1], [1])
    for factors, count in ((in_delta, tables), (in_beta, constraints)):
        for root in range(1, count):
            factors[:] = [
                below - root * same
                for below, same in zip([0, *factors], [*factors, 0], strict=True)
            ]
    worst = {(t, j): in_delta[t] * in_beta[j] for t, j in places}
    assert hidden(worst) == (constraints + tables - 2) * p - (constraints - 1) * (tables - 1)


@pytest.mark.parametrize(
    "change",
    [
        {"queries": 0},
        {"queries": 1.5},
        {"queries": True},
        {"grinding": -1},
        {"grinding": None},
        {"regime": "johnson"},
        {"regime": None},
        {"grinding_elsewhere": {"lookup": -1}},
        {"grinding_elsewhere": {"query": 3}},
    ],
)
def test_bad_arguments(change):
    with pytest.raises(OptionsError, match=next(iter(change))):
        security_report(make([10]), **{"queries": 5} | change)
