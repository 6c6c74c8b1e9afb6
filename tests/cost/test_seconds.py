"""Foretold seconds: the line through the runs, and runs of real machines."""

from __future__ import annotations

import json

import pytest

import cstark as cs
from cstark.cost import seconds
from cstark.cost.memory import footprint, peak
from cstark.cost.seconds import LEAST_ERROR, TrialRun, extrapolate, lowered, measure, stated_error
from tests.oracles import zoo


def line(words, constant=0.5, slope=0.25):
    return TrialRun(words, words, {"commit": constant + slope * words, "draw": constant})


def test_a_line_is_found_again():
    runs = [line(8), line(16), line(64)]
    foretold = extrapolate(runs, 1000)
    assert foretold == pytest.approx(line(1000).phases)
    assert list(foretold) == ["commit", "draw"]
    assert stated_error(runs) == LEAST_ERROR  # it fits, but caches and neighbours remain


def test_no_phase_has_a_negative_part():
    falling = [TrialRun(8, 8, {"a": 2.0}), TrialRun(16, 16, {"a": 1.0})]
    assert extrapolate(falling, 160) == {"a": 1.0}
    steep = [TrialRun(8, 8, {"a": 0.0}), TrialRun(16, 16, {"a": 8.0})]  # would be -8 at nothing
    assert extrapolate(steep, 160) == {"a": 80.0}


def test_a_run_as_large_as_the_proof_is_taken_as_it_is():
    assert extrapolate([line(8), line(16)], 16) == line(16).phases
    assert extrapolate([line(8)], 16) == pytest.approx({"commit": 5.0, "draw": 1.0})


def test_runs_of_one_size_do_not_tell_what_is_constant():
    """With masks, codes of short tables are as tall as each other."""
    runs = [line(8), TrialRun(4, 8, {"commit": 5.0, "draw": 1.0})]
    assert extrapolate(runs, 16) == {"commit": 10.0, "draw": 2.0}
    assert stated_error([*runs, line(16)]) >= LEAST_ERROR


def test_time_of_a_short_table_with_masks():
    machine = cs.Machine(zoo.fibonacci(12).tables, cs.Options(queries=200, grinding=0, zk=True))
    timing = measure(machine.proving_key, [12], budget=1e-9)
    assert timing.seconds > 0 and [rows for rows, _ in timing.runs] == [8, 16, 32]


def test_the_error_is_that_of_the_last_run():
    runs = [line(8), line(16), TrialRun(32, 32, {"commit": 17.0, "draw": 1.0})]
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
    assert set(timing.phases) == set(proved) - {"compile", "commit preprocessed"}
    assert set(timing.once) >= {"compile", "first touch"}
    assert timing.first_seconds == pytest.approx(timing.seconds + sum(timing.once.values()))
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


def test_the_last_pieces_of_memory_speak_for_those_that_follow():
    warm = [0.1 * k for k in range(9)]
    assert seconds.touching_line(warm, 20) == pytest.approx(2.0)
    cold = [*warm, 1.8, 2.8, 3.8, 4.8]  # 8 pieces in 0.8 seconds, then each takes one
    assert seconds.touching_line(cold, 20) == pytest.approx(4.8 + 8)
    assert seconds.touching_line([0.0, 2.0], 0.5) == pytest.approx(1.0)


def test_the_sample_of_fresh_memory_is_bounded(monkeypatch):
    touched = []
    monkeypatch.setattr(seconds._chunks, "touch", lambda words: touched.append(words.nbytes))
    piece = seconds.TOUCHED_PIECE
    assert seconds.touching_seconds(3 * piece - 5) >= 0
    assert touched == [piece] * 3
    monkeypatch.setattr(seconds, "MOST_TOUCHED", 4 * piece)
    seconds.touching_seconds(1 << 40)
    assert touched == [piece] * 7
    monkeypatch.setattr(seconds, "TOUCHED_SECONDS", 0.0)
    seconds.touching_seconds(1 << 40)
    assert touched == [piece] * 7 + [piece]


def test_memory_of_the_whole_proof_is_touched_once(monkeypatch):
    asked = []
    monkeypatch.setattr(seconds, "touching_seconds", lambda size: asked.append(size) or 7.0)
    case = zoo.lookup(4, 12, 8)
    machine = case.machine(grinding=0)
    key = machine.proving_key
    log_heights = [len(trace).bit_length() - 1 for trace in case.traces.values()]
    timing = measure(key, log_heights, budget=0.001)
    layout = seconds.Layout(key.description, log_heights)
    assert asked == [peak(footprint(key, layout, seconds.FULL))]
    assert timing.once["first touch"] == 7.0
    assert timing.first_seconds >= timing.seconds + 7.0
    assert "the first proof" in str(timing) and timing.first_short() in str(timing)
