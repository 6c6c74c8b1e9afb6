"""What a proof of a given statement consists of: every shape, derived and never read.

`Layout` is computed by prover and verifier alike from the verifying key and the table heights.
It fixes which matrices each commitment holds, which columns are opened where and in which order
(the order of the powers of gamma), and the schedule of the folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from cstark.security import SecurityReport, Shape, security_report

from .hiding import (
    code_log_height,
    dimension,
    final_coefficients,
    final_excess,
    least_log_height,
    piece_stride,
    quotient_pieces,
)
from .schedule import fold_schedule
from .standing import Heights, Standing

if TYPE_CHECKING:
    from .key import MachineDescription

__all__ = [
    "TREES",
    "Layout",
    "MatrixShape",
    "OpeningGroup",
    "Quotient",
    "TreeShape",
    "hidden_sums",
    "layout_security",
    "proven_security",
    "quotient_chunks",
    "security_shape",
    "tallest",
    "worst_shape",
]

MASK = -1  # the chunk of a matrix that is none
PIN = -1  # the point of an opening group that is a shard's own, see `cstark.protocol.shards`
TREES = ("preprocessed", "main", "lookup", "quotient")


@dataclass(frozen=True)
class MatrixShape:
    """One committed matrix: `width` base columns over the domain of `log_height`."""

    tree: str
    table: int  # in the quotient tree the first of this height: its matrices belong to all of them
    chunk: int  # number of the quotient's chunk or piece; 0 in the other trees
    log_height: int  # of the code
    width: int
    log_rows: int  # of the trace

    @property
    def extension(self) -> bool:
        """Whether columns come in threes, the coordinates of extension elements."""
        return self.tree in ("lookup", "quotient")

    @property
    def is_mask(self) -> bool:
        """Whether it is the word that hides those of FRI, which is not opened at zeta."""
        return self.chunk == MASK

    @property
    def columns(self) -> int:
        """Columns over the field that they are over."""
        return self.width // 3 if self.extension else self.width


@dataclass(frozen=True)
class TreeShape:
    """The matrices of one commitment: tallest height first, in the order of the key."""

    name: str
    blowup: int
    matrices: tuple[MatrixShape, ...]
    salted: bool = False  # whether the tallest leaves are hashed with random words

    @cached_property
    def log_heights(self) -> tuple[int, ...]:
        """Distinct heights, descending."""
        return tuple(sorted({m.log_height for m in self.matrices}, reverse=True))

    @cached_property
    def _by_height(self) -> dict[int, tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for index, matrix in enumerate(self.matrices):
            found.setdefault(matrix.log_height, []).append(index)
        return {log_height: tuple(indices) for log_height, indices in found.items()}

    def at(self, log_height: int) -> tuple[int, ...]:
        """Indices of the matrices of this height."""
        return self._by_height.get(log_height, ())

    @cached_property
    def _by_table(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for index, matrix in enumerate(self.matrices):
            found.setdefault(matrix.table, index)
        return found

    def of(self, table: int) -> int | None:
        """Index of the (first) matrix of a table, if it has one."""
        return self._by_table.get(table)

    def row_words(self, log_height: int) -> int:
        """Words in the concatenated row of this height."""
        return sum(self.matrices[i].width for i in self.at(log_height))


@dataclass(frozen=True)
class Quotient:
    """The tables of one code height, whose constraints have one quotient in common.

    Attributes
    ----------
    log_rows : int
        Log2 of N, the height of the tallest of them, which the chunks are made for.
    log_height : int
        Log2 of the height M of the code; the same where nothing is hidden.
    tables : tuple of int
        In the order of the key, which is that of the powers of delta.
    chunks : int
        Cosets on which the quotient is evaluated, and polynomials that interpolate it on one each.
    remainder : bool
        Whether there is one more, which holds what the masks add to its degree.
    pieces : int
        Polynomials that are committed to where the code is taller than all of its tables, instead
        of chunks and remainder: piece i counts X^(i `stride`). Else 0.
    stride : int
        T, see `cstark.protocol.hiding`.
    """

    log_rows: int
    log_height: int
    tables: tuple[int, ...]
    chunks: int
    remainder: bool = False
    pieces: int = 0
    stride: int = 0

    @property
    def columns(self) -> int:
        """What is committed to: the pieces, or all chunks, the remainder included."""
        return self.pieces or self.chunks + self.remainder

    @property
    def cosets(self) -> int:
        """Cosets of the rows in one of the code's: M / N, a place e in coset q is s_q root(M)^e."""
        return 1 << self.log_height - self.log_rows

    @property
    def tall(self) -> bool:
        """Whether the code is no higher than the tallest table: masks then raise its dimension."""
        return self.log_height == self.log_rows

    def place(self, chunk: int) -> tuple[int, int]:
        """(q, e) of the coset that a chunk interpolates.

        With M > N the last coset of the code has none: the chunks, at most blowup, take at most
        half of the cosets.
        """
        return divmod(chunk, self.cosets)


@dataclass(frozen=True)
class OpeningGroup:
    """Columns of one matrix opened at one point, with consecutive powers of gamma."""

    tree: int  # index into Layout.trees
    matrix: int  # index into TreeShape.matrices
    point: int  # 0: at zeta; k: at zeta root(2^k), the next row of tables of 2^k rows; or PIN
    columns: Sequence[int]  # a range where it can be: a short key may name millions of them
    start: int  # position of the first in the list of all openings, or of a pin's columns
    power: int  # of gamma, for the first; a pin has one for all

    @property
    def next(self) -> bool:
        """At the next row."""
        return self.point > 0


class Layout:
    """Shapes of the proof of a statement.

    Parameters
    ----------
    key : MachineDescription
        Often a VerifyingKey.
    heights : sequence of (int or tuple of int)
        Log heights for each table, already checked against the key, see `Standing`.
    shards : int
        How many proofs have the statement in common; those of a key of shards have a pin for each
        code height, even if there is just one.

    Attributes
    ----------
    key : Standing
        The tables that stand in the proof: what is said of tables here is said of these.
    log_heights : tuple of int
        One for each of them.
    code_heights : tuple of int
        Log2 of the code height of each table, its own height where nothing is hidden.
    dimensions : dict of int to int
        By log code height, tallest first: the polynomials have degrees below it.
    hidden_sums : tuple of int
        Tables whose sums have masks, one more main column each.
    quotients : tuple of Quotient
        By code height, tallest first.
    trees : tuple of TreeShape
        The commitments that have columns, in protocol order.
    groups : dict of int to list of OpeningGroup
        Openings by log code height, tallest first; within a height all at zeta, then all at
        zeta g.
    mask_powers : dict of int to int
        The power of gamma of the word that hides those of FRI, by its log code height, the
        tallest; empty where nothing is hidden.
    pins : dict of int to tuple of OpeningGroup
        The main matrices of each code height that has some, which a shard evaluates at a point of
        its own, combined; empty in other proofs.
    openings : int
        The total number of openings, pins left out.
    terms : int
        Openings and masks: all that has a power of gamma.
    schedule : FoldSchedule
    final_length : int
        Coefficients of the final polynomial: as many as the last layer is high, or some more
        where polynomials have more coefficients than their code is high.
    """

    def __init__(self, key: MachineDescription, heights: Heights, *, shards: int = 1) -> None:
        self.key = key = Standing.of(key, heights)
        self.log_heights = key.log_heights
        options = key.options
        self.blowup = options.blowup
        self.log_blowup = options.blowup.bit_length() - 1
        self.zk, h = bool(options.zk), key.mask_length
        # of all tables that may stand in a proof: heights must not depend on which of them do
        least = least_log_height(key.key.tables, h) if self.zk else 0
        self.code_heights = tuple(
            code_log_height(options, h, least, rows) for rows in self.log_heights
        )
        self.log_max_height = max(self.code_heights)
        self.dimensions = {
            log_height: dimension(options, h, log_height, self.log_heights)
            for log_height in sorted(set(self.code_heights), reverse=True)
        }
        self.hidden_sums = hidden_sums(key, shards)
        self.quotients = tuple(self._quotient(log_height) for log_height in self.dimensions)
        self.trees = tuple(tree for name in TREES if (tree := self._tree(name)).matrices)
        self.groups: dict[int, list[OpeningGroup]] = {}
        self.mask_powers: dict[int, int] = {}
        self.pins: dict[int, tuple[OpeningGroup, ...]] = {}
        self.openings = self.terms = 0
        for log_height in sorted(set(self.code_heights), reverse=True):
            if self.zk and log_height == self.log_max_height:
                self.mask_powers[log_height] = self.terms
                self.terms += 1
            self._add_groups(log_height, 0)
            codes = zip(self.log_heights, self.code_heights, strict=True)
            for log_rows in sorted({n for n, m in codes if m == log_height}, reverse=True):
                self._add_groups(log_height, log_rows)
            if key.sharded:
                self._add_pin(log_height)
        self.schedule = fold_schedule(self.code_heights, options.fri_arity, options.final_length)
        self.final_length = final_coefficients(self.dimensions, self.schedule.layers[-1])

    def _quotient(self, log_height: int) -> Quotient:
        tables = tuple(t for t, height in enumerate(self.code_heights) if height == log_height)
        degree = max(self.key.tables[t].degree for t in tables)
        log_rows = max(self.log_heights[t] for t in tables)
        chunks, queries = quotient_chunks(degree), self.key.options.queries
        if log_rows == log_height:
            return Quotient(log_rows, log_height, tables, chunks, self.zk)
        return Quotient(
            log_rows, log_height, tables, chunks,
            pieces=quotient_pieces(degree, log_rows, log_height, queries, self.key.mask_length),
            stride=piece_stride(log_height, queries),
        )  # fmt: skip

    def _tree(self, name: str) -> TreeShape:
        if name == "quotient":
            shapes: list[MatrixShape] = []
            for q in self.quotients:
                shapes += [
                    MatrixShape(name, q.tables[0], chunk, q.log_height, 3, q.log_rows)
                    for chunk in range(q.columns)
                ]
            if self.zk:
                height = self.log_max_height
                shapes.append(MatrixShape(name, 0, MASK, height, 3, height))
                shapes.sort(key=lambda m: (-m.log_height, m.is_mask))
            return TreeShape(name, self.blowup, tuple(shapes), self.zk)
        matrices = []
        order = sorted(range(len(self.log_heights)), key=lambda t: (-self.code_heights[t], t))
        for table in order:
            description = self.key.tables[table]
            log_height = self.code_heights[table]
            width = {
                "preprocessed": description.preprocessed_width,
                "main": description.width + (table in self.hidden_sums),
                "lookup": 3 * description.lookup_columns,
            }[name]
            if width:
                rows = self.log_heights[table]
                matrices.append(MatrixShape(name, table, 0, log_height, width, rows))
        salted = self.zk and name != "preprocessed"
        return TreeShape(name, self.blowup, tuple(matrices), salted)

    def _add_groups(self, log_height: int, point: int) -> None:
        groups = self.groups.setdefault(log_height, [])
        places = [(t, m) for t, tree in enumerate(self.trees) for m in tree.at(log_height)]
        # by table, trees in order within each, as they are; then what belongs to all tables
        places.sort(key=self._place_of)
        for t, m in places:
            matrix = self.trees[t].matrices[m]
            if matrix.is_mask or (point and matrix.log_rows != point):
                continue
            columns = self._next_columns(matrix) if point else range(matrix.columns)
            if columns:
                groups.append(OpeningGroup(t, m, point, columns, self.openings, self.terms))
                self.openings += len(columns)
                self.terms += len(columns)

    def _add_pin(self, log_height: int) -> None:
        found, first = [], 0
        for t, tree in enumerate(self.trees):
            for m in tree.at(log_height) if tree.name == "main" else ():
                columns = range(tree.matrices[m].width)
                found.append(OpeningGroup(t, m, PIN, columns, first, self.terms))
                first += len(columns)
        if found:
            self.pins[log_height] = tuple(found)
            self.terms += 1

    @property
    def word_dimension(self) -> int:
        """D*: coefficients of the word that hides FRI, as many as the final polynomial allows."""
        return self.final_length << self.log_max_height - self.schedule.layers[-1]

    def combined(self, log_height: int) -> list[OpeningGroup]:
        """All groups that are combined into the reduced word of a height: openings, then pins."""
        return [*self.groups[log_height], *self.pins.get(log_height, ())]

    @property
    def pinned_columns(self) -> int:
        """Most columns that one pin combines; 0 without pins."""
        return max((sum(len(g.columns) for g in pin) for pin in self.pins.values()), default=0)

    def _place_of(self, place: tuple[int, int]) -> tuple[bool, int]:
        matrix = self.trees[place[0]].matrices[place[1]]
        return (True, 0) if matrix.tree == "quotient" else (False, matrix.table)

    def _next_columns(self, matrix: MatrixShape) -> Sequence[int]:
        description = self.key.tables[matrix.table]
        if matrix.tree == "main":
            return description.next_main
        if matrix.tree == "preprocessed":
            return description.next_preprocessed
        if matrix.tree == "lookup":
            return (matrix.columns - 1,)  # the accumulator
        return ()

    def tree(self, name: str) -> TreeShape | None:
        """The tree of this name, or None when it has no columns."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, TreeShape]:
        return {tree.name: tree for tree in self.trees}

    def quotient_of(self, matrix: MatrixShape) -> Quotient:
        """The quotient of the tables of a matrix's code height."""
        return next(q for q in self.quotients if q.log_height == matrix.log_height)

    def pieces(self, quotient: Quotient) -> list[MatrixShape]:
        """The matrices of a quotient that is cut into pieces."""
        tree = self._by_name["quotient"]
        shapes = (tree.matrices[m] for m in tree.at(quotient.log_height))
        return [shape for shape in shapes if not shape.is_mask]

    def lookup_tables(self) -> tuple[int, ...]:
        """Tables with interactions: exactly these have a table sum in the proof."""
        return lookup_tables(self.key)


def lookup_tables(key: MachineDescription) -> tuple[int, ...]:
    """Tables with interactions."""
    return tuple(t for t, d in enumerate(key.tables) if d.interactions)


def hidden_sums(key: MachineDescription, shards: int = 1) -> tuple[int, ...]:
    """Tables whose sums have masks: all with interactions, but for one in a single proof."""
    tables = lookup_tables(key) if key.options.zk else ()
    return tables if len(tables) > 1 or shards > 1 else ()


def quotient_chunks(degree: int) -> int:
    """Chunks of height N that hold the quotient of constraints of this degree."""
    return max(1, degree - 1)


ASSUMED = 2
"""How often a table that may stand any number of times is taken to stand, at its greatest height,
when options are resolved: at twice as many the batching term has one bit less. A proof is judged by
what stands in it."""


def tallest(key: MachineDescription) -> list[int | tuple[int, ...]]:
    """Log2 of the greatest height that each table may have, see `Standing`."""
    found: list[int | tuple[int, ...]] = []
    for table in key.tables:
        most = key.options.max_log_height if table.rows is None else table.rows.bit_length() - 1
        found.append((most,) * ASSUMED if table.stands == "any" else most)
    return found


def security_shape(layout: Layout, tokens: int = 0) -> Shape:
    """The numbers that the security estimator needs of proofs of a layout."""
    tables = layout.key.tables
    return Shape(
        log_heights=layout.code_heights,
        blowup=layout.blowup,
        deep_terms=layout.terms,
        constraints=max(len(t.constraints) + len(t.lookup_degrees) for t in tables),
        tables=len(tables),
        # the remainder counts Z_H prod (X^N - s_j^N), of degree 2 N at least
        degree=max(2 if layout.zk else 1, *(t.degree for t in tables)),
        fractions=tokens
        + sum(
            len(t.interactions) << log_height
            for t, log_height in zip(tables, layout.log_heights, strict=True)
        ),
        message_width=max((bus.width for bus in layout.key.buses.values()), default=0),
        fold_arities=layout.schedule.arities,
        final_length=layout.final_length,
        points=3 if layout.pins else 2,
        pinned_columns=layout.pinned_columns,
    )


def worst_shape(key: MachineDescription) -> Shape:
    """The shape of which a number of queries is computed: all tables as tall as they may be.

    Masks raise the rate most where tables are short, the other terms grow with the heights: the
    shape has the worst of both.

    Raises
    ------
    OptionsError
        The masks leave no rate below 1.
    """
    layout = Layout(key, tallest(key))
    shape = security_shape(layout)
    if not any(log_rows >= key.options.zk > 0 for log_rows in layout.log_heights):
        return shape
    last, options = shape.last_height, key.options
    more = -(-last * final_excess(options, key.mask_length) // options.final_length)
    return replace(shape, final_length=last + more)


def proven_security(
    key: MachineDescription, heights: Heights, tokens: int = 0, regime: str = "best"
) -> SecurityReport:
    """Proven security of the proofs of these heights, see `cstark.security.security_report`."""
    return layout_security(Layout(key, heights), tokens, regime)


def layout_security(layout: Layout, tokens: int = 0, regime: str = "best") -> SecurityReport:
    """Proven security of the proofs of a layout."""
    options = layout.key.options
    return security_report(
        security_shape(layout, tokens),
        queries=options.queries,
        grinding=options.grinding,
        regime=regime,
    )
