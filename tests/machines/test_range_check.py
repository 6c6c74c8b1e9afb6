"""The generator: 32-bit arithmetic that holds by its lookups alone."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import Forgery, round_trip

import cstark as cs
from cstark.gadgets import RangeTable
from cstark.machines.generator import CARRY, INCREMENT, MULTIPLIER, states
from cstark.machines.range_check import RangeCheck

M = 1 << 32


def step(x: int) -> int:
    return (MULTIPLIER * x + INCREMENT) % M


def plain(seed: int, rows: int) -> list[int]:
    x = [seed]
    while len(x) < rows:
        x.append(step(x[-1]))
    return x


@pytest.mark.parametrize("seed", [0, 1, M - 1, 0xDEADBEEF])
def test_states_one_by_one(seed):
    for rows in (1, 2, 8, 256):
        assert states(seed, rows).tolist() == plain(seed, rows)


def test_the_list_counts_what_is_looked_up():
    trace = RangeTable(3).trace(np.array([[1, 1], [7, 0]]), np.array([1], dtype=np.uint64))
    assert trace[:, 0].tolist() == [1, 3, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("log_rows", [3, 7])
def test_round_trip(log_rows):
    seed = 12345
    claim = round_trip(RangeCheck(log_rows=log_rows, seed=seed))
    rows = 1 << log_rows
    assert claim == {"rows": rows, "seed": seed, "last": plain(seed, rows)[-1]}


def forgery() -> Forgery:
    return Forgery(RangeCheck(log_rows=3, seed=3))


def recount(false: Forgery) -> None:
    """The list counts the bytes that are bytes."""
    cells = false.traces["generator"]
    false.traces["range"] = RangeTable(8).trace(cells[cells < 256])


@pytest.mark.parametrize(
    ("name", "culprit"), [("last", "ends as claimed"), ("seed", "starts at the seed")]
)
def test_another_value_in_the_claim(name, culprit):
    false = forgery()
    false.claim[name] ^= 1
    false.refused(culprit)


def test_a_step_that_is_not_one():
    false = forgery()
    false.view("generator").x[4, 0] ^= np.uint64(1)
    recount(false)
    false.refused("step")


def test_without_lookups_of_the_carry_every_state_could_follow():
    """A carry out of the field, which is no three bytes."""
    false = forgery()
    cells = false.view("generator")
    before, wanted = plain(3, 8)[6], 0xC0FFEE
    carry = (MULTIPLIER * before + INCREMENT - wanted) * pow(M, -1, cs.P) % cs.P
    cells.x[7] = list(wanted.to_bytes(4, "little"))
    cells.carry[7] = carry, 0, 0
    false.claim["last"] = wanted
    recount(false)
    false.refused("bus range")


def test_without_lookups_of_the_state_it_could_wrap_around_p():
    """Row 6 holds no 32-bit number, and row 7 is one more than it should be: p is 1 modulo 2^32."""
    false = forgery()
    cells = false.view("generator")
    x = plain(3, 8)
    whole = MULTIPLIER * (MULTIPLIER * x[5] + INCREMENT) + INCREMENT
    carries, rest = divmod(whole + cs.P - (x[7] + 1), M)
    assert rest == 0
    first, second = divmod(carries, MULTIPLIER)
    cells.carry[6:] = CARRY.split([first, second])
    cells.x[6] = (MULTIPLIER * x[5] + INCREMENT - M * first) % cs.P, 0, 0, 0
    cells.x[7] = list((x[7] + 1).to_bytes(4, "little"))
    false.claim["last"] = x[7] + 1
    recount(false)
    assert (cells.carry < 256).all() and (cells.x >= 256).sum() == 1
    false.refused("bus range")


def test_the_list_cannot_lie():
    false = forgery()
    false.traces["range"][7, 0] += np.uint64(1)
    false.refused("bus range")


def test_a_carry_that_means_nothing():
    false = forgery()
    false.view("generator").carry[0, 0] = 9
    recount(false)
    false.refused("nothing is carried to the first row")


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"rows": 8, "seed": 0}, "has no 'last'"),
        ({"rows": 9, "seed": 0, "last": 0}, "claim.rows is 9"),
        ({"rows": 1 << 23, "seed": 0, "last": 0}, "not a power of two from 8"),
        ({"rows": 8, "seed": M, "last": 0}, "claim.seed is 4294967296"),
        ({"rows": 8, "seed": 0, "last": -1}, "claim.last is -1"),
        ({"rows": 8, "seed": True, "last": 0}, "is bool"),
    ],
)
def test_senseless_claims_are_refused(claim, message):
    with pytest.raises(cs.StatementError, match=message):
        RangeCheck.read_statement(claim)
