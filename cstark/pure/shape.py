"""What a proof of a statement at given heights consists of: every count, derived, never read.

A tree holds a matrix per table that has such columns, ordered by height, tallest first, then by
table (the quotient tree: a matrix of one F column per chunk). A *row* of a tree at a height is the
row of all its matrices of that height, concatenated.
"""

from __future__ import annotations

from dataclasses import dataclass

from .key import Statement, Table

TREES = ("preprocessed", "main", "lookup", "quotient")
OVER_F = ("lookup", "quotient")  # trees whose columns are three words, one a coordinate


@dataclass(frozen=True)
class Opening:
    """A column opened at zeta, or at zeta g (`following`): word `at` of the tree's row.

    Columns over F take three words, one coordinate each.
    """

    table: int
    tree: str
    column: int
    following: bool
    at: int

    @property
    def words(self) -> int:
        """Base columns that the opened column consists of."""
        return 3 if self.tree in OVER_F else 1


@dataclass(frozen=True)
class Shape:
    """All counts of a proof; heights are those of the tables, as numbers of rows."""

    heights: tuple[int, ...]
    distinct: tuple[int, ...]  # descending
    rows: dict[str, dict[int, list[int]]]  # tree -> height -> words of each matrix's row there
    openings: dict[int, tuple[Opening, ...]]  # by height, descending, in the order of gamma
    folds: tuple[int, ...]  # arity of each FRI fold

    @property
    def opening_count(self) -> int:
        """All (column, point) pairs."""
        return sum(len(group) for group in self.openings.values())

    @property
    def final_height(self) -> int:
        """Coefficients of the final polynomial."""
        height = self.distinct[0]
        for arity in self.folds:
            height //= arity
        return height


def columns(table: Table, tree: str) -> int:
    """Columns of a table in a tree, a column over F counted once."""
    return {
        "preprocessed": table.preprocessed_width,
        "main": table.width,
        "lookup": len(table.groups),
        "quotient": table.chunks,
    }[tree]


def following_columns(table: Table, tree: str) -> tuple[int, ...]:
    """Those of them that are opened at zeta g; of the lookup columns only the accumulator."""
    if tree == "preprocessed":
        return table.next_preprocessed
    if tree == "main":
        return table.next_main
    return (len(table.groups) - 1,) if tree == "lookup" and table.groups else ()


def shape_of(statement: Statement, heights: tuple[int, ...]) -> Shape:
    """The shape of proofs at these heights, one per table."""
    distinct = tuple(sorted(set(heights), reverse=True))
    rows: dict[str, dict[int, list[int]]] = {tree: {} for tree in TREES}
    openings: dict[int, tuple[Opening, ...]] = {}
    for height in distinct:
        present: list[tuple[int, str, int]] = []  # table, tree, where its matrix starts in the row
        for index, table in enumerate(statement.tables):
            for tree in TREES:
                count = columns(table, tree)
                if heights[index] == height and count:
                    matrices = rows[tree].setdefault(height, [])
                    present.append((index, tree, sum(matrices)))
                    if tree == "quotient":
                        matrices += [3] * count
                    else:
                        matrices.append(3 * count if tree in OVER_F else count)
        group = []
        for following in (False, True):
            for index, tree, start in present:
                table = statement.tables[index]
                everything = tuple(range(columns(table, tree)))
                for column in following_columns(table, tree) if following else everything:
                    step = 3 if tree in OVER_F else 1
                    group.append(Opening(index, tree, column, following, start + step * column))
        openings[height] = tuple(group)
    options = statement.options
    return Shape(
        heights, distinct, rows, openings,
        fold_schedule(distinct, options.fri_arity, options.final_length),
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
