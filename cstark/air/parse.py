"""Reading a description out of a key file, which may be hostile.

Everything is checked for its type, range and canonical form, then rebuilt and compared, so that
what is accepted is exactly what `TableDescription.to_data` can produce.  Work and memory are
linear in the size of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from cstark.air.description import (
    SELECTOR_DEGREES,
    STANDS,
    Constraint,
    Interaction,
    TableDescription,
    assemble,
)
from cstark.air.nodes import Node, NodeList, P, canonical_order, is_name
from cstark.errors import AirError
from cstark.limits import MAX_COLUMNS, MAX_MESSAGE_WIDTH, MAX_ROWS, MIN_ROWS

__all__ = ["parse"]

_FIELDS = (
    "name",
    "width",
    "preprocessed_width",
    "periodic",
    "publics",
    "rows",
    "nodes",
    "constraints",
    "interactions",
    "next_main",
    "next_preprocessed",
    "degree",
)


def parse(data: Any) -> TableDescription:
    """Rebuild a description; see `TableDescription.from_data`."""
    return _Reader(data).description()


class _Reader:
    def __init__(self, data: Any) -> None:
        self.where = "a table description"
        fields: tuple[str, ...] = _FIELDS
        if isinstance(data, dict) and "stands" in data:  # written when it is not "once" only
            fields = (*_FIELDS, "stands")
        self.data = self.record(data, fields, "it")
        self.need(is_name(data["name"]), "the name is not a printable string")
        self.where = f"the description of table {data['name']!r}"
        self.width = self.integer(data["width"], 0, MAX_COLUMNS, "width")
        self.fixed = self.integer(data["preprocessed_width"], 0, MAX_COLUMNS, "preprocessed_width")
        self.need(self.width + self.fixed > 0, "it has no columns")
        self.publics = self.integer(data["publics"], 0, MAX_COLUMNS, "publics")
        self.stands = data.get("stands", "once")
        known = isinstance(self.stands, str) and self.stands in STANDS
        self.need(known and ("stands" in data) == (self.stands != "once"), "unknown `stands`")

    def description(self) -> TableDescription:
        data = self.data
        rows = data["rows"]
        if rows is not None:
            self.integer(rows, MIN_ROWS, MAX_ROWS, "rows")
            self.need(_is_power_of_two(rows), f"rows is {rows}, not a power of two")
        self.need(
            rows is not None or self.fixed == 0, "it has preprocessed columns but no fixed rows"
        )
        self.periodic = tuple(
            self.period(values, f"periodic column {k}")
            for k, values in enumerate(self.sequence(data["periodic"], "periodic"))
        )
        self.need(len(self.periodic) <= MAX_COLUMNS, "it has too many periodic columns")
        self.nodes = [
            self.node(node, place)
            for place, node in enumerate(self.sequence(data["nodes"], "nodes"))
        ]
        try:
            self.source = NodeList.replay(self.nodes)
        except AirError as error:
            raise self.error(str(error)) from None
        constraints = [
            self.constraint(item, f"constraint {k}")
            for k, item in enumerate(self.sequence(data["constraints"], "constraints"))
        ]
        interactions = [
            self.interaction(item, f"interaction {k}")
            for k, item in enumerate(self.sequence(data["interactions"], "interactions"))
        ]
        roots = [c.node for c in constraints]
        for i in interactions:
            roots.extend([*i.values, i.count])
        ordered, _ = canonical_order(self.nodes, roots)
        self.need(ordered == tuple(self.nodes), "its nodes are not in canonical order")
        description = assemble(
            name=data["name"],
            column_names=_Numbers(self.width),
            preprocessed_names=_Numbers(self.fixed),
            public_names=_Numbers(self.publics),
            periodic_names=_Numbers(len(self.periodic)),
            periodic=self.periodic,
            rows=rows,
            source=self.source,
            constraints=constraints,
            interactions=interactions,
            preprocessed=None,
            wanted_degree=self.integer(data["degree"], 1, P, "degree"),
            stands=self.stands,
        )
        self.compare(description)
        return description

    def compare(self, description: TableDescription) -> None:
        """Refuse stated facts that differ from what the nodes say."""
        for name in ("next_main", "next_preprocessed"):
            stated = self.sequence(self.data[name], name)
            for item in stated:
                self.integer(item, 0, MAX_COLUMNS, name)
            self.need(
                tuple(stated) == getattr(description, name),
                f"{name} is not what its nodes read",
            )
        degree = self.data["degree"]
        self.need(
            degree == description.degree,
            f"degree is {degree}, but its constraints have {description.degree}",
        )

    def node(self, item: Any, place: int) -> Node:
        if type(item) is list and len(item) == 3 and item[0] in ("add", "sub", "mul"):
            kind, a, b = item
            if type(a) is int and type(b) is int and 0 <= a < place and 0 <= b < place:
                return kind, a, b  # nearly all nodes of a large table
        what = f"node {place}"
        items = self.sequence(item, what)
        kind = items[0] if items and isinstance(items[0], str) else None
        rest = items[1:]
        if kind == "constant" and len(rest) == 1:
            return kind, self.integer(rest[0], 0, P - 1, what)
        if kind == "public" and len(rest) == 1:
            return kind, self.integer(rest[0], 0, self.publics - 1, what)
        if kind in ("add", "sub", "mul") and len(rest) == 2:
            a, b = (self.integer(operand, 0, place - 1, what) for operand in rest)
            return kind, a, b
        if kind == "column" and len(rest) == 3:
            source, index, next_row = rest
            widths = {
                "main": self.width,
                "preprocessed": self.fixed,
                "periodic": len(self.periodic),
            }
            self.need(isinstance(source, str) and source in widths, f"{what} has a wrong source")
            self.integer(index, 0, widths[source] - 1, what)
            self.integer(next_row, 0, 0 if source == "periodic" else 1, what)
            return kind, source, index, next_row
        raise self.error(f"{what} is of no known kind")

    def constraint(self, item: Any, what: str) -> Constraint:
        items = self.sequence(item, what)
        self.need(len(items) == 2, f"{what} is not a pair")
        selector, node = items
        self.need(
            isinstance(selector, str) and selector in SELECTOR_DEGREES,
            f"{what} has a wrong selector",
        )
        self.integer(node, 0, len(self.nodes) - 1, what)
        self.need(self.nodes[node][0] != "constant", f"{what} is a constant")
        self.need(
            selector not in ("every", "last") or not self.source.reads_next[node],
            f"{what} reads the next row under the selector {selector!r}",
        )
        return Constraint(selector, node, 0)

    def interaction(self, item: Any, what: str) -> Interaction:
        item = self.record(item, ("bus", "sign", "values", "count", "weight"), what)
        self.need(is_name(item["bus"]), f"{what} has a bus that is not a printable string")
        sign = self.integer(item["sign"], -1, 1, f"{what}: sign")
        self.need(sign != 0, f"{what}: sign is 0")
        last = len(self.nodes) - 1
        values = tuple(
            self.integer(value, 0, last, f"{what}: value")
            for value in self.sequence(item["values"], f"{what}: values")
        )
        self.need(len(values) > 0, f"{what} has no values")
        self.need(
            len(values) <= MAX_MESSAGE_WIDTH, f"{what} has more than {MAX_MESSAGE_WIDTH} values"
        )
        self.need(
            all(self.source.degrees[value] <= 1 for value in values),
            f"{what} has a value of degree above 1",
        )
        count = self.integer(item["count"], 0, last, f"{what}: count")
        weight = self.integer(item["weight"], 0, P - 1, f"{what}: weight")
        constant = self.source.value(count)
        if constant is not None:
            self.need(constant != 0, f"{what} has the count 0")
            self.need(
                weight >= min(constant, P - constant), f"{what}: the weight is below the count"
            )
        return Interaction(item["bus"], sign, values, count, weight)

    def period(self, item: Any, what: str) -> tuple[int, ...]:
        values = tuple(self.integer(value, 0, P - 1, what) for value in self.sequence(item, what))
        self.need(
            _is_power_of_two(len(values)), f"{what} has {len(values)} values, no power of two"
        )
        return values

    def error(self, message: str) -> AirError:
        return AirError(f"{self.where}: {message}")

    def need(self, condition: bool, message: str) -> None:
        if not condition:
            raise self.error(message)

    def integer(self, value: Any, low: int, high: int, what: str) -> int:
        # type, not isinstance: True is no JSON integer
        if type(value) is not int:
            raise self.error(f"{what} holds {type(value).__name__} where an integer belongs")
        if not low <= value <= high:
            raise self.error(f"{what} holds an integer outside {low}..{high}")
        return value

    def sequence(self, value: Any, what: str) -> list[Any]:
        self.need(type(value) is list, f"{what} is not a list")
        items: list[Any] = value
        return items

    def record(self, value: Any, fields: tuple[str, ...], what: str) -> dict[str, Any]:
        self.need(type(value) is dict, f"{what} is not an object")
        record: dict[str, Any] = value
        self.need(
            len(record) == len(fields) and all(name in record for name in fields),
            f"{what} must have exactly the fields {', '.join(fields)}",
        )
        return record


def _is_power_of_two(n: int) -> bool:
    return n > 0 and n & (n - 1) == 0


class _Numbers(Sequence[str]):
    """The labels ``[0]``, ``[1]``, ..., made when asked for.

    A width that a short file states must not cost memory.
    """

    def __init__(self, width: int) -> None:
        self._width = width

    def __len__(self) -> int:
        return self._width

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[k] for k in range(self._width)[index]]
        if not 0 <= index < self._width:
            raise IndexError(index)
        return f"[{index}]"
