"""What a proof of a statement at given heights consists of: every count, derived, never read.

A tree holds a matrix per table that has such columns, ordered by height, tallest first, then by
table (the quotient tree, which has the chunks of each height: a matrix of one F column per chunk).
A *row* of a tree at a height is the row of all its matrices of that height, concatenated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .key import Options, Statement, Table

TABLE_TREES = ("preprocessed", "main", "lookup")
TREES = (*TABLE_TREES, "quotient")
OVER_F = ("lookup", "quotient")  # trees whose columns are three words, one for each coordinate


@dataclass(frozen=True)
class Opening:
    """A column opened at zeta, or at zeta g (`following`): word `at` of the tree's row.

    Columns over F take three words, one coordinate each. A chunk of a quotient has no table: -1.
    `rows` is the height N of its table, and g generates that many.
    """

    table: int
    tree: str
    column: int
    following: bool
    at: int
    rows: int

    @property
    def words(self) -> int:
        """Base columns that the opened column consists of."""
        return 3 if self.tree in OVER_F else 1


@dataclass(frozen=True)
class Block:
    """The columns of one matrix, or all quotient chunks of a height, that are opened at one point.

    A key of a few hundred bytes may name millions of columns: they are counted here, and listed
    only when the file has turned out to be long enough for their values.
    """

    table: int
    tree: str
    following: bool
    start: int  # where the matrix starts in the row of its tree
    columns: Sequence[int]
    rows: int

    def openings(self) -> Iterator[Opening]:
        """One after the other."""
        step = 3 if self.tree in OVER_F else 1
        for column in self.columns:
            at = self.start + step * column
            yield Opening(self.table, self.tree, column, self.following, at, self.rows)


@dataclass(frozen=True)
class Shape:
    """All counts of a proof; `heights` are those of the tables, all others those of their codes."""

    heights: tuple[int, ...]
    distinct: tuple[int, ...]  # descending
    hidden: frozenset[int]  # tables whose sums have masks
    masks: dict[int, int]  # tallest height -> where the word that hides stands in the quotient row
    rows: dict[str, dict[int, list[int]]]  # tree -> height -> words of each matrix's row there
    blocks: dict[int, tuple[Block, ...]]  # by height, descending, in the order of gamma
    folds: tuple[int, ...]  # arity of each FRI fold
    dimensions: dict[int, int]  # by height: the degrees of polynomials are below
    pins: dict[int, int]  # of a shard: height -> main columns there, where there are any
    messages: int  # of all rows of all tables
    constraints: int  # of the table with the most
    degree: int

    def openings(self, height: int) -> tuple[Opening, ...]:
        """The openings of a height, in the order of gamma."""
        return tuple(opening for block in self.blocks[height] for opening in block.openings())

    def count(self, height: int) -> int:
        """How many those are."""
        return sum(len(block.columns) for block in self.blocks[height])

    @property
    def opening_count(self) -> int:
        """All (column, point) pairs."""
        return sum(map(self.count, self.blocks))

    @property
    def term_count(self) -> int:
        """Those, the masks and the pins: all that has a power of gamma."""
        return self.opening_count + len(self.masks) + len(self.pins)

    @property
    def pinned_columns(self) -> int:
        """Most columns of a pin."""
        return max(self.pins.values(), default=0)

    @property
    def last_height(self) -> int:
        """Height of the last layer."""
        height = self.distinct[0]
        for arity in self.folds:
            height //= arity
        return height

    @property
    def final_length(self) -> int:
        """Coefficients of the final polynomial: enough for the polynomials of every height."""
        last = self.last_height
        return max(-(-d * last // height) for height, d in self.dimensions.items())


def columns(table: Table, tree: str, hidden: bool) -> int:
    """Columns of a table in a tree, a column over F counted once."""
    return {
        "preprocessed": table.preprocessed_width,
        "main": table.width + hidden,
        "lookup": len(table.groups),
    }[tree]


def following_columns(table: Table, tree: str) -> Sequence[int]:
    """The columns that are opened at zeta g too; of the lookup columns only the accumulator."""
    if tree == "preprocessed":
        return table.next_preprocessed
    if tree == "main":
        return table.next_main
    last = len(table.groups) - 1
    return range(last, last + 1) if tree == "lookup" else ()


def quotient_columns(statement: Statement, tables: Iterable[Table], rows: int, code: int) -> int:
    """What is committed to of the quotient of tables of one code, the tallest of so many rows.

    Q has degree below (degree - 1) N, which so many chunks hold. With masks there is a remainder;
    or, where the code is taller than the tables, pieces of T coefficients, the last of T + s + 1.
    """
    degree = max(table.degree for table in tables)
    chunks = max(1, degree - 1)
    if rows < code:
        masks, piece = statement.options.mask_length, piece_length(statement.options, code)
        length = (degree - 1) * rows + degree * (masks - 1) + 3
        return max(1, -(-(length - (code - piece)) // piece))
    return chunks + (statement.options.zk > 0)


def piece_length(options: Options, code: int) -> int:
    """T, coefficients of a piece of the quotient of tables that are shorter than their code."""
    return code - (options.queries + 1)


def shape_of(statement: Statement, heights: tuple[int, ...], shards: int = 1) -> Shape:
    """The shape of proofs at these heights, one per table; or of one shard of so many."""
    tables, options = statement.tables, statement.options
    codes = [statement.code_height(height) for height in heights]
    distinct = tuple(sorted(set(codes), reverse=True))
    with_sums = [index for index, table in enumerate(tables) if table.interactions]
    alone = len(with_sums) == 1 and shards == 1
    hidden = frozenset(with_sums if options.zk and not alone else ())
    rows: dict[str, dict[int, list[int]]] = {tree: {} for tree in TREES}
    blocks: dict[int, tuple[Block, ...]] = {}
    masks: dict[int, int] = {}
    for code in distinct:
        words = dict.fromkeys(TREES, 0)
        now: list[Block] = []
        following: dict[int, list[Block]] = {}  # by the number of rows
        for index, table in enumerate(tables):
            if codes[index] != code:
                continue
            of_rows = following.setdefault(heights[index], [])
            for tree in TABLE_TREES:
                count = columns(table, tree, index in hidden)
                if not count:
                    continue
                start, n = words[tree], heights[index]
                width = count * (3 if tree in OVER_F else 1)
                rows[tree].setdefault(code, []).append(width)
                now.append(Block(index, tree, False, start, range(count), n))
                more = following_columns(table, tree)
                if more:
                    of_rows.append(Block(index, tree, True, start, more, n))
                words[tree] += width
        mine = [table for table, m in zip(tables, codes, strict=True) if m == code]
        chunks = quotient_columns(statement, mine, max(following), code)
        rows["quotient"][code] = [3] * chunks
        now.append(Block(-1, "quotient", False, 0, range(chunks), max(following)))
        words["quotient"] += 3 * chunks
        if options.zk and code == distinct[0]:
            rows["quotient"][code].append(3)
            masks[code] = words["quotient"]
        later = (block for n in sorted(following, reverse=True) for block in following[n])
        blocks[code] = (*now, *later)
    pins = {n: sum(words) for n, words in rows["main"].items()} if options.sharded else {}
    return Shape(
        heights, distinct, hidden, masks, rows, blocks, pins=pins,
        folds=fold_schedule(distinct, options.fri_arity, options.final_length),
        dimensions={code: statement.dimension(code, heights) for code in distinct},
        messages=sum(len(t.interactions) * n for t, n in zip(tables, heights, strict=True)),
        constraints=max(table.constraint_count for table in tables),
        degree=max(table.degree for table in tables),
    )  # fmt: skip


def fold_schedule(distinct: tuple[int, ...], arity: int, final_length: int) -> tuple[int, ...]:
    """Arities of the folds.

    Each has the arity of the options, less where the next shorter table's height comes sooner, and
    no layer is shorter than one. They end when every table has joined and at most `final_length`
    coefficients remain.
    """
    folds = []
    height = distinct[0]
    while height > final_length or height > distinct[-1]:
        stop = max([1, *(joins for joins in distinct if joins < height)])
        folds.append(min(arity, height // stop))
        height //= folds[-1]
    return tuple(folds)
