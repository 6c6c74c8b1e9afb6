"""Claims and workloads."""

from __future__ import annotations

import pickle
from dataclasses import MISSING, InitVar, dataclass, field, make_dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.errors import StatementError
from cstark.limits import MAX_CLAIM_BYTES
from cstark.workload import Argument, Prepared, Statement, Workload, argument
from cstark.workload.claim import decode_claim, encode_claim, read_claim

NAN = float("nan")

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
claims = st.dictionaries(st.text(), plain, max_size=5)


@given(claims)
def test_claims_round_trip(claim):
    encoded = encode_claim(claim)
    assert decode_claim(encoded) == claim
    assert encode_claim(decode_claim(encoded)) == encoded


def test_claim_bytes_are_pinned():
    claim = {"b": [1, -2, None, True], "a": {"z": "é", "y": 2**64}}
    encoded = b'{"a":{"y":18446744073709551616,"z":"\\u00e9"},"b":[1,-2,null,true]}'
    assert encode_claim(claim) == encoded


def test_numpy_integers_and_tuples_become_plain():
    claim = {"a": np.uint64(2**63), "b": (np.int8(-1), 2)}
    assert decode_claim(encode_claim(claim)) == {"a": 2**63, "b": [-1, 2]}


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ({"a": 1.0}, r"claim\.a: float"),
        ({"a": [0, {"b": float("nan")}]}, r"claim\.a\[1\]\.b: float"),
        ({"a": np.float64(1)}, r"claim\.a: float64"),
        ({"a": b"x"}, r"claim\.a: bytes"),
        ({"a": {1}}, r"claim\.a: set"),
        ({1: 2}, "the key 1 is not a string"),
        ({"a": 1 << 5000}, r"claim\.a: integers have at most"),
        ({"a": "x" * MAX_CLAIM_BYTES}, "at most 1048576 fit"),
        ([1], "a claim is a dict, not list"),
        (None, "a claim is a dict, not NoneType"),
    ],
)
def test_claims_without_a_canonical_form(claim, place):
    with pytest.raises(StatementError, match=place):
        encode_claim(claim)


def test_a_claim_that_contains_itself():
    loop = {}
    loop["loop"] = loop
    with pytest.raises(StatementError, match="nested deeper than 32"):
        encode_claim(loop)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b"1",
        b"null",
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\xc3\xa9"}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u00E9"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a":' + b"[" * 500_000,
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"' + b"x" * MAX_CLAIM_BYTES + b'"}',
    ],
)
def test_bytes_that_are_no_canonical_claim(data):
    with pytest.raises(StatementError):
        decode_claim(data)


@given(st.binary(max_size=60))
def test_random_bytes_raise_nothing_else(data):
    try:
        claim = decode_claim(data)
    except StatementError:
        return
    assert encode_claim(claim) == data


def test_read_claim():
    assert read_claim({"b": [1], "a": 3}, a=int, b=list) == (3, [1])
    for claim, message in [
        ({"a": 3}, "the claim has no 'b'"),
        ({"a": 3, "b": [], "c": 0}, "unknown field 'c'"),
        ({"a": True, "b": []}, r"claim\.a is bool, expected int"),
        ({"a": 3, "b": {}}, r"claim\.b is dict, expected list"),
    ]:
        with pytest.raises(StatementError, match=message):
            read_claim(claim, a=int, b=list)


@dataclass(frozen=True)
class Toy(Workload):
    """Nothing in particular."""

    steps: int = argument(10, help="how many", minimum=1, maximum=100)
    mode: str = argument("slow", choices=("slow", "fast"))
    exact: bool = False
    seed: int | None = None

    def prepare(self):
        return Prepared({"steps": self.steps}, {})

    @classmethod
    def statement(cls, claim):
        (steps,) = read_claim(claim, steps=int)
        return Statement({}, {"toy": [100 // steps]})


def test_arguments_are_described():
    steps, mode, exact, seed = Toy.arguments()
    assert steps == Argument("steps", int, False, 10, "how many", 1, 100)
    assert mode.choices == ("slow", "fast")
    assert (exact.type, exact.default, exact.help) == (bool, False, "")
    assert (seed.type, seed.optional, seed.default) == (int, True, None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 0}, "Toy: steps is 0, but it is at least 1"),
        ({"steps": 101}, "Toy: steps is 101, but it is at most 100"),
        ({"steps": "3"}, "Toy: steps is '3', expected int"),
        ({"steps": True}, "Toy: steps is True, expected int"),
        ({"steps": None}, "Toy: steps is None, expected int"),
        ({"mode": "x"}, "Toy: mode is 'x', but it is one of slow, fast"),
        ({"exact": 1}, "Toy: exact is 1, expected bool"),
        ({"seed": 1.5}, "Toy: seed is 1.5, expected int"),
    ],
)
def test_arguments_are_checked(values, message):
    with pytest.raises(StatementError, match=message):
        Toy(**values)


def test_workloads_pickle_and_compare():
    toy = Toy(steps=3, seed=7)
    assert pickle.loads(pickle.dumps(toy)) == toy
    assert toy != Toy(steps=3)


def test_a_class_that_was_sent_by_value_keeps_what_is_required():
    """What sends functions by value copies MISSING, which dataclasses tell by its identity."""

    @dataclass(frozen=True)
    class Needs(Toy):
        count: int = argument(2)
        word: str = field(kw_only=True)

    before = Needs.arguments()
    for item in Needs.__dataclass_fields__.values():
        for name in ("default", "default_factory"):
            setattr(item, name, pickle.loads(pickle.dumps(getattr(item, name))))
    assert Needs.arguments() == before
    assert next(item for item in before if item.name == "word").default is MISSING


def test_the_class_must_be_a_frozen_dataclass():
    class Bare(Workload):
        pass

    @dataclass
    class Thawed(Workload):
        steps: int = 1

    for cls in (Bare, Thawed):
        with pytest.raises(TypeError, match=r"decorate the class with @dataclass\(frozen=True\)"):
            cls.arguments()


def test_arguments_of_other_types_are_refused():
    @dataclass(frozen=True)
    class Odd(Workload):
        steps: list = None

    with pytest.raises(TypeError, match=r"Odd\.steps: an argument is an int, str, float or bool"):
        Odd.arguments()


@dataclass(frozen=True)
class Real(Workload):
    low: float = argument(0.5, minimum=0)
    high: float = argument(0.5, maximum=1)
    both: float | None = argument(None, minimum=0, maximum=1)
    whole: int | None = argument(None, minimum=0, maximum=1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"low": NAN}, "low is nan, but it is at least 0"),
        ({"high": NAN}, "high is nan, but it is at most 1"),
        ({"both": NAN}, "both is nan, but it is at least 0"),
        ({"both": -0.5}, "both is -0.5, but it is at least 0"),
        ({"both": 1.5}, "both is 1.5, but it is at most 1"),
        ({"whole": 2}, "whole is 2, but it is at most 1"),
        ({"low": float("-inf")}, "low is -inf, but it is at least 0"),
    ],
)
def test_no_number_that_is_outside_or_unordered_is_within_bounds(values, message):
    assert Real(both=None).both is None and Real(both=1).both == 1
    with pytest.raises(StatementError, match=message):
        Real(**values)


class Colour(Enum):
    RED = 1


def odd(name, hint, default=MISSING):
    """A frozen workload with one field."""
    return make_dataclass("Odd", [(name, hint, field() if default is MISSING else default)],
                          bases=(Workload,), frozen=True)  # fmt: skip


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (odd("a", Colour, Colour.RED), "Odd.a: an argument is an int, .* not Colour"),
        (odd("a", Path, Path("x")), "Odd.a: an argument is an int, .* not Path"),
        (odd("a", int | str, 1), r"Odd.a: an argument is an int, .* not int \| str"),
        (odd("a", "Nowhere", 1), "Odd: the annotations of its fields cannot be read: NameError"),
        (odd("a", InitVar[int], 1), "Odd.a: .* not an InitVar"),
        (odd("prove", int, 1), "Odd.prove: every workload has a method of this name"),
        (odd("a", int, argument(1, minimum=NAN)), "Odd.a: minimum=nan bounds no int"),
        (odd("a", int, argument(1, maximum="9")), "Odd.a: maximum='9' bounds no int"),
        (odd("a", str, argument("", minimum=1)), "Odd.a: minimum=1 bounds no str"),
        (odd("a", int, argument(1, choices=("x",))), "Odd.a: the choice 'x' is no int"),
        (odd("a", bool, argument(True, choices=(1,))), "Odd.a: the choice 1 is no bool"),
        (odd("a", str, argument("x", choices="xy")), "Odd.a: choices='xy' is no sequence"),
        (odd("a", str, argument("x", choices=3)), "Odd.a: choices=3 is no sequence"),
    ],
)
def test_fields_that_cannot_be_arguments(cls, message):
    with pytest.raises(StatementError, match=message):
        cls.arguments()
    with pytest.raises(StatementError, match=message):
        cls() if "InitVar" not in message else cls(3)


def test_a_choice_of_none_for_an_optional_argument():
    cls = odd("a", str | None, argument(None, choices=("x", None)))
    assert (cls().a, cls("x").a) == (None, "x")
    with pytest.raises(StatementError, match="it is one of x, None"):
        cls("y")


def test_statement_sees_the_decoded_claim():
    encoded, statement = Toy.read_statement({"steps": np.uint8(5)})
    assert encoded == b'{"steps":5}'
    assert statement.publics == {"toy": [20]}
    assert Toy.read_statement(encoded)[1].publics == {"toy": [20]}


def test_what_statement_did_not_foresee_refuses_the_claim():
    with pytest.raises(StatementError, match="Toy does not accept the claim: ZeroDivisionError"):
        Toy.read_statement({"steps": 0})
    with pytest.raises(StatementError, match="the claim has no 'steps'"):
        Toy.read_statement({})
    with pytest.raises(StatementError, match="not canonical"):
        Toy.read_statement(b'{"steps": 5}')


def test_methods_to_write_say_so():
    @dataclass(frozen=True)
    class Empty(Workload):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty has no prepare\(\)"):
        Empty().prepare()
    with pytest.raises(NotImplementedError, match=r"Empty has no statement\(\)"):
        Empty.statement({})
