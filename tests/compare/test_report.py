"""From made-up runs to marks, warnings, tables and exit codes."""

from __future__ import annotations

import json
import random

import pytest
from compare.comparison import compare, verdict
from compare.errors import BenchError
from compare.growth import grow, sized
from compare.machine import Load, Watch, busy_warnings, describe, shares
from compare.report import Report
from compare.revisions import Revision
from compare.runs import SIDES, Task, measure

QUIET = Load(0.1, 0.0, 0.0)
REVISIONS = Revision("a" * 40, "Old | new", "main"), Revision("b" * 40, "New", "HEAD")
PLAIN = Task("w", {}, 1)
MACHINE = {**describe(), "compiler": "cc 1", "processors": 2}


def runner(*, slower=1.0, noise=0.0, size=1.0, memory=1.0, **more):
    """A stand-in for processes: a machine that slows down steadily, and by `noise` at random."""
    rng = random.Random(3)
    calls = []

    def run(side, task):
        calls.append(side)
        factor = (slower if side == "head" else 1.0) * (1 + 0.002 * len(calls))
        steps = int(task.arguments.get("n", 1000))
        seconds = (0.5 + steps / 1000) * factor * (1 + rng.uniform(-noise, noise))
        return {
            "peak_bytes": int((30e6 + 1000 * steps) * (memory if side == "head" else 1)),
            "buffer_bytes": None,
            "prove_seconds": seconds,
            "prove_cpu_seconds": seconds,
            "verify_seconds": 0.01 * factor,
            "proof_bytes": int(50_000 * (size if side == "head" else 1)),
            "proof_sha256": "x",
            "waited_seconds": 0.0,
            "steps": steps,
            "rows": 2 * steps,
            "isa": "avx2",
            "numpy": "2.0",
            **more,
        }

    run.calls = calls
    return run


def report(run, *, pairs=6, task=PLAIN, load=QUIET, growth=False, notes=()):
    tasks = sized(task) if growth else [task]
    results = measure(tasks, pairs, run, lambda line: None)
    return Report(tasks, results, *REVISIONS, notes, load, MACHINE, growth)


def marks(made):
    return {row.metric.key: row.mark for row in made.rows}


def test_sides_alternate():
    run = runner()
    report(run, pairs=4)
    assert run.calls == ["base", "head", "head", "base"] * 2


@pytest.mark.parametrize(
    ("case", "said", "code"),
    [
        ({}, "same", 0),
        ({"slower": 1.04}, "same", 0),
        ({"slower": 1.07}, "regression", 1),
        ({"slower": 0.9}, "improvement", 0),
        ({"size": 1.06}, "regression", 1),
        ({"memory": 1.06}, "regression", 1),
        ({"slower": 0.9, "size": 1.06}, "regression", 1),
    ],
)
def test_verdicts(case, said, code):
    made = report(runner(**case))
    assert (made.verdict, made.exit_code) == (said, code)


def test_a_change_that_the_interval_does_not_confirm_is_no_regression():
    made = report(runner(slower=1.08, noise=0.3), pairs=3)
    assert marks(made)["prove_seconds"] == "unsettled"
    assert made.rows[1].ratio.low < 1
    # the same scatter is overcome by more runs
    assert marks(report(runner(slower=1.3, noise=0.3), pairs=40))["prove_seconds"] == "regression"


def test_one_pair_judges_only_the_exact_size():
    made = report(runner(slower=2.0, size=1.2), pairs=1)
    assert marks(made)["prove_seconds"] == "unsettled"
    assert marks(made)["proof_bytes"] == "regression"
    assert any("one pair" in line for line in made.warnings)


def test_cpu_time_explains_but_does_not_judge():
    rows = compare({side: [] for side in SIDES} | report(runner(slower=1.2)).results[0])
    cpu = [row for row in rows if row.metric.key == "prove_cpu_seconds"]
    assert cpu[0].mark == "regression" and verdict(cpu) == "same"


def test_a_metric_that_a_revision_lacks_is_left_out():
    assert "buffer_bytes" not in marks(report(runner()))
    assert "buffer_bytes" in marks(report(runner(buffer_bytes=1000)))


def test_spreads_are_shown_and_warned_of():
    made = report(runner(noise=0.2))
    lines = [line for line in made.warnings if "spread" in line]
    assert any(line.startswith("base prove time spread: ") for line in lines)
    assert any(line.startswith("head prove time spread: ") for line in lines)
    assert not any("cpu" in line for line in lines)
    assert lines[0].count("/") == 5  # all six values
    assert "Low variance" not in made.markdown()
    assert "Low variance" in report(runner()).markdown()


def test_a_busy_machine_is_warned_of():
    assert busy_warnings(QUIET, 0.0, 1, 2) == []
    assert "used 40% of" in busy_warnings(Load(0.1, 0.4, 0.0), None, 1, 2)[0]
    assert "hypervisor took 3%" in busy_warnings(Load(0.1, 0.0, 0.03), None, 1, 2)[0]
    assert "load average was 1.9" in busy_warnings(Load(1.9, None, None), None, 1, 2)[0]
    assert "3 threads on 2" in busy_warnings(QUIET, None, 3, 2)[0]
    waited = report(runner(waited_seconds=0.5)).warnings
    assert any("waited for a processor" in line for line in waited)


def test_the_watch_counts_shares():
    load = Watch(1.25).stop()
    assert load == Load(1.25, None, None)  # too short to know
    assert shares(4.0, 1.0, 0.5, 10.0) == (0.3, 0.05)
    assert shares(1.0, 1.01, 0.0, 10.0) == (0.0, 0.0)  # ticks are coarse
    assert shares(0.0, 1.0, 0.0, 10.0) == (None, None)


def test_other_software_is_warned_of():
    run = runner()

    def other(side, task):
        return {**run(side, task), "numpy": "1.0" if side == "base" else "2.0"}

    assert any("another NumPy: 1.0 and 2.0" in line for line in report(other).warnings)


def test_markdown_has_the_table_in_order():
    text = report(runner(slower=1.1), notes=["a note"]).markdown()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert table[0].startswith("| Metric | base | head | change | ratio, 95% interval | spread |")
    titles = [line.split("|")[1].strip() for line in table[2:]]
    assert titles == ["Peak memory", "Prove time", "Prove CPU time", "Verify time", "Proof size"]
    prove = table[3]
    assert "(+10.0%) 🔴" in prove and "1.100 [1.09" in prove
    assert "none ⚪" in table[-1]
    assert "- ⚠️ a note" in text and "`aaaaaaaaaa` Old | new" in text


def test_data_is_json_with_every_run():
    data = json.loads(json.dumps(report(runner(slower=1.1)).to_dict()))
    assert data["verdict"] == "regression" and len(data["runs"][0]["base"]) == 6
    prove = next(row for row in data["metrics"] if row["metric"] == "prove_seconds")
    assert prove["mark"] == "regression" and len(prove["head"]) == 6


def test_growth_finds_the_slope():
    task = Task("w", {"n": "1000,2000,4000,8000", "other": "3"}, 1)
    made = report(runner(slower=1.2), pairs=2, task=task, growth=True)
    unit, growths = grow(made.results)
    assert unit == "steps"
    memory, time = growths
    assert memory.fits[0].slope == pytest.approx(1e9) and memory.fits[0].r_squared == 1.0
    assert memory.fits[0].intercept == pytest.approx(30e6)
    assert time.fits[0].slope == pytest.approx(1000, rel=0.05) and time.fits[0].r_squared > 0.999
    assert marks(made) == {"peak_bytes": "same", "prove_seconds": "regression"}
    assert "per 1M steps" in made.markdown() and json.dumps(made.to_dict())


def test_growth_counts_rows_where_claims_have_no_steps():
    task = Task("w", {"n": "1000,2000,4000"}, 1)
    assert report(runner(steps=None), task=task, growth=True).grown[0] == "rows"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "none given"),
        ({"n": "5"}, "none given"),
        ({"n": "1,2"}, "at least three"),
        ({"n": "1,1,1"}, "at least three"),
        ({"n": "1,2,3", "m": "1,2,3"}, "2 given"),
        ({"text": "a,b,c,d"}, "none given"),
    ],
)
def test_growth_needs_sizes(arguments, problem):
    with pytest.raises(BenchError, match=problem):
        sized(Task("w", arguments, 1))


def test_fib_iterative_has_sizes_of_its_own():
    tasks = sized(Task("fib_iterative", {}, 2))
    sizes = [int(task.arguments["iterations"]) for task in tasks]
    assert len(sizes) == 4 and sizes == sorted(sizes)
    assert all(task.threads == 2 for task in tasks)
