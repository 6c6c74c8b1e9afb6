"""A shard's prover, in two parts: what fixes its columns, and what needs the challenges of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cstark.errors import OptionsError

from ..layout import PIN
from ..matrix import FULL, StoragePlan
from ..openings import Combination, Pins, evaluate_pins
from ..prover import Prover
from ..proving_key import ProvingKey, StandingKey
from ..standing import Heights
from .challenges import Place, Shared, absorb_shard, absorb_shared
from .proof import ShardProof
from .secrets import ShardSecret

if TYPE_CHECKING:
    from cstark.field import Element
    from cstark.report import Report

    from ..commitment import Commitment
    from ..statement import Instance

__all__ = ["ShardKey", "ShardProver", "absent_tables"]


def absent_tables(key: ProvingKey, place: Place) -> tuple[str, ...]:
    """Tables that do not stand in a shard, as they stand once, in the last one."""
    tables = () if place.is_last else key.description.tables
    return tuple(table.name for table in tables if table.stands == "once")


class ShardKey(StandingKey):
    """The key of the tables that stand in a shard.

    Parameters
    ----------
    key : ProvingKey
    heights : sequence of (int or tuple of int)
    place : Place
    """

    def __init__(self, key: ProvingKey, heights: Heights, place: Place) -> None:
        super().__init__(key.for_shards(), heights, shards=place.count)
        self.place = place

    def preprocessed(self, report: Report | None = None) -> Commitment | None:
        """The commitment of all tables in the last shard, else of those of every shard."""
        if self.place.is_last:
            return self.key.preprocessed(report)
        return self.key.preprocessed_of_shards()

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.key, self.description.heights, self.place))


class ShardProver(Prover):
    """One shard in the making.

    Parameters
    ----------
    proving_key : ShardKey
    instance : Instance
        With public values for the tables that stand; without tokens, which belong to the whole.
    traces, report, plan
        As of `Prover`.
    secret : ShardSecret, optional
        What its masks are made from, where the key's options say zk.

    Raises
    ------
    OptionsError
        There is none, and the traces are to be hidden.
    """

    pins: Pins
    _before = b""  # see `commit`

    def __init__(
        self,
        proving_key: ShardKey,
        instance: Instance,
        traces: list[np.ndarray],
        report: Report,
        *,
        plan: StoragePlan = FULL,
        secret: ShardSecret | None = None,
    ) -> None:
        seed = None if secret is None else secret.secret
        super().__init__(proving_key, instance, traces, report, plan=plan, insecure_seed=seed)
        self.place = proving_key.place
        if self.layout.zk:
            # Masks of sums cancel over all shards: none can draw its own without the others.
            if secret is None:
                raise OptionsError("zk: what makes a shard must be given the shard's secret")
            self.sum_of_masks = secret.total

    def commit(self, before: bytes = b"") -> bytes:
        """The first part: heights, main root and pins, with which the shard begins in the file.

        Parameters
        ----------
        before : bytes
            What this gave in another process, for the same shard. Its pins are then taken over: if
            what is returned is the same, then so is the root, and with it the columns.
        """
        self._before = before
        self.round_0_statement()
        self.round_1_main()
        return self._shard().to_bytes()

    def finish(self, shared: Shared) -> bytes:
        """The second part: the whole shard, as it stands in the file."""
        absorb_shared(self.transcript, shared)
        self.z, self.alpha = shared.z, shared.alpha
        self.round_2_lookup()
        self.round_3_quotient()
        self.round_4_openings()
        self.round_5_fri()
        self.round_6_queries()
        return self._shard().to_bytes()

    def _shard(self) -> ShardProof:
        return ShardProof(self.layout.key.heights, self.stream.body())

    # ---- what differs from a proof of its own --------------------------------------------

    def round_0_statement(self) -> None:
        """Absorb what is known of the shard."""
        heights = self.layout.key.heights
        absorb_shard(self.transcript, self.key, self.instance.public_bytes, heights, self.place)
        preprocessed = self.proving_key.preprocessed()
        if preprocessed is not None:
            self.commitments["preprocessed"] = preprocessed

    def round_1_main(self) -> None:
        """Commit to the main traces; evaluate them at a point of the shard's own."""
        with self.report.phase("commit main"):
            self._draw_sum_masks()
            self._commit("main", dict(enumerate(self.traces)))
            eta = self.transcript.extension("eta")
            omega = self.transcript.extension_outside_base("omega")
            self.pins = Pins(eta, omega, {})
            known = self._known_pins()
            if known:
                self.pins = Pins(eta, omega, known)
            elif self.layout.pins:
                main, domain = self.commitments["main"], self.proving_key.domain
                self.pins = evaluate_pins(self.layout, main, domain, eta, omega)
        values = np.array(list(self.pins.values.values()), dtype="<u8")
        self.stream.write("pins", values.tobytes())

    def _known_pins(self) -> dict[int, Element]:
        """Those at the end of what `commit` gave before; none if it is not as long."""
        count = 3 * len(self.layout.pins)
        data = self._before[-8 * count :]
        if len(data) < 8 * count or not count:
            return {}
        pins = np.frombuffer(data, dtype="<u8").reshape(-1, 3).tolist()
        return {h: (a, b, c) for h, (a, b, c) in zip(self.layout.pins, pins, strict=True)}

    def check_balance(self, total: Element) -> None:
        """The sums of one shard need not cancel."""

    def _point(self, point: int) -> Element:
        return self.pins.omega if point == PIN else super()._point(point)

    def _combination(self) -> Combination:
        return Combination(self.layout, self.gamma, self.openings, self.zeta, self.pins)
