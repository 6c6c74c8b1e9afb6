"""Runs in shards, changed, proved without a look at whether anything holds, and judged."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

import cstark as cs
from cstark import vm
from cstark.vm.shards.shard import Shard
from tests.attacks.toolkit import without
from tests.shards.shard_support import Told, prove_anyway
from tests.vm import summing

__all__ = ["OPTIONS", "PROGRAM", "RUN", "Sharded", "parts_of", "weaker"]

PROGRAM = vm.Program.from_elf(summing.ELF)
RUN = PROGRAM.run(summing.number(400))
OPTIONS = cs.Options(queries=3, grinding=0, max_log_height=26)

Traces = dict[str, Any]


def parts_of(run: vm.Execution = RUN, count: int = 3) -> tuple[Shard, ...]:
    """The shards of a run, cut into so many parts by hand: it is too short to be cut by size."""
    from cstark.vm.shards.cutting import Cutter, Piece
    from cstark.vm.shards.shard import shards_of

    cutter = Cutter(run.marks, run.plan, run.program.row_cells())
    places = np.linspace(0, cutter.end, count + 1).astype(int).tolist()
    assert len(set(places)) == count + 1, "the run is too short"
    pieces = [Piece(int(run.marks.rows[at]), cutter.plan(at, to)) for at, to in pairwise(places)]
    return tuple(shards_of(run.program, run.input, pieces))


def weaker(program: vm.Program, **stands: str) -> cs.Machine:
    """The machine of a program where some tables may stand otherwise than they do."""
    tables = program.tables()
    for name, word in stands.items():
        table = copy.copy(tables[name])
        table.__class__ = type(type(table).__name__, (type(table),), {"stands": word})
        tables[name] = table
    return cs.Machine(tables, OPTIONS)


@dataclass
class Sharded:
    """The traces of a run's shards and its claim, to be changed.

    Attributes
    ----------
    traces : list of dict
        Of each shard.
    told : Told
        Machine and statement.
    """

    traces: list[Traces]
    told: Told

    @classmethod
    def of(
        cls,
        parts: tuple[Shard, ...],
        run: vm.Execution = RUN,
        machine: cs.Machine | None = None,
    ) -> Sharded:
        claim = cs.encode_claim(run.claim)
        tokens = run.program.statement(run.claim).tokens
        told = Told(machine or run.program.machine(OPTIONS), {}, tokens, claim)
        return cls([part() for part in parts], told)

    def claim(self, bus: str, values: list[int]) -> None:
        """Exchange what the verifier receives on a bus of which it receives one message."""
        tokens = tuple(
            cs.Receive(bus, values) if t.bus == bus and isinstance(t, cs.Receive) else t
            for t in self.told.tokens
        )
        assert tokens != self.told.tokens
        self.told = replace(self.told, tokens=tokens)

    def prove(self) -> cs.ShardedProof:
        return prove_anyway(self.told, self.traces)

    def judge(self, *checks: str) -> str:
        """Refused by both verifiers, accepted without these checks; the first one's reason."""
        proof = self.prove()
        reason = self.told.refused(proof)
        with ExitStack() as stack:
            for check in checks:
                stack.enter_context(without(check))
            self.told.verify(proof)
        return reason


def changed(part: Shard, change: Callable[[Any], None]) -> Shard:
    """A shard that begins with another state: `change` takes the unpacked one."""
    from cstark.vm.trace.snapshot import _pack, _unpack

    snapshot = part.snapshot
    words = _unpack(snapshot.packed, snapshot.words)
    state = {
        "registers": np.frombuffer(snapshot.registers, "<u8").copy(),
        "register_times": np.frombuffer(snapshot.register_times, "<u4").copy(),
        **dict(zip(("addresses", "values", "times"), words, strict=True)),
    }
    change(state)
    packed = _pack(state["addresses"], state["values"], state["times"])
    other = replace(
        snapshot, registers=state["registers"].tobytes(), packed=packed,
        register_times=state["register_times"].tobytes(),
    )  # fmt: skip
    return replace(part, snapshot=other)
