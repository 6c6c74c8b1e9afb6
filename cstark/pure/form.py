"""The one form of a table's arithmetic: equal equations are written in one way only.

The digest of a key stands for its machine, so a key that says the same in other words is refused.
Constants are folded, nothing stands twice, sums and products know no order of their operands, and
nodes stand in the order in which a walk from the constraints and messages finishes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Nodes = Sequence[tuple[Any, ...]]
OPERATIONS = ("add", "sub", "mul")


def is_folded(nodes: Nodes) -> bool:
    """Whether no operation could be left out: none on constants alone, none with 0 or 1."""
    for kind, *rest in nodes:
        if kind not in OPERATIONS:
            continue
        a, b = rest
        left, right = (nodes[k][1] if nodes[k][0] == "constant" else None for k in rest)
        idle = {
            "add": left == 0 or right == 0,
            "sub": right == 0 or a == b,
            "mul": left in (0, 1) or right in (0, 1),
        }
        if idle[kind] or (left is not None and right is not None):
            return False
    return True


def is_without_doubles(nodes: Nodes) -> bool:
    """Whether no node stands twice; ``a + b`` and ``b + a`` are the same one."""
    spelled = set()
    for node in nodes:
        one = (node[0], *sorted(node[1:])) if node[0] in ("add", "mul") else node
        if one in spelled:
            return False
        spelled.add(one)
    return True


def is_in_order(nodes: Nodes, roots: Iterable[int]) -> bool:
    """Whether a walk from the roots, operands first, finishes node 0, 1, ... and leaves none."""
    finished = 0
    for root in roots:
        stack = [root]
        while stack:
            node = stack[-1]
            if node < finished:  # finished nodes are exactly those below
                stack.pop()
                continue
            operands = nodes[node][1:] if nodes[node][0] in OPERATIONS else ()
            waiting = next((k for k in operands if k >= finished), None)
            if waiting is not None:
                stack.append(waiting)
            elif node == finished:
                stack.pop()
                finished += 1
            else:
                return False
    return finished == len(nodes)


def reads_next(nodes: Nodes) -> list[bool]:
    """Whether each node reads the next row."""
    found: list[bool] = []
    for kind, *rest in nodes:
        if kind in OPERATIONS:
            found.append(any(found[k] for k in rest))
        else:
            found.append(kind == "column" and rest[2] == 1)
    return found
