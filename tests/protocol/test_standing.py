"""Tables that stand several times: what prover, checks, costs and messages make of them."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

import cstark as cs
from cstark.protocol.layout import Layout
from cstark.protocol.length import proof_bytes
from cstark.protocol.standing import Standing
from tests.oracles import zoo


def told(*log_heights, **options):
    case = zoo.several(*log_heights)
    return case, case.machine(**options)


@pytest.mark.parametrize("zk", [False, True])
@pytest.mark.parametrize("log_heights", [(), (3,), (4, 4), (7, 5, 3, 3)])
def test_any_number_of_traces(log_heights, zk):
    case, machine = told(*log_heights, zk=zk)
    if log_heights:
        assert machine.check(case.traces)
    proof = case.prove(machine)
    case.verify(machine, proof)
    assert proof.log_heights == (log_heights, 4)
    again = cs.Proof.from_bytes(proof.to_bytes())
    assert again.log_heights == proof.log_heights and again == proof
    assert pickle.loads(pickle.dumps(proof)) == proof
    facts = [table["log_height"] for table in proof.report.facts["tables"]]
    assert facts == [*log_heights, 4]


def test_traces_left_out_do_not_stand():
    case, machine = told()
    proof = machine.prove({"threes": case.traces["threes"]})
    assert proof.log_heights == ((), 4)
    assert machine.check({"threes": case.traces["threes"]})


def test_a_single_array_and_callables_are_traces_too():
    case, machine = told(4)
    [trace] = case.traces["halves"]
    expected = case.prove(machine)
    for given in (trace, lambda: trace, [lambda: trace], (trace,), [trace.astype(np.int64)]):
        assert machine.prove({**case.traces, "halves": given}) == expected


def test_one_table_stands_as_another_machine_with_two_tables():
    """Nothing but names tells a table with two traces from two tables: the layouts are equal."""
    _, machine = told(5, 4)
    apart = cs.Machine(
        {"first": zoo.Halves(), "second": zoo.Halves(), "threes": zoo.Threes()}, machine.options
    )
    description = machine.proving_key.description
    several = Layout(description, [(5, 4), 4])
    single = Layout(apart.proving_key.description, [(5,), (4,), 4])
    assert several.trees == single.trees and several.groups == single.groups
    assert several.quotients == single.quotients
    assert several.key.places == (0, 0, 1)
    assert [t.name for t in several.key.tables] == ["halves (1 of 2)", "halves (2 of 2)", "threes"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2, 3], r"table 'halves' may stand any number of times.*item 0 is of type int"),
        ([[[1, 2, 3, 1]] * 8], "item 0 is of type list"),
        (np.zeros((8, 3), np.uint64), "3 columns, but the table has 4"),
        (None, "is None, not an array"),
        ("halves", "is of type str"),
        ([zoo.halves(8), zoo.halves(16)], "8, 16 rows: give the tallest first"),
        ([zoo.halves(16), zoo.halves(16)[:9]], "9 rows; the number of rows is a power of two"),
    ],
)
def test_traces_that_are_none(given, message):
    case, machine = told(4)
    for what in (machine.prove, machine.check):
        with pytest.raises(cs.TraceError, match=message) as error:
            what({**case.traces, "halves": given})
        assert error.value.table == "halves"


def test_a_list_is_no_trace_of_a_table_that_stands_once():
    case, machine = told(4)
    with pytest.raises(cs.TraceError, match="trace of table 'threes': 3 dimensions"):
        machine.prove({**case.traces, "threes": [case.traces["threes"]]})


def test_more_traces_than_a_proof_has_are_refused_before_any_work():
    case, machine = told(3)
    with pytest.raises(cs.TraceError, match="4097 traces are given; a proof has 1 to 4096"):
        machine.prove({**case.traces, "halves": [zoo.halves(8)] * 4096})
    with pytest.raises(cs.StatementError, match="cannot stand 5000 times"):
        machine.estimate({"halves": [8] * 5000})


def test_a_machine_of_which_no_table_stands():
    machine = cs.Machine({"ring": type("Ring", (zoo.Ring,), {"stands": "any"})()})
    with pytest.raises(cs.TraceError, match="0 traces are given"):
        machine.prove({})
    trace = zoo.ring(3).traces["ring"]
    assert machine.check({"ring": [trace, trace]})


def eight(self):
    return np.arange(8)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"stands": "sometimes"}, r"`stands` is 'sometimes'; it is one of 'once', 'any', 'every'"),
        ({"stands": 2}, "`stands` is 2"),
        ({"stands": "evry"}, "did you mean 'every'"),
        ({"stands": "any", "publics": ("a",)}, "'t' may stand any number.*have public values"),
        (
            {"stands": "any", "preprocessed": ("a",), "preprocessed_trace": eight},
            "'t' may stand any.*preprocessed columns",
        ),
    ],
)
def test_tables_that_cannot_stand_so(attributes, message):
    table = type("Odd", (zoo.Ring,), attributes)()
    with pytest.raises(cs.AirError, match=message):
        cs.Machine({"t": table})


def test_messages_name_the_trace():
    case, machine = told(5, 4)
    wrong = [trace.copy() for trace in case.traces["halves"]]
    wrong[1][3, 0] ^= np.uint64(1)
    with pytest.raises(cs.TraceError, match=r"table 'halves \(2 of 2\)', row 3") as error:
        machine.prove({**case.traces, "halves": wrong})
    assert error.value.table == "halves (2 of 2)" and error.value.row == 3
    report = machine.check({**case.traces, "halves": wrong})
    assert [v.table for v in report.violations] == ["halves (2 of 2)"]
    wrong[1] = zoo.halves(16, 99)
    assert "table 'halves (2 of 2)', row" in str(machine.check({**case.traces, "halves": wrong}))


def test_mutations_of_all_traces():
    case, machine = told(3, 3)
    report = machine.check(case.traces, mutate=1 << 10)
    # the periodic flag and `real` leave the words of a row to the prover
    assert report.mutations.cells == 2 * 8 * 4 + 16
    assert not report.violations and not report.unbalanced


def test_messages_are_counted_over_all_traces():
    case, machine = told(5, 4, 3)
    wanted = case.traces["threes"][:, 0]
    assert (
        machine.count({"halves": case.traces["halves"]}, "three bits").tolist() == wanted.tolist()
    )


class Provider(cs.Air):
    columns = ("value", "used")
    stands = "any"

    def constrain(self, t):
        t.receive("v", [t.now.value], count=t.now.used)


class Asker(cs.Air):
    columns = ("value",)

    def constrain(self, t):
        t.send("v", [t.now.value])


def test_a_list_with_several_traces_cannot_be_counted_for():
    machine = cs.Machine({"list": Provider(), "asker": Asker()})
    traces = {"asker": np.arange(8) % 4, "list": np.stack([np.arange(8), np.zeros(8)], 1)}
    traces["list"] = traces["list"].astype(np.uint64)
    assert machine.count(traces, "v").tolist() == [2] * 4 + [0] * 4
    with pytest.raises(cs.TraceError, match="table 'list' has 2 traces"):
        machine.count({**traces, "list": [traces["list"]] * 2}, "v")
    with pytest.raises(cs.TraceError, match="table 'list' has 0 traces"):
        machine.count({"asker": traces["asker"]}, "v")


# ---- costs and security ------------------------------------------------------------------


def test_costs_are_those_of_the_traces():
    case, machine = told(6, 4, 4, queries=30)
    heights = {"halves": [64, 16, 16]}
    estimate = machine.estimate(heights)
    assert estimate.heights == {"halves": (64, 16, 16), "threes": 16}
    assert estimate.cells == 4 * (64 + 16 + 16) + 16
    proof = case.prove(machine)
    assert abs(len(proof) - estimate.proof_bytes) < 0.15 * len(proof)
    assert len(proof) <= estimate.most_proof_bytes
    assert machine.estimate({"halves": [16, 64, 16]}).to_dict() == estimate.to_dict()
    assert machine.estimate({"halves": 64}).cells == 4 * 64 + 16
    assert machine.estimate().heights == {"halves": (), "threes": 16}
    layout = Layout(machine.proving_key.description, proof.log_heights)
    every = np.arange(machine.resolved.blowup << 6)
    assert proof_bytes(layout, every) <= estimate.most_proof_bytes


def test_seconds_and_choices_know_traces():
    _, machine = told(6, 4)
    assert machine.estimate({"halves": [64, 16]}, time=True).timing.seconds > 0
    choices = machine.choices({"halves": [64, 16]}, time=False)
    assert choices.heights == {"halves": (64, 16), "threes": 16}


def test_memory_plans_know_traces():
    case, machine = told(9, 9, 8)
    plans = machine.estimate({"halves": [512, 512, 256]}).plans
    least = min(plan.peak_bytes for plan in plans)
    expected = case.prove(machine)
    assert case.prove(machine, max_memory=2 * least) == expected
    with pytest.raises(cs.OptionsError, match="bytes"):
        case.prove(machine, max_memory=1000)


def bits_by_term(machine, rows):
    report = machine.security({"halves": rows})
    return report.unique_decoding.terms


def test_every_trace_costs_security():
    """Of the same rows, more traces have more openings, more constraints' powers, no more rows."""
    _, machine = told(5, queries=40)
    bits = [
        bits_by_term(machine, rows)
        for rows in ([1024], [512, 512], [512] + [256] * 2, [512] + [64] * 8)
    ]
    for fewer, more in pairwise(bits):
        assert more["constraints"] < fewer["constraints"]
        assert more["lookup"] == pytest.approx(fewer["lookup"])
    lookups = [bits_by_term(machine, [512] * n)["lookup"] for n in (1, 2, 4)]
    assert lookups[0] > lookups[1] > lookups[2]


def test_options_are_resolved_for_two_traces():
    _, machine = told(5, queries=None, max_log_height=20)
    rows = 1 << 20
    assert machine.security({"halves": [rows, rows]}).bits == machine.security().bits
    assert machine.security({"halves": [rows]}).bits >= machine.security().bits


# ---- what is said of it ------------------------------------------------------------------


def test_what_print_says():
    _, machine = told(5)
    text = str(machine)
    assert "any, any times" in text and "16, each shard" in text


def test_keys_say_how_often():
    _, machine = told(5)
    key = machine.verifying_key()
    tables = key.to_json().split('"tables":')[1]
    assert '"stands":"any"' in tables and '"stands":"every"' in tables
    assert cs.VerifyingKey.from_json(key.to_json()) == key
    once = zoo.ring(3).machine().verifying_key().to_json()
    assert "stands" not in once
    for old, new in [
        ('"stands":"any"', '"stands":"once"'), ('"stands":"any"', '"stands":"often"'),
        ('"stands":"any"', '"stands":3'), ('"stands":"any"', '"stands":null'),
        ('"stands":"every"', '"stands":"any"'),  # it has preprocessed columns
    ]:  # fmt: skip
        assert old in key.to_json()
        with pytest.raises(cs.CstarkError):
            cs.VerifyingKey.from_json(key.to_json().replace(old, new))


def test_buses_keep_their_numbers():
    """Whoever is absent: a message of a table that stands is the same in every proof."""
    _, machine = told()
    description = machine.proving_key.description
    assert Standing(description, [(), 4]).bus_numbers == description.bus_numbers
