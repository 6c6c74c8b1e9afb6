"""The machine's memory map and calls on Unicorn, an emulator made from QEMU.

A guest is loaded by pyelftools, not by cstark.  What the machine does not allow fails here: an
access outside memory, a store into the text, another system call.
"""

from __future__ import annotations

import io
import struct
from collections import Counter
from dataclasses import dataclass, field

import pytest

unicorn = pytest.importorskip("unicorn")
elffile = pytest.importorskip("elftools.elf.elffile")

from unicorn import riscv_const as reg  # noqa: E402

LOWEST, INPUT, OUTPUT, END = 0x1000, 0x4000_0000, 0x6000_0000, 0x8000_0000
MOST_OUTPUT = 256 * 1024
REGISTERS = [getattr(reg, f"UC_RISCV_REG_X{number}") for number in range(32)]


class GuestError(Exception):
    """The guest did what the machine does not allow."""


@dataclass
class Run:
    exit_code: int
    output: bytes
    log: bytes
    steps: int
    words: Counter = field(repr=False)  # instruction words executed


def load(uc, program: bytes) -> int:
    """Map and fill memory; returns the entry."""
    uc.mem_map(LOWEST, INPUT - LOWEST)
    file = elffile.ELFFile(io.BytesIO(program))
    for segment in file.iter_segments("PT_LOAD"):
        if not segment["p_memsz"]:
            continue
        start, end = segment["p_vaddr"], segment["p_vaddr"] + segment["p_memsz"]
        assert start >= LOWEST and end <= INPUT
        uc.mem_write(start, segment.data())
        if segment["p_flags"] & 1:
            uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, _store_into_text, None, start, end - 1)
    return file["e_entry"]


def _store_into_text(uc, access, address, size, value, data):
    raise GuestError(f"a store into the text at {address:#x}")


def execute(
    program: bytes, data: bytes = b"", *, length: int | None = None, most: int = 2_000_000
) -> Run:
    """Run a guest to its end; `length` is what the input's first word says, if not the truth."""
    uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV64)
    entry = load(uc, program)
    held = struct.pack("<Q", len(data) if length is None else length) + data
    uc.mem_map(INPUT, -(-max(len(held), 1) // 4096) * 4096)
    uc.mem_write(INPUT, held)
    uc.mem_map(OUTPUT, MOST_OUTPUT + 4096)
    for register in REGISTERS[1:]:
        uc.reg_write(register, 0)
    blocks: Counter = Counter()  # (address, bytes) of straight code -> how often
    left = most
    log = bytearray()
    ended: list[int] = []
    failed: list[Exception] = []

    def block(uc, address, size, data):
        nonlocal left
        blocks[address, size] += 1
        left -= size // 4
        if left < 0:
            failed.append(GuestError(f"not at its end after {most} instructions"))
            uc.emu_stop()

    def call(uc, number, data):
        a0, a1, a2, a7 = (uc.reg_read(REGISTERS[k]) for k in (10, 11, 12, 17))
        if number == 8 and a7 == 93:
            ended.append(a0)
            uc.emu_stop()
        elif number == 8 and a7 == 64 and a0 in (1, 2):
            log.extend(uc.mem_read(a1, a2))
        else:
            pc = uc.reg_read(reg.UC_RISCV_REG_PC)
            failed.append(GuestError(f"trap {number} at {pc:#x}, a7 = {a7}"))
            uc.emu_stop()

    uc.hook_add(unicorn.UC_HOOK_BLOCK, block)
    uc.hook_add(unicorn.UC_HOOK_INTR, call)
    try:
        uc.emu_start(entry, END)
    except unicorn.UcError as error:
        pc = uc.reg_read(reg.UC_RISCV_REG_PC)
        raise GuestError(f"{error} at {pc:#x}") from error
    if failed:
        raise failed[0]
    assert ended
    (written,) = struct.unpack("<Q", uc.mem_read(OUTPUT, 8))
    assert written <= MOST_OUTPUT
    output = bytes(uc.mem_read(OUTPUT + 8, -(-written // 8) * 8))
    assert not any(output[written:]), "bytes after the output are not zero"
    words: Counter = Counter()
    for (address, size), times in blocks.items():
        for (word,) in struct.iter_unpack("4s", uc.mem_read(address, size)):
            words[word] += times
    return Run(ended[0], output[:written], bytes(log), words.total(), words)
