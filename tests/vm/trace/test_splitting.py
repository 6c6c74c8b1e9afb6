"""Into how many tables the rows of a family go."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.vm.trace.planning import RECORDED, plan_rows
from cstark.vm.trace.splitting import LEAST, PADDING, split

POWERS = [1 << k for k in range(3, 12)]


def fewest_rows(rows: int, tables: int) -> int:
    """The fewest rows that so many tables can have and hold `rows`, by trying all."""
    ways = combinations_with_replacement(POWERS, tables)
    return min(total for total in map(sum, ways) if total >= rows)


def test_what_the_module_says():
    assert split({"add": 2**18 + 5000}, {"add": 44}) == {"add": (2**18, 2**13)}
    assert split({"add": 2**18 + 5000}, {"add": 44}, padding=2.0) == {"add": (2**19,)}


@pytest.mark.parametrize("rows", [*range(1, 40), 63, 64, 65, 100, 255, 257, 511, 700, 1000, 1023])
def test_with_so_many_tables_no_others_have_fewer_rows(rows):
    """Whatever the limit, the tables chosen are the best of their number."""
    seen = set()
    for padding in (4.0, 1.5, 1.3, 1.2, 1.1, 1.05, 1.0):
        [heights] = split({"add": rows}, {"add": 44}, padding=padding).values()
        seen.add(heights)
        assert sum(heights) == fewest_rows(rows, len(heights))
    assert len(seen) <= 8
    # With 1.0 what is left costs less than a table, by the least height and the share of cells.
    assert sum(heights) - rows < 8 + rows * LEAST * len(heights)


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 5000), st.integers(1, 90)),
        min_size=1,
    ),
    st.integers(0, 10**5), st.floats(1.0, 1.5),
)  # fmt: skip
def test_heights_hold_the_rows_and_padding_ends_below_its_limit(families, beside, padding):
    rows = {name: count for name, (count, _) in families.items()}
    cells = {name: width for name, (_, width) in families.items()}
    found = split(rows, cells, used=beside, committed=beside, padding=padding)
    assert list(found) == list(rows)
    for name, heights in found.items():
        assert list(heights) == sorted(heights, reverse=True)
        assert all(height >= 8 and height & (height - 1) == 0 for height in heights)
        assert sum(heights[:-1]) < rows[name] <= sum(heights) if rows[name] else heights == ()
    used = beside + sum(cells[name] * rows[name] for name in rows)
    committed = beside + sum(cells[name] * sum(heights) for name, heights in found.items())
    finest = split(rows, cells, used=beside, committed=beside, padding=1.0)
    assert committed <= padding * used or found == finest


def test_tables_that_spare_most_rows_are_split_first():
    rows, cells = {"wide": 1100, "narrow": 4200}, {"wide": 90, "narrow": 5}
    first = split(rows, cells, padding=1.85)
    assert first == {"wide": (2048,), "narrow": (4096, 128)}
    assert split(rows, cells, padding=1.10) == {"wide": (1024, 128), "narrow": (4096, 128)}


def test_a_table_is_never_taller_than_allowed():
    found = split({"add": 5 * 64 + 3}, {"add": 44}, tallest=64)
    assert found == {"add": (64,) * 5 + (8,)}
    assert split({"add": 128}, {"add": 44}, tallest=64) == {"add": (64, 64)}


def test_what_cannot_be_split_counts():
    """Tables of memory that fill up much leave less to the families."""
    rows = dict.fromkeys(("jump", "li", "mv"), 0) | {"fresh": 1025, "program": 64, "range": 64}
    every = dict.fromkeys(RECORDED, 0) | rows | {"li": 1500}
    cells = {"li": 19, "fresh": 12, "program": 4, "range": 9}
    plan = plan_rows(1500, every, cells)
    assert plan.heights["li"] == (1024, 256, 128, 64, 32) and plan.heights["fresh"] == 2048
    assert plan.committed(cells) > PADDING * plan.used(cells)
    rows["fresh"], every = 2**20 + 1, every | {"fresh": 2**20 + 1}
    assert plan_rows(1500, every, cells).heights["li"] == (2048,)  # no shreds: it would not help
    small = plan_rows(1500, every | {"fresh": 8}, cells)
    assert small.heights["li"] == (1024, 512) and small.heights["fresh"] == 16
