"""Names and values of claims that are not written as plain Python would write them."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from cstark.errors import StatementError
from cstark.workload.claim import decode_claim, encode_claim, read_claim


def test_names_are_read_as_python_reads_them():
    assert read_claim({"\ufb01eld": 3}, ﬁeld=int) == (3,)
    assert read_claim({"\ufb01eld": 3}, field=int) == (3,)
    assert read_claim({"field": 3, "b": 1}, **{"b": int, "\ufb01eld": int}) == (1, 3)
    with pytest.raises(StatementError, match="the field 'field' twice, in two spellings"):
        read_claim({"field": 3, "\ufb01eld": 4}, field=int)
    with pytest.raises(StatementError, match="one name to Python"):
        read_claim({"field": 3}, **{"field": int, "\ufb01eld": int})
    with pytest.raises(StatementError, match="no 'field'"):
        read_claim({"a": 3}, ﬁeld=int)
    with pytest.raises(StatementError, match="unknown field"):
        read_claim({"a": 3, "\x1b": 1}, a=int)


def test_booleans_of_numpy_and_other_mappings():
    even = np.arange(3) % 2 == 0
    claim = MappingProxyType({"even": even[0], "odd": [even[1]], "more": MappingProxyType({})})
    assert decode_claim(encode_claim(claim)) == {"even": True, "odd": [False], "more": {}}
    assert read_claim(decode_claim(encode_claim(claim)), even=bool, odd=list, more=dict)[0] is True
    assert read_claim(MappingProxyType({"a": True}), a=bool) == (True,)
    with pytest.raises(StatementError, match="float64 is not allowed"):
        encode_claim({"a": np.float64(1)})
    with pytest.raises(StatementError, match="ndarray is not allowed"):
        encode_claim({"a": even})
