"""Programs that go wrong: the executor stops where the plain interpreter does, for its reason.

Short programs of random words, of accesses around every edge of memory and of jumps to anywhere.
The interpreter knows the memory map and nothing of the executor.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from cstark.vm import abi, isa
from cstark.vm.executor import COUNT, FAST, ErrorKind, start
from cstark.vm.image import Image
from tests.oracles.plain_rv64im import Hart, Memory, Stop
from tests.vm import encode

LOW = 0x1_0000
M64 = (1 << 64) - 1
KINDS = {"illegal": ErrorKind.ILLEGAL_INSTRUCTION, "ebreak": ErrorKind.BREAKPOINT,
         "jump": ErrorKind.BAD_JUMP, "call": ErrorKind.UNKNOWN_CALL,
         "memory": ErrorKind.OUTSIDE_MEMORY, "text": ErrorKind.STORE_TO_TEXT,
         "limit": ErrorKind.STEP_LIMIT}  # fmt: skip
LIMIT = 200


class GuestMemory(Memory):
    """The memory map: nothing below the image or from `abi.END` on, no store into the text."""

    def __init__(self, image: Image) -> None:
        super().__init__(lambda address: image.low <= address < abi.END)
        self.bytes.update(enumerate(image.words.tobytes(), image.low))
        first, behind = image.text
        self.text = range(first // 8 * 8, -(-behind // 8) * 8)

    def store(self, address: int, size: int, value: int) -> None:
        places = [address + k & M64 for k in range(size)]
        if all(map(self.allowed, places)) and any(place in self.text for place in places):
            raise Stop("text", address)
        super().store(address, size, value)


def edges(image: Image) -> list[int]:
    """Addresses around which something begins or ends."""
    first, behind = image.text
    return [0, image.low, first, behind, image.end, abi.STACK_TOP, abi.OUTPUT, abi.END, 1 << 31,
            1 << 32, (1 << 32) + first, 1 << 63, M64]  # fmt: skip


def interpret(image: Image, input: bytes) -> tuple[str, int, int, Hart, int]:
    """Reason, pc and address of the stop, the hart, and the instructions executed."""
    hart = Hart(image.entry, GuestMemory(image))
    content = len(input).to_bytes(8, "little") + input
    hart.memory.bytes.update(enumerate(content, abi.INPUT))
    words, (first, behind) = image.text_words.tolist(), image.text
    count = 0
    before = hart.pc
    while True:
        pc = hart.pc
        if pc % 4 or not first <= pc < behind:
            return "jump", before, pc, hart, count
        if count == LIMIT:
            return "limit", pc, 0, hart, count
        try:
            hart.step(words[(pc - first) // 4])
        except Stop as stop:
            if stop.reason == "ecall":
                assert hart.x[17] not in (abi.EXIT, abi.WRITE)
                return "call", pc, hart.x[17], hart, count
            return stop.reason, pc, stop.address, hart, count
        before = pc
        count += 1


def wild_program(rnd: random.Random) -> Image:
    """A few instructions, most of which are likely to go wrong."""
    words = []
    for _ in range(rnd.randrange(1, 12)):
        kind = rnd.randrange(8)
        one, two, three = (rnd.choice((0, *range(5, 12))) for _ in range(3))
        imm = rnd.choice((0, 0, 1, -1, 4, -4, 7, -8, 2047, -2048))
        if kind == 0:
            words.append(rnd.getrandbits(32))
        elif kind == 1:
            words.append(rnd.choice((0, encode.EBREAK, encode.ECALL, 0x100F, encode.NOP)))
        elif kind == 2:
            words.append(encode.i(rnd.choice(tuple(encode.LOADS)), one, two, imm))
        elif kind == 3:
            words.append(encode.s(rnd.choice(tuple(encode.STORES)), one, two, imm))
        elif kind == 4:
            words.append(encode.i("jalr", one, two, imm))
        elif kind == 5:
            words.append(encode.b(rnd.choice(tuple(encode.BRANCHES)), one, two, 2 * imm))
        elif kind == 6:
            words.append(encode.j(one, rnd.choice((4, 8, -4, 2, 1 << 19, -(1 << 20)))))
        else:
            words.append(encode.r(rnd.choice(tuple(encode.R)), one, two, three))
    return Image.from_text([*PREAMBLE, *words], LOW, data=[1, 2, 3])


# Registers 5 to 11 are loaded from the input window.
PREAMBLE = [encode.u("lui", 31, abi.INPUT >> 12)]
PREAMBLE += [encode.i("ld", r, 31, 8 * (r - 4)) for r in range(5, 12)] + [encode.u("lui", 31, 0)]


def compare(rnd: random.Random, mode: int) -> str:
    image = wild_program(rnd)
    places = edges(image)
    values = [rnd.choice(places) + rnd.randrange(-9, 10) & M64 for _ in range(7)]
    values[rnd.randrange(7)] = rnd.choice(range(image.text[0] - 4, image.text[1] + 8, 2))
    input = b"".join(value.to_bytes(8, "little") for value in values)
    reason, pc, address, plain, count = interpret(image, input)
    hart = start(image.expand(), image, input, mode, max_rows=10**6)
    if reason == "limit":
        while hart.instructions < LIMIT:
            assert hart.run(1)
    else:
        assert not hart.run(10**6)
        assert hart.error == (KINDS[reason], pc, hart.error[2]), (reason, hex(pc), hart.error)
        if reason in ("jump", "call", "memory", "text"):
            assert hart.error[2] == address, (reason, hex(address), hex(hart.error[2]))
        assert hart.instructions == count
    assert hart.registers[:32].tolist() == plain.x, isa.texts(image.text_words, LOW)
    for word in {a & ~7 for a in plain.memory.touched}:
        if image.low <= word < abi.END:
            there = bytes(plain.memory.bytes.get(word + k, 0) for k in range(8))
            assert hart.read(word, 8) == there
    return reason


@pytest.mark.parametrize("mode", [FAST, COUNT])
def test_stops_are_those_of_the_interpreter(mode):
    rnd = random.Random(mode)
    reasons = Counter(compare(rnd, mode) for _ in range(600))
    assert set(reasons) == set(KINDS)
    assert min(reasons.values()) >= 2, reasons
