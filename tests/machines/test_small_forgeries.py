"""False statements about the smallest machines, each with the one thing that stands against it."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import Forgery

import cstark as cs
from cstark.machines.add_mul import AddMul
from cstark.machines.fib_pair import FibPair, fibonacci_trace
from cstark.machines.read_only_memory import ReadOnlyMemory

P = cs.P

# --- fib_pair --------------------------------------------------------------------------------


def fibonacci(**claim):
    false = Forgery(FibPair(log_rows=3, sequences=1))
    false.claim.update(claim)
    return false


def test_another_result():
    result = fibonacci().claim["result"]
    fibonacci(result=[[result[0][0] + 1, result[0][1]]]).refused(
        "now.left[0] = publics.left_end[0]"
    )
    fibonacci(result=[[result[0][0], 5]]).refused("now.right[0] = publics.right_end[0]")


def test_another_start():
    fibonacci(start=[[7, 1]]).refused("now.left[0] = publics.left0[0]")
    fibonacci(start=[[0, 7]]).refused("now.right[0] = publics.right0[0]")


def test_another_number_of_steps():
    false = fibonacci(log_rows=4)
    with pytest.raises(cs.TraceError, match="rows"):
        false.wrong()  # the height is the machine's
    false.traces["fib"] = fibonacci_trace(np.array([[0], [1]], dtype=np.uint64), 16)
    false.refused("now.left[0] = publics.left_end[0]", "now.right[0] = publics.right_end[0]")


def test_another_sequence_from_some_row_on():
    false = fibonacci()
    trace = false.traces["fib"]
    trace[4:] = fibonacci_trace(np.array([[3], [4]], dtype=np.uint64), 4)
    false.claim["result"] = [trace[-1].tolist()]
    false.refused(
        "next.left[0] = now.left[0] + now.right[0]", "next.right[0] = now.right[0] + next.left[0]"
    )


# --- add_mul ---------------------------------------------------------------------------------


def operations():
    return Forgery(AddMul(operations=8, seed=2))


@pytest.mark.parametrize("flag", ["add", "mul"])
def test_a_result_that_is_wrong(flag):
    false = operations()
    cells = false.view("cpu")
    cells.c[np.flatnonzero(cells[f"{flag}_flag"])[0]] ^= np.uint64(1)
    false.refused(f"bus {flag}")


def test_a_table_that_knows_a_wrong_sum():
    false = operations()
    cpu, add = false.view("cpu"), false.view("add")
    row = np.flatnonzero(add.count == 1)[0]
    users = (cpu.a == add.a[row]) & (cpu.b == add.b[row]) & (cpu.add_flag == 1)
    add.c[row] ^= np.uint64(1)
    cpu.c[users] ^= np.uint64(1)
    false.refused("now.c = now.a + now.b")


def test_a_flag_of_minus_one():
    """One row sends a wrong sum, another one receives it: nobody else is asked."""
    false = operations()
    cpu, mul = false.view("cpu"), false.view("mul")
    one, other = np.flatnonzero(cpu.mul_flag)[:2]
    for row, flag in ((one, 1), (other, P - 1)):
        asked = (mul.a == cpu.a[row]) & (mul.b == cpu.b[row]) & (mul.count > 0)
        mul.count[np.flatnonzero(asked)[0]] -= np.uint64(1)
        cpu.mul_flag[row], cpu.add_flag[row] = 0, flag
        cpu.a[row], cpu.b[row], cpu.c[row] = 1, 1, 3
    false.refused("now.add_flag is 0 or 1")


def test_a_product_for_a_sum():
    false = operations()
    cpu = false.view("cpu")
    row = np.flatnonzero(cpu.mul_flag)[0]
    cpu.mul_flag[row], cpu.add_flag[row] = 0, 1
    false.refused("bus add", "bus mul")


# --- read_only_memory ------------------------------------------------------------------------


def reads():
    return Forgery(ReadOnlyMemory(accesses=16, seed=1))


def with_memory(cells: list[tuple[int, int]]) -> Forgery:
    """Accesses to cells 5 and 6 in turn, where cell 5 is read as 50, and later as 60."""
    false = reads()
    view = false.view("memory")
    view.address[:] = [5, 6] * 8
    view.value[:] = [50, 60] * 4 + [60, 60] * 4
    rows = [*cells, *[cells[-1]] * (16 - len(cells))]
    view.sorted_address[:], view.sorted_value[:] = zip(*rows, strict=True)
    view.count[:] = 0
    for count, cell in ((4, (5, 50)), (4, (5, 60)), (8, (6, 60))):
        view.count[rows.index(cell)] = count
    first = false.traces["memory"][0].tolist()
    false.claim.update(first_access=first[:2], first_cell=first[2:])
    return false


def test_two_values_in_one_place():
    with_memory([(5, 50), (5, 60), (6, 60)]).refused("single value")


def test_coming_back_to_a_cell():
    with_memory([(5, 50), (6, 60), (5, 60)]).refused("continuity")


def test_coming_back_around_p():
    """By steps of one that would take more rows than there are."""
    with_memory([(5, 50), (6, 60), (P - 1, 60), (0, 60), (5, 60)]).refused("continuity")


def test_a_value_that_no_cell_has():
    false = reads()
    false.view("memory").value[3] ^= np.uint64(1)
    false.refused("bus memory")


@pytest.mark.parametrize("name", ["first_access", "first_cell"])
def test_another_first_row(name):
    false = reads()
    false.claim[name] = [false.claim[name][0] ^ 1, *false.claim[name][1:]]
    column = {"first_access": "address", "first_cell": "sorted_address"}[name]
    false.refused(f"now.{column} = publics.{column}0")
