"""What a guest and the machine agree on: the memory map, the system calls and the limits.

Every number of this kind stands here and nowhere else. Addresses and lengths are in bytes unless
their name says otherwise.

Notes
-----
The memory map (all of memory lies in [`IMAGE_LOW`, `END`)):

=============================== ====================================================
from `IMAGE_LOW`                the image: what the ELF file loads
from the image's end            memory filled with zeros; the stack grows down from `STACK_TOP`
`INPUT` to `OUTPUT`             the input window: its length in bytes (8 bytes), then the bytes
`OUTPUT` to `END`               the output window: its length in bytes (8 bytes), then the bytes
=============================== ====================================================

All addresses are at least 4096 and at most 2^32 - 4096, so that the sum of the low half of a
register and a 12-bit immediate reaches memory only where the 64-bit sum does.

Examples
--------
>>> from cstark.vm import abi
>>> hex(abi.STACK_TOP), abi.INPUT == abi.STACK_TOP, hex(abi.END)
('0x40000000', True, '0x80000000')
>>> abi.EXIT, abi.WRITE
(93, 64)
"""

from __future__ import annotations

__all__ = [
    "DEFAULT_MAX_STEPS",
    "END",
    "EXIT",
    "HALT",
    "IMAGE_LOW",
    "INPUT",
    "LABEL_STEP",
    "MAX_IMAGE",
    "MAX_INPUT",
    "MAX_LOG",
    "MAX_LOG_HEIGHT",
    "MAX_MEMORY",
    "MAX_OUTPUT",
    "MAX_ROWS",
    "MAX_SEGMENTS",
    "MAX_SYMBOLS",
    "OUTPUT",
    "PAGE",
    "REGISTERS",
    "SINK",
    "STACK_TOP",
    "TEMPORARIES",
    "WINDOW_ROWS",
    "WORD",
    "WRITE",
    "ZERO",
]

WORD = 8
"""Memory is kept in aligned words of so many bytes."""

# ---- memory --------------------------------------------------------------------------------------

IMAGE_LOW = 0x1000
"""The lowest address of an image."""
STACK_TOP = 0x4000_0000
"""The stack grows down from here."""
INPUT = STACK_TOP
"""The first address of the input window."""
OUTPUT = 0x6000_0000
"""The first address of the output window."""
END = 0x8000_0000
"""The address behind the last byte of memory."""

# ---- labels --------------------------------------------------------------------------------------

LABEL_STEP = 1 << 32
"""A label is the address of an instruction plus k of this, for the k-th operation of a sequence."""
HALT = 1 << 48
"""Where a run ends: the label of no instruction."""

# ---- registers -----------------------------------------------------------------------------------

ZERO = 0
"""The register x0, which nothing writes."""
SINK = 32
"""The register that takes what the program writes to x0; nothing reads it."""
TEMPORARIES = range(33, 48)
"""The registers that hold what passes between the operations of a sequence."""
REGISTERS = 48
"""How many registers there are, of all kinds."""

# ---- system calls --------------------------------------------------------------------------------

EXIT = 93
"""The call that halts. Its number is in a7 (register 17), the exit code in a0 (register 10)."""
WRITE = 64
"""The call that prints to the log; its arguments are in registers from a0 on."""

# ---- limits --------------------------------------------------------------------------------------

MAX_ROWS = 1 << 28
"""The most executed operations in one proof."""
MAX_IMAGE = 64 << 20
"""The most bytes from the lowest to the highest address that a file loads."""
MAX_SEGMENTS = 256
"""The most program headers of a file."""
MAX_SYMBOLS = 1 << 20
"""The most symbols of a file."""
MAX_INPUT = 256 << 20
"""The most bytes of input."""
MAX_OUTPUT = 256 << 10
"""The most bytes of output."""
MAX_MEMORY = 1 << 30
"""The most bytes that a run may touch, counted in pages."""
PAGE = 4096
"""Bytes of a page."""
MAX_LOG = 1 << 20
"""The most bytes printed by a guest that are kept."""
MAX_LOG_HEIGHT = 26
"""Log2 of the most rows of any table of the machine."""
WINDOW_ROWS = 1 << MAX_LOG_HEIGHT
"""The most words that the tables of the windows can hold."""
DEFAULT_MAX_STEPS = 1 << 26
"""The executed operations after which a run is given up, unless its caller says otherwise."""
