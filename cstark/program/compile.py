"""From a table description to operations: one lowering for quotient, lookup and check.

Expressions without columns become scalars. The rest is emitted on demand, in the order in which
the constraints need it: what no constraint needs is never computed, what several need is
computed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstark.program._lowering import NodeLowering
from cstark.program.builder import CLASSES, SOURCES, Builder, Ref

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = ["Lowering", "accumulate_constraint"]


class Lowering:
    """Emits the nodes of one description into a builder."""

    def __init__(self, description: TableDescription) -> None:
        self.builder = Builder()
        roots = [constraint.node for constraint in description.constraints]
        for interaction in description.interactions:
            roots += [*interaction.values, interaction.count]
        self._nodes = NodeLowering(description.nodes, roots, self.builder, SOURCES)

    def literal(self, node: int) -> int | None:
        """The value of a node that is a constant, else None."""
        scalar = self._nodes.scalar(node)
        return None if scalar is None else self.builder.scalars.literal(scalar)

    def ref(self, node: int) -> Ref:
        """The value of a node, emitting it and what it needs when it is new."""
        return Ref(*self._nodes.value(node))

    def affine(self, node: int) -> tuple[int, Ref | None, int]:
        """The node as scale * value + offset: (scale, value or None, offset).

        Scales and offsets are scalars; they cost nothing where the value is multiplied by a
        weight anyway.
        """
        scale, inner, offset = self.affine_node(node)
        return scale, None if inner is None else self.ref(inner), offset

    def affine_node(self, node: int) -> tuple[int, int | None, int]:
        """A node as scale times value plus offset, with the number of the value's node.

        Nothing is emitted for that node, unlike in `affine`.
        """
        return self._nodes.affine(node)


def accumulate_constraint(lowering: Lowering, selector: str, node: int, number: int) -> None:
    """Add beta^number times a constraint to the sum of its class."""
    kind = CLASSES[selector]
    scale, value, offset = lowering.affine(node)
    if value is not None:
        lowering.builder.accumulate(kind, value, number, scale)
    lowering.builder.add_offset(kind, number, offset)
