"""Malformed input: an error of the documented type that names the thing, before any work."""

from __future__ import annotations

import re

import numpy as np
import pytest

import cstark as cs
from tests.oracles import zoo


@pytest.fixture(scope="module")
def fib():
    case = zoo.fibonacci(4)
    return case, case.machine()


def bad_trace(fib, trace, match):
    case, machine = fib
    for call in (machine.prove, machine.check):
        with pytest.raises(cs.TraceError, match=match) as refused:
            call({"fib": trace}, case.publics)
        assert refused.value.table == "fib"
    return refused.value


@pytest.mark.parametrize("rows", [0, 1, 4, 7, 9, 12, 24])
def test_rows(fib, rows):
    bad_trace(fib, np.zeros((rows, 2), dtype=np.uint64), rf"{rows} rows?;")


def test_rows_beyond_the_machine():
    case = zoo.fibonacci(5)
    with pytest.raises(cs.TraceError, match="max_log_height"):
        case.prove(case.machine(max_log_height=4))


@pytest.mark.parametrize("columns", [0, 1, 3])
def test_columns(fib, columns):
    bad_trace(fib, np.zeros((8, columns), dtype=np.uint64), rf"{columns} columns")


@pytest.mark.parametrize("dtype", [np.float64, np.complex128, "S3", "U3"])
def test_dtype(fib, dtype):
    bad_trace(fib, np.zeros((8, 2), dtype=dtype), str(np.dtype(dtype)))


def test_nan(fib):
    bad_trace(fib, np.full((8, 2), np.nan), "float")


def test_values_not_below_p(fib):
    trace = np.zeros((8, 2), dtype=np.uint64)
    trace[5, 1] = cs.P
    error = bad_trace(fib, trace, r"row 5, column 'right' holds .* below p.*with cs\.goldilocks")
    assert (error.row, error.column) == (5, "right")


def test_dimensions(fib):
    bad_trace(fib, np.zeros(8, dtype=np.uint64), "1 dimension")


def test_tables(fib):
    case, machine = fib
    with pytest.raises(cs.TraceError, match=r"fibb.*did you mean 'fib'"):
        machine.prove({"fibb": case.traces["fib"]}, case.publics)
    with pytest.raises(cs.TraceError, match="no trace for table 'fib'"):
        machine.prove({}, case.publics)


def test_publics(fib):
    case, machine = fib
    for publics, match in [
        (None, "3 public values, not 0"),
        ({"fib": [1, 1]}, "3 public values, not 2"),
        ({"fob": [1, 1, 1]}, "fob"),
        ({"fib": [1, 1, cs.P]}, "public value 2"),
        ({"fib": [1, -1, 1]}, "public value 1"),
        ({"fib": [1, 1.0, 1]}, "public value 1"),
        ({"fib": [True, 1, 1]}, "public value 0"),
        ({"fib": "111"}, "sequence"),
        ([1, 1, 1], r"publics are \[1, 1, 1\]; they must be a mapping.*'fib': \[\.\.\.\]"),
        (None, "in this order, left0, right0, result"),
        ({"fib": {1, 2, 3}}, "type set"),
        ({"fib": iter([1, 1, 1])}, "iterator; they must be a sequence"),
        ({"fib": [1, -1, 1]}, r"write -1 % cs\.P"),
        ({"fob": [1, 1, 1]}, "the machine has fib; did you mean 'fib'"),
    ]:
        for call in (machine.prove, machine.check):
            with pytest.raises(cs.StatementError, match=match):
                call(case.traces, publics)
        with pytest.raises(cs.StatementError, match=match):
            machine.verify(case.prove(machine), publics)


def test_tokens():
    case = zoo.lookup(1, 3, 3)
    machine = case.machine()
    for tokens, match in [
        ([cs.Send("nowhere", [1, 2])], "nowhere"),
        ([cs.Send("range", [1])], "2 values, not 1"),
        (["token"], "cs.Send or cs.Receive"),
        ([cs.Send("rnage", [1, 2])], "no table uses the bus; .*'range'; did you mean 'range'"),
        (cs.Send("range", [1, 2]), "tokens are Send.*write a list .* also for one token"),
        (None, "tokens are None"),
    ]:
        for call in (machine.prove, machine.check):
            with pytest.raises(cs.StatementError, match=match):
                call(case.traces, tokens=tokens)
        with pytest.raises(cs.StatementError, match=match):
            machine.verify(case.prove(machine), tokens=tokens, min_security=0)


def test_tokens_may_be_an_iterator():
    """They are gone through once: what is checked is what counts."""
    case = zoo.lookup(1, 3, 3, tokens=True)
    machine = case.machine()
    proof = machine.prove(case.traces, tokens=iter(case.tokens))
    assert proof == case.prove(machine)
    assert machine.check(case.traces, tokens=iter(case.tokens))
    machine.verify(proof, tokens=iter(case.tokens), min_security=0)
    with pytest.raises(cs.VerificationError):
        machine.verify(proof, tokens=iter(case.tokens[:1]), min_security=0)
    plain = zoo.lookup(1, 3, 3)
    with pytest.raises(cs.VerificationError):
        machine.verify(plain.prove(machine), tokens=iter(case.tokens), min_security=0)


def test_claim(fib):
    case, machine = fib
    with pytest.raises(cs.StatementError, match="1048577 bytes"):
        case.prove(machine, claim=bytes((1 << 20) + 1))
    with pytest.raises(cs.StatementError, match="bytes"):
        case.prove(machine, claim="text")


def test_unsatisfied_constraint(fib):
    case, machine = fib
    trace = case.traces["fib"].copy()
    trace[9, 0] += np.uint64(1)
    with pytest.raises(cs.TraceError) as refused:
        machine.prove({"fib": trace}, case.publics)
    assert refused.value.table == "fib" and refused.value.row in (8, 9)
    assert "left" in str(refused.value)


def test_unbalanced_bus():
    case = zoo.lookup(2, 4, 4)
    machine = case.machine()
    counts = case.traces["range"].copy()
    counts[3, 0] += np.uint64(1)
    for check in (True, False):
        with pytest.raises(cs.TraceError, match="range"):
            machine.prove({**case.traces, "range": counts}, check=check)


def test_check_false_skips_constraints_only(fib):
    case, machine = fib
    trace = case.traces["fib"].copy()
    trace[9, 0] += np.uint64(1)
    proof = machine.prove({"fib": trace}, case.publics, check=False)
    with pytest.raises(cs.VerificationError) as refused:
        case.verify(machine, proof)
    assert refused.value.reason is cs.Reason.CONSTRAINTS


def stating(state, **attributes):
    body = {"columns": ("x",), **attributes, "constrain": lambda self, t: state(t)}
    return {"demo": type("Demo", (cs.Air,), body)()}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            lambda t: t.every_row.zero(t.now.x**4 - 1, name="root of one"),
            r"'demo': a constraint has degree 4 but blowup 2 "
            r"allows 3: 'root of one' \(now\.x\*\*4 - 1 = 0\); use Options\(blowup=4\)"
            r".*or keep a factor .* column.*test_bad_input\.py:",
        ),
        (
            lambda t: t.first_row.equal(t.now.x**3, 8),
            r"has degree 4, one of it that of first_row, .*3: now\.x\*\*3 = 8; .*blowup=4",
        ),
        (lambda t: t.last_row.zero(t.now.x**9), r"degree 10, .*last_row.*blowup=16"),
        (lambda t: t.every_row.zero(t.now.x**62 - t.now.x), r"degree 62 .*blowup=64"),
        (
            lambda t: t.first_row.zero(t.now.x**64 * t.now.x**5),
            r"degree 70, .*; keep a factor of it in a column .*no blowup allows more than 65",
        ),
        (
            lambda t: t.send("b", [t.now.x], count=t.now.x**3, weight=1),
            r"count of interaction 0 \(send on 'b'\) has degree 3, but blowup 2 allows 2; "
            r"use Options\(blowup=4\), .*keep the count in a column of its own",
        ),
    ],
)
def test_degree(state, message):
    with pytest.raises(cs.AirError, match=message):
        cs.Machine(stating(state))
    advised = re.search(r"blowup=(\d+)", message)
    if advised:
        cs.Machine(stating(state), cs.Options(blowup=int(advised[1])))


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, r"mapping from table names to Air instances, such as .*, not \{\}"),
        ([zoo.Fibonacci()], r"not \[<"),
        (zoo.Fibonacci(), r"such as \{\"fib\": Fibonacci\(\)\}, not <"),
        (None, "not None"),
        ({"fib": zoo.Fibonacci}, r"Fibonacci is a class; write Fibonacci\(\)"),
        ({"fib": "Fibonacci"}, r"str does not derive from cs\.Air"),
        ({"a\n": zoo.Fibonacci()}, "table name"),
    ],
)
def test_what_is_no_machine(tables, message):
    with pytest.raises(cs.AirError, match=message):
        cs.Machine(tables)


def test_a_bus_with_two_widths():
    class One(cs.Air):
        columns = ("x",)

        def constrain(self, t):
            t.send("bus", [t.now.x])

    class Two(cs.Air):
        columns = ("x",)

        def constrain(self, t):
            t.receive("bus", [t.now.x, 0], count=1)

    with pytest.raises(cs.AirError, match="bus"):
        cs.Machine({"one": One(), "two": Two()})


def test_multiplicities_that_could_wrap():
    class Heavy(cs.Air):
        columns = ("x", "m")

        def constrain(self, t):
            t.send("bus", [t.now.x], count=t.now.m, weight=cs.P >> 4)
            t.receive("bus", [t.now.x], count=t.now.m)

    machine = cs.Machine({"heavy": Heavy()}, cs.Options(queries=5, grinding=0))
    short = np.ones((8, 2), dtype=np.uint64)
    machine.prove({"heavy": short})
    machine.prove({"heavy": np.ones((16, 2), dtype=np.uint64)})  # 16 (p >> 4) = p - 1
    with pytest.raises(cs.StatementError, match="wrap"):
        machine.prove({"heavy": np.ones((32, 2), dtype=np.uint64)})


def test_traces_are_used_in_place_and_never_written(fib):
    case, machine = fib
    trace = case.traces["fib"].copy()
    trace.flags.writeable = False
    proof = machine.prove({"fib": lambda: trace}, case.publics)
    assert np.array_equal(trace, case.traces["fib"])
    assert proof == case.prove(machine)


@pytest.mark.parametrize(
    ("heights", "match"),
    [
        ([8], "they must be a mapping from table names to numbers of rows, such as {'fib0': 1024}"),
        ("fib0", "they must be a mapping"),
        (8, "they must be a mapping"),
        ({"fib0": 16, "fib1": 16, "fob": 8}, "no table 'fob'; the machine has fib0, fib1"),
        ({"fob": 8, "fib0": 16, "fib1": 16}, "no table 'fob'"),
        ({"fib0": 16}, "table 'fib1' is missing"),
        ({"fib1": 16}, "table 'fib0' is missing"),
        ({"fib0": 16, "fib1": True}, "table 'fib1': True is not an int"),
        ({"fib0": "16", "fib1": 16}, "table 'fib0': '16' is not an int"),
        ({"fib0": 16, "fib1": 16.0}, "table 'fib1': 16.0 is not an int"),
        ({"fib0": 16, "fib1": 4}, "table 'fib1' cannot have 4 rows"),
        ({"fib0": 12, "fib1": 16}, "table 'fib0' cannot have 12 rows"),
        ({"fib0": 16, "fib1": 512}, "table 'fib1' cannot have 512 rows"),
        ({"fib0": 0, "fib1": 16}, "table 'fib0' cannot have 0 rows"),
    ],
)
def test_heights_to_estimate_for(heights, match):
    machine = zoo.together(zoo.fibonacci(4), zoo.fibonacci(5)).machine(max_log_height=8)
    for call in (machine.security, machine.estimate):
        call({"fib0": np.int64(8), "fib1": 256})
        with pytest.raises(cs.StatementError, match=re.escape(match)):
            call(heights)


def test_heights_that_tables_fix():
    machine = cs.Machine({"a": Fixed(16), "b": Fixed(8)}, cs.Options(queries=3))
    for call in (machine.security, machine.estimate):
        call({})
        call({"a": 16, "b": 8})
        for wrong, table in (({"a": 8}, "'a' always has 16"), ({"b": 16}, "'b' always has 8")):
            with pytest.raises(cs.StatementError, match=table):
                call(wrong)


class Fixed(cs.Air):
    columns = ("x",)

    def __init__(self, rows):
        self.rows = rows

    def constrain(self, t):
        t.every_row.boolean(t.now.x)
