"""A bounded cache of what proofs of the same heights share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

__all__ = ["Recent"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The values used last, at most `limit` of them; counts hits and misses.

    A pickled one is empty when it is read again.

    Parameters
    ----------
    limit : int
        At least 1.

    Examples
    --------
    >>> squares = Recent(2)
    >>> [squares.find(k, lambda: k * k) for k in (3, 4, 3)]
    [9, 16, 9]
    >>> squares.hits, squares.misses
    (1, 2)
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()
        self.hits = 0
        self.misses = 0

    def find(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of this key, made now if it is not there; other threads wait meanwhile."""
        with self._lock:
            if key in self._values:
                self.hits += 1
                self._values.move_to_end(key)
                return self._values[key]
            self.misses += 1
            value = self._values[key] = make()
            while len(self._values) > self._limit:
                self._values.popitem(last=False)
            return value

    def __len__(self) -> int:
        return len(self._values)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._limit,))
