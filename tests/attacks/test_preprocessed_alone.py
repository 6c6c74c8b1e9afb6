"""Tables that have preprocessed columns and no others: nothing of them is the prover's."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import cstark as cs
from cstark import Reason
from tests.attacks.toolkit import CheatingProver, Statement, forge, plain_refusal, show, without

OPTIONS = cs.Options(queries=6, grinding=0, max_log_height=8)
ROWS = 16


class Squares(cs.Air):
    """A list of squares, each of which is used so often as the list itself says."""

    preprocessed = ("number", "square", "times")
    publics = ("last",)

    def __init__(self, wrong=None):
        self.wrong = wrong

    def preprocessed_trace(self):
        number = np.arange(ROWS, dtype=np.uint64)
        columns = np.stack([number, number * number, number % 3], axis=1)
        if self.wrong is not None:
            columns[self.wrong, 1] += np.uint64(1)
        return columns

    def constrain(self, t):
        row = t.preprocessed
        t.last_row.equal(row.square, t.publics.last)
        t.transition.equal(t.preprocessed_next.number, row.number + 1)
        t.receive("square", [row.number, row.square], count=row.times)


class User(cs.Air):
    columns = ("number", "square", "used")

    def constrain(self, t):
        t.every_row.boolean(t.now.used)
        t.send("square", [t.now.number, t.now.square], count=t.now.used)


USES = [n for n in range(ROWS) for _ in range(n % 3)]
PUBLICS = {"squares": [(ROWS - 1) ** 2]}
SENT = tuple(cs.Send("square", [n, n * n], n % 3) for n in range(ROWS) if n % 3)


def user_trace():
    trace = User().zeros(ROWS)
    trace[: len(USES)] = [(n, n * n, 1) for n in USES]
    return trace


def alone(**options):
    """The list is all there is: the verifier sends what it receives."""
    machine = cs.Machine({"squares": Squares()}, replace(OPTIONS, **options))
    return Statement(machine, PUBLICS, SENT), {"squares": np.empty((ROWS, 0), dtype=np.uint64)}


def together(**options):
    machine = cs.Machine({"user": User(), "squares": Squares()}, replace(OPTIONS, **options))
    empty = np.empty((ROWS, 0), dtype=np.uint64)
    return Statement(machine, PUBLICS), {"user": user_trace(), "squares": empty}


CASES = pytest.mark.parametrize(
    "case",
    [alone, together, partial(alone, zk=True), partial(together, zk=True)],
    ids=["alone", "together", "alone, hidden", "together, hidden"],
)


def honest(statement, traces):
    return statement.machine.prove(traces, statement.publics, tokens=statement.tokens)


@CASES
def test_it_is_proved_and_verified(case):
    statement, traces = case()
    machine = statement.machine
    assert machine.check(traces, statement.publics, tokens=statement.tokens)
    changed = machine.check(traces, statement.publics, tokens=statement.tokens, mutate=50)
    assert all(column.table == "user" for column in changed.mutations.free)
    proof = honest(statement, traces)
    statement.verify(proof)
    assert plain_refusal(statement, proof) == ""
    file = machine.statement(statement.publics, tokens=statement.tokens)
    cs.StatementFile.from_json(file.to_json()).verify(proof, min_security=0)
    assert proof.report.to_dict()["facts"]["tables"][-1]["columns"] == 0
    assert "squares" in str(machine) and machine.estimate(dict.fromkeys(machine.tables, ROWS))


@pytest.mark.holds("constraints")
@CASES
def test_a_public_value_that_the_list_does_not_have(case):
    true, traces = case()
    false = true.but(publics={"squares": [226]})
    assert not false.machine.check(traces, false.publics, tokens=false.tokens)
    forged = forge(CheatingProver, false, traces)
    show(true, honest(true, traces), false, forged, Reason.CONSTRAINTS, without("constraints"))


@pytest.mark.holds("bus sum")
@CASES
def test_a_message_that_the_list_does_not_have(case):
    true, traces = case()
    false = true.but(tokens=(*true.tokens, cs.Send("square", [3, 10])))
    assert not false.machine.check(traces, false.publics, tokens=false.tokens)
    forged = forge(CheatingProver, false, traces)
    show(true, honest(true, traces), false, forged, Reason.BUS_SUM, without("bus sum"))


@pytest.mark.holds("Merkle root")
@CASES
def test_another_list(case):
    """The prover commits to a list with (4, 17), and uses it: the key's root is another."""
    true, traces = case()
    tables = {**true.machine.tables, "squares": Squares(wrong=4)}
    other = cs.Machine(tables, true.machine.options)
    wrong = dict(traces)
    false = true
    if "user" in traces:
        wrong["user"] = np.where(traces["user"] == 16, 17, traces["user"]).astype(np.uint64)
    else:
        changed = [cs.Send(t.bus, [4, 17], t.count) if t.values[0] == 4 else t for t in SENT]
        false = true.but(tokens=tuple(changed))
    assert other.check(wrong, PUBLICS, tokens=false.tokens), "with that list nothing is wrong"
    forged = forge(CheatingProver, false, wrong, machine=other)
    show(true, honest(true, traces), false, forged, Reason.MERKLE, without("Merkle root"))


# ---- as the tables are handed over ---------------------------------------------------------


def test_its_trace_may_be_left_out_or_empty():
    statement, traces = together()
    expected = honest(statement, traces).to_bytes()
    for empty in (np.empty((ROWS, 0)).astype(np.uint64), Squares().zeros(), [[]] * ROWS):
        assert honest(statement, {**traces, "squares": empty}).to_bytes() == expected
    assert honest(statement, {"user": traces["user"]}).to_bytes() == expected
    for wrong, message in (
        (np.zeros((ROWS, 3), dtype=np.uint64), "3 columns, but the table has 0"),
        (np.empty((8, 0), dtype=np.uint64), "8 rows, but the table always has 16"),
    ):
        with pytest.raises(cs.TraceError, match=message):
            honest(statement, {**traces, "squares": wrong})
    with pytest.raises(cs.TraceError, match="no trace for table 'user'"):
        honest(statement, {})


def test_a_wrong_list_is_found_by_check():
    machine = cs.Machine({"user": User(), "squares": Squares(wrong=15)}, OPTIONS)
    found = machine.check({"user": user_trace()}, PUBLICS)
    assert [v.table for v in found.violations] == ["squares"]
    assert found.violations[0].values["preprocessed.square"] == 226
    machine = cs.Machine({"user": User(), "squares": Squares(wrong=4)}, OPTIONS)
    found = machine.check({"user": user_trace()}, PUBLICS)
    assert {i.values for i in found.imbalances} == {(4, 16), (4, 17)}


def test_counts_for_a_list_beside_it():
    class Known(cs.Air):
        columns = ("used",)
        preprocessed = ("number",)

        def preprocessed_trace(self):
            return np.arange(8, dtype=np.uint64).reshape(8, 1)

        def constrain(self, t):
            t.receive("known", [t.preprocessed.number], count=t.now.used)

    class Asks(cs.Air):
        preprocessed = ("number",)

        def preprocessed_trace(self):
            return np.array([[n % 3] for n in range(8)], dtype=np.uint64)

        def constrain(self, t):
            t.send("known", [t.preprocessed.number])

    machine = cs.Machine({"asks": Asks(), "known": Known()}, OPTIONS)
    counts = machine.count({}, "known")
    assert counts.tolist() == [3, 3, 2, 0, 0, 0, 0, 0]
    proof = machine.prove({"known": counts.reshape(8, 1)})
    machine.verify(proof, min_security=0)
    assert plain_refusal(Statement(machine), proof) == ""


def test_a_table_without_any_column_is_refused_everywhere():
    with pytest.raises(cs.AirError, match="declares no columns"):
        cs.Machine({"nothing": type("Nothing", (cs.Air,), {"constrain": lambda self, t: None})()})
    import json

    from cstark import pure
    from cstark.text import canonical_json

    statement, _ = alone()
    data = json.loads(statement.machine.statement(PUBLICS, tokens=SENT).to_json())
    assert data["key"]["tables"][0]["width"] == 0
    table = data["key"]["tables"][0]
    table.update(preprocessed_width=0, next_preprocessed=[], nodes=[["public", 0]], degree=1)
    table.update(constraints=[["last", 0]], interactions=[])
    data["key"].update(preprocessed_root=None, buses={})
    data["tokens"] = []
    text = canonical_json(data)
    with pytest.raises(cs.CstarkError, match="no columns"):
        cs.StatementFile.from_json(text)
    with pytest.raises(pure.BadKey, match="no columns"):
        pure.read_statement(text)
