"""What an error lets go of, and what is not its to let go of."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import cstark as cs
from cstark.machines import load
from cstark.unwind import release_memory

later = []


@dataclass(frozen=True)
class Failing(load("fib_pair")):
    def prepare(self):
        text = "in prepare"
        later.append(lambda: text)
        raise ArithmeticError("no luck")


def fails_before():
    text = "before"
    later.append(lambda: text)
    raise KeyError(text)


@pytest.mark.parametrize("how", ["prove", "prove_many"])
def test_functions_that_live_on_keep_their_variables(how):
    later.clear()
    try:
        fails_before()
    except KeyError as before:
        if how == "prove":
            with pytest.raises(ArithmeticError):
                Failing().prove()
        else:
            (result,) = cs.prove_many([Failing()])
            assert isinstance(result.error, ArithmeticError)
            assert result.error.__context__ is before
        assert before.__traceback__.tb_next.tb_frame.f_locals["text"] == "before"
    assert [call() for call in later] == ["before", "in prepare"]


def test_locals_of_others_go_everywhere_alone():
    def fails():
        big = ["a trace"]
        raise ArithmeticError(len(big))

    for everywhere in (False, True):
        with pytest.raises(ArithmeticError) as caught:
            fails()
        release_memory(caught.value, everywhere=everywhere)
        frame = caught.value.__traceback__.tb_next.tb_frame
        assert ("big" in frame.f_locals) is not everywhere
