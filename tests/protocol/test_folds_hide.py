"""One uniform word hides all that FRI shows: exact ranks, over layouts of all kinds.

What is shown is a linear map of the word that hides and of the words to be hidden, whose values
where they are opened are given. The latter add no rank to the former: whatever they are elsewhere,
what is shown has the same distribution. And the rank is the number of elements that are shown, so
that all of them are uniform but for what the verifier computes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from cstark.protocol.layout import Layout
from cstark.protocol.shards.challenges import Place
from cstark.protocol.shards.prover import ShardKey
from tests.oracles import zoo
from tests.oracles.folding import Folding, rank
from tests.shards.shard_support import hidden, sources

# Log heights of tables, and options. With three queries a short table has a code of 32 at least.
SHAPES = {
    "joins at the first fold": ([6, 5], {"fri_arity": 8, "final_length": 8}),
    "joins at two layers, then folds": ([7, 5, 3], {"fri_arity": 4, "final_length": 4}),
    "folds by 8": ([7, 3], {"fri_arity": 8, "final_length": 8}),
    "joins at the last layer": ([6, 3], {"fri_arity": 2, "final_length": 1024}),
    "joins at each layer": ([7, 6, 5, 3], {"fri_arity": 8, "final_length": 1024}),
    "no fold": ([3], {"final_length": 1024}),
    "mostly masks": ([3], {"queries": 24, "fri_arity": 2, "final_length": 64}),
    "tall, then folds": ([7, 6], {"tall": True, "fri_arity": 4, "final_length": 16}),
    "tall, joins at the last layer": ([7, 5], {"tall": True, "final_length": 1024}),
    "tall, one step": ([6, 5], {"tall": True, "fri_arity": 2, "final_length": 1024}),
    "tall and short": ([7, 4], {"tall": True, "fri_arity": 2, "final_length": 16}),
    "tall to two": ([7, 5], {"tall": True, "final_length": 1, "fri_arity": 4, "blowup": 4}),
}  # fmt: skip
PLACES = ("spread", "crowded")


@lru_cache
def layout_of(shape):
    heights, options = SHAPES[shape]
    case = zoo.together(*map(zoo.fibonacci, heights))
    machine = case.machine(zk=True, **{"queries": 3, **options})
    return Layout(machine.verifying_key(), heights)


@lru_cache
def folding(shape, place):
    """Positions all over the domain, or some of them in one group, or in one further down."""
    layout = layout_of(shape)
    count, height = layout.key.options.queries, 1 << layout.log_max_height
    spread = np.random.default_rng(count).integers(0, height * layout.blowup, count).tolist()
    crowded = [5 + height // 2**k for k in range(min(3, count))] + spread[3:]
    return Folding(layout, spread if place == "spread" else crowded)


@lru_cache
def maps(shape, place):
    """What is shown of each coefficient of the word that hides, and of all that is hidden."""
    fold = folding(shape, place)
    return fold.of_masks(fold.layout.word_dimension), fold.of_words()


def hides(masks, words):
    return rank([*masks, *words]) == rank(masks)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_fri_shows_says_nothing_but_what_is_opened(shape, place):
    masks, words = maps(shape, place)
    assert rank(masks) == folding(shape, place).numbers()
    assert hides(masks, words)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_word_with_fewer_coefficients_than_elements_are_shown_does_not_hide(shape):
    fold, (masks, words) = folding(shape, "spread"), maps(shape, "spread")
    assert rank(words) > 0
    assert not hides(masks[: fold.numbers() - 1], words)


@pytest.mark.parametrize("shape", ["no fold"])
def test_without_a_fold_each_coefficient_is_needed(shape):
    masks, words = maps(shape, "spread")
    for left_out in (0, len(masks) // 2, len(masks) - 1):
        assert not hides([*masks[:left_out], *masks[left_out + 1 :]], words)


@pytest.mark.parametrize("shape", [name for name in SHAPES if name.startswith("tall,")])
def test_coefficients_of_the_tallest_code_alone_do_not_hide_shorter_ones(shape):
    """Which have more for their height: D* is what the final polynomial allows."""
    masks, words = maps(shape, "spread")
    layout = layout_of(shape)
    own = layout.dimensions[layout.log_max_height]
    assert own < layout.word_dimension
    assert not hides(masks[:own], words)


@pytest.mark.parametrize("shape", ["joins at the first fold", "tall, then folds"])
def test_a_word_of_a_shorter_height_does_not_hide_the_tallest(shape):
    fold, (_, words) = folding(shape, "spread"), maps(shape, "spread")
    height = fold.layout.schedule.layers[1]
    masks = fold.of_masks(fold.parts(0), height)
    assert rank(masks) > 0
    assert not hides(masks, words)


@pytest.mark.parametrize("tall", [False, True])
def test_each_shard_has_a_word_that_hides_its_own(tall):
    told = hidden(tall=tall, final_length=16)
    key, proof = told.machine.proving_key, told.prove(sources(2, 64 if tall else 16))
    for index, heights in enumerate(proof.log_heights):
        layout = ShardKey(key, heights, Place(index, len(proof))).layout(heights)
        assert layout.pins and any(q.tall for q in layout.quotients) == tall
        count, points = layout.key.options.queries, layout.blowup << layout.log_max_height
        fold = Folding(layout, np.random.default_rng(index).integers(0, points, count).tolist())
        masks, words = fold.of_masks(layout.word_dimension), fold.of_words()
        assert rank(words) > 0 and rank(masks) == fold.numbers()
        assert hides(masks, words)


def entropy(fold, layer, count):
    """Of a leaf that is not opened, given what is shown and what the layer folds to, in F.

    Of a word that hides with so many coefficients.
    """
    opened = set(fold.layers[layer].leaves.tolist())
    leaf = next(k for k in range(2, 10_000) if k not in opened)
    known, both = [], []
    for k in range(count):
        shown, group = fold.beyond(layer, leaf, [0] * k + [1])
        known.append(shown)
        both.append(shown + group)
    return rank(both) - rank(known)


@pytest.mark.parametrize("shape", ["joins at the first fold", "folds by 8", "tall to two"])
def test_leaves_that_are_not_opened_are_not_known(shape):
    """Whose digests a multiproof shows: no salt is needed as a guess is right by chance alone."""
    fold = folding(shape, "spread")
    for layer, arity in enumerate(fold.layout.schedule.arities):
        free = fold.parts(layer) > len(fold.layers[layer].leaves)
        assert entropy(fold, layer, fold.layout.word_dimension) == (arity - 1) * free


def test_a_word_whose_parts_have_as_many_coefficients_as_groups_are_opened_is_known():
    """One more for each part, and nothing is known of a leaf but its fold."""
    fold = folding("folds by 8", "spread")
    count, arity = len(fold.layers[0].leaves), fold.layout.schedule.arities[0]
    assert entropy(fold, 0, arity * count) == 0
    assert entropy(fold, 0, arity * (count + 1)) == arity - 1
