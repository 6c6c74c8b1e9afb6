"""The table of the image: the words that the ELF file loads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import cstark as cs
from cstark.vm import abi

__all__ = ["ImageTable"]


class ImageTable(cs.Air):
    """The words from the lowest address of the image on, a power of two of them.

    Each sends its first token, the loaded value with time 0, and receives its last one. Both
    have the count 1: a word that nothing touches receives the token that it sent. The addresses
    are preprocessed, so each has one first token; behind the last one zero-filled memory begins,
    and the word in which the loaded data end is here.

    A word that holds text is `fixed`: its last value is its first. So no store can have changed
    the text for good, while the instructions executed are the program's in any case.

    Parameters
    ----------
    low : int
        Address of the first word, a multiple of 8 from 0x1000 on.
    words : array_like of int, shape (words,)
        What is loaded; a power of two of words, at least 8.
    fixed : array_like of bool, shape (words,)
        Which of them are text, wholly or in part.

    Raises
    ------
    AirError
        The addresses leave the part of memory that the image may have, or a shape is wrong.
    """

    columns = {"value": (2,), "time": ()}
    preprocessed = ("address", "low", "high", "fixed")

    def __init__(self, low: int, words: ArrayLike, fixed: ArrayLike) -> None:
        self.low = low
        self.words = np.asarray(words, dtype=np.uint64)
        self.fixed = np.asarray(fixed, dtype=bool)
        self.rows = len(self.words)
        self.end = low + abi.WORD * self.rows
        if self.rows < 8 or self.rows & (self.rows - 1):
            raise cs.AirError(f"the image has {self.rows} words, not a power of two from 8 on")
        if self.fixed.shape != self.words.shape:
            raise cs.AirError(f"fixed has shape {self.fixed.shape}, words {self.words.shape}")
        if low % abi.WORD or low < abi.IMAGE_LOW or self.end >= abi.STACK_TOP:
            raise cs.AirError(f"an image from {low:#x} to {self.end:#x} leaves its part of memory")

    def preprocessed_trace(self) -> np.ndarray:
        """Address, low half, high half, and whether it is text."""
        out = np.empty((self.rows, 4), dtype=np.uint64)
        out[:, 0] = self.low + abi.WORD * np.arange(self.rows)
        out[:, 1] = self.words & np.uint64(0xFFFF_FFFF)
        out[:, 2] = self.words >> np.uint64(32)
        out[:, 3] = self.fixed
        return out

    def constrain(self, t: cs.Table) -> None:
        p: Any = t.preprocessed
        n: Any = t.now
        t.every_row.zero(p.fixed * (n.value[0] - p.low), name="text stays: low half")
        t.every_row.zero(p.fixed * (n.value[1] - p.high), name="text stays: high half")
        t.send("memory", [p.address, p.low, p.high, 0], name="first token")
        t.receive("memory", [p.address, *n.value, n.time], count=1, weight=1, name="last token")
