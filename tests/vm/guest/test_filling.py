"""How full the tables of real programs are, at many lengths of their runs."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import vm
from cstark.vm.guest import examples
from cstark.vm.trace.planning import RECORDED, plan_rows

#: Sizes of the inputs that make runs of half a million rows and more; one run is short whatever
#: its input.
SIZES = {
    "fibonacci": 256, "sha256": 128, "search": 64, "json_field": 64, "network": 256,
    "merkle_path": 100, "decompress": 100,
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_at_most_a_tenth_more_cells_than_are_in_use(name):
    """Whatever the length: of a run, its first 2^16 rows, and places up to its end."""
    example = examples.load(name)
    program = vm.Program.from_elf(example.build())
    run = program.run(example.make_input(SIZES[name]))
    assert run.steps > 500_000
    cells = program.row_cells()
    rows, tables = run.marks.rows, run.marks.tables
    first = int(np.searchsorted(rows, 1 << 16))
    alone, counts = [], []
    for at in np.unique(np.linspace(first, len(rows) - 1, 40).astype(int)).tolist():
        here = {**run.plan.rows, **dict(zip(RECORDED, tables[at].tolist(), strict=True))}
        plan = plan_rows(int(rows[at]), here, cells)
        assert plan.committed(cells) <= 1.10 * plan.used(cells), rows[at]
        whole = plan_rows(int(rows[at]), here, cells, float("inf"))
        alone.append(whole.committed(cells) / plan.used(cells))
        counts.append(sum(len(h) for h in plan.heights.values() if isinstance(h, tuple)))
    # With one table a family as much as half of all cells only fill up.
    assert np.mean(alone) > 1.15
    assert max(counts) <= 2 * len(program.tables())


def test_tables_are_no_taller_than_the_options_allow():
    example = examples.load("fibonacci")
    program = vm.Program.from_elf(example.build())
    run = program.run(example.make_input(160))
    options = cs.Options(queries=3, grinding=0, max_log_height=16)
    tallest = max(max(h) for h in run.plan.heights.values() if isinstance(h, tuple) and h)
    assert tallest > 1 << 16
    proof = run.prove(options)
    heights = [h for h in proof.log_heights if isinstance(h, tuple) and h]
    assert max(map(max, heights)) == 16
    assert program.verify(proof, options, min_security=0).steps == run.steps
    shards = run.prove_shards(options, cells=10**9)
    assert program.verify(shards, options, min_security=0).steps == run.steps
