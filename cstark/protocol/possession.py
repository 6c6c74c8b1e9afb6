"""Whether an array may be overwritten, as nobody but the prover could tell.

A trace that a function has made for the prover is needed no more once it has been extended. To
free it and to take as many new pages for the extension costs more than to let the extension take
its place, and the peak is higher. But a function may hand out what somebody keeps: a cached array,
a view, a mapped file. Those are never written.
"""

from __future__ import annotations

import sys
import weakref
from typing import TypeVar

import numpy as np

from cstark.kernels._runtime import Buffer

__all__ = ["is_last_holder"]

Key = TypeVar("Key")

_ALONE = 2
"""References to what one container holds: its own, and that of the call that counts them."""


def is_last_holder(arrays: dict[Key, np.ndarray], key: Key) -> bool:
    """Whether no one could tell if ``arrays[key]`` were freed and its memory used otherwise.

    It is so for a writable array that owns its memory, or has a whole buffer of ours to itself,
    and that is referred to by `arrays` alone, weak references included.

    Parameters
    ----------
    arrays : dict of ndarray
        A plain dictionary; the caller has no other name for the array.
    key

    Examples
    --------
    >>> import numpy as np
    >>> arrays = {"a": np.zeros(8, dtype=np.uint64)}
    >>> is_last_holder(arrays, "a")
    True
    >>> kept = arrays["a"][:4]
    >>> is_last_holder(arrays, "a")
    False
    """
    if sys.getrefcount(arrays[key]) != _ALONE or weakref.getweakrefcount(arrays[key]):
        return False
    if type(arrays[key]) is not np.ndarray or not arrays[key].flags.carray:
        return False
    if arrays[key].base is None:
        return arrays[key].flags.owndata
    return isinstance(arrays[key].base, Buffer) and sys.getrefcount(arrays[key].base) == _ALONE
