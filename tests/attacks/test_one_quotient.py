"""Tables of one height share a quotient: what one of them violates, another cannot make up for."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field
from cstark.protocol.transcript import Transcript
from tests.attacks.toolkit import (
    CheatingProver,
    Statement,
    forge,
    plain_refusal,
    show_adaptive,
    swapped,
)

P = cs.P
OPTIONS = cs.Options(queries=6, grinding=0, max_log_height=8)


class Counter(cs.Air):
    """Counts up by one."""

    columns = ("x",)

    def constrain(self, t):
        t.transition.equal(t.next.x, t.now.x + 1)


def counting(*steps):
    """Traces of counters, whose steps on one row are off by these."""
    traces = {}
    for number, step in enumerate(steps):
        trace = np.arange(16, dtype=np.uint64).reshape(-1, 1)
        for row in range(8, 16):
            trace[row, 0] = (int(trace[row, 0]) + step) % P
        traces[f"t{number}"] = trace
    return traces


@contextmanager
def drawn(label, element):
    """A protocol in which the prover knows a challenge beforehand, for both sides."""

    class Fixed(Transcript):
        def extension(self, name):
            value = super().extension(name)
            return element if name == label else value

    with swapped(Transcript, Fixed):
        yield


@pytest.mark.holds("constraints")
@pytest.mark.parametrize("tables", [2, 3])
def test_violations_that_cancel(tables):
    """With delta = 1 the quotients are added: e in one table and -e in another are no violation."""
    machine = cs.Machine({f"t{k}": Counter() for k in range(tables)}, OPTIONS)
    true = Statement(machine)
    steps = (*[0] * (tables - 2), 5, -5)
    wrong = counting(*steps)
    assert not machine.check(wrong)
    honest = machine.prove(counting(*[0] * tables))
    show_adaptive(
        true, honest, lambda: (true, forge(CheatingProver, true, wrong)),
        drawn("delta", field.ONE),
    )  # fmt: skip
    assert plain_refusal(true, forge(CheatingProver, true, wrong)) == "constraints"


@pytest.mark.holds("constraints")
def test_violations_that_cancel_across_heights():
    """With masks tables of one code height share a quotient, whatever their own heights.

    The row 7 of 16 is the row 14 of 32: the residues there are e (r - 1/g) r / N, to be opposite.
    """
    tables = {"short": Counter(), "tall": Counter()}
    machine = cs.Machine(tables, cs.Options(queries=6, grinding=0, max_log_height=8, zk=True))
    short, tall = field.base_root(4), field.base_root(5)
    row = pow(short, 7, P)
    factor = 2 * (row - pow(short, -1, P)) * pow(row - pow(tall, -1, P), -1, P)
    traces = {
        name: np.arange(1 << log_rows, dtype=np.uint64).reshape(-1, 1)
        for name, log_rows in (("short", 4), ("tall", 5))
    }
    wrong = {name: trace.copy() for name, trace in traces.items()}
    for name, start, step in (("short", 8, 5), ("tall", 15, -5 * factor)):
        for at in range(start, len(wrong[name])):
            wrong[name][at, 0] = (int(wrong[name][at, 0]) + step) % P
    true = Statement(machine)
    assert not machine.check(wrong)
    show_adaptive(
        true, machine.prove(traces), lambda: (true, forge(CheatingProver, true, wrong)),
        drawn("delta", field.ONE),
    )  # fmt: skip
    assert plain_refusal(true, forge(CheatingProver, true, wrong)) == "constraints"


def test_a_known_delta_is_enough_to_cheat():
    """Violations that cancel for one value of delta: it must come after the commitments."""
    machine = cs.Machine({"t0": Counter(), "t1": Counter()}, OPTIONS)
    true = Statement(machine)
    known = 1234567
    wrong = counting(known, -1)  # off by known + delta (-1)
    honest = machine.prove(counting(0, 0))
    show_adaptive(
        true, honest, lambda: (true, forge(CheatingProver, true, wrong)),
        drawn("delta", (known, 0, 0)),
    )  # fmt: skip


def test_powers_of_beta_alone_would_do_no_better():
    """delta = beta: constraint 1 of one table has the weight of constraint 0 of the next."""

    class Two(cs.Air):
        columns = ("x", "y")

        def constrain(self, t):
            t.transition.equal(t.next.x, t.now.x + 1)
            t.transition.equal(t.next.y, t.now.y + 1)

    machine = cs.Machine({"t0": Two(), "t1": Two()}, OPTIONS)
    true = Statement(machine)

    def traces(*steps):
        found = counting(*steps)
        return {f"t{k}": np.hstack([found[f"t{2 * k}"], found[f"t{2 * k + 1}"]]) for k in range(2)}

    wrong, honest = traces(0, 7, -7, 0), machine.prove(traces(0, 0, 0, 0))
    assert not machine.check(wrong)

    @contextmanager
    def the_same():
        class Same(Transcript):
            beta = field.ONE

            def extension(self, name):
                value = super().extension(name)
                if name == "beta":
                    self.beta = value
                return self.beta if name == "delta" else value

        with swapped(Transcript, Same):
            yield

    show_adaptive(true, honest, lambda: (true, forge(CheatingProver, true, wrong)), the_same())


@pytest.mark.holds("constraints")
@pytest.mark.parametrize("place", range(3))
def test_each_table_of_a_height_counts(place):
    """The refusal names all of them: their quotients have been added up."""
    machine = cs.Machine({f"t{k}": Counter() for k in range(3)}, OPTIONS)
    true = Statement(machine)
    wrong = counting(*(9 * (k == place) for k in range(3)))
    forged = forge(CheatingProver, true, wrong)
    with pytest.raises(cs.VerificationError, match="'t0' or table 't1' or table 't2'") as refusal:
        true.verify(forged)
    assert refusal.value.reason is Reason.CONSTRAINTS
    assert plain_refusal(true, forged) == "constraints"
