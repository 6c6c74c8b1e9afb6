"""Options: what is refused, how they resolve, and the canonical form of the resolved ones."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.errors import OptionsError
from cstark.protocol.options import Options, ResolvedOptions
from cstark.security import Shape, security_report

REFUSED = {
    "blowup": [0, 1, 3, -2, 128, 2.0, "2", None, True],
    "security": [0, -1, 129, 256, 100.0, "128", None, True],
    "regime": ["list", "Best", "", None, 1, b"best"],
    "hash": ["blake2", "BLAKE3", "sha3", "", None, 0, b"blake3"],
    "grinding": [-1, 41, 64, 16.0, "16", None, True, False],
    "queries": [0, -1, 1025, 2**64, 100.0, "100", True],
    "fri_arity": [0, 1, 3, 6, 16, -8, 8.0, "8", None, True],
    "final_length": [0, 3, 100, 2**16, -1, 128.0, "128", True],
    # 7^((p-1)/2^32) has order 2^32; so do p - 1 (order 2) and 1 divide it.
    "coset_offset": [0, 1, 2**64 - 2**32, 2**64 - 2**32 + 1, 1753635133440165772, -3, 3.0, True],
    "max_log_height": [2, 0, -1, 32, 64, 24.0, "24", None, True],
}
HOSTILE = [None, True, 1.0, -1, 0, 2**64, 10**5000, "", "x" * 10**6, [], {}]
RESOLVED = ResolvedOptions(
    blowup=2,
    queries=227,
    grinding=16,
    hash="blake3",
    fri_arity=8,
    final_length=128,
    coset_offset=3,
    max_log_height=24,
)


def shape(log_height=20, blowup=2, **changes):
    numbers = {"deep_terms": 608, "constraints": 300, "degree": 3, "fold_arities": (8,) * 4}
    return Shape(log_heights=(log_height,), blowup=blowup, **{**numbers, **changes})


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in REFUSED.items() for v in vs])
def test_refused_values_name_the_option(name, value):
    with pytest.raises(OptionsError, match=f"^{name}="):
        Options(**{name: value})


def test_height_times_blowup_is_bounded():
    assert Options(blowup=2, max_log_height=31).max_log_height == 31
    assert Options(blowup=64, max_log_height=26).blowup == 64
    with pytest.raises(OptionsError, match=r"^max_log_height=27: at most 26 with blowup=64"):
        Options(blowup=64, max_log_height=27)


def test_numpy_integers_become_ints():
    options = Options(blowup=np.int64(4), queries=np.uint8(30), fri_arity=np.int32(4))
    assert options == Options(blowup=4, queries=30, fri_arity=4)
    assert all(type(v) is int for v in (options.blowup, options.queries, options.fri_arity))
    with pytest.raises(OptionsError):
        Options(blowup=np.bool_(True))


def test_options_are_frozen_and_pickle():
    options = Options(blowup=8, hash="keccak256")
    with pytest.raises(AttributeError):
        options.blowup = 2
    assert pickle.loads(pickle.dumps(options)) == options
    assert hash(options) == hash(Options(blowup=8, hash="keccak256"))
    assert pickle.loads(pickle.dumps(RESOLVED)) == RESOLVED


@pytest.mark.parametrize("blowup", [2, 4, 8, 16])
@pytest.mark.parametrize("regime", ["best", "unique"])
@pytest.mark.parametrize("security", [1, 80, 100, 128])
def test_resolve_reaches_the_target_with_the_fewest_queries(blowup, regime, security):
    options = Options(blowup=blowup, regime=regime, security=security)
    resolved = options.resolve(shape(blowup=blowup))

    def bits(queries):
        at = shape(blowup=blowup)
        return security_report(at, queries=queries, grinding=16, regime=regime).bits

    assert bits(resolved.queries) >= security
    assert resolved.queries == 1 or bits(resolved.queries - 1) < security
    assert resolved.grinding == 16 and resolved.hash == "blake3" and resolved.zk is False


def test_given_queries_override_the_target():
    assert Options(queries=7).resolve(shape()).queries == 7


def test_resolve_refuses_another_machine():
    with pytest.raises(OptionsError, match="blowup=2: the shape has blowup 4"):
        Options().resolve(shape(blowup=4))
    with pytest.raises(OptionsError, match="max_log_height=19"):
        Options(max_log_height=19).resolve(shape(20))


def test_unreachable_target_names_the_binding_term():
    with pytest.raises(OptionsError, match=r"security=128.*lookup.*bits"):
        Options().resolve(shape(fractions=2**70, message_width=16))


def test_data_is_canonical_and_json():
    data = RESOLVED.to_data()
    assert json.loads(json.dumps(data)) == data
    assert ResolvedOptions.from_data(data) == RESOLVED
    assert list(data) == [
        "blowup", "queries", "grinding", "hash", "fri_arity", "final_length", "coset_offset",
        "max_log_height", "zk",
    ]  # fmt: skip


@pytest.mark.parametrize("name", list(RESOLVED.to_data()))
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_data_is_refused(name, value):
    data = RESOLVED.to_data() | {name: value}
    if (name, value) == ("grinding", 0) and type(value) is int:
        assert ResolvedOptions.from_data(data).grinding == 0
        return
    with pytest.raises(OptionsError) as caught:
        ResolvedOptions.from_data(data)
    assert name in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("data", [None, [], "{}", 3, {}])
def test_data_of_another_kind_is_refused(data):
    with pytest.raises(OptionsError, match="options: "):
        ResolvedOptions.from_data(data)


def test_missing_and_unknown_fields_are_refused():
    data = RESOLVED.to_data()
    del data["zk"]
    with pytest.raises(OptionsError, match="zk missing"):
        ResolvedOptions.from_data(data)
    for key in ("salt", 3, None, "k" * 10**6):
        with pytest.raises(OptionsError, match="is no option"):
            ResolvedOptions.from_data(RESOLVED.to_data() | {key: 1})


def test_numpy_and_subclasses_are_refused_in_data():
    for name, value in [("blowup", np.int64(2)), ("hash", np.str_("blake3")), ("zk", 0)]:
        with pytest.raises(OptionsError, match=f"^{name}="):
            ResolvedOptions.from_data(RESOLVED.to_data() | {name: value})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(RESOLVED.to_data())), json_values) | json_values)
def test_from_data_raises_nothing_else(changes):
    data = RESOLVED.to_data() | changes if isinstance(changes, dict) else changes
    try:
        options = ResolvedOptions.from_data(data)
    except OptionsError:
        return
    assert options.to_data() == data
