"""What a verifier demands of a proof beside that it holds: strength, and heights."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from cstark.errors import StatementError, did_you_mean, quoted
from cstark.limits import MIN_ROWS

from .options import REGIMES
from .statement import listed_heights

if TYPE_CHECKING:
    from .key import MachineDescription

__all__ = ["Policy"]


@dataclass(frozen=True)
class Policy:
    """A verifier's own demands, validated.

    Attributes
    ----------
    min_security : int or float
        Proven bits demanded at the heights of the proof; at least 0.
    regime : {"best", "unique"}
        Which bounds prove them: the better of both, or unique decoding alone.
    log_heights : dict of str to tuple of int
        Table -> log2 of the rows it must have, of each of its traces. The tables that are left out,
        and have no ``rows`` of their own, have as many as the prover likes.
    """

    min_security: Real | float
    regime: str
    log_heights: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(
        cls,
        key: MachineDescription,
        min_security: object = 100,
        regime: object = "best",
        heights: object = None,
    ) -> Policy:
        """Validate what the caller gave.

        Raises
        ------
        StatementError
            Naming what no proof could meet, or every proof would.
        """
        return cls(_bits(min_security), _regime(regime), _log_heights(key, heights))


def _bits(bits: object) -> Real | float:
    # Nothing may pass a policy by being no policy, as every number would pass NaN, which alone
    # differs from itself; math.isnan overflows at integers that no float can hold.
    if isinstance(bits, bool) or not isinstance(bits, Real) or bits != bits:
        raise StatementError(f"min_security is {quoted(bits)}; it must be a number of bits")
    if bits < 0:
        raise StatementError(f"min_security is {quoted(bits)}; it must be at least 0")
    return bits


def _regime(regime: object) -> str:
    if regime == "dkt26":
        raise StatementError(
            "regime is 'dkt26'; it rests on a draft and counts for no min_security: take 'best'"
        )
    if not isinstance(regime, str) or regime not in REGIMES:
        raise StatementError(
            f"regime is {quoted(regime)}; it must be one of {', '.join(map(repr, REGIMES))}"
        )
    return str(regime)


def _log_heights(key: MachineDescription, heights: Any) -> dict[str, tuple[int, ...]]:
    if heights is None:
        return {}
    names = key.names
    if not isinstance(heights, Mapping):
        raise StatementError(
            f"heights are {quoted(heights)}; they must be a mapping from table names to rows, "
            f"such as {{{names[0]!r}: 1024}}"
        )
    result = {}
    several = {table.name: table.stands == "any" for table in key.tables}
    for name, rows in heights.items():
        if name not in several:
            hint = did_you_mean(str(name), names)
            raise StatementError(
                f"heights: no table {quoted(name)}; the machine has {', '.join(names)}{hint}"
            )
        listed = [rows]
        if several[name] and not hasattr(rows, "__index__"):
            listed = listed_heights(name, rows)
        result[name] = tuple(sorted((_log_height(name, one) for one in listed), reverse=True))
    return result


def _log_height(name: str, rows: Any) -> int:
    if isinstance(rows, bool) or not hasattr(rows, "__index__"):
        raise StatementError(f"heights: table {name!r}: {quoted(rows)} is not an int")
    count = operator.index(rows)  # of NumPy as well
    if count < MIN_ROWS or count & (count - 1):
        raise StatementError(
            f"heights: table {name!r} cannot have {quoted(count)} rows; they are a power of "
            f"two, at least {MIN_ROWS}"
        )
    return count.bit_length() - 1
