"""How many interactions share a lookup column, and that a key says so."""

from __future__ import annotations

import json

import pytest

import cstark as cs
from cstark import pure
from cstark.air.description import TableDescription
from cstark.air.groups import best_degree, group_degree, grouped
from cstark.errors import AirError


class Talker(cs.Air):
    """As many messages as wanted, each with a count of its degree."""

    columns = ("x", "y")

    def __init__(self, counts, own=1):
        self.counts, self.own = counts, own

    def constrain(self, t):
        now = t.now
        t.every_row.zero(now.x**self.own)
        for degree in self.counts:
            t.send("talk", [now.x, now.y], count=now.y**degree if degree else 1, weight=1)


def talkers(*counts, own=1, **options):
    tables = {f"t{k}": Talker(c, own) for k, c in enumerate(counts)}
    return cs.Machine(tables, cs.Options(**{"queries": 2, "grinding": 0, **options}))


def degrees_of(counts, groups):
    return [group_degree(len(group), max(counts[k] for k in group)) for group in groups]


@pytest.mark.parametrize("degree", range(2, 12))
@pytest.mark.parametrize(
    "counts", [[1], [0] * 9, [1] * 16, [1, 5, 1, 1, 5], [2, 3] * 4, [8, 1, 1], [1, 1, 8]]
)
def test_a_column_is_as_full_as_its_degree_allows(counts, degree):
    groups = grouped(counts, degree)
    assert [k for group in groups for k in group] == list(range(len(counts)))
    for group, following in zip(groups, [*groups[1:], ()], strict=True):
        own = group_degree(len(group), max(counts[k] for k in group))
        assert own <= degree or len(group) == 1
        if following:
            largest = max(counts[k] for k in (*group, following[0]))
            assert group_degree(len(group) + 1, largest) > degree


def test_no_interactions_have_no_columns():
    assert grouped([], 3) == ()
    assert talkers([1], []).verifying_key().tables[1].groups == ()


@pytest.mark.parametrize("blowup", [2, 4, 8, 16, 64])
@pytest.mark.parametrize("counts", [[1], [1] * 3, [1] * 40, [2] * 8, [1, 2] * 4])
@pytest.mark.parametrize("own", [1, 3])
def test_the_degree_in_the_key_is_that_of_its_constraints(blowup, counts, own):
    """And columns made for it are those that it was found from."""
    [table] = talkers(counts, own=own, blowup=blowup).verifying_key().tables
    assert table.degree == max(own, *table.lookup_degrees) <= blowup + 1
    assert degrees_of(counts, table.groups) == list(table.lookup_degrees[:-1])
    assert table.with_lookups(table.degree) is table
    assert TableDescription.from_data(table.to_data()) == table


def test_blowup_2_has_pairs():
    """Its keys and proofs are what they were."""
    for counts in ([1] * 5, [2] * 5, [0, 1, 2, 1, 0], [1] * 100):
        [table] = talkers(counts, blowup=2).verifying_key().tables
        pairs = tuple(tuple(range(k, min(k + 2, len(counts)))) for k in range(0, len(counts), 2))
        assert table.groups == pairs


@pytest.mark.parametrize(
    ("tables", "messages", "blowup", "degree"),
    [
        (1, 4, 8, 3),  # 2 + 2 columns, as good as 1 + 4
        (1, 16, 8, 5),  # 4 + 4
        (1, 64, 8, 9),  # 8 + 8
        (1, 64, 4, 5),  # what the blowup carries
        (1, 64, 2, 3),
        (8, 12, 8, 4),  # 4 + 3 each
        (40, 12, 8, 7),  # 2 each, and 6 of 8 heights
        (40, 12, 64, 7),
    ],
)
def test_the_cheapest_degree(tables, messages, blowup, degree):
    machine = talkers(*[[1] * messages] * tables, blowup=blowup)
    described = machine.verifying_key().tables
    assert best_degree(described, blowup) == degree
    assert {table.degree for table in described} == {degree}


def test_constraints_leave_room_for_as_many():
    """A degree that a table has anyway costs nothing."""
    [table] = talkers([1] * 6, own=7, blowup=8).verifying_key().tables
    assert (table.degree, table.groups) == (7, ((0, 1, 2, 3, 4, 5),))


def test_a_machine_is_the_same_however_it_is_made():
    """Programs and tables of another blowup are no leftovers."""
    small, large = talkers([1] * 64, blowup=2), talkers([1] * 64, blowup=8)
    found = small.choices({"t0": 8}, time=False)
    assert {row.options.blowup for row in found.rows if row.options} >= {2, 4, 8, 16}
    key = small.proving_key
    again = type(key).make(key.description.tables, cs.Options(queries=2, blowup=8), key.programs)
    assert again.description.tables == large.proving_key.description.tables
    assert again.programs is not key.programs
    same = type(key).make(key.description.tables, cs.Options(queries=3), key.programs)
    assert same.programs is key.programs


@pytest.mark.parametrize("stated", [1, 2, 3, 4, 6, 7, 8, 9, 10**9])
def test_a_key_that_states_another_degree(stated):
    """Either the columns are those of the degree it states, or it is no key: in both readers."""
    machine = talkers([1] * 6, own=5, blowup=8)
    data = json.loads(machine.verifying_key().to_json())
    assert data["tables"][0]["degree"] == 5
    data["tables"][0]["degree"] = stated
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    statement = json.loads(machine.statement({}).to_json())
    statement["key"] = data
    if stated == 7:  # six in a column
        key = cs.VerifyingKey.from_json(text)
        assert key.tables[0].groups == (tuple(range(6)),)
        [table] = pure.read_statement(json.dumps(statement)).tables
        assert [len(group) for group in table.groups] == [6]
        return
    if stated == 6:
        assert cs.VerifyingKey.from_json(text).tables[0].lookup_columns == 2
        assert len(pure.read_statement(json.dumps(statement)).tables[0].groups) == 2
        return
    with pytest.raises(AirError, match="degree"):
        cs.VerifyingKey.from_json(text)
    with pytest.raises(pure.BadKey, match="degree"):
        pure.read_statement(json.dumps(statement))


def test_a_degree_that_the_blowup_does_not_carry():
    machine = talkers([1] * 6, blowup=8)
    table = machine.verifying_key().tables[0].with_lookups(7)
    data = json.loads(machine.verifying_key().to_json())
    data["tables"], data["options"]["blowup"] = [table.to_data()], 4
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    with pytest.raises(AirError, match="'t0': lookup columns of degree 7, but blowup 4 allows 5"):
        cs.VerifyingKey.from_json(text)
    statement = json.loads(machine.statement({}).to_json())
    statement["key"] = data
    with pytest.raises(pure.BadKey, match="degree above blowup"):
        pure.read_statement(json.dumps(statement))
