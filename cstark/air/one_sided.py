"""Buses that lack a side: a mistake in a description that no trace may ever show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cstark.air.description import TableDescription
from cstark.air.nodes import Node, P
from cstark.air.tokens import Token

__all__ = ["one_sided"]

Range = tuple[int, int]
"""Smallest and largest value, as signed numbers."""


def one_sided(descriptions: Sequence[TableDescription], tokens: Sequence[Token]) -> dict[str, int]:
    """Buses that tables only send on, or only receive from, with no token of the other side.

    What is received there balances only when it is nothing: a table that answers is never asked.
    The rule leaves out

    * buses with a token of the other side, of count 0 too: a verifier may have nothing to send
      this time;
    * buses with a count that could be negative if its columns were flags, such as
      ``now.new - now.old``: sent -1 times is received once. (A single column that holds -1 is
      not recognised.)

    Parameters
    ----------
    descriptions : sequence of TableDescription
        All tables of a machine.
    tokens : sequence of Send or Receive
        Those of a statement.

    Returns
    -------
    dict of str to int
        Bus -> the only sign on it, +1 for sends; buses in order of their names.

    Examples
    --------
    >>> from cstark.air import Air, Send, describe
    >>> class Squares(Air):
    ...     columns = ("x", "square", "asked")
    ...     def constrain(self, t):
    ...         t.every_row.equal(t.now.square, t.now.x**2)
    ...         t.receive("square", [t.now.x, t.now.square], count=t.now.asked)
    >>> squares = describe("squares", Squares())
    >>> one_sided([squares], []), one_sided([squares], [Send("square", [3, 9])])
    ({'square': -1}, {})
    """
    signs: dict[str, set[int]] = {}
    for description in descriptions:
        for interaction in description.interactions:
            signs.setdefault(interaction.bus, set()).add(interaction.sign)
    for token in tokens:
        signs[token.bus].add(token.sign)
    single = {bus: sign for bus, (sign, *others) in sorted(signs.items()) if not others}
    for description in descriptions:
        used = [i for i in description.interactions if i.bus in single]
        ranges = _ranges(description) if used else []
        for interaction in used:
            if ranges[interaction.count][0] < 0:
                single.pop(interaction.bus, None)
    return single


def _ranges(description: TableDescription) -> list[Range]:
    """What each node can be worth if the columns of the trace are flags."""
    ranges: list[Range] = []
    for node in description.nodes:
        if node[0] == "constant":
            ranges.append((_signed(node[1]), _signed(node[1])))
        elif node[0] in ("column", "public"):
            ranges.append(_leaf_range(description, node))
        else:
            (a, b), (c, d) = ranges[node[1]], ranges[node[2]]
            if node[0] == "add":
                found = (a + c, b + d)
            elif node[0] == "sub":
                found = (a - d, b - c)
            else:
                products = (a * c, a * d, b * c, b * d)
                found = (min(products), max(products))
            ranges.append((max(found[0], -P), min(found[1], P)))
    return ranges


def _leaf_range(description: TableDescription, node: Node) -> Range:
    if node[0] == "public":
        return -1, 1
    _, source, index, _ = node
    if source == "main":
        return 0, 1
    if source == "periodic":
        values = np.array(description.periodic[index], dtype=np.uint64)
    elif description.preprocessed is not None:
        values = description.preprocessed[:, index]
    else:
        return -1, 1
    below = values > np.uint64(P // 2)
    # negative numbers are the large residues: the smallest number is the smallest of those
    lowest = values[below] if below.any() else values
    highest = values if below.all() else values[~below]
    return _signed(int(lowest.min())), _signed(int(highest.max()))


def _signed(value: int) -> int:
    return value if value <= P // 2 else value - P
