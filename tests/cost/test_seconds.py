"""Foretold seconds: the line through the runs, and runs of real machines."""

from __future__ import annotations

import json

import pytest

import cstark as cs
from cstark.cost.seconds import LEAST_ERROR, Run, extrapolate, lowered, measure, stated_error
from tests.oracles import zoo


def line(words, constant=0.5, slope=0.25):
    return Run(words, words, {"commit": constant + slope * words, "draw": constant})


def test_a_line_is_found_again():
    runs = [line(8), line(16), line(64)]
    foretold = extrapolate(runs, 1000)
    assert foretold == pytest.approx(line(1000).phases)
    assert list(foretold) == ["commit", "draw"]
    assert stated_error(runs) == LEAST_ERROR  # it fits, but caches and neighbours remain


def test_no_phase_has_a_negative_part():
    falling = [Run(8, 8, {"a": 2.0}), Run(16, 16, {"a": 1.0})]
    assert extrapolate(falling, 160) == {"a": 1.0}
    steep = [Run(8, 8, {"a": 0.0}), Run(16, 16, {"a": 8.0})]  # would be -8 at nothing
    assert extrapolate(steep, 160) == {"a": 80.0}


def test_a_run_as_large_as_the_proof_is_taken_as_it_is():
    assert extrapolate([line(8), line(16)], 16) == line(16).phases
    assert extrapolate([line(8)], 16) == pytest.approx({"commit": 5.0, "draw": 1.0})


def test_the_error_is_that_of_the_last_run():
    runs = [line(8), line(16), Run(32, 32, {"commit": 17.0, "draw": 1.0})]
    # The first two foretell 8.5 + 0.5 of 18 seconds.
    assert stated_error(runs) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "case",
    [zoo.fibonacci(12), zoo.cubic(9), zoo.lookup(4, 13, 8)],
    ids=("fibonacci", "cubic", "lookup"),
)
def test_runs_have_the_phases_of_a_proof(case):
    machine = case.machine(grinding=3)
    log_heights = [len(trace).bit_length() - 1 for trace in case.traces.values()]
    timing = measure(machine.proving_key, log_heights, budget=0.001)
    proved = [phase.name for phase in case.prove(machine).report.root.children]
    once = {"read traces", "compile", "check", "commit preprocessed"}
    assert set(timing.phases) == set(proved) - once
    assert timing.seconds == pytest.approx(sum(timing.phases.values()))
    assert timing.phases["grinding"] > 0
    assert timing.error >= LEAST_ERROR * (1 - timing.phases["grinding"] / timing.seconds)
    rows = [rows for rows, _ in timing.runs]
    assert rows == sorted(rows)
    assert rows[-1] <= 1 << max(log_heights)
    assert all(seconds > 0 for _, seconds in timing.runs)
    assert f"{rows[-1]:,} rows" in str(timing)
    json.dumps(timing.to_dict())


def test_a_trial_run_leaves_the_machine_alone():
    case = zoo.together(zoo.cubic(8), zoo.lookup(2, 8, 8))
    machine = case.machine()
    key = machine.verifying_key().to_json()
    rows = [description.rows for description in machine.descriptions]
    measure(
        machine.proving_key,
        [len(trace).bit_length() - 1 for trace in case.traces.values()],
        budget=0.001,
    )
    assert machine.verifying_key().to_json() == key
    assert [description.rows for description in machine.descriptions] == rows
    case.verify(machine, case.prove(machine))


def test_a_lowered_table_is_the_same_but_for_its_height():
    (description,) = zoo.cubic(8).machine().descriptions
    low = lowered(description, 4)
    assert low.rows == 16
    assert len(low.preprocessed) == 16
    assert max((len(values) for values in low.periodic), default=1) <= 16
    assert low.constraints == description.constraints
    assert description.rows == 256
    assert len(description.preprocessed) == 256


def test_estimate_holds_the_time_if_asked():
    machine = zoo.fibonacci(10).machine()
    assert machine.estimate({"fib": 1024}).timing is None
    estimate = machine.estimate({"fib": 1024}, time=True)
    assert str(estimate.timing) in str(estimate)
    assert estimate.timing.short() in estimate._repr_html_()
    assert estimate.to_dict()["timing"]["seconds"] == estimate.timing.seconds
    with pytest.raises(cs.StatementError, match="no table 'fob'"):
        machine.estimate({"fob": 1024}, time=True)
