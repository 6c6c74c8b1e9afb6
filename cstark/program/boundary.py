"""First and last rows that bind the same values: their sum is formed once.

Constraints a and a + k of a table often read v - public on the first row and v - another public on
the last, for many values v. Both classes then need the sum of beta^a v, the one times beta^k: the
sum is formed for the constraints with the smaller numbers, and its total scaled for the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cstark.program.builder import CLASSES
from cstark.program.compile import Lowering

if TYPE_CHECKING:
    from cstark.air.description import Constraint

__all__ = ["accumulate_shared"]

LEAST_SHARED = 8
"""Fewer terms cost less than scaling a total."""


def accumulate_shared(lowering: Lowering, constraints: Sequence[Constraint]) -> set[int]:
    """Form what the first and the last row share; numbers of the constraints that are done."""
    bound: dict[str, dict[int, tuple[int, int]]] = {"first": {}, "last": {}}
    for number, constraint in enumerate(constraints):
        if constraint.selector in bound:
            scale, node, _ = lowering.affine_node(constraint.node)
            if node is not None:
                bound[constraint.selector][number] = scale, node
    pairs = _most_frequent_distance(bound["first"], bound["last"])
    if len(pairs) < LEAST_SHARED:
        return set()
    builder = lowering.builder
    first, last = pairs[0]
    source, target = ("first", "last") if first < last else ("last", "first")
    for pair in pairs:
        scale, node = bound[source][min(pair)]
        builder.accumulate(CLASSES[source], lowering.ref(node), min(pair), scale)
    builder.scale_total(CLASSES[target], CLASSES[source], abs(last - first))
    done = {number for pair in pairs for number in pair}
    for number in sorted(done):
        _, _, offset = lowering.affine_node(constraints[number].node)
        builder.add_offset(CLASSES[constraints[number].selector], number, offset)
    return done


def _most_frequent_distance(
    first: dict[int, tuple[int, int]], last: dict[int, tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pairs of numbers of equal values, all the same distance apart."""
    numbers: dict[tuple[int, int], list[int]] = {}
    for number, value in first.items():
        numbers.setdefault(value, []).append(number)
    pairs = [(a, b) for b, value in last.items() for a in numbers.get(value, ())]
    counts = Counter(b - a for a, b in pairs)
    if not counts:
        return []
    ((distance, _),) = counts.most_common(1)
    return [(a, b) for a, b in pairs if b - a == distance]
