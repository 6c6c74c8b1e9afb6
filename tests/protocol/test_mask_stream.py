"""The words that masks and salts are made of: one stream a label, wherever one begins to read."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark.field import P
from cstark.kernels import _hash
from cstark.protocol import masks as masks_module
from cstark.protocol.masks import Masks, MaskStream
from tests.attacks.toolkit import changed

KEY = bytes(range(32))


def words_of(count: int, first: int = 0) -> np.ndarray:
    out = np.empty(count, dtype=np.uint64)
    MaskStream(KEY).fill(out, first)
    return out


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 100, 2**16, 2**16 + 6, 2**17 + 1])
def test_a_stream_does_not_depend_on_how_it_is_read(count):
    whole = words_of(2**17 + 8)
    assert np.array_equal(words_of(count), whole[:count])
    for first in (1, 2, 500):
        assert np.array_equal(words_of(count, first)[:100], whole[4 * first :][: min(count, 100)])


def test_its_words_are_digests_of_key_and_counter():
    row = np.array([[*np.frombuffer(KEY, dtype="<u8"), 3]], dtype=np.uint64)
    out = np.empty((1, 1, 32), dtype=np.uint8)
    _hash.leaf_digests(1, [row[None]], [5], out)
    assert words_of(4, 3).astype("<u8").tobytes() == out.tobytes()


def test_pairs_at_places():
    pairs = words_of(400).reshape(200, 2)
    numbers = np.array([0, 1, 7, 7, 199, 64], dtype=np.int64)
    assert np.array_equal(MaskStream(KEY).pairs_at(numbers), pairs[numbers])
    assert MaskStream(KEY).pairs_at(numbers[:0]).shape == (0, 2)


def test_words_not_below_p_are_passed_over():
    """One in 2^32 is: here a third."""

    class Large(MaskStream):
        def fill(self, out, first=0):
            super().fill(out, first)
            out.reshape(-1)[::3] = np.uint64(P)

    masks = Masks(KEY)
    with changed(masks_module, "MaskStream", Large):
        found = masks.elements(bytes(32), "label", 50, 3)
    plain = np.empty(400, dtype=np.uint64)
    masks.stream(bytes(32), "label").fill(plain)
    keep = np.ones(400, dtype=bool)
    keep[::3] = False
    assert found.max() < P
    assert np.array_equal(found.reshape(-1), plain[keep][:150])


def test_labels_states_and_secrets_give_other_words():
    found = [
        masks.elements(state, label, 8).tobytes()
        for masks in (Masks(KEY), Masks(bytes(32)))
        for state in (bytes(32), KEY)
        for label in ("a", "b")
    ]
    assert len(set(found)) == 8


def test_elements_fill_what_they_are_given():
    place = np.empty((4, 3), dtype=np.uint64)
    found = Masks(KEY).elements(bytes(32), "label", 4, 3, out=place)
    assert found is place
    assert np.array_equal(place, Masks(KEY).elements(bytes(32), "label", 4, 3))
    assert place.max() < cs.P
