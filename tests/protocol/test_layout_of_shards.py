"""What the estimator is told of shards, and what their keys say of masks."""

from __future__ import annotations

import pickle

import pytest

from cstark import pure
from cstark.protocol.key import VerifyingKey
from cstark.protocol.layout import hidden_sums, security_shape
from cstark.protocol.shards.challenges import Place
from cstark.protocol.shards.prover import ShardKey
from tests.shards.shard_support import COUNT, Told, hidden, machine, sources

HEIGHTS = ((4,), (5, 3), 3, 4)


@pytest.mark.parametrize("zk", [False, True])
def test_shapes_count_pins_and_masks(zk):
    """By hand, for tables of 3, 4, 2 and 1 main columns, each with messages."""
    key = ShardKey(machine(zk=zk).proving_key, HEIGHTS, Place(COUNT - 1, COUNT))
    layout = key.layout(HEIGHTS)
    shape = security_shape(layout)
    names = [table.name for table in key.description.tables]
    assert len(names) == 5
    assert layout.hidden_sums == (tuple(range(5)) if zk else ())
    heights = len(set(layout.code_heights))
    assert (shape.points, len(layout.pins)) == (3, heights)
    assert shape.deep_terms == layout.openings + heights + zk
    widths = [table.width for table in key.description.tables]
    assert layout.pinned_columns == max(
        sum(w + zk for w, m in zip(widths, layout.code_heights, strict=True) if m == height)
        for height in layout.pins
    )
    file = Told(machine(zk=zk)).machine.statement({"ledger": [7]}, shards=True)
    statement = pure.read_statement(file.to_json())
    assert statement.options.mask_length == file.key.mask_length
    assert file.key.mask_length == 2 * file.key.options.queries + 9


@pytest.mark.parametrize("count", [1, 2])
def test_which_sums_are_hidden_is_said_by_the_number_of_shards(count):
    """A trace that has messages alone in its shard has a mask, unless it is alone altogether."""
    told = hidden()
    key = told.machine.proving_key.sharded_key()
    assert hidden_sums(key, count) == hidden_sums(key) == (0, 1, 2, 3)
    only = ((), (), (), 4)
    shard = ShardKey(told.machine.proving_key, only, Place(0, count))
    assert shard.layout(only).hidden_sums == ((0,) if count > 1 else ())


def test_a_key_of_shards_has_what_the_other_one_has():
    """Programs, domains and, where codes are as tall, the preprocessed commitment are shared."""
    for told in (hidden(), Told(machine())):
        key = told.machine.proving_key
        sharded = key.for_shards()
        assert sharded is key.for_shards() is sharded.for_shards()
        assert sharded.programs is key.programs and sharded.domains is key.domains
        assert sharded.preprocessed() is key.preprocessed()
        assert sharded.verifying_key() == key.sharded_key() != key.verifying_key()
        again = pickle.loads(pickle.dumps(sharded))
        assert again.description.sharded and again.verifying_key() == key.sharded_key()
        text = key.sharded_key().to_json()
        assert VerifyingKey.from_json(text).mask_length == key.sharded_key().mask_length


def test_codes_that_are_taller_in_shards():
    """Where three coefficients more need the next power of two, so do preprocessed columns."""
    # 3 (2 s + 5) + 3 is at most 2^8, and 3 (2 s + 8) + 3 is not: the least height of a code
    queries = next(s for s in range(2, 99) if 3 * (2 * s + 5) + 3 <= 256 < 3 * (2 * s + 8) + 3)
    told = hidden(queries=queries)
    key = told.machine.proving_key
    single, sharded = key.preprocessed(), key.for_shards().preprocessed()
    heights = [[m.log_height for m in made.shape.matrices] for made in (single, sharded)]
    assert heights[0] == [8] * len(heights[0]) and heights[1] == [9] * len(heights[1])
    proof = told.prove(sources(2))
    told.verify(proof)
    assert not told.plain_refusal(proof)
