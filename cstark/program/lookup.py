"""The lookup columns of a table: one for each committed group of interactions, and the accumulator.

With S_i the sum of all fractions of row i, L the sum of all S_i and N the rows,
acc[0] = 0 and acc[i+1] = acc[i] + S_i - L/N, which closes cyclically.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cstark.field import ZERO, Element, P, add, mul, scale, sub
from cstark.kernels import _lookup
from cstark.kernels._program import Bound
from cstark.program.challenges import Challenges
from cstark.program.compile import Lowering
from cstark.program.encode import BlockProgram, encode
from cstark.program.interactions import fingerprint, fractions, sum_of_fractions

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = [
    "LookupCall",
    "LookupProgram",
    "ZeroDenominator",
    "build_lookup_columns",
    "lookup_program",
]


class ZeroDenominator(ArithmeticError):
    """A fingerprint is zero: z happens to equal a message of the trace.

    Attributes
    ----------
    row, interaction : int
        The first row where it happens, and the first interaction there.
    call : int
        Of the tables that were built together, the first with such a row.
    """

    def __init__(self, row: int, interaction: int, call: int = 0) -> None:
        super().__init__(f"interaction {interaction} has a zero denominator at row {row}")
        self.row = row
        self.interaction = interaction
        self.call = call

    def __reduce__(self) -> tuple[type[ZeroDenominator], tuple[int, int, int]]:
        return (type(self), (self.row, self.interaction, self.call))


@dataclass(frozen=True, eq=False)
class LookupProgram:
    """See `lookup_program`.

    Attributes
    ----------
    description : TableDescription
    program : BlockProgram
    columns : int
        Number of extension columns.
    """

    description: TableDescription
    program: BlockProgram
    columns: int

    def evaluate(
        self,
        trace: np.ndarray,
        preprocessed: np.ndarray | None,
        publics: Sequence[int],
        challenges: Challenges,
        out: np.ndarray,
    ) -> Element:
        """Write the lookup columns of a table and return its table sum L.

        Parameters
        ----------
        trace : uint64 array (rows, width)
            Canonical; the words of a row adjacent.
        preprocessed : uint64 array (rows, preprocessed_width) or None
        publics : sequence of int
        challenges : Challenges
            z, alpha and the bus numbers.
        out : uint64 array (rows, 3 * columns), C-contiguous
            Columns 3k..3k+2 receive lookup column k, the accumulator last.

        Returns
        -------
        tuple of 3 int

        Raises
        ------
        ZeroDenominator
            If a fingerprint is zero; the contents of `out` are then unspecified.
        ValueError
            If an array has the wrong shape, or publics the wrong number.
        """
        call = LookupCall(self, trace, preprocessed, publics, out)
        [total] = build_lookup_columns([call], challenges)
        return total


@dataclass(frozen=True)
class LookupCall:
    """A table whose lookup columns are to be built, see `LookupProgram.evaluate`."""

    program: LookupProgram
    trace: np.ndarray
    preprocessed: np.ndarray | None
    publics: Sequence[int]
    out: np.ndarray
    added: np.ndarray | None = None  # (k, 3): to the sums S_i of the first rows

    def bind(self, challenges: Challenges) -> tuple[Bound, np.ndarray, np.ndarray | None]:
        """What the kernel takes.

        Raises
        ------
        ValueError
            If an array has the wrong shape, or publics the wrong number.
        """
        description, publics = self.program.description, self.publics
        if len(publics) != description.publics:
            raise ValueError(f"publics must be {description.publics} values, not {len(publics)}")
        bound = self.program.program.bind(
            (self.trace if description.width else None, self.preprocessed, None),
            [np.array(values, dtype=np.uint64) for values in description.periodic],
            len(self.trace),
            publics,
            challenges,
        )
        return bound, self.out, self.added


def build_lookup_columns(calls: Sequence[LookupCall], challenges: Challenges) -> list[Element]:
    """Write the lookup columns of several tables in the parallel regions of one; their sums.

    Raises
    ------
    ZeroDenominator
        If a fingerprint is zero; the contents of all `out` are then unspecified.
    """
    sums, number, row = _lookup.build_many([call.bind(challenges) for call in calls])
    if number < 0:
        return sums
    call = calls[number]
    description = call.program.description
    interaction = _zero_interaction(
        description, call.trace, call.preprocessed, call.publics, challenges, row
    )
    raise ZeroDenominator(row, interaction, number)


def lookup_program(description: TableDescription) -> LookupProgram:
    """Compile the lookup columns of a table: immutable, picklable, to be kept by the caller.

    Parameters
    ----------
    description : TableDescription
        With at least one interaction.

    Returns
    -------
    LookupProgram
    """
    lowering = Lowering(description)
    builder = lowering.builder
    groups = description.groups
    if not groups:
        raise ValueError(f"table {description.name!r} has no interactions")
    for index, group in enumerate(groups):
        members = [description.interactions[i] for i in group]
        if len(members) == 2:
            operands, flags = fractions(lowering, members)
            builder.effect("pair", operands, (flags, index))
        elif len(members) > 2:
            builder.effect("ext_fraction", sum_of_fractions(lowering, members), (index,))
        else:
            count = lowering.ref(members[0].count)
            if members[0].sign < 0:
                zero = builder.constant(builder.scalars.zero)
                count = builder.emit("subtract_from", (count,), (zero,))
            builder.effect("fraction", (count, fingerprint(lowering, members[0])), (index,))
    widths = {"main": description.width, "preprocessed": description.preprocessed_width}
    program = encode(builder, widths, pairs=len(groups))
    return LookupProgram(description, program, len(groups))


def _zero_interaction(
    description: TableDescription,
    trace: np.ndarray,
    preprocessed: np.ndarray | None,
    publics: Sequence[int],
    challenges: Challenges,
    row: int,
) -> int:
    """First interaction whose fingerprint is zero at a row, by Python integers."""
    values: list[int] = []
    for kind, *arguments in description.nodes:
        if kind == "constant":
            values.append(arguments[0])
        elif kind == "public":
            values.append(int(publics[arguments[0]]))
        elif kind == "column":
            source, index, next_row = arguments
            if source == "periodic":
                column = description.periodic[index]
                values.append(column[row % len(column)])
            else:
                matrix = trace if source == "main" else preprocessed
                assert matrix is not None
                values.append(int(matrix[(row + next_row) % len(trace), index]))
        else:
            a, b = values[arguments[0]], values[arguments[1]]
            values.append({"add": a + b, "sub": a - b, "mul": a * b}[kind] % P)
    for index, interaction in enumerate(description.interactions):
        message, power = (challenges.bus_numbers[interaction.bus], 0, 0), challenges.alpha
        for node in interaction.values:
            message = add(message, scale(power, values[node]))
            power = mul(power, challenges.alpha)
        if sub(challenges.z, message) == ZERO:
            return index
    raise AssertionError(f"no fingerprint is zero at row {row}")
