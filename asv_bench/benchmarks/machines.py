"""Statements to prove, and small tables for kernels that need a description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.air import describe

from .common import PROFILE, height, parse, shapes

__all__ = ["Case", "Messages", "Pairs", "case_of", "describe", "fib_pair", "make", "workloads"]

#: As in published comparisons of provers with this field: unique decoding, no grinding.
QUERIES = 219


class Messages(cs.Air):
    """Messages of 4 values, each sent as often as its own column says: 0 or 1 times."""

    def __init__(self, messages: int) -> None:
        self.columns = {"value": (messages, 4), "count": (messages,)}

    def constrain(self, t: Any) -> None:
        for value, count in zip(t.now.value, t.now.count, strict=True):
            t.send("bus", list(value), count=count, weight=1)


class Pairs(cs.Air):
    """Fibonacci sequences without first and last rows: two constraints each."""

    def __init__(self, sequences: int) -> None:
        self.columns = {"left": (sequences,), "right": (sequences,)}

    def constrain(self, t: Any) -> None:
        now, nxt = t.now, t.next
        t.transition.equal(nxt.left, now.right)
        t.transition.equal(nxt.right, now.left + now.right)


@dataclass
class Case:
    """A machine with a witness."""

    machine: cs.Machine
    traces: Mapping[str, np.ndarray | list[np.ndarray]]
    publics: Mapping[str, Sequence[int]]
    tokens: Sequence[Any]
    claim: bytes

    @property
    def cells(self) -> int:
        """Cells of all main traces."""
        return sum(array.size for array in every_array(self.traces))

    def prove(self, check: bool = False) -> cs.Proof:
        return self.machine.prove(
            self.traces, self.publics, tokens=self.tokens, claim=self.claim, check=check
        )

    def verify(self, proof: cs.Proof | bytes) -> None:
        self.machine.verify(proof, self.publics, tokens=self.tokens, min_security=0)


def made(trace: Any) -> Any:
    """A trace or a list of them, with the arrays that callables return."""
    if isinstance(trace, list):
        return [made(item) for item in trace]
    return trace() if callable(trace) else trace


def every_array(traces: Mapping[str, np.ndarray | list[np.ndarray]]) -> list[np.ndarray]:
    """The arrays of all traces, of tables that stand any number of times as well."""
    return [
        array
        for trace in traces.values()
        for array in (trace if isinstance(trace, list) else [trace])
    ]


def case_of(workload: cs.Workload, options: cs.Options) -> Case:
    """A workload made ready: the traces exist, the machine is compiled on first use."""
    prepared = workload.prepare()
    claim, statement = workload.read_statement(prepared.claim)
    traces = {name: made(trace) for name, trace in prepared.traces.items()}
    machine = cs.Machine(statement.tables, options)
    return Case(machine, traces, statement.publics, statement.tokens, claim)


def fib_pair(log_rows: int, columns: int, options: cs.Options) -> Case:
    """``fib_pair`` with so many columns."""
    from cstark.machines.fib_pair import FibPair

    return case_of(FibPair(log_rows=log_rows, sequences=columns // 2), options)


def workloads() -> list[str]:
    """Parameters that `make` understands, at the profile's sizes."""
    pairs = [f"fib_pair {shape}" for shape in shapes((17, 32), (19, 32), (17, 128))]
    size = 1 << height(19)
    few = [*pairs, f"lookup_bench {18 - height(18)}", f"fib_iterative {min(20_000, size)}"]
    if PROFILE == "tiny":  # a machine of 2,500 columns is never tiny
        return few[-3:]
    return [*few, f"keccak {min(20_000, size // 4)}"]


def make(name: str, hash: str) -> Case:
    """The case of a parameter.

    ``fib_pair ROWSxCOLUMNS`` and ``lookup_bench SCALE`` have 219 queries, for comparisons;
    ``fib_iterative ITERATIONS`` and ``keccak BYTES`` have 128 bits of security.
    """
    from cstark.machines import load

    kind, _, size = name.partition(" ")
    compared = cs.Options(hash=hash, queries=QUERIES, grinding=0)
    if kind == "fib_pair":
        rows, columns = parse(size)
        return fib_pair(rows.bit_length() - 1, columns, compared)
    if kind == "lookup_bench":
        return case_of(load(kind)(scale=int(size)), compared)
    if kind == "fib_iterative":
        options = cs.Options(hash=hash, max_log_height=20 if PROFILE == "tiny" else 26)
        return case_of(load(kind)(iterations=int(size)), options)
    return case_of(load(kind)(text="x" * int(size)), cs.Options(hash=hash))
