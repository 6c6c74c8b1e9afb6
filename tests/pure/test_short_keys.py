"""Short keys that name much: neither verifier lists it before the file is long enough for it."""

from __future__ import annotations

import json
import tracemalloc

import pytest

import cstark as cs
from cstark import pure
from cstark.limits import MAX_COLUMNS
from cstark.protocol.options import ResolvedOptions
from cstark.pure import shape as pure_shape
from cstark.workload.statement_file import StatementFile

TABLES = 100
OPTIONS = cs.Options(queries=400, grinding=0)


class Wide(cs.Air):
    columns = 2
    preprocessed = 1
    rows = 8

    def preprocessed_trace(self):
        return [[1]] * 8

    def constrain(self, t):
        t.every_row.zero(t.now[0])
        t.transition.equal(t.next[1], t.now[1])
        t.receive("bus", [t.preprocessed[0]], count=t.now[0])


def key_file(tables=TABLES, **changes):
    """The text of a key file with many copies of a table, each changed so."""
    machine = cs.Machine({"t": Wide()}, OPTIONS)
    key = json.loads(machine.verifying_key().to_json())
    key["tables"] = [{**key["tables"][0], "name": f"t{i}", **changes} for i in range(tables)]
    data = {"format": "cstark statement", "version": 2, "key": key, "publics": {}, "tokens": [],
            "claim": {}}  # fmt: skip
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def proof_bytes(tables=TABLES, body=b"\0" * 5000):
    options = ResolvedOptions.from_data(json.loads(key_file(1))["key"]["options"])
    return cs.Proof(options, (3,) * tables, b"{}", body).to_bytes()


def by_cstark(text, proof):
    file = StatementFile.from_json(text)
    file.key.verify(proof, file.publics, tokens=file.tokens, claim=file.claim)


def by_pure(text, proof):
    pure.verify(pure.read_statement(text), proof)


@pytest.mark.parametrize("verify", [by_cstark, by_pure])
@pytest.mark.parametrize("changes", [
    {"width": MAX_COLUMNS}, {"preprocessed_width": MAX_COLUMNS},
    {"width": MAX_COLUMNS, "preprocessed_width": MAX_COLUMNS},
])  # fmt: skip
def test_columns_are_counted_before_they_are_listed(verify, changes, monkeypatch):
    text, proof = key_file(**changes), proof_bytes()
    verify_small = verify  # imports and caches are no part of what is measured
    with pytest.raises((cs.VerificationError, pure.Refused)):
        verify_small(key_file(1), proof_bytes(1))
    listed = []
    plain = pure_shape.Opening
    monkeypatch.setattr(pure_shape, "Opening", lambda *a: listed.append(1) or plain(*a))
    tracemalloc.start()
    try:
        with pytest.raises((cs.VerificationError, pure.Refused), match="ends"):
            verify(text, proof)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not listed
    assert peak < 100 * len(text), "a list of all columns would take a thousand times the key"


def test_the_security_of_many_tables_is_summed_once(monkeypatch):
    """A thousand multiplicities are tried: none of them goes through the tables again."""
    statement = pure.read_statement(key_file(500))
    calls = []
    plain = pure.key.Table.constraint_count.fget
    monkeypatch.setattr(
        pure.key.Table, "constraint_count", property(lambda t: calls.append(1) or plain(t))
    )
    with pytest.raises(pure.Refused):
        pure.verify(statement, proof_bytes(500))
    assert len(calls) <= 2 * 500


def test_openings_are_those_of_the_other_verifier():
    """The blocks, listed, are the columns in the order of gamma."""
    from cstark.protocol.layout import Layout

    statement = pure.read_statement(key_file(3))
    heights = (8, 8, 8)
    found = pure_shape.shape_of(statement, heights)
    key = StatementFile.from_json(key_file(3)).key
    layout = Layout(key, (3, 3, 3))
    assert found.opening_count == layout.openings == len(found.openings(8)) == found.count(8)
    theirs = []
    for group in layout.groups[3]:
        matrix = layout.trees[group.tree].matrices[group.matrix]
        table = -1 if matrix.tree == "quotient" else matrix.table  # which is of all tables
        theirs += [(table, matrix.tree, group.next) for _ in group.columns]
    assert [(o.table, o.tree, o.following) for o in found.openings(8)] == theirs
