"""Words of the five instructions, and programs."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.errors import StatementError
from cstark.machines import rv64
from cstark.machines.rv64 import BASE, Program, add, addi, bne, decode, ecall, load_immediate, lui
from cstark.machines.rv64.program_table import ProgramTable, operation

P = 2**64 - 2**32 + 1
register = st.integers(0, 31)

# Assembled by hand from the encoding tables of the RISC-V manual; the forms are those that every
# RISC-V disassembler prints.
KNOWN = [
    (0x00500093, "addi x1, x0, 5"),
    (0xFFF28293, "addi x5, x5, -1"),
    (0x80000513, "addi x10, x0, -2048"),
    (0x7FF00513, "addi x10, x0, 2047"),
    (0x00000013, "addi x0, x0, 0"),
    (0x123452B7, "lui x5, 0x12345"),
    (0xFFFFF537, "lui x10, 0xfffff"),
    (0x002081B3, "add x3, x1, x2"),
    (0xFE0298E3, "bne x5, x0, -16"),
    (0x00209463, "bne x1, x2, +8"),
    (0x80001063, "bne x0, x0, -4096"),
    (0x7E001FE3, "bne x0, x0, +4094"),
    (0x00000073, "ecall"),
]


@pytest.mark.parametrize(("word", "text"), KNOWN, ids=[text for _, text in KNOWN])
def test_known_words(word, text):
    assert str(decode(word)) == text


@given(register, register, st.integers(-2048, 2047))
def test_addi_round_trip(rd, rs1, immediate):
    i = decode(addi(rd, rs1, immediate))
    assert (i.name, i.rd, i.rs1, i.rs2, i.immediate) == ("addi", rd, rs1, 0, immediate)


@given(register, register, register)
def test_add_round_trip(rd, rs1, rs2):
    i = decode(add(rd, rs1, rs2))
    assert (i.name, i.rd, i.rs1, i.rs2, i.immediate) == ("add", rd, rs1, rs2, 0)


@given(register, st.integers(0, 0xFFFFF))
def test_lui_round_trip(rd, upper):
    i = decode(lui(rd, upper))
    assert (i.name, i.rd, i.rs1, i.rs2) == ("lui", rd, 0, 0)
    assert i.immediate == (upper << 12) - (1 << 32 if upper >> 19 else 0)


@given(register, register, st.integers(-2048, 2047))
def test_bne_round_trip(rs1, rs2, half):
    i = decode(bne(rs1, rs2, 2 * half))
    assert (i.name, i.rd, i.rs1, i.rs2, i.immediate) == ("bne", 0, rs1, rs2, 2 * half)


@given(st.integers(0, 2**32 - 1))
def test_a_word_is_one_of_the_five_or_refused(word):
    try:
        i = decode(word, 0x1234)
    except StatementError as error:
        assert f"{word:#010x}" in str(error) and "0x00001234" in str(error)
        return
    again = {
        "lui": lambda: lui(i.rd, i.immediate >> 12 & 0xFFFFF),
        "addi": lambda: addi(i.rd, i.rs1, i.immediate),
        "add": lambda: add(i.rd, i.rs1, i.rs2),
        "bne": lambda: bne(i.rs1, i.rs2, i.immediate),
        "ecall": ecall,
    }[i.name]()
    assert again == word


@pytest.mark.parametrize(
    "word",
    [
        0x00000000,  # illegal by definition
        0xFFFFFFFF,
        0x00100073,  # ebreak
        0x00000873,  # ecall with a register: reserved
        0x40208033,  # sub
        0x02208033,  # mul
        0x00209093,  # slli
        0x0000809B,  # addiw
        0x002080BB,  # addw
        0x00208463,  # beq
        0x0000006F,  # jal
        0x00000517,  # auipc
        0x0000B503,  # ld
        0x00004501,  # a compressed instruction
    ],
)
def test_other_instructions_are_refused_by_word_and_address(word):
    with pytest.raises(StatementError, match=rf"{word:#010x} at 0x00010004"):
        Program([addi(0, 0, 0), word])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: addi(1, 0, 2048), "2048 is not in"),
        (lambda: addi(1, 0, -2049), "-2049 is not in"),
        (lambda: addi(32, 0, 0), "x32"),
        (lambda: add(0, -1, 0), "x-1"),
        (lambda: lui(1, 1 << 20), "1048576 is not in"),
        (lambda: lui(1, -1), "-1 is not in"),
        (lambda: bne(1, 0, 3), "odd"),
        (lambda: bne(1, 0, 4096), "4096 is not in"),
    ],
)
def test_operands_out_of_range(make, message):
    with pytest.raises(StatementError, match=message):
        make()


@pytest.mark.parametrize(
    ("words", "entry", "message"),
    [
        ([], BASE, "1 to 65536 words, not 0"),
        ([0x13] * 65537, BASE, "not 65537"),
        ([2**32], BASE, "not a 32-bit word"),
        ([-1], BASE, "not a 32-bit word"),
        (["13"], BASE, "integers"),
        ("13", BASE, "expected a list"),
        ([0x13], BASE + 4, "entry 0x10004"),
        ([0x13], BASE - 4, "entry 0xfffc"),
        ([0x13, 0x13], BASE + 2, "entry 0x10002"),
    ],
)
def test_programs_that_are_none(words, entry, message):
    with pytest.raises(StatementError, match=message):
        Program(words, entry)


def test_program_digest_binds_entry_and_words():
    words = [addi(1, 0, 1), addi(17, 0, 93), ecall()]
    digests = {
        Program(words).digest,
        Program(words, BASE + 4).digest,
        Program([*words, ecall()]).digest,
        Program([addi(1, 0, 2), *words[1:]]).digest,
    }
    assert len(digests) == 4
    assert pickle.loads(pickle.dumps(Program(words))) == Program(tuple(words))


EDGES = [0, 1, 2047, 2048, 4095, 2**31 - 2049, 2**31 - 2048, 2**31 - 1, 2**31, 2**32 - 1, 2**32]
EDGES += [2**63 - 1, 2**63, P - 1, P, P + 1, 2**64 - 1, -1, -2048, -(2**31) - 2048, -(2**63)]


@pytest.mark.parametrize("value", EDGES)
def test_load_immediate(value):
    words = [*load_immediate(10, value), addi(17, 0, 93), ecall()]
    assert rv64.execute(Program(words)).a0 == value % 2**64
    if -(2**31) - 2048 <= value < 2**31 - 2048:
        assert len(words) == 4


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1])
def test_load_immediate_beyond_64_bits(value):
    with pytest.raises(StatementError, match="64 bits"):
        load_immediate(10, value)


@given(register, register, register, st.integers(-2048, 2047))
def test_what_the_decoder_promises_the_cpu(rd, rs1, rs2, immediate):
    """The facts that the CPU's soundness takes from PROGRAM without checking them."""
    words = (addi(rd, rs1, immediate), add(rd, rs1, rs2), lui(rd, immediate & 0xFFFFF))
    words += (bne(rs1, rs2, 2 * immediate), ecall())
    for word in words:
        i = decode(word)
        _, s1, s2, d, writes, low, high, sign, jump, halts = operation(i, BASE)
        assert writes == (i.rd != 0) and d == i.rd  # nothing writes x0
        constant = low + (high << 16) + sign * 0xFFFFFFFF00000000
        assert s2 == 0 or constant == 0  # so a carry is at most 1
        assert halts == (i.name == "ecall")
        if i.name in ("addi", "lui"):
            assert constant == i.immediate % 2**64
        if i.name == "bne":
            assert (s1, s2, writes, (jump + 4) % P) == (rs1, rs2, 0, i.immediate % P)
        else:
            assert jump == 0
        if i.name == "ecall":
            assert (s1, s2, writes) == (17, 10, 0)


@pytest.mark.parametrize(("count", "rows"), [(1, 8), (8, 8), (9, 16), (16, 16), (17, 32)])
def test_program_table(count, rows):
    program = Program([addi(1, 1, 1)] * count)
    table = ProgramTable(program)
    trace = table.preprocessed_trace()
    assert table.rows == rows == len(trace)
    assert trace[:, 0].tolist() == [1] * count + [0] * (rows - count)
    assert trace[:count, 1].tolist() == [BASE + 4 * i for i in range(count)]
    assert not trace[count:].any()
