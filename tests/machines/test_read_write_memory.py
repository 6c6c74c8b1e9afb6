"""The memory: a program that is told anything but what it wrote last has no proof."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import Forgery, round_trip

import cstark as cs
from cstark.gadgets import RangeTable
from cstark.machines.read_write_memory import ReadWriteMemory, memory_trace, van_eck

ROWS = 32


def plain(terms: int) -> list[int]:
    """Van Eck's sequence by its definition: look back for the last time."""
    sequence = [0]
    while len(sequence) < terms:
        *before, term = sequence
        back = [k for k, other in enumerate(reversed(before), start=1) if other == term]
        sequence.append(back[0] if back else 0)
    return sequence


def test_the_sequence():
    # https://oeis.org/A181391
    known = [0, 0, 1, 0, 2, 0, 2, 2, 1, 6, 0, 5, 0, 2, 6, 5, 4, 0, 5, 3, 0, 3, 2, 9, 0, 4, 9, 3, 6]
    assert van_eck(len(known))[0] == known
    assert van_eck(500)[0] == plain(500)


@pytest.mark.parametrize("log_rows", [3, 7])
def test_round_trip(log_rows):
    rows = 1 << log_rows
    claim = round_trip(ReadWriteMemory(log_rows=log_rows))
    assert claim == {"rows": rows, "last": plain(rows)[-1]}


# --- forgeries -------------------------------------------------------------------------------


def told(answers: dict[int, int]) -> Forgery:
    """The program does as it should with what the memory says, which is false at some steps."""
    false = Forgery(ReadWriteMemory(log_rows=ROWS.bit_length() - 1))
    memory: dict[int, int] = {}
    term, terms, seen = 0, [], []
    for step in range(ROWS):
        terms.append(term)
        seen.append(answers.get(step, memory.get(term, 0)))
        memory[term] = step + 1
        term = step + 1 - seen[-1] if seen[-1] else 0
    cells = false.view("sequence")
    cells.term[:], cells.seen[:] = terms, seen
    cells.inverse[:] = [pow(value, -1, cs.P) if value else 0 for value in seen]
    false.traces["memory"] = memory_trace(false.traces["sequence"])
    false.claim["last"] = terms[-1]
    return recounted(false)


def recounted(false: Forgery) -> Forgery:
    gap = false.view("memory").gap
    false.traces["range"] = RangeTable(8).trace(gap[gap < 256])
    return false


def order(false: Forgery, rows: list[int]) -> Forgery:
    """MEMORY in another order, with the gaps and `same` that belong to it."""
    false.traces["memory"] = false.traces["memory"][rows]
    cells = false.view("memory")
    cells.gap[:], cells.step[:] = 0, 0
    for row in range(len(rows)):
        address, time = int(cells.address[row]), int(cells.time[row])
        above = int(cells.address[row - 1]), int(cells.time[row - 1])
        cells.same[row] = row > 0 and address == above[0]
        if row:
            gap = time - above[1] - 1 if cells.same[row] else address - above[0] - 1
            cells.step[row] = gap % cs.P
            cells.gap[row, :] = gap % cs.P, 0, 0
    return recounted(false)


SEQUENCE, SEEN = van_eck(ROWS)
#: A step that finds its term three times before: the memory has an older value for it.
LATE = next(k for k in range(ROWS) if SEQUENCE[:k].count(SEQUENCE[k]) >= 2)
#: The last step that finds a new term.
NEW = max(k for k in range(ROWS) if SEEN[k] == 0)


def test_another_value_in_the_claim():
    false = told({})
    false.claim["last"] += 1
    false.refused("ends as claimed")


def test_a_read_of_an_older_value():
    places = [k for k in range(LATE) if SEQUENCE[k] == SEQUENCE[LATE]]
    told({LATE: places[-2] + 1}).refused("what was there is read")


def test_a_read_of_nothing_where_there_is_something():
    told({LATE: 0}).refused("what was there is read")


def test_a_first_read_of_something():
    told({NEW: 3}).refused("cells begin with 0")


def test_a_read_put_before_the_write_that_it_should_have_seen():
    """By value all is well: the order in time is what is wrong."""
    places = [k for k in range(LATE) if SEQUENCE[k] == SEQUENCE[LATE]]
    false = told({LATE: places[-2] + 1})
    time = false.view("memory").time.tolist()
    rows = list(range(len(time)))
    read, written = time.index(2 * LATE), time.index(2 * places[-1] + 1)
    rows.remove(read)
    # before the last write, and before the read that went with it, which sees the same
    rows.insert(rows.index(written) - 1, read)
    order(false, rows).refused("bus range")


def test_a_cell_with_two_lives():
    """From its third access on, the cell is said to be another one, behind all others."""
    false = told({LATE: 0})
    cells = false.view("memory")
    later = [
        row
        for row in range(len(cells.time))
        if cells.address[row] == SEQUENCE[LATE] and cells.time[row] >= 2 * LATE
    ]
    rows = [row for row in range(len(cells.time)) if row not in later] + later
    order(false, rows).refused("bus range")


def test_a_cell_that_goes_on_with_the_value_of_another():
    """The term of step 29 is new, and the cell below it was last written at step 26."""
    false = told({29: 27})
    cells = false.view("memory")
    row = cells.time.tolist().index(2 * 29)
    gap = int(cells.time[row]) - int(cells.time[row - 1]) - 1
    assert cells.address[row] != cells.address[row - 1] and cells.value[row - 1] == 27
    cells.same[row], cells.step[row], cells.gap[row] = 1, gap, [gap, 0, 0]
    recounted(false).refused("the same address")


@pytest.mark.parametrize("column", ["address", "time", "value", "write"])
def test_an_access_that_nobody_made(column):
    false = told({})
    false.view("memory")[column][-1] += np.uint64(1)
    assert "bus memory" in false.wrong()


def test_an_access_left_out_for_another_one_twice():
    false = told({})
    memory = false.traces["memory"]
    memory[1] = memory[0]
    assert "bus memory" in false.wrong()


def test_a_known_term_taken_for_a_new_one():
    """`seen` is what it should be, but no inverse of it is given."""
    false = told({})
    last = ROWS - 1
    assert SEEN[last - 1]
    false.view("sequence").inverse[last - 1] = 0
    false.refused("a term seen before is known", "next term")


def test_a_step_left_out():
    false = told({})
    false.view("sequence").step[5:] += np.uint64(1)
    assert {"steps are counted", "bus memory"} <= false.wrong()


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"rows": 8}, "has no 'last'"),
        ({"rows": 12, "last": 0}, "claim.rows is 12"),
        ({"rows": 1 << 22, "last": 0}, "not a power of two from 8"),
        ({"rows": 8, "last": cs.P}, "not a number below p"),
    ],
)
def test_senseless_claims_are_refused(claim, message):
    with pytest.raises(cs.StatementError, match=message):
        ReadWriteMemory.read_statement(claim)
