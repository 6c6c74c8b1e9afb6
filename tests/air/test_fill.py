"""`pad_to`: tables filled up to heights that the prover chooses, which hide how many rows count."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import cstark as cs
from cstark.machines.add_mul import AddMul


class Listed(cs.Air):
    """Pairs (x, 2 x), which may stand any number of times."""

    columns = ("x", "double")
    stands = "any"

    def constrain(self, t):
        t.every_row.equal(t.now.double, 2 * t.now.x)


class Ticking(cs.Air):
    """A clock from 0: rows of zeros would stop it."""

    columns = ("clock",)

    def constrain(self, t):
        t.first_row.zero(t.now.clock)
        t.transition.equal(t.next.clock, t.now.clock + 1)

    def fill(self, trace, rows):
        return np.arange(rows, dtype=np.uint64).reshape(-1, 1)


class Stopped(Ticking):
    def fill(self, trace, rows):
        return cs.Air.fill(self, trace, rows)


class Short(Ticking):
    def fill(self, trace, rows):
        return trace


class Squares(cs.Air):
    columns = ("x", "square")

    def constrain(self, t):
        t.every_row.equal(t.now.square, t.now.x**2)


class Eight(Squares):
    rows = 8


OPTIONS = cs.Options(zk=True, queries=5, grinding=0, max_log_height=12)
X = np.arange(16, dtype=np.uint64)
SQUARES, DOUBLES = np.stack([X, X * X], axis=1), np.stack([X, 2 * X], axis=1)
AIRS = {"squares": Squares(), "clock": Ticking(), "listed": Listed(), "eight": Eight()}
MACHINE = cs.Machine(AIRS, OPTIONS)
TRACES = {"squares": SQUARES, "clock": X, "listed": [DOUBLES], "eight": SQUARES[:8]}


def heights_of(pad_to, traces=TRACES, machine=MACHINE):
    proof = machine.prove(traces, pad_to=pad_to)
    machine.verify(proof, min_security=0)
    return proof.log_heights


@pytest.mark.parametrize(
    ("pad_to", "heights"),
    [
        (None, (4, 4, (4,), 3)),
        ({}, (4, 4, (4,), 3)),
        ({"squares": 64}, (6, 4, (4,), 3)),
        ({"squares": np.int64(32), "clock": 128}, (5, 7, (4,), 3)),
        ({"squares": 16}, (4, 4, (4,), 3)),
        ({"listed": 32}, (4, 4, (5,), 3)),
        ({"listed": (64, 16, 8)}, (4, 4, (6, 4, 3), 3)),
    ],
)
def test_heights_are_those_asked_for(pad_to, heights):
    assert heights_of(pad_to) == heights


@pytest.mark.parametrize(
    "given",
    [
        lambda: SQUARES,
        SQUARES.astype(np.int64),
        SQUARES.tolist(),
        lambda: SQUARES.tolist(),
        SQUARES.astype(object),
    ],
)
def test_traces_in_every_form(given):
    assert heights_of({"squares": 32}, {**TRACES, "squares": given})[0] == 5


def test_more_traces_of_filling_alone():
    without = {name: trace for name, trace in TRACES.items() if name != "listed"}
    assert heights_of({"listed": (16, 8)}, without)[2] == (4, 3)
    assert heights_of({"listed": ()}, without)[2] == ()


def test_two_lengths_give_proofs_of_one_shape():
    """What the heights told is not told any more."""
    proofs = [
        MACHINE.prove({**TRACES, "squares": SQUARES[:rows]}, pad_to={"squares": 64})
        for rows in (8, 16)
    ]
    assert proofs[0].log_heights == proofs[1].log_heights


@pytest.mark.parametrize(
    ("pad_to", "problem"),
    [
        ({"square": 32}, "no table 'square'; did you mean 'squares'"),
        ({7: 32}, "no table 7"),
        ({"eight": 16}, "'eight': it always has 8 rows"),
        ({"eight": 8}, "'eight': it always has 8 rows"),
        ({"squares": 8}, "'squares': 8 rows, fewer than the 16"),
        ({"squares": 17}, "'squares': 17 rows; .*power of two, at least 8: give 32"),
        ({"squares": 0}, "'squares': 0 rows; .*give 8"),
        ({"squares": -8}, "'squares': -8 rows"),
        ({"squares": 1 << 13}, "'squares': 8192 rows, more than 2\\^12"),
        ({"squares": (1 << 5000) + 1}, "'squares': .*power of two"),
        ({"squares": 16.0}, "'squares': 16.0 rows; it must be an int"),
        ({"squares": True}, "'squares': True rows"),
        ({"squares": "16"}, "'squares': '16' rows"),
        ({"squares": (16,)}, "'squares': .*give one number"),
        ({"squares": None}, "'squares': None rows"),
        ({"listed": (8, 16)}, "'listed': .*tallest first"),
        ({"listed": (16, "8")}, "'listed': '8' rows"),
        ({"listed": 8}, "'listed': 8 rows, fewer than the 16"),
        ({"listed": ()}, "'listed': 0 numbers of rows for 1 traces"),
        ([("squares", 16)], "pad_to is of type list"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(pad_to, problem):
    with pytest.raises(cs.TraceError, match=problem):
        MACHINE.prove(TRACES, pad_to=pad_to)
    shards = MACHINE.with_options(cs.Options(queries=5, max_log_height=12))
    with pytest.raises(cs.TraceError, match=problem):
        shards.prove_shards([TRACES], pad_to=pad_to)


def test_refusals_come_before_any_work():
    def never():
        raise AssertionError("read")

    with pytest.raises(cs.TraceError, match="'clock': 8 rows, fewer"):
        MACHINE.prove({**TRACES, "squares": never}, pad_to={"squares": 64, "clock": 8})


@pytest.mark.parametrize(
    ("trace", "problem"),
    [
        (None, "None"),
        ("rows", "str"),
        (np.zeros((8, 3), np.uint64), "3 columns"),
        (np.zeros((2, 8, 2), np.uint64), "3 dimensions"),
        ([[1, 1], [2]], "ragged"),
        (np.ma.masked_array(SQUARES, mask=SQUARES == 4), "masked"),
        (SQUARES.astype(float), "float"),
    ],
)
def test_what_is_no_trace_is_refused_as_ever(trace, problem):
    with pytest.raises(cs.TraceError, match=problem):
        MACHINE.prove({**TRACES, "squares": trace}, pad_to={"squares": 32})


@pytest.mark.parametrize("rows", [0, 1, 12])
def test_what_is_filled_up_may_have_any_number_of_rows(rows):
    assert heights_of({"squares": 32}, {**TRACES, "squares": SQUARES[:rows]})[0] == 5


def test_a_frame_is_filled_up_and_one_in_another_order_is_not():
    class Frame:
        def __init__(self, columns, rows):
            self.columns, self.rows = columns, rows

        def __array__(self, dtype=None, copy=None):
            return np.array(self.rows, dtype=dtype)

    good, bad = Frame(["x", "square"], SQUARES), Frame(["square", "x"], SQUARES[:, ::-1])
    assert heights_of({"squares": 32}, {**TRACES, "squares": good})[0] == 5
    with pytest.raises(cs.TraceError, match="bring them into this order"):
        MACHINE.prove({**TRACES, "squares": bad}, pad_to={"squares": 32})


def test_filling_that_breaks_a_constraint_says_so():
    machine = cs.Machine({"clock": Stopped()}, OPTIONS)
    for prove, traces in ((machine.prove, {"clock": X}), (machine.prove_shards, [{"clock": X}])):
        with pytest.raises(cs.TraceError, match="clock") as caught:
            prove(traces, pad_to={"clock": 32})
        assert any("fill(trace, rows)" in note for note in caught.value.__notes__)
    wrong = X.copy()
    wrong[3] = 9
    with pytest.raises(cs.TraceError, match="clock") as caught:
        machine.prove({"clock": wrong})
    assert not hasattr(caught.value, "__notes__")


def test_filling_of_another_length_is_refused():
    machine = cs.Machine({"clock": Short()}, OPTIONS)
    with pytest.raises(cs.TraceError, match=r"'clock': Short.fill gives 16 rows, not 32"):
        machine.prove({"clock": X}, pad_to={"clock": 32})


@pytest.mark.parametrize("zk", [False, True])
def test_shards_are_filled_up_where_they_stand(zk):
    machine = MACHINE.with_options(cs.Options(queries=5, grinding=0, max_log_height=12, zk=zk))
    shards = [{"listed": [DOUBLES]}, TRACES]
    proof = machine.prove_shards(shards, pad_to={"squares": 32, "listed": 64})
    machine.verify(proof, min_security=0)
    assert proof.log_heights == (((), (), (6,), ()), (5, 4, (6,), 3))


def test_a_shard_that_is_filled_up_travels():
    from cstark.air.fill import Padded

    shard = Padded(MACHINE.tables, MACHINE.descriptions, TRACES, {"clock": (32,)})
    assert len(pickle.loads(pickle.dumps(shard))()["clock"]()) == 32


def test_buses_balance_as_before():
    """Rows of zeros of lists are asked for by nobody."""
    prepared = AddMul(operations=20).prepare()
    claim, statement = AddMul.read_statement(prepared.claim)
    machine = cs.Machine(statement.tables, OPTIONS)
    proof = machine.prove(prepared.traces, claim=claim, pad_to={"add": 64, "mul": 32})
    machine.verify(proof, min_security=0)
    assert proof.log_heights[1:] == (6, 5)
