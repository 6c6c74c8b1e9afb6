"""Statements for both verifiers, and what both say of a proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cstark as cs
from cstark import pure
from cstark.machines import load
from cstark.workload.statement_file import StatementFile
from tests.oracles import zoo
from tests.oracles.forging import verify_aloud

SMALL = {
    "add_mul": {"operations": 50, "seed": 3},
    "fib_iterative": {"iterations": 9},
    "fib_pair": {"log_rows": 6, "sequences": 3},
    "keccak": {"text": "two verifiers"},
    "lookup_bench": {"scale": 9},
    "read_only_memory": {"accesses": 60, "seed": 1},
}

ZOO = {
    "one table": lambda: zoo.fibonacci(3),
    "taller": lambda: zoo.fibonacci(9),
    "preprocessed and periodic": lambda: zoo.cubic(6),
    "one interaction": lambda: zoo.lookup(1, 4, 3),
    "tokens": lambda: zoo.lookup(2, 3, 5, tokens=True),
    "odd interactions": lambda: zoo.lookup(3, 5, 5),
    "even interactions": lambda: zoo.lookup(4, 6, 4),
    "ring": lambda: zoo.ring(5),
    "several traces": lambda: zoo.several(6, 4, 4, 3),
    "one trace of several": lambda: zoo.several(4),
    "no trace of several": lambda: zoo.together(zoo.fibonacci(5), zoo.several()),
    "many tables": lambda: zoo.together(
        zoo.fibonacci(10), zoo.cubic(9), zoo.ring(7), zoo.fibonacci(3), zoo.lookup(3, 6, 4),
        zoo.cubic(3), zoo.fibonacci(8),
    ),
}  # fmt: skip


@dataclass
class Pair:
    """One statement, for either verifier, and an honest proof of it."""

    file: StatementFile
    proof: bytes
    statement: pure.Statement = field(init=False)

    def __post_init__(self) -> None:
        self.statement = pure.read_statement(self.file.to_json())

    def compiled(self, data: Any, trace: list[Any] | None = None, bits: int = 0) -> str:
        """ "" when the compiled verifier accepts, else the reason, as `pure` spells it."""

        def listener(kind: str, label: str, data: bytes) -> None:
            if trace is not None and kind != "item":
                trace.append((kind, label, data))

        try:
            verify_aloud(
                self.file.key,
                data,
                self.file.publics,
                listener,
                tokens=self.file.tokens,
                claim=self.file.claim,
                min_security=bits,
            )
        except cs.VerificationError as error:
            return error.reason.name.lower().replace("_", " ")
        return ""

    def plain(self, data: bytes, trace: list[Any] | None = None, bits: int = 0) -> str:
        """The same of the pure verifier."""
        hook = None if trace is None else trace.append
        try:
            pure.verify(self.statement, data, min_security=bits, trace=hook)
        except pure.Refused as error:
            return error.reason
        return ""


def pair_of_case(case: zoo.Case, **options: Any) -> Pair:
    """A zoo machine and its proof."""
    machine = case.machine(**{"queries": 6, **options})
    proof = case.prove(machine, claim=b"{}").to_bytes()
    file = StatementFile(machine.verifying_key(), case.publics, tuple(case.tokens), b"{}")
    return Pair(file, proof)


def pair_of_workload(name: str, **options: Any) -> Pair:
    """A built-in machine, small, and its proof."""
    workload = load(name)(**SMALL[name])
    settings = {"queries": 6, "grinding": 0, "max_log_height": 20, **options}
    proof = workload.prove(cs.Options(**settings))
    statement = type(workload).statement(cs.decode_claim(proof.claim))
    key = cs.Machine(statement.tables, cs.Options(**settings)).verifying_key()
    tokens: Sequence[Any] = statement.tokens
    return Pair(StatementFile(key, statement.publics, tuple(tokens), proof.claim), proof.to_bytes())
