"""`tools/shards`: what is measured, and how it is shown."""

from __future__ import annotations

import json

import pytest
from compare.errors import BenchError
from sharded import __main__ as program
from sharded.task import Task, main, measure

from cstark.text import bytes_text


def test_what_is_asked_for_is_measured():
    words = ["--steps", "4", "16", "--how", "whole", "dask", "--memory", "0.5", "--workers", "5"]
    tasks = program.tasks_of(program.parse(words))
    assert [(t.steps, t.how, t.workers) for t in tasks] == [
        (4_000_000, "whole", 1), (4_000_000, "dask", 5), (16_000_000, "whole", 1),
        (16_000_000, "dask", 5),
    ]  # fmt: skip
    assert {t.memory for t in tasks} == {1 << 29} and not any(t.kill for t in tasks)
    assert program.tasks_of(program.parse(["--how", "dask", "--kill"]))[0].kill
    with pytest.raises(BenchError, match="--kill is for"):
        program.tasks_of(program.parse(["--how", "loop", "--kill"]))


def test_a_measurement_proves_and_verifies(capsys):
    found = measure(Task(20_000, "loop"))
    assert found["rows"] > 19_000 and found["shards"] == 1
    assert found["proof_bytes"] > 100_000 and found["processor"] > 0
    assert found["worker"] == found["coordinator"] > 1 << 20
    assert found["expected"] > 160 << 20
    assert 1 <= found["padding"] <= 1.1
    main(json.dumps({"steps": 10_000, "how": "whole"}))
    whole = json.loads(capsys.readouterr().out)
    assert whole["shards"] == 0 and whole["how"] == "whole"
    [task] = program.tasks_of(program.parse(["--steps", "0.01", "--zk"]))
    hidden = measure(task)
    assert hidden["zk"] and hidden["proof_bytes"] > found["proof_bytes"]


def test_ratios_are_to_one_proof_of_the_same_run(monkeypatch, capsys):
    def measured(task):
        spent = {"whole": 2.0, "loop": 2.5}[task.how] * task.steps
        return {
            **vars(task), "rows": task.steps, "shards": 3, "prove": 1.0, "processor": spent,
            "worker": 1 << 30, "coordinator": 1 << 28, "proof_bytes": 5000, "verify": 0.1,
            "padding": 1.05, "expected": 1 << 31,
        }  # fmt: skip

    monkeypatch.setattr(program, "measured", measured)
    assert program.run(["--steps", "1", "--how", "whole", "loop"]) == 0
    shown = capsys.readouterr().out
    assert "1,000,000 steps, loop over one proof, processor seconds: 1.25" in shown
    assert "peak of a worker" not in shown
    assert program.run(["--steps", "1", "--how", "loop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["how"] == "loop"


def test_peaks_are_compared_over_lengths(monkeypatch, capsys):
    """One command says whether the memory of a worker grows with the run."""

    def measured(task):
        return {
            **vars(task), "rows": task.steps, "shards": 3, "prove": 1.0, "processor": 1.0,
            "worker": (1 << 30) + 10 * task.steps, "coordinator": 1 << 28, "proof_bytes": 5000,
            "verify": 0.1, "padding": 1.05, "expected": 1 << 31,
        }  # fmt: skip

    monkeypatch.setattr(program, "measured", measured)
    assert program.run(["--steps", "64", "4", "16", "--how", "loop"]) == 0
    shown = capsys.readouterr().out
    assert shown.count(bytes_text(1 << 31)) == 3  # what the estimator expects
    assert "16,000,000 steps over 4,000,000, loop, peak of a worker: 1.11" in shown
    assert "64,000,000 steps over 4,000,000, loop, peak of a worker: 1.54" in shown
