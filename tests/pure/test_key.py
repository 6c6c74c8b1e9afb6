"""Key files: whatever they hold, `read_statement` returns a statement or raises `BadKey`."""

from __future__ import annotations

import copy
import json
import random

import pytest

import cstark as cs
from cstark.pure import BadKey, Refused, read_statement, verify
from cstark.workload.statement_file import StatementFile
from tests.pure.pure_support import ZOO, pair_of_case


@pytest.fixture(scope="module")
def pair():
    return pair_of_case(ZOO["many tables"](), hash="sha256", queries=3)


def test_digest_is_the_keys(pair):
    assert pair.statement.digest == pair.file.key.digest


NOT_KEYS = [
    "", "[]", "{}", "null", "1", "x", "[" * 100_000, '{"a":NaN}', "9" * 10_000,
    "\ud800", '"\\ud800"',
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_KEYS, ids=range(len(NOT_KEYS)))
def test_not_a_key(text):
    with pytest.raises(BadKey):
        read_statement(text)


def in_claim(text, value):
    return text.replace(
        '"claim":{', '"claim":{"a":' + value + ("" if '"claim":{}' in text else ",")
    )


SPELLINGS = {
    "a name twice": lambda text: text.replace('"tokens":', '"tokens":[],"tokens":'),
    "a name twice, deep": lambda text: text.replace('"width":', '"width":2,"width":'),
    "a point": lambda text: text.replace('"version":2}', '"version":2.0}'),
    "an exponent": lambda text: text.replace('"queries":3', '"queries":3e0'),
    "a truth value": lambda text: text.replace('"version":2}', '"version":true}'),
    "UTF-16": lambda text: text.encode("utf-16"),
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "a fraction in the claim": lambda text: text.replace('"claim":{', '"claim":{"a":0.5,'),
    "a claim too deep": lambda text: in_claim(text, "[" * 33 + "]" * 33),
    "a number too long": lambda text: in_claim(text, str(-(2**4096))),
    "a claim too long": lambda text: in_claim(text, '"' + "x" * (1 << 20) + '"'),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_is_refused_by_both_readers(pair, name):
    text = pair.file.to_json()
    other = SPELLINGS[name](text)
    assert other != text
    with pytest.raises(BadKey):
        read_statement(other)
    with pytest.raises(cs.StatementError):
        StatementFile.from_json(other)


@pytest.mark.parametrize("form", [str, str.encode, lambda text: json.dumps(json.loads(text))])
def test_white_space_and_bytes_are_read_by_both(pair, form):
    text = form(pair.file.to_json())
    assert read_statement(text) == pair.statement
    assert StatementFile.from_json(text) == pair.file


LIMITS = {
    "depth": "[" * 31 + "1" + "]" * 31,
    "integer": str(1 - 2**4096),
    "length": '"' + "x" * 10**6 + '"',
}


@pytest.mark.parametrize("value", LIMITS.values(), ids=LIMITS)
def test_a_claim_at_its_limits_is_read_by_both(pair, value):
    text = in_claim(pair.file.to_json(), value)
    assert read_statement(text).claim == StatementFile.from_json(text).claim


def places(data, path=()):
    """Every place of nested JSON."""
    yield path
    if isinstance(data, dict):
        for name in data:
            yield from places(data[name], (*path, name))
    elif isinstance(data, list):
        for index in range(len(data)):
            yield from places(data[index], (*path, index))


def test_changed_keys(pair, request):
    """Replace values by others of every type: no other exception, and no proof passes."""
    data = json.loads(pair.file.to_json())
    rng = random.Random(5)
    everywhere = list(places(data))[1:]
    values = [None, True, -1, 0, 1, 2**64, 1.5, "", "every", [], [1], {}, "x" * 64, 10**30]
    accepted = 0
    for _ in range(5000 if request.config.getoption("--nightly") else 600):
        changed = copy.deepcopy(data)
        *path, last = rng.choice(everywhere)
        place = changed
        for step in path:
            place = place[step]
        before = place[last]
        place[last] = rng.choice(values)
        if type(before) is type(place[last]) and before == place[last]:
            continue
        try:
            statement = read_statement(json.dumps(changed))
        except BadKey:
            continue
        accepted += 1
        with pytest.raises(Refused):
            verify(statement, pair.proof, min_security=0)
    assert accepted > 0


@pytest.mark.parametrize("change", [("degree", 1), ("next_main", [])])
def test_stated_facts_must_be_real(pair, change):
    data = json.loads(pair.file.to_json())
    table = next(t for t in data["key"]["tables"] if t["degree"] > 1 and t["next_main"])
    table[change[0]] = change[1]
    with pytest.raises(BadKey, match="is not the real one"):
        read_statement(json.dumps(data))
