"""Which words are instructions, and what their fields hold: against the oracle and an encoder."""

from __future__ import annotations

import random

import numpy as np
import pytest

from cstark.vm import isa
from cstark.vm.isa.decode import NONE, decode
from tests.oracles import plain_rv64im
from tests.vm import encode


def is_instruction(word: int) -> bool:
    hart = plain_rv64im.Hart(0x1000)
    try:
        hart.step(word)
    except plain_rv64im.Stop as stop:
        return stop.reason == "ecall"
    return True


def test_every_opcode_and_function_is_what_the_manual_says():
    """All 2^17 choices of opcode, funct3 and funct7, with random operands."""
    rnd = np.random.default_rng(1)
    keys = np.arange(1 << 17, dtype=np.uint32)
    words = keys & np.uint32(0x7F) | keys << np.uint32(5) & np.uint32(7 << 12)
    words |= keys >> np.uint32(10) << np.uint32(25)
    words |= rnd.integers(0, 32, len(keys), dtype=np.uint32) << np.uint32(7)
    words |= rnd.integers(0, 1024, len(keys), dtype=np.uint32) << np.uint32(15)
    found = decode(words).number != NONE
    expected = [is_instruction(int(word)) for word in words]
    wrong = np.nonzero(found != np.array(expected))[0]
    assert not len(wrong), hex(int(words[wrong[0]]))
    # lui, auipc, jal; one funct3 with any funct7; shifts by 6 and by 5 bits; three registers
    assert found.sum() == 3 * 1024 + 26 * 128 + 3 * 2 + 3 + 28


def test_only_one_word_is_ecall():
    """A word with one bit of it changed is another instruction, or none."""
    for bit in range(32):
        other = encode.ECALL ^ 1 << bit
        number = int(decode([other]).number[0])
        assert (number != NONE) == is_instruction(other)
        assert number == NONE or isa.INSTRUCTIONS[number].name != "ecall"
    assert isa.INSTRUCTIONS[decode([encode.ECALL]).number[0]].name == "ecall"


@pytest.mark.parametrize("word", [0, 0xFFFFFFFF, encode.EBREAK, 0x0000100F, 0xC0001073, 0x30200073,
                                  0x10500073, 0x00000001, 0x1000202F, 0x00002007])  # fmt: skip
def test_no_instruction_of_this_machine(word):
    """Zeros, ones, ebreak, fence.i, csr, mret, wfi, compressed, atomic, floating point."""
    code = isa.expand([word, encode.NOP], 0x1000)
    assert code.index.tolist() == [isa.NOWHERE, 0]
    assert code.at(0x1000) == isa.NOWHERE and code.at(0x1004) == 0
    assert code.word(0x1000) == word


@pytest.mark.parametrize("name", encode.NAMES)
def test_fields(name):
    rnd = random.Random(name)
    for _ in range(300):
        rd, rs1, rs2 = (rnd.randrange(32) for _ in range(3))
        bits = {"jal": 21}.get(name, 13 if name in encode.BRANCHES else 12)
        imm = rnd.randrange(-(1 << bits - 1), 1 << bits - 1) & ~int(bits > 12)
        if name in encode.SHIFTS:
            imm = rnd.randrange(64)
        elif name in encode.WORD_SHIFTS:
            imm = rnd.randrange(32)
        elif name in encode.UPPER:
            imm = rnd.randrange(-(1 << 19), 1 << 19)
        decoded = decode([encode.word(name, rd, rs1, rs2, imm)])
        assert isa.INSTRUCTIONS[decoded.number[0]].name == name
        if name in ("fence", "ecall"):
            continue
        if name not in encode.R:
            expected = imm << 12 if name in encode.UPPER else imm
            assert int(decoded.imm[0]) == expected % (1 << 64)
        else:
            assert decoded.imm[0] == 0
        if name not in encode.STORES and name not in encode.BRANCHES:
            assert decoded.rd[0] == rd
        if name not in encode.UPPER and name != "jal":
            assert decoded.rs1[0] == rs1
        if name in encode.R or name in encode.STORES or name in encode.BRANCHES:
            assert decoded.rs2[0] == rs2


def test_fences_of_all_kinds_do_nothing():
    for word in (0x0FF0000F, 0x8330000F, 0x0100000F, 0x0000000F, 0x0FF0000F | 5 << 7 | 6 << 15):
        code = isa.expand([word], 0x1000)
        assert isa.BY_CODE[int(code.operations["code"][0])].name == "jump"
        assert code.operations["next"][0] == 0x1004
