"""One machine has one key: both readers refuse every other form of it, and agree on the rest.

Each fault stands beside a form without it, which both read: a table is written by hand as a key
file holds it, and stated facts (degree, next-row sets) follow from it, so that nothing but the
fault can be the reason.
"""

from __future__ import annotations

import copy
import json
import random

import pytest

import cstark as cs
from cstark.field import P
from cstark.pure import BadKey, form, read_statement
from cstark.workload.statement_file import StatementFile

A, B, NEXT = ["column", "main", 0, 0], ["column", "main", 1, 0], ["column", "main", 0, 1]
EVERY = [["every", -1]]  # the last node
SELECTED = {"first": 1, "last": 1}


class Pair(cs.Air):
    columns = ("a", "b")

    def constrain(self, t):
        t.every_row.equal(t.now.a, t.now.b)


def template():
    machine = cs.Machine({"t": Pair()}, cs.Options(queries=5, grinding=0, blowup=4))
    return json.loads(machine.statement().to_json())


def degrees(nodes):
    found = []
    for kind, *rest in nodes:
        if kind in ("add", "sub", "mul"):
            a, b = (found[k] if k < len(found) else 0 for k in rest)
            found.append(a + b if kind == "mul" else max(a, b))
        else:
            found.append(int(kind == "column"))
    return found


def key_of(nodes, constraints=EVERY, interactions=(), **changes):
    """A key file of one table with these nodes; places -1, -2 count from the end."""
    data = template()
    [table] = data["key"]["tables"]
    last = len(nodes)
    constraints = [[s, n % last if n < 0 else n] for s, n in constraints]
    found = degrees(nodes)
    every = [1, *(found[n] + SELECTED.get(s, 0) for s, n in constraints)]
    sent = []
    for at in range(0, len(interactions), 2):
        group = interactions[at : at + 2]
        prints = [max([0, *(found[v] for v in i["values"])]) for i in group]
        counts = [found[i["count"]] for i in group]
        parts = [m + sum(prints) - f for m, f in zip(counts, prints, strict=True)]
        sent += [2, 1 + sum(prints), *parts]
    table.update(
        nodes=nodes, constraints=constraints, interactions=list(interactions),
        next_main=sorted(n[2] for n in nodes if n[:2] == ["column", "main"] and n[3] == 1),
        degree=max(every + sent), publics=sum(n[0] == "public" for n in nodes),
    )  # fmt: skip
    data["publics"] = {"t": [7] * table["publics"]}
    widths = {i["bus"]: len(i["values"]) for i in interactions}
    data["key"]["buses"] = {b: [k, widths[b]] for k, b in enumerate(sorted(widths), 1)}
    table.update(changes)
    return data


def message(values, count, bus="bus", sign=1, weight=1):
    return {"bus": bus, "sign": sign, "values": values, "count": count, "weight": weight}


def constant(value):
    return ["constant", value]


ONE, ZERO = constant(1), constant(0)
SUM = [A, B, ["add", 0, 1]]
SENT = {"constraints": [], "interactions": [message([0], 1)]}

#: What is wrong: the form, and what is left of it when it is put right.
FORMS = {
    "plus zero": ([A, ZERO, ["add", 0, 1]], [A, constant(2), ["add", 0, 1]]),
    "zero plus": ([ZERO, A, ["add", 0, 1]], [constant(2), A, ["add", 0, 1]]),
    "less zero": ([A, ZERO, ["sub", 0, 1]], [A, ONE, ["sub", 0, 1]]),
    "less itself": ([A, ["sub", 0, 0]], [A, ["add", 0, 0]]),
    "times one": ([A, ONE, ["mul", 0, 1]], [A, constant(2), ["mul", 0, 1]]),
    "one times": ([ONE, A, ["mul", 0, 1]], [constant(P - 1), A, ["mul", 0, 1]]),
    "times zero": ([A, ZERO, ["mul", 0, 1]], [A, constant(P - 1), ["mul", 0, 1]]),
    "zero times": ([ZERO, A, ["mul", 0, 1]], [ZERO, A, ["sub", 0, 1]]),
    "a sum of constants": (
        [constant(2), constant(3), ["add", 0, 1], A, ["mul", 2, 3]],
        [constant(5), A, ["mul", 0, 1]],
    ),
    "a difference of constants": (
        [constant(2), constant(3), ["sub", 0, 1], A, ["mul", 2, 3]],
        [constant(P - 1), A, ["mul", 0, 1]],
    ),
    "a product of constants": (
        [constant(2), constant(3), ["mul", 0, 1], A, ["mul", 2, 3]],
        [constant(6), A, ["mul", 0, 1]],
    ),
    "a sum twice": (
        [*SUM, ["add", 0, 1], ["mul", 2, 3]],
        [*SUM, ["mul", 2, 2]],
    ),
    "a sum twice, turned round": (
        [*SUM, ["add", 1, 0], ["mul", 2, 3]],
        [*SUM, ["sub", 1, 0], ["mul", 2, 3]],
    ),
    "a product twice, turned round": (
        [A, B, ["mul", 0, 1], ["mul", 1, 0], ["add", 2, 3]],
        [A, B, ["mul", 0, 1], ["add", 2, 2]],
    ),
    "a column twice": ([A, A, ["add", 0, 1]], [A, ["add", 0, 0]]),
    "a node that nothing uses": ([A, B, ["mul", 0, 0]], [A, ["mul", 0, 0]]),
    "the second operand first": ([B, A, ["sub", 1, 0]], [A, B, ["sub", 0, 1]]),
}  # fmt: skip

KEYS = {
    "a constraint on a constant": (
        key_of([constant(3), A], [["every", 0], ["every", 1]]),
        key_of([["public", 0], A], [["every", 0], ["every", 1]]),
    ),
    "the next row of every row": (key_of([NEXT]), key_of([NEXT], [["cyclic", 0]])),
    "the next row of the last row": (
        key_of([NEXT, A, ["sub", 0, 1]], [["last", 2]]),
        key_of([NEXT, A, ["sub", 0, 1]], [["first", 2]]),
    ),
    "nothing said": (key_of([], []), key_of([A])),
    "a message without values": (
        key_of([A], [], [message([], 0)]),
        key_of([A], [], [message([0], 0)]),
    ),
    "the count 0": (key_of([A, ZERO], **SENT), key_of([A, ONE], **SENT)),
    "a weight below the count": (
        key_of([A, constant(2)], [], [message([0], 1)]),
        key_of([A, constant(2)], [], [message([0], 1, weight=2)]),
    ),
    "a weight below a negative count": (
        key_of([A, constant(P - 2)], [], [message([0], 1)]),
        key_of([A, constant(P - 2)], [], [message([0], 1, weight=3)]),
    ),
    "a value of degree 2": (
        key_of([A, ["mul", 0, 0], ONE], [], [message([1], 2)]),
        key_of([A, ["add", 0, 0], ONE], [], [message([1], 2)]),
    ),
    "a count of too high a degree": (
        key_of([A, ["mul", 0, 0], ["mul", 1, 1], ["mul", 2, 0]], [], [message([0], 3)]),
        key_of([A, ["mul", 0, 0], ["mul", 1, 1]], [], [message([0], 2)]),
    ),
    "a constraint of too high a degree": (
        key_of([A, ["mul", 0, 0], ["mul", 1, 1], ["mul", 2, 0]], [["first", 3]]),
        key_of([A, ["mul", 0, 0], ["mul", 1, 1], ["mul", 2, 0]]),
    ),
    "roots out of order": (
        key_of([A, B], [["every", 1], ["every", 0]]),
        key_of([A, B], [["every", 0], ["every", 1]]),
    ),
    "preprocessed columns without rows": (
        key_of([A], preprocessed_width=1), key_of([A], rows=8)
    ),
    "a period above the rows": (
        key_of([A], rows=8, periodic=[[1] * 16]), key_of([A], rows=8, periodic=[[1] * 8])
    ),
    "a period of three": (key_of([A], periodic=[[1] * 3]), key_of([A], periodic=[[1] * 4])),
    "a period of none": (key_of([A], periodic=[[]]), key_of([A], periodic=[[1]])),
    "twelve rows": (key_of([A], rows=12), key_of([A], rows=16)),
    "rows beyond the options": (key_of([A], rows=1 << 25), key_of([A], rows=1 << 24)),
    "a name of no letters": (key_of([A], name=""), key_of([A], name="ü")),
    "a name with a control character": (key_of([A], name="t\x1b"), key_of([A], name="t ")),
}  # fmt: skip


def by_both(data):
    """What each reader says: None where it reads, else its words."""
    text = json.dumps(data)
    said = []
    for read, error in ((StatementFile.from_json, cs.StatementError), (read_statement, BadKey)):
        try:
            read(text)
            said.append(None)
        except error as refusal:
            said.append(str(refusal))
    return said


def without_publics(data):
    if not data["key"]["tables"][0]["publics"]:
        data = {**data, "publics": {}}
    return data


@pytest.mark.parametrize("fault", FORMS)
def test_nodes_have_one_form(fault):
    wrong, right = FORMS[fault]
    assert by_both(key_of(right)) == [None, None]
    assert all(by_both(key_of(wrong)))


@pytest.mark.parametrize("fault", KEYS)
def test_tables_have_one_form(fault):
    wrong, right = (without_publics(data) for data in KEYS[fault])
    assert by_both(right) == [None, None]
    assert all(by_both(wrong))


CHECKS = {
    "is_folded": "plus zero",
    "is_without_doubles": "a sum twice, turned round",
    "is_in_order": "a node that nothing uses",
}


@pytest.mark.parametrize("check", CHECKS)
def test_each_rule_is_what_refuses(check, monkeypatch):
    """Without the rule the second reader takes the form that it refuses."""
    text = json.dumps(key_of(FORMS[CHECKS[check]][0]))
    with pytest.raises(BadKey, match="canonical form"):
        read_statement(text)
    monkeypatch.setattr(f"cstark.pure.key.{check}", lambda *_: True)
    read_statement(text)


LEAVES = [A, B, NEXT, ["public", 0], ["column", "periodic", 0, 0], ONE, ZERO, constant(5)]


def random_key(rng):
    """A table of a few nodes, whose stated facts are true: most break a rule of the form."""
    nodes = [list(rng.choice(LEAVES))]
    for _ in range(rng.randrange(5)):
        leaf, size = list(rng.choice(LEAVES)), len(nodes)
        kind = rng.choice(["add", "sub", "mul"])
        operation = [kind, rng.randrange(size), rng.randrange(size)]
        nodes.append(rng.choice([leaf, operation, [kind, size - 1, max(0, size - 2)]]))
    last = len(nodes) - 1
    constraints = [
        [rng.choice(["every", "cyclic", "transition", "first", "last"]), rng.choice([last, 0])]
        for _ in range(rng.choice([0, 1, 1, 2]))
    ]
    messages = [
        message([rng.randrange(last + 1)] * rng.choice([0, 1, 1]), rng.randrange(last + 1),
                bus=rng.choice(["a", "b"]), weight=rng.choice([0, 1, 5]))
        for _ in range(rng.choice([0, 0, 1, 3]))
    ]  # fmt: skip
    has_period = any(node[:2] == ["column", "periodic"] for node in nodes)
    return key_of(nodes, constraints, messages, periodic=[[1, 2]] * has_period)


def test_random_tables_are_judged_alike():
    rng = random.Random(11)
    said = [by_both(random_key(rng)) for _ in range(600)]
    assert all((compiled is None) == (plain is None) for compiled, plain in said)
    assert said.count([None, None]) > 30


def test_forms_are_walked_in_linear_time():
    """A tower of squares is finished once, whatever the number of ways through it."""
    tower = [tuple(A), *(("add", k, k) for k in range(5000))]
    steps = 0

    class Counted(list):
        def __getitem__(self, index):
            nonlocal steps
            steps += 1
            return super().__getitem__(index)

    assert form.is_in_order(Counted(tower), [5000] * 100)
    assert steps < 100 * len(tower)


def changed(**changes):
    data = key_of([A, ONE], **SENT)
    for path, value in changes.items():
        *steps, last = path.split("__")
        place = data
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        if value is None and last in place:
            del place[last]
        else:
            place[last] = value
    return data


SEND = ["send", "bus", [1], 1]
STATEMENTS = {
    "a bus that no table uses": {"key__buses": {"bus": [1, 1], "other": [2, 1]}},
    "a bus that is not named": {"key__buses": {}},
    "another number": {"key__buses": {"bus": [2, 1]}},
    "another width": {"key__buses": {"bus": [1, 2]}},
    "publics of no table": {"publics": {"u": []}},
    "publics too many": {"publics": {"t": [1]}},
    "publics by name": {"publics": {"t": {}}},
    "publics in a text": {"publics": {"t": ""}},
    "a token in two parts": {"tokens": [["send", "bus"]]},
    "a token that is a text": {"tokens": ["send"]},
    "a token of another direction": {"tokens": [["take", "bus", [1], 1]]},
    "a token of no direction": {"tokens": [[[], "bus", [1], 1]]},
    "a token on no bus": {"tokens": [["send", "sub", [1], 1]]},
    "a token on a list": {"tokens": [["send", ["bus"], [1], 1]]},
    "a token of another width": {"tokens": [["send", "bus", [1, 1], 1]]},
    "a token of no width": {"tokens": [["send", "bus", [], 1]]},
    "a token of a text": {"tokens": [["send", "bus", "1", 1]]},
    "a token of truth": {"tokens": [["send", "bus", [True], 1]]},
    "a token of P": {"tokens": [["send", "bus", [P], 1]]},
    "a token P times": {"tokens": [["send", "bus", [1], P]]},
    "a token -1 times": {"tokens": [["send", "bus", [1], -1]]},
    "tokens in an object": {"tokens": {"0": SEND}},
    "a claim in a list": {"claim": []},
    "a root of no columns": {"key__preprocessed_root": "0" * 64},
}


@pytest.mark.parametrize("fault", STATEMENTS)
def test_statements_are_refused_by_both(fault):
    assert by_both(changed()) == by_both(changed(tokens=[SEND])) == [None, None]
    assert all(by_both(changed(**STATEMENTS[fault])))


class Fixed(cs.Air):
    columns = 1
    preprocessed = 1
    rows = 8

    def preprocessed_trace(self):
        return [[1]] * 8

    def constrain(self, t):
        t.every_row.equal(t.now[0], t.preprocessed[0])


ROOTS = {
    "capitals": lambda root: root.upper(),
    "a space": lambda root: root[:2] + " " + root[2:],
    "a space in the place of a digit": lambda root: root[:-2] + "  ",
    "short": lambda root: root[:-2],
    "long": lambda root: root + "00",
    "none": lambda root: None,
    "a number": lambda root: 0,
    "a list": lambda root: [root],
    "no digits": lambda root: "x" * 64,
    "digits of another script": lambda root: "\u0661" * 64,
}


@pytest.mark.parametrize("spelling", ROOTS)
def test_a_root_has_one_spelling(spelling):
    data = json.loads(cs.Machine({"t": Fixed()}, cs.Options(queries=5)).statement().to_json())
    assert by_both(data) == [None, None]
    other = copy.deepcopy(data)
    other["key"]["preprocessed_root"] = ROOTS[spelling](data["key"]["preprocessed_root"])
    assert all(by_both(other))
