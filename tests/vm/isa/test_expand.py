"""Every instruction, expanded, does what the manual says: interpreted from the cells alone."""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
import pytest

from cstark.vm import abi, isa
from tests.oracles import plain_rv64im
from tests.vm import encode, plain_operations

PC = 0x0010_0000
EDGES = [0, 1, 2, 5, 31, 32, 63, 64, 0x7F, 0x80, 0xFFFF, 0x8000, 2**31 - 1, 2**31, 2**32 - 1, 2**32,
         2**32 + 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2**32, 2**64 - 2**31, 2**64 - 2,
         2**64 - 1]  # fmt: skip
IMMEDIATES = [-2048, -1, 0, 1, 2, 255, 256, 2047]
SHAPES = [(7, 5, 6), (5, 5, 6), (6, 5, 6), (5, 5, 5), (7, 5, 5), (0, 5, 6), (7, 0, 6), (7, 5, 0),
          (7, 0, 0), (0, 0, 0), (6, 0, 6), (5, 5, 0), (0, 5, 5), (31, 30, 29)]  # fmt: skip


def fields(operation: np.void) -> dict[str, int]:
    return {name: int(operation[name]) for name in operation.dtype.names}


def immediates(name: str, rnd: random.Random) -> list[int]:
    if name in encode.SHIFTS:
        return list(range(64))
    if name in encode.WORD_SHIFTS:
        return list(range(32))
    if name in encode.BRANCHES:
        return [-4096, -8, 4, 8, 12, 4092, 2, -6]
    if name in encode.UPPER:
        return [0, 1, 0x7FFFF, 0x80000, 0xFFFFF, rnd.getrandbits(20)]
    if name == "jal":
        return [-(1 << 20), -4, 4, 8, (1 << 20) - 4, 6]
    return [*IMMEDIATES, rnd.randrange(-2048, 2048)]


def memory_pair(rnd: random.Random) -> tuple[plain_rv64im.Memory, plain_rv64im.Memory]:
    base = {k: rnd.getrandbits(8) for k in range(64)}
    one, two = plain_rv64im.Memory(), plain_rv64im.Memory()
    one.bytes, two.bytes = dict(base), dict(base)
    return one, two


@lru_cache(maxsize=64)
def rows_of(word: int) -> list[dict[str, int]]:
    """The operations of one instruction, after a look at how they hang together."""
    rows = [fields(o) for o in isa.expand(np.array([word], np.uint32), PC).operations]
    written = set()
    for k, row in enumerate(rows):
        assert row["label"] == PC + k * abi.LABEL_STEP
        assert row["last"] == (k == len(rows) - 1)
        assert row["rs1"] != abi.SINK and (row["rs2"] != abi.SINK)
        slots = isa.BY_CODE[row["code"]].slots
        for slot in ("rs1", "rs2", "rd", "imm0", "imm1", "next"):
            assert slot in slots or row[slot] == 0, slot
        for slot in ("rs1", "rs2"):
            if row[slot] > abi.SINK:
                assert row[slot] in written, "a temporary is read before it is written"
        if not row["last"]:
            assert row["rd"] in abi.TEMPORARIES, "the result is written before the last operation"
            assert (row["next"], row["follow"]) == (PC + (k + 1) * abi.LABEL_STEP, k + 1)
        written.add(row["rd"])
    return rows


def compare(word: int, registers: list[int], rnd: random.Random) -> None:
    """One instruction: the oracle and the expanded operations agree on everything."""
    one, two = memory_pair(rnd)
    hart = plain_rv64im.Hart(PC, one)
    hart.x = registers[:32]
    hart.step(word)
    x, label = list(registers), PC
    for row in rows_of(word):
        assert label == row["label"]
        label = plain_operations.execute(row, x, two)
    assert x[:32] == hart.x
    assert x[0] == 0
    assert label % plain_operations.P == hart.pc % plain_operations.P
    assert one.bytes == two.bytes and one.touched == two.touched


@pytest.mark.parametrize("name", [n for n in encode.NAMES if n != "ecall"])
def test_expanded_means_the_same(name):
    rnd = random.Random(name)
    two = name in encode.R or name in encode.BRANCHES
    for rd, rs1, rs2 in SHAPES:
        for imm in [0] if name in encode.R else immediates(name, rnd):
            word = encode.word(name, rd, rs1, rs2, imm)
            pairs = [(a, b) for a in EDGES for b in EDGES] if two else [(a, 0) for a in EDGES]
            chosen = rnd.sample(pairs, 24 if two else 4)
            chosen += [(rnd.getrandbits(64), rnd.getrandbits(rnd.choice((8, 32, 64))))]
            for a, b in chosen:
                registers = [0] + [rnd.getrandbits(64) for _ in range(47)]
                registers[rs1], registers[rs2] = a, b
                registers[0] = 0
                compare(word, registers, rnd)


@pytest.mark.parametrize("name", ["mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu",
                                  "divw", "divuw", "remw", "remuw", "mulw", "sllw", "srlw",
                                  "sraw"])  # fmt: skip
def test_all_pairs_of_edges(name):
    rnd = random.Random(1)
    word = encode.word(name, 5, 5, 6)
    for a in EDGES:
        for b in EDGES:
            compare(word, [0, 0, 0, 0, 0, a, b] + [1] * 41, rnd)


def operations(word: int) -> list[tuple[str, int, int, int, int, int]]:
    code = isa.expand(np.array([word], np.uint32), PC)
    return [
        (isa.BY_CODE[int(o["code"])].name,
         *(int(o[k]) for k in ("rd", "rs1", "rs2", "imm0", "imm1")))
        for o in code.operations
    ]  # fmt: skip


def first(name: str, rd: int = 7, rs1: int = 5, rs2: int = 6, imm: int = 0) -> tuple:
    return operations(encode.word(name, rd, rs1, rs2, imm))[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("addi", 7, 5, 0, 0), ("mv", 7, 5, 0, 0, 0)),
        (("addi", 7, 0, 0, -1), ("li", 7, 0, 0, 2**32 - 1, 2**32 - 1)),
        (("addi", 5, 5, 0, 3), ("addi_inplace", 5, 0, 0, 3, 0)),
        (("addi", 0, 5, 0, 3), ("jump", 0, 0, 0, 0, 0)),
        (("addiw", 7, 0, 0, -5), ("li", 7, 0, 0, 2**32 - 5, 2**32 - 1)),
        (("addiw", 7, 5, 0, -5), ("addiw", 7, 5, 0, 2**32 - 5, 0)),
        (("add", 7, 5, 0), ("mv", 7, 5, 0, 0, 0)),
        (("add", 7, 0, 6), ("mv", 7, 6, 0, 0, 0)),
        (("add", 7, 0, 0), ("li", 7, 0, 0, 0, 0)),
        (("add", 5, 5, 6), ("add_inplace", 5, 0, 6, 0, 0)),
        (("add", 6, 5, 6), ("add_inplace", 6, 0, 5, 0, 0)),
        (("add", 5, 5, 5), ("add_inplace", 5, 0, 5, 0, 0)),
        (("add", 7, 5, 6), ("add", 7, 5, 6, 0, 0)),
        (("sub", 7, 5, 0), ("mv", 7, 5, 0, 0, 0)),
        (("sub", 7, 0, 6), ("sub", 7, 0, 6, 0, 0)),
        (("sub", 5, 5, 6), ("sub_inplace", 5, 0, 6, 0, 0)),
        (("sub", 6, 5, 6), ("sub", 6, 5, 6, 0, 0)),
        (("or", 7, 5, 0), ("mv", 7, 5, 0, 0, 0)),
        (("xor", 7, 0, 6), ("mv", 7, 6, 0, 0, 0)),
        (("and", 7, 5, 0), ("li", 7, 0, 0, 0, 0)),
        (("ori", 7, 5, 0, 0), ("mv", 7, 5, 0, 0, 0)),
        (("xori", 7, 5, 0, -1), ("xori", 7, 5, 1, 0xFF, 0xFF)),
        (("andi", 7, 5, 0, 0x123), ("andi_small", 7, 5, 0, 0x23, 0x01)),
        (("andi", 7, 5, 0, -0x100), ("andi", 7, 5, 1, 0x00, 0xFF)),
        (("slli", 7, 5, 0, 0), ("mv", 7, 5, 0, 0, 0)),
        (("slli", 7, 5, 0, 1), ("add", 7, 5, 5, 0, 0)),
        (("slli", 5, 5, 0, 1), ("add_inplace", 5, 0, 5, 0, 0)),
        (("slli", 7, 5, 0, 32), ("slli32", 7, 5, 0, 0, 0)),
        (("srli", 7, 5, 0, 32), ("srli32", 7, 5, 0, 0, 0)),
        (("srai", 7, 5, 0, 32), ("srai", 7, 5, 0, 1 << 16, 0)),
        (("slliw", 7, 5, 0, 0), ("addiw", 7, 5, 0, 0, 0)),
        (("sraiw", 7, 5, 0, 3), ("sraiw", 7, 5, 0, 1 << 29, 0)),
        (("addw", 7, 5, 0), ("addiw", 7, 5, 0, 0, 0)),
        (("addw", 7, 0, 6), ("addiw", 7, 6, 0, 0, 0)),
        (("subw", 7, 5, 0), ("addiw", 7, 5, 0, 0, 0)),
        (("srlw", 7, 5, 0), ("addiw", 7, 5, 0, 0, 0)),
        (("sra", 7, 5, 0), ("mv", 7, 5, 0, 0, 0)),
        (("slti", 7, 5, 0, -1), ("slti", 7, 5, 0, 2**32 - 1, plain_operations.P - 1)),
        (("lw", 0, 5, 0, -4), ("lw", 32, 5, 0, plain_operations.P - 4, 0)),
        (("sd", 0, 5, 6, -4), ("sd", 0, 5, 6, plain_operations.P - 4, 0)),
        (("jalr", 0, 1, 0, 0), ("jr", 0, 1, 0, 0, 0)),
        (("jalr", 1, 5, 0, -2), ("jalr", 1, 5, 0, plain_operations.P - 2, 0)),
        (("bne", 0, 5, 0, 8), ("bnez", 0, 5, 0, PC + 8, 0)),
        (("beq", 0, 0, 6, 8), ("bnez", 0, 6, 0, PC + 4, 0)),
        (("bltu", 0, 0, 6, 8), ("bnez", 0, 6, 0, PC + 8, 0)),
        (("bgeu", 0, 0, 6, 8), ("bnez", 0, 6, 0, PC + 4, 0)),
        (("blt", 0, 0, 6, 8), ("blt", 0, 0, 6, PC + 8, 0)),
        (("beq", 0, 5, 5, 8), ("jump", 0, 0, 0, 0, 0)),
        (("ecall",), ("ecall", 0, 17, 10, 0, 0)),
        (("fence",), ("jump", 0, 0, 0, 0, 0)),
    ],
)  # fmt: skip
def test_the_cheapest_operation(given, expected):
    assert first(*given) == expected


@pytest.mark.parametrize(
    ("name", "rs1", "rs2", "taken"),
    [("beq", 0, 0, True), ("beq", 5, 5, True), ("bne", 5, 5, False), ("blt", 5, 5, False),
     ("bge", 5, 5, True), ("bltu", 5, 5, False), ("bgeu", 5, 5, True), ("bltu", 5, 0, False),
     ("bgeu", 5, 0, True), ("bge", 0, 0, True)],
)  # fmt: skip
def test_branches_that_are_decided(name, rs1, rs2, taken):
    words = [encode.NOP] * 4 + [encode.b(name, rs1, rs2, -8)]
    code = isa.expand(np.array(words, np.uint32), PC)
    row = fields(code.operations[4])
    assert isa.BY_CODE[row["code"]].name == "jump"
    assert row["next"] == (PC + 8 if taken else PC + 20)
    assert row["follow"] == (2 if taken else isa.NOWHERE)


def test_negative_targets_are_field_elements_without_a_row():
    code = isa.expand(np.array([encode.j(0, -(1 << 20)), encode.b("bne", 5, 6, -4096)], np.uint32),
                      0x1000)  # fmt: skip
    assert code.operations["next"][0] == plain_operations.P + 0x1000 - (1 << 20)
    assert code.operations["imm0"][1] == 4
    assert code.operations["follow"].tolist() == [isa.NOWHERE, isa.NOWHERE]
    assert (code.rows() < plain_operations.P).all()
