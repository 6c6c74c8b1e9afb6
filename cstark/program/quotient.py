"""The quotient of a table's constraints on a coset.

With constraints C_0, C_1, ... (the table's own, then those of its lookup columns) and selectors
s_j, the quotient is Q = sum of beta^j C_j s_j / Z_H. The sums of constraints with the same
selector are formed first, so that each row divides once:

Q = (A_every + A_transition (x - 1/g)) / Z_H + A_first / (x - 1) + A_last / (x - 1/g).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cstark.field import P, base_root
from cstark.kernels import _program
from cstark.program.boundary import accumulate_shared
from cstark.program.builder import CLASSES, Ref
from cstark.program.challenges import Challenges
from cstark.program.compile import Lowering, accumulate_constraint
from cstark.program.encode import BlockProgram, encode
from cstark.program.interactions import fingerprint, fractions, sum_of_fractions
from cstark.program.powers import powers

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = [
    "CosetPoints",
    "QuotientProgram",
    "Sources",
    "evaluate_quotients",
    "hidden_quotient_program",
    "quotient_program",
]


@dataclass(frozen=True)
class CosetPoints:
    """The points x_i = shift * g^i of a coset, g the standard root of order 2^log_n.

    Attributes
    ----------
    shift : int
        With shift^(2^log_n) != 1.
    log_n : int
    inverse_first : uint64 array (2^log_n,) or None
        1 / (x_i - 1); only needed when `QuotientProgram.needs_inverse_first`.
    zerofiers : uint64 array (2^log_n,) or None
        1 / Z_H at the points, where it is not the same at all of them.
    log_rows : int or None
        Log2 of the rows of the table, whose domain the selectors speak of, where the points are
        others than a coset of it: then every other point counts, and the sources have the next row
        of each behind it, and `inverse_first` that of the next point.
    """

    shift: int
    log_n: int
    inverse_first: np.ndarray | None = None
    log_rows: int | None = None
    zerofiers: np.ndarray | None = None

    @property
    def log_domain(self) -> int:
        """Log2 of the order of the trace domain."""
        return self.log_n if self.log_rows is None else self.log_rows

    @property
    def inverse_zerofier(self) -> int:
        """1 / Z_H = 1 / (shift^n - 1), the same at all points that count, or 1."""
        if self.zerofiers is not None:
            return 1
        return pow(pow(self.shift, 1 << self.log_domain, P) - 1, -1, P)


@dataclass(frozen=True)
class Sources:
    """Values of a table's columns on a coset.

    Attributes
    ----------
    main, preprocessed, lookup : uint64 array (n, >= width) or None
        Canonical; the words of a row adjacent. A lookup column is three of them.
    periodic : sequence of uint64 arrays
        One period of each periodic column on the coset: of a column of period m, the polynomial of
        degree below m with those values on the subgroup of order m, at the points
        (shift^(n/m)) h^i, h the standard root of order m.
    """

    main: np.ndarray | None
    preprocessed: np.ndarray | None = None
    lookup: np.ndarray | None = None
    periodic: Sequence[np.ndarray] = ()


@dataclass(frozen=True, eq=False)
class QuotientProgram:
    """See `quotient_program`.

    Attributes
    ----------
    program : BlockProgram
    needs_inverse_first : bool
        Whether constraints on the first or last row, or lookup columns, need
        `CosetPoints.inverse_first`.
    publics : int
        Number of public values of the table.
    hidden_sum : bool
        Whether the table's sum has a mask, which the points themselves are a factor of.
    """

    program: BlockProgram
    needs_inverse_first: bool
    publics: int
    hidden_sum: bool

    def evaluate(
        self,
        points: CosetPoints,
        sources: Sources,
        publics: Sequence[int],
        challenges: Challenges,
        out: np.ndarray,
        *,
        add: bool = False,
    ) -> None:
        """Write the quotient, times ``challenges.weight``, at the points of one coset.

        Parameters
        ----------
        points : CosetPoints
        sources : Sources
        publics : sequence of int
            Canonical.
        challenges : Challenges
            All but the factors. Without interactions z and alpha do not matter.
        out : uint64 array (n, 3), C-contiguous
            Receives the three coordinates of the quotient.
        add : bool
            Add to what `out` has.

        Raises
        ------
        ValueError
            If an array has the wrong shape, or publics the wrong number.
        """
        evaluate_quotients([[self.call(points, sources, publics, challenges, out, add=add)]])

    def call(
        self,
        points: CosetPoints,
        sources: Sources,
        publics: Sequence[int],
        challenges: Challenges,
        out: np.ndarray,
        *,
        add: bool = False,
    ) -> QuotientCall:
        """What `evaluate` does, for `evaluate_quotients`."""
        if len(publics) != self.publics:
            raise ValueError(f"publics must be {self.publics} values, not {len(publics)}")
        generator = base_root(points.log_domain)
        zerofier = points.inverse_zerofier
        periodic = list(sources.periodic)
        if self.hidden_sum:  # X, as a column whose period is all of the points
            periodic.append(powers(base_root(points.log_n), 1 << points.log_n, points.shift))
        bound = self.program.bind(
            (sources.main, sources.preprocessed, sources.lookup),
            periodic,
            1 << points.log_n,
            publics,
            challenges.with_factors((zerofier, zerofier, 1, generator)),
        )
        inverses = points.inverse_first if self.needs_inverse_first else None
        return bound, points.shift, inverses, out, add, points.log_domain, points.zerofiers


QuotientCall = tuple[
    _program.Bound, int, np.ndarray | None, np.ndarray, bool, int, np.ndarray | None
]


def evaluate_quotients(calls: Sequence[Sequence[QuotientCall]]) -> None:
    """Evaluate quotients of several tables, on several cosets, in one parallel region.

    Parameters
    ----------
    calls : sequence of sequence of QuotientCall
        Each item is what goes into one array, in order: see `QuotientProgram.call`.
    """
    _program.quotients(calls)


def hidden_quotient_program(description: TableDescription) -> QuotientProgram:
    """The quotient of a table whose sum has a mask, see `quotient_program`."""
    return quotient_program(description, hidden_sum=True)


def quotient_program(description: TableDescription, *, hidden_sum: bool = False) -> QuotientProgram:
    """Compile the quotient of a table: immutable, picklable, to be kept by the caller.

    Parameters
    ----------
    description : TableDescription
    hidden_sum : bool
        Whether one more main column u follows the table's own, of which the accumulator adds
        u (1 + w X + w^2 X^2) on every row.

    Returns
    -------
    QuotientProgram
    """
    lowering = Lowering(description)
    builder = lowering.builder
    done = accumulate_shared(lowering, description.constraints)
    for number, constraint in enumerate(description.constraints):
        if number not in done:
            accumulate_constraint(lowering, constraint.selector, constraint.node, number)
    _lookup_constraints(lowering, description, len(description.constraints), hidden_sum)
    builder.finish_sums()
    widths = {
        "main": description.width + hidden_sum,
        "preprocessed": description.preprocessed_width,
        "lookup": 3 * description.lookup_columns,
    }
    boundary = any(c.selector in ("first", "last") for c in description.constraints)
    return QuotientProgram(
        encode(builder, widths),
        boundary or bool(description.interactions),
        description.publics,
        hidden_sum,
    )


def _lookup_constraints(
    lowering: Lowering, description: TableDescription, number: int, hidden_sum: bool
) -> None:
    """The constraints of the lookup columns, in the order of the protocol."""
    groups = description.groups
    if not groups:
        return
    builder = lowering.builder
    every = CLASSES["every"]
    one = builder.scalars.one

    def add(kind: int, value: Ref, constraint: int) -> None:
        for part in range(3):
            builder.accumulate(kind, value._replace(part=part), constraint, one)

    last = builder.column("lookup", 3 * (len(groups) - 1), width=3)
    # acc' - acc + L/N - sum of the groups' columns, subtracted as they pass
    step = builder.emit("ext_sub", (last._replace(next=1), last))
    mean = builder.ext_constant(("mean",))
    if hidden_sum:
        step = builder.emit("ext_add", (step, _mean_without_mask(lowering, description, mean)))
    else:
        step = builder.emit("ext_add_constant", (step,), (mean,))
    for k, group in enumerate(groups):
        members = [description.interactions[i] for i in group]
        absorbed = k == len(groups) - 1
        column = step if absorbed else builder.column("lookup", 3 * k, width=3)
        if len(members) == 2:
            operands, flags = fractions(lowering, members)
            residual = builder.emit("residual", (*operands, column), (flags,))
        elif len(members) > 2:
            numerator, denominator = sum_of_fractions(lowering, members)
            product = builder.emit("ext_mul", (column, denominator))
            residual = builder.emit("ext_sub", (product, numerator))
        else:
            residual = builder.emit("ext_mul", (column, fingerprint(lowering, members[0])))
            _subtract_count(lowering, members[0].sign, members[0].count, number + k)
        add(every, residual, number + k)
        if not absorbed:
            step = builder.emit("ext_sub", (step, column))
    add(CLASSES["first"], last, number + len(groups))


def _mean_without_mask(lowering: Lowering, description: TableDescription, mean: int) -> Ref:
    """L/N - u (1 + w X + w^2 X^2), as a sum of products like a fingerprint."""
    builder = lowering.builder
    minus = builder.scalars.constant(-1)
    term = builder.column("main", description.width)
    point = builder.column("periodic", len(description.periodic))
    terms = [term]
    for _ in range(2):
        term = builder.emit("mul", (term, point))
        terms.append(term)
    weights = [builder.weight(("unit", power, minus)) for power in range(3)]
    return builder.emit("fingerprint", tuple(terms), (mean, *weights))


def _subtract_count(lowering: Lowering, sign: int, count: int, number: int) -> None:
    """The numerator of a single interaction is in the base field: only one coordinate."""
    builder = lowering.builder
    factor = builder.scalars.constant(-sign)
    scale, value, offset = lowering.affine(count)
    if value is not None:
        builder.accumulate(CLASSES["every"], value, number, builder.scalars.product(factor, scale))
    builder.add_offset(CLASSES["every"], number, builder.scalars.product(factor, offset))
