"""What proofs of the same heights share is made once, and is not everybody else's."""

from __future__ import annotations

import pickle

import pytest

from cstark.protocol import layout as layouts
from cstark.protocol import proving_key
from cstark.protocol.recent import Recent
from tests.oracles import zoo


def test_the_values_used_last_are_kept():
    cache: Recent[int, int] = Recent(2)
    made = []

    def find(key):
        return cache.find(key, lambda: made.append(key) or -key)

    assert [find(k) for k in (1, 2, 1, 3, 1, 2)] == [-1, -2, -1, -3, -1, -2]
    assert made == [1, 2, 3, 2] and len(cache) == 2
    assert (cache.hits, cache.misses) == (2, 4)


def test_a_value_that_cannot_be_made_is_not_kept():
    cache: Recent[int, int] = Recent(2)
    with pytest.raises(ZeroDivisionError):
        cache.find(0, lambda: 1 // 0)
    assert len(cache) == 0 and cache.find(0, lambda: 7) == 7


def test_a_pickled_cache_is_empty():
    cache: Recent[int, int] = Recent(1)
    cache.find(1, lambda: 1)
    again = pickle.loads(pickle.dumps(cache))
    assert len(again) == 0
    again.find(1, lambda: 1)
    again.find(2, lambda: 2)
    assert len(again) == 1


def test_proofs_of_the_same_heights_share_their_layout(monkeypatch):
    """Counted: the layout and the security of a second proof are those of the first."""
    made = {"layout": 0, "security": 0}

    class Counted(layouts.Layout):
        def __init__(self, *arguments, **settings):
            made["layout"] += 1
            super().__init__(*arguments, **settings)

    def security(*arguments):
        made["security"] += 1
        return layouts.layout_security(*arguments)

    monkeypatch.setattr(proving_key, "Layout", Counted)
    monkeypatch.setattr(proving_key, "layout_security", security)
    case = zoo.fibonacci(4)
    machine = case.machine()
    made["layout"] = 0  # one was made to resolve the options
    proofs = [case.prove(machine) for _ in range(3)]
    assert made == {"layout": 1, "security": 1}
    assert proofs[0].to_bytes() == proofs[2].to_bytes()
    facts = [proof.report.facts["security"] for proof in proofs]
    assert facts[0] == facts[2] and facts[0] is not facts[2]


def test_heights_and_tokens_tell_layouts_apart():
    case = zoo.together(zoo.fibonacci(4), zoo.fibonacci(5))
    key = case.machine().proving_key
    assert key.layout([4, 5]) is key.layout((4, 5)) is not key.layout([5, 4])
    few, many = (key.security([4, 5], tokens).shape.fractions for tokens in (0, 9))
    assert many == few + 9
