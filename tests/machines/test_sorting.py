"""Sorting: nothing but the sorted numbers can be shown to the verifier."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import Forgery, round_trip

import cstark as cs
from cstark.gadgets import RangeTable
from cstark.machines.generator import states
from cstark.machines.sorting import Ranked, Sorting, ranked_trace

ROWS = 16
RANK = 8


@pytest.mark.parametrize("rank", [0, 5, 15, None])
def test_round_trip(rank):
    numbers = sorted(states(7, ROWS).tolist())
    claim = round_trip(Sorting(log_rows=4, seed=7, rank=rank))
    rank = ROWS // 2 if rank is None else rank
    assert claim == {"rows": ROWS, "seed": 7, "rank": rank, "value": numbers[rank]}


def test_a_rank_that_is_none():
    with pytest.raises(cs.StatementError, match="rank is 16, but the 16 numbers have 0 to 15"):
        Sorting(log_rows=4, rank=16).prepare()


def forgery() -> Forgery:
    return Forgery(Sorting(log_rows=4, seed=7, rank=RANK))


def with_numbers(false: Forgery, x: list[int]) -> Forgery:
    """SORTED with these numbers in this order, and the one of `RANK` in the claim."""
    trace = false.traces["sorted"] = ranked_trace(np.zeros(len(x), dtype=np.uint64), RANK)
    cells = false.view("sorted")
    cells.key[:] = x
    for row in range(1, len(x)):
        gap = x[row] - x[row - 1]
        cells.step[row] = gap % cs.P
        # a step down is no four bytes, however it is written
        cells.gap[row] = list(gap.to_bytes(4, "little")) if gap >= 0 else [gap % cs.P, 0, 0, 0]
    false.claim["value"] = x[RANK]
    gaps = Ranked().view(trace).gap
    false.traces["range"] = RangeTable(8).trace(false.traces["source"], gaps[gaps < 256])
    return false


def true_order() -> list[int]:
    return sorted(states(7, ROWS).tolist())


def test_the_forgers_own_sorting_is_the_true_one():
    false = with_numbers(forgery(), true_order())
    assert false.wrong() == set()


def test_another_value_in_the_claim():
    false = forgery()
    false.claim["value"] = true_order()[RANK + 1]
    false.refused("bus shown")


def test_another_rank_in_the_claim():
    false = forgery()
    false.claim["rank"] += 1
    false.refused("bus shown")


def test_another_seed_in_the_claim():
    false = forgery()
    false.claim["seed"] += 1
    false.refused("starts at the seed")


def test_numbers_out_of_order():
    x = true_order()
    x[RANK], x[RANK + 1] = x[RANK + 1], x[RANK]
    with_numbers(forgery(), x).refused("bus range")


@pytest.mark.parametrize("place", [0, 8, 15])
def test_a_number_that_nobody_sent(place):
    x = true_order()
    x[place] += 1
    with_numbers(forgery(), x).refused("bus numbers")


def test_a_number_twice_for_another_one():
    x = true_order()
    x[RANK] = x[RANK + 1]
    with_numbers(forgery(), x).refused("bus numbers")


def test_ranks():
    false = forgery()
    false.view("sorted").rank[:] += np.uint64(1)
    false.claim["rank"] += 1
    false.refused("the smallest has rank 0")
    false = forgery()
    false.view("sorted").rank[4:] += np.uint64(1)
    false.claim["rank"] += 1
    false.refused("ranks are counted")


def test_a_table_that_is_twice_as_tall():
    """More rows than numbers: nobody sends what the others receive."""
    false = forgery()
    false.traces["sorted"] = ranked_trace(np.repeat(states(7, ROWS), 2), RANK)
    false.claim["value"] = true_order()[RANK // 2]
    lookups = false.traces["source"], false.view("sorted").gap
    false.traces["range"] = RangeTable(8).trace(*lookups)
    false.refused("bus numbers")


def test_nothing_shown_or_shown_twice():
    false = forgery()
    false.view("sorted").shown[RANK] = 0
    false.refused("bus shown")
    false = forgery()
    false.view("sorted").shown[RANK + 1] = 1
    false.refused("bus shown")


class _Counted(Ranked):
    """What the lesson warns of: a column of counts."""

    def __init__(self) -> None:
        super().__init__()
        self.columns["count"] = ()

    def constrain(self, t):
        class Weak:
            def __getattr__(self, name):
                return getattr(t, name)

            def receive(self, bus, values, count, name):
                t.receive(bus, values, count=t.now.count, name=name)

        super().constrain(Weak())


@pytest.mark.parametrize("times", [1, 2])
def test_with_a_column_of_counts_a_number_could_be_replaced(times):
    """If a number occurs twice, one row stands for both, and the other one is free."""

    class Numbers(cs.Air):
        columns = ("x",)

        def constrain(self, t):
            t.send("numbers", [t.now.x])

    x = true_order()
    x[3] = x[4]  # once more
    trace = _Counted().zeros(ROWS)
    trace[:, :-1] = ranked_trace(np.array(x, dtype=np.uint64), 3)
    trace[:, -1] = 1
    value = x[3]
    if times == 2:
        value = x[2] + 1  # nobody has sent this
        forged = [*x[:3], value, *x[4:]]
        trace[:, :-1] = ranked_trace(np.array(forged, dtype=np.uint64), 3)
        trace[3:5, -1] = 0, 2
    gaps = RangeTable(8).trace(_Counted().view(trace).gap)
    tables = {"numbers": Numbers(), "range": RangeTable(8)}
    traces = {"numbers": np.array(x, dtype=np.uint64), "range": gaps}
    tokens = (cs.Receive("shown", (3, value)),)
    weak = cs.Machine({**tables, "sorted": _Counted()})
    assert weak.check({**traces, "sorted": trace}, tokens=tokens)
    strong = cs.Machine({**tables, "sorted": Ranked()})
    report = strong.check({**traces, "sorted": trace[:, :-1].copy()}, tokens=tokens)
    assert set(report.unbalanced) == ({"numbers"} if times == 2 else set())


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"rows": 8, "seed": 0, "rank": 8, "value": 0}, "claim.rank is 8"),
        ({"rows": 8, "seed": 0, "rank": -1, "value": 0}, "claim.rank is -1"),
        ({"rows": 8, "seed": 0, "rank": 0, "value": 1 << 32}, "claim.value is 4294967296"),
        ({"rows": 24, "seed": 0, "rank": 0, "value": 0}, "claim.rows is 24"),
    ],
)
def test_senseless_claims_are_refused(claim, message):
    with pytest.raises(cs.StatementError, match=message):
        Sorting.read_statement(claim)
