"""Instructions as text: lines as GNU objdump 2.40 writes them."""

from __future__ import annotations

import random

import pytest

from cstark.vm import isa
from cstark.vm.symbols import Symbols
from tests.vm import encode

PC = 0x10000

LINES = {
    encode.NOP: "nop",
    0x00A00513: "li a0,10", 0xFFF00513: "li a0,-1", 0x00058513: "mv a0,a1",
    0xFF010113: "addi sp,sp,-16", 0x0005851B: "sext.w a0,a1", 0xFFF5C513: "not a0,a1",
    0x0FF5F513: "zext.b a0,a1", 0x40B00533: "neg a0,a1", 0x40B0053B: "negw a0,a1",
    0x0015B513: "seqz a0,a1", 0x00B03533: "snez a0,a1", 0x0005A533: "sltz a0,a1",
    0x00B02533: "sgtz a0,a1", 0x00C58533: "add a0,a1,a2", 0x02C5C53B: "divw a0,a1,a2",
    0x00012537: "lui a0,0x12", 0xFFFFF537: "lui a0,0xfffff", 0x00002197: "auipc gp,0x2",
    0x00813083: "ld ra,8(sp)", 0xFE05E503: "lwu a0,-32(a1)", 0x00113423: "sd ra,8(sp)",
    0xFEA58FA3: "sb a0,-1(a1)", 0x02059513: "slli a0,a1,0x20", 0x4035D51B: "sraiw a0,a1,0x3",
    0x00008067: "ret", 0x00050067: "jr a0", 0x00450067: "jr 4(a0)", 0x000500E7: "jalr a0",
    0xFFC500E7: "jalr -4(a0)", 0x000502E7: "jalr t0,a0", 0x004502E7: "jalr t0,4(a0)",
    0x0080006F: "j 10008", 0x008000EF: "jal 10008", 0x008002EF: "jal t0,10008",
    0x00050463: "beqz a0,10008", 0xFE051EE3: "bnez a0,fffc", 0x00B50463: "beq a0,a1,10008",
    0x00054463: "bltz a0,10008", 0x00A04463: "bgtz a0,10008", 0x00A05463: "blez a0,10008",
    0x00055463: "bgez a0,10008", 0x00B56463: "bltu a0,a1,10008", 0x00005463: "blez zero,10008",
    0x0FF0000F: "fence", 0x0330000F: "fence rw,rw", 0x8330000F: "fence.tso", 0x0100000F: "pause",
    encode.ECALL: "ecall", encode.EBREAK: "ebreak", 0: ".word 0x00000000",
    0xC0001073: ".word 0xc0001073",
}  # fmt: skip


@pytest.mark.parametrize("word", LINES, ids=hex)
def test_lines(word):
    assert isa.text(word, PC) == LINES[word]


def test_targets_have_names():
    symbols = Symbols.named({0x10000: "_start", 0x10008: "main"}, high=0x10100)
    assert isa.text(0x008000EF, PC, symbols) == "jal 10008 <main>"
    assert isa.text(0x00050463, PC - 4, symbols) == "beqz a0,10004 <_start+0x4>"
    assert isa.text(0x008000EF, 0x20000, symbols) == "jal 20008"
    assert isa.text(0xFE051EE3, 0, symbols) == "bnez a0,fffffffffffffffc"


def test_every_word_has_a_text():
    rnd = random.Random(1)
    words = [rnd.getrandbits(32) for _ in range(2000)]
    words += [encode.word(n, *(rnd.randrange(32) for _ in range(4))) for n in encode.NAMES]
    for word in words:
        line = isa.text(word, PC)
        code = isa.expand([word], PC)
        assert line and line.isprintable()
        assert (line.startswith(".word") or line == "ebreak") == (len(code) == 0)


@pytest.mark.parametrize(
    ("word", "reason"),
    [(0, "zero"), (0x4501, "compressed"), (encode.EBREAK, "ebreak"), (0x100F, "Zifencei"),
     (0x1000202F, "atomic"), (0x00053507, "floating-point"), (0xA2A5F553, "floating-point"),
     (0xC0202573, "control register"), (0x00007057, "vector"), (0xFFFFFFFF, "no instruction")],
)  # fmt: skip
def test_what_is_no_instruction_is_called_by_name(word, reason):
    assert reason in isa.why_none(word)
