"""Constants of programs against Python integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstark import field
from cstark.field import P
from cstark.program import Challenges, _binding
from cstark.program.scalars import ScalarNode, Scalars

WORDS = st.one_of(
    st.sampled_from([0, 1, 2, P - 1, P - 2, 1 << 32, (1 << 32) - 1]), st.integers(0, P - 1)
)
TRIPLES = st.tuples(WORDS, WORDS, WORDS)
TERMS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=4).map(tuple)
CLASS = st.integers(0, 3)
CONSTANTS = st.one_of(
    st.just(("zero",)),
    st.just(("mean",)),
    st.tuples(st.just("fingerprint"), st.sampled_from(["a", "b"]), TERMS),
    st.tuples(st.just("offset"), CLASS, TERMS),
    st.tuples(st.just("ratio"), st.integers(0, 5), CLASS, CLASS),
)
WEIGHTS = st.one_of(
    st.tuples(st.just("alpha"), st.integers(0, 5), st.integers(0, 3)),
    st.tuples(st.just("unit"), st.integers(0, 2), st.integers(0, 3)),
    st.tuples(st.just("beta"), st.integers(0, 5), CLASS, st.integers(0, 2), st.integers(0, 3)),
)
FACTORS = st.tuples(*[st.integers(1, P - 1)] * 4)


def constant(recipe, scalars, c):
    """An extension constant by the list in `cstark.program.encode`."""

    def total(terms, base, weight=field.ONE):
        value = field.ZERO
        for power, number in terms:
            term = field.mul(weight, field.power(base, power))
            value = field.add(value, field.scale(term, scalars[number]))
        return value

    kind, *rest = recipe
    if kind == "fingerprint":
        bus, terms = rest
        return field.sub(field.sub(c.z, field.lift(c.bus_numbers[bus])), total(terms, c.alpha))
    if kind == "offset":
        group, terms = rest
        return field.scale(total(terms, c.beta, c.weight), c.factors[group])
    if kind == "ratio":
        power, group, source = rest
        ratio = c.factors[group] * pow(c.factors[source], -1, P)
        return field.scale(field.power(c.beta, power), ratio)
    return c.mean if kind == "mean" else field.ZERO


def weight(recipe, scalars, c):
    """A weight, likewise."""
    kind, power, *rest = recipe
    if kind == "alpha":
        return field.neg(field.scale(field.power(c.alpha, power), scalars[rest[0]]))
    if kind == "unit":
        return field.times_w(field.lift(scalars[rest[0]]), power)
    group, exponent, number = rest
    value = field.mul(c.weight, field.power(c.beta, power))
    return field.times_w(field.scale(value, scalars[number] * c.factors[group]), exponent)


@settings(deadline=None)
@given(
    st.lists(CONSTANTS, max_size=6).map(tuple),
    st.lists(WEIGHTS, max_size=6).map(tuple),
    st.lists(WORDS, min_size=4, max_size=4),
    st.tuples(*[TRIPLES] * 5),
    FACTORS,
)
def test_recipes(constants, weights, scalars, drawn, factors):
    z, alpha, beta, mean, whole = drawn
    buses = {"a": 1, "b": P + 5}
    c = Challenges(z, alpha, beta, mean, buses, weight=whole).with_factors(factors)
    found, weighed = _binding.elements(constants, weights, np.array(scalars, dtype=np.uint64), c)
    assert found.tolist() == [list(constant(recipe, scalars, c)) for recipe in constants]
    assert weighed.tolist() == [list(weight(recipe, scalars, c)) for recipe in weights]


@given(st.lists(WORDS, min_size=2, max_size=2), WORDS, st.data())
def test_scalars(publics, literal, data):
    scalars, values = Scalars(), {0: 0, 1: 1}
    values[scalars.constant(literal)] = literal
    for index, value in enumerate(publics):
        values[scalars.node("public", index)] = value
    for _ in range(12):
        kind = data.draw(st.sampled_from(["add", "sub", "mul"]))
        a, b = (data.draw(st.sampled_from(sorted(values))) for _ in range(2))
        wanted = {"add": values[a] + values[b], "sub": values[a] - values[b]}
        values[scalars.node(kind, a, b)] = wanted.get(kind, values[a] * values[b]) % P
    found = _binding.scalar_values(scalars.nodes, publics)
    assert {number: int(found[number]) for number in values} == values
    assert len(found) == len(scalars.nodes)


def test_a_scalar_made_of_a_later_one():
    nodes = [ScalarNode("constant", 1), ScalarNode("add", 0, 2), ScalarNode("constant", 3)]
    with pytest.raises(ValueError, match="scalar 1 is made of 0 and 2"):
        _binding.scalar_values(nodes, ())


@pytest.mark.parametrize(
    ("constants", "weights", "problem"),
    [
        ((("offset", 4, ()),), (), "no class 4"),
        ((("offset", 0, ((0, 9),)),), (), "no scalar 9"),
        ((("offset", 0, ((-1, 0),)),), (), "negative"),
        ((("ratio", -1, 0, 0),), (), "negative"),
        ((("ration", 0, 0, 0),), (), "no recipe 'ration'"),
        ((), (("alpha", 0, -1),), "no scalar -1"),
        ((), (("beta", 0, 7, 0, 0),), "no class 7"),
        ((), (("beta", -2, 0, 0, 0),), "negative"),
    ],
)
def test_recipes_that_refer_to_nothing(constants, weights, problem):
    with pytest.raises(ValueError, match=problem):
        _binding.elements(constants, weights, np.ones(2, dtype=np.uint64), Challenges())
