"""The same attack at the first, a middle and the last table, tree, layer, item: a loop that ends
one too early, or after its first turn, lets one of them through."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field
from cstark.protocol import statement as statement_module
from cstark.protocol.verifier import Verifier
from tests.attacks.toolkit import (
    CheatingProver,
    Statement,
    changed,
    forge,
    plain_refusal,
    refused,
    show,
    stated,
    without,
)
from tests.oracles import zoo
from tests.oracles.forging import verify_aloud

P = cs.P

CASE = zoo.together(
    zoo.fibonacci(5), zoo.cubic(4), zoo.lookup(3, 5, 4, tokens=True), zoo.ring(3), zoo.fibonacci(3)
)
TURNED = zoo.together(zoo.ring(3), zoo.lookup(1, 3, 3), zoo.cubic(5), zoo.fibonacci(4))
OPTIONS = {"hash": "sha256", "queries": 3, "final_length": 4, "fri_arity": 2}


def with_claim(statement: Statement) -> Statement:
    return statement.but(claim=b"{}")


# ---- tables ----------------------------------------------------------------------------------


def spoilt(case: zoo.Case, table: str) -> dict[str, np.ndarray]:
    """Traces that are false in one table alone; its messages, if any, still balance."""
    traces = {name: trace.copy() for name, trace in case.traces.items()}
    trace = traces[table]
    if table.startswith("sender"):  # a flag of 2 that is counted as 2
        provider = traces[table.replace("sender", "range")]
        row = int(np.flatnonzero(trace[:, -1] < 2)[0])
        for lane in range(1, trace.shape[1] - 1, 2):
            provider[int(trace[row, lane]), 0] += np.uint64(2) - trace[row, -1]
        trace[row, -1] = 2
    else:
        trace[3, -1] = (int(trace[3, -1]) + 1) % P
    return traces


@contextmanager
def skipping(table: int):
    """A verifier that does not look at the constraints of one table, nor of others of its height.

    Their quotients have been added up: there is no telling which of them is wrong.
    """
    honest = Verifier._combined_at_zeta

    def lax(self, quotient, opened):
        if table in quotient.tables:
            return self._quotient_at_zeta(quotient, self._opened_chunks()[quotient.log_rows])
        return honest(self, quotient, opened)

    with changed(Verifier, "_combined_at_zeta", lax):
        yield


TABLES = [
    (case, name)
    for case in (CASE, TURNED)
    for name in case.tables
    if not name.startswith("range")  # which has no constraint of its own: see below
]


@pytest.mark.holds("constraints")
@pytest.mark.parametrize(("case", "name"), TABLES, ids=lambda value: getattr(value, "strip", str)())
def test_a_false_table(case, name):
    """Whichever it is; by both verifiers, and only because of this table."""
    true = with_claim(stated(case, **OPTIONS))
    honest = case.prove(true.machine, claim=b"{}")
    wrong = spoilt(case, name)
    assert not true.machine.check(wrong, true.publics, tokens=true.tokens)
    forged = forge(CheatingProver, true, wrong)
    place = list(case.tables).index(name)
    show(true, honest, true, forged, Reason.CONSTRAINTS, skipping(place))
    assert f"table {name!r}" in str(refused(true, forged, Reason.CONSTRAINTS))
    assert (plain_refusal(true, honest), plain_refusal(true, forged)) == ("", "constraints")


class FalseSum(CheatingProver):
    """States a sum of one table that cancels all others."""

    table = ""

    def round_2_lookup(self):
        write = self.stream.write

        def lie(item, data):
            if item == "table sums":
                total = statement_module.token_sum(self.key, self.instance, self.z, self.alpha)
                for value in self.sums.values():
                    total = field.add(total, value)
                number = self.key.names.index(self.table)
                self.sums[number] = field.sub(self.sums[number], total)
                data = np.array(list(self.sums.values()), dtype="<u8").tobytes()
            write(item, data)

        self.stream.write = lie
        super().round_2_lookup()
        self.stream.write = write


@pytest.mark.holds("constraints", "bus sum")
@pytest.mark.parametrize("name", ["sender2", "range2", "ring3"])
@pytest.mark.parametrize("extra", [cs.Send, cs.Receive])
def test_a_false_sum(name, extra):
    """A token that nobody meets, and a table that makes up for it."""
    true = with_claim(stated(CASE, **OPTIONS))
    honest = CASE.prove(true.machine, claim=b"{}")
    first, last = extra("ring", [900, 17]), extra("range", [900, 17])
    for tokens in ((first, *true.tokens), (*true.tokens, last)):
        false = true.but(tokens=tokens)
        forged = forge(CheatingProver, false, CASE.traces)
        show(true, honest, false, forged, Reason.BUS_SUM, without("bus sum"))
        assert plain_refusal(false, forged) == "bus sum"
        forged = forge(FalseSum, false, CASE.traces, table=name)
        place = list(CASE.tables).index(name)
        show(true, honest, false, forged, Reason.CONSTRAINTS, skipping(place))
        assert plain_refusal(false, forged) == "constraints"


# ---- heights and weights ---------------------------------------------------------------------


class Sized(cs.Air):
    """One column, with what the test wants of it."""

    columns = ("x",)

    def __init__(self, **shape):
        self.weights = shape.pop("weights", ())
        for name, value in shape.items():
            setattr(self, name, value)

    def constrain(self, t):
        t.every_row.boolean(t.now.x)
        if len(self.weights) > 1:
            t.receive("b", [5], count=t.now.x)
        for weight in self.weights:  # the last of which is the last interaction
            t.send("b", [5], count=t.now.x, weight=weight)
        if len(self.weights) == 1:
            t.receive("b", [5], count=t.now.x)


def three(place, **shape):
    """A machine of three tables, one of which has a shape."""
    airs = {f"t{k}": Sized(**(shape if k == place else {})) for k in range(3)}
    return cs.Machine(airs, cs.Options(queries=4, grinding=0, max_log_height=16))


def zeros(*rows):
    return {f"t{k}": np.zeros((count, 1), dtype=np.uint64) for k, count in enumerate(rows)}


@pytest.mark.holds("fixed height", "multiplicity", "period")
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize(
    ("check", "shape", "good", "bad"),
    [
        ("fixed height", {"rows": 16}, 16, 8),
        ("fixed height", {"rows": 8}, 8, 32),
        ("period", {"periodic": {"p": [0] * 16}}, 16, 8),
        ("period", {"periodic": {"p": [0] * 16, "q": [0] * 2}}, 16, 8),
        ("period", {"periodic": {"o": [0], "p": [0] * 2, "q": [0] * 16}}, 16, 8),
        ("multiplicity", {"weights": (P >> 4,)}, 8, 32),
        ("multiplicity", {"weights": (P >> 4, 0, 0)}, 8, 32),
        ("multiplicity", {"weights": (0, 0, P >> 4)}, 8, 32),
    ],
)
def test_a_table_whose_height_is_refused(place, check, shape, good, bad):
    true = Statement(three(place, **shape), claim=b"{}")
    rows = [8, 8, 8]
    rows[place] = good
    honest = true.machine.prove(zeros(*rows), claim=b"{}")
    rows[place] = bad
    if check == "period":
        # a column of 16 values in a table of 8 rows has no polynomial: nothing to be forged with
        other = Statement(three(place), claim=b"{}")
        forged = forge(CheatingProver, other, zeros(*rows))
        true.verify(honest)
        refused(true, forged, Reason.HEIGHTS)
        with without("period"), pytest.raises(Exception) as error:
            true.verify(forged)
        assert getattr(error.value, "reason", None) is not Reason.HEIGHTS
    else:
        forged = forge(CheatingProver, true, zeros(*rows))
        reason = Reason.MULTIPLICITY if check == "multiplicity" else Reason.HEIGHTS
        show(true, honest, true, forged, reason, without(check))
    assert plain_refusal(true, forged) == ("multiplicity" if check == "multiplicity" else "heights")


# ---- items of the body -----------------------------------------------------------------------


def spans(statement: Statement, proof: cs.Proof) -> list[tuple[str, int, int]]:
    """Name, start and length of every item of the body."""
    found: list[tuple[str, int, int]] = []

    def note(kind, name, item):
        if kind == "item" and len(item):
            start = found[-1][1] + found[-1][2] if found else 0
            found.append((name, start, len(item)))

    verify_aloud(
        statement.machine.verifying_key(), proof, statement.publics, note,
        tokens=statement.tokens, claim=statement.claim,
    )  # fmt: skip
    return found


@pytest.mark.parametrize("case", [CASE, TURNED], ids=["case", "turned"])
def test_every_item_at_both_ends(case):
    """The first and the last byte of each item, and a word in between: always refused, by both."""
    statement = with_claim(stated(case, **OPTIONS))
    honest = case.prove(statement.machine, claim=b"{}")
    items = spans(statement, honest)
    names = {name for name, _, _ in items}
    assert len(names) > 20 and "siblings of preprocessed" in names and "FRI root 2" in names
    assert sum(length for _, _, length in items) == len(honest.body)
    for _, start, length in items:
        places = {start, start + length - 8, start + length // 2 // 8 * 8}
        for place in places:
            body = bytearray(honest.body)
            body[place] ^= 1
            other = cs.Proof(honest.options, honest.log_heights, honest.claim, bytes(body))
            refused(statement, other, *Reason)


@pytest.mark.parametrize("case", [zoo.fibonacci(4), zoo.cubic(3), zoo.ring(3)], ids="fcr")
def test_what_a_statement_does_not_have(case):
    """No lookup columns, or no preprocessed ones: the second verifier reads the page the same."""
    statement = with_claim(stated(case, **OPTIONS))
    assert plain_refusal(statement, case.prove(statement.machine, claim=b"{}")) == ""
