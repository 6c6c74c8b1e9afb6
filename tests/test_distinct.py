"""Different numbers, as `numpy.unique` finds them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cstark.distinct import count_distinct, distinct


@given(
    arrays.arrays(
        st.sampled_from([np.int64, np.uint64, np.int32]),
        st.integers(0, 50),
        elements=st.integers(0, 9),
    )
)
def test_as_numpy_finds_them(numbers):
    expected, times = np.unique(numbers, return_counts=True)
    found, counts = count_distinct(numbers)
    assert found.tolist() == distinct(numbers).tolist() == expected.tolist()
    assert counts.tolist() == times.tolist() and found.dtype == numbers.dtype
