"""What all proofs of a machine share: made once, and as late as possible.

A `ProvingKey` is what prover, estimator and facade are handed: the description of the machine, the
programs compiled from its tables, its evaluation domains, and the commitment to its preprocessed
columns, which gives the verifying key.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cstark.air.description import TableDescription
from cstark.air.groups import best_degree
from cstark.kernels import _ntt
from cstark.program import Programs

from .commitment import Commitment
from .domain import Domain, DomainCache
from .fold import Fold, fold_length, fold_point
from .hiding import (
    code_log_height,
    least_log_height,
    mask_length,
    remainder_length,
    tall_log_height,
)
from .key import MachineDescription, VerifyingKey, check_tables
from .layout import (
    Layout,
    MatrixShape,
    Quotient,
    TreeShape,
    hidden_sums,
    layout_security,
    worst_shape,
)
from .matrix import Storage, make_matrix
from .options import Options, ResolvedOptions, resolved
from .recent import Recent
from .standing import Heights, Standing
from .transcript import ALGORITHMS

if TYPE_CHECKING:
    from cstark.report import Report
    from cstark.security import SecurityReport

__all__ = ["ProvingKey", "StandingKey"]


class ProvingKey:
    """What all proofs of a machine share.

    Parameters
    ----------
    description : MachineDescription
    programs : Programs, optional
        Compiled from the same tables already.

    Attributes
    ----------
    domains : DomainCache
    """

    travels_once = True  # to each worker, see `cstark.shards.common`

    def __init__(self, description: MachineDescription, programs: Programs | None = None) -> None:
        self.description = description
        self.programs = Programs(description.tables) if programs is None else programs
        self.domains = DomainCache()
        # A proof of a few rows would spend more time on these than in any kernel.
        self._layouts: Recent[Heights, Layout] = Recent(8)
        self._security: Recent[tuple[Heights, int], SecurityReport] = Recent(8)
        self._standing: Recent[Heights, StandingKey] = Recent(8)
        self._committed = False
        self._preprocessed: Commitment | None = None
        self._off_code: dict[tuple[int, int], np.ndarray] = {}
        self._verifying_key: VerifyingKey | None = None
        self._everywhere: Commitment | None = None
        self._for_shards: ProvingKey | None = None
        self._single: ProvingKey | None = None  # of a key for shards, whose proofs are in one part

    @classmethod
    def make(
        cls,
        tables: Sequence[TableDescription],
        options: Options,
        programs: Programs | None = None,
    ) -> ProvingKey:
        """Check the tables and resolve the options to numbers, for the tallest tables allowed.

        Lookup columns get the degree that suits the blowup (`cstark.air.groups.best_degree`).
        `programs` of the same tables are taken over where they have those columns.

        Raises
        ------
        AirError
            The tables do not fit together, or not the options.
        OptionsError
            The security target cannot be reached.
        """
        degree = best_degree(tables, options.blowup)
        tables = [table.with_lookups(degree) for table in tables]
        # The degrees are checked before the estimator is asked: its numbers assume them.
        check_tables(tables, options)
        made = programs if programs is not None and programs.fit(tables) else None
        # Without masks the number of queries shapes no layout, and the second round ends. With
        # them it decides how many there are, and so about the rate, on which it depends: rounds
        # that come back to a number, the largest of which suffices.
        tried: dict[int, tuple[int, MachineDescription]] = {}
        queries = 1 if options.queries is None else options.queries
        while queries not in tried:
            numbers = with_room(resolved(options, queries), tables, options)
            draft = MachineDescription(tables, numbers)
            tried[queries] = options.resolve(worst_shape(draft)).queries, draft
            queries = tried[queries][0]
        least = min(number for number, (found, _) in tried.items() if found <= number)
        return cls(tried[least][1], made)

    def at_heights(
        self, tables: Sequence[TableDescription], options: ResolvedOptions
    ) -> ProvingKey:
        """The key of the same tables at other heights, for trial runs.

        Parameters
        ----------
        tables : sequence of TableDescription
            The key's own, but for rows and the values of preprocessed and periodic columns.
        options : ResolvedOptions
        """
        return ProvingKey(MachineDescription(tables, options), self.programs.at_heights(tables))

    def standing(self, heights: Heights) -> StandingKey:
        """The key of the tables that stand in a proof, each trace a table of its own.

        Programs, domains and the commitment are those of this key.

        Parameters
        ----------
        heights : sequence of (int or tuple of int)
            Log heights, see `cstark.protocol.standing`.
        """
        found = tuple(heights)
        return self._standing.find(found, lambda: StandingKey(self, found))

    def domain(self, log_height: int) -> Domain:
        """The evaluation domain that tables of one height share."""
        options = self.description.options
        return self.domains.get(log_height, options.blowup, options.coset_offset)

    def layout(self, log_heights: Heights) -> Layout:
        """The layout of the proofs of these heights; nobody writes into it."""
        heights = tuple(log_heights)
        return self._layouts.find(heights, lambda: Layout(self.description, heights))

    def security(self, log_heights: Heights, tokens: int) -> SecurityReport:
        """Proven security of the proofs of these heights with so many tokens."""
        layout = self.layout(log_heights)
        return self._security.find(
            (layout.key.heights, tokens), lambda: layout_security(layout, tokens)
        )

    @property
    def fold_point(self) -> int:
        """v of the remainders of quotients, see `cstark.protocol.fold`."""
        return fold_point(self.description.options.coset_offset)

    def fold_length(self, quotient: Quotient) -> int:
        """m for the remainder of a quotient."""
        tables, h = self.description.tables, self.description.mask_length
        degree = max(tables[t].degree for t in quotient.tables)
        return fold_length(self.domain(quotient.log_height), remainder_length(degree, h))

    def preprocessed_off_code(self, table: int, length: int) -> np.ndarray | None:
        """A table's preprocessed columns on v<w>, and the next rows: (2 m, width); kept."""
        values = self.description.tables[table].preprocessed
        if values is None:
            return None
        if (table, length) not in self._off_code:
            domain = self.domain(len(values).bit_length() - 1)
            coefficients = np.zeros((max(len(values), length), values.shape[1]), dtype=np.uint64)
            _ntt.transform(domain.plan, values, coefficients[: len(values)], True)
            fold = Fold(domain, domain.log_height, length, values.shape[1], self.fold_point)
            fold.take(coefficients)
            self._off_code[table, length] = fold.finish(None, following=True)
        return self._off_code[table, length]

    @property
    def committed(self) -> bool:
        """Whether the preprocessed columns, if there are any, have been committed to."""
        return self._committed

    def preprocessed(self, report: Report | None = None) -> Commitment | None:
        """The commitment to the preprocessed columns of all tables; None if there are none.

        Parameters
        ----------
        report : Report, optional
            Where the time is noted, if the commitment has to be made.
        """
        if not self._committed:
            single = self._single
            if single is not None and single.preprocessed_shapes() == self.preprocessed_shapes():
                self._preprocessed = single.preprocessed(report)
            else:
                self._preprocessed = self._commit(report)
            self._committed = True
        return self._preprocessed

    def verifying_key(self, report: Report | None = None) -> VerifyingKey:
        """The description with the root of the preprocessed columns, see `preprocessed`."""
        if self._verifying_key is None:
            commitment, everywhere = self.preprocessed(report), None
            if self.description.sharded:
                everywhere = self.preprocessed_of_shards()
            self._verifying_key = VerifyingKey(
                self.description.tables,
                self.description.options,
                None if commitment is None else commitment.root,
                None if everywhere is None else everywhere.root,
                sharded=self.description.sharded,
            )
        return self._verifying_key

    def for_shards(self) -> ProvingKey:
        """The key of proofs in shards of the same tables; itself, if it is one.

        Where proofs hide, masks are longer than in a proof that is not in shards
        (`cstark.protocol.hiding`), so that codes may have to be taller. All else is shared.
        """
        if self.description.sharded:
            return self
        if self._for_shards is None:
            tables, options = self.description.tables, self.description.options
            if options.zk:
                h = mask_length(options.queries, pinned=True)
                options = replace(options, zk=max(options.zk, least_log_height(tables, h)))
            description = MachineDescription(tables, options, sharded=True)
            self._for_shards = ProvingKey(description, self.programs)
            self._for_shards.domains, self._for_shards._single = self.domains, self
        return self._for_shards

    def sharded_key(self) -> VerifyingKey:
        """The verifying key of proofs in shards, see `cstark.protocol.shards`."""
        return self.for_shards().verifying_key()

    def preprocessed_of_shards(self) -> Commitment | None:
        """The commitment of all shards but the last: to the tables that stand in every one."""
        tables = self.description.tables
        if all(d.stands == "every" for d in tables if d.preprocessed_width):
            return self.preprocessed()
        if self._everywhere is None:
            self._everywhere = self._commit(None, "every")
        return self._everywhere

    def deferred_key(self) -> VerifyingKey:
        """The verifying key, which commits to the preprocessed columns once that is needed.

        For verifiers: most of what is wrong with a proof shows before.
        """

        def root() -> bytes | None:
            commitment = self.preprocessed()
            return None if commitment is None else commitment.root

        def root_of_shards() -> bytes | None:
            commitment = self.preprocessed_of_shards()
            return None if commitment is None else commitment.root

        deferred = VerifyingKey.deferred
        return self._verifying_key or deferred(self.description, root, root_of_shards)

    def _commit(self, report: Report | None, stands: str = "") -> Commitment | None:
        """Extend and hash the preprocessed columns of all tables, or of those that stand so."""
        options, shapes = self.description.options, self.preprocessed_shapes(stands)
        if not shapes:
            return None
        with nullcontext() if report is None else report.phase("commit preprocessed"):
            matrices = [
                make_matrix(
                    Storage.HELD,
                    self.domain(m.log_height),
                    extended(self, m),
                    label="preprocessed LDE",
                )
                for m in shapes
            ]
            shape = TreeShape("preprocessed", options.blowup, shapes)
            return Commitment(ALGORITHMS[options.hash], shape, matrices)

    def preprocessed_shapes(self, stands: str = "") -> tuple[MatrixShape, ...]:
        """The matrices of the preprocessed tree, of all tables or of those that stand so."""
        options, h = self.description.options, self.description.mask_length
        least = least_log_height(self.description.tables, h) if options.zk else 0
        shapes = []
        for table, description in enumerate(self.description.tables):
            if description.preprocessed is not None and stands in ("", description.stands):
                log_rows = len(description.preprocessed).bit_length() - 1
                width = description.preprocessed_width
                log_height = code_log_height(options, h, least, log_rows)
                shapes.append(MatrixShape("preprocessed", table, 0, log_height, width, log_rows))
        return tuple(sorted(shapes, key=lambda m: (-m.log_height, m.table)))

    def __reduce__(self) -> tuple[Any, ...]:
        # here, once, and not wherever the key is read
        shards = 2 if self.description.sharded else 1  # the most tables that may have such masks
        self.programs.compile(hidden=hidden_sums(self.description, shards))
        return (type(self), (self.description, self.programs))


class StandingKey(ProvingKey):
    """See `ProvingKey.standing`.

    Parameters
    ----------
    key : ProvingKey
    heights : sequence of (int or tuple of int)
    shards : int
        See `Layout`.
    """

    description: Standing

    def __init__(self, key: ProvingKey, heights: Heights, *, shards: int = 1) -> None:
        self.key = key
        self.description = Standing(key.description, heights)
        self.programs = key.programs.of(self.description.places)
        self.domains = key.domains
        self._security = Recent(8)
        self._layout = Layout(self.description, heights, shards=shards)

    def layout(self, log_heights: Heights) -> Layout:
        """The layout, whose heights are those of the key itself."""
        return self._layout

    @property
    def committed(self) -> bool:
        """As of the key."""
        return self.key.committed

    def preprocessed(self, report: Report | None = None) -> Commitment | None:
        """The commitment of the key: tables without such columns come and go."""
        return self.key.preprocessed(report)

    def preprocessed_off_code(self, table: int, length: int) -> np.ndarray | None:
        """That of the key, by the tables that stand."""
        return self.key.preprocessed_off_code(self.description.places[table], length)

    def verifying_key(self, report: Report | None = None) -> VerifyingKey:
        """That of the key."""
        return self.key.verifying_key(report)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.key, self.description.heights))


def with_room(
    options: ResolvedOptions, tables: Sequence[TableDescription], wanted: Options
) -> ResolvedOptions:
    """The options with the height from which on codes are as tall as tables, if masks are wanted.

    Raises
    ------
    OptionsError
        No code is that tall.
    """
    if not wanted.zk:
        return options
    return replace(options, zk=tall_log_height(tables, mask_length(options.queries)))


def extended(key: ProvingKey, shape: MatrixShape) -> np.ndarray:
    """Preprocessed columns on the rows of their code: those of the trace where it has no more."""
    values = key.description.tables[shape.table].preprocessed
    assert values is not None  # the shape is that of such columns
    if shape.log_height == shape.log_rows:
        return values
    coefficients = np.zeros((1 << shape.log_height, shape.width), dtype=np.uint64)
    rows = key.domain(shape.log_rows)
    _ntt.transform(rows.plan, values, coefficients[: rows.height], True)
    out = np.empty_like(coefficients)
    _ntt.transform(key.domain(shape.log_height).plan, coefficients, out, False)
    return out
