"""Buses: what a table sends and receives, tokens, and the numbers of the buses of a machine.

A bus is named by a string.  Over a whole machine, what is sent on it and what is received must
be equal as multisets of messages; tokens are the messages that the verifier adds itself.  A row
that receives with a free count (weight 0) is received as often as it takes: then every message
sent is a row of such a receiver, and how often it is sent is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from cstark.air.columns import Namespace
from cstark.air.description import Interaction
from cstark.air.expression import Expression, Recorder, Scalar
from cstark.air.nodes import Node, P
from cstark.air.rows import Operand, caller, check_name
from cstark.errors import AirError, StatementError, did_you_mean, quoted
from cstark.limits import MAX_MESSAGE_WIDTH, MIN_ROWS

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = [
    "Bus",
    "Receive",
    "Send",
    "Token",
    "check_tokens",
    "is_name",
    "number_buses",
    "record_message",
]


@dataclass(frozen=True)
class Token:
    """A message that the verifier adds to a bus; use `Send` or `Receive`."""

    bus: str
    values: tuple[int, ...]
    count: int = 1
    sign: ClassVar[int] = 0

    # By hand: any sequence goes in, a tuple comes out.
    def __init__(self, bus: str, values: Sequence[int] | np.ndarray, count: int = 1) -> None:
        kind = type(self).__name__
        if not is_name(bus):
            raise StatementError(f"{kind}: the bus {quoted(bus)} is no name (a printable string)")
        if isinstance(values, np.ndarray):
            values = values.reshape(-1).tolist()
        if not isinstance(values, (tuple, list)):
            raise StatementError(
                f"{kind} on bus {bus!r}: values must be a sequence of integers, "
                f"not {type(values).__name__}"
            )
        if not values:
            raise StatementError(f"{kind} on bus {bus!r}: a message needs at least one value")

        def element(value: object, what: str) -> int:
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
                raise StatementError(
                    f"{kind} on bus {bus!r}: {what} is {quoted(value)}, not an integer"
                )
            if not 0 <= value < P:
                raise StatementError(
                    f"{kind} on bus {bus!r}: {what} is {quoted(value)}, not in [0, p)"
                )
            return int(value)

        plain = tuple(element(value, f"value {k}") for k, value in enumerate(values))
        # frozen: set once, here
        object.__setattr__(self, "bus", bus)
        object.__setattr__(self, "values", plain)
        object.__setattr__(self, "count", element(count, "count"))


class Send(Token):
    """A token that the verifier sends: some table, or another token, must receive it.

    On a bus where a table receives with a free count (a provider), the proof says that the
    message is a row of the provider, or is received elsewhere.

    Parameters
    ----------
    bus : str
        Name of the bus.
    values : sequence of int
        The message, each value in ``[0, P)``; a tuple afterwards.
    count : int, default 1
        How often, in ``[0, P)``.  P - 1 is that many times, not -1: what takes a message away is a
        `Receive`.  All counts of a statement together must stay below P.

    Raises
    ------
    StatementError
        For anything else.

    Examples
    --------
    >>> from cstark.air import Send
    >>> Send("memory", [0, 7])
    Send(bus='memory', values=(0, 7), count=1)
    """

    sign: ClassVar[int] = 1


class Receive(Token):
    """A token that the verifier receives: some table, or another token, must send it.

    On a bus where a table receives with a free count (a provider: without ``weight=``), that
    table may receive -1 times, which is sending: there the proof says only that the message is
    sent, or is a row of the provider.

    Parameters
    ----------
    bus, values, count
        As for `Send`.

    Raises
    ------
    StatementError
        For anything else.

    Examples
    --------
    >>> from cstark.air import Receive
    >>> Receive("memory", [0, 7], count=2).sign
    -1
    """

    sign: ClassVar[int] = -1


def is_name(text: object) -> bool:
    """Whether `text` can name a table or a bus: a printable string that is not empty."""
    return isinstance(text, str) and text != "" and text.isprintable()


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


class Bus(NamedTuple):
    """What a machine knows of a bus: its number in fingerprints, and the values of a message."""

    number: int
    width: int


def number_buses(
    descriptions: Iterable[TableDescription] | Mapping[str, TableDescription],
) -> dict[str, Bus]:
    """Number the buses of a machine.

    Parameters
    ----------
    descriptions : iterable of TableDescription, or mapping to them
        The tables.

    Returns
    -------
    dict of str to Bus
        Numbers are 1, 2, ... in the order of the names.

    Raises
    ------
    AirError
        If two interactions give a bus different widths; the message names both tables.  One
        width a bus is what makes the fingerprints of distinct messages distinct polynomials.

    Examples
    --------
    >>> from cstark.air import Air, describe, number_buses
    >>> class Sender(Air):
    ...     columns = ("x", "y")
    ...     def constrain(self, t):
    ...         t.send("pairs", [t.now.x, t.now.y])
    ...         t.send("bytes", [t.now.x])
    >>> number_buses([describe("sender", Sender())])
    {'bytes': Bus(number=1, width=1), 'pairs': Bus(number=2, width=2)}
    """
    if isinstance(descriptions, Mapping):
        descriptions = descriptions.values()
    first: dict[str, tuple[int, str, str]] = {}
    for description in descriptions:
        for interaction in description.interactions:
            width = len(interaction.values)
            seen = first.setdefault(
                interaction.bus, (width, description.name, interaction.location)
            )
            if seen[0] != width:
                raise AirError(
                    f"bus {interaction.bus!r} has two widths: {seen[0]} in table {seen[1]!r}"
                    f"{_at(seen[2])} and {width} in table {description.name!r}"
                    f"{_at(interaction.location)}; every message on a bus has the same number of "
                    "values"
                )
    return {bus: Bus(number, first[bus][0]) for number, bus in enumerate(sorted(first), start=1)}


def check_tokens(buses: Mapping[str, Bus], tokens: Iterable[Token]) -> tuple[Send | Receive, ...]:
    """Check that tokens fit the buses of a machine.

    Parameters
    ----------
    buses : mapping
        What `number_buses` returned.
    tokens : iterable of Send or Receive
        The tokens; gone through once.

    Returns
    -------
    tuple of Send or Receive
        The tokens.

    Raises
    ------
    StatementError
        For something that is not a token, an unknown bus, or another width.
    """
    if isinstance(tokens, Token) or not hasattr(tokens, "__iter__"):
        raise StatementError(
            f"tokens are {quoted(tokens)}; write a list of cs.Send and cs.Receive, also for one "
            "token"
        )
    checked = []
    for token in tokens:
        if not isinstance(token, (Send, Receive)):
            raise StatementError(f"{quoted(token)} is not a token: use cs.Send or cs.Receive")
        checked.append(token)
        if token.bus not in buses:
            hint = did_you_mean(token.bus, buses)
            known = ", ".join(map(repr, buses)) or "none"
            raise StatementError(
                f"{quoted(token)}: no table uses the bus; the buses are {known}{hint}"
            )
        width = buses[token.bus][1]
        if len(token.values) != width:
            raise StatementError(
                f"{quoted(token)}: bus {token.bus!r} has messages of {width} values, "
                f"not {len(token.values)}"
            )
    return tuple(checked)


Form = dict[int | None, int]
"""A count as coefficients: None for the constant, else the node of a column or of a product."""


def _at(location: str) -> str:
    return f" ({location})" if location else ""


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
    weight = _magnitude(recorder, bounds, count)
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
    forms: dict[int, Form] = {}
    sizes: dict[int, int] = {}
    stack = [root]
    while stack:
        index = stack[-1]
        node = recorder.nodes[index]
        if node[0] in ("add", "sub", "mul"):
            waiting = [child for child in node[1:] if child not in forms]
            if waiting:
                stack.extend(waiting)
                continue
        stack.pop()
        if index in forms:
            continue
        form = _form(recorder, forms, sizes, bounds, index)
        if form is None:
            return None
        forms[index] = form
    return _size(forms[root], sizes)


def _form(
    recorder: Recorder,
    forms: Mapping[int, Form],
    sizes: dict[int, int],
    bounds: Callable[[Node], int],
    index: int,
) -> Form | None:
    kind, *operands = recorder.nodes[index]
    if kind == "public":
        return None
    if kind == "constant":
        return {None: operands[0]}
    if kind == "column":
        sizes[index] = bounds(recorder.nodes[index])
        return {index: 1}
    a, b = (forms[operand] for operand in operands)
    if kind == "mul":
        for constant, other in ((a, b), (b, a)):
            if constant.keys() <= {None}:
                scale = constant.get(None, 0)
                return {term: k * scale % P for term, k in other.items()}
        sizes[index] = min(_size(a, sizes) * _size(b, sizes), P)
        return {index: 1}
    result = dict(a)
    for term, k in b.items():
        result[term] = (result.get(term, 0) + (k if kind == "add" else -k)) % P
    return result


def _size(form: Form, sizes: Mapping[int, int]) -> int:
    total = sum(min(k, P - k) * (1 if term is None else sizes[term]) for term, k in form.items())
    return min(total, P)
