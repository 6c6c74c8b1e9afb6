"""The tally of messages against dictionaries, whatever the hashes, the threads and the parts."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from cstark.kernels._tally import PARTS, Tally
from tests.oracles.fields import EDGES, MODES, P, mode

ALL = 2**64 - 1


def random_batches(generator, width, number=40, rows=700):
    """Messages of few values, so that many are equal; counts of all sizes, some cancelling."""
    alphabet = np.array([*EDGES[:6], P - 1], dtype=np.uint64)
    result = []
    for _ in range(number):
        columns = [generator.choice(alphabet, size=rows) for _ in range(width)]
        columns[0] = columns[0] ^ generator.integers(0, 64, size=rows, dtype=np.uint64)
        counts = generator.integers(0, P, size=rows, dtype=np.uint64)
        result.append((columns, counts))
        if generator.random() < 0.5:
            result.append((columns, (np.uint64(P) - counts) % np.uint64(P)))
    return result


def plain(batches):
    sums = defaultdict(int)
    for columns, counts in batches:
        messages = zip(*(column.tolist() for column in columns), strict=True)
        for message, count in zip(messages, counts.tolist(), strict=True):
            sums[message] = (sums[message] + count) % P
    return sums


def contents(tally):
    """Message -> surplus; no message comes twice."""
    found = {}
    for part in tally.parts:
        messages, counts = tally.surplus(part)
        assert messages.shape[0] == counts.shape[0]
        for message, count in zip(map(tuple, messages.tolist()), counts.tolist(), strict=True):
            assert message not in found
            found[message] = count
    return found


@pytest.mark.parametrize("hash_mask", [ALL, 0, 0xFF << 50, 1 << 63, 0xFFFFFFFF])
@pytest.mark.parametrize("width", [1, 2, 7])
def test_counts_are_those_of_a_dictionary(width, hash_mask):
    generator = np.random.default_rng(width)
    batches = random_batches(generator, width, rows=200 if hash_mask == 0 else 700)
    tally = Tally(width, hash_mask=hash_mask)
    for columns, counts in batches:
        tally.add(columns, counts)
    expected = plain(batches)
    assert contents(tally) == {message: n for message, n in expected.items() if n}
    for columns, _ in batches[:3]:
        messages = zip(*(column.tolist() for column in columns), strict=True)
        assert tally.look_up(columns).tolist() == [expected[message] for message in messages]
        others = [columns[0] ^ np.uint64(1 << 40), *columns[1:]]
        assert not tally.look_up(others).any()


def growing(tally, n=1 << 15, step=1000):
    """Many different messages in, then all but seven of them out again."""
    generator = np.random.default_rng(3)
    columns = [np.arange(n, dtype=np.uint64), generator.permutation(n).astype(np.uint64)]
    ones, minus = np.ones(n, dtype=np.uint64), np.full(n, P - 1, dtype=np.uint64)
    order = generator.permutation(n)
    for first in range(0, n, step):
        tally.add([column[first : first + step] for column in columns], ones[first : first + step])
    most = tally.words
    for first in range(0, n - 7, step):
        chosen = order[first : min(first + step, n - 7)]
        tally.add([column[chosen] for column in columns], minus[: len(chosen)])
    return most, {tuple(int(column[i]) for column in columns): 1 for i in order[n - 7 :]}


@pytest.mark.parametrize("way", MODES)
def test_grows_and_forgets(way):
    with mode(*way):
        tally = Tally(2)
        most, rest = growing(tally)
        assert contents(tally) == rest
        # entries, and slots of a power of two above 4/3 of them, and what is in advance
        assert 3 * 2**15 < most < 3 * 2**15 + 4 * 2**15 + PARTS * 4096
        for _ in range(3):  # the room of what came to zero is used again
            assert contents(tally) == rest
            again, _ = growing(tally)
            rest = {message: n + 1 for message, n in rest.items()}
            assert again < 1.5 * most


def test_order_is_that_of_arrival_whatever_the_threads():
    results = []
    for way in MODES:
        with mode(*way):
            tally = Tally(2)
            growing(tally)
            results.append([[a.tolist() for a in tally.surplus(part)] for part in tally.parts])
    assert all(result == results[0] for result in results)


def test_parts():
    generator = np.random.default_rng(0)
    batches = random_batches(generator, 2)
    whole, parts = Tally(2), [Tally(2, parts) for parts in ([0, 5], range(6, PARTS), [1, 2, 3, 4])]
    for tally in (whole, *parts):
        for columns, counts in batches:
            tally.add(columns, counts)
    assert parts[0].parts == (0, 5)
    together = [contents(tally) for tally in parts]
    assert sum(map(len, together)) == len(contents(whole))
    assert together[0] | together[1] | together[2] == contents(whole)
    for number in range(PARTS - 1):
        before = whole.words
        whole.drop(number)
        assert whole.words < before
    assert whole.parts == (PARTS - 1,)
    whole.add(*batches[0])  # what was dropped stays out
    assert contents(whole).keys() <= together[1].keys() | plain(batches[:1]).keys()
    with pytest.raises(ValueError, match="part 0 is not counted"):
        whole.drop(0)
    with pytest.raises(ValueError, match="part 0 is not counted"):
        whole.surplus(0)


def test_parts_dropped_before_they_were_used():
    numbers = np.arange(1000, dtype=np.uint64)
    tally = Tally(1)
    tally.drop(0)
    assert not tally.look_up([numbers]).any()
    tally.add([numbers], np.ones_like(numbers))
    tally.drop(1)
    found = tally.look_up([numbers])
    counted = sum(len(tally.surplus(part)[0]) for part in tally.parts)
    assert set(found.tolist()) == {0, 1} and found.sum() == counted < 1000


def test_wide_messages():
    generator = np.random.default_rng(0)
    columns = [generator.integers(0, P, size=300, dtype=np.uint64) for _ in range(600)]
    near = [column.copy() for column in columns]
    near[599] ^= np.uint64(1)
    tally = Tally(600)
    for _ in range(3):
        tally.add(columns, np.ones(300, dtype=np.uint64))
    assert tally.look_up(columns).tolist() == [3] * 300
    assert tally.look_up(near).tolist() == [0] * 300


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: Tally(0), "at least one value"),
        (lambda: Tally(2, [PARTS]), "no part 64"),
        (lambda: Tally(2, [-1]), "no part -1"),
        (lambda: Tally(2).add([np.ones(3, dtype=np.uint64)], np.ones(3, dtype=np.uint64)), "not 1"),
        (
            lambda: Tally(1).add([np.ones(2, dtype=np.uint64)], np.ones(3, dtype=np.uint64)),
            "column 0 has 2 values, not 3",
        ),
        (lambda: Tally(1).surplus(PARTS), "part 64"),
        (lambda: Tally(1).drop(-1), "part -1"),
    ],
)
def test_wrong_arguments(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_nothing_to_count():
    tally = Tally(1)
    empty = np.empty(0, dtype=np.uint64)
    tally.add([empty], empty)
    assert tally.look_up([empty]).shape == (0,)
    assert contents(tally) == {}
    assert not tally.look_up([np.arange(50, dtype=np.uint64)]).any()
