"""Masks of shards: as many coefficients as their pins need, and pins that change with them."""

from __future__ import annotations

import numpy as np
import pytest

from cstark import field
from cstark.field import P
from cstark.protocol import columns as columns_module
from cstark.protocol import prover as prover_module
from cstark.protocol.hiding import mask_length
from cstark.protocol.shards.prover import ShardProver
from tests.attacks.toolkit import changed
from tests.oracles.programmed import programmed
from tests.protocol.test_masks import (
    OneKind,
    base_rank,
    coordinates,
    degree_of,
    powers,
    visible,
)
from tests.shards.shard_support import hidden, prove_anyway, sources
from tests.shards.test_hidden import verified

SUBJECTS = {
    "short": (hidden(), sources(2)),
    "tall": (hidden(tall=True, final_length=16), sources(2, 64)),
}


@pytest.fixture(params=SUBJECTS)
def subject(request):
    return SUBJECTS[request.param]


def test_the_length_is_that_of_the_key(subject):
    told, _ = subject
    s = told.machine.resolved.queries
    single, sharded = told.machine.verifying_key(), told.machine.proving_key.sharded_key()
    assert (single.mask_length, sharded.mask_length) == (2 * s + 6, 2 * s + 9)
    assert mask_length(s, pinned=True) == mask_length(s) + 3


def test_masks_have_full_rank_at_what_a_shard_shows(subject):
    """Three coordinates more than in a proof that has no pin; one coefficient less does not do."""
    told, shards = subject
    verifier = verified(told, told.prove(shards))
    h, tried = told.machine.proving_key.sharded_key().mask_length, set()
    for shard in verifier.shards:
        layout = shard.layout
        for log_rows, log_height in zip(layout.log_heights, layout.code_heights, strict=True):
            if (log_rows, log_height) in tried:
                continue
            tried.add((log_rows, log_height))
            _, points = visible(shard, log_height, log_rows, told.machine)
            n = 1 << log_rows
            following = field.scale(shard.zeta, field.base_root(log_rows))

            def matrix(count, n=n, points=points, shard=shard, following=following):
                rows = []
                for x in points:
                    scale = pow(x, n, P) - 1
                    rows.append([scale * pow(x, i, P) % P for i in range(count)])
                for point in (shard.zeta, following, shard.pins.omega):
                    scale = field.sub(field.power(point, n), field.ONE)
                    row = [field.mul(scale, value) for value in powers(point, count)]
                    rows += coordinates([row])
                return rows

            seen = len(points) + 9
            assert seen <= h
            assert base_rank(matrix(h)) == seen
            assert base_rank(matrix(seen - 1)) == seen - 1
    assert len(tried) > 1


def test_columns_have_masks_of_that_length(subject):
    """Of every main and lookup column, in every shard; their code has room for them."""
    told, shards = subject
    made = []

    class KeepingShard(ShardProver):
        def round_3_quotient(self):
            super().round_3_quotient()
            made.append(self)

    told.verify(prove_anyway(told, [source() for source in shards], KeepingShard))
    h = told.machine.proving_key.sharded_key().mask_length
    assert len(made) == len(shards)
    for prover in made:
        for name in ("main", "lookup"):
            tree = prover.commitments[name]
            for shape, matrix in zip(tree.shape.matrices, tree.matrices, strict=True):
                assert degree_of(matrix, prover.layout.blowup) == (1 << shape.log_rows) + h - 1
                assert prover.layout.dimensions[shape.log_height] >= (1 << shape.log_rows) + h


def pins_of(told, shards, varied, number):
    """Pins and sums of a proof in which masks of one kind are others; challenges are the same."""
    OneKind.varied, OneKind.number = varied, number
    with programmed(), changed(prover_module, "Masks", OneKind):
        shards = verified(told, told.prove(shards)).shards
    return [list(s.pins.values.values()) for s in shards], [list(s.sums.values()) for s in shards]


def test_pins_and_sums_change_with_their_masks(subject):
    told, shards = subject
    first = pins_of(told, shards, "main of", 0)
    assert pins_of(told, shards, "no such mask", 1) == first
    pins, sums = pins_of(told, shards, "main of", 1)
    assert sums == first[1]
    for before, now in zip(first[0], pins, strict=True):
        assert before and not set(before) & set(now)
    _, sums = pins_of(told, shards, "sums", 1)
    for before, now in zip(first[1], sums, strict=True):
        assert not set(before) & set(now)

    def none(masks, state, shape, length):
        return np.zeros((length, shape.width), dtype=np.uint64)

    with changed(columns_module, "column_masks", none):  # a prover that leaves them out is noticed
        assert pins_of(told, shards, "main of", 1) == pins_of(told, shards, "main of", 0)


def test_totals_of_shards_change_with_the_secret(subject):
    """What one shard sends in all is hidden by what another one has in common with it."""
    told, shards = subject

    def totals(seed):
        with programmed():
            found = verified(told, told.but(seed=seed).prove(shards)).shards
        result = []
        for shard in found:
            total = field.ZERO
            for value in shard.sums.values():
                total = field.add(total, value)
            result.append(total)
        return result

    one, two = totals(bytes(32)), totals(bytes(31) + b"1")
    assert not set(one) & set(two)
    assert field.add(*one) == field.add(*two) == field.ZERO
