"""Arguments of workloads: declared as dataclass fields, checked, described for the command line."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

from cstark.errors import ArgumentsError, quoted

__all__ = ["Argument", "argument", "described"]

Value = TypeVar("Value", bound=int | str | float | None)


@overload
def argument(
    default: Value,
    *,
    help: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[Value] | None = None,
    verifier: bool = False,
) -> Value: ...
@overload  # Any, as from `dataclasses.field`: the annotation says the type
def argument(
    *,
    help: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[object] | None = None,
    verifier: bool = False,
) -> Any: ...
def argument(
    default: object = dataclasses.MISSING,
    *,
    help: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[object] | None = None,
    verifier: bool = False,
) -> Any:
    """Declare a workload's argument; use it as a dataclass field's default.

    Parameters
    ----------
    default : object, optional
        Without one the argument must be given.
    help : str
        One line for ``--help``.
    minimum, maximum : int or float, optional
        Inclusive bounds, checked when the workload is made.
    choices : sequence, optional
        The values allowed.
    verifier : bool
        Whether the verifier has to be given this argument too. It then reaches
        `Workload.statement` by its name, next to the claim: data that a statement needs and that
        no stranger may choose, such as the program that is proved to have run.

    Returns
    -------
    dataclasses.Field

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from cstark import Workload
    >>> @dataclass(frozen=True)
    ... class Count(Workload):
    ...     steps: int = argument(10, help="how far to count", minimum=1)
    >>> Count(steps=3)
    Count(steps=3)
    >>> Count(steps=0)
    Traceback (most recent call last):
    cstark.errors.StatementError: Count: steps is 0, but it is at least 1
    """
    metadata = {
        "help": help,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "verifier": verifier,
    }
    if default is dataclasses.MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Argument:
    """One argument of a workload, as the command line needs it.

    Attributes
    ----------
    name : str
        Field name; the command line writes it with dashes.
    type : type
        `int`, `str`, `float` or `bool`.
    optional : bool
        Whether None is allowed.
    default : object
        `dataclasses.MISSING` when the argument is required.
    help : str
    minimum, maximum : int, float or None
    choices : tuple or None
    verifier : bool
        Whether the verifier is given it too.
    """

    name: str
    type: type
    optional: bool
    default: object
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[object, ...] | None = None
    verifier: bool = False

    def check(self, value: Any) -> str | None:
        """What is wrong with `value`, or None."""
        if value is None and self.optional:
            return None
        fits = type(value) is self.type or (self.type is float and type(value) is int)
        if not fits:
            return f"is {quoted(value)}, expected {self.type.__name__}"
        if self.choices is not None and value not in self.choices:
            return f"is {quoted(value)}, but it is one of {', '.join(map(_shown, self.choices))}"
        # Written so that NaN, of which every comparison is false, is within no bounds.
        if self.minimum is not None and not value >= self.minimum:
            return f"is {quoted(value)}, but it is at least {quoted(self.minimum)}"
        if self.maximum is not None and not value <= self.maximum:
            return f"is {quoted(value)}, but it is at most {quoted(self.maximum)}"
        return None


def described(owner: type, item: dataclasses.Field[object], annotation: object) -> Argument:
    """The description of one dataclass field.

    Raises
    ------
    ArgumentsError
        For a type that no argument has, or a bound or a choice that no value of its type has.
    """
    where = f"{owner.__name__}.{item.name}"
    kinds = [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = list(typing.get_args(annotation))
    plain = [kind for kind in kinds if kind is not type(None)]
    if len(plain) != 1 or plain[0] not in (int, str, float, bool):
        raise ArgumentsError(
            f"{where}: an argument is an int, str, float or bool (or one of them | None), "
            f"not {_annotation_text(annotation)}"
        )
    default = dataclasses.MISSING if _is_missing(item.default) else item.default
    factory: Any = item.default_factory
    if not _is_missing(factory):
        default = factory()
    known = {key: item.metadata.get(key) for key in ("minimum", "maximum", "choices")}
    for key in ("minimum", "maximum"):
        _check_bound(where, key, known[key], plain[0])
    if known["choices"] is not None:
        known["choices"] = _choices(where, known["choices"], kinds)
    return Argument(
        name=item.name,
        type=plain[0],
        optional=len(plain) != len(kinds),
        default=default,
        help=item.metadata.get("help") or "",
        verifier=bool(item.metadata.get("verifier")),
        **known,
    )


def _is_missing(value: object) -> bool:
    """Of a class that was pickled by value the fields have copies of `dataclasses.MISSING`."""
    return isinstance(value, type(dataclasses.MISSING))


def _shown(choice: object) -> str:
    return choice if isinstance(choice, str) else quoted(choice)


def _annotation_text(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _check_bound(where: str, name: str, bound: object, kind: type) -> None:
    """Refuse a bound that nothing can be compared with."""
    if bound is None:
        return
    fits = isinstance(bound, (int, float)) and not isinstance(bound, bool) and bound == bound
    if not fits or kind not in (int, float):
        raise ArgumentsError(f"{where}: {name}={quoted(bound)} bounds no {kind.__name__}")


def _choices(where: str, choices: object, kinds: Sequence[Any]) -> tuple[object, ...]:
    """The choices as a tuple, each of one of the argument's own types."""
    if isinstance(choices, str) or not isinstance(choices, Iterable):
        raise ArgumentsError(f"{where}: choices={quoted(choices)} is no sequence of values")
    values = tuple(choices)
    for value in values:
        if type(value) not in kinds and not (float in kinds and type(value) is int):
            names = " or ".join(getattr(kind, "__name__", "None") for kind in kinds)
            raise ArgumentsError(f"{where}: the choice {quoted(value)} is no {names}")
    return values
