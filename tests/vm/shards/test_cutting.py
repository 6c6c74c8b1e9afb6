"""Where a run is cut into shards, and what the parts are."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import cstark as cs
from cstark import vm
from cstark.vm.executor.marks import Marks
from cstark.vm.shards.cutting import cut
from cstark.vm.shards.shard import shards_of
from cstark.vm.tables import AROUND, EVERY
from cstark.vm.trace.planning import RECORDED
from tests.vm import summing

PROGRAM = vm.Program.from_elf(summing.ELF)
RUN = PROGRAM.run(summing.number(6000))
CELLS = PROGRAM.row_cells()
EVERYWHERE = sum(CELLS[name] * RUN.plan.height(name) for name in EVERY if name in CELLS)


@pytest.mark.parametrize("share", [1.0, 0.7, 0.5, 0.3, 0.2])
def test_pieces_are_the_run(share):
    whole = RUN.plan.committed(CELLS) - EVERYWHERE
    most = EVERYWHERE + int(share * whole)
    pieces = cut(RUN.marks, RUN.plan, CELLS, most)
    assert [piece.first for piece in pieces] == [0, *(piece.end for piece in pieces[:-1])]
    assert pieces[-1].end == RUN.steps and all(piece.plan.total for piece in pieces)
    assert len(pieces) >= 1 / share and (len(pieces) > 1) == (share < 1)
    assert len(pieces) <= 2 / share
    for name in RUN.plan.rows:
        rows = [piece.plan.rows.get(name) for piece in pieces]
        if name in RECORDED:
            # A token is as old in a shard as in the whole run, so no row is made anew.
            assert sum(rows) == RUN.plan.rows[name]
        elif name in EVERY:
            assert rows == [RUN.plan.rows[name]] * len(pieces)
        else:
            assert rows == [None] * (len(pieces) - 1) + [RUN.plan.rows[name]]
    sizes = [piece.plan.committed(CELLS) for piece in pieces]
    assert max(sizes) <= most
    filled = sum(sizes) / sum(piece.plan.used(CELLS) for piece in pieces)
    assert filled <= 1.10


def test_a_run_that_fits_is_one_piece():
    [piece] = cut(RUN.marks, RUN.plan, CELLS, RUN.plan.committed(CELLS))
    assert piece.first == 0 and piece.plan == RUN.plan


def test_pieces_are_about_equally_large():
    """Half as many cells again as one shard holds are two of about three quarters."""
    most = EVERYWHERE + int((RUN.plan.committed(CELLS) - EVERYWHERE) / 1.5)
    sizes = [piece.plan.committed(CELLS) for piece in cut(RUN.marks, RUN.plan, CELLS, most)]
    assert len(sizes) == 2 and max(sizes) < 0.95 * most


def test_a_piece_ends_where_its_tables_are_fullest(monkeypatch):
    """Of the ends near the greatest, none has fewer cells that only fill up."""
    from cstark.vm.shards import cutting

    monkeypatch.setattr(cutting, "TRIED", 10**4)
    monkeypatch.setattr(cutting, "BALANCED", 1.0)
    most = EVERYWHERE + int(0.4 * (RUN.plan.committed(CELLS) - EVERYWHERE))
    first = cut(RUN.marks, RUN.plan, CELLS, most)[0]
    cutter = cutting.Cutter(RUN.marks, RUN.plan, CELLS)
    ends = [k for k, rows in enumerate(RUN.marks.rows.tolist()) if rows > 0.91 * first.end]
    near = [k for k in ends if cutter.size(0, k) <= most]
    assert len(near) >= 3
    [here] = [k for k in near if RUN.marks.rows[k] == first.end]
    assert cutter.fullness(0, here) == max(cutter.fullness(0, k) for k in near)


def test_shards_that_nothing_fits():
    message = r"a shard has at least [\d,]+ cells, for 1,024 rows"
    with pytest.raises(cs.StatementError, match=message):
        cut(RUN.marks, RUN.plan, CELLS, EVERYWHERE)
    memory = sum(
        CELLS[name] * RUN.plan.height(name)
        for name in AROUND
        if name not in EVERY and name in RUN.plan.heights and name not in RECORDED
    )
    with pytest.raises(cs.StatementError, match="the last shard, with the tables of memory"):
        cut(RUN.marks, RUN.plan, CELLS, EVERYWHERE + memory // 2 + 10**4)


def test_the_traces_of_the_parts_are_those_of_the_run():
    whole = RUN.traces()
    pieces = cut(RUN.marks, RUN.plan, CELLS, EVERYWHERE + RUN.plan.committed(CELLS) // 4)
    told: list[int] = []
    parts = shards_of(PROGRAM, RUN.input, pieces, told.append)
    assert len(parts) > 3 and told == [piece.end for piece in pieces[:-1]]
    assert not any(part.input for part in parts[:-1]) and parts[-1].input == RUN.input
    # A worker has nothing but what it is sent.
    made = [part() for part in pickle.loads(pickle.dumps(parts))]
    for name, trace in whole.items():
        found = [traces[name] for traces in made if name in traces]
        if name in RECORDED or name == "rare":
            rows = [table for tables in found for table in tables]
            assert np.array_equal(_real(rows), _real(trace)), name
        elif name in EVERY:
            assert np.array_equal(sum(found), trace), name
        else:
            assert len(found) == 1 and np.array_equal(made[-1][name], trace), name


def _real(tables: list[np.ndarray]) -> np.ndarray:
    rows = np.concatenate(tables) if tables else np.zeros((0, 1), np.uint64)
    return rows[rows[:, 0] != 0]


def test_what_travels_is_small():
    """Snapshots hold the words that a shard reads, not all that there are."""
    pieces = cut(RUN.marks, RUN.plan, CELLS, EVERYWHERE + RUN.plan.committed(CELLS) // 4)
    for part in shards_of(PROGRAM, RUN.input, pieces)[:-1]:
        assert part.snapshot.words <= part.plan.total
        assert len(pickle.dumps(part.snapshot)) < 2000 + 4 * part.snapshot.words
        assert f"rows {part.snapshot.rows:,} to" in repr(part)


def test_a_short_run_has_one_place_to_be_cut():
    marks = Marks()
    assert marks.rows.tolist() == [0] and marks.tables.shape == (1, 0)
    assert [len(RUN.shards(cells=10**9)), len(PROGRAM.run(b"").shards())] == [1, 1]
