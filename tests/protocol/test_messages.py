"""What is said first when something is wrong."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import pure
from cstark.cli.common import CommandError
from cstark.cli.security import read_log_heights

FAST = cs.Options(queries=20, grinding=0)


class Doubling(cs.Air):
    columns = ("x",)

    def __init__(self, rows=None):
        self.rows = rows

    def constrain(self, t):
        t.transition.equal(t.next.x, 2 * t.now.x)


def machine(*rows, options=FAST):
    return cs.Machine({f"t{i}": Doubling(n) for i, n in enumerate(rows)}, options)


def proof(*rows, options=FAST):
    traces = {f"t{i}": np.zeros((n, 1), dtype=np.uint64) for i, n in enumerate(rows)}
    return machine(*rows, options=options).prove(traces).to_bytes()


@pytest.mark.parametrize(("made", "asked", "message"), [
    ((8,), (8, 8), "the proof has 1 tables, the machine 2"),
    ((8, 16), (8, 8), "'t1' has 8 rows, the proof says 2\\^4"),
])  # fmt: skip
def test_a_proof_of_other_tables_says_so_before_it_talks_of_queries(made, asked, message):
    blob, other = proof(*made), machine(*asked, options=cs.Options(queries=30, grinding=0))
    with pytest.raises(cs.VerificationError, match=message) as refused:
        other.verify(blob, min_security=0)
    assert refused.value.reason is cs.Reason.HEIGHTS
    statement = pure.read_statement(other.statement().to_json())
    with pytest.raises(pure.Refused) as refused_too:
        pure.verify(statement, blob, min_security=0)
    assert refused_too.value.reason == "heights"
    same = machine(*made, options=cs.Options(queries=30, grinding=0))
    with pytest.raises(cs.VerificationError, match="queries=20, the machine has queries=30"):
        same.verify(blob, min_security=0)


def test_the_degree_is_said_first_and_the_formula_is_short():
    class Long(cs.Air):
        columns = 200

        def constrain(self, t):
            t.every_row.zero(sum(t.now) * t.now[0] ** 4, name="long")

    with pytest.raises(cs.AirError) as error:
        cs.Machine({"t": Long()})
    text = str(error.value)
    assert text.startswith("table 't': a constraint has degree 5 but blowup 2 allows 3: 'long' (")
    assert len(text) < 500 and "use Options(blowup=4)" in text


@pytest.mark.parametrize("text", ["cpu=40", "33", "a=20,cpu=99999999999999999999"])
def test_heights_that_are_too_tall(text):
    with pytest.raises(CommandError, match=r"rows are too tall for any table; .* at most 32"):
        read_log_heights(text)


def test_every_error_of_a_description_names_its_table():
    class Packs(cs.Air):
        columns = ("x",)

        def constrain(self, t):
            cs.pack([t.now.x, t.now.x], 40)

    class Without(cs.Air):
        columns = ("x",)
        preprocessed = ("y",)

        def constrain(self, t):
            t.every_row.zero(t.now.x)

    for air in (Packs(), Without(), type("Empty", (cs.Air,), {"columns": ("x",)})()):
        with pytest.raises(cs.AirError, match=r"^table 'the one': "):
            cs.Machine({"the one": air})


@pytest.mark.parametrize(("left", "right"), [(1 << 32, 1 << 32), (3 << 40, 5 << 50)])
def test_check_says_when_numpy_wrapped(left, right):
    """2^32 squared is 0 in NumPy: neither factor is above 2^32."""

    class Product(cs.Air):
        columns = ("a", "b", "c")

        def constrain(self, t):
            t.every_row.equal(t.now.c, t.now.a * t.now.b)

    row = np.array([left, right, 0], dtype=np.uint64)
    row[2:] = row[:1] * row[1:2]  # arrays wrap in silence
    report = cs.Machine({"t": Product()}).check({"t": np.tile(row, (8, 1))})
    assert "NumPy wrapped around at 2**64" in str(report)


def test_what_is_shown():
    shown = machine(8, 16)._repr_html_()
    assert shown.startswith("<table>") and "<td>t1</td>" in shown and "20 queries" in shown
    report = machine(8).check({"t0": np.ones((8, 1), dtype=np.uint64)})
    assert repr(report) == f"<CheckReport: {str(report).splitlines()[0]}>"
    security = machine(8).security()
    assert f"what is claimed is {security.bits:.0f}"[:18] in str(security)
    assert f"under {security.regime.name} decoding" in str(security)
