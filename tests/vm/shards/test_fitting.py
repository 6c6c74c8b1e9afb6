"""Shards for so much memory."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import vm
from cstark.vm.shards import fitting
from cstark.vm.shards.fitting import fit, memory_of
from tests.vm import summing

PROGRAM = vm.Program.from_elf(summing.ELF)
RUN = PROGRAM.run(summing.number(60_000))
MACHINE = PROGRAM.machine()
WHOLE = memory_of(MACHINE, RUN.plan)


@pytest.mark.parametrize("share", [1.01, 0.8, 0.55])
def test_every_shard_fits_the_memory(share):
    memory = int(share * WHOLE)
    pieces = fit(MACHINE, RUN.marks, RUN.plan, PROGRAM.row_cells(), memory)
    assert (len(pieces) == 1) == (share > 1)
    assert max(memory_of(MACHINE, piece.plan) for piece in pieces) <= memory
    assert RUN.cut(memory=memory) == tuple(piece.plan for piece in pieces)


def test_what_is_beside_counts(monkeypatch):
    monkeypatch.setattr(fitting, "BESIDE", 0)
    assert memory_of(MACHINE, RUN.plan) == WHOLE - (160 << 20)
    assert 8 * RUN.plan.words + MACHINE.estimate(RUN.plan.heights).peak_bytes < WHOLE


def test_longer_runs_need_no_more_memory_a_shard():
    memory = int(0.6 * WHOLE)
    longer = PROGRAM.run(summing.number(120_000))
    pieces = [fit(MACHINE, run.marks, run.plan, PROGRAM.row_cells(), memory)
              for run in (RUN, longer)]  # fmt: skip
    assert len(pieces[1]) > len(pieces[0])
    most = [max(memory_of(MACHINE, piece.plan) for piece in some) for some in pieces]
    assert max(most) <= memory


def test_budgets_that_make_no_sense():
    with pytest.raises(cs.StatementError, match="too few"):
        RUN.shards(memory=WHOLE // 50)
    with pytest.raises(cs.StatementError, match="not both"):
        RUN.shards(memory=10**9, cells=10**9)
    for wrong in ("3GB", 1.5, True):
        with pytest.raises(cs.StatementError, match="memory is"):
            RUN.shards(memory=wrong)
        with pytest.raises(cs.StatementError, match="cells is"):
            RUN.shards(cells=wrong)
    for few in (0, -1):
        with pytest.raises(cs.StatementError):
            RUN.shards(cells=few)
        with pytest.raises(cs.StatementError):
            RUN.shards(memory=few)
