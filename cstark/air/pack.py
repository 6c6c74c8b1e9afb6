"""`pack`: join small limbs into field elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, cast

import numpy as np

from cstark.air.columns import Namespace
from cstark.air.expression import object_array
from cstark.air.rows import Operand
from cstark.errors import AirError, quoted

__all__ = ["pack"]

_MAX_BITS = 63


def pack(limbs: Operand, bits: int | Sequence[int] | np.ndarray) -> Any:
    """Join limbs, the lowest first: ``limbs[0] + 2**bits * limbs[1] + ...``.

    Parameters
    ----------
    limbs : sequence or array of expressions or integers
        The last axis is joined; every other axis is kept, so one call packs a batch:
        ``pack(halves.reshape(2, 2), 16)`` gives two words of two halves each.  Integer arrays
        work too, such as groups of `Air.view`.
    bits : int or sequence of int
        Size of a limb, or the size of each limb.

    Returns
    -------
    expression, int, or array
        Limbs joined along the last axis.

    Raises
    ------
    AirError
        For no limbs, impossible sizes, or more than 63 bits in total: then two different lists
        of limbs would give one field element, and a bus could not tell them apart.

    Notes
    -----
    The packings of machine words, for limbs ``x``:

    ============================================ ===========================================
    two halves to a word                         ``pack(x, 16)``
    four bytes to a word                         ``pack(x, 8)``
    four halves to two words                     ``pack(x.reshape(2, 2), 16)``
    eight bytes to two words                     ``pack(x.reshape(2, 4), 8)``
    eight halves to four words                   ``pack(x.reshape(4, 2), 16)``
    word, half, half to two words                ``[x[0], pack(x[1:], 16)]``
    half, half, word to two words                ``[pack(x[:2], 16), x[2]]``
    ============================================ ===========================================

    Examples
    --------
    >>> from cstark.air import pack
    >>> hex(pack([0x11, 0x22, 0x33, 0x44], 8))
    '0x44332211'
    >>> hex(pack([0x11111111, 0x22, 0x3333], [32, 8, 16]))
    '0x33332211111111'
    """
    if isinstance(limbs, Namespace):
        limbs = limbs[:]
    if not isinstance(limbs, np.ndarray):
        try:
            limbs = object_array(list(cast("Iterable[object]", limbs)))
        except (TypeError, ValueError):
            raise AirError(
                "pack: the limbs must be an array or a sequence of equal parts, not "
                f"{quoted(limbs)}"
            ) from None
    if limbs.ndim == 0 or limbs.shape[-1] == 0:
        raise AirError("pack: there are no limbs to join")
    if limbs.dtype != object:
        if limbs.dtype.kind not in "iub":
            raise AirError(f"pack: limbs of dtype {limbs.dtype} are not integers")
        limbs = limbs.astype(np.uint64, copy=False)  # 63 bits fit; smaller types would overflow
    shifts = _shifts(bits, limbs.shape[-1])
    result = limbs[..., 0]
    for place, shift in enumerate(shifts[1:], start=1):
        result = result + limbs[..., place] * 2**shift
    return result


def _shifts(bits: int | Sequence[int] | np.ndarray, count: int) -> list[int]:
    given = list(bits) if isinstance(bits, (list, tuple, np.ndarray)) else [bits] * count
    sizes: list[int] = []
    for size in given:
        if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
            raise AirError(f"pack: bits must be a positive integer, not {quoted(size)}")
        sizes.append(int(size))
    if len(sizes) != count:
        raise AirError(f"pack: {len(sizes)} sizes for {count} limbs")
    ends = list(accumulate(sizes))
    if ends[-1] > _MAX_BITS:
        raise AirError(
            f"pack: {quoted(ends[-1])} bits do not fit below p without ambiguity; pack at most "
            f"{_MAX_BITS} bits into one element, such as two words of 32"
        )
    return [0, *ends[:-1]]
