"""`to_data`, `from_data` and pickling; what a hostile key can try."""

from __future__ import annotations

import copy
import json
import pickle
import re
import time
from dataclasses import replace

import numpy as np
import pytest
from air_support import table
from hypothesis import given, settings
from hypothesis import strategies as st

from cstark import protocol
from cstark.air import P, TableDescription
from cstark.errors import AirError


def rich():
    """A description that uses everything."""

    def constrain(t):
        n = t.now
        t.first_row.equal(n.x, t.publics.k)
        t.transition.when(n.a[0]).equal(t.next.x, n.x * n.x + t.periodic.r, name="step")
        t.cyclic.zero(t.preprocessed_next.f - 3 * n.a[1])
        t.last_row.zero(n.a[2] - 7)
        t.every_row.boolean(n.a)
        t.send("b", [n.x, 3], count=n.a[0])
        t.receive("b", [t.next.x, t.publics.k], count=2)
        t.receive("c", [n.a], count=n.x)

    return table(
        constrain,
        {"x": (), "a": (3,)},
        name="rich",
        publics=("k",),
        periodic={"r": [1, -2]},
        preprocessed=("f",),
        fixed=np.arange(8, dtype=np.uint64).reshape(8, 1),
    )


RICH = rich()
DATA = RICH.to_data()


def test_round_trip():
    text = json.dumps(DATA)
    again = TableDescription.from_data(json.loads(text))
    assert again == RICH
    assert hash(again) == hash(RICH)
    assert again.to_data() == DATA
    assert json.dumps(again.to_data()) == text
    assert [c.degree for c in again.constraints] == [c.degree for c in RICH.constraints]
    assert again.node_degrees == RICH.node_degrees
    assert again.lookup_degrees == RICH.lookup_degrees
    assert again.preprocessed is None
    assert tuple(again.column_names) == ("[0]", "[1]", "[2]", "[3]")
    assert again.render(again.constraints[0].node) == "now[0] - publics[0]"
    assert rich() == RICH


def test_data_has_only_json_types_and_no_names():
    text = json.dumps(DATA)
    for word in ("step", "test_description", '"x"', '"f"', '"k"'):
        assert word not in text

    def walk(value):
        assert type(value) in (dict, list, int, str, type(None))
        if isinstance(value, dict):
            assert all(type(key) is str for key in value)
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                walk(item)

    walk(DATA)
    assert set(DATA) == fields_on_the_page() - {"stands"}  # left out of what stands once
    any_times = replace(RICH, stands="any").to_data()
    assert set(any_times) == fields_on_the_page()


def fields_on_the_page() -> set[str]:
    """The fields of a table on the page that the second verifier was written from."""
    start = "tables               in order, objects of\n"
    lines = protocol.__doc__.partition(start)[2].partition("\n\n")[0].splitlines()
    found = set()
    for line in lines:
        if re.match(r" {8}\w", line):  # a name in the margin, or several with commas
            first = re.split(r"   +", line.strip())[0].replace("(or null)", "")
            found |= {name.strip() for name in first.split(",")}
    return found


def test_equality_ignores_names_and_sees_everything_else():
    other = table(lambda t: t.every_row.equal(t.now.u, t.now.v, name="n"), ("u", "v"))
    same = table(lambda t: t.every_row.equal(t.now.y, t.now.z), ("y", "z"))
    assert other == same
    assert other != table(lambda t: t.every_row.equal(t.now[1], t.now[0]), 2)
    assert other != table(lambda t: t.cyclic.equal(t.now[0], t.now[1]), 2)
    assert other != table(lambda t: t.every_row.equal(t.now[0], t.now[1]), 3)
    assert other != table(lambda t: t.every_row.equal(t.now[0], t.now[1]), 2, rows=8)


def test_pickle():
    again = pickle.loads(pickle.dumps(RICH))
    assert again == RICH
    assert again.column_names == RICH.column_names
    assert again.constraints[1].name == "step"
    assert not again.preprocessed.flags.writeable
    assert np.array_equal(again.preprocessed, RICH.preprocessed)
    assert copy.deepcopy(RICH) == RICH


def test_a_description_is_frozen():
    with pytest.raises(AttributeError):
        RICH.width = 3


def column(index, next_row=0, source="main"):
    return ["column", source, index, next_row]


MINIMAL = {
    "name": "m",
    "width": 2,
    "preprocessed_width": 0,
    "periodic": [],
    "publics": 1,
    "rows": None,
    "nodes": [column(0), column(1), ["sub", 0, 1]],
    "constraints": [["every", 2]],
    "interactions": [],
    "next_main": [],
    "next_preprocessed": [],
    "degree": 1,
}


def changed(**fields):
    return {**MINIMAL, **fields}


def message(**fields):
    entry = {"bus": "b", "sign": 1, "values": [0], "count": 1, "weight": 1, **fields}
    return changed(nodes=[column(0), column(1)], constraints=[], interactions=[entry], degree=2)


def test_the_minimal_forms_are_accepted():
    assert TableDescription.from_data(MINIMAL).to_data() == MINIMAL
    assert TableDescription.from_data(message()).to_data() == message()


HOSTILE = {
    "not an object": [1],
    "none": None,
    "text": "x",
    "empty": {},
    "missing field": {k: v for k, v in MINIMAL.items() if k != "rows"},
    "extra field": changed(extra=1),
    "name type": changed(name=3),
    "name empty": changed(name=""),
    "name control": changed(name="a\x1b[2J"),
    "name surrogate": changed(name="\ud800"),
    "width zero": changed(width=0),
    "width bool": changed(width=True),
    "width float": changed(width=2.0),
    "width huge": changed(width=10**9),
    "width too small": changed(width=1),
    "publics negative": changed(publics=-1),
    "publics huge": changed(publics=2**40),
    "preprocessed without rows": changed(preprocessed_width=1),
    "preprocessed huge": changed(preprocessed_width=2**40, rows=8),
    "rows odd": changed(rows=9),
    "rows small": changed(rows=4),
    "rows huge": changed(rows=2**40),
    "rows bool": changed(rows=False),
    "rows text": changed(rows="8"),
    "periodic type": changed(periodic={}),
    "periodic length": changed(periodic=[[1, 2, 3]]),
    "periodic empty": changed(periodic=[[]]),
    "periodic value": changed(periodic=[[P]]),
    "periodic negative": changed(periodic=[[-1]]),
    "periodic bool": changed(periodic=[[True]]),
    "periodic above rows": changed(periodic=[[1] * 16], rows=8),
    "nodes type": changed(nodes=((),)),
    "node type": changed(nodes=[5, column(1), ["sub", 0, 1]]),
    "node tuple": changed(nodes=[tuple(column(0)), column(1), ["sub", 0, 1]]),
    "node empty": changed(nodes=[[], column(1), ["sub", 0, 1]]),
    "node kind": changed(nodes=[["inverse", 0], column(1), ["sub", 0, 1]]),
    "node kind unhashable": changed(nodes=[[["add"], 0, 0], column(1), ["sub", 0, 1]]),
    "node long": changed(nodes=[[*column(0), 0], column(1), ["sub", 0, 1]]),
    "column range": changed(nodes=[column(0), column(2), ["sub", 0, 1]]),
    "column negative": changed(nodes=[column(-1), column(1), ["sub", 0, 1]]),
    "column source": changed(nodes=[column(0, source="lookup"), column(1), ["sub", 0, 1]]),
    "column source type": changed(nodes=[column(0, source=["main"]), column(1), ["sub", 0, 1]]),
    "column next": changed(nodes=[column(0, 2), column(1), ["sub", 0, 1]]),
    "column next bool": changed(nodes=[column(0, False), column(1), ["sub", 0, 1]]),
    "column undeclared": changed(
        nodes=[column(0), column(0, source="preprocessed"), ["sub", 0, 1]]
    ),
    "periodic next": changed(
        nodes=[column(0), column(0, 1, "periodic"), ["sub", 0, 1]],
        periodic=[[1]],
        constraints=[["cyclic", 2]],
    ),
    "public range": changed(nodes=[column(0), ["public", 1], ["sub", 0, 1]]),
    "constant range": changed(nodes=[column(0), ["constant", P], ["sub", 0, 1]]),
    "constant negative": changed(nodes=[column(0), ["constant", -1], ["sub", 0, 1]]),
    "constant float": changed(nodes=[column(0), ["constant", 1.0], ["sub", 0, 1]]),
    "operand itself": changed(nodes=[column(0), column(1), ["sub", 0, 2]]),
    "operand later": changed(nodes=[["sub", 1, 2], column(0), column(1)]),
    "operand negative": changed(nodes=[column(0), column(1), ["sub", 0, -1]]),
    "operand bool": changed(nodes=[column(0), column(1), ["sub", 0, True]]),
    "doubled": changed(nodes=[column(0), column(0), ["sub", 0, 1]]),
    "doubled swapped": changed(
        nodes=[column(0), column(1), ["add", 0, 1], ["add", 1, 0]],
        constraints=[["every", 2], ["every", 3]],
    ),
    "unfolded": changed(
        nodes=[["constant", 1], ["constant", 2], ["add", 0, 1], column(0), ["sub", 2, 3]],
        constraints=[["every", 4]],
    ),
    "times one": changed(
        nodes=[column(0), ["constant", 1], ["mul", 0, 1]], constraints=[["every", 2]]
    ),
    "difference of itself": changed(nodes=[column(0), ["sub", 0, 0]], constraints=[["every", 1]]),
    "dead": changed(nodes=[column(0), column(1), ["sub", 0, 1], ["mul", 0, 1]]),
    "order": changed(nodes=[column(1), column(0), ["sub", 1, 0]]),
    "no nodes": changed(nodes=[]),
    "nothing stated": changed(nodes=[], constraints=[]),
    "constraint shape": changed(constraints=[["every"]]),
    "constraint type": changed(constraints=[{"every": 2}]),
    "selector": changed(constraints=[["always", 2]]),
    "selector type": changed(constraints=[[[], 2]]),
    "constraint node": changed(constraints=[["every", 3]]),
    "constraint negative": changed(constraints=[["every", -1]]),
    "constraint constant": changed(nodes=[["constant", 0]], constraints=[["every", 0]]),
    "every reads next": changed(nodes=[column(0, 1), column(1), ["sub", 0, 1]], next_main=[0]),
    "last reads next": changed(
        nodes=[column(0, 1), column(1), ["sub", 0, 1]],
        next_main=[0],
        constraints=[["last", 2]],
        degree=2,
    ),
    "next set too large": changed(next_main=[0]),
    "next set missing": changed(
        nodes=[column(0, 1), column(1), ["sub", 0, 1]], constraints=[["cyclic", 2]]
    ),
    "next set bool": changed(
        nodes=[column(1, 1), column(0), ["sub", 0, 1]],
        constraints=[["cyclic", 2]],
        next_main=[True],
    ),
    "next set type": changed(next_main=None),
    "next set text": changed(next_preprocessed=["0"]),
    "degree low": changed(constraints=[["first", 2]]),
    "degree high": changed(degree=2),
    "degree bool": changed(degree=True),
    "message type": changed(interactions=[[]]),
    "message fields": message(extra=3),
    "message bus": message(bus=""),
    "message bus type": message(bus=["b"]),
    "message sign": message(sign=0),
    "message sign large": message(sign=2),
    "message sign bool": message(sign=True),
    "message values": message(values=[]),
    "message values type": message(values="0"),
    "message value range": message(values=[2]),
    "message count range": message(count=2),
    "message weight": message(weight=P),
    "message weight negative": message(weight=-1),
    "message value degree": changed(
        nodes=[column(0), ["mul", 0, 0]],
        constraints=[],
        interactions=[{"bus": "b", "sign": 1, "values": [1], "count": 0, "weight": 1}],
        degree=3,
    ),
    "message count zero": changed(
        nodes=[column(0), ["constant", 0]],
        constraints=[],
        interactions=[{"bus": "b", "sign": 1, "values": [0], "count": 1, "weight": 1}],
        degree=2,
    ),
    "message weight below count": changed(
        nodes=[column(0), ["constant", P - 5]],
        constraints=[],
        interactions=[{"bus": "b", "sign": 1, "values": [0], "count": 1, "weight": 4}],
        degree=2,
    ),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile(data):
    with pytest.raises(AirError):
        TableDescription.from_data(data)


def test_repeated_squaring_does_not_blow_up():
    count = 5000
    nodes = [column(0)] + [["mul", k, k] for k in range(count)]
    start = time.perf_counter()
    with pytest.raises(AirError, match="degree 2048; the limit is 1024"):
        TableDescription.from_data(changed(nodes=nodes, constraints=[["every", count]]))
    assert time.perf_counter() - start < 5


def test_deep_chains_need_no_recursion():
    count = 20000
    nodes = [column(0), column(1)]
    for k in range(count):
        nodes.append(["add", k + 1, 0])
    data = changed(nodes=nodes, constraints=[["every", count + 1]])
    with pytest.raises(AirError, match="canonical order"):
        TableDescription.from_data(data)
    nodes[:3] = [column(1), column(0), ["add", 0, 1]]
    nodes[3:] = [["add", k, 1] for k in range(2, count + 1)]
    again = TableDescription.from_data(data)
    assert len(again.render(count + 1)) < 2000


def paths(value, prefix=()):
    """Every place inside nested data."""
    yield prefix
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, (dict, list)):
            yield from paths(item, (*prefix, key))
        else:
            yield (*prefix, key)


PATHS = [path for path in paths(DATA) if path]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.sampled_from([P, P - 1, 2**64, -(2**70), 1e300, float("nan"), "every", "main", "add"]),
    st.lists(st.integers(0, 5), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(max_examples=400)
@given(st.sampled_from(PATHS), JUNK)
def test_mutations_are_refused_or_canonical(path, junk):
    data = copy.deepcopy(DATA)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = junk
    try:
        found = TableDescription.from_data(data)
    except AirError:
        return
    assert found.to_data() == data
    assert json.dumps(found.to_data()) == json.dumps(data)
