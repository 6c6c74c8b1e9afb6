"""Fingerprints and fractions of interactions, as operations.

An interaction contributes sign * count / fingerprint with
fingerprint = z - (bus + alpha v_1 + ... + alpha^m v_m). Interactions go in pairs (0, 1),
(2, 3), ... in order; the last one or two are absorbed in the accumulator and have no column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstark.extension import P
from cstark.kernels._program import TERM_LIMIT
from cstark.program.builder import Ref
from cstark.program.compile import Lowering

if TYPE_CHECKING:
    from cstark.air.description import Interaction

__all__ = ["fingerprint", "pairs", "signed_terms", "sum_of_terms"]


def pairs(count: int) -> list[tuple[int, ...]]:
    """Groups of interactions that share a column, the absorbed group last."""
    return [tuple(range(k, min(k + 2, count))) for k in range(0, count, 2)]


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
    recipe: tuple = ("fingerprint", interaction.bus, tuple(fixed))
    result = _fingerprint(lowering, recipe, terms[:TERM_LIMIT])
    for start in range(TERM_LIMIT, len(terms), TERM_LIMIT):
        more = _fingerprint(lowering, ("zero",), terms[start : start + TERM_LIMIT])
        result = builder.emit("ext_add", (result, more))
    return result


def _fingerprint(lowering: Lowering, recipe: tuple, terms: list[tuple[Ref, int]]) -> Ref:
    constant = lowering.builder.ext_constant(recipe)
    numbers = (constant, *(weight for _, weight in terms))
    return lowering.builder.emit("fingerprint", tuple(ref for ref, _ in terms), numbers)


def signed_terms(
    lowering: Lowering, interactions: list[Interaction], fingerprints: list[Ref]
) -> list[tuple[int, Ref]]:
    """s_a m_a f_b and s_b m_b f_a of two interactions, as (sign, value); zero counts left out."""
    terms = []
    for interaction, other in zip(interactions, reversed(fingerprints), strict=True):
        literal = lowering.literal(interaction.count)
        if literal == 0:
            continue
        if literal in (1, P - 1):
            terms.append((interaction.sign if literal == 1 else -interaction.sign, other))
            continue
        count = lowering.ref(interaction.count)
        terms.append((interaction.sign, lowering.builder.emit("ext_scale", (other, count))))
    return terms


def sum_of_terms(lowering: Lowering, terms: list[tuple[int, Ref]]) -> Ref:
    """The sum of signed extension values."""
    builder = lowering.builder
    if not terms:
        return _fingerprint(lowering, ("zero",), [])
    (first_sign, result), *rest = sorted(terms, key=lambda term: -term[0])
    for sign, value in rest:
        # Signs descend: after a negative first one only negative ones follow, negated at the end.
        name = "ext_add" if sign == first_sign else "ext_sub"
        result = builder.emit(name, (result, value))
    return result if first_sign > 0 else builder.emit("ext_negate", (result,))
