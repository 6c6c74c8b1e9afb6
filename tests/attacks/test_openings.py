"""Openings outside the domain that are not those of what was committed."""

from __future__ import annotations

import pytest

from cstark import Reason, field
from tests.attacks import false_statements
from tests.attacks.solving import open_solved
from tests.attacks.toolkit import BoldLiar, CheatingProver, Liar, forge, show, without


@pytest.mark.holds("constraints")
@pytest.mark.parametrize("kind", ["fibonacci", "flag"])
def test_a_false_trace(kind):
    """The honest prover, forced: its quotient is no polynomial of low enough degree."""
    pair = getattr(false_statements, kind)()
    forged = forge(CheatingProver, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, Reason.CONSTRAINTS, without("constraints"))


@pytest.mark.holds("final polynomial")
@pytest.mark.parametrize("options", [{}, {"final_length": 4}, {"final_length": 1, "fri_arity": 2}])
def test_lies_at_zeta_and_a_word_far_from_low_degree(options):
    """The constraints hold at zeta, with an opened quotient that is not the committed one."""
    pair = false_statements.fibonacci(**options)
    forged = forge(BoldLiar, pair.false, pair.wrong)
    show(
        pair.true, pair.honest(), pair.false, forged, Reason.FINAL_POLYNOMIAL,
        without("final polynomial"),
    )  # fmt: skip


class Detached(Liar):
    """Sends FRI a word of low degree that has nothing to do with the openings; then, at the
    queries, states members of each group that fold to it all the same."""

    def round_6_queries(self):
        self.fri.open = self.open_detached  # type: ignore[method-assign]
        super().round_6_queries()

    def open_detached(self, positions, write):
        open_solved(self, positions, write)


@pytest.mark.holds("FRI root")
@pytest.mark.parametrize("options", [{"final_length": 8}, {"final_length": 4, "fri_arity": 2}])
def test_deep_values_not_tied_to_the_first_layer(options):
    """Upstream of layer 0: FRI is about another word than the openings imply."""
    pair = false_statements.fibonacci(**options)
    forged = forge(Detached, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, Reason.FRI, without("FRI root"))


class Retrospective(Liar):
    """States rows of the quotient at the queries that agree with the word it sent to FRI."""

    def round_6_queries(self):
        commitment = self.commitments["quotient"]
        true, sent = self.whole_words(), self.sent
        honest_open = commitment.open

        def open_solved(positions, log_max_height, write):
            # the reduced word depends on chunk 0 by -gamma^k / (zeta - x): solve for the rows
            matrix = commitment.matrices[0]
            log_height = self.log_heights[0]
            number = self.opening_of("quotient", 0)
            power = field.power(self.gamma, number)
            domain = self.proving_key.domain(log_height)
            for q in range(domain.blowup):
                rows = matrix.coset(q)
                for i in range(domain.height):
                    x = domain.shifts[q] * pow(domain.generator, i, field.P) % field.P
                    error = field.sub(
                        tuple(true[log_height][:, q, i].tolist()),
                        tuple(sent[log_height][:, q, i].tolist()),
                    )
                    step = field.mul(error, field.mul(field.sub(self.zeta, (x, 0, 0)),
                                                  field.inverse(power)))  # fmt: skip
                    rows[i, :3] = field.add(tuple(rows[i, :3].tolist()), step)
            honest_open(positions, log_max_height, write)

        commitment.open = open_solved
        super().round_6_queries()

    def _reduced(self):
        words = super()._reduced()
        self.sent = {log_height: word.copy() for log_height, word in words.items()}
        return words


@pytest.mark.holds("Merkle root")
def test_rows_chosen_at_the_queries():
    pair = false_statements.fibonacci()
    forged = forge(Retrospective, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, Reason.MERKLE, without("Merkle root"))
