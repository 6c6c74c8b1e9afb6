"""Runs of whole guests that claim something false; see forged_run.py."""

from __future__ import annotations

import numpy as np
import pytest
from forged_run import Run

import cstark as cs
from cstark.air import describe
from cstark.vm import abi
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables.image import ImageTable
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li

FRESH = 0x2000_0000
R, V, W = 5, 6, 7  # an address, a value, what is read


def body(*parts) -> Guest:
    return Guest([word for part in parts for word in part])


def stored_and_loaded() -> tuple[Run, int, int, int]:
    """A guest that stores 111, loads it and exits with it; the places of sd, ld and mv."""
    head = [*li(R, FRESH), *li(V, 111)]
    run = Run(body(head, [encode.s("sd", V, R, 0), encode.i("ld", W, R, 0)], exit_with(W)))
    place = LOW + 4 * len(head)
    return run, place, place + 4, place + 8


def test_a_load_before_the_store():
    """The store would take the token of the load, which is younger than itself."""
    run, sd, ld, mv = stored_and_loaded()
    load, store = run.at("ld", ld), run.at("sd", sd)
    at = int(run.view("ld").time[load]) + 3
    run.put("ld", load, m=[0, 0], m_time=0, gap=at - 1)
    age = int(run.view("sd").time[store]) + 3 - at - 1
    assert -(2**16) < age < 0
    run.put("sd", store, m=[0, 0], m_time=at, gap=age + 2**16)
    run.ends_with(mv, 0)
    run.settle()
    run.judge(sd=["word is older: upper limb"])


def test_a_register_before_it_is_written():
    run = Run(body(li(V, 1), li(V, 2), exit_with(V)))
    first, second = (run.at("li", LOW + 4 * k) for k in (0, 1))
    li_view, mv = run.view("li"), run.at("mv", LOW + 8)
    written = int(li_view.time[first]) + 2
    run.put("mv", mv, a=[1, 0], a_time=written)
    run.put("li", second, old=[1, 0], old_time=int(run.view("mv").time[mv]))
    run.ends_with(LOW + 8, 1)
    run.settle()
    run.judge(li=["rd is older"])


def two_lives(run: Run, sd: int, ld: int, mv: int) -> None:
    """The load takes a first token of its own."""
    load = run.at("ld", ld)
    run.put("ld", load, m=[0, 0], m_time=0, gap=int(run.view("ld").time[load]) + 3 - 1)
    run.ends_with(mv, 0)


def limb(run: Run) -> None:
    """The lower limbs of the gaps of zero-filled memory, as its rows are."""
    view, table = run.view("fresh"), run.tables["fresh"]
    rows = [(int(real), int(w)) for real, w in zip(view.real, view.w, strict=True)]
    for k, (real, w) in enumerate(rows):
        real_, w_ = rows[(k + 1) % len(rows)]
        gap = w_ + (1 - real_) * table.limit - w - (1 - real) * (table.first - 1) - 1
        run.put("fresh", k, low=gap % 2**16)


def test_a_word_of_memory_with_two_lives():
    run, sd, ld, mv = stored_and_loaded()
    two_lives(run, sd, ld, mv)
    run.put("fresh", 1, real=1, w=FRESH // 8)
    limb(run)
    run.settle()
    run.judge(fresh=["order: upper limb"])


def test_two_lives_with_a_filling_row_between():
    """B3: order between real rows alone would not see it."""
    run, sd, ld, mv = stored_and_loaded()
    two_lives(run, sd, ld, mv)
    run.put("fresh", 2, real=1, w=FRESH // 8)
    limb(run)
    run.settle()
    run.judge(fresh=["filling rows are a suffix"])


def loaded_from_the_image() -> tuple[Run, int, int, int]:
    """A guest that exits with a word of its image; its address, the places of ld and mv."""
    words = [*li(R, LOW + 8 * 5), encode.i("ld", W, R, 0), *exit_with(W)]
    assert len(words) <= 10
    guest = Guest([*words, *[encode.NOP] * (10 - len(words))], [77, 78])
    place = LOW + 4 * len(li(R, LOW + 8 * 5))
    return Run(guest), LOW + 8 * 5, place, place + 4


def zero_from(run: Run, address: int, ld: int, mv: int) -> None:
    """The load takes 0 from a first token that zero-filled memory gives the address."""
    load = run.at("ld", ld)
    run.put("ld", load, m=[0, 0], m_time=0, gap=int(run.view("ld").time[load]) + 3 - 1)
    run.put("fresh", 0, real=1, w=address // 8)
    run.ends_with(mv, 0)


def test_zero_filled_memory_inside_the_image():
    run, address, ld, mv = loaded_from_the_image()
    zero_from(run, address, ld, mv)
    limb(run)
    run.settle()
    run.judge(fresh=["order: upper limb"])


def test_zero_filled_memory_inside_the_image_by_a_filling_row():
    """A filling row with a w of its own would move the lower end."""
    run, address, ld, mv = loaded_from_the_image()
    zero_from(run, address, ld, mv)
    run.put("fresh", 7, w=address // 8 - run.tables["fresh"].first)
    view = run.view("fresh")
    table = run.tables["fresh"]
    w = address // 8 - table.first
    limb_of = {5: table.limit - table.first, 6: w + table.limit - table.first, 7: 0}
    limb_of |= {0: table.limit - address // 8 - 1}
    for row in range(8):
        run.put("fresh", row, low=limb_of.get(row, table.limit - table.first) % 2**16)
    assert view.real[0] == 1
    run.settle()
    run.judge(fresh=["filling rows have w = 0"])


def test_zero_filled_memory_inside_the_input():
    """What was read of the input would be 0."""
    words = [*li(R, abi.INPUT), encode.i("ld", W, R, 8), *exit_with(W)]
    run = Run(Guest(words), bytes([9, 0, 0, 0, 0, 0, 0, 0]))
    place = LOW + 4 * len(li(R, abi.INPUT))
    zero_from(run, abi.INPUT + 8, place, place + 4)
    limb(run)
    run.settle()
    run.judge(fresh=["order: upper limb"])


def test_text_that_changed():
    """A word of the image that is text has its first value in the end, whatever was stored."""
    words = [*li(R, LOW + 40), *li(V, 5), encode.s("sd", V, R, 0), encode.i("ld", W, R, 0),
             *exit_with(W)]  # fmt: skip
    guest = Guest([*words, *[encode.NOP] * (10 - len(words))], [77])
    run = Run(guest)
    image = guest.image
    fixed = np.ones(len(image.words), dtype=bool)
    run.tables["image"] = ImageTable(image.low, image.words, fixed)
    assert run.verdict() == "constraints"
    assert run.verdict(image=["text stays: low half"]) == ""
    fixed[5] = False
    run.tables["image"] = ImageTable(image.low, image.words, fixed)
    assert run.verdict() == ""


def test_a_word_of_the_input_twice():
    """Two loads of one word differ."""
    words = [*li(R, abi.INPUT), encode.i("ld", V, R, 8), encode.i("ld", W, R, 8),
             encode.r("sub", W, W, V), *exit_with(W)]  # fmt: skip
    run = Run(Guest(words), bytes([9, 0, 0, 0, 0, 0, 0, 0]))
    place = LOW + 4 * len(li(R, abi.INPUT)) + 4
    load = run.at("ld", place)
    run.put("ld", load, m=[10, 0], m_time=0, gap=int(run.view("ld").time[load]) + 3 - 1)
    for row in range(2, 8):
        run.put("input", row, address=abi.INPUT + 8 * (row - 1))
    run.put("input", 2, first=[10, 0, 0, 0])
    run.put("sub_inplace", 0, a=[10, 0], c=[1, 0, 0, 0])
    run.ends_with(place + 8, 1)
    run.settle()
    run.judge(input=["next word"])


def test_an_input_in_the_window_of_the_output():
    """Memory of the output window is 0 at first."""
    words = [*li(R, abi.OUTPUT), encode.i("ld", W, R, 8), *exit_with(W)]
    run = Run(Guest(words))
    place = LOW + 4 * len(li(R, abi.OUTPUT))
    load = run.at("ld", place)
    run.put("ld", load, m=[7, 0], m_time=0, gap=int(run.view("ld").time[load]) + 3 - 1)
    for row in range(8):
        run.put("input", row, address=abi.OUTPUT + 8 * row)
    run.put("input", 1, first=[7, 0, 0, 0])
    run.ends_with(place + 4, 7)
    run.settle()
    run.judge(input=["start of the window"])


def with_output() -> Run:
    """A guest that writes the 8 bytes of the number 5."""
    words = [*li(R, abi.OUTPUT), *li(V, 8), encode.s("sd", V, R, 0), *li(V, 5),
             encode.s("sd", V, R, 8), *exit_with()]  # fmt: skip
    return Run(Guest(words))


def test_an_output_that_was_not_written():
    run = with_output()
    for row in range(2, 8):
        run.put("output", row, index=row - 1)
    old = next(t for t in run.tokens if t.bus == "output" and t.values[0] == 1)
    run.tokens[run.tokens.index(old)] = cs.Receive("output", [1, 0, 0])
    run.settle()
    run.judge(output=["next word"])


def test_a_call_that_only_prints_taken_for_the_end():
    """The number of the call is what a7 holds."""
    words = [*li(17, abi.WRITE), *li(10, 1), encode.ECALL, *exit_with()]
    run = Run(Guest(words))
    place = LOW + 4 * (len(li(17, abi.WRITE)) + len(li(10, 1)))
    view, row = run.view("print"), run.at("print", place)
    time, seen = int(view.time[row]), int(view.a_time[row])
    for name in run.tables:  # nothing happens afterwards
        cells = run.view(name)
        if "time" in run.tables[name].columns and "real" in run.tables[name].columns:
            for k in range(len(cells.real)):
                if cells.real[k] == 1 and int(cells.time[k]) >= time:
                    run.traces[name][k] = 0
    written = time - 4 + 2  # of a0, by the instruction before
    run.put("halt", 0, real=1, time=time, pc=place, next=place + 4, a_time=seen, b=[1, 0],
            b_time=written)  # fmt: skip
    run.claim("halt", [1, 0])
    old = next(t for t in run.tokens if t.bus == "state" and isinstance(t, cs.Receive))
    run.tokens[run.tokens.index(old)] = cs.Receive("state", [time + 4, abi.HALT])
    run.settle()
    run.judge(halt=["a7 taken", "a7 put back"])


@pytest.mark.parametrize(
    ("bus", "change"),
    [
        ("halt", lambda v: [v[0] + 1, v[1]]),
        ("halt", lambda v: [v[0], v[1] + 1]),
        ("state", lambda v: [v[0] + 4, v[1]]),
        ("state", lambda v: [v[0] - 4, v[1]]),
        ("state", lambda v: [v[0], v[1] + 4]),
        ("output", lambda v: [v[0], v[1] + 1, v[2]]),
        ("output", lambda v: [v[0] + 1, v[1], v[2]]),
    ],
)
def test_another_claim(bus, change):
    """V16, V17: exit code, number of rows, where it ended, and output are those of the run."""
    run = with_output()
    old = [t for t in run.tokens if t.bus == bus and isinstance(t, cs.Receive)][-1]
    run.tokens[run.tokens.index(old)] = cs.Receive(bus, change(list(old.values)))
    assert run.verdict() == "bus_sum"


@pytest.mark.parametrize("extra", ["halt", "output", "state"])
def test_a_claim_that_is_made_twice(extra):
    run = with_output()
    again = next(t for t in run.tokens if t.bus == extra and isinstance(t, cs.Receive))
    run.tokens.append(again)
    assert run.verdict() == "bus_sum"


def test_another_entry():
    run = with_output()
    run.tokens[0] = cs.Send("state", [4, LOW + 4])
    assert run.verdict() == "bus_sum"


def test_a_row_left_out():
    """V3: no time without a row."""
    run, _, _, _ = stored_and_loaded()
    run.traces["mv"][:] = 0
    run.settle()
    assert run.verdict() == "bus_sum"


def test_an_operation_that_is_not_the_program_s():
    """V4: an immediate of one's own is fetched from nowhere."""
    run = Run(body(li(V, 1), exit_with(V)))
    run.put("li", run.at("li", LOW), imm0=2)
    run.ends_with(LOW + 4, 2)
    run.settle()
    assert run.verdict() == "bus_sum"
    operations = describe("program", run.tables["program"]).preprocessed
    run.traces["program"][operations[:, 2] == OPERATIONS["li"].code] = 0
    assert run.verdict(li=["fetch"]) == ""
