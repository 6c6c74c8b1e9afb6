"""Random programs of all instructions, with edge operands, that always come to their end."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.vm import encode

LOW = 0x1_0000
ZEROS = 0x0200_0000  # zero-filled memory
DATA, SPACE, CONSTANTS = 31, 30, 29  # registers that hold addresses, written by nothing else
FREE = range(DATA - 2)
EDGES = [0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1,
         2**31, 2**31 + 1, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1, 2**63, 2**63 + 1,
         2**64 - 2**32, 2**64 - 2**31, 2**64 - 2**31 - 1, 2**64 - 2, 2**64 - 1]  # fmt: skip
COMPUTING = (*encode.R, *encode.SHIFTS, *encode.WORD_SHIFTS, *encode.UPPER,
             *(n for n in encode.I if n != "jalr"))  # fmt: skip
CONSTANT_WORDS = 128  # words of constants in front of the data
DATA_WORDS = 64


@dataclass
class RandomProgram:
    """Words of text and of data; the data stand behind the text, from the next multiple of 8."""

    words: list[int]
    data: list[int]

    @property
    def data_at(self) -> int:
        return LOW + -(-len(self.words) // 2) * 8

    @property
    def end(self) -> int:
        """Address of the last instruction, an ecall."""
        return LOW + 4 * len(self.words) - 4


def address(rd: int, value: int, pc: int) -> list[int]:
    """Two instructions that load an address within reach of the program counter."""
    offset = value - pc
    low = (offset + 2048 & 0xFFF) - 2048
    return [encode.u("auipc", rd, offset - low >> 12), encode.i("addi", rd, rd, low)]


class Writer:
    """Writes one program."""

    def __init__(self, rnd: random.Random, length: int) -> None:
        self.rnd = rnd
        self.length = length
        self.words: list[int] = []
        self.targets: set[int] = set()  # of the jumps so far

    @property
    def pc(self) -> int:
        return LOW + 4 * len(self.words)

    def register(self) -> int:
        return self.rnd.choice((0, *FREE, *FREE))

    def immediate(self) -> int:
        return self.rnd.choice((0, 1, -1, 2047, -2048, 255, 256, self.rnd.randrange(-2048, 2048)))

    def constant(self) -> None:
        """An edge value comes into a register, so that others do not wash them out."""
        offset = 8 * self.rnd.randrange(CONSTANT_WORDS)
        self.words.append(encode.i("ld", self.rnd.choice(FREE), CONSTANTS, offset))

    def computing(self) -> None:
        name = self.rnd.choice(COMPUTING)
        imm = self.immediate()
        if name in encode.SHIFTS:
            imm = self.rnd.choice((0, 1, 15, 16, 31, 32, 33, 47, 48, 63, self.rnd.randrange(64)))
        elif name in encode.WORD_SHIFTS:
            imm = self.rnd.choice((0, 1, 15, 16, 31, self.rnd.randrange(32)))
        rd, rs1, rs2 = self.register(), self.register(), self.register()
        shape = self.rnd.randrange(5)
        if shape == 0:
            rs1 = rs2 = rd
        elif shape == 1:
            rs1 = rd
        elif shape == 2:
            rs2 = rd
        self.words.append(encode.word(name, rd, rs1, rs2, imm))

    def memory(self) -> None:
        """A load or a store, at any alignment, in the image or in zero-filled memory."""
        base = self.rnd.choice((DATA, SPACE))
        offset = self.rnd.randrange(0, 8 * DATA_WORDS - 8) if base == DATA else self.immediate()
        if self.rnd.random() < 0.5:
            name = self.rnd.choice(tuple(encode.LOADS))
            self.words.append(encode.i(name, self.register(), base, offset))
        else:
            name = self.rnd.choice(tuple(encode.STORES))
            self.words.append(encode.s(name, self.register(), base, offset))

    def jump(self) -> None:
        """A branch, `jal`, `jalr` or a fence, forwards and within the text."""
        left = self.length - len(self.words)
        kind = self.rnd.randrange(8)
        step = 4 * self.rnd.randrange(1, max(2, min(6, left)))
        rd, one, two = self.register(), self.register(), self.register()
        if kind == 0:
            self.words.append(encode.j(rd, step))
        elif kind == 1 and left > 8 and self.pc + 4 not in self.targets:
            # The target is the instruction behind, or some steps further; bit 0 is to be cleared.
            # Nothing jumps to the second of the two instructions.
            at = self.rnd.choice(FREE[1:])
            self.words.append(encode.u("auipc", at, 0))
            odd = self.rnd.randrange(2)
            step = 4 * self.rnd.randrange(1, 4)
            self.targets.add(self.pc + step)
            self.words.append(encode.i("jalr", self.rnd.choice((rd, at)), at, 4 + step + odd))
            return
        elif kind == 2:
            self.words.append(encode.word("fence"))
        else:
            self.words.append(encode.b(self.rnd.choice(tuple(encode.BRANCHES)), one, two, step))
        self.targets.add(self.pc - 4 + step)

    def write(self) -> RandomProgram:
        size = self.length + 6
        data_at = LOW + -(-(size + 2) // 2) * 8
        for register, value in ((CONSTANTS, data_at), (DATA, data_at + 8 * CONSTANT_WORDS)):
            self.words += address(register, value, self.pc)
        self.words += [encode.u("lui", SPACE, ZEROS >> 12), encode.NOP]
        self.length += 6
        while len(self.words) < self.length - 1:
            kind = self.rnd.random()
            write = self.computing
            if kind < 0.2:
                write = self.constant
            elif kind < 0.4:
                write = self.memory
            elif kind < 0.55:
                write = self.jump
            write()
        self.words += [encode.NOP] * (self.length - len(self.words))
        self.words += [encode.i("addi", 17, 0, 93), encode.ECALL]
        data = [self.rnd.choice((*EDGES, self.rnd.getrandbits(64))) for _ in range(CONSTANT_WORDS)]
        data += [self.rnd.getrandbits(64) for _ in range(DATA_WORDS)]
        program = RandomProgram(self.words, data)
        assert program.data_at == data_at
        return program


def random_program(rnd: random.Random, length: int) -> RandomProgram:
    """A program of about `length` instructions, each of which is executed at most once."""
    return Writer(rnd, length).write()


def edge_program(rnd: random.Random, names: tuple[str, ...], cases: int) -> RandomProgram:
    """Computing instructions on many pairs of edge values, in all shapes of their registers."""
    words: list[int] = []
    size = 6 + 3 * cases * len(names)
    words += address(CONSTANTS, LOW + -(-(size + 2) // 2) * 8, LOW)
    words += [encode.NOP] * 4
    for name in names * cases:
        rd, rs1, rs2 = rnd.choice(((7, 5, 6), (5, 5, 6), (6, 5, 6), (5, 5, 5), (7, 5, 5), (0, 5, 6),
                                   (7, 0, 6), (7, 5, 0)))  # fmt: skip
        for register in (5, 6):
            offset = 8 * rnd.randrange(CONSTANT_WORDS)
            words.append(encode.i("ld", register, CONSTANTS, offset))
        imm = rnd.choice((0, 1, -1, 2047, -2048, rnd.randrange(-2048, 2048)))
        if name in encode.SHIFTS or name in encode.WORD_SHIFTS:
            imm = rnd.randrange(64 if name in encode.SHIFTS else 32)
        if name in encode.BRANCHES:
            imm = 4 * rnd.randrange(1, 3)
        words.append(encode.word(name, rd, rs1, rs2, imm))
    words += [encode.i("addi", 17, 0, 93), encode.ECALL]
    data = [rnd.choice(EDGES) for _ in range(CONSTANT_WORDS)]
    return RandomProgram(words, data)
