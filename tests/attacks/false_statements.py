"""A few true statements, and false ones beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from tests.attacks.toolkit import P, Statement, stated
from tests.oracles import zoo


@dataclass
class Pair:
    """A true statement with its traces, and a false one with traces that come near."""

    true: Statement
    traces: dict[str, np.ndarray]
    false: Statement
    wrong: dict[str, np.ndarray]

    def honest(self) -> cs.Proof:
        return self.true.machine.prove(
            self.traces, self.true.publics, tokens=self.true.tokens, claim=self.true.claim or b""
        )


def fibonacci(log_height: int = 5, **options: Any) -> Pair:
    """The result is said to be one more than it is."""
    case = zoo.fibonacci(log_height)
    true = stated(case, **options)
    left, right, result = case.publics["fib"]
    false = true.but(publics={"fib": [left, right, (result + 1) % P]})
    assert not false.machine.check(case.traces, false.publics)
    return Pair(true, case.traces, false, case.traces)


def lookup(lanes: int = 3, log_sender: int = 4, log_range: int = 3, **options: Any) -> Pair:
    """A token is said to have been sent that nobody receives: the range table has no such pair."""
    case = zoo.lookup(lanes, log_sender, log_range)
    true = stated(case, **options)
    false = true.but(tokens=(cs.Send("range", [900, 17]),))
    assert not false.machine.check(case.traces, tokens=false.tokens)
    return Pair(true, case.traces, false, case.traces)


def flag(lanes: int = 3) -> Pair:
    """A flag of 2: the buses balance, but it is not boolean."""
    case = zoo.lookup(lanes, 4, 3)
    true = stated(case)
    wrong = {name: trace.copy() for name, trace in case.traces.items()}
    sender, counts = wrong["sender"], wrong["range"]
    counts[int(sender[0, 1]), 0] += np.uint64(2) - sender[0, -1]
    sender[0, -1] = 2
    assert not true.machine.check(wrong)
    return Pair(true, case.traces, true, wrong)
