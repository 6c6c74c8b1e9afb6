"""From a table description to operations: one lowering for quotient, lookup and check.

Expressions without columns become scalars. The rest is emitted on demand, in the order in which
the constraints need it: what no constraint needs is never computed, what several need is
computed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cstark.field import P
from cstark.kernels._program import TERM_LIMIT
from cstark.program.builder import CLASSES, Builder, Ref

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.air.nodes import Node

__all__ = ["Lowering", "accumulate_constraint"]


class LinearSum(NamedTuple):
    """offset + sum of scale * node, in scalars and nodes."""

    terms: tuple[tuple[int, int], ...]
    offset: int


class Lowering:
    """Emits the nodes of one description into a builder."""

    def __init__(self, description: TableDescription) -> None:
        self.description = description
        self.nodes = description.nodes
        self.builder = Builder()
        self._scalars = _scalar_nodes(self.nodes, self.builder)
        self._refs: dict[int, Ref] = {}
        self._parents = _parents(description)
        self._slots = _slots_needed(self.nodes)
        self._sums: dict[int, LinearSum | None] = {}

    def scalar(self, node: int) -> int | None:
        """Number of the scalar that a node is, or None when it has columns."""
        return self._scalars.get(node)

    def literal(self, node: int) -> int | None:
        """The value of a node that is a constant, else None."""
        scalar = self._scalars.get(node)
        return None if scalar is None else self.builder.scalars.literal(scalar)

    def ref(self, node: int) -> Ref:
        """The value of a node, emitting it and what it needs when it is new."""
        if node in self._scalars:
            return self._emit_scalar(self._scalars[node])
        pending = [node]
        while pending:
            top = pending[-1]
            if top in self._refs:
                pending.pop()
                continue
            children = [child for child in self._children(top) if child not in self._refs]
            if children:
                # The last of `pending` comes first: what needs most slots, before others hold any.
                pending.extend(sorted(children, key=self._slots.__getitem__))
                continue
            self._refs[top] = self._emit(top)
            pending.pop()
        return self._refs[node]

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
        scalars = self.builder.scalars
        scale, offset = scalars.one, scalars.zero
        while node not in self._scalars:
            kind, *arguments = self.nodes[node]
            if kind == "column":
                break
            a, b = arguments
            if kind == "mul" and (a in self._scalars or b in self._scalars):
                factor, node = (a, b) if a in self._scalars else (b, a)
                scale = scalars.product(scale, self._scalars[factor])
            elif kind in ("add", "sub") and b in self._scalars:
                part = scalars.product(scale, self._scalars[b])
                offset = scalars.node(kind, offset, part)
                node = a
            elif kind in ("add", "sub") and a in self._scalars:
                offset = scalars.sum(offset, scalars.product(scale, self._scalars[a]))
                scale = scale if kind == "add" else scalars.negative(scale)
                node = b
            else:
                break
        if node in self._scalars:
            offset = scalars.sum(offset, scalars.product(scale, self._scalars[node]))
            return scalars.one, None, offset
        return scale, node, offset

    def _children(self, node: int) -> list[int]:
        kind, *arguments = self.nodes[node]
        if kind == "column":
            return []
        linear = self._linear(node)
        if linear is not None:
            return [child for _, child in linear.terms]
        return [child for child in arguments if child not in self._scalars]

    def _linear(self, node: int) -> LinearSum | None:
        """The node as a sum of scaled values, where that is the cheaper way to compute it."""
        if node not in self._sums:
            linear, inner = self._flatten(node)
            scaled = sum(self.builder.scalars.literal(s) not in (1, P - 1) for s, _ in linear.terms)
            plain = len(linear.terms) - scaled
            # In vector operations: a term of a sum takes 12 and the sum 30; a product 27 and an
            # addition about 8.
            worth = 12 * (scaled + plain) + 30 < 35 * scaled + 8 * plain
            if not worth or len(linear.terms) > TERM_LIMIT:
                # Parts of a sum that does not pay do not pay either.
                self._sums.update(dict.fromkeys(inner))
            self._sums[node] = linear if worth and len(linear.terms) <= TERM_LIMIT else None
        return self._sums[node]

    def _flatten(self, node: int) -> tuple[LinearSum, list[int]]:
        """Follow sums, and products with scalars, down to values that are needed anyway."""
        scalars = self.builder.scalars
        terms: list[tuple[int, int]] = []
        inner: list[int] = []
        offset = scalars.zero
        pending = [(scalars.one, node)]
        while pending:
            scale, top = pending.pop()
            if top in self._scalars:
                offset = scalars.sum(offset, scalars.product(scale, self._scalars[top]))
                continue
            kind, *arguments = self.nodes[top]
            shared = top != node and (self._parents[top] > 1 or top in self._refs)
            if kind == "column" or shared:
                terms.append((scale, top))
                continue
            a, b = arguments
            if kind == "mul":
                if a not in self._scalars and b not in self._scalars:
                    terms.append((scale, top))
                    continue
                factor, other = (a, b) if a in self._scalars else (b, a)
                pending.append((scalars.product(scale, self._scalars[factor]), other))
            else:
                pending.append((scale if kind == "add" else scalars.negative(scale), b))
                pending.append((scale, a))
            if top != node:
                inner.append(top)
        return LinearSum(tuple(terms), offset), inner

    def _emit_scalar(self, scalar: int) -> Ref:
        return self.builder.emit("set", (), (self.builder.constant(scalar),))

    def _emit(self, node: int) -> Ref:
        builder = self.builder
        kind, *arguments = self.nodes[node]
        if kind == "column":
            source, index, next_row = arguments
            return builder.column(source, index, next_row)
        linear = self._linear(node)
        if linear is not None:
            weights = (builder.base_weight(scale) for scale, _ in linear.terms)
            return builder.emit(
                "linear",
                tuple(self._refs[child] for _, child in linear.terms),
                (builder.constant(linear.offset), *weights),
            )
        a, b = arguments
        if a in self._scalars or b in self._scalars:
            return self._emit_constant(kind, a, b)
        left, right = self._refs[a], self._refs[b]
        if kind == "mul":
            return builder.emit("square", (left,)) if a == b else builder.emit("mul", (left, right))
        if kind == "add" and builder.canonical[left.value]:
            left, right = right, left
        suffix = "_canonical" if builder.canonical[right.value] else ""
        return builder.emit(kind + suffix, (left, right))

    def _emit_constant(self, kind: str, a: int, b: int) -> Ref:
        builder = self.builder
        if kind == "sub" and b in self._scalars:
            number = builder.constant(builder.scalars.negative(self._scalars[b]))
            return builder.emit("add_constant", (self._refs[a],), (number,))
        scalar, other = (a, b) if a in self._scalars else (b, a)
        name = {"add": "add_constant", "sub": "subtract_from", "mul": "mul_constant"}[kind]
        number = builder.constant(self._scalars[scalar])
        return builder.emit(name, (self._refs[other],), (number,))


def accumulate_constraint(lowering: Lowering, selector: str, node: int, number: int) -> None:
    """Add beta^number times a constraint to the sum of its class."""
    kind = CLASSES[selector]
    scale, value, offset = lowering.affine(node)
    if value is not None:
        lowering.builder.accumulate(kind, value, number, scale)
    lowering.builder.add_offset(kind, number, offset)


def _scalar_nodes(nodes: Sequence[Node], builder: Builder) -> dict[int, int]:
    result: dict[int, int] = {}
    for index, (kind, *arguments) in enumerate(nodes):
        if kind in ("constant", "public"):
            result[index] = builder.scalars.node(kind, arguments[0])
        elif kind != "column" and arguments[0] in result and arguments[1] in result:
            a, b = arguments
            result[index] = builder.scalars.node(kind, result[a], result[b])
    return result


def _slots_needed(nodes: Sequence[Node]) -> list[int]:
    """Slots a node needs when its operands are computed in the better order (Sethi-Ullman)."""
    needed: list[int] = []
    for kind, *arguments in nodes:
        if kind in ("add", "sub", "mul"):
            a, b = needed[arguments[0]], needed[arguments[1]]
            needed.append(a + 1 if a == b else max(a, b))
        else:
            needed.append(1)
    return needed


def _parents(description: TableDescription) -> Counter[int]:
    """How often each node is used, by other nodes and from outside."""
    uses: Counter[int] = Counter(constraint.node for constraint in description.constraints)
    for kind, *arguments in description.nodes:
        if kind in ("add", "sub", "mul"):
            uses.update(arguments)
    for interaction in description.interactions:
        uses.update(interaction.values)
        uses[interaction.count] += 1
    return uses
