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

WORD = 8  # memory is kept in aligned words of so many bytes

# Memory
IMAGE_LOW = 0x1000
STACK_TOP = 0x4000_0000
INPUT = STACK_TOP
OUTPUT = 0x6000_0000
END = 0x8000_0000

# Labels: the address of an instruction, plus k * LABEL_STEP for the k-th operation of a sequence.
LABEL_STEP = 1 << 32
HALT = 1 << 48  # where a run ends: the label of no instruction

# Registers
ZERO = 0  # x0, which nothing writes
SINK = 32  # takes what the program writes to x0; nothing reads it
TEMPORARIES = range(33, 48)  # hold what passes between the operations of a sequence
REGISTERS = 48  # of all kinds

# System calls: the number is in a7 (register 17), the arguments from a0 (register 10) on.
EXIT = 93
WRITE = 64

# Limits
MAX_ROWS = 1 << 28  # executed operations in one proof
MAX_IMAGE = 64 << 20  # from the lowest to the highest address that the file loads
MAX_SEGMENTS = 256  # program headers of a file
MAX_SYMBOLS = 1 << 20  # of a file
MAX_INPUT = 256 << 20
MAX_OUTPUT = 256 << 10
MAX_MEMORY = 1 << 30  # bytes that a run may touch, counted in pages
PAGE = 4096
MAX_LOG = 1 << 20  # bytes printed by the guest that are kept
MAX_LOG_HEIGHT = 26  # of every table of the machine
WINDOW_ROWS = 1 << MAX_LOG_HEIGHT  # words that the tables of the windows can hold
DEFAULT_MAX_STEPS = 1 << 26  # executed operations before a run is given up
