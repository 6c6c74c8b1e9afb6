"""Exact counts of messages, whatever their hashes and however often memory runs out."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import numpy as np
import pytest

from cstark.air import P
from cstark.check import counts
from cstark.check.counts import count_exactly
from cstark.kernels._tally import Tally
from tests.check.check_support import elements


def plain(batches) -> dict[tuple[int, ...], int]:
    sums: dict[tuple[int, ...], int] = defaultdict(int)
    for columns, multiplicities in batches:
        for message, count in zip(
            zip(*(column.tolist() for column in columns), strict=True),
            multiplicities.tolist(),
            strict=True,
        ):
            sums[message] += count
    return {message: total % P for message, total in sums.items() if total % P}


def counted(width, batches, **options) -> dict[tuple[int, ...], int]:
    passes = 0

    def start():
        nonlocal passes
        passes += 1
        yield from batches

    result = {}
    for messages, surplus in count_exactly(width, start, **options):
        assert messages.dtype == surplus.dtype == np.uint64
        assert messages.shape == (len(surplus), width)
        for message, count in zip(map(tuple, messages.tolist()), surplus.tolist(), strict=True):
            assert message not in result
            result[message] = count
    counted.passes = passes
    return result


def random_batches(generator, width, alphabet, number=6, rows=200):
    batches = []
    for _ in range(number):
        columns = [generator.choice(alphabet, size=rows) for _ in range(width)]
        multiplicities = elements(generator, rows)
        batches.append((columns, multiplicities))
        if generator.random() < 0.5:  # some come to zero
            half = rows // 2
            negated = (P - multiplicities[:half].astype(object)) % P
            batches.append(([c[:half] for c in columns], negated.astype(np.uint64)))
    return batches


@pytest.mark.parametrize("words", [1 << 25, 300])
@pytest.mark.parametrize("hash_mask", [2**64 - 1, 0, 3 << 62])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_counts_agree_with_dictionaries(monkeypatch, width, hash_mask, words):
    monkeypatch.setattr(counts, "Tally", partial(Tally, hash_mask=hash_mask))
    generator = np.random.default_rng(width)
    for alphabet in ([0, 1, P - 1], range(2**32 - 8, 2**32 + 8)):
        batches = random_batches(generator, width, np.array(alphabet, dtype=np.uint64))
        assert counted(width, batches, words=words) == plain(batches)


def test_many_passes_when_memory_is_short():
    generator = np.random.default_rng(1)
    columns = [generator.permutation(20000).astype(np.uint64) for _ in range(2)]
    ones, minus = np.full(20000, 1, dtype=np.uint64), np.full(20000, P - 1, dtype=np.uint64)
    order = generator.permutation(20000)
    received = [column[order] for column in columns]
    received[0][17] += np.uint64(1 << 40)
    batches = [([c[i : i + 500] for c in columns], ones[i : i + 500]) for i in range(0, 20000, 500)]
    batches += [
        ([c[i : i + 500] for c in received], minus[i : i + 500]) for i in range(0, 20000, 500)
    ]
    expected = plain(batches)
    assert sorted(expected.values()) == [1, P - 1]
    assert counted(2, batches, words=50_000) == expected
    assert counted.passes > 4
    assert counted(2, batches) == expected
    assert counted.passes == 1


def test_sums_of_many_large_counts_are_exact():
    n = 70000
    column = np.zeros(n, dtype=np.uint64)
    multiplicities = np.full(n, P - 1, dtype=np.uint64)
    assert counted(1, [([column], multiplicities)]) == {(0,): P - n}
    assert counted(1, [([column], multiplicities)] * 3) == {(0,): P - 3 * n}
    assert counted(1, []) == {}
