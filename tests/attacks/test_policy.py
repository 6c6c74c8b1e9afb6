"""What the file says about itself: options, claim, tables, heights."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

import cstark as cs
from cstark import Reason
from cstark.protocol import verifier as verifier_module
from cstark.protocol.key import VerifyingKey
from cstark.protocol.layout import Layout
from cstark.protocol.proof import Proof
from tests.attacks import false_statements
from tests.attacks.toolkit import (
    CheatingProver,
    Statement,
    forge,
    refused,
    show,
    stated,
    swapped,
    without,
)
from tests.oracles import zoo

P = cs.P


def restated(proof: Proof, **changes) -> Proof:
    """The same proof under another header."""
    parts = {"options": proof.options, "log_heights": proof.log_heights, "claim": proof.claim}
    return Proof(**{**parts, **changes}, body=proof.body)


@pytest.mark.holds("options")
def test_options_other_than_it_was_made_with():
    """The body does not use them, so nothing else would tell: a lie to whoever reads the header."""
    pair = false_statements.fibonacci()
    for change in ({"queries": 1000}, {"grinding": 40}, {"hash": "sha256"}, {"coset_offset": 7}):
        honest = pair.honest()
        forged = restated(honest, options=replace(honest.options, **change))
        show(pair.true, honest, pair.true, forged, Reason.OPTIONS, without("options"))


@pytest.mark.holds("claim")
def test_another_claim_in_the_header():
    """Proves what the verifier asks, and states something else beside it."""
    pair = false_statements.fibonacci()
    true = pair.true.but(claim=b"two and two is four")
    pair.true = true
    honest = pair.honest()
    forged = restated(honest, claim=b"two and two is five")
    show(true, honest, true, forged, Reason.STATEMENT, without("claim"))
    # read from the file, the claim is part of what is proved
    refused(true.but(claim=None), forged, *Reason)


def shortened(key: VerifyingKey, tables: int) -> VerifyingKey:
    """The first tables of a key, under the digest of the whole."""
    short = VerifyingKey.__new__(VerifyingKey)
    vars(short).update(vars(key), tables=key.tables[:tables], digest=key.digest)
    return short


@contextmanager
def as_many_tables_as_the_file_has():
    """`zip` without `strict`: what the file leaves out is not looked at."""

    class Truncating(verifier_module.Verifier):
        def check_policy(self, policy):
            tables, whole = len(self.proof.log_heights), self.instance
            self.key = shortened(self.key, tables)
            self.instance = replace(whole, publics=whole.publics[:tables])
            super().check_policy(policy)
            self.instance = whole  # all of it is absorbed

    with swapped(verifier_module.Verifier, Truncating):
        yield


class LeavesOut(CheatingProver):
    """Proves the first table and does not mention the second."""

    def __init__(self, machine, instance, traces, *args, **settings):
        class FirstTable:
            def __getattr__(self, name):
                return getattr(machine, name)

            def verifying_key(self):
                return shortened(machine.verifying_key(), 1)

            def layout(self, heights):
                return Layout(self.verifying_key(), heights)

        super().__init__(FirstTable(), instance, traces[:1], *args, **settings)


@pytest.mark.holds("tables")
def test_a_table_left_out():
    case = zoo.together(zoo.fibonacci(4), zoo.fibonacci(5))
    true = stated(case)
    left, right, result = case.publics["fib1"]
    false = true.but(publics={**case.publics, "fib1": [left, right, (result + 1) % P]})
    honest = case.prove(true.machine)
    forged = forge(LeavesOut, false, case.traces)
    show(true, honest, false, forged, Reason.HEIGHTS, as_many_tables_as_the_file_has())
    with without("tables"), pytest.raises(ValueError, match="zip"):
        false.verify(forged)  # the second line of defence is no refusal, but it holds


class Sixteen(cs.Air):
    """Doubles fifteen times: the number of rows is part of the statement."""

    columns = ("x",)
    publics = ("last",)
    rows = 16

    def constrain(self, t):
        t.first_row.equal(t.now.x, 1)
        t.transition.equal(t.next.x, 2 * t.now.x)
        t.last_row.equal(t.now.x, t.publics.last)


@pytest.mark.holds("fixed height")
def test_another_height_than_the_statements():
    machine = cs.Machine({"t": Sixteen()}, cs.Options(queries=6, grinding=0, max_log_height=8))

    def doubled(rows):
        return {"t": np.array([[1 << k] for k in range(rows)], dtype=np.uint64)}

    true = Statement(machine, {"t": [1 << 15]})
    false = Statement(machine, {"t": [1 << 7]})  # true of a table of 8 rows
    assert not machine.check(doubled(16), false.publics)
    honest = machine.prove(doubled(16), true.publics)
    with pytest.raises(cs.TraceError, match="always has 16"):
        machine.prove(doubled(8), false.publics)
    forged = forge(CheatingProver, false, doubled(8))
    show(true, honest, false, forged, Reason.HEIGHTS, without("fixed height"))


class AnyRows(cs.Air):
    """Doubles: how often is left to the prover."""

    columns = ("x",)
    publics = ("end",)

    def constrain(self, t):
        t.first_row.equal(t.now.x, 1)
        t.transition.equal(t.next.x, 2 * t.now.x)
        t.last_row.equal(t.now.x, t.publics.end)


@pytest.mark.holds("expected height")
@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
def test_another_height_than_expected(place):
    """Where the machine leaves the height open, a caller can name it, of any table."""
    names = ("a", "b", "c")
    machine = cs.Machine(dict.fromkeys(names, AnyRows()), cs.Options(queries=4, grinding=0))

    def said(*rows):
        traces = {
            name: np.array([[1 << k] for k in range(count)], dtype=np.uint64)
            for name, count in zip(names, rows, strict=True)
        }
        publics = {name: [1 << (count - 1)] for name, count in zip(names, rows, strict=True)}
        return machine.prove(traces, publics), publics

    honest, publics = said(8, 8, 8)
    rows = [8, 8, 8]
    rows[place] = 16
    other, others = said(*rows)
    heights = {names[place]: 8}
    machine.verify(honest, publics, min_security=0, heights=heights)
    machine.verify(honest, publics, min_security=0, heights={name: np.int64(8) for name in names})
    machine.verify(other, others, min_security=0)
    machine.verify(other, others, min_security=0, heights={names[place - 1]: 8})
    for turned in itertools.permutations(names):  # each expectation counts, wherever it stands
        for several in (heights, dict.fromkeys(turned, 8)):
            with pytest.raises(cs.VerificationError, match="not the 2\\^3 expected") as refusal:
                machine.verify(other, others, min_security=0, heights=several)
            assert refusal.value.reason is Reason.HEIGHTS
            with without("expected height"):
                machine.verify(other, others, min_security=0, heights=several)
    for unknown in ({"d": 8, **heights}, {**heights, "d": 8}):
        with pytest.raises(cs.StatementError, match="no table 'd'"):
            machine.verify(honest, publics, min_security=0, heights=unknown)


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        ({"fob": 16}, "no table 'fob'; the machine has fib.*did you mean 'fib'"),
        ({"fib": 12}, "cannot have 12 rows; they are a power of two, at least 8"),
        ({"fib": 4}, "cannot have 4 rows"),
        ({"fib": -8}, "cannot have -8 rows"),
        ({"fib": "16"}, "'16' is not an int"),
        ({"fib": 16.0}, "16.0 is not an int"),
        ({"fib": True}, "True is not an int"),
        ({"fib": None}, "None is not an int"),
        ([16], "must be a mapping"),
        ("fib", "must be a mapping"),
    ],
)
def test_heights_that_are_none(heights, message):
    pair = false_statements.fibonacci(4)
    for who in (pair.true.machine, pair.true.machine.verifying_key()):
        with pytest.raises(cs.StatementError, match=message):
            who.verify(pair.honest(), pair.true.publics, min_security=0, heights=heights)


@pytest.mark.parametrize(
    ("demands", "message"),
    [
        ({"min_security": -1}, "min_security is -1; it must be at least 0"),
        ({"min_security": -0.5}, "at least 0"),
        ({"min_security": float("-inf")}, "at least 0"),
        ({"min_security": np.int64(-3)}, "at least 0"),
        ({"min_security": float("nan")}, "a number of bits"),
        ({"regime": "list"}, "regime is 'list'; it must be one of 'best', 'unique'"),
        ({"regime": "conjectured"}, "one of 'best', 'unique'"),
        ({"regime": 1}, "one of 'best', 'unique'"),
    ],
)
def test_policies_that_are_none(demands, message):
    pair = false_statements.fibonacci(4)
    with pytest.raises(cs.StatementError, match=message):
        pair.true.machine.verify(pair.honest(), pair.true.publics, **demands)


@pytest.mark.holds("security")
def test_the_regime_of_the_policy():
    """Proven by list decoding only: too weak for who believes in unique decoding alone."""
    case = zoo.fibonacci(4)
    machine = case.machine(queries=100)
    best = machine.security({"fib": 16})
    bits = int(best.bits)
    assert best.bits > 5 + best.unique_decoding.bits
    proof = case.prove(machine)
    key = machine.verifying_key()
    for who in (machine, key):
        who.verify(proof, case.publics, min_security=bits)
        who.verify(proof, case.publics, min_security=bits, regime="best")
        with pytest.raises(cs.VerificationError) as refusal:
            who.verify(proof, case.publics, min_security=bits, regime="unique")
        assert refusal.value.reason is Reason.SECURITY
        enough = int(best.unique_decoding.bits)
        who.verify(proof, case.publics, min_security=enough, regime="unique")
    # the machine's own options say which regime it is built for
    careful = case.machine(queries=100, regime="unique")
    with pytest.raises(cs.VerificationError, match="proven bits"):
        careful.verify(proof, case.publics, min_security=bits)
    careful.verify(proof, case.publics, min_security=bits, regime="best")
    with without("security"):
        careful.verify(proof, case.publics, min_security=bits)


@pytest.mark.holds("height range", "header heights")
def test_heights_out_of_range():
    """Above the machine's limit, its options are not those that were asked for."""
    case = zoo.fibonacci(4)
    true = stated(case, max_log_height=5)
    honest = case.prove(true.machine)
    other = zoo.fibonacci(6)
    false = true.but(publics=other.publics)
    with pytest.raises(cs.ProofFormatError, match="between"):
        forge(CheatingProver, false, other.traces)  # no object says so either
    with without("header heights"):
        forged = forge(CheatingProver, false, other.traces)
    for form in (forged, forged.to_bytes()):
        neither = without("header heights", "height range")
        show(true, honest, false, form, Reason.FORMAT, neither)
        with without("header heights"):
            refused(false, form, Reason.HEIGHTS)


@pytest.mark.holds("height range")
@pytest.mark.parametrize("log_height", [0, 1, 2, 33, 255])
def test_heights_that_the_theorems_exclude(log_height):
    """Below 8 rows at blowup 2, words may agree with too many polynomials; above 2^32 / blowup
    there is no domain. No prover of ours makes such a proof: the kernels refuse."""
    pair = false_statements.fibonacci()
    honest = pair.honest()
    pair.true.verify(honest)
    with without("header heights"):
        forged = restated(honest, log_heights=(log_height,))
        refused(pair.true, forged, Reason.HEIGHTS)
    refused(pair.true, forged, Reason.FORMAT)


class Repeating(cs.Air):
    columns = ("x",)

    def __init__(self, period):
        self.periodic = {"c": tuple(range(period))}

    def constrain(self, t):
        t.every_row.equal(t.now.x, t.periodic.c)


@pytest.mark.holds("period")
def test_periodic_column_longer_than_its_table():
    """There is no such polynomial: without the check the arithmetic fails, which is no refusal."""
    options = cs.Options(queries=6, grinding=0, max_log_height=8)
    machine, shorter = (cs.Machine({"t": Repeating(period)}, options) for period in (16, 8))
    honest = machine.prove({"t": np.arange(16, dtype=np.uint64).reshape(-1, 1)})

    class Shorter(CheatingProver):
        def _quotient(self, *place):
            key, self.key = self.key, self.proving_key.verifying_key()
            try:
                return super()._quotient(*place)
            finally:
                self.key = key

    eight = {"t": np.arange(8, dtype=np.uint64).reshape(-1, 1)}
    forged = forge(Shorter, Statement(machine), eight, machine=shorter)
    machine.verify(honest, min_security=0)
    refused(Statement(machine), forged, Reason.HEIGHTS)
    with without("period"), pytest.raises(ValueError, match="negative"):
        machine.verify(forged, min_security=0)


def test_heights_swapped_between_tables():
    case = zoo.together(zoo.fibonacci(4), zoo.fibonacci(5))
    true = stated(case)
    honest = case.prove(true.machine)
    forged = restated(honest, log_heights=honest.log_heights[::-1])
    true.verify(honest)
    refused(true, forged, *Reason)


@contextmanager
def tables_in_any_order():
    """A verifier that lets the file say which table is which."""

    class AnyOrder(verifier_module.Verifier):
        def _opened_by_table(self):
            return super()._opened_by_table()[::-1]

    with swapped(verifier_module.Verifier, AnyOrder):
        yield


def test_tables_swapped():
    """Two tables of one shape with different public values, and the traces exchanged."""

    class Start(cs.Air):
        columns = ("x",)
        publics = ("start",)

        def constrain(self, t):
            t.first_row.equal(t.now.x, t.publics.start)
            t.transition.equal(t.next.x, t.now.x + 1)

    machine = cs.Machine(
        {"a": Start(), "b": Start()}, cs.Options(queries=6, grinding=0, max_log_height=8)
    )
    count = np.arange(8, dtype=np.uint64).reshape(-1, 1)
    traces = {"a": count + np.uint64(10), "b": count + np.uint64(20)}
    swapped_traces = {"a": traces["b"], "b": traces["a"]}
    statement = Statement(machine, {"a": [10], "b": [20]})
    honest = machine.prove(traces, statement.publics)
    assert not machine.check(swapped_traces, statement.publics)

    class Swapping(CheatingProver):
        """Computes the quotient as if the traces stood in their places."""

        def _matrix(self, name, table):
            return super()._matrix(name, 1 - table)

    forged = forge(Swapping, statement, swapped_traces)
    show(statement, honest, statement, forged, Reason.CONSTRAINTS, tables_in_any_order())


# ---- the preprocessed columns --------------------------------------------------------------


@pytest.mark.holds("Merkle root")
def test_preprocessed_root_replaced():
    """A range table with a pair that is not in the statement's: [900, 901] is said to be small."""
    case = zoo.lookup(1, 3, 4)
    true = stated(case)
    honest = case.prove(true.machine)

    class OtherRange(zoo.Range):
        def preprocessed_trace(self):
            values = super().preprocessed_trace()
            values[15, 0] = 900
            return values

    tables = {**case.tables, "range": OtherRange(4)}
    other = cs.Machine(tables, cs.Options(queries=6, grinding=0, max_log_height=16))
    traces = {name: trace.copy() for name, trace in case.traces.items()}
    value = traces["sender"][:, 0]
    value[value == 15] = 3
    value[0] = 900
    counts = np.bincount(np.where(value == 900, 15, value).astype(np.int64), minlength=16)
    traces["range"] = counts.astype(np.uint64).reshape(-1, 1)
    assert not true.machine.check(traces) and other.check(traces)
    forged = forge(CheatingProver, true, traces, machine=other)
    assert forged.body[:32] != honest.body[:32]
    show(true, honest, true, forged, Reason.MERKLE, without("Merkle root"))
