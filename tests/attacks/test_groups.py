"""Many interactions share a lookup column: each of them counts, first, last or between.

The sender's seven messages go in two columns, four in the first and three with the accumulator.
"""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import Reason
from cstark.air import description as described
from tests.attacks.toolkit import (
    CheatingProver,
    Statement,
    changed,
    forge,
    plain_refusal,
    refused,
    show,
    show_adaptive,
    without,
)

MESSAGES = 7
ROWS = 16
OPTIONS = {"blowup": 4, "queries": 6, "grinding": 0, "max_log_height": 8}


class Sender(cs.Air):
    """Sends all its values; a constraint of degree 5 leaves room for four in a column."""

    columns = {"value": (MESSAGES,), "step": ()}

    def constrain(self, t):
        step = t.now.step
        t.every_row.zero(step * (step - 1) * (step - 2) * (step - 3) * (step - 4))
        for value in t.now.value:
            t.send("small", [value, step])


class Small(cs.Air):
    """Numbers below 16 beside each step, with how often they are sent."""

    columns = ("count",)
    preprocessed = ("value", "step")
    rows = 128

    def preprocessed_trace(self):
        return np.stack([np.arange(128) % 16, np.arange(128) // 16], axis=1).astype(np.uint64)

    def constrain(self, t):
        fixed = t.preprocessed
        t.receive("small", [fixed.value, fixed.step], count=t.now.count)


def machine_of_groups(**options):
    return cs.Machine({"sender": Sender(), "small": Small()}, cs.Options(**{**OPTIONS, **options}))


def traces_of_groups(wrong=None, counted=range(MESSAGES)):
    """True ones; or one message of a row is no small number, and only some have been counted."""
    sender = (np.arange(ROWS)[:, None] * 5 + np.arange(MESSAGES + 1)) % 16
    sender[:, -1] = np.arange(ROWS) % 5
    counts = np.zeros((128, 1), dtype=np.uint64)
    for member in counted:
        np.add.at(counts[:, 0], sender[:, member] + 16 * sender[:, -1], 1)
    sender = sender.astype(np.uint64)
    if wrong is not None:
        sender[5, wrong] = 99
    return {"sender": sender, "small": counts}


def test_the_columns_are_as_said():
    sender, small = machine_of_groups().verifying_key().tables
    assert sender.groups == ((0, 1, 2, 3), (4, 5, 6))
    assert (sender.degree, small.groups) == (5, ((0,),))


@pytest.mark.holds("bus sum")
@pytest.mark.parametrize("zk", [False, True])
@pytest.mark.parametrize("member", range(MESSAGES))
def test_a_message_that_nobody_receives(member, zk):
    true = Statement(machine_of_groups(zk=zk))
    wrong = traces_of_groups(member)
    assert not true.machine.check(wrong)
    honest = true.machine.prove(traces_of_groups())
    assert plain_refusal(true, honest) == ""
    forged = forge(CheatingProver, true, wrong)
    show(true, honest, true, forged, Reason.BUS_SUM, without("bus sum"))


class Borrowing(CheatingProver):
    """Commits to a false trace, and to the lookup columns and sums of a true one."""

    def round_2_lookup(self):
        kept, names = self.traces, self.key.names
        self.traces = [traces_of_groups()[name] for name in names]
        super().round_2_lookup()
        self.traces = kept


@pytest.mark.holds("constraints")
@pytest.mark.parametrize("member", range(MESSAGES))
def test_lookup_columns_of_other_messages(member):
    """The sums balance, but the column does not have the fraction of this member."""
    true = Statement(machine_of_groups())
    forged = forge(Borrowing, true, traces_of_groups(member))
    honest = true.machine.prove(traces_of_groups())
    show(true, honest, true, forged, Reason.CONSTRAINTS, without("constraints"))
    assert plain_refusal(true, forged) == "constraints"
    assert "table 'sender'" in str(refused(true, forged, Reason.CONSTRAINTS))


@pytest.mark.parametrize("member", range(MESSAGES))
def test_a_group_without_one_of_its_members(member):
    """Where the columns leave one out, for both sides, it may be anything."""
    grouped = described.grouped

    def fewer(counts, degree):
        groups = grouped(counts, degree)
        if len(counts) < MESSAGES:
            return groups
        return tuple(tuple(k for k in group if k != member) for group in groups)

    def attack():
        counted = [k for k in range(MESSAGES) if k != member]
        false = Statement(machine_of_groups())  # compiled for the columns of the moment
        return false, forge(CheatingProver, false, traces_of_groups(member, counted))

    true = Statement(machine_of_groups())
    honest = true.machine.prove(traces_of_groups())
    show_adaptive(true, honest, attack, changed(described, "grouped", fewer))
