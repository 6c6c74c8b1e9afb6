"""Shapes that follow from the statement: nothing that is committed goes unopened."""

from __future__ import annotations

from cstark.protocol.layout import TREES, Layout
from tests.oracles import zoo


def layouts():
    for case in (
        zoo.fibonacci(4),
        zoo.cubic(5),
        zoo.lookup(3, 5, 4),
        zoo.together(zoo.fibonacci(6), zoo.lookup(2, 4, 5), zoo.ring(3), zoo.cubic(3)),
    ):
        machine = case.machine()
        heights = [len(case.traces[name]).bit_length() - 1 for name in case.tables]
        yield machine, Layout(machine.verifying_key(), heights)


def test_every_column_is_opened():
    """At zeta, each column of each matrix of each tree exactly once: a column that is opened
    nowhere would not be tested for its degree."""
    for _, layout in layouts():
        opened = sorted(
            (group.tree, group.matrix, column)
            for groups in layout.groups.values()
            for group in groups
            if not group.next
            for column in group.columns
        )
        expected = sorted(
            (t, m, column)
            for t, tree in enumerate(layout.trees)
            for m, matrix in enumerate(tree.matrices)
            for column in range(matrix.columns)
        )
        assert opened == expected


def test_openings_have_consecutive_powers_of_gamma():
    for _, layout in layouts():
        groups = [group for by_height in layout.groups.values() for group in by_height]
        numbers = [k for g in groups for k in range(g.start, g.start + len(g.columns))]
        assert numbers == list(range(layout.openings))


def test_trees_hold_the_tables():
    for machine, layout in layouts():
        assert [tree.name for tree in layout.trees] == [
            name for name in TREES if layout.tree(name) is not None
        ]
        main = layout.tree("main")
        widths = {matrix.table: matrix.width for matrix in main.matrices}
        assert widths == {t: d.width for t, d in enumerate(machine.descriptions)}
        for tree in layout.trees:
            heights = [matrix.log_height for matrix in tree.matrices]
            assert heights == sorted(heights, reverse=True)
