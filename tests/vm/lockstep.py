"""A guest beside the plain oracle: registers, memory and the way through the text agree."""

from __future__ import annotations

from cstark.vm import abi
from cstark.vm.executor import Hart
from tests.oracles import plain_rv64im
from tests.vm.guests import Guest


def oracle(guest: Guest, input: bytes = b"", limit: int = 10**6) -> tuple[plain_rv64im.Hart, int]:
    """The oracle at the end of a guest's run, and the number of instructions it executed."""
    hart = plain_rv64im.Hart(guest.image.entry)
    memory = hart.memory
    for k, byte in enumerate(guest.image.words.tobytes()):
        memory.bytes[guest.image.low + k] = byte
    for k, byte in enumerate(len(input).to_bytes(8, "little") + input):
        memory.bytes[abi.INPUT + k] = byte
    memory.touched.clear()
    for count in range(limit):
        word = guest.code.word(hart.pc)
        assert word is not None, hex(hart.pc)
        try:
            hart.step(word)
        except plain_rv64im.Stop as stop:
            assert stop.reason == "ecall"
            if hart.x[17] == abi.EXIT:
                return hart, count + 1
            hart.pc += 4
    raise AssertionError("the oracle has not come to the end")


def agree(guest: Guest, hart: Hart, input: bytes = b"") -> None:
    """The hart ends as the oracle does."""
    plain, count = oracle(guest, input)
    assert hart.instructions == count
    assert hart.exit_code == plain.x[10]
    assert hart.registers[:32].tolist() == plain.x
    words = sorted({address & ~7 for address in plain.memory.touched})
    for word in words:
        expected = bytes(plain.memory.bytes.get(word + k, 0) for k in range(8))
        assert hart.read(word, 8) == expected, hex(word)
