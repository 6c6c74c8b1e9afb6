"""Every half that is written to a register or to memory is below 2^32, for a reason on record."""

from __future__ import annotations

from tables_support import TABLES, described, flags_of

from cstark.air import P
from cstark.vm.buses import HALVES

LIMB, BYTE, BIT, HALF = (0, 2**16 - 1), (0, 2**8 - 1), (0, 1), (0, 2**32 - 1)
LOOKED_UP = {"range": (LIMB,), "top": (LIMB, BIT), "low": (LIMB, BYTE), "bytes": (BYTE,) * 3}


def known(description):
    """What lookups and tokens say of single columns of a real row: node -> interval."""
    flags = flags_of(description)
    intervals = {
        k: BIT
        for k, node in enumerate(description.nodes)
        if node[:2] == ("column", "main") and description.column_names[node[2]] in flags
    }
    real = {
        k
        for k, node in enumerate(description.nodes)
        if node[:2] == ("column", "main") and description.column_names[node[2]] == "real"
    }
    for one in description.interactions:
        sure = one.count in real or description.nodes[one.count][0] == "constant"
        if one.bus in ("register", "memory") and one.sign == -1:
            facts = {one.values[1]: HALF, one.values[2]: HALF}
        elif one.bus in LOOKED_UP and one.sign == +1 and sure:
            facts = dict(zip(one.values, LOOKED_UP[one.bus], strict=True))
        else:
            continue
        for node, interval in facts.items():
            if description.nodes[node][0] == "column":
                intervals.setdefault(node, interval)
    return intervals


def interval(description, node, intervals):
    """The smallest and largest integer of an expression; None if a column has no bound."""
    kind, *rest = description.nodes[node]
    if node in intervals:
        return intervals[node]
    if kind == "constant":
        value = rest[0] if rest[0] < P // 2 else rest[0] - P
        return value, value
    if kind in ("column", "public"):
        return None
    a, b = (interval(description, k, intervals) for k in rest)
    if a is None or b is None:
        return None
    if kind == "add":
        return a[0] + b[0], a[1] + b[1]
    if kind == "sub":
        return a[0] - b[1], a[1] - b[0]
    products = [x * y for x in a for y in b]
    return min(products), max(products)


def unbounded(name):
    """The messages of a table whose halves do not follow from lookups and tokens alone."""
    description = described(name)
    intervals = known(description)
    found = []
    for one in description.interactions:
        if one.bus in ("register", "memory") and one.sign == +1:
            for value in one.values[1:3]:
                found.append(interval(description, value, intervals))
    return [one for one in found if one is None or one[0] < 0 or one[1] > HALF[1]]


def test_every_producer_is_evident_or_on_record():
    assert {name for name in TABLES if unbounded(name)} == set(HALVES)
    assert all(HALVES.values())


def test_evident_producers_are_bounded_by_their_lookups():
    """The rule notices: without its lookups, a sum of limbs has no bound."""
    description = described("add")
    limbs = [one.values[0] for one in description.interactions if "limb" in one.label]
    assert len(limbs) == 4
    sent = [one for one in description.interactions if one.label == "rd put back"]
    for half in sent[0].values[1:3]:
        intervals = known(description)
        assert interval(description, half, intervals) == HALF
        for limb in limbs:
            intervals.pop(limb)
        assert interval(description, half, intervals) is None
