"""Giving up memory when a computation is interrupted.

A traceback outlives its error (an interactive session keeps the last one), its frames hold on to
their locals, and for a cancelled proof those are gigabytes.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from types import CellType, FrameType, FunctionType
from typing import ParamSpec, TypeVar

__all__ = ["release_memory", "releasing_memory"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def releasing_memory(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorate a function so that what it raises keeps none of its memory, see `release_memory`."""

    @wraps(function)
    def wrapper(*arguments: Parameters.args, **settings: Parameters.kwargs) -> Result:
        outer = sys.exception()
        try:
            return function(*arguments, **settings)
        except BaseException as error:
            release_memory(error, outer)
            raise

    return wrapper


def release_memory(
    error: BaseException, outer: BaseException | None = None, *, everywhere: bool = False
) -> None:
    """Empty the finished frames of this package that an error's traceback keeps alive.

    Line numbers stay.

    Parameters
    ----------
    error : BaseException
        The errors that led to it are treated likewise.
    outer : BaseException, optional
        What the caller was handling before all this (`sys.exception`): it is the caller's, as is
        what led to it.
    everywhere : bool
        Whether the functions of others lose their locals too, but for what they share with
        functions inside them, which may live on.
    """
    seen: set[int] = set() if outer is None or outer is error else {id(outer)}
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        pending += [found.__cause__, found.__context__]
        step = found.__traceback__
        while step is not None:
            name = step.tb_frame.f_globals.get("__name__", "")
            ours = name.partition(".")[0] == "cstark"
            if everywhere or ours:
                _empty(step.tb_frame, cells=ours)
            step = step.tb_next


def _empty(frame: FrameType, cells: bool) -> None:
    # What comprehensions share with the function around them is in cells, which the frame of the
    # comprehension keeps even when it is cleared.
    kept = gc.get_referents(frame)
    outer: set[int] = set()
    for found in kept:
        if isinstance(found, FunctionType) and found.__code__ is frame.f_code:
            outer.update(id(cell) for cell in found.__closure__ or ())
    try:
        frame.clear()
    except RuntimeError:  # it is still running
        return
    if not cells:
        return
    for found in kept:
        if isinstance(found, CellType) and id(found) not in outer:
            with suppress(ValueError):  # empty already
                del found.cell_contents
