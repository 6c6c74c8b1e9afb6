"""The count of DKT26: the published numbers, and that nothing goes by it."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import pure
from cstark.protocol.schedule import fold_schedule
from cstark.security import (
    MAX_MULTIPLICITY,
    MIN_MULTIPLICITY,
    Shape,
    dkt26,
    johnson,
    round_terms,
    security_report,
    solve,
)
from tests.oracles import zoo


def shape_of(blowup, log_height, openings, **numbers):
    return Shape(
        log_heights=(log_height,),
        blowup=blowup,
        deep_terms=openings,
        constraints=300,
        degree=3,
        fold_arities=fold_schedule((log_height,), 8, 128).arities,
        **numbers,
    )


@pytest.mark.parametrize(
    ("blowup", "log_height", "openings", "unique", "counted", "draft"),
    [
        (2, 16, 608, 270, 226, 225),
        (2, 20, 608, 270, 228, 225),
        (2, 24, 4008, 270, 234, 226),
        (4, 24, 4008, 166, 116, 113),
        (8, 24, 4008, 135, 77, 75),
        (16, 24, 4008, 123, 58, 57),
    ],
)
def test_queries_for_128_bits(blowup, log_height, openings, unique, counted, draft):
    """As computed elsewhere from the draft: 16 bits of grinding, by the least term."""
    shape = shape_of(blowup, log_height, openings)
    for regime, queries in (("unique", unique), ("best", counted), ("dkt26", draft)):
        assert solve(shape, 128, grinding=16, regime=regime).queries == queries


@pytest.mark.parametrize("blowup", [2, 4, 16, 64])
@pytest.mark.parametrize("m", [3, 4, 10, 100, 1000])
def test_the_theorem_by_hand(blowup, m):
    for length in (2 * blowup, 8 * blowup, blowup << 24):
        dimension = length // blowup
        expected = 8 / 3 * (m + 0.5) ** 3 * length * length / (dimension - 1)
        assert dkt26(blowup, m).gap(length) == pytest.approx(expected)
    assert dkt26(blowup, m).gap(blowup) == johnson(blowup, m).gap(blowup)  # constants


@pytest.mark.parametrize("blowup", [2, 4, 8, 16, 32, 64])
def test_it_never_counts_more(blowup):
    """So what is counted holds by either theorem."""
    for m in (*range(3, 40), 100, 1000):
        one, other = johnson(blowup, m), dkt26(blowup, m)
        assert (one.agreement, one.list_size) == (other.agreement, other.list_size)
        for log_dimension in range(26):
            length = blowup << log_dimension
            assert other.gap(length) <= one.gap(length)
        for rate in (1.125 / blowup, 1.0625 / blowup):  # of codes with room for masks
            for length in (blowup, 16 * blowup):
                masked = dkt26(blowup, m, rate).gap(length), johnson(blowup, m, rate).gap(length)
                assert masked[0] <= masked[1]


@pytest.mark.parametrize("queries", [10, 100, 225, 400])
@pytest.mark.parametrize("blowup", [2, 8])
def test_its_multiplicity_is_the_best_of_all(blowup, queries):
    shape = shape_of(blowup, 24, 4008, fractions=1 << 30, message_width=9)
    report = security_report(shape, queries=queries, grinding=16).dkt26
    best = max(
        min(round_terms(shape, dkt26(blowup, m), queries, 16).values())
        for m in range(MIN_MULTIPLICITY, MAX_MULTIPLICITY + 1)
    )
    assert report.bits == min(best, 128.0)
    assert report.multiplicity is not None


def test_the_report_shows_it_as_a_second_line_and_counts_the_other():
    shape = shape_of(2, 24, 4008)
    report = security_report(shape, queries=226, grinding=16)
    assert report.bits < 126 < 128 == report.dkt26.bits
    assert report.regime.name == "list"
    first, second = str(report).splitlines()[:2]
    assert first.startswith("125.7 proven bits")
    assert second.strip().startswith("128.0 bits by DKT26 (eprint 2026/2056, a draft")
    assert "DKT26" in report._repr_html_()
    assert report.to_dict()["regimes"]["dkt26"]["bits"] == 128.0
    assert report.to_dict()["bits"] == report.bits
    asked = security_report(shape, queries=226, grinding=16, regime="dkt26")
    assert (asked.bits, asked.regime.name) == (128.0, "dkt26")


def test_options_find_queries_by_it_and_verifiers_do_not():
    case = zoo.lookup(3, 5, 5)

    def made(regime):
        return cs.Machine(case.tables, cs.Options(regime=regime, grinding=4, max_log_height=24))

    usual, fewer = made("best"), made("dkt26")
    assert fewer.resolved.queries < usual.resolved.queries
    bits = fewer.security().bits
    assert 120 < bits < 128 <= usual.security().bits
    assert fewer.security().dkt26.bits >= 128
    assert fewer.options.counted_regime == "best"
    proof = case.prove(fewer)
    heights = {name: len(trace) for name, trace in case.traces.items()}
    here = fewer.security(heights).bits
    case.verify(fewer, proof, min_security=here)
    with pytest.raises(cs.VerificationError, match="proven bits"):
        case.verify(fewer, proof, min_security=here + 0.01)
    statement = pure.read_statement(fewer.statement(case.publics, tokens=case.tokens).to_json())
    pure.verify(statement, proof.to_bytes(), min_security=here - 0.01)
    with pytest.raises(pure.Refused, match="fewer than are demanded"):
        pure.verify(statement, proof.to_bytes(), min_security=here + 0.01)


@pytest.mark.parametrize("bits", [0, 100, 128])
def test_no_policy_takes_it(bits):
    case = zoo.fibonacci(5)
    machine = case.machine(regime="dkt26")
    proof = case.prove(machine)
    for who in (machine, machine.verifying_key()):
        with pytest.raises(cs.StatementError, match="'dkt26'; it rests on a draft and counts for"):
            who.verify(proof, case.publics, min_security=bits, regime="dkt26")
    statement = pure.read_statement(machine.statement(case.publics).to_json())
    with pytest.raises(pure.Refused, match="best or unique"):
        pure.verify(statement, proof.to_bytes(), min_security=bits, regime="dkt26")


def test_it_is_nobodys_default():
    assert cs.Options().regime == "best"
    assert cs.Options().counted_regime == "best"
    assert cs.Options(regime="unique").counted_regime == "unique"
    shape = shape_of(2, 24, 4008)
    assert solve(shape, 128, grinding=16) == solve(shape, 128, grinding=16, regime="best")
    with pytest.raises(cs.OptionsError, match="'best', 'unique', 'list', 'dkt26'"):
        security_report(shape, queries=1, regime="dkt")
    with pytest.raises(cs.OptionsError, match="'best', 'unique', 'dkt26'"):
        cs.Options(regime="list")
