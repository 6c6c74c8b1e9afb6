"""A small statement in shards, and both verifiers' verdicts on a proof of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

import cstark as cs
from cstark import pure
from cstark.protocol.shards.challenges import Place, Shared, draw_shared
from cstark.protocol.shards.prover import ShardKey, ShardProver, absent_tables
from cstark.protocol.shards.secrets import RunSecret
from cstark.protocol.statement import Instance
from cstark.report import Report
from tests.attacks.toolkit import standing_traces
from tests.oracles import zoo


class Ledger(cs.Air):
    """Stands once: what is there at first and at last, as messages."""

    columns = ("first", "last")
    preprocessed = ("place",)
    publics = ("total",)

    def preprocessed_trace(self):
        return np.arange(8)

    def constrain(self, t):
        t.send("cell", [t.preprocessed.place, t.now.first])
        t.receive("cell", [t.preprocessed.place, t.now.last], weight=1)
        t.first_row.equal(t.now.first, t.publics.total)


class Step(cs.Air):
    """Adds one to a cell, or does nothing; stands any number of times."""

    columns = ("real", "place", "value")
    stands = "any"

    def constrain(self, t):
        now = t.now
        t.every_row.boolean(now.real)
        t.receive("cell", [now.place, now.value], count=now.real, weight=1)
        t.send("cell", [now.place, now.value + 1], count=now.real)


TABLES = {"step": Step(), "halves": zoo.Halves(), "ledger": Ledger(), "threes": zoo.Threes()}
OPTIONS = {"queries": 6, "grinding": 0, "max_log_height": 12}
COUNT = 3  # shards


def machine(*, tall: bool = False, **options: Any) -> cs.Machine:
    """The machine; with `tall`, codes are no taller than tables as soon as masks allow that."""
    made = cs.Machine(TABLES, cs.Options(**{**OPTIONS, **options}))
    return zoo.lowered(made) if tall else made


def hidden(*, tall: bool = False, **options: Any) -> Told:
    """What hides its traces, with masks that are the same each time."""
    return Told(machine(tall=tall, zk=True, **options), seed=bytes(range(32)))


def traces_of(index: int, count: int = COUNT, rows: int = 16) -> dict[str, Any]:
    """The traces of one shard: every step is of cell 3, which begins with 100 * 3."""
    steps = np.zeros((rows, 3), dtype=np.uint64)
    for row in range(10):
        steps[row] = 1, 3, 300 + 10 * index + row
    halves = [zoo.halves(2 * rows, index), zoo.halves(8, 50 + index)]
    if index == 1:
        halves = []
    found: dict[str, Any] = {"step": [steps], "halves": halves}
    found["threes"] = zoo.used_threes(*halves)
    if index == count - 1:
        first = np.arange(8) * 100
        last = first.copy()
        first[0] = last[0] = 7
        last[3] += 10 * count
        found["ledger"] = np.stack([first, last], axis=1).astype(np.uint64)
    return found


def sources(count: int = COUNT, rows: int = 16) -> list[Any]:
    return [partial(traces_of, index, count, rows) for index in range(count)]


PUBLICS = {"ledger": [7]}


@dataclass
class Told:
    """What a verifier is asked to believe of a proof in shards."""

    machine: cs.Machine
    publics: dict[str, list[int]] = field(default_factory=lambda: dict(PUBLICS))
    tokens: tuple[Any, ...] = ()
    claim: bytes = b"{}"
    seed: bytes | None = None  # of the masks, where traces are hidden

    def but(self, **changes: Any) -> Told:
        return replace(self, **changes)

    def prove(self, shards: Any = None, **settings: Any) -> cs.ShardedProof:
        given = sources() if shards is None else shards
        if self.seed is not None and "folder" not in settings:
            settings.setdefault("insecure_seed", self.seed)
        return self.machine.prove_shards(
            given, self.publics, tokens=self.tokens, claim=self.claim, **settings
        )

    def verify(self, proof: Any, **settings: Any) -> None:
        settings.setdefault("min_security", 0)
        self.machine.verify(proof, self.publics, tokens=self.tokens, claim=self.claim, **settings)

    def refusal(self, proof: Any) -> str:
        """Why the first verifier refuses it; "" if it does not."""
        try:
            self.verify(proof)
        except cs.VerificationError as error:
            return error.reason.name.lower().replace("_", " ")
        return ""

    def plain_refusal(self, proof: Any) -> str:
        """Why the second verifier refuses it; "" if it does not."""
        file = self.machine.statement(
            self.publics, tokens=self.tokens, claim=self.claim, shards=True
        )
        try:
            pure.verify(pure.read_statement(file.to_json()), bytes(proof), min_security=0)
        except pure.Refused as error:
            return error.reason
        return ""

    def refused(self, proof: Any) -> str:
        """Both refuse it; the first one's reason."""
        reason = self.refusal(proof)
        assert reason and self.plain_refusal(proof), reason
        return reason


def prove_anyway(
    told: Told,
    shards: list[dict[str, Any]],
    kind: type[ShardProver] = ShardProver,
    shared: Shared | None = None,
) -> cs.ShardedProof:
    """A proof of these traces, which nothing holds back: neither checks nor a rule of presence."""
    key = told.machine.proving_key
    instance = Instance.build(key.description, told.publics, told.tokens, told.claim)
    provers, secret = [], RunSecret(told.seed)
    for index, traces in enumerate(shards):
        heights, arrays = standing_traces(key.description.tables, traces)
        place = Place(index, len(shards))
        heights = [
            () if name not in traces and not isinstance(item, tuple) else item
            for name, item in zip(key.description.names, heights, strict=True)
        ]
        of_shard = ShardKey(key, heights, place)
        mine = replace(instance, tokens=()).at(of_shard.description)
        mine_alone = secret.of(place, bytes(32))
        provers.append(kind(of_shard, mine, arrays, Report(), secret=mine_alone))
    heads = [prover.commit() for prover in provers]
    assert all(heads)
    states = [prover.transcript.state for prover in provers]
    common = draw_shared(key.sharded_key(), instance, states) if shared is None else shared
    parts = [prover.finish(common) for prover in provers]
    return cs.ShardedProof(key.sharded_key().options, told.claim, parts)


__all__ = [
    "COUNT",
    "PUBLICS",
    "TABLES",
    "Told",
    "absent_tables",
    "hidden",
    "machine",
    "prove_anyway",
    "sources",
    "traces_of",
]
