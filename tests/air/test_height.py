"""`padded_rows`: the height of a table for so many rows."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs


def test_the_next_power_of_two_of_at_least_eight():
    assert [cs.padded_rows(n) for n in (0, 1, 7, 8, 9, 16, 17, 1000)] == [
        8, 8, 8, 8, 16, 16, 32, 1024,
    ]  # fmt: skip
    assert cs.padded_rows(np.uint8(200)) == 256
    assert cs.padded_rows(2**31) == cs.padded_rows(2**31 - 1) == 2**31


WRONG = [-1, 2**31 + 1, pytest.param(10**5000, id="long"), 8.0, "8", None, True]


@pytest.mark.parametrize("rows", WRONG)
def test_what_is_no_number_of_rows(rows):
    with pytest.raises(cs.TraceError, match=r"padded_rows: .* rows; a number of rows is"):
        cs.padded_rows(rows)
