"""Programs of random instructions beside the oracle; every operation and family is reached."""

from __future__ import annotations

import random

import numpy as np
import pytest

from cstark.vm import abi, isa
from cstark.vm.executor import COUNT, RECORD
from cstark.vm.tables import FAMILIES
from cstark.vm.trace.header import layout
from cstark.vm.trace.planning import RECORDED
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li, tokens
from tests.vm.lockstep import agree

BASES = {28: 0x2000_0000, 29: LOW + (1 << 14) - 8, 30: abi.INPUT + 64, 31: abi.OUTPUT + 4096}
EDGES = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]


def value(rnd: random.Random) -> int:
    kind = rnd.randrange(4)
    if kind == 0:
        return rnd.choice(EDGES)
    return rnd.getrandbits(rnd.choice((4, 16, 31, 32, 33, 63, 64)))


def instruction(rnd: random.Random) -> list[int]:
    """One instruction of any kind that goes on to the next; jumps skip one word at most."""
    name = rnd.choice([n for n in encode.NAMES if n not in ("jalr", "ecall")])
    rd, rs1, rs2 = rnd.randrange(28), rnd.randrange(28), rnd.randrange(28)
    if rnd.random() < 0.3:
        rs1 = rd
    if name in encode.LOADS or name in encode.STORES:
        rs1 = rnd.choice(list(BASES))
        imm = rnd.randrange(-64, 64) if rnd.random() < 0.7 else 8 * rnd.randrange(-8, 8)
        return [encode.word(name, rd, rs1, rs2, imm)]
    if name in encode.BRANCHES:
        return [encode.b(name, rs1, rs2, 8), encode.NOP]
    if name == "jal":
        # over a word, then back behind itself by the return address
        return [encode.j(rd, 8), encode.NOP, encode.u("auipc", rs2, 0),
                encode.i("jalr", rnd.randrange(28), rs2, rnd.choice((8, 9))) if rs2
                else encode.NOP]  # fmt: skip
    amount = rnd.randrange(64 if name in encode.SHIFTS else 32)
    shifts = name in encode.SHIFTS or name in encode.WORD_SHIFTS
    imm = amount if shifts else rnd.choice((-2048, -1, 0, 1, 2047, rnd.randrange(-2048, 2048)))
    return [encode.word(name, rd, rs1, rs2, imm)]


def program(seed: int, length: int) -> tuple[Guest, bytes]:
    rnd = random.Random(seed)
    words = [w for register, base in BASES.items() for w in li(register, base)]
    for register in range(1, 28):
        words += li(register, value(rnd))
    for _ in range(length):
        if rnd.random() < 0.15:
            words += li(rnd.randrange(1, 28), value(rnd))
        words += instruction(rnd)
    words += exit_with(7)
    assert len(words) < 3 << 10
    words += [encode.NOP] * ((3 << 10) - len(words))
    return Guest(words), rnd.randbytes(rnd.randrange(100))


@pytest.mark.parametrize("seed", range(6))
def test_random_programs(seed):
    guest, input = program(seed, 1500)
    agree(guest, guest.check(input), input)


def test_every_family_and_every_operation_is_reached():
    """What the random programs leave out would be untested."""
    codes, families = set(), set()
    for seed in range(6):
        guest, input = program(seed, 1500)
        hart = guest.run(input, COUNT)
        executed = guest.code.operations["code"][hart.counts > 0]
        codes |= set(executed.tolist())
        rows = dict(zip(RECORDED, hart.table_rows.tolist(), strict=True))
        families |= {name for name, count in rows.items() if count}
    assert {isa.BY_CODE[code].name for code in set(isa.BY_CODE) - codes} <= {"srai", "srli", "slli"}
    assert set(RECORDED) - families == {"print", "refresh"}


@pytest.mark.parametrize("seed", range(3))
def test_every_cell_of_a_row_is_written(seed):
    """Traces are not cleared before a run is recorded, only the rows behind it."""
    guest, input = program(seed, 1500)
    planned = guest.plan(guest.run(input, COUNT), input)

    def recorded(before: int) -> list[np.ndarray]:
        traces = [
            np.full((planned.rows.get(name, 0), layout(name)["width"]), before, np.uint64)
            for name in RECORDED
        ]
        guest.run(input, RECORD, traces=traces)
        return traces

    for one, two in zip(recorded(0), recorded(2**64 - 1), strict=True):
        assert np.array_equal(one, two)


@pytest.mark.nightly
def test_no_cell_is_without_meaning():
    """A changed cell of any row is noticed, or declared free by its table."""
    guest, input = program(7, 400)
    hart, traces = guest.traces(input)
    report = guest.machine().check(
        traces, tokens=tokens(hart, guest.image.entry), mutate=20000, seed=1
    )
    assert report.mutations is not None and not report.mutations.unexplained


SEARCHED = {*FAMILIES, "fresh"}
"""Tables whose cells narrow searches, and the proof of order, hold where only ranges do."""


@pytest.mark.parametrize(
    ("seed", "length"), [(9, 80), pytest.param(7, 1500, marks=pytest.mark.nightly)]
)
def test_no_cells_of_a_row_move_together(seed, length):
    """The rank test finds nothing; what ranges alone hold is searched elsewhere, row by row."""
    guest, input = program(seed, length)
    hart, traces = guest.traces(input)
    report = guest.machine().check(
        traces, tokens=tokens(hart, guest.image.entry), mutate=10, seed=seed
    )
    rank = report.rank
    assert rank is not None and not rank.undetermined
    assert not rank.known, "no row has so many lookups that their values counted as known"
    tested = {name for name, rows in rank.rows.items() if rows}
    assert len(tested & FAMILIES.keys()) > 40
    assert {held.table for held in rank.held} <= SEARCHED
