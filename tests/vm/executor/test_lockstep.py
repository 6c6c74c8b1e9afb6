"""Three machines in lockstep: the compiled executor, QEMU, and the interpreter in plain Python.

After every instruction of random programs their registers, the program counter and the bytes that
the instruction touched are the same.
"""

from __future__ import annotations

import random

import pytest

from cstark.vm import isa
from cstark.vm.executor import COUNT, FAST, start
from cstark.vm.image import Image
from cstark.vm.isa.decode import decode
from tests.oracles import plain_rv64im
from tests.vm import encode
from tests.vm.random_programs import (
    COMPUTING,
    LOW,
    RandomProgram,
    edge_program,
    random_program,
)
from tests.vm.unicorn_hart import UnicornHart


def instruction_name(word: int) -> str:
    return isa.INSTRUCTIONS[decode([word]).number[0]].name


class Lockstep:
    """A program on the three machines."""

    def __init__(self, program: RandomProgram, mode: int) -> None:
        self.program = program
        image = Image.from_text(program.words, LOW, data=program.data)
        content = image.words.tobytes()
        self.code = image.expand()
        self.hart = start(self.code, image, b"", mode)
        self.unicorn = UnicornHart(content)
        self.plain = plain_rv64im.Hart(LOW)
        self.plain.memory.bytes.update(enumerate(content, LOW))
        self.seen: set[str] = set()

    def run(self) -> int:
        """Run to the end; returns the number of instructions."""
        self.unicorn.run(self.program.end, self.before)
        assert self.plain.pc == self.program.end
        return self.hart.instructions

    def before(self, pc: int) -> None:
        """Compare, then let the two others execute the instruction that QEMU is about to."""
        plain, hart = self.plain, self.hart
        assert hart.pc == plain.pc == pc
        registers = self.unicorn.x
        assert plain.x == registers, isa.text(self.word(pc), pc)
        assert hart.registers[:32].tolist() == registers, isa.text(self.word(pc), pc)
        for first in sorted({address & ~7 for address in plain.memory.touched}):
            bytes_there = self.unicorn.read(first, 8)
            assert hart.read(first, 8) == bytes_there
            assert bytes(plain.memory.bytes.get(first + k, 0) for k in range(8)) == bytes_there
        plain.memory.touched.clear()
        if pc != self.program.end:
            self.seen.add(instruction_name(self.word(pc)))
            plain.step(self.word(pc))
            done = hart.instructions
            while hart.instructions == done:  # the operations of a sequence
                assert hart.run(1)

    def word(self, pc: int) -> int:
        word = self.code.word(pc)
        assert word is not None
        return word


@pytest.mark.parametrize("mode", [FAST, COUNT])
@pytest.mark.parametrize("seed", range(3))
def test_random_programs(seed, mode):
    machines = Lockstep(random_program(random.Random(seed), 1500), mode)
    assert machines.run() > 1000
    assert machines.seen > {*encode.LOADS, *encode.STORES, *encode.BRANCHES, "jal", "jalr", "fence"}


@pytest.mark.parametrize("mode", [FAST, COUNT])
def test_edges_of_every_computing_instruction(mode):
    names = (*COMPUTING, *encode.BRANCHES)
    machines = Lockstep(edge_program(random.Random(mode), names, 24), mode)
    assert machines.run() > 3 * 24 * len(names) * 0.9
    assert machines.seen == {*names, "ld"}


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_random_programs(seed):
    mode = (FAST, COUNT)[seed % 2]
    Lockstep(random_program(random.Random(seed), 4000), mode).run()
    names = (*COMPUTING, *encode.BRANCHES)
    Lockstep(edge_program(random.Random(seed), names, 40), mode).run()
