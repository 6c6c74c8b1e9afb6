"""Every instruction with operands at every edge: results, and rows that satisfy the tables."""

from __future__ import annotations

import random

import pytest

from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li
from tests.vm.lockstep import agree

EDGES = [0, 1, 2, 31, 63, 64, 0xFFFF, 0x8000, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1,
         2**63 - 1, 2**63, 2**64 - 2**32, 2**64 - 2**31, 2**64 - 1]  # fmt: skip
TABLE, STORE, LEFT = 31, 30, 29  # registers: the next pair of operands, of results; pairs left
SCRATCH = 0x2000_0000


def pairs(rnd: random.Random) -> list[tuple[int, int]]:
    """All edges with all edges, equal and near values, some random ones of every length."""
    found = [(a, b) for a in EDGES for b in EDGES]
    for bits in (8, 16, 31, 32, 33, 48, 63, 64):
        a, b = rnd.getrandbits(bits), rnd.getrandbits(bits)
        found += [(a, b), (a, a), (a, a + 1 & 2**64 - 1), (a, rnd.getrandbits(64))]
    return found


def looping(body: list[int], values: list[tuple[int, int]]) -> Guest:
    """A guest that does `body` with x5, x6 = each pair of values; results go to (x30)."""
    head = [*li(STORE, SCRATCH), *li(LEFT, len(values))]
    loop = [
        encode.i("ld", 5, TABLE, 0),
        encode.i("ld", 6, TABLE, 8),
        encode.i("addi", TABLE, TABLE, 16),
        *body,
        encode.i("addi", LEFT, LEFT, -1),
        encode.b("beq", LEFT, 0, 8),
    ]
    # jal reaches further than a branch
    loop.append(encode.j(0, -4 * len(loop)))
    end = exit_with(7)
    placed = len([*head, *loop, *end]) + 2
    at = LOW + -(-placed // 2) * 8
    table = li(TABLE, at)
    assert len(table) == 2
    guest = Guest([*table, *head, *loop, *end], [v for pair in values for v in pair])
    assert guest.data_at == at
    return guest


def keep(rd: int, slot: int) -> list[int]:
    return [encode.s("sd", rd, STORE, 8 * slot)]


def checked(body: list[int], seed: int) -> None:
    guest = looping(body, pairs(random.Random(seed)))
    agree(guest, guest.check())


def test_operations_of_two_registers():
    body = []
    for slot, name in enumerate(encode.R):
        body += [encode.r(name, 7, 5, 6), *keep(7, slot)]
    checked(body, 1)


@pytest.mark.parametrize(
    "shape", [(5, 5, 6), (6, 5, 6), (5, 5, 5), (7, 5, 5), (0, 5, 6), (7, 0, 6), (7, 5, 0)]
)
def test_operations_whose_registers_coincide(shape):
    """rd = rs1, rd = rs2, all one, x0: the operands are loaded again for each."""
    rd, rs1, rs2 = shape
    body = [encode.i("addi", 8, 5, 0), encode.i("addi", 9, 6, 0)]
    for slot, name in enumerate(encode.R):
        body += [encode.r(name, rd, rs1, rs2), *keep(rd, slot)]
        body += [encode.i("addi", 5, 8, 0), encode.i("addi", 6, 9, 0)]
    guest = looping(body, pairs(random.Random(2))[::7])
    agree(guest, guest.check())


def test_operations_with_an_immediate():
    body, slot = [], 0
    for name in ("addi", "slti", "sltiu", "xori", "ori", "andi", "addiw"):
        for imm in (-2048, -1, 0, 1, 255, 256, 2047):
            for rd in (7, 5):
                body += [encode.i("addi", 5, 6, 0), encode.i(name, rd, 5, imm)]
                body += keep(rd, slot % 128)
                slot += 1
    checked(body, 3)


def test_shifts_by_every_amount():
    body = []
    for name in (*encode.SHIFTS, *encode.WORD_SHIFTS):
        for amount in range(64 if name in encode.SHIFTS else 32):
            body += [encode.shift(name, 7, 5, amount), *keep(7, amount)]
    guest = looping(body, pairs(random.Random(4))[::11])
    agree(guest, guest.check())


def test_branches():
    """Each way of each comparison leaves its mark."""
    body = [encode.i("addi", 7, 0, 0)]
    for name in encode.BRANCHES:
        for rs1, rs2 in ((5, 6), (6, 5), (5, 5), (5, 0), (0, 6), (0, 0)):
            body += [encode.shift("slli", 7, 7, 1), encode.b(name, rs1, rs2, 8),
                     encode.i("addi", 7, 7, 1)]  # fmt: skip
    body += keep(7, 0)
    checked(body, 5)


def test_jumps_constants_and_fences():
    body = [
        encode.u("lui", 7, 0x80000), *keep(7, 0),
        encode.u("auipc", 7, 0xFFFFF), *keep(7, 1),
        encode.u("auipc", 0, 1), encode.u("lui", 0, 1), 0x0FF0000F, encode.NOP,
        encode.j(7, 8), encode.NOP, *keep(7, 2),
        encode.u("auipc", 7, 0), encode.i("jalr", 7, 7, 13), encode.NOP, *keep(7, 3),
        encode.u("auipc", 8, 0), encode.i("jalr", 0, 8, 12), encode.NOP,
        encode.u("auipc", 8, 1), encode.i("jalr", 8, 8, 12 - 4096 + 2048), encode.NOP,
    ]  # fmt: skip
    body = body[:-3]
    guest = looping(body, pairs(random.Random(6))[::9])
    agree(guest, guest.check())
