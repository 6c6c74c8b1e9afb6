"""Tokens: messages that the verifier itself sends or receives on a bus of a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cstark.air.nodes import P, is_name
from cstark.errors import StatementError, did_you_mean, quoted

if TYPE_CHECKING:
    from cstark.air.buses import Bus

__all__ = ["Receive", "Send", "Token", "check_tokens"]


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
