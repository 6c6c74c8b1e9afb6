"""The table of choices: each row is what a machine with those options says of itself."""

from __future__ import annotations

import json
import re

import pytest

import cstark as cs
from cstark.cost.choices import choices_at
from tests.oracles import zoo


def by_change(choices):
    return {row.change: row for row in choices.rows}


def test_each_row_is_the_machine_with_those_options():
    case = zoo.lookup(4, 10, 8)
    machine = cs.Machine(case.tables, cs.Options(security=90, max_log_height=16))
    heights = {"sender": 1 << 12}
    choices = machine.choices(heights, time=False)
    assert choices.heights == {"sender": 4096, "range": 256}
    assert choices.rows[0].change == "as it is"
    for row in choices.rows:
        again = cs.Machine(case.tables, row.options)
        assert again.resolved.queries == row.queries
        assert again.security(heights) == row.security
        assert again.estimate(heights) == row.estimate
    found = by_change(choices)
    own = found["as it is"]
    # What each is known for.
    assert found["blowup=4"].estimate.proof_bytes < own.estimate.proof_bytes
    assert found["blowup=4"].estimate.peak_bytes > own.estimate.peak_bytes
    assert found["security=128"].security.bits > own.security.bits
    assert found["regime=unique"].queries > own.queries
    assert found["grinding=0"].queries > own.queries
    assert found["fri_arity=2"].estimate.proof_bytes > own.estimate.proof_bytes
    assert found["hash=sha256"].estimate.proof_bytes == own.estimate.proof_bytes
    assert found["max_log_height=12"].queries <= own.queries
    assert found["Options.small()"].options == cs.Options.small(security=90, max_log_height=16)
    assert found["Options.small()"].estimate.proof_bytes < own.estimate.proof_bytes
    assert found["Options.fast()"].queries > own.queries
    fewer = found[f"queries={own.queries * 3 // 4}"]
    assert fewer.security.bits < own.security.bits
    assert {f"hash={own.options.hash}", "blowup=2", "security=90"}.isdisjoint(found)


@pytest.mark.parametrize("zk", [False, True])
def test_what_hiding_costs_is_one_of_the_rows(zk):
    """As if it had been asked for at once, with its own final length."""
    case = zoo.lookup(4, 10, 8)
    machine = cs.Machine(case.tables, cs.Options(max_log_height=16, zk=zk))
    found = by_change(machine.choices({"sender": 1 << 12}, time=False))
    other = found[f"zk={not zk}"]
    assert other.options == cs.Options(max_log_height=16, zk=not zk)
    own, other = found["as it is"].estimate, other.estimate
    assert (own.proof_bytes > other.proof_bytes) is zk
    assert (own.peak_bytes > other.peak_bytes) is zk
    assert f"zk={zk}" not in found


def test_options_of_given_queries_compare_at_their_security():
    machine = cs.Machine(zoo.fibonacci(6).tables, cs.Options(queries=60, grinding=5))
    choices = machine.choices({"fib": 64}, time=False)
    own, *others = choices.rows
    assert own.queries == 60
    for row in others:
        if row.change.startswith(("blowup", "fri_arity", "hash", "regime")):
            assert row.options.security == int(machine.security().bits)
            assert abs(row.security.bits - own.security.bits) < 3, row.change


def test_what_is_not_possible_says_why():
    class Steep(cs.Air):
        columns = ("x",)

        def constrain(self, t):
            x = t.now.x
            t.every_row.equal(x**5, x)

    options = cs.Options(blowup=8, queries=20, max_log_height=29)
    machine = cs.Machine({"steep": Steep()}, options)
    choices = machine.choices({"steep": 64}, time=False)
    found = by_change(choices)
    refused = found["blowup=2"]
    assert "degree" in refused.refusal
    assert refused.security is refused.estimate is refused.options is None
    assert "max_log_height" in found["blowup=16"].refusal  # 2^29 rows, 16 times
    assert found["hash=sha256"].refusal == ""
    assert refused.refusal in str(choices)
    data = json.loads(json.dumps(choices.to_dict()))["choices"]
    assert {"change": "blowup=2", "refusal": refused.refusal} in data


def test_it_reads_well():
    machine = zoo.fibonacci(8).machine(grinding=7)
    choices = choices_at(machine.proving_key, machine.options, {"fib": 256}, budget=0.001)
    own = choices.rows[0]
    text, html = str(choices), choices._repr_html_()
    assert re.search(r"as it is +20 .*± \d+% +\d+\.\d +7 +\w+, query", text)
    assert own.estimate.timing.short() in text
    assert own.estimate.timing.short() in html
    assert "grinding" in text.splitlines()[0]
    assert "time: extrapolated" in text
    assert repr(choices).startswith(f"<Choices: {len(choices.rows)} settings of options; ")
    assert re.fullmatch(r"<Estimate: [\d.]+ KiB of memory, a proof of .*>", repr(own.estimate))
    assert repr(own.security) == f"<SecurityReport: {str(own.security).splitlines()[0]}>"
    untimed = zoo.fibonacci(8).machine().choices({"fib": 256}, time=False)
    assert "time" not in str(untimed) and "time" not in untimed._repr_html_()
    data = json.loads(json.dumps(choices.to_dict()))["choices"][0]
    assert data["proof_bytes"] == own.estimate.proof_bytes
    assert data["seconds"] == own.estimate.timing.seconds
    assert data["seconds_error"] == own.estimate.timing.error


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        ({}, "'sender' is missing"),
        ({"sender": 1000}, "cannot have 1000 rows"),
        ({"sender": "8"}, "'8' is not an int"),
        ({"sender": 8.0}, "8.0 is not an int"),
        ({"sender": True}, "True is not an int"),
        ({"sender": 8, "range": 512}, "'range' always has 256 rows"),
        ({"send": 8}, "no table 'send'; the machine has sender, range"),
        (8, "heights are 8; they must be a mapping .* such as {'sender': 1024}"),
    ],
)
def test_heights_that_are_wrong(heights, message):
    machine = zoo.lookup(4, 10, 8).machine()
    for ask in (machine.choices, machine.estimate, machine.security):
        with pytest.raises(cs.StatementError, match=message):
            ask(heights)


def test_a_machine_of_other_options_is_as_if_made_so():
    case = zoo.together(zoo.cubic(6), zoo.ring(6))
    machine, options = case.machine(), cs.Options(blowup=4, queries=15, grinding=0)
    other = machine.with_options(options)
    made = cs.Machine(case.tables, options)
    assert other.verifying_key() == made.verifying_key()
    proof = case.prove(other)
    case.verify(made, proof)
    with pytest.raises(cs.VerificationError):
        case.verify(machine, proof)
    with pytest.raises(cs.OptionsError):
        machine.with_options(cs.Options(security=128, queries=None, grinding=0, blowup=3))
