"""Three linear equations over F_p: what one equation over F is to unknowns of F_p."""

from __future__ import annotations

from collections.abc import Sequence

from cstark.field import Element, P


def solve(columns: Sequence[Element], target: Element) -> list[int]:
    """x in F_p^3 whose combination of the columns is the target, by Cramer's rule."""
    a, b, c = columns

    def det(u: Element, v: Element, w: Element) -> int:
        return (
            u[0] * (v[1] * w[2] - v[2] * w[1])
            - v[0] * (u[1] * w[2] - u[2] * w[1])
            + w[0] * (u[1] * v[2] - u[2] * v[1])
        ) % P

    inverse = pow(det(a, b, c), -1, P)
    return [
        det(target, b, c) * inverse % P,
        det(a, target, c) * inverse % P,
        det(a, b, target) * inverse % P,
    ]
