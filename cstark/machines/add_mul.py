"""A processor with two co-processors: three tables, two buses.

The CPU table lists operations, one in each row, and checks none of them.  It sends each one, as a
message (a, b, c), to the bus ``add`` or to the bus ``mul``.  The ADD table receives from ``add``,
and each of its rows satisfies c = a + b; the MUL table does the same for c = a b.  A bus balances
only if what is sent is what is received, so every operation of the CPU is right.

Three things to learn from it:

* **Multiplicities.**  A row of ADD carries a count: the same sum asked for five times needs one
  row.  The counts are the prover's to choose; nothing constrains them but the balance of the bus.
  That is sound because a row of ADD is true whatever its count.
* **Flags are constrained where they are used.**  What the CPU sends ``add_flag`` times must be sent
  no or one time: with a flag of -1, it would *receive* a wrong message that another row sends.
  Both rows would be wrong, and the bus would balance.
* **Heights are independent.**  Every table has its own, a power of two of at least 8, and is filled
  up with rows that send nothing (flags 0) or provide nothing (count 0), but satisfy their
  constraints.  0 + 0 = 0 and 0 * 0 = 0, so rows of zeros do.  Nothing else is asked of them: the
  operands of a CPU row without a flag are free, and so is any true row of ADD or MUL with count 0.

The claim fixes the height of the CPU table and nothing else: *some* list of so many operations, all
of them right.  A machine with a purpose would tie the operations to a program, as
`cstark.machines.register_machine` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.machines.common import check_rows

__all__ = ["AddMul", "Adder", "Cpu", "Multiplier"]

MAX_OPERATIONS = 1 << 24


class Cpu(cs.Air):
    """Operations, each sent to the table that knows it is right."""

    columns = ("add_flag", "mul_flag", "a", "b", "c")
    inputs = ("add_flag", "mul_flag", "a", "b")  # any operations will do; c is what they give

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.every_row.boolean(now.add_flag, now.mul_flag)
        t.every_row.zero(now.add_flag * now.mul_flag, name="one operation in each row")
        t.send("add", [now.a, now.b, now.c], count=now.add_flag)
        t.send("mul", [now.a, now.b, now.c], count=now.mul_flag)

    def free_cells(self, cells: cs.View) -> list[cs.FreeCells]:
        idle = (cells.add_flag == 0) & (cells.mul_flag == 0)
        return [cs.FreeCells(("a", "b", "c"), idle, "a row without a flag sends nothing")]


class Adder(cs.Air):
    """Sums, each with the number of times it is used."""

    columns = ("a", "b", "c", "count")

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.every_row.equal(now.c, now.a + now.b)
        t.receive("add", [now.a, now.b, now.c], count=now.count)

    def free_cells(self, cells: cs.View) -> list[cs.FreeCells]:
        return [cs.FreeCells(("a", "b", "c"), cells.count == 0, "any sum that nobody asks for")]


class Multiplier(cs.Air):
    """Products, each with the number of times it is used."""

    columns = ("a", "b", "c", "count")

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.every_row.equal(now.c, now.a * now.b)
        t.receive("mul", [now.a, now.b, now.c], count=now.count)

    def free_cells(self, cells: cs.View) -> list[cs.FreeCells]:
        return [cs.FreeCells(("a", "b", "c"), cells.count == 0, "any product that nobody asks for")]


def _provider(a: np.ndarray, b: np.ndarray, c: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The trace of ADD or MUL: the operations that are used at all."""
    used = np.flatnonzero(count)
    trace = np.zeros((cs.padded_rows(used.size), 4), dtype=np.uint64)
    for column, values in enumerate((a, b, c, count)):
        trace[: used.size, column] = values[used]
    return trace


@dataclass(frozen=True)
class AddMul(cs.Workload):
    """Random additions and multiplications: CPU, ADD and MUL tables on two buses."""

    operations: int = cs.argument(
        1000, help="number of operations", minimum=0, maximum=MAX_OPERATIONS
    )
    seed: int = cs.argument(0, help="seed of the random operations", minimum=0)

    def prepare(self) -> cs.Prepared:
        random = np.random.default_rng(self.seed)
        # Operations are drawn from two pools half as large as the list, so that many repeat.
        pool = max(1, self.operations // 2)
        a, b = random.integers(0, cs.P, size=(2, pool), dtype=np.uint64)
        results = {False: cs.goldilocks.add(a, b), True: cs.goldilocks.mul(a, b)}
        pick = random.integers(0, pool, size=self.operations)
        multiply = random.integers(0, 2, size=self.operations).astype(bool)

        rows = cs.padded_rows(self.operations)
        cpu = np.zeros((rows, 5), dtype=np.uint64)
        used = cpu[: self.operations]
        used[:, 0] = ~multiply
        used[:, 1] = multiply
        used[:, 2] = a[pick]
        used[:, 3] = b[pick]
        used[:, 4] = np.where(multiply, results[True][pick], results[False][pick])

        def provider(product: bool) -> np.ndarray:
            count = np.bincount(pick[multiply == product], minlength=pool)
            return _provider(a, b, results[product], count)

        traces = {"cpu": cpu, "add": provider(False), "mul": provider(True)}
        return cs.Prepared({"cpu_rows": rows}, traces)

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        (rows,) = cs.read_claim(claim, cpu_rows=int)
        check_rows("claim.cpu_rows", rows, MAX_OPERATIONS)
        return cs.Statement({"cpu": Cpu(rows), "add": Adder(), "mul": Multiplier()})
