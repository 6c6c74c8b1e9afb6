"""The constraints at one point outside the trace, from opened values: the verifier's side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cstark.field import (
    ONE,
    ZERO,
    Element,
    P,
    add,
    base_root,
    horner,
    inverse,
    lift,
    mul,
    power,
    scale,
    sub,
    times_w,
)
from cstark.program.challenges import Challenges

if TYPE_CHECKING:
    from cstark.air.description import Interaction, TableDescription

__all__ = ["Opened", "periodic_at", "point_values"]


@dataclass(frozen=True)
class Opened:
    """Opened values of a table at zeta, and at zeta times g.

    Attributes
    ----------
    main, preprocessed : sequence of elements
        Every column at zeta.
    main_next, preprocessed_next : sequence of elements
        The columns of `TableDescription.next_main` and `next_preprocessed`, in that order, at
        zeta times g.
    lookup : sequence of elements
        Every lookup column at zeta, the accumulator last.
    accumulator_next : element
        The accumulator at zeta times g; unused without interactions.
    sum_mask : element or None
        u at zeta, where the accumulator adds u (1 + w X + w^2 X^2) on every row besides its
        messages.
    """

    main: Sequence[Element]
    main_next: Sequence[Element] = ()
    preprocessed: Sequence[Element] = ()
    preprocessed_next: Sequence[Element] = ()
    lookup: Sequence[Element] = ()
    accumulator_next: Element = ZERO
    sum_mask: Element | None = None


def point_values(
    description: TableDescription,
    opened: Opened,
    publics: Sequence[int],
    challenges: Challenges,
    zeta: Element,
    log_n: int,
) -> Element:
    """The quotient at zeta: ``challenges.weight`` times the sum of beta^j C_j selector_j / Z_H.

    Parameters
    ----------
    description : TableDescription
    opened : Opened
    publics : sequence of int
    challenges : Challenges
    zeta : element
        Not in the base field.
    log_n : int
        The table has 2^log_n rows.

    Returns
    -------
    tuple of 3 int

    Raises
    ------
    ValueError
        If `opened` or `publics` do not fit the description.
    ZeroDivisionError
        If zeta is in the trace domain.
    """
    _check(description, opened, publics)
    values = _node_values(description, opened, publics, zeta, log_n)
    factors = _selector_factors(zeta, log_n)
    residuals = [(c.selector, _lifted(values[c.node])) for c in description.constraints]
    residuals += _lookup_residuals(description, values, opened, challenges, zeta)
    result, weight = ZERO, challenges.weight
    for selector, value in residuals:
        result = add(result, mul(weight, mul(value, factors[selector])))
        weight = mul(weight, challenges.beta)
    return result


def _check(description: TableDescription, opened: Opened, publics: Sequence[int]) -> None:
    for name, found, expected in (
        ("publics", publics, description.publics),
        ("main", opened.main, description.width),
        ("main_next", opened.main_next, len(description.next_main)),
        ("preprocessed", opened.preprocessed, description.preprocessed_width),
        ("preprocessed_next", opened.preprocessed_next, len(description.next_preprocessed)),
        ("lookup", opened.lookup, description.lookup_columns),
    ):
        if len(found) != expected:
            raise ValueError(
                f"table {description.name!r} needs {expected} values in {name}, not {len(found)}"
            )


def _selector_factors(zeta: Element, log_n: int) -> dict[str, Element]:
    """selector(zeta) / Z_H(zeta) of each selector."""
    last_row = lift(pow(base_root(log_n), -1, P))
    from_last = sub(zeta, last_row)
    every = inverse(sub(power(zeta, 1 << log_n), ONE))
    return {
        "every": every,
        "cyclic": every,
        "transition": mul(from_last, every),
        "first": inverse(sub(zeta, ONE)),
        "last": inverse(from_last),
    }


def _node_values(
    description: TableDescription,
    opened: Opened,
    publics: Sequence[int],
    zeta: Element,
    log_n: int,
) -> list[Element | int]:
    """Value of every node; scalars stay integers, which saves most of the work."""
    columns: dict[tuple[str, int, int], Element] = {}
    for source, now, following, indices in (
        ("main", opened.main, opened.main_next, description.next_main),
        (
            "preprocessed",
            opened.preprocessed,
            opened.preprocessed_next,
            description.next_preprocessed,
        ),
    ):
        columns.update(((source, i, 0), value) for i, value in enumerate(now))
        columns.update(((source, i, 1), value) for i, value in zip(indices, following, strict=True))
    for i, column in enumerate(description.periodic):
        columns["periodic", i, 0] = periodic_at(column, zeta, log_n)
    values: list[Element | int] = []
    for kind, *arguments in description.nodes:
        if kind == "constant":
            values.append(arguments[0])
        elif kind == "public":
            values.append(int(publics[arguments[0]]))
        elif kind == "column":
            values.append(columns[tuple(arguments)])
        else:
            values.append(_apply(kind, values[arguments[0]], values[arguments[1]]))
    return values


def _apply(kind: str, a: Element | int, b: Element | int) -> Element | int:
    if isinstance(a, int) and isinstance(b, int):
        return {"add": a + b, "sub": a - b, "mul": a * b}[kind] % P
    if kind == "mul" and isinstance(a, int):
        return scale(_lifted(b), a)
    if kind == "mul" and isinstance(b, int):
        return scale(_lifted(a), b)
    if kind == "mul":
        return mul(_lifted(a), _lifted(b))
    return (add if kind == "add" else sub)(_lifted(a), _lifted(b))


def _lifted(value: Element | int) -> Element:
    return (value, 0, 0) if isinstance(value, int) else value


def _lookup_residuals(
    description: TableDescription,
    values: list[Element | int],
    opened: Opened,
    challenges: Challenges,
    zeta: Element,
) -> list[tuple[str, Element]]:
    """Selector and value of the constraints of the lookup columns, in the protocol's order."""
    interactions, groups = description.interactions, description.groups
    if not groups:
        return []
    accumulator = opened.lookup[-1]
    step = add(sub(opened.accumulator_next, accumulator), challenges.mean)
    if opened.sum_mask is not None:
        line = times_w(zeta, 1)
        unit = add(ONE, add(line, mul(line, line)))  # 1 + w X + w^2 X^2
        step = sub(step, mul(opened.sum_mask, unit))
    for column in opened.lookup[:-1]:
        step = sub(step, column)
    residuals = []
    for k, group in enumerate(groups):
        column = step if k == len(groups) - 1 else opened.lookup[k]
        numerator, denominator = ZERO, ONE
        for index in group:
            interaction = interactions[index]
            fingerprint = _fingerprint(interaction, values, challenges)
            count = scale(_lifted(values[interaction.count]), interaction.sign)
            numerator = add(mul(numerator, fingerprint), mul(count, denominator))
            denominator = mul(denominator, fingerprint)
        residuals.append(
            (
                "cyclic" if k == len(groups) - 1 else "every",
                sub(mul(column, denominator), numerator),
            )
        )
    residuals.append(("first", accumulator))
    return residuals


def _fingerprint(
    interaction: Interaction, values: list[Element | int], challenges: Challenges
) -> Element:
    message = ZERO
    for node in reversed(interaction.values):
        message = mul(add(message, _lifted(values[node])), challenges.alpha)
    number = challenges.bus_numbers[interaction.bus]
    return sub(sub(challenges.z, message), lift(number))


def periodic_at(values: Sequence[int], zeta: Element, log_n: int) -> Element:
    """A periodic column of a table of 2^log_n rows at zeta.

    With m values it is p(X^(N/m)), where p is the polynomial of degree below m that takes the
    values on the subgroup of order m.
    """
    log_period = len(values).bit_length() - 1
    coefficients = _interpolate(tuple(values))
    return horner((lift(c) for c in coefficients), power(zeta, 1 << (log_n - log_period)))


@lru_cache(maxsize=64)
def _interpolate(values: tuple[int, ...]) -> tuple[int, ...]:
    """Coefficients of the polynomial with these values on the subgroup of their number."""
    log_m = len(values).bit_length() - 1
    coefficients = _transform(list(values), pow(base_root(log_m), -1, P))
    factor = pow(len(values), -1, P)
    return tuple(value * factor % P for value in coefficients)


def _transform(values: list[int], root: int) -> list[int]:
    """Sum of values[i] root^(i k) for each k."""
    count = len(values)
    if count == 1:
        return values
    even = _transform(values[::2], root * root % P)
    odd = _transform(values[1::2], root * root % P)
    low, high, factor = [], [], 1
    for a, b in zip(even, odd, strict=True):
        term = factor * b % P
        low.append((a + term) % P)
        high.append((a - term) % P)
        factor = factor * root % P
    return low + high
