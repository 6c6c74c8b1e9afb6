"""Fingerprints and fractions of interactions, as operations.

An interaction contributes sign * count / fingerprint with
fingerprint = z - (bus + alpha v_1 + ... + alpha^m v_m). Interactions go in groups, in order
(`cstark.air.groups`); the last group is absorbed in the accumulator and has no column of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cstark.field import P
from cstark.kernels._program import EXTENSION_FLAG, FLAGS, TERM_LIMIT
from cstark.program.builder import ConstantRecipe, Ref
from cstark.program.compile import Lowering

if TYPE_CHECKING:
    from cstark.air.description import Interaction

__all__ = ["fingerprint", "fractions", "sum_of_fractions"]


def fingerprint(lowering: Lowering, interaction: Interaction) -> Ref:
    """z - bus - sum of alpha^k v_k."""
    builder = lowering.builder
    fixed: list[tuple[int, int]] = []
    terms: list[tuple[Ref, int]] = []
    for k, node in enumerate(interaction.values, 1):
        scale, value, offset = lowering.affine(node)
        if value is not None:
            terms.append((value, builder.weight(("alpha", k, scale))))
        if builder.scalars.literal(offset) != 0:
            fixed.append((k, offset))
    recipe: ConstantRecipe = ("fingerprint", interaction.bus, tuple(fixed))
    result = _fingerprint(lowering, recipe, terms[:TERM_LIMIT])
    for start in range(TERM_LIMIT, len(terms), TERM_LIMIT):
        more = _fingerprint(lowering, ("zero",), terms[start : start + TERM_LIMIT])
        result = builder.emit("ext_add", (result, more))
    return result


def _fingerprint(lowering: Lowering, recipe: ConstantRecipe, terms: list[tuple[Ref, int]]) -> Ref:
    constant = lowering.builder.ext_constant(recipe)
    numbers = (constant, *(weight for _, weight in terms))
    return lowering.builder.emit("fingerprint", tuple(ref for ref, _ in terms), numbers)


def fractions(
    lowering: Lowering, interactions: Sequence[Interaction]
) -> tuple[tuple[Ref, ...], int]:
    """Operands and flags of two fractions, for ``residual``, ``pair`` and ``numerator``.

    Returns
    -------
    operands : tuple of Ref
        The two fingerprints, then the counts that are not 1 or -1.
    flags : int
        Which counts are, and which fractions are to be negated.
    """
    flags, counts = 0, []
    for side, interaction in enumerate(interactions):
        sign, literal = interaction.sign, lowering.literal(interaction.count)
        if literal in (1, P - 1):
            sign = sign if literal == 1 else -sign
            flags |= FLAGS["unit"][side]
        else:
            counts.append(lowering.ref(interaction.count))
        if sign < 0:
            flags |= FLAGS["negative"][side]
    prints = [fingerprint(lowering, interaction) for interaction in interactions]
    return (*prints, *counts), flags


def sum_of_fractions(lowering: Lowering, interactions: Sequence[Interaction]) -> tuple[Ref, Ref]:
    """Numerator and denominator of the sum of the fractions of two interactions or more.

    They are added one by one, the numerator being m D + N f, and the denominator D f, after one of
    count m and fingerprint f joins N / D.
    """
    builder = lowering.builder
    operands, flags = fractions(lowering, interactions[:2])
    numerator = builder.emit("numerator", operands, (flags,))
    denominator = builder.emit("ext_mul", operands[:2])
    for interaction in interactions[2:]:
        operands, flags = fractions(lowering, [interaction])
        both = (operands[0], denominator, *operands[1:], numerator)
        numerator = builder.emit("numerator", both, (flags | EXTENSION_FLAG,))
        denominator = builder.emit("ext_mul", (denominator, operands[0]))
    return numerator, denominator
