"""What the constraints of a table depend on besides its columns and public values."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

from cstark.field import ONE, ZERO, Element, element

__all__ = ["Challenges"]


@dataclass(frozen=True)
class Challenges:
    """What has been drawn when a table is evaluated; what is not used may be left out.

    Prover and verifier hand it to the programs of a table and to `point_values`.

    Attributes
    ----------
    z, alpha : tuple of 3 int
        Of the fingerprints: z - (bus + alpha v_1 + alpha^2 v_2 + ...).
    beta : tuple of 3 int
        Its powers combine the constraints.
    mean : tuple of 3 int
        L / N: the table sum divided by the rows; zero without interactions.
    bus_numbers : mapping of str to int
    weight : tuple of 3 int
        What the combined constraints are multiplied with.
    factors : tuple of 4 int
        Base-field factor of each class of constraints (every, transition, first, last), which a
        quotient program fills in.
    """

    z: Element = ZERO
    alpha: Element = ZERO
    beta: Element = ZERO
    mean: Element = ZERO
    bus_numbers: Mapping[str, int] = field(default_factory=dict)
    weight: Element = ONE
    factors: tuple[int, int, int, int] = (1, 1, 1, 1)

    def __post_init__(self) -> None:
        for name in ("z", "alpha", "beta", "mean", "weight"):
            object.__setattr__(self, name, element(getattr(self, name)))  # arrays are taken, too

    def with_factors(self, factors: tuple[int, int, int, int]) -> Challenges:
        """The same challenges with these factors."""
        other = copy(self)  # whose elements need not be read again
        object.__setattr__(other, "factors", factors)
        return other

    def of_table(self, mean: Element, weight: Element) -> Challenges:
        """The same challenges with what is a table's own."""
        other = copy(self)
        object.__setattr__(other, "mean", mean)
        object.__setattr__(other, "weight", weight)
        return other
