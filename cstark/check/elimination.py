"""Sparse linear algebra over the field: what a set of equations leaves undetermined."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cstark.air.nodes import P

__all__ = ["ONE", "Echelon", "Form"]

ONE = -1
"""Stands for the constant 1 in equations with a constant; nothing is solved for it."""

Form = dict[int, int]
"""A linear form: variable -> coefficient, never 0."""


class Echelon:
    """Homogeneous equations in reduced row echelon form, one inserted at a time.

    Parameters
    ----------
    auxiliary : collection of int
        Variables that are solved for first.  The free variables that are not among them then
        stand for what is undetermined apart from the auxiliary ones.

    Examples
    --------
    >>> system = Echelon()
    >>> system.insert({0: 1, 1: 2}, defines=0), system.insert({0: 2, 1: 4})  # the same again
    (True, False)
    >>> system.kernel_vector(1) == {1: 1, 0: P - 2}
    True
    """

    def __init__(self, auxiliary: Collection[int] = ()) -> None:
        self._auxiliary = auxiliary
        self.pivots: dict[int, Form] = {}
        # variable that is no pivot -> the pivots whose forms have it
        self._used: dict[int, set[int]] = {}

    def copy(self) -> Echelon:
        """A copy, to which other equations can be added."""
        other = Echelon(self._auxiliary)
        other.pivots = {pivot: dict(form) for pivot, form in self.pivots.items()}
        other._used = {variable: set(pivots) for variable, pivots in self._used.items()}
        return other

    def reduce(self, form: Mapping[int, int]) -> Form:
        """The form in terms of the free variables; empty if the equations determine it."""
        out: Form = {}
        for variable, value in form.items():
            pivot = self.pivots.get(variable)
            if pivot is None:
                _add(out, variable, value)
            else:
                for other, factor in pivot.items():
                    if other != variable:
                        _add(out, other, -value * factor)
        return out

    def insert(self, form: Mapping[int, int], defines: int | None = None) -> bool:
        """Add the equation ``form = 0``; False if it says nothing new, or only that ONE is 0.

        It is solved for an auxiliary variable if it has one, else for the variable that it
        `defines`, if it still has that.
        """
        reduced = self.reduce(form)
        if not reduced:
            return False
        auxiliary = [v for v in reduced if v in self._auxiliary]
        others = [v for v in reduced if v != ONE]
        if not others:
            return False
        pivot = min(
            auxiliary or others, key=lambda v: (v != defines, len(self._used.get(v, ())), v)
        )
        scale = pow(reduced[pivot], -1, P)
        reduced = {variable: value * scale % P for variable, value in reduced.items()}
        for row in self._used.pop(pivot, ()):
            target = self.pivots[row]
            factor = target.pop(pivot)
            for variable, value in reduced.items():
                if variable == pivot:
                    continue
                if _add(target, variable, -factor * value):
                    self._used.setdefault(variable, set()).add(row)
                else:
                    self._used[variable].discard(row)
        self.pivots[pivot] = reduced
        for variable in reduced:
            if variable != pivot:
                self._used.setdefault(variable, set()).add(pivot)
        return True

    def free(self, variables: Collection[int]) -> list[int]:
        """List those of `variables` that no equation is solved for."""
        return [variable for variable in variables if variable not in self.pivots]

    def kernel_vector(self, free: int) -> Form:
        """What moves, and how much, when a free variable moves by 1 and the others stay."""
        moved = {free: 1}
        for pivot in self._used.get(free, ()):
            moved[pivot] = P - self.pivots[pivot][free]
        return moved


def _add(form: Form, variable: int, value: int) -> bool:
    """Add to a coefficient; whether something is left of it."""
    total = (form.get(variable, 0) + value) % P
    if total:
        form[variable] = total
    else:
        form.pop(variable, None)
    return total != 0
