"""Shards for so much memory."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import vm
from cstark.cost import memory as cost_memory
from cstark.cost.memory import footprint, plan_of_process, process_bytes
from cstark.protocol.matrix import FULL
from cstark.protocol.shards.challenges import Place
from cstark.protocol.shards.prover import ShardKey, absent_tables
from cstark.protocol.traces import read_standing
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
    monkeypatch.setattr(cost_memory, "BESIDE", 0)
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


def test_what_a_run_is_cut_for_is_enforced_where_it_is_proved():
    """Cutting and proving ask the same estimate: no shard of a cut takes a leaner plan."""
    memory = int(0.6 * WHOLE)
    parts, key = RUN.shards(memory=memory), MACHINE.proving_key
    assert len(parts) > 1
    for index, part in enumerate(parts):
        place = Place(index, len(parts))
        heights, arrays = read_standing(key.description, part(), absent_tables(key, place))
        of_shard = ShardKey(key, heights, place)
        layout, traces = of_shard.layout(heights), sum(array.nbytes for array in arrays)
        taken = process_bytes(traces, footprint(of_shard, layout, FULL))
        assert 0.95 * memory_of(MACHINE, part.plan) < taken <= memory_of(MACHINE, part.plan)
        assert plan_of_process(of_shard, layout, memory, traces) is FULL


def test_proving_a_run_enforces_what_it_is_cut_for(monkeypatch):
    found = []

    def told(self, parts, **settings):
        found.append(settings["memory"])

    monkeypatch.setattr(cs.Machine, "prove_shards", told)
    memory = int(0.6 * WHOLE)
    RUN.prove_shards(memory=memory)
    RUN.prove_shards()
    RUN.prove_shards(cells=10**9)
    assert found == [memory, fitting.DEFAULT_MEMORY, None]
