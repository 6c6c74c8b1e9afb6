"""Both readers of keys put the same interactions into the same lookup columns."""

from __future__ import annotations

import json
import random

import pytest

import cstark as cs
from cstark import pure
from cstark.errors import CstarkError
from tests.air.test_groups import Talker


def both_groups(data):
    """Sizes of the groups of each table, as each reader finds them, or None if it refuses."""
    found = []
    try:
        key = cs.VerifyingKey.from_json(
            json.dumps(data["key"], sort_keys=True, separators=(",", ":"))
        )
        found.append([[len(group) for group in table.groups] for table in key.tables])
    except CstarkError:
        found.append(None)
    try:
        tables = pure.read_statement(json.dumps(data)).tables
        found.append([[len(group) for group in table.groups] for table in tables])
    except pure.BadKey:
        found.append(None)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_same_groups_for_every_degree(seed):
    rng = random.Random(seed)
    blowup = rng.choice([2, 4, 8, 16])
    tables = {
        f"t{number}": Talker(
            [rng.choice([0, 1, 1, 1, rng.randint(1, blowup)]) for _ in range(rng.randint(0, 20))],
            own=rng.randint(1, blowup + 1),
        )
        for number in range(rng.randint(1, 3))
    }
    machine = cs.Machine(tables, cs.Options(blowup=blowup, queries=2, grinding=0))
    data = json.loads(machine.statement({}).to_json())
    honest, other = both_groups(data)
    assert honest == other is not None
    assert honest == [[len(group) for group in table.groups] for table in machine.descriptions]
    accepted = set()
    for stated in range(blowup + 3):
        changed = json.loads(json.dumps(data))
        changed["key"]["tables"][0]["degree"] = stated
        one, other = both_groups(changed)
        assert one == other, stated
        if one is not None:
            accepted.add(stated)
    assert data["key"]["tables"][0]["degree"] in accepted
    assert all(stated <= blowup + 1 for stated in accepted)
