"""Runs that access another word than the one of the address, by flags that are no bits.

The place of an access in its word is 4 h + ...; with h = 2 the row's word is the one before. The
half that h = 2 names is 2 m1 - m0, and of a store the two versions of the word have the counts -1
and 2, which is one version where both are the same.
"""

from __future__ import annotations

import pytest
from forged_run import Run
from forged_tables import inverse, limbs

from cstark.vm import abi
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li

A, B, C, D = 5, 6, 7, 8
FRESH = 0x2000_0000
X, L, f = 1 << 32, 1 << 16, (1 << 32) - 1


def run_of(*body: int) -> tuple[Run, int]:
    """A run whose address A is that of zero-filled memory, and the place where the result moves."""
    words = [*li(A, FRESH), *body]
    return Run(Guest([*words, *exit_with(C)])), LOW + 4 * len(words)


def access(run: Run, name: str, row: int, m: list[int], before: int, **cells) -> None:
    """A row that finds a word, with a token of this time."""
    age = int(run.view(name).time[row]) + 3 - before - 1
    run.put(name, row, m=m, m_time=before, gap=age % 2**16, **cells)


def written(run: Run, name: str, row: int) -> int:
    """The time of the token that a row of memory leaves."""
    return int(run.view(name).time[row]) + 3


def store(op: str) -> tuple[Run, int, int]:
    """Stores 5 behind a word of two halves 5, and loads it again; the time of that word."""
    run, mv = run_of(*li(B, 5), encode.s("sw", B, A, 0), encode.s("sw", B, A, 4),
                     encode.s(op, B, A, 8), encode.i("lwu", C, A, 8))  # fmt: skip
    access(run, "lw", 0, [0, 0], 0, low=0, high=0)
    return run, mv, written(run, "sw", 1)


def load(op: str) -> tuple[Run, int, int]:
    """Loads 1 behind a word of the halves 5 and 7; the time of that word."""
    run, mv = run_of(*li(B, 5), *li(D, 7), encode.s("sw", B, A, 0), encode.s("sw", D, A, 4),
                     *li(B, 1), encode.s("sw", B, A, 8), encode.i(op, C, A, 8))  # fmt: skip
    return run, mv, written(run, "sw", 1)


def sw() -> tuple[Run, str]:
    run, mv, before = store("sw")
    access(run, "sw", 2, [5, 5], before, h=2)
    run.ends_with(mv, 0)
    return run, "sw"


def sb() -> tuple[Run, str]:
    run, mv, before = store("sb")
    access(run, "sub_store", 0, [5, 5], before, h=2, r=5, y=5, d=0)
    run.ends_with(mv, 0)
    return run, "sub_store"


def lwu() -> tuple[Run, str]:
    run, mv, before = load("lwu")
    access(run, "lw", 0, [5, 7], before, h=2, low=2 * 7 - 5, high=0)
    run.ends_with(mv, 2 * 7 - 5)
    return run, "lw"


def lbu() -> tuple[Run, str]:
    run, mv, before = load("lbu")
    access(run, "sub_load", 0, [5, 7], before, h=2, g=0, e=0, p=0, q=9, other=0, r=9)
    run.ends_with(mv, 9)
    return run, "sub_load"


@pytest.mark.parametrize("forged", [sw, sb, lwu, lbu], ids=lambda forged: forged.__name__)
def test_the_word_before(forged):
    run, name = forged()
    run.settle()
    run.judge(**{name: ["h is a bit"]})


def load_behind(low: int) -> tuple[Run, int, int]:
    """Loads the byte 1 behind a word of this low half; the time of that word."""
    run, mv = run_of(*li(B, low), encode.s("sw", B, A, 0), *li(B, 1), encode.s("sw", B, A, 8),
                     encode.i("lbu", C, A, 8))  # fmt: skip
    return run, mv, written(run, "sw", 0)


def test_the_word_before_by_the_limb():
    """g = 4 is a place of 8, and a half is other numbers than its limbs: 5 L - 2 gives 2 and 1."""
    half = 5 * L - 2
    run, mv, before = load_behind(half)
    access(run, "sub_load", 0, [half, 0], before, h=0, g=4, e=0, p=0, q=2, other=1, r=2)
    run.ends_with(mv, 2)
    run.settle()
    run.judge(sub_load=["g is a bit"])


def test_the_word_before_by_the_byte():
    """e = 8 is a place of 8, and 2 + 8 (Y - 1) 2 = 4082 is taken for the byte 2."""
    run, mv, before = load_behind(4082)
    access(run, "sub_load", 0, [4082, 0], before, h=0, g=0, e=8, p=0, q=2, other=0, r=2)
    run.ends_with(mv, 2)
    run.settle()
    run.judge(sub_load=["e is a bit"])


def test_a_byte_stored_into_the_word_before():
    """With e = 8 the byte 7 goes to the word before, which grows by 6 times 2041."""
    run, mv = run_of(*li(B, 2041), encode.s("sw", B, A, 0), *li(D, 7), encode.s("sb", D, A, 8),
                     encode.i("lbu", C, A, 8))  # fmt: skip
    access(run, "sub_store", 0, [2041, 0], written(run, "sw", 0), h=0, g=0, e=8, k=0, r=1,
           other=0, y=7, y2=0, d=6 * 2041)  # fmt: skip
    access(run, "sub_load", 0, [0, 0], 0, q=0, p=0, other=0, r=0)
    run.ends_with(mv, 0)
    run.settle()
    run.judge(sub_store=["e is a bit"])


def test_a_misaligned_load_from_the_word_before():
    """f1 = 9 instead of 1 is a place of 9; of zeros any weights make zeros."""
    run, mv = run_of(encode.s("sd", 0, A, 0), *li(B, 256), encode.s("sd", B, A, 8),
                     encode.i("lwu", C, A, 9))  # fmt: skip
    access(run, "mis_load", 0, [0, 0], written(run, "sd", 0), h=0, f=[9, 0, 0], c=[0] * 12,
           w=[0, 0], top=0, r=[0, 0])  # fmt: skip
    run.ends_with(mv, 0)
    run.settle()
    run.judge(mis_load=["one place"])


def test_a_misaligned_store_into_the_word_before():
    """A store of zeros behind goes to a word of zeros before; what it should clear stays."""
    run, mv = run_of(encode.s("sd", 0, A, 0), *li(B, 256), encode.s("sd", B, A, 8),
                     encode.s("sw", 0, A, 9), encode.i("lwu", C, A, 8))  # fmt: skip
    access(run, "mis_store", 0, [0, 0], written(run, "sd", 0), h=0, f=[9, 0, 0], c=[0] * 12,
           w=[0, 0], d=[0, 0, 0])  # fmt: skip
    access(run, "lw", 0, [256, 0], written(run, "sd", 1), low=256, high=0)
    run.ends_with(mv, 256)
    run.settle()
    run.judge(mis_store=["one place"])


def test_an_input_that_is_no_half():
    """The prover's own values are looked up: 2^32 + 5 times 1 would carry into the upper half."""
    words = [*li(A, abi.INPUT), encode.i("ld", B, A, 8), *li(D, 1), encode.r("mul", C, B, D),
             encode.shift("srli", C, C, 32), encode.shift("srli", B, B, 32),
             encode.r("sub", C, C, B), *exit_with(C)]  # fmt: skip
    run = Run(Guest(words), bytes([5, 0, 0, 0, 0, 0, 0, 0]))
    place = LOW + 4 * len(li(A, abi.INPUT))
    half = [X + 5, 0]
    run.put("input", 1, first=[X + 5, 0, 0, 0])
    run.put("ld", 0, m=half)
    run.put("mul", 0, a=half, c=[5, 0, 1, 0], h=limbs(1), x=limbs(1), i=inverse(f * (f - 1)),
            j=inverse(-f))  # fmt: skip
    run.put("half_down", run.at("half_down", place + 12), a=[5, 1], old=[5, 1])
    run.put("half_down", run.at("half_down", place + 16), a=half, old=half)
    run.put("sub_inplace", 0, a=[1, 0], c=[1, 0, 0, 0])
    run.ends_with(place + 24, 1)
    run.settle()
    run.judge(input=["limb 0"])
