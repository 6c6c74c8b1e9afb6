"""A plain RV64I interpreter that works by instruction names and writes rows of Python integers.

It shares the decoder with the package (which has tests of its own) and nothing else.  Each step can
be told to deviate: that is how the tests forge traces.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from cstark.machines.rv64 import BASE, Program, decode
from cstark.machines.rv64.program_table import OPERATION, operation
from tests.oracles.plain_check import P, node_values

MASK = 2**64 - 1


def limbs(value: int) -> list[int]:
    return [value >> shift & 0xFFFF for shift in (0, 16, 32, 48)]


class PlainCpu:
    """Registers, times, and the rows written so far."""

    def __init__(self, program: Program, start: int = 0) -> None:
        self.program = program
        self.start = start  # of the clock; 0 in an honest run
        self.pc = program.entry
        self.registers = [0] * 32
        self.times = [0] * 32
        self.rows: list[dict[str, Any]] = []
        self.halted = False

    def step(self, word: int | None = None, **forged: Any) -> dict[str, Any]:
        """Execute the instruction at pc, or `word` as if it were there, and append its row.

        `forged` replaces what the honest machine would do: the operation's cells by name, `a`,
        `a_time`, `result` (a number, or four limbs), `differ`, `pc_after`.
        """
        if word is None:
            word = self.program.words[(self.pc - BASE) // 4]
        i = decode(word, self.pc)
        cells = dict(zip(OPERATION, operation(i, self.pc), strict=True))
        cells.update({name: forged[name] for name in OPERATION if name in forged})
        rs1, rs2, rd = cells["rs1"], cells["rs2"], cells["rd"]
        clock = self.start + len(self.rows)
        row: dict[str, Any] = {"real": 1, "clock": clock, **cells}

        a = forged.get("a", self.registers[rs1])
        row["a"], row["a_time"] = limbs(a), forged.get("a_time", self.times[rs1])
        row["a_gap"] = (4 * clock + 1 - row["a_time"] - 1) & 0xFFFF
        self.times[rs1] = 4 * clock + 1
        b = self.registers[rs2]
        row["b"], row["b_time"] = limbs(b), self.times[rs2]
        row["b_gap"] = (4 * clock + 2 - row["b_time"] - 1) & 0xFFFF
        self.times[rs2] = 4 * clock + 2

        follow = self.pc + 4
        match i.name:
            case "lui":
                result = i.immediate
            case "addi":
                result = a + i.immediate
            case "add":
                result = a + b
            case "bne":
                result = a + b
                if a != b:
                    follow = self.pc + i.immediate
            case "ecall":
                result = a + b
                self.halted = True
        result &= MASK
        wanted = forged.get("result", result)
        row["result"] = wanted if isinstance(wanted, list) else limbs(wanted)
        row["old"], row["old_time"], row["old_gap"] = [0] * 4, 0, 0
        if cells["writes"]:
            row["old"], row["old_time"] = limbs(self.registers[rd]), self.times[rd]
            row["old_gap"] = (4 * clock + 3 - row["old_time"] - 1) & 0xFFFF
            self.registers[rd] = sum(limb << 16 * k for k, limb in enumerate(row["result"]))
            self.times[rd] = 4 * clock + 3
        row["differ"] = forged.get("differ", int(a != b))
        total = sum((x - y) ** 2 for x, y in zip(row["a"], row["b"], strict=True))
        row["inverse"] = pow(total, -1, P) if total % P and row["differ"] else 0
        self.pc = forged.get("pc_after", follow)
        self.rows.append(row)
        return row

    def run(self, limit: int = 100_000) -> PlainCpu:
        while not self.halted:
            assert len(self.rows) < limit
            self.step()
        return self

    def pad(self, height: int | None = None) -> None:
        """Append padding rows."""
        height = height or max(8, 1 << (len(self.rows) - 1).bit_length())
        while len(self.rows) < height:
            self.rows.append({"real": 0, "clock": self.start + len(self.rows)})

    def trace(self, height: int | None = None) -> np.ndarray:
        """The rows and padding in the columns of `cstark.machines.rv64.cpu.Cpu`, modulo p."""
        self.pad(height)
        layout = [
            *(("real", 1), ("clock", 1)),
            *((name, 1) for name in OPERATION),
            *(("a", 4), ("a_time", 1), ("b", 4), ("b_time", 1), ("result", 4)),
            *(("old", 4), ("old_time", 1), ("a_gap", 1), ("b_gap", 1), ("old_gap", 1)),
            *(("differ", 1), ("inverse", 1)),
        ]
        table = []
        for row in self.rows:
            cells: list[int] = []
            for name, width in layout:
                value = row.get(name, [0] * width)
                cells += [v % P for v in (value if isinstance(value, list) else [value])]
            table.append(cells)
        return np.array(table, dtype=np.uint64)


class Judge:
    """Judges CPU traces, with the three providing tables repaired in the prover's favour.

    A prover may choose the counts of RANGE and PROGRAM and the last tokens of REGISTER freely.
    So a CPU trace is convincing exactly when it violates nothing, asks RANGE and PROGRAM only
    for messages they have, and leaves exactly one token of each register.
    """

    def __init__(self, descriptions: dict[str, Any], publics: list[int]) -> None:
        self.cpu = descriptions["cpu"]
        self.publics = publics
        self.instructions = {
            tuple(int(v) for v in row[1:]) for row in descriptions["program"].preprocessed if row[0]
        }

    def problems(self, trace: np.ndarray) -> set[str]:
        """Names of violated constraints, and ``bus NAME`` for buses that cannot be repaired."""
        (result,) = self.judge([trace])
        return result

    def judge(self, traces: list[np.ndarray]) -> list[set[str]]:
        """`problems` of several traces of one height."""
        height = len(traces[0])
        # all traces in one tall one: nodes are evaluated row by row, and the only constraints
        # that read the next row do not apply to the last
        values = node_values(self.cpu, np.concatenate(traces), self.publics)
        results = []
        for k in range(len(traces)):
            rows = slice(k * height, (k + 1) * height)
            results.append(self._violated(values, rows) | self._unbalanced(values, rows))
        return results

    def _violated(self, values: list[np.ndarray], rows: slice) -> set[str]:
        parts = {
            "first": slice(rows.start, rows.start + 1),
            "last": slice(rows.stop - 1, rows.stop),
            "transition": slice(rows.start, rows.stop - 1),
            "every": rows,
        }
        return {
            constraint.label.partition("[")[0]  # of a group, the group's name
            for constraint in self.cpu.constraints
            if values[constraint.node][parts[constraint.selector]].any()
        }

    def _unbalanced(self, values: list[np.ndarray], rows: slice) -> set[str]:
        sums: Counter[tuple[str, tuple[int, ...]]] = Counter()
        for interaction in self.cpu.interactions:
            columns = [values[node][rows] for node in interaction.values]
            counts = values[interaction.count][rows]
            for message, count in zip(zip(*columns, strict=True), counts, strict=True):
                if count:
                    sums[interaction.bus, message] += interaction.sign * count
        for register in range(32):
            sums["register", (register, 0, 0, 0, 0, 0)] += 1
        problems, left = set(), Counter()
        for (bus, message), total in sums.items():
            total %= P
            if total == 0:
                continue
            if bus == "range":
                known = message[0] < 1 << 16
            elif bus == "program":
                known = message in self.instructions
            else:
                known = total == 1
                left[message[0]] += 1
            if not known:
                problems.add(f"bus {bus}")
        if left != Counter(range(32)):
            problems.add("bus register")
        return problems
