"""Remainders of quotients with one coefficient more than a power of two.

The mask of a sum adds 2 to the degree of an accumulator's constraint: with degree d the remainder
has d (h - 1) + 3 coefficients, and where d (h - 1) + 2 is a power of two, a code or a transform
that has room for one less is half as long.
"""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import pure
from cstark.protocol import prover as prover_module
from cstark.protocol import proving_key as proving_key_module
from cstark.protocol.hiding import least_log_height, mask_length, remainder_length
from cstark.protocol.layout import Layout
from cstark.protocol.shards.prover import ShardProver
from tests.attacks.toolkit import changed
from tests.oracles import zoo
from tests.oracles.forging import prover_for
from tests.protocol.test_masks import degree_of
from tests.shards import shard_support


class Remembering(prover_module.Prover):
    """Keeps its commitments, which another prover would free."""

    made: list = []

    def round_3_quotient(self):
        super().round_3_quotient()
        self.made.append((self, dict(self.commitments)))


class RememberingShard(Remembering, ShardProver):
    pass


@pytest.fixture(autouse=True)
def _remembering():
    Remembering.made.clear()
    yield
    Remembering.made.clear()


def remainders():
    """Of all proofs since the test began: code height, degree of the tables, and of the remainder.

    Where there are pieces instead, by how much the quotient's degree is above (d - 1) N.
    """
    found = []
    for prover, commitments in Remembering.made:
        tree = commitments["quotient"]
        for shape, matrix in zip(tree.shape.matrices, tree.matrices, strict=True):
            quotient = prover.layout.quotient_of(shape)
            if not shape.is_mask and shape.chunk == quotient.columns - 1:
                degree = max(prover.layout.key.tables[t].degree for t in quotient.tables)
                reached = degree_of(matrix, prover.layout.blowup)
                if quotient.pieces:
                    reached += (quotient.pieces - 1) * quotient.stride
                    reached -= degree - 1 << quotient.log_rows
                found.append((shape.log_height, degree, reached))
    return found


# Those of degree 2 below 300 queries, and of degree 3 in shards, where h is 2 s + 9.
@pytest.mark.parametrize(
    ("degree", "pinned", "queries"),
    [(2, False, s) for s in (1, 5, 13, 29, 61, 125, 253)] + [(3, True, s) for s in (1, 17, 81)],
)
def test_codes_have_room(degree, pinned, queries):
    """2^y is above that power of two."""
    h = mask_length(queries, pinned)
    top = degree * (h - 1) + 2
    assert top & (top - 1) == 0
    assert remainder_length(degree, h) == top + 1
    tables = [table for table in sender(queries).verifying_key().tables if table.degree == 2]
    if degree == 2:
        assert 1 << least_log_height(tables, h) == 2 * top


def one_message_a_row(log_rows):
    """One message a row, so that the accumulator's constraint has degree 2, which is the most."""
    return zoo.lookup(1, log_rows, 3)


def sender(queries, log_rows=3, **options):
    return one_message_a_row(log_rows).machine(zk=True, queries=queries, **options)


def remembered_proof(machine, case):
    settings = {"kind": Remembering}
    return prover_for(machine, case.traces, case.publics, case.tokens, **settings).prove()


def both_verdicts(machine, case, proof):
    """Of both verifiers: whether they accept."""
    found = []
    file = machine.statement(case.publics, tokens=case.tokens).to_json()
    for verify in (
        lambda: case.verify(machine, proof),
        lambda: pure.verify(pure.read_statement(file), proof.to_bytes(), min_security=0),
    ):
        try:
            verify()
        except (cs.VerificationError, pure.Refused):
            found.append(False)
        else:
            found.append(True)
    return found


SUBJECTS = {  # queries, log2 of the rows, whether codes are as short as masks allow
    "short, 128": (29, 3, False),
    "short, 256": (61, 3, False),
    "tall, 128": (29, 8, True),
    "tall, 256": (61, 9, True),
    "taller, 128": (29, 11, True),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_proofs_whose_remainders_have_one_coefficient_more_than_a_power_of_two(name):
    queries, log_rows, tall = SUBJECTS[name]
    case = one_message_a_row(log_rows)
    machine = case.machine(zk=True, queries=queries, tall=tall)
    layout = Layout(machine.verifying_key(), (log_rows, 3))
    assert layout.quotients[0].tall == tall
    proof = remembered_proof(machine, case)
    log_height, degree, reached = remainders()[0]  # of the sender
    power = degree * (mask_length(queries) - 1) + 2
    assert reached == power == 1 << power.bit_length() - 1
    assert power < layout.dimensions[log_height]
    assert both_verdicts(machine, case, proof) == [True, True]


def test_a_prover_that_counts_one_coefficient_less_makes_no_proof():
    """It computes the remainder on half as many points as determine it."""
    case = one_message_a_row(9)
    machine = case.machine(zk=True, queries=61, tall=True)

    def one_less(degree, h):
        return remainder_length(degree, h) - 1

    with changed(proving_key_module, "remainder_length", one_less):
        proof = remembered_proof(machine, case)
    assert both_verdicts(machine, case, proof) == [False, False]
    assert both_verdicts(machine, case, remembered_proof(machine, case)) == [True, True]


@pytest.mark.parametrize("tall", [False, True])
def test_in_shards(tall):
    """With h = 2 s + 9 and degree 3 it is 17 queries: 6 s + 26 is 128."""
    told = shard_support.hidden(tall=tall, queries=17)
    shards = [source() for source in shard_support.sources(2, 256 if tall else 16)]
    proof = shard_support.prove_anyway(told, shards, RememberingShard)
    reached = [of_remainder for _, degree, of_remainder in remainders() if degree == 3]
    assert max(reached) == 128
    assert not told.refusal(proof)
    assert not told.plain_refusal(proof)
