"""Public values by name: the same statement as in order, and what is wrong with others."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark.cli.common import Subject


class Squares(cs.Air):
    """One public value alone and a group of two by three, each held to a row of the trace."""

    columns = {"x": (2, 3), "n": ()}
    publics = {"start": (), "grid": (2, 3)}

    def constrain(self, t):
        t.first_row.equal(t.now.n, t.publics.start)
        t.last_row.equal(t.now.x, t.publics.grid)
        t.transition.equal(t.next.n, t.now.n + 1)


class Numbered(cs.Air):
    columns = ("x",)
    publics = 2

    def constrain(self, t):
        t.first_row.equal(t.now.x, t.publics[0])
        t.last_row.equal(t.now.x, t.publics[1])


class Silent(cs.Air):
    columns = ("x",)

    def constrain(self, t):
        t.every_row.boolean(t.now.x)


TABLES = {"squares": Squares(), "numbered": Numbered(), "silent": Silent()}
GRID = [[1, 2, 3], [4, 5, 6]]
BY_POSITION = {"squares": [7, 1, 2, 3, 4, 5, 6], "numbered": [0, 7]}


def traces():
    squares, numbered = TABLES["squares"].zeros(8), TABLES["numbered"].zeros(8)
    view = TABLES["squares"].view(squares)
    view.n = range(7, 15)
    view.x[-1] = GRID
    numbered[:, 0] = range(8)
    return {"squares": squares, "numbered": numbered, "silent": TABLES["silent"].zeros(8)}


def by_name(**changes):
    return {"squares": {"start": 7, "grid": GRID, **changes}, "numbered": [0, 7]}


@pytest.fixture(scope="module")
def machine():
    return cs.Machine(TABLES)


@pytest.fixture(scope="module")
def proof(machine):
    return machine.prove(traces(), BY_POSITION)


@pytest.mark.parametrize(
    "publics",
    [
        by_name(),
        by_name(grid=np.array(GRID, dtype=np.uint64)),
        by_name(grid=tuple(map(tuple, GRID)), start=np.int64(7)),
        {**by_name(), "silent": {}},
        {**by_name(), "squares": {"grid": np.array(GRID, dtype=object), "start": 7}},
        {**by_name(), "numbered": np.array([0, 7])},
    ],
)
def test_names_and_positions_are_one_statement(machine, proof, publics):
    assert machine.check(traces(), publics)
    machine.verify(proof, publics)
    assert machine.prove(traces(), publics).to_bytes() == proof.to_bytes()
    statement = machine.statement(publics)
    assert statement.to_json() == machine.statement(BY_POSITION).to_json()
    cs.StatementFile.from_json(statement.to_json()).verify(proof)


def test_another_value_under_a_name_is_another_statement(machine, proof):
    for publics in (by_name(start=8), by_name(grid=[[1, 2, 3], [4, 6, 5]])):
        assert not machine.check(traces(), publics)
        with pytest.raises(cs.VerificationError):
            machine.verify(proof, publics)


@pytest.mark.parametrize(
    ("publics", "message"),
    [
        (by_name(stat=1), "table 'squares' has no public value 'stat'; there are start, grid; "
                          "did you mean 'start'"),
        (by_name(zebra=1), "no public value 'zebra'; there are start, grid$"),
        ({**by_name(), "squares": {"start": 7}}, "'grid' of table 'squares' is missing$"),
        ({**by_name(), "squares": {}}, r"'start' of table 'squares' is missing \(and 1 more\)"),
        ({**by_name(), "squares": {"start": 7, 1: 2}}, "has no public value 1;"),
        (by_name(**{"grid[0,0]": 1}), r"has no public value 'grid\[0,0\]'"),
        (by_name(start=-1), r"public value 'start' of table 'squares' is -1, .*write -1 % cs\.P"),
        (by_name(start=cs.P), "public value 'start' of table 'squares' is 18446744069414584321"),
        (by_name(start=True), "public value 'start' of table 'squares' is True, not an int"),
        (by_name(start=1.0), "'start' of table 'squares' is 1.0, not an int"),
        (by_name(start=None), "'start' of table 'squares' is None, not an int"),
        (by_name(start=[7]), r"'start' of table 'squares' is \[7\], not an int"),
        (by_name(grid=7), r"'grid' of table 'squares' is an array of shape \(2, 3\); what is given "
                          "is 7, not 2 members"),
        (by_name(grid=np.uint64(7)), "not 2 members"),
        (by_name(grid=np.array(7)), "not 2 members"),
        (by_name(grid="ab"), "is 'ab', not 2 members"),
        (by_name(grid={0: [1, 2, 3], 1: [4, 5, 6]}), "not 2 members"),
        (by_name(grid=[1, 2, 3, 4, 5, 6]), "is 6 members, not 2 members"),
        (by_name(grid=[[1, 2, 3], [4, 5]]), r"given at \[1\] is 2 members, not 3 members"),
        (by_name(grid=[[1, 2, 3], [4, 5, -6]]), r"'grid\[1,2\]' of table 'squares' is -6"),
        (by_name(grid=np.zeros((2, 3, 1), int)), r"'grid\[0,0\]' of .* is .*not an int"),
        (by_name(grid=np.zeros((2, 3))), r"'grid\[0,0\]' of table 'squares' is .*not an int"),
        ({**by_name(), "numbered": {"x": 1}}, "'numbered' are given by name.*give 2 in order"),
        ({**by_name(), "silent": {"x": 1}}, "table 'silent' has no public values"),
        ({**by_name(), "squares": {1, 2}}, "type set; they must be a sequence of ints: in this "
                                           r"order, start, grid\[0,0\], .*, or a mapping of these"),
        ({**by_name(), "numbered": 3}, "type int; they must be a sequence of ints$"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(machine, proof, publics, message):
    for call in (
        lambda: machine.prove(traces(), publics),
        lambda: machine.check(traces(), publics),
        lambda: machine.verify(proof, publics),
        lambda: machine.statement(publics),
    ):
        with pytest.raises(cs.StatementError, match=message):
            call()


def test_names_are_compared_as_python_reads_them():
    class Ligature(cs.Air):
        columns = ("x",)
        publics = ("file",)

        def constrain(self, t):
            t.every_row.equal(t.now.x, t.publics.file)

    machine = cs.Machine({"t": Ligature()})
    trace = {"t": np.full((8, 1), 3, dtype=np.uint64)}
    assert machine.check(trace, {"t": {"\ufb01le": 3}})
    with pytest.raises(cs.StatementError, match="'file' of table 't' is given twice"):
        machine.check(trace, {"t": {"\ufb01le": 3, "file": 3}})


def test_a_key_has_no_names(machine, proof):
    key = cs.VerifyingKey.from_json(machine.verifying_key().to_json())
    key.verify(proof, BY_POSITION)
    with pytest.raises(cs.StatementError, match=r"'squares' are given by name.*give 7 in order"):
        key.verify(proof, by_name())
    with pytest.raises(cs.StatementError, match=r"by name; .*in order: machine\.statement"):
        cs.StatementFile(key, by_name()).to_json()


def test_a_key_file_of_a_workload_with_names_has_them_in_order(machine, proof):
    subject = Subject(b"", cs.Statement(TABLES, by_name()), machine)
    assert subject.file().to_json() == machine.statement(BY_POSITION).to_json()
    subject.verifier(proof)
    wrong = Subject(b"", cs.Statement(TABLES, by_name(start=-1)), machine)
    for call in (wrong.file, lambda: wrong.verifier(proof)):
        with pytest.raises(cs.VerificationError, match="'start'"):
            call()
