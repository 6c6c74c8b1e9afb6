"""Counting over several processes finds what counting in one place finds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.air.tokens import Receive, Send
from cstark.check.scattered import (
    BUCKETS,
    added,
    bucket_sums,
    in_buckets,
    token_batches,
    unbalanced_buckets,
)
from cstark.field import P


def batch_of(entries):
    """Columns and counts of (message, count) pairs."""
    messages = np.array([message for message, _ in entries], dtype=np.uint64)
    counts = np.array([count % P for _, count in entries], dtype=np.uint64)
    return [np.ascontiguousarray(column) for column in messages.T], counts


def found_in(shares, width, seed):
    """Message -> surplus, found as workers and coordinator find it."""
    wrong = unbalanced_buckets([bucket_sums(share, seed) for share in shares])
    answers = [added(width, in_buckets(share, wrong, seed)) for share in shares]
    batches = [([*map(np.ascontiguousarray, m.T)], counts) for m, counts in answers if len(m)]
    messages, counts = added(width, batches)
    return {tuple(m): c for m, c in zip(messages.tolist(), counts.tolist(), strict=True)}


VALUES = st.one_of(st.integers(0, 3), st.integers(0, P - 1))
ENTRY = st.tuples(st.tuples(VALUES, VALUES), st.integers(-3, 3).filter(bool))


@given(st.lists(st.lists(ENTRY, max_size=8), max_size=4), st.integers(0, 2**64 - 1))
def test_what_does_not_balance_is_found(shares, seed):
    expected = Counter()
    for share in shares:
        for message, count in share:
            expected[message] += count
    given_shares = [[batch_of([entry]) for entry in share] for share in shares]
    wanted = {message: count % P for message, count in expected.items() if count}
    assert found_in(given_shares, 2, seed) == wanted


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1, 0x9E3779B97F4A7C15])
def test_one_message_among_many(seed):
    """Consecutive messages, sent here and received there, but for one."""
    rows = np.arange(200_000, dtype=np.uint64)
    sent = ([rows % 1000, rows], np.ones(len(rows), dtype=np.uint64))
    received = ([rows % 1000, rows], np.full(len(rows), P - 1, dtype=np.uint64))
    assert found_in([[sent], [received]], 2, seed) == {}
    received[1][77_123] = P - 2
    assert found_in([[sent], [received]], 2, seed) == {(123, 77_123): P - 1}
    [bucket] = unbalanced_buckets([bucket_sums([sent], seed), bucket_sums([received], seed)])
    messages, _ = added(2, in_buckets([sent], np.array([bucket]), seed))
    assert 1 <= len(messages) < 20 * len(rows) / BUCKETS  # a small part of them


def test_messages_of_one_bucket_do_not_hide_each_other():
    """One too many and one missing of the same bucket: the other hash tells them apart."""
    rows = np.arange(4 * BUCKETS, dtype=np.uint64)
    places = {}
    for row in rows.tolist():
        columns, counts = batch_of([((row,), 1)])
        place = int(np.flatnonzero(bucket_sums([(columns, counts)], 5))[0])
        if place in places:
            break
        places[place] = row
    other = places[place]
    shares = [[batch_of([((row,), 1)])], [batch_of([((other,), -1)])]]
    assert found_in(shares, 1, 5) == {(row,): 1, (other,): P - 1}


def test_counts_near_p_and_of_many_shares():
    share = [batch_of([((9, 9), P // 2), ((9, 9), P // 2 + 1), ((8, 8), -1)])]
    assert found_in([share] * 500, 2, 3) == {(8, 8): P - 500}


def test_tokens_are_messages():
    tokens = Send("b", [1, 2], 3), Receive("b", [4, 5]), Send("c", [6]), Send("b", [7, 7], 0)
    [(columns, counts)] = token_batches(tokens, "b")
    assert [column.tolist() for column in columns] == [[1, 4], [2, 5]]
    assert counts.tolist() == [3, P - 1]
    assert token_batches(tokens, "none") == []
