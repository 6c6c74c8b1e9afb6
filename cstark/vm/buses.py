"""Every bus of the machine: its message, who sends, who receives, and who bounds the counts.

On each bus the messages that are sent and those that are received are the same multiset. Two
kinds of buses follow from who bounds the counts:

* *Tokens* (``state``, ``register``, ``memory``, ``halt``, ``output``): each message is sent and
  received with a count of 0 or 1 that its sender and its receiver prove to be one. So tokens are
  neither made nor lost but by the rows that say so.
* *Facts* (``fetch``, ``range``, ``top``, ``low``, ``bytes``, ``shift``): senders have a count of
  0 or 1, and one table receives with a free count; of a run in shards, one in each shard. It
  sends nothing, and all of its rows are true whatever their count, so each message sent is a
  fact, and no count can make it another.

Families are named here as senders and receivers wherever their rows lie: in the tables for any
family (`cstark.vm.tables.rare`) a row says what it says in the table of its family.

`HALVES` says for each table that writes registers or memory why the halves it writes are below
2^32, where that is not evident from its message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["BUSES", "HALVES", "VERIFIER", "BusDescription"]

VERIFIER = "verifier"
"""Sends and receives tokens of the statement."""

ALL = "families"
"""All families of a machine."""

_AROUND = {"program", "image", "fresh", "input", "output", "registers", "refresh", "range",
           "bytes", "shifts", VERIFIER}  # fmt: skip


@dataclass(frozen=True)
class BusDescription:
    """One bus.

    Attributes
    ----------
    message : tuple of str
        What the cells of a message are.
    meaning : str
        What a message says.
    sent, received : tuple of str
        Names of tables, ``verifier``, or ``families`` for all families.
    bound : str
        Why the counts are what they are said to be.
    free : bool
        Whether the receiver has a free count: a bus of facts.
    but : tuple of str
        Families that ``families`` does not include.

    Examples
    --------
    >>> sorted(BUSES["shift"].senders(["add", "shift_r"])), BUSES["shift"].received
    (['shift_r'], ('shifts',))
    """

    message: tuple[str, ...]
    meaning: str
    sent: tuple[str, ...]
    received: tuple[str, ...]
    bound: str
    free: bool = False
    but: tuple[str, ...] = ()

    def senders(self, families: Iterable[str]) -> frozenset[str]:
        """Who sends in a machine with these families."""
        return self._members(self.sent, families)

    def receivers(self, families: Iterable[str]) -> frozenset[str]:
        """Who receives in a machine with these families."""
        return self._members(self.received, families)

    def _members(self, names: tuple[str, ...], families: Iterable[str]) -> frozenset[str]:
        present = frozenset(families)
        members = {name for name in names if name in _AROUND or name in present}
        return frozenset(members | (present - set(self.but) if ALL in names else set()))


_REAL = "real, a bit on every row, or real times bits that are 0 where real is"
_MEMORY = ("ld", "lw", "sub_load", "sd", "sw", "sub_store", "mis_load", "mis_store")
_TOP = ("addw", "subw", "addiw", "branch_lt", "set_lt", "set_lt_i", "sra_i", "sra_r", "shift_w_i",
        "srl_w_i", "sra_w_i", "mul_w", "divu_w", "remu_w", "div_w", "rem_w", "select_negative",
        "negate_if", "lw", "sub_load", "mis_load")  # fmt: skip

BUSES: dict[str, BusDescription] = {
    "state": BusDescription(
        ("time", "label"),
        "the machine is at this label at this time",
        (ALL, VERIFIER),
        (ALL, VERIFIER),
        f"{_REAL}; a branch sends one of two with real (1 - lt) and real lt, lt a bit",
    ),
    "fetch": BusDescription(
        ("label", "code", "rs1", "rs2", "rd", "imm0", "imm1", "next"),
        "the program has this operation at this label",
        (ALL,),
        ("program",),
        f"{_REAL}; received with a free count, rows preprocessed, 0 where there is no operation",
        free=True,
    ),
    "register": BusDescription(
        ("number", "low", "high", "time"),
        "the register has this value since this time",
        (ALL, "registers", "refresh"),
        (ALL, "registers", "refresh"),
        f"{_REAL}; of the first and last tokens 1, preprocessed",
        but=("jump",),
    ),
    "memory": BusDescription(
        ("address", "low", "high", "time"),
        "the word at this address has this value since this time",
        (*_MEMORY, "image", "fresh", "input", "output"),
        (*_MEMORY, "image", "fresh", "input", "output"),
        f"{_REAL}; of a second word cross or x0, x1, products of such bits; of the first and last "
        "tokens 1, or real in zero-filled memory",
    ),
    "halt": BusDescription(
        ("low", "high"),
        "the program ends with this exit code",
        ("halt",),
        (VERIFIER,),
        "real; received once",
    ),
    "output": BusDescription(
        ("index", "low", "high"),
        "this word of the output window has this value in the end",
        ("output",),
        (VERIFIER,),
        "shown, a bit; each word that is claimed is received once",
    ),
    "range": BusDescription(
        ("x",),
        "x is in [0, 2^16)",
        (ALL, "fresh", "input"),
        ("range",),
        f"{_REAL}; 1 on the rows of fresh and input; received with a free count, preprocessed",
        free=True,
        but=("jump",),
    ),
    "top": BusDescription(
        ("x", "bit"),
        "x is in [0, 2^16), and this is its top bit",
        _TOP,
        ("range",),
        f"{_REAL}; received with a free count, preprocessed",
        free=True,
    ),
    "low": BusDescription(
        ("x", "byte"),
        "x is in [0, 2^16), and this is its low byte",
        ("sub_load", "sub_store", "mis_load", "mis_store"),
        ("range",),
        f"{_REAL}; received with a free count, preprocessed",
        free=True,
    ),
    "bytes": BusDescription(
        ("x", "y", "both"),
        "x and y are in [0, 2^8), and this is x and y",
        ("and", "or", "xor", "bitwise_i", "and_small"),
        ("bytes",),
        f"{_REAL}; received with a free count, preprocessed",
        free=True,
    ),
    "shift": BusDescription(
        ("x", "left", "right", "w1", "w2", "w3"),
        "x is in [0, 2^16), and x mod 64 = s + 16 w with left = 2^s and right = 2^(16 - s)",
        ("shift_r", "sra_r"),
        ("shifts",),
        f"{_REAL}; received with a free count, preprocessed",
        free=True,
    ),
}
"""Name -> bus."""

HALVES: dict[str, str] = {
    "li": "cells of the program, made below 2^32 by the decoder",
    "jalr": "the label of the next instruction, which the decoder makes below 2^32",
    "or": "four bytes, each the or of two bytes",
    "xor": "four bytes, each the exclusive or of two bytes",
    "bitwise_i": "and, or, xor of two halves",
    "shift_i": "two limbs of a product, or 0",
    "sra_i": "two limbs of a product, or 0; or their complement",
    "shift_r": "two limbs of a product, or 0",
    "sra_r": "two limbs of a product, or 0; or their complement",
    "sra_w_i": "y, below 2^31, or its complement",
    "select_negative": "a bit times a half that was read",
    "lw": "a half that was read, equal to low + 2^16 high; 2^32 - 1 times a bit above it",
    "sub_load": "a byte or two, filled with the top bit; 2^32 - 1 times that bit above it",
    "sub_store": "the half that was read, with one or two of its bytes exchanged for bytes",
    "mis_load": "weighted sums of two or four bytes, filled with the top bit",
    "mis_store": "weighted sums of four bytes",
    "image": "words of the program's image",
}
"""Table -> why the halves that it writes are in [0, 2^32), for the tables where this does not
follow from the message alone: of the others, each half is one that was read, a constant, or a sum
of cells whose lookups and bits bound it."""
