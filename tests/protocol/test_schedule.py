"""The fold schedule against its three rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.errors import OptionsError, StatementError
from cstark.protocol.schedule import fold_schedule


@pytest.mark.parametrize(
    ("heights", "arity", "final", "layers"),
    [
        ([20], 8, 128, (20, 17, 14, 11, 8, 5)),
        ([20], 8, 32, (20, 17, 14, 11, 8, 5)),
        ([20], 8, 31 + 1, (20, 17, 14, 11, 8, 5)),
        ([20], 2, 2**15, (20, 19, 18, 17, 16, 15)),
        ([20], 4, 1, (20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0)),
        ([10], 8, 1, (10, 7, 4, 1, 0)),  # the last step is limited by the height
        ([7], 8, 128, (7,)),  # nothing to fold
        ([3, 7], 8, 128, (7, 4, 3)),  # a short table folds the tall one down to its height
        ([3, 3], 8, 128, (3,)),
        ([20, 19], 8, 128, (20, 19, 16, 13, 10, 7)),
        ([20, 18], 8, 128, (20, 18, 15, 12, 9, 6)),
        ([20, 17, 17, 12, 3], 8, 128, (20, 17, 14, 12, 9, 6, 3)),
    ],
)
def test_known_schedules(heights, arity, final, layers):
    schedule = fold_schedule(heights, arity, final)
    assert schedule.layers == layers
    assert schedule.final_length == 2 ** layers[-1]


heights = st.lists(st.integers(0, 26), min_size=1, max_size=8)
log_finals = st.integers(0, 15)


@given(heights, st.sampled_from([2, 4, 8]), log_finals)
def test_rules(log_heights, arity, log_final):
    schedule = fold_schedule(iter(log_heights), arity, 2**log_final)
    layers, steps = schedule.layers, schedule.log_arities
    assert schedule.folds == len(steps) == len(layers) - 1 == len(schedule.joins) - 1
    assert schedule.arities == tuple(2**step for step in steps)
    assert layers[0] == max(log_heights) and layers[-1] >= 0
    assert all(a - step == b for a, step, b in zip(layers[:-1], steps, layers[1:], strict=True))
    assert all(2 <= folded <= arity for folded in schedule.arities)

    # Every table joins once, at the layer of its own height.
    assert [j for j in schedule.joins if j is not None] == sorted(set(log_heights), reverse=True)
    for layer, joined in enumerate(schedule.joins):
        assert joined in (None, layers[layer])
        if joined is not None:
            assert schedule.layer_of(joined) == layer

    # A fold is cut short only by a height that joins right after it, or by the end.
    for layer, folded in enumerate(schedule.arities):
        if folded < arity:
            assert schedule.joins[layer + 1] is not None or layers[layer + 1] == 0

    # It stops at the first layer where it may.
    def may_stop(layer):
        return layers[layer] <= min(min(log_heights), log_final)

    assert [may_stop(layer) for layer in range(len(layers))] == [False] * len(steps) + [True]


@given(heights, st.sampled_from([2, 4, 8]), log_finals, st.randoms())
def test_order_and_repetition_do_not_matter(log_heights, arity, log_final, random):
    expected = fold_schedule(log_heights, arity, 2**log_final)
    shuffled = log_heights * 2
    random.shuffle(shuffled)
    assert fold_schedule(shuffled, arity, 2**log_final) == expected


def test_layer_of_an_absent_height():
    schedule = fold_schedule([10, 4], 8, 1)
    for absent in (7, None):
        with pytest.raises(KeyError):
            schedule.layer_of(absent)


@pytest.mark.parametrize("bad", [[], [33], [-1], [3.0], ["3"], [True], [None]])
def test_bad_heights(bad):
    with pytest.raises(StatementError):
        fold_schedule(bad, 8, 128)


@pytest.mark.parametrize(
    ("arity", "final"), [(3, 128), (16, 128), (8.0, 128), (True, 128), (8, 0), (8, 3), (8, 128.0)]
)
def test_bad_options(arity, final):
    with pytest.raises(OptionsError):
        fold_schedule([5], arity, final)
