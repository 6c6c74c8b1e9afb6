"""Buses: what a table sends and receives, and the numbers of the buses of a machine.

A bus is named by a string.  Over a whole machine, what is sent on it and what is received must
be equal as multisets of messages; tokens (`cstark.air.tokens`) are what the verifier adds.  A row
that receives with a free count (weight 0) is received as often as it takes: then every message
sent is a row of such a receiver, and how often it is sent is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cstark.air.columns import Namespace
from cstark.air.description import Interaction
from cstark.air.expression import Expression, Recorder, Scalar
from cstark.air.nodes import Node, P, is_name, subtree
from cstark.air.rows import Operand, caller, check_name
from cstark.errors import quoted
from cstark.limits import MAX_MESSAGE_WIDTH, MIN_ROWS

if TYPE_CHECKING:
    pass

__all__ = ["record_message"]


def record_message(
    recorder: Recorder,
    bounds: Callable[[Node], int],
    sign: int,
    bus: str,
    values: Operand,
    count: Scalar,
    weight: int | None,
    name: str | None,
) -> Interaction:
    """Check one call of ``t.send`` or ``t.receive``.

    Parameters
    ----------
    recorder : Recorder
        The run it belongs to.
    bounds : callable
        Node of a column -> bound on the absolute value it is taken to have.
    sign : int
        +1 for a send, -1 for a receive.
    bus, values, count, weight, name
        As the author wrote them.

    Returns
    -------
    Interaction
        Its nodes are those of the recorder.

    Raises
    ------
    AirError
        If any of them is wrong.
    """
    verb = "send" if sign > 0 else "receive"
    if not is_name(bus):
        raise recorder.error(
            f"{verb}: the bus {quoted(bus)} is no name (a printable string); write "
            f't.{verb}("name", [value, ...])'
        )
    where = f"{verb} on bus {bus!r}"
    check_name(recorder, name)
    nodes = tuple(recorder.node_of(value) for value in _flatten(recorder, where, values))
    if not nodes:
        raise recorder.error(f"{where}: a message needs at least one value")
    if len(nodes) > MAX_MESSAGE_WIDTH:
        raise recorder.error(
            f"{where}: a message has at most {MAX_MESSAGE_WIDTH} values, not {len(nodes)}"
        )
    for place, node in enumerate(nodes):
        if recorder.degrees[node] > 1:
            raise recorder.error(
                f"{where}: value {place}, {recorder.text(node)}, has degree "
                f"{recorder.degrees[node]}; values have degree at most 1: put it in a column of "
                "its own and constrain that column"
            )
    if isinstance(values, Expression) and isinstance(count, Expression):  # meant as two values
        raise recorder.error(
            f"{where}: a message with a count is a list; write t.{verb}({bus!r}, [value, ...]), "
            f"or t.{verb}({bus!r}, [value], count=...)"
        )
    if isinstance(count, (np.ndarray, list, tuple, Namespace)):
        raise recorder.error(f"{where}: count must be one expression or integer")
    count_node = recorder.node_of(count)
    constant = recorder.value(count_node)
    if recorder.constant_value(count_node) == 0:
        raise recorder.error(f"{where}: count is the constant 0, so nothing is ever exchanged")
    if weight is None:
        weight = _default_weight(recorder, bounds, where, sign, count_node)
    elif not isinstance(weight, (int, np.integer)) or isinstance(weight, bool):
        raise recorder.error(f"{where}: weight={quoted(weight)} is not an integer")
    elif not 0 <= weight < P:
        raise recorder.error(f"{where}: weight={quoted(weight)} is not in [0, p)")
    elif constant is not None and weight < min(constant, P - constant):
        raise recorder.error(
            f"{where}: weight={weight} does not bound the count {min(constant, P - constant)}"
        )
    return Interaction(bus, sign, nodes, count_node, int(weight), name or "", caller())


def _flatten(recorder: Recorder, where: str, values: Operand) -> list[Scalar]:
    if isinstance(values, (Expression, int, np.integer)):
        return [values]
    if isinstance(values, np.ndarray):
        return list(values.reshape(-1))
    if isinstance(values, (list, tuple, Namespace)):
        return [leaf for value in values for leaf in _flatten(recorder, where, value)]
    if isinstance(values, Sequence) or hasattr(values, "__iter__"):
        raise recorder.error(
            f"{where}: values are {type(values).__name__}; write a list, tuple or array"
        )
    return [values]  # a wrong number: node_of says what is wrong with it


def _default_weight(
    recorder: Recorder, bounds: Callable[[Node], int], where: str, sign: int, count: int
) -> int:
    constant = recorder.value(count)
    if constant is not None:
        return min(constant, P - constant)
    if sign < 0:
        return 0
    if count not in recorder.magnitudes:  # messages share counts
        recorder.magnitudes[count] = _magnitude(recorder, bounds, count)
    weight = recorder.magnitudes[count]
    if weight is None:
        raise recorder.error(
            f"{where}: the count {recorder.text(count)} depends on a public value, whose size is "
            "unknown here; give weight=, a bound that your constraints or publics enforce"
        )
    if weight * MIN_ROWS >= P:
        raise recorder.error(
            f"{where}: the count {recorder.text(count)} has coefficients so large that counts "
            "could wrap around p; give weight=, a bound that your constraints enforce"
        )
    return weight


def _magnitude(recorder: Recorder, bounds: Callable[[Node], int], root: int) -> int | None:
    """Sum of the absolute coefficients of a count, columns bounded by `bounds`.

    Affine parts are collected before absolute values are taken, so ``a + b - a`` weighs 1;
    products multiply the bounds of their factors.  None if a public value takes part.
    """
    members = subtree(recorder.nodes, root) or []
    if any(recorder.nodes[index][0] == "public" for index in members):
        return None
    sizes: dict[int, int] = {}  # of columns, products, and the factors of products
    for index in members:
        kind, *operands = recorder.nodes[index]
        if kind == "column":
            sizes[index] = bounds(recorder.nodes[index])
        elif kind == "mul" and all(recorder.constant_value(each) is None for each in operands):
            for factor in operands:
                if factor not in sizes:
                    sizes[factor] = _affine_size(recorder, sizes, factor)
            sizes[index] = min(sizes[operands[0]] * sizes[operands[1]], P)
    return _affine_size(recorder, sizes, root)


def _affine_size(recorder: Recorder, sizes: Mapping[int, int], root: int) -> int:
    """Sum of the absolute coefficients of a node in columns and products, times their sizes."""
    coefficients = {root: 1}
    total = fixed = 0
    for index in reversed(subtree(recorder.nodes, root, stop=sizes) or []):
        scale = coefficients.pop(index, 0)
        constant = recorder.constant_value(index)
        if constant is not None:
            fixed += scale * constant
            continue
        if index in sizes:
            total += min(scale, P - scale) * sizes[index]
            continue
        kind, a, b = recorder.nodes[index]
        for operand, other, sign in ((a, b, 1), (b, a, -1 if kind == "sub" else 1)):
            factor = recorder.constant_value(other) if kind == "mul" else sign
            if factor is not None:
                before = coefficients.get(operand, 0)
                coefficients[operand] = (before + scale * factor) % P
    return min(total + min(fixed % P, -fixed % P), P)
