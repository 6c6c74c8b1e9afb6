"""Progress: what a callable is told, cancelling at every point, and the bar."""

from __future__ import annotations

import gc
import io
import itertools
import os
import sys
import types
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _chunks, _field, _runtime
from cstark.machines import load
from cstark.protocol.matrix import PLANS
from cstark.report import Report, progress
from cstark.report.progress import ProgressBar, progress_line
from tests.oracles import zoo

WORKLOADS = {
    "fib_pair": {"log_rows": 12},
    "lookup_bench": {"scale": 6},
    "fib_iterative": {"iterations": 500},
}


@pytest.fixture(scope="module")
def case():
    return zoo.together(zoo.fibonacci(7), zoo.cubic(5), zoo.lookup(2, 6, 4))


def told_of(case, machine, **settings):
    told = []
    proof = case.prove(machine, progress=lambda *step: told.append(step), **settings)
    return proof, told


# ---- what is told ------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [True, False])
def test_the_calls(case, check):
    machine = case.machine(grinding=2)
    proof, told = told_of(case, machine, check=check)
    phases = [phase for phase, _ in itertools.groupby(phase for phase, _, _ in told)]
    names = [phase.name for phase in proof.report.root.children]
    assert phases == [name for name in names if name in phases]
    assert ("check" in phases) == check
    assert {"commit preprocessed", "commit main", "constraints", "DEEP", "FRI"} <= set(phases)
    assert len({total for _, _, total in told}) == 1
    done = [done for _, done, _ in told]
    assert all(type(number) is int for number in done)
    assert done == sorted(done) and done[0] >= 0
    assert done[-1] == told[-1][2]
    # the second proof has nothing left to do for the machine
    assert "commit preprocessed" not in {phase for phase, _, _ in told_of(case, machine)[1]}


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
@pytest.mark.parametrize("blowup", [2, 4])
@pytest.mark.parametrize("name", WORKLOADS)
def test_work_is_as_foretold(name, blowup, plan, monkeypatch):
    """Phase by phase what the kernels tell is what was expected: shares of time rest on it."""
    kept = []

    class Kept(progress.Steps):
        def __init__(self, tell, report, work):
            super().__init__(tell, report, work)
            kept.append((self, work))

    monkeypatch.setattr(progress, "Steps", Kept)
    monkeypatch.setattr("cstark.proving.choose_plan", lambda *_: plan)
    # How much memory is fresh depends on what has been proved before.
    monkeypatch.setattr(_chunks, "touch", lambda buffer: None)
    monkeypatch.setattr(_runtime, "SYSTEM_BYTES", 1 << 60)
    load(name)(**WORKLOADS[name]).prove(
        cs.Options(queries=20, blowup=blowup, grinding=0), progress=lambda *step: None
    )
    ((steps, work),) = kept
    total = sum(work.values())
    assert set(steps.told) <= set(work)
    for phase in work:
        # a query hashes a few rows again
        assert abs(steps.told.get(phase, 0.0) - work[phase]) <= 0.01 * total, phase
        if phase != "queries":
            assert steps.told.get(phase, 0.0) == pytest.approx(work[phase], rel=0.01), phase


def test_fresh_memory_counts():
    workload = load("fib_pair")(log_rows=14)
    options = cs.Options(queries=20, grinding=0)

    def told():
        steps = []
        workload.prove(options, progress=lambda *step: steps.append(step))
        return steps

    gc.collect()  # no buffer may come back between the two
    _runtime.release_memory()
    first = told()
    again = told()
    fresh = (first[-1][2] - again[-1][2]) * 1000.0
    # A coset beside that which takes the trace's place; other buffers are small, and not counted.
    large = 32 * 8 << 14
    assert fresh == pytest.approx(_chunks.touch_cost(large), rel=0.01)


def test_threads_have_watchers_of_their_own():
    from concurrent.futures import ThreadPoolExecutor

    def told(log_height):
        small = zoo.fibonacci(log_height)
        return {step[2] for step in told_of(small, small.machine())[1]}

    one, two = told(6), told(9)
    assert one != two
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(told, [6, 9] * 4)) == [one, two] * 4
    assert _chunks.set_watcher(None) is None


def test_a_watcher_may_compute():
    seen = []
    words = np.arange(100, dtype=np.uint64)

    def watch(nanoseconds):
        seen.append(nanoseconds)
        assert _field.first_invalid(words) == -1  # of which it is not told

    assert _chunks.set_watcher(watch) is None
    try:
        _field.add(words, words, np.empty_like(words))
    finally:
        assert _chunks.set_watcher(None) is watch
    assert len(seen) == 1 and seen[0] > 0


def test_a_proof_within_a_proof(case):
    machine = case.machine()
    inner = zoo.fibonacci(4)
    totals, within = [], []

    def tell(phase, done, total):
        totals.append(total)
        if len(totals) == 5:
            inner.prove(inner.machine(), progress=lambda *step: within.append(step))

    case.prove(machine, progress=tell)
    assert within[-1][1] == within[-1][2]
    assert len(set(totals)) == 1 and len(totals) > 20


def test_phases_that_take_more_or_less_than_expected():
    told = []
    report = Report()
    steps = progress.Steps(lambda *step: told.append(step), report, {"a": 4e6, "b": 0.0, "c": 6e6})
    with report.phase("a"):
        steps(1e6)
        with report.phase("inside"):
            steps(9e6)
    steps(1e6)  # between two phases
    with report.phase("unknown"):
        steps(1e6)
    with report.phase("c"):
        steps(3e6)
    steps.finish()
    assert told == [
        ("a", 1000, 10000), ("a", 4000, 10000), ("a", 4000, 10000), ("unknown", 4000, 10000),
        ("c", 7000, 10000), ("c", 10000, 10000),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [3, "yes", [print]])
def test_what_is_no_progress(case, wrong):
    with pytest.raises(cs.OptionsError, match=r"progress=.*must be True for a bar, or a callable"):
        case.prove(case.machine(), progress=wrong)


# ---- cancelling --------------------------------------------------------------------------------


class Cancelled(Exception):
    pass


@pytest.mark.parametrize("plan", [PLANS[0], PLANS[2], PLANS[-1]], ids=lambda plan: plan.name)
def test_cancelling_at_every_call(case, plan, monkeypatch):
    """The exception comes through, all memory is given up, and the next proof is the same."""
    monkeypatch.setattr("cstark.proving.choose_plan", lambda *_: plan)
    machine = case.machine(grinding=2)
    reference = case.prove(machine).to_bytes()
    told = told_of(case, machine)[1]
    gc.collect()
    before = _runtime.live_bytes()
    for stop in range(1, len(told), 5):
        calls = itertools.count(1)
        error = Cancelled(stop)

        def tell(*_, calls=calls, error=error, stop=stop):
            if next(calls) == stop:
                raise error

        with pytest.raises(Cancelled) as caught:
            case.prove(machine, progress=tell)
        assert caught.value is error
        # `caught` keeps the traceback, as an interactive session does
        assert _runtime.live_bytes() == before, told[stop - 1]
        assert _chunks.set_watcher(None) is None
    assert case.prove(machine).to_bytes() == reference


@pytest.mark.parametrize("error", [StopIteration(), KeyboardInterrupt(), SystemExit(3), OSError(2)])
def test_any_exception_comes_through(case, error):
    def tell(phase, done, total):
        if phase == "commit main":
            raise error

    with pytest.raises(type(error)) as caught:
        case.prove(case.machine(), progress=tell)
    assert caught.value is error


def test_a_workload_gives_up_its_traces():
    made = []

    @dataclass(frozen=True)
    class Kept(load("add_mul")):
        def prepare(self):
            prepared = super().prepare()
            made.extend(weakref.ref(trace) for trace in prepared.traces.values())
            return prepared

    def tell(phase, done, total):
        raise Cancelled

    with pytest.raises(Cancelled) as caught:
        Kept(operations=20).prove(progress=tell)
    assert made and [trace() for trace in made] == [None] * len(made)
    assert caught.value.__traceback__ is not None


def test_the_callers_frames_keep_their_locals(case):
    def tell(phase, done, total):
        telltale = phase
        if done:
            raise Cancelled(telltale)

    with pytest.raises(Cancelled) as caught:
        case.prove(case.machine(), progress=tell)
    frames = [entry.frame for entry in caught.traceback]
    assert frames[-1].f_locals["telltale"] == str(caught.value)


def test_cancelling_before_the_preprocessed_columns_are_committed(case):
    machine = case.machine()

    def tell(phase, done, total):
        assert phase == "commit preprocessed"
        raise Cancelled

    with pytest.raises(Cancelled):
        case.prove(machine, progress=tell)
    case.verify(machine, case.prove(machine))


# ---- the bar -----------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the test sets."""
    now = types.SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: now.seconds)
    return now


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 24)))


def test_the_line(monkeypatch):
    monkeypatch.setattr(_runtime, "live_bytes", lambda: 3 << 30)
    line = progress_line("commit main", 250, 1000, 30.0)
    assert line == " 25 %  [#####...............]  commit main  1:30 left  3.00 GiB"
    assert progress_line("check", 0, 1000, 1.0) == "  0 %  [....................]  check  3.00 GiB"
    done = "100 %  [####################]  queries"  # no time left, no second of it
    assert progress_line("queries", 1000, 1000, 9.0) == f"{done}  3.00 GiB"
    monkeypatch.setattr(_runtime, "live_bytes", lambda: 0)
    assert progress_line("queries", 1000, 1000, 9.0) == done
    assert progress_line("queries", 999, 1000, 9.99).startswith(" 99 %  [###################.]")


def test_the_line_is_rewritten_and_disappears(clock, screen):
    stream = Terminal()
    with ProgressBar(stream) as bar:
        bar("check", 0, 100)
        clock.seconds += 0.9
        bar("check", 1, 100)
        assert stream.getvalue() == ""  # not in the first second
        clock.seconds += 0.2
        bar("commit main", 20, 100)
        clock.seconds += 0.01
        bar("commit main", 21, 100)  # too soon
        clock.seconds += 1.0
        bar("FRI", 100, 100)
    shown = stream.getvalue().split("\r")
    assert shown[0] == ""
    assert shown[1].startswith(" 20 %  [####") and "commit main  5 s left" in shown[1]
    assert shown[2].startswith("100 %") and len(shown[2]) == len(shown[1])
    assert shown[3].isspace() and len(shown[3]) >= len(shown[2].rstrip()) and shown[4] == ""


def test_the_line_makes_room_and_comes_back(clock, screen):
    stream = Terminal()
    with ProgressBar(stream, delay=0.0) as bar:
        bar.hide()
        bar.show()  # nothing to hide or to show yet
        assert stream.getvalue() == ""
        bar("commit main", 20, 100)
        for _ in range(2):
            bar.hide()
        stream.write("printed\n")
        bar.show()
    line = f"\r{progress_line('commit main', 20, 100, 0.0)}"
    blank = f"\r{' ' * (len(line) - 1)}\r"
    assert stream.getvalue() == line + blank + "printed\n" + line + blank


def test_a_narrow_terminal(clock, monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((20, 24)))
    stream = Terminal()
    with ProgressBar(stream, delay=0.0) as bar:
        bar("commit main", 20, 100)
    assert all(len(line) <= 19 for line in stream.getvalue().split("\r"))


def test_where_no_line_can_be_rewritten(clock):
    quiet, lines = io.StringIO(), io.StringIO()
    for stream, bar in ((quiet, ProgressBar(quiet)), (lines, ProgressBar(lines, lines=True))):
        with bar:
            for second in range(25):
                clock.seconds += 1.0
                bar("commit main", second, 30)
        assert "\r" not in stream.getvalue()
    assert quiet.getvalue() == ""
    assert [line[:5] for line in lines.getvalue().splitlines()] == [" 33 %", " 66 %"]


def test_a_notebook(clock, screen, monkeypatch):
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    stream = io.StringIO()
    with ProgressBar(stream, delay=0.0) as bar:
        bar("commit main", 1, 4)
    assert stream.getvalue().startswith("\r 25 %")


def test_true_is_a_bar_on_standard_error(case, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(ProgressBar.__init__, "__kwdefaults__", {"delay": 0.0, "lines": False})
    case.prove(case.machine(), progress=True)
    assert "\r  " in stream.getvalue() and " %  [" in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_without_standard_error(case, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    case.prove(case.machine(), progress=True)
