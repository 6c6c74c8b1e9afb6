"""Too few queries, equal queries, free retries: the liar is lucky."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from cstark import Reason
from cstark.protocol import options as options_module
from cstark.protocol.transcript import Transcript
from cstark.protocol.verifier import Verifier
from tests.attacks import false_statements
from tests.attacks.toolkit import (
    BoldLiar,
    CheatingProver,
    changed,
    deaf_to,
    forge,
    lucky,
    refused,
    show,
    without,
)


@pytest.mark.holds("security")
@pytest.mark.parametrize("queries", [1, 3])
def test_weaker_options_in_the_file(queries):
    """A verifier that takes the options from the file, as the command line does, and judges them.

    A position of coset 0 shows nothing, and half of all positions are there.
    """
    pair = false_statements.fibonacci(queries=queries)
    strict = {"min_security": 40}
    statement, forged = lucky(BoldLiar, pair.false, pair.wrong, lambda s: without())
    statement.verify(forged)  # nobody asked for security
    strong = false_statements.fibonacci(queries=130)
    show(
        strong.true.but(**strict), strong.honest(), statement.but(**strict), forged,
        Reason.SECURITY, without("security"),
    )  # fmt: skip


@pytest.mark.holds("options")
def test_weaker_options_than_the_machines():
    """The machine's own options, when the file states fewer queries."""
    pair = false_statements.fibonacci(queries=1)
    statement, forged = lucky(BoldLiar, pair.false, pair.wrong, lambda s: without())
    wanted = false_statements.fibonacci(queries=40)
    wanted.true.verify(wanted.honest())
    refused(wanted.false.but(claim=statement.claim), forged, Reason.OPTIONS)


@contextmanager
def zero_queries_allowed():
    """Options without a lower bound, and a verifier that goes through its queries, none."""
    check = dict(options_module._CHECKS)
    check["queries"] = lambda name, value: value
    honest = Verifier.check_queries

    def check_queries(self):
        if len(self.positions):
            honest(self)

    with (
        changed(options_module, "_CHECKS", check),
        changed(Verifier, "check_queries", check_queries),
        without("security"),  # the estimator refuses to name a security
    ):
        yield


@pytest.mark.holds("option values")
def test_zero_queries():
    pair = false_statements.fibonacci()
    with zero_queries_allowed():
        weak = false_statements.fibonacci(queries=0)
        forged = forge(BoldLiar, weak.false, weak.wrong).to_bytes()
    show(pair.true, pair.honest(), weak.false, forged, Reason.FORMAT, zero_queries_allowed())


@contextmanager
def equal_positions():
    """A state that does not move on between draws: lambda_vm #404."""
    honest = Transcript.positions

    def positions(self, label, count, bits):
        return honest(self, label, 1, bits) * count

    with changed(Transcript, "positions", positions):
        yield


@pytest.mark.parametrize("queries", [20, 100])
def test_all_queries_equal(queries):
    pair = false_statements.fibonacci(queries=queries)
    with equal_positions():
        statement, forged = lucky(BoldLiar, pair.false, pair.wrong, lambda s: without())
    show(
        pair.true, pair.honest(), statement, forged,
        (Reason.FORMAT, Reason.MERKLE, Reason.FINAL_POLYNOMIAL), equal_positions(),
    )  # fmt: skip


@pytest.mark.parametrize("queries", [20])
def test_positions_of_an_honest_proof_differ(queries):
    drawn = Transcript("blake3").positions("positions", queries, 20)
    assert len(set(drawn)) > queries - 2


class Lazy(BoldLiar):
    """Leaves out the proof of work: any nonce."""

    nonce = 0

    def round_6_queries(self):
        work = SimpleNamespace(solve=lambda: self.nonce)
        self.transcript.proof_of_work = lambda bits: work
        super().round_6_queries()


@pytest.mark.holds("grinding")
@pytest.mark.parametrize("grinding", [12, 16])
def test_nonce_ignored(grinding):
    """Twenty tries instead of twenty times 2^12 or 2^16 hashes."""
    pair = false_statements.fibonacci(queries=2, grinding=grinding)
    statement, forged = lucky(Lazy, pair.false, pair.wrong, lambda s: without("grinding"))
    show(pair.true, pair.honest(), statement, forged, Reason.GRINDING, without("grinding"))


@pytest.mark.holds("grinding")
def test_nonce_must_be_zero_without_grinding():
    """A second proof of the same true statement."""
    pair = false_statements.fibonacci(grinding=0)

    class OtherNonce(Lazy):
        nonce = 7
        _opened = CheatingProver._opened  # and no lie
        _reduced = CheatingProver._reduced

    second = forge(OtherNonce, pair.true, pair.traces)
    show(pair.true, pair.honest(), pair.true, second, Reason.GRINDING, without("grinding"))


def test_nonce_not_absorbed():
    """Positions known before the work is done: the work is done once, for the lucky claim."""
    pair = false_statements.fibonacci(queries=2, grinding=6)
    with deaf_to("nonce"):
        statement, forged = lucky(BoldLiar, pair.false, pair.wrong, lambda s: without("grinding"))
    show(
        pair.true, pair.honest(), statement, forged,
        (Reason.FORMAT, Reason.MERKLE, Reason.FINAL_POLYNOMIAL), deaf_to("nonce"),
    )  # fmt: skip
