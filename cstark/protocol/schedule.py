"""The FRI fold schedule: how many times, and by how much, the reduced word is folded.

The prover, the verifier and the security estimator all take the schedule from here, as a
function of public numbers only (the table heights and two options), so a proof never says
anything about its own shape.

Layer 0 is the reduced word of the tallest tables.  A fold of arity ``2^k`` takes the word of
height ``2^l`` to one of height ``2^(l-k)``.  Three rules fix everything:

1. A fold has the arity of the options, less if a shorter table's height comes sooner: the
   reduced word of a table joins at the layer of exactly its own height, which therefore must
   not be jumped over.
2. Folding stops at the first layer where every table has joined and at most ``final_length``
   coefficients remain.  The number of coefficients sent is the height of that layer, exactly:
   a verifier that accepted more would accept words of higher degree.
3. No layer is shorter than one coefficient.

Zero folds are legal: a machine of tables of one height, at most ``final_length``, sends the
coefficients of its reduced word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cstark.errors import OptionsError, StatementError, quoted

__all__ = ["FoldSchedule", "fold_schedule"]

_LOG_ARITY = {2: 1, 4: 2, 8: 3}
_MAX_LOG_HEIGHT = 32  # the two-adicity of the field


@dataclass(frozen=True)
class FoldSchedule:
    """The layers of one batched FRI and the folds between them.

    Attributes
    ----------
    layers : tuple of int
        Log2 of the height of each layer, strictly falling; ``layers[0]`` is the tallest table's.
        The last one is the layer whose coefficients are sent.
    log_arities : tuple of int
        ``log_arities[i]`` is log2 of the arity of the fold from layer `i` to layer ``i + 1``.
    joins : tuple of (int or None)
        ``joins[i]`` is the log height of the tables whose reduced word joins at layer `i`
        (always ``layers[i]``), or None if no table has that height.  ``joins[0]`` is never None.

    Examples
    --------
    >>> schedule = fold_schedule([20, 20, 14], fri_arity=8, final_length=128)
    >>> schedule.layers, schedule.log_arities
    ((20, 17, 14, 11, 8, 5), (3, 3, 3, 3, 3))
    >>> schedule.layer_of(14), schedule.final_length
    (2, 32)
    """

    layers: tuple[int, ...]
    log_arities: tuple[int, ...]
    joins: tuple[int | None, ...]

    @property
    def folds(self) -> int:
        """Number of folds; there is one layer more."""
        return len(self.log_arities)

    @property
    def arities(self) -> tuple[int, ...]:
        """The arity of each fold: 2, 4 or 8."""
        return tuple(1 << step for step in self.log_arities)

    @property
    def final_length(self) -> int:
        """Exact number of coefficients of the final polynomial."""
        return 1 << self.layers[-1]

    def layer_of(self, log_height: int) -> int:
        """The layer where tables of height ``2^log_height`` join.

        Raises
        ------
        KeyError
            If no table has this height.
        """
        if log_height is not None and log_height in self.joins:
            return self.joins.index(log_height)
        raise KeyError(log_height)


def fold_schedule(log_heights: Iterable[int], fri_arity: int, final_length: int) -> FoldSchedule:
    """The fold schedule for tables of these heights.

    Parameters
    ----------
    log_heights : iterable of int
        Log2 of the height of every table, in any order; repetitions are fine.
    fri_arity : {2, 4, 8}
        The arity of a fold that nothing cuts short.
    final_length : int
        A power of two: folding may stop once no more coefficients than this remain.

    Returns
    -------
    FoldSchedule

    Raises
    ------
    StatementError
        If there is no table or a log height is not an int from 0 to 32.
    OptionsError
        If `fri_arity` or `final_length` is not allowed.

    Examples
    --------
    A table of height 2^19 joins one step below the tallest, so the first fold is halved:

    >>> fold_schedule([20, 19], fri_arity=8, final_length=128).log_arities
    (1, 3, 3, 3, 3)
    >>> fold_schedule([5], fri_arity=8, final_length=128).log_arities
    ()
    """
    if type(fri_arity) is not int or fri_arity not in _LOG_ARITY:
        raise OptionsError(f"fri_arity={quoted(fri_arity)}: allowed are 2, 4 and 8")
    if type(final_length) is not int or final_length < 1 or final_length & (final_length - 1):
        raise OptionsError(f"final_length={quoted(final_length)}: must be a power of two")
    heights = list(log_heights)
    for height in heights:
        if type(height) is not int or not 0 <= height <= _MAX_LOG_HEIGHT:
            raise StatementError(f"log height {quoted(height)}: must be an int from 0 to 32")
    if not heights:
        raise StatementError("there is no table to fold")

    waiting = sorted(set(heights))  # the next to join is last
    current = waiting.pop()
    layers, steps = [current], []
    joins: list[int | None] = [current]
    while waiting or (1 << current) > final_length:
        step = min(_LOG_ARITY[fri_arity], current)
        if waiting:
            step = min(step, current - waiting[-1])
        current -= step
        layers.append(current)
        steps.append(step)
        joins.append(waiting.pop() if waiting and waiting[-1] == current else None)
    return FoldSchedule(tuple(layers), tuple(steps), tuple(joins))
