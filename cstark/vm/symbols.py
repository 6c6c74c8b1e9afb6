"""Names of a program's functions, by address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cstark.vm.lines import Lines

__all__ = ["Symbols"]

LONGEST = 4096  # bytes of a name that are shown


def _none() -> NDArray[np.uint64]:
    return np.zeros(0, dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class Symbols:
    """Functions by address.

    Attributes
    ----------
    addresses : ndarray of uint64, shape (functions,)
        Where they begin, ascending and distinct.
    ends : ndarray of uint64, shape (functions,)
        Where they end; none reaches beyond the next one's beginning.
    lines : Lines
        Source lines by address; none without debugging information.

    Examples
    --------
    >>> symbols = Symbols.named({0x1000: "_start", 0x1010: "main"}, high=0x1100)
    >>> symbols.find(0x1014), symbols.address("main"), symbols.find(0xFFC)
    (('main', 4), 4112, None)
    >>> symbols.show(0x1014), symbols.show(0x1000), symbols.show(0x2000)
    ('main+0x4', '_start', '')
    """

    addresses: NDArray[np.uint64] = field(default_factory=_none)
    ends: NDArray[np.uint64] = field(default_factory=_none)
    _offsets: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _strings: bytes = b"\0"
    lines: Lines = field(default_factory=Lines)

    @classmethod
    def build(
        cls,
        values: NDArray[Any],
        sizes: NDArray[Any],
        rank: NDArray[Any],
        names: NDArray[Any],
        strings: bytes,
        high: int,
    ) -> Symbols:
        """Order symbols as they stand in a file; nothing is decoded before it is asked for.

        Parameters
        ----------
        values, sizes, names : ndarray of integers, shape (symbols,)
            Addresses, bytes (0: up to the next symbol) and offsets in `strings`.
        rank : ndarray of integers, shape (symbols,)
            Of several symbols at one address, the one of the lowest rank is kept. From 4 on: a
            label, which is dropped inside a function that has a size, or if its name begins with
            ``$`` or ``.``, as those of assemblers do.
        strings : bytes
            Names, each ended by a zero byte.
        high : int
            End of the text.
        """
        heads = np.frombuffer(strings, dtype=np.uint8)[names.astype(np.int64)]
        keep = heads != 0
        keep &= (rank < 4) | ((heads != ord("$")) & (heads != ord(".")))
        values, sizes, rank, names = values[keep], sizes[keep], rank[keep], names[keep]
        order = np.lexsort((np.arange(len(values)), rank, values))
        values, sizes, rank = values[order], sizes[order], rank[order]
        names = names[order].astype(np.int64)
        first = np.ones(len(values), dtype=np.bool_)
        first[1:] = values[1:] != values[:-1]
        values, sizes, rank, names = values[first], sizes[first], rank[first], names[first]
        top = np.uint64(high)
        ends = np.where(sizes > top - values, top, values + sizes)
        # How far the functions with a size that begin before a symbol reach.
        reach = np.maximum.accumulate(np.where(rank < 4, ends, np.uint64(0)))
        inside = np.zeros(len(values), dtype=np.bool_)
        inside[1:] = (rank[1:] >= 4) & (reach[:-1] > values[1:])
        values, ends, sizes, names = (array[~inside] for array in (values, ends, sizes, names))
        following = np.append(values[1:], top)
        ends = np.where(sizes == 0, following, np.minimum(ends, following))
        return cls(values.astype(np.uint64), ends.astype(np.uint64), names, strings)

    @classmethod
    def named(cls, names: dict[int, str], high: int) -> Symbols:
        """Symbols from a dictionary of addresses and names; each reaches to the next."""
        strings, offsets = b"\0", []
        for name in names.values():
            offsets.append(len(strings))
            strings += name.encode() + b"\0"
        zeros = np.zeros(len(names), dtype=np.uint64)
        values = np.array(list(names), dtype=np.uint64)
        return cls.build(values, zeros, zeros, np.array(offsets, dtype=np.int64), strings, high)

    def __len__(self) -> int:
        return len(self.addresses)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """The functions as (address, name), by ascending address."""
        for k, address in enumerate(self.addresses):
            yield int(address), self.name(k)

    def __repr__(self) -> str:
        return f"<Symbols: {len(self)} functions>"

    def name(self, k: int) -> str:
        """Name of function number `k`; what cannot be printed is escaped."""
        start = int(self._offsets[k])
        end = self._strings.index(b"\0", start)
        raw = self._strings[start : min(end, start + LONGEST)]
        text = raw.decode("utf-8", "backslashreplace")
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

    def index(self, address: int) -> int | None:
        """Number of the function that holds an address, or None."""
        if not 0 <= address < 1 << 64:
            return None
        k = int(np.searchsorted(self.addresses, np.uint64(address), side="right")) - 1
        return k if k >= 0 and address < int(self.ends[k]) else None

    def find(self, address: int) -> tuple[str, int] | None:
        """Name of the function that holds an address and the offset in it, or None."""
        k = self.index(address)
        return None if k is None else (self.name(k), address - int(self.addresses[k]))

    def show(self, address: int) -> str:
        """``name`` or ``name+0x10``; empty if no function holds the address."""
        found = self.find(address)
        if found is None:
            return ""
        return found[0] + (f"+{found[1]:#x}" if found[1] else "")

    def line(self, address: int) -> str:
        """``file:line`` of the source at an address; empty if the file does not say."""
        return self.lines.show(address)

    def address(self, name: str) -> int | None:
        """Where the function of a name begins; the first if there are several, None if none."""
        return next((address for address, other in self if other == name), None)
