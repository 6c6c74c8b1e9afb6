"""The solver finds the least number of queries, or says why there is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstark.errors import OptionsError
from cstark.limits import MAX_QUERIES, MAX_SECURITY
from cstark.protocol import options
from cstark.security import Shape, security_report, solve

SHAPE = Shape(log_heights=(20,), blowup=2, deep_terms=608, constraints=300, degree=3)
targets = st.integers(1, 128)
regimes = st.sampled_from(["best", "unique", "list"])
shapes = st.builds(
    Shape,
    log_heights=st.tuples(st.integers(3, 26)),
    blowup=st.sampled_from([2, 4, 8, 16, 32, 64]),
    deep_terms=st.integers(2, 10_000),
    constraints=st.integers(0, 10_000),
    degree=st.integers(1, 65),
    fractions=st.integers(0, 2**60),
    message_width=st.integers(0, 100),
)


def test_limits_agree_with_the_options():
    assert (options.MAX_QUERIES, options.MAX_SECURITY) == (MAX_QUERIES, MAX_SECURITY)


@given(shapes, targets, st.integers(0, 40), regimes)
@settings(max_examples=150, deadline=None)
def test_least_number_of_queries(shape, target, grinding, regime):
    try:
        result = solve(shape, target, grinding=grinding, regime=regime)
    except OptionsError as error:
        most = security_report(shape, queries=MAX_QUERIES, grinding=grinding, regime=regime)
        assert most.bits < target
        assert f"the {most.binding} term" in str(error)
        return
    assert result.bits >= target and result.grinding == grinding
    queries = result.queries
    assert result == security_report(shape, queries=queries, grinding=grinding, regime=regime)
    if result.queries > 1:
        fewer = security_report(shape, queries=result.queries - 1, grinding=grinding, regime=regime)
        assert fewer.bits < target


@given(shapes, targets)
@settings(max_examples=50, deadline=None)
def test_best_needs_no_more_than_either_regime(shape, target):
    def queries(regime):
        try:
            return solve(shape, target, regime=regime).queries
        except OptionsError:
            return MAX_QUERIES + 1

    assert queries("best") == min(queries("unique"), queries("list"))


def test_128_is_reached_exactly_because_of_the_hash():
    result = solve(SHAPE, 128, grinding=16)
    assert result.bits == 128.0 and result.binding == "hash"
    assert 126.5 < result.sum_bits < 128.5


@pytest.mark.parametrize("target", [0, -1, 129, 256, 100.0, "100", None, True])
def test_bad_targets(target):
    with pytest.raises(OptionsError, match=r"^security"):
        solve(SHAPE, target)


def test_above_128_the_digest_is_named():
    with pytest.raises(OptionsError, match=r"security=129: at most 128.*256-bit digests"):
        solve(SHAPE, 129)


@pytest.mark.parametrize(
    ("change", "term"),
    [
        ({"fractions": 2**70, "message_width": 14}, "lookup"),
        ({"deep_terms": 2**60}, "batching"),
        ({"constraints": 2**80}, "constraints"),
        ({"degree": 2**80}, "ood"),
    ],
)
def test_unreachable_targets_name_the_term_that_binds(change, term):
    numbers = {"log_heights": (20,), "blowup": 2, "deep_terms": 9, "constraints": 5, "degree": 2}
    shape = Shape(**numbers | change)
    pattern = rf"security=128 is out of reach .* the {term} term has 1?\d\d\.\d bits"
    with pytest.raises(OptionsError, match=pattern):
        solve(shape, 128, grinding=16)
