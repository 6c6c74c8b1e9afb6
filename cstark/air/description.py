"""`TableDescription`: a table as data, the one input of compiler, prover, verifier and checker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from cstark.air.groups import PAIRS, group_degree, grouped, lookup_degree
from cstark.air.nodes import Node, NodeList, canonical_order, render
from cstark.errors import AirError

__all__ = ["STANDS", "Constraint", "Interaction", "TableDescription", "assemble"]

# Every selector, with the degree that it adds. A new one is also named in `cstark.air.rows` (what
# users write) and `cstark.air.flags` (its rows), evaluated in `cstark.program.builder`, `quotient`
# and `check` (in compiled programs; a factor of its own on the coset is a class of
# ``kernels/families/block_program.h`` and `program.h`) and in `cstark.program.point` (at one
# point), evaluated and shown by `cstark.check`, known to `cstark.pure.key` and
# `cstark.pure.constraints`, and explained on the page `cstark.protocol`.
SELECTOR_DEGREES = {"first": 1, "last": 1, "transition": 0, "every": 0, "cyclic": 0}
"""What each selector adds to the degree of a constraint."""

STANDS = ("once", "any", "every")
"""How often a table stands in a statement: exactly once, as often as the prover likes (and not at
all), or exactly once in each shard."""

_PREFIXES = {
    ("main", 0): "now",
    ("main", 1): "next",
    ("preprocessed", 0): "preprocessed",
    ("preprocessed", 1): "preprocessed_next",
    ("periodic", 0): "periodic",
}


@dataclass(frozen=True)
class Constraint:
    """An expression that must be zero on the rows of a selector.

    Attributes
    ----------
    selector : str
        ``"first"``, ``"last"``, ``"transition"``, ``"every"`` or ``"cyclic"``.
    node : int
        The expression.
    degree : int
        Its degree with that of the selector (first and last add 1).
    name, expression, location : str
        For messages: the author's name, the equation as written, file and line; "" if there is
        none.  Those of a description from a key are empty: `TableDescription.render` shows the
        node instead.
    """

    selector: str
    node: int
    degree: int
    name: str = field(default="", compare=False)
    expression: str = field(default="", compare=False)
    location: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """What messages call it: its name, else the equation, else the node."""
        return self.name or self.expression or f"constraint of node {self.node}"


@dataclass(frozen=True)
class Interaction:
    """A message that each row sends or receives.

    Attributes
    ----------
    bus : str
        Name of the bus.
    sign : int
        +1 for a send, -1 for a receive.
    values : tuple of int
        Nodes of the values, of degree at most 1.
    count : int
        Node of the count.
    weight : int
        Bound on the absolute value of the count, for the overflow check.
    name, location : str
        For messages.
    """

    bus: str
    sign: int
    values: tuple[int, ...]
    count: int
    weight: int
    name: str = field(default="", compare=False)
    location: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """What messages call it: its name, else the direction and the bus."""
        return self.name or f"{'send' if self.sign > 0 else 'receive'} on {self.bus!r}"


@dataclass(frozen=True, repr=False)
class TableDescription:
    """A table as data.

    Made by `describe` from an `Air`, or by `from_data` from a key file.  Equality compares what
    goes into the key: not names of columns and constraints, not source positions, not
    preprocessed values (a key holds their commitment).

    Attributes
    ----------
    name : str
        Name of the table in the machine.
    width, preprocessed_width : int
        Numbers of main and preprocessed columns; one of them may be 0.
    periodic : tuple of tuple of int
        Values of each periodic column, canonical; lengths are powers of two.
    publics : int
        Number of public values.
    rows : int or None
        The height, if it is fixed.
    nodes : tuple of tuple
        The arithmetic, see `cstark.air.nodes`; canonical order, nothing twice, nothing unused.
    constraints : tuple of Constraint
        In the order in which they were stated.
    interactions : tuple of Interaction
        In the order in which they were stated.
    next_main, next_preprocessed : tuple of int
        The columns that are read at the next row, ascending.
    degree : int
        Largest degree of a constraint, the lookup constraints included; at least 1. It says, too,
        how many interactions share a lookup column: `groups`.
    column_names, preprocessed_names, public_names, periodic_names : sequence of str
        For messages: ``name``, ``name[1,2]`` in a group, ``[3]`` for a nameless column.
    preprocessed : ndarray or None
        ``(rows, preprocessed_width)`` uint64, C-contiguous, canonical, read-only; None without
        preprocessed columns and in a description from a key.
    max_rows : int or None
        The tallest height that the author allows. Whoever makes a machine checks it against the
        options; a key holds these, and so needs no word of it.
    stands : {"once", "any", "every"}
        How often the table stands in a statement, see `cstark.Air`.
    """

    name: str
    width: int
    preprocessed_width: int
    periodic: tuple[tuple[int, ...], ...]
    publics: int
    rows: int | None
    nodes: tuple[Node, ...]
    constraints: tuple[Constraint, ...]
    interactions: tuple[Interaction, ...]
    next_main: tuple[int, ...]
    next_preprocessed: tuple[int, ...]
    degree: int
    column_names: Sequence[str] = field(compare=False)
    preprocessed_names: Sequence[str] = field(compare=False)
    public_names: Sequence[str] = field(compare=False)
    periodic_names: Sequence[str] = field(compare=False)
    preprocessed: np.ndarray | None = field(default=None, compare=False)
    inputs: frozenset[int] = field(default=frozenset(), compare=False)
    marks: frozenset[int] = field(default=frozenset(), compare=False)
    max_rows: int | None = field(default=None, compare=False)
    stands: str = "once"

    def __repr__(self) -> str:
        return (
            f"<TableDescription {self.name!r}: {self.width} columns, "
            f"{len(self.constraints)} constraints, {len(self.interactions)} interactions, "
            f"degree {self.degree}>"
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.preprocessed is not None:  # pickling forgets that an array is read-only
            self.preprocessed.flags.writeable = False
            self.__dict__["preprocessed"] = self.preprocessed.view()

    @cached_property
    def node_degrees(self) -> tuple[int, ...]:
        """Degree of each node in the columns."""
        degrees: list[int] = []
        for kind, *rest in self.nodes:
            if kind == "mul":
                degrees.append(degrees[rest[0]] + degrees[rest[1]])
            elif kind in ("add", "sub"):
                degrees.append(max(degrees[rest[0]], degrees[rest[1]]))
            else:
                degrees.append(1 if kind == "column" else 0)
        return tuple(degrees)

    @cached_property
    def lookup_degrees(self) -> tuple[int, ...]:
        """Degrees of the lookup constraints: committed groups, accumulator, accumulator start."""
        if not self.interactions:
            return ()
        counts = self.count_degrees
        columns = [group_degree(len(group), max(counts[k] for k in group)) for group in self.groups]
        return (*columns, 1 + SELECTOR_DEGREES["first"])

    @property
    def own_degree(self) -> int:
        """Largest degree of the constraints alone, without those of lookup columns; at least 1."""
        return max([1, *(constraint.degree for constraint in self.constraints)])

    @cached_property
    def count_degrees(self) -> tuple[int, ...]:
        """Degree of the count of each interaction."""
        return tuple(self.node_degrees[interaction.count] for interaction in self.interactions)

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The interactions that share each lookup column, by position; the accumulator's last."""
        return grouped(self.count_degrees, self.degree)

    @property
    def lookup_columns(self) -> int:
        """Number of extension columns the interactions need."""
        return len(self.groups)

    def with_lookups(self, degree: int) -> TableDescription:
        """The same table with as many interactions in each lookup column as a degree allows.

        Parameters
        ----------
        degree : int
            What the constraints of the lookup columns may have. Where those of the table have
            more, the lookup columns may, too.

        Returns
        -------
        TableDescription
            Its `degree` is what the constraints really have.
        """
        found = _table_degree(self.own_degree, self.count_degrees, degree)
        return self if found == self.degree else replace(self, degree=found)

    @property
    def height_is_open(self) -> bool:
        """Whether a statement of a first or last row leaves to the prover how far they are apart.

        So it is for a table without `rows` that has public values or constrains its first or last
        row.
        """
        selectors = {constraint.selector for constraint in self.constraints}
        return self.rows is None and bool(self.publics or selectors & {"first", "last"})

    @cached_property
    def counts_of_publics(self) -> tuple[int, ...]:
        """Interactions of some weight whose count depends on a public value, by position.

        A provider's count is free, so no public value in it is taken at its word.
        """
        reads: list[bool] = []
        for kind, *rest in self.nodes:
            is_operation = kind in ("add", "sub", "mul")
            reads.append(any(reads[k] for k in rest) if is_operation else kind == "public")
        return tuple(k for k, i in enumerate(self.interactions) if reads[i.count] and i.weight)

    def render(self, node: int) -> str:
        """Text of a node, with the names of the columns.

        Parameters
        ----------
        node : int
            Index in `nodes`.
        """
        return render(self.nodes, node, self.leaf_text)

    def leaf_text(self, node: Node) -> str:
        """Text of a column or public node, such as ``now.left`` or ``publics[2]``."""
        if node[0] == "public":
            return _member("publics", self.public_names[node[1]])
        _, source, index, next_row = node
        names = {
            "main": self.column_names,
            "preprocessed": self.preprocessed_names,
            "periodic": self.periodic_names,
        }[source]
        return _member(_PREFIXES[source, next_row], names[index])

    def to_data(self) -> dict[str, Any]:
        """The canonical form that goes into a key, of JSON types only.

        Returns
        -------
        dict
            Without names of columns and constraints, positions and preprocessed values.
        """
        data = {
            "name": self.name,
            "width": self.width,
            "preprocessed_width": self.preprocessed_width,
            "periodic": [list(values) for values in self.periodic],
            "publics": self.publics,
            "rows": self.rows,
            "nodes": [list(node) for node in self.nodes],
            "constraints": [[c.selector, c.node] for c in self.constraints],
            "interactions": [
                {
                    "bus": i.bus,
                    "sign": i.sign,
                    "values": list(i.values),
                    "count": i.count,
                    "weight": i.weight,
                }
                for i in self.interactions
            ],
            "next_main": list(self.next_main),
            "next_preprocessed": list(self.next_preprocessed),
            "degree": self.degree,
        }
        if self.stands != "once":
            data["stands"] = self.stands
        return data

    @classmethod
    def from_data(cls, data: Any) -> TableDescription:
        """Rebuild a description from `to_data`; nothing in `data` is trusted.

        Parameters
        ----------
        data : dict
            From a key file, possibly hostile.

        Returns
        -------
        TableDescription
            With nameless columns and without preprocessed values.

        Raises
        ------
        AirError
            If `data` is not what `to_data` of some description returns.
        """
        from cstark.air.parse import parse

        return parse(data)


def assemble(
    *,
    name: str,
    column_names: Sequence[str],
    preprocessed_names: Sequence[str],
    public_names: Sequence[str],
    periodic_names: Sequence[str],
    periodic: tuple[tuple[int, ...], ...],
    rows: int | None,
    source: NodeList,
    constraints: list[Constraint],
    interactions: list[Interaction],
    preprocessed: np.ndarray | None,
    max_rows: int | None = None,
    inputs: frozenset[int] = frozenset(),
    marks: frozenset[int] = frozenset(),
    wanted_degree: int = PAIRS,
    stands: str = "once",
) -> TableDescription:
    """Bring recorded constraints and interactions into canonical form.

    Degrees, next-row sets and node numbers of the result are computed here, whatever the
    constraints given say of them. Lookup columns take as many interactions as `wanted_degree`
    allows, see `TableDescription.with_lookups`.

    Raises
    ------
    AirError
        If nothing is constrained, or a rule that holds over the whole table is broken.
    """
    if not constraints and not interactions:
        raise AirError(
            f"table {name!r} has neither a constraint nor a bus: any trace would do; "
            "state equations with t.every_row.equal(...) or use a bus in constrain"
        )
    if len(column_names) == len(preprocessed_names) == 0:
        raise AirError(f"table {name!r} has no columns")
    if stands == "any":
        for what, names in (
            ("public values", public_names),
            ("preprocessed columns", preprocessed_names),
        ):
            if len(names):
                raise AirError(
                    f"table {name!r} may stand any number of times, and so cannot have {what}: "
                    "they would be the same wherever it stands; put them into a table that stands "
                    '"once", and send them on a bus'
                )
    if rows is not None:
        for label, values in zip(periodic_names, periodic, strict=True):
            if len(values) > rows:
                raise AirError(
                    f"table {name!r}: periodic column {label!r} has {len(values)} values, "
                    f"more than the {rows} rows"
                )
    roots = [constraint.node for constraint in constraints]
    for interaction in interactions:
        roots.extend([*interaction.values, interaction.count])
    nodes, places = canonical_order(source.nodes, roots)
    degrees = dict(zip(places, (source.degrees[root] for root in roots), strict=True))
    take = iter(places)
    final_constraints = []
    for c in constraints:
        node = next(take)
        degree = degrees[node] + SELECTOR_DEGREES[c.selector]
        final_constraints.append(
            Constraint(c.selector, node, degree, c.name, c.expression, c.location)
        )
    final_interactions = []
    for i in interactions:
        values = tuple(next(take) for _ in i.values)
        final_interactions.append(
            Interaction(i.bus, i.sign, values, next(take), i.weight, i.name, i.location)
        )
    own = max([1, *(c.degree for c in final_constraints)])
    counts = [degrees[i.count] for i in final_interactions]
    return TableDescription(
        name=name,
        width=len(column_names),
        preprocessed_width=len(preprocessed_names),
        periodic=periodic,
        publics=len(public_names),
        rows=rows,
        nodes=nodes,
        constraints=tuple(final_constraints),
        interactions=tuple(final_interactions),
        next_main=_next_columns(nodes, "main"),
        next_preprocessed=_next_columns(nodes, "preprocessed"),
        degree=_table_degree(own, counts, wanted_degree),
        column_names=column_names,
        preprocessed_names=preprocessed_names,
        public_names=public_names,
        periodic_names=periodic_names,
        preprocessed=preprocessed,
        max_rows=max_rows,
        inputs=inputs,
        marks=marks,
        stands=stands,
    )


def _next_columns(nodes: tuple[Node, ...], source: str) -> tuple[int, ...]:
    return tuple(sorted(n[2] for n in nodes if n[:2] == ("column", source) and n[3] == 1))


def _table_degree(own: int, counts: Sequence[int], wanted: int) -> int:
    """The largest degree of a constraint of a table whose lookup columns may have one.

    Columns made for the result are those made for the limit: each has at most that degree, and the
    interaction after it would have brought it above the limit.
    """
    if not counts:
        return own
    limit = max(own, wanted, *counts)
    return max(own, 1 + SELECTOR_DEGREES["first"], lookup_degree(counts, limit))


def _member(prefix: str, label: str) -> str:
    return prefix + label if label.startswith("[") else f"{prefix}.{label}"
