"""Public values as the caller gives them: by position or by name, checked before any work."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from cstark.air.columns import groups_of
from cstark.errors import StatementError, as_python_reads, did_you_mean, quoted
from cstark.field import P

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

    from .key import MachineDescription

__all__ = ["Publics", "read_publics"]

Publics: TypeAlias = Mapping[str, Sequence[int] | Mapping[str, Any]]
"""For each table its public values: in order, or by their names (a group as an array)."""


def read_publics(key: MachineDescription, publics: Publics | None) -> tuple[tuple[int, ...], ...]:
    """The public values of each table, in the order of the key.

    Raises
    ------
    StatementError
        Naming the table and the value.
    """
    publics = {} if publics is None else publics
    if not isinstance(publics, Mapping):
        raise StatementError(
            f"publics are {quoted(publics)}; they must be a mapping from table names to "
            "sequences of "
            f"ints, such as {{{key.names[0]!r}: [...]}}"
        )
    names = set(key.names)
    unknown = [name for name in publics if name not in names]
    if unknown:
        hint = did_you_mean(unknown[0], key.names)
        raise StatementError(
            f"publics for table {quoted(unknown[0])}: the machine has {', '.join(key.names)}{hint}"
        )
    return tuple(_of_table(table, publics.get(table.name, ())) for table in key.tables)


def _of_table(table: TableDescription, values: Any) -> tuple[int, ...]:
    if isinstance(values, Mapping):
        return _by_name(table, values)
    if not _is_sequence(values):
        named = _is_named(table)
        raise StatementError(
            f"publics of table {table.name!r} are of type {type(values).__name__}; they must "
            f"be a sequence of ints{_in_order(table)}{', or a mapping of these names' * named}"
        )
    if len(values) != table.publics:
        raise StatementError(
            f"table {table.name!r} has {table.publics} public values, not {len(values)}"
            f"{_in_order(table)}"
        )
    return tuple(
        _element(f"public value {i} of table {table.name!r}", value)
        for i, value in enumerate(values)
    )


def _by_name(table: TableDescription, values: Mapping[Any, object]) -> tuple[int, ...]:
    if values and not _is_named(table):
        if table.publics == 0:
            raise StatementError(f"table {table.name!r} has no public values")
        raise StatementError(
            f"publics of table {table.name!r} are given by name, but they have none here (neither "
            f"a key nor a table that declares a number of them holds names): give {table.publics} "
            "in order"
        )
    groups = groups_of(table.public_names) if table.publics else {}
    given: dict[object, object] = {}
    for name, value in values.items():
        known = as_python_reads(name) if isinstance(name, str) else name
        if known not in groups:
            raise StatementError(
                f"table {table.name!r} has no public value {quoted(name)}; there are "
                f"{', '.join(list(groups)[:8])}{', ...' if len(groups) > 8 else ''}"
                f"{did_you_mean(name, groups) if isinstance(name, str) else ''}"
            )
        if known in given:
            raise StatementError(f"public value {known!r} of table {table.name!r} is given twice")
        given[known] = value
    missing = [name for name in groups if name not in given]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise StatementError(
            f"public value {missing[0]!r} of table {table.name!r} is missing{more}"
        )
    result: list[int] = []
    for name, (_, shape) in groups.items():
        what = f"public value {name!r} of table {table.name!r}"
        members = [((), given[name])] if not shape else _members(what, given[name], shape)
        for index, value in members:
            place = f"[{','.join(map(str, index))}]" if shape else ""
            result.append(_element(f"public value {name + place!r} of table {table.name!r}", value))
    return tuple(result)


def _members(
    what: str, value: object, shape: tuple[int, ...], index: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], object]]:
    """Members of a group with their places, in the order of the columns."""
    depth = len(index)
    if depth == len(shape):
        yield index, value
        return
    if not _is_sequence(value) or len(value) != shape[depth]:
        found = f"{len(value)} members" if _is_sequence(value) else f"{quoted(value)}"
        at = f"[{','.join(map(str, index))}]" if index else ""
        raise StatementError(
            f"{what} is an array of shape {shape}; what is given{' at ' * bool(at)}{at} is "
            f"{found}, not {shape[depth]} members"
        )
    for place, member in enumerate(value):
        yield from _members(what, member, shape, (*index, place))


def _is_sequence(values: object) -> TypeGuard[Sequence[Any]]:
    """Whether there is an order in what is given."""
    if isinstance(values, (str, bytes, Mapping, Set)) or not hasattr(values, "__len__"):
        return False
    return getattr(values, "shape", None) != ()  # NumPy's scalars in arrays have no length


def _is_named(table: TableDescription) -> bool:
    return table.publics > 0 and not str(table.public_names[0]).startswith("[")


def _in_order(table: TableDescription) -> str:
    """The names of the public values, if there are any; a key has none."""
    if not _is_named(table):
        return ""
    names = [*map(str, itertools.islice(table.public_names, 9))]
    return f": in this order, {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"


def _element(what: str, value: Any) -> int:
    if isinstance(value, bool):
        raise StatementError(f"{what} is {quoted(value)}, not an int")
    try:
        number = operator.index(value)
    except TypeError:
        raise StatementError(f"{what} is {quoted(value)}, not an int") from None
    if not 0 <= number < P:
        raise StatementError(
            f"{what} is {quoted(number)}, not in 0..p-1 (p = {P}); write {quoted(number)} % cs.P"
        )
    return number
