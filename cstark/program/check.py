"""Which constraints a trace violates, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cstark.kernels import _program
from cstark.program.builder import CLASSES
from cstark.program.challenges import Challenges
from cstark.program.compile import Lowering
from cstark.program.encode import BlockProgram, encode

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = ["CheckProgram", "FailedConstraint", "check_program"]

_UNDRAWN = Challenges()


class FailedConstraint(NamedTuple):
    """A violated constraint: its index, the number of failing rows, the first of them."""

    constraint: int
    rows: int
    first: int


@dataclass(frozen=True, eq=False)
class CheckProgram:
    """See `check_program`.

    Attributes
    ----------
    description : TableDescription
    parts : tuple of (str, BlockProgram, tuple of int)
        Where on the trace a program runs (``"all"``, ``"first"``, ``"last"``), and the constraints
        that its tests stand for.
    """

    description: TableDescription
    parts: tuple[tuple[str, BlockProgram, tuple[int, ...]], ...]

    def violations(
        self, trace: np.ndarray, preprocessed: np.ndarray | None, publics: Sequence[int]
    ) -> list[FailedConstraint]:
        """The violated constraints, in order.

        Parameters
        ----------
        trace : uint64 array (rows, width)
            Canonical; the words of a row adjacent.
        preprocessed : uint64 array (rows, preprocessed_width) or None
        publics : sequence of int

        Returns
        -------
        list of FailedConstraint

        Raises
        ------
        ValueError
            If an array has the wrong shape, or publics the wrong number.
        """
        description = self.description
        if len(publics) != description.publics:
            raise ValueError(f"publics must be {description.publics} values, not {len(publics)}")
        periodic = [np.array(values, dtype=np.uint64) for values in description.periodic]
        rows = len(trace)
        main = trace if description.width else None
        found = []
        for where, program, constraints in self.parts:
            bound = program.bind((main, preprocessed, None), periodic, rows, publics, _UNDRAWN)
            first, last = {"all": (0, rows), "first": (0, 8), "last": (rows - 8, rows)}[where]
            results = _program.test_rows(bound, first, last)
            for constraint, (failures, row) in zip(constraints, results, strict=True):
                if failures:
                    found.append(FailedConstraint(constraint, failures, row))
        return sorted(found)


def check_program(description: TableDescription) -> CheckProgram:
    """Compile the constraints of a table for tests on a trace.

    Constraints on the first or last row get programs of their own, which run on one block only.

    Parameters
    ----------
    description : TableDescription

    Returns
    -------
    CheckProgram
        Immutable and picklable.
    """
    parts = []
    for where, selectors in (
        ("all", ("every", "cyclic", "transition")),
        ("first", ("first",)),
        ("last", ("last",)),
    ):
        chosen = [i for i, c in enumerate(description.constraints) if c.selector in selectors]
        if not chosen:
            continue
        lowering = Lowering(description)
        for test, index in enumerate(chosen):
            constraint = description.constraints[index]
            value = lowering.ref(constraint.node)
            lowering.builder.effect("test", (value,), (test, CLASSES[constraint.selector]))
        widths = {"main": description.width, "preprocessed": description.preprocessed_width}
        program = encode(lowering.builder, widths, tests=len(chosen))
        parts.append((where, program, tuple(chosen)))
    return CheckProgram(description, tuple(parts))
