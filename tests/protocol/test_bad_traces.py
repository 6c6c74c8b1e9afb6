"""What a newcomer hands over as a trace: each error says what, where, and what to write."""

from __future__ import annotations

import re

import numpy as np
import pytest

import cstark as cs
from cstark.protocol.traces import read_traces
from tests.oracles import zoo

CASE = zoo.fibonacci(4)
GOOD = CASE.traces["fib"]


def changed(dtype, value, row=3, column=1):
    trace = GOOD.astype(dtype)
    trace[row, column] = value
    return trace


class Frame:
    """What NumPy sees of a data frame."""

    def __init__(self, array, columns):
        self.array, self.columns = array, columns

    def __array__(self, dtype=None, copy=None):
        return self.array

    def astype(self, dtype):
        return Frame(self.array.astype(dtype), self.columns)


FIELDS = np.zeros(16, dtype=[("left", "u8"), ("right", "u8")])
WHOLE = r"\(trace\.astype\(object\) % cs\.P\)\.astype\(np\.uint64\)"

REFUSED = {
    "negative int64": (
        changed(np.int64, -5),
        rf"row 3, column 'right' holds -5, .* write -5 % cs\.P .*{WHOLE}",
    ),
    "negative int8": (np.full((16, 2), -1, dtype=np.int8), r"row 0, column 'left' holds -1, .*"),
    "float": (GOOD.astype(float), r"float64 holds floats.*dtype=np\.uint64.*2\*\*53"),
    "complex": (GOOD.astype(complex), "dtype is complex128; field elements are integers"),
    "text": (GOOD.astype(str), "field elements are integers"),
    "negative object": (changed(object, -1), rf"row 3, column 'right' holds -1, .*{WHOLE}"),
    "large object": (changed(object, 2**70, 4, 0), r"row 4, column 'left' holds 11805916\d*, "),
    "object float": (changed(object, 1.5), "row 3, column 'right' holds 1.5, .*not an integer"),
    "object None": (changed(object, None), "row 3, column 'right' holds None, .*not an integer"),
    "list of large integers": (
        [[2**64, 0]] * 8,
        r"row 0, column 'left' holds 18446744\d+, ",
    ),
    "list of both signs": (
        [[2**63, -2]] * 8,
        r"row 0, column 'right' holds -2, .*\(np\.array\(trace, dtype=object\) % cs\.P\)",
    ),
    "list of floats": ([[1, 2.5]] * 8, r"row 0, column 'right' holds 2\.5, .*not an integer"),
    "ragged list": ([[1, 2], [3]] * 4, "ragged lengths"),
    "fields": (FIELDS, r"structured array of the fields left, right; .*np\.stack\("),
    "a dict of columns": ({"left": GOOD[:, 0], "right": GOOD[:, 1]}, r"type dict.*np\.stack\("),
    "a view": (zoo.Fibonacci().view(GOOD), "type View.*give the array itself"),
    "None": (None, "is None, not an array; give a uint64 array"),
    "a callable that forgets to return": (lambda: None, "is None, not an array"),
    "a path": ("trace.npy", "type str, not an array; give a uint64 array"),
    "one number": (5, "0 dimensions, not 2"),
    "a stack": (GOOD[None], "3 dimensions, not 2"),
    "too wide": (np.hstack([GOOD, GOOD]), r"4 columns, but the table has 2 \(left, right\)"),
    "transposed": (
        np.ascontiguousarray(GOOD.T),
        r"16 columns, but the table has 2 .*transposed\? Then give trace\.T",
    ),
    "12 rows": (GOOD[:12], "12 rows; .*power of two.*add 4 .* to make it 16"),
    "3 rows": (GOOD[:3], "3 rows; .*power of two, at least 8: add 5 .* to make it 8"),
    "masked": (np.ma.masked_array(GOOD, GOOD > 3), "masked cells"),
    "a frame in another order": (
        Frame(GOOD[:, ::-1], ["right", "left"]),
        "its columns are right, left, those of the table are left, right",
    ),
    "a frame of int64": (
        Frame(changed(np.int64, -5), ["left", "right"]),
        "row 3, column 'right' holds -5",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    trace, message = REFUSED[name]
    machine = CASE.machine()
    for call in (machine.prove, machine.check):
        with pytest.raises(cs.TraceError, match=message) as refused:
            call({"fib": trace}, CASE.publics)
        assert str(refused.value).startswith("trace of table 'fib': ")
        assert refused.value.table == "fib"
        where = re.search(r"row (\d+), column '(\w+)' holds", str(refused.value))
        found = (refused.value.row, refused.value.column)
        assert found == ((int(where[1]), where[2]) if where else (None, None))


TAKEN = {
    "Fortran order": np.asfortranarray(GOOD),
    "every second row": np.repeat(GOOD, 2, axis=0)[::2],
    "nested uint64": list(GOOD),
    "a frame": Frame(GOOD, ["left", "right"]),
    "a frame of other names": Frame(GOOD, ["a", "b"]),
    "numbered columns": Frame(GOOD, range(2)),
    "an unmasked array": np.ma.masked_array(GOOD),
    "a callable": lambda: np.asfortranarray(GOOD),
}


@pytest.mark.parametrize("name", TAKEN)
def test_taken_as_it_is(name):
    assert CASE.machine().check({"fib": TAKEN[name]}, CASE.publics)


@pytest.mark.parametrize("value", [-1, -(2**63)])
def test_the_advice_for_negative_values_works(value):
    trace = changed(np.int64, value)
    with pytest.raises(cs.TraceError, match=f"holds {value}"):
        CASE.machine().check({"fib": trace}, CASE.publics)
    reduced = (trace.astype(object) % cs.P).astype(np.uint64)
    report = CASE.machine().check({"fib": reduced}, CASE.publics)
    assert cs.P + value in report.violations[0].values.values()


@pytest.mark.parametrize(
    ("traces", "message"),
    [
        (GOOD, r"of type ndarray; they must be a mapping.*such as \{'fib': trace\}"),
        (None, "traces are None"),
        ({}, "no trace for table 'fib'$"),
        ({"fib": GOOD, "add": GOOD}, "no table 'add', only fib"),
        ({"Fib": GOOD}, "no table 'Fib'.*did you mean 'fib'"),
    ],
)
def test_wrong_mappings(traces, message):
    for call in (CASE.machine().prove, CASE.machine().check):
        with pytest.raises(cs.TraceError, match=message):
            call(traces, CASE.publics)


def test_what_is_missing_beside_what_is_there():
    case = zoo.lookup(1, 3, 3)
    with pytest.raises(cs.TraceError, match="no trace for table 'range'; there are traces for"):
        case.machine().prove({name: t for name, t in case.traces.items() if name != "range"})


def test_an_exception_of_a_callable_names_the_table():
    with pytest.raises(ZeroDivisionError) as caught:
        CASE.machine().prove({"fib": lambda: 1 // 0}, CASE.publics)
    assert any("trace of table 'fib'" in note for note in caught.value.__notes__)


def test_one_column():
    class One(cs.Air):
        columns = ("x",)

        def constrain(self, t):
            t.every_row.boolean(t.now.x)

    flat = np.ones(8, dtype=np.uint64)
    machine = cs.Machine({"one": One()})
    machine.verify(machine.prove({"one": flat}))
    assert machine.check({"one": flat.reshape(-1, 1)}) and machine.check({"one": [1] * 8})
    flat[3] = 2
    report = machine.check({"one": flat})
    assert [violation.row for violation in report.violations] == [3]
    assert One().view(flat).x.tolist() == flat.tolist()
    for wrong in (np.ones(8), np.ones(7, dtype=np.uint64), np.uint64(1), flat.reshape(1, 8)):
        with pytest.raises(cs.TraceError):
            machine.check({"one": wrong})


def test_too_high():
    with pytest.raises(cs.TraceError, match=r"Options\(max_log_height=3\); raise it, or split"):
        CASE.machine(max_log_height=3).prove(CASE.traces, CASE.publics)


@pytest.mark.parametrize("form", [lambda t: t.astype(np.int64), lambda t: t.tolist()])
def test_integers_as_numpy_makes_them_are_taken(form):
    """int64 without negatives holds the same words; so does what asarray makes of a list."""
    machine = CASE.machine()
    trace = form(GOOD)
    kept = np.array(trace)
    proof = machine.prove({"fib": trace}, CASE.publics)
    assert proof == CASE.prove(machine)
    assert machine.check({"fib": trace}, CASE.publics)
    np.testing.assert_array_equal(trace, kept)


def test_int64_is_not_copied():
    trace = GOOD.astype(np.int64)
    machine = CASE.machine()
    [array] = read_traces(machine.proving_key.description, {"fib": trace})
    assert array.dtype == np.uint64
    assert np.shares_memory(array, trace)


SMALL = GOOD % 100
LOSSLESS = {
    "bool": SMALL.astype(bool),
    **{kind: SMALL.astype(kind) for kind in ("u1", "u2", "u4", "i1", "i2", "i4", ">u8", ">i8",
                                            "<i4", ">u2", object)},
    "lists": SMALL.tolist(),
    "mixed": [[int(a), np.uint8(b)] for a, b in SMALL],
    "bools in lists": [[bool(a), int(b)] for a, b in SMALL],
    "large": [[cs.P - 1, 2**63], *SMALL[1:].tolist()],
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSLESS)
def test_integers_that_lose_nothing_are_taken(name):
    from cstark.protocol.traces import read_traces

    machine = cs.Machine({"pair": Pair()}, cs.Options(queries=5, grinding=0))
    given = LOSSLESS[name]
    [array] = read_traces(machine.proving_key.description, {"pair": given})
    assert array.dtype == np.uint64 and array.flags.c_contiguous
    assert array.tolist() == [[int(v) for v in row] for row in given]


class Pair(cs.Air):
    columns = ("left", "right")

    def constrain(self, t):
        t.every_row.zero(t.now.left * t.now.right - t.now.left * t.now.right * 2)
