"""SHA-256 with one compression a row: a table of thousands of columns and only a few rows.

What such a table takes is not proving but Python before it: describing, compiling, the key.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

import cstark as cs

from .common import PROFILE

__all__ = ["Sha256Rows", "initial_state", "sha256_trace"]

ROUNDS = 18 if PROFILE == "tiny" else 64
MASK = (1 << 32) - 1


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _root(number: int, degree: int) -> int:
    """The first 32 bits of the fraction of a square or cubic root."""
    low, high = 0, number << 32
    target = number << (32 * degree)
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= target else (low, middle)
    return low & MASK


def initial_state() -> list[int]:
    """The eight words that the first block starts from."""
    return [_root(prime, 2) for prime in _primes(8)]


CONSTANTS = [_root(prime, 3) for prime in _primes(64)]


def _rotated(bits: Any, *by: int, shift: int = 0) -> list[Any]:
    """Words rotated right, least bit first; one shifted at the end."""
    words = [np.roll(bits, -amount) for amount in by]
    if shift:
        words.append(np.concatenate([bits[shift:], np.zeros(shift, dtype=object)]))
    return words


def _xor(*words: Any) -> Any:
    total = words[0]
    for word in words[1:]:
        total = total + word - 2 * total * word
    return total


def _word(bits: Any) -> Any:
    return cs.pack(list(bits), 1)


class Sha256Rows(cs.Air):
    """The compression function, one block a row; what a row ends with, the next starts from.

    ``a`` and ``e`` hold the state words of four steps before the first and of every round, of
    which there are 64, or more than 16 in any case.
    """

    publics = tuple(f"digest{i}" for i in range(8))

    def __init__(self, rounds: int = ROUNDS) -> None:
        self.rounds = rounds
        self.columns = {
            "w": (rounds, 32),
            "a": (rounds + 4, 32),
            "e": (rounds + 4, 32),
            "end": (8, 32),
            "w_carry": (rounds - 16, 2),
            "a_carry": (rounds, 3),
            "e_carry": (rounds, 3),
            "end_carry": (8,),
        }

    def constrain(self, t: Any) -> None:
        now, nxt = t.now, t.next
        w, a, e = now.w, now.a, now.e
        t.every_row.boolean(*now)
        for i in range(16, self.rounds):
            small0 = _xor(*_rotated(w[i - 15], 7, 18, shift=3))
            small1 = _xor(*_rotated(w[i - 2], 17, 19, shift=10))
            total = _word(w[i - 16]) + _word(small0) + _word(w[i - 7]) + _word(small1)
            carry = cs.pack(list(now.w_carry[i - 16]), 1)
            t.every_row.equal(_word(w[i]) + carry * 2**32, total)
        for i in range(self.rounds):
            at = i + 3  # of the newest state words
            large1 = _xor(*_rotated(e[at], 6, 11, 25))
            choice = e[at] * e[at - 1] + (1 - e[at]) * e[at - 2]
            first = _word(e[at - 3]) + _word(large1) + _word(choice) + CONSTANTS[i] + _word(w[i])
            large0 = _xor(*_rotated(a[at], 2, 13, 22))
            both = a[at - 1] * a[at - 2]
            majority = a[at] * (a[at - 1] + a[at - 2] - 2 * both) + both
            second = _word(large0) + _word(majority)
            carry_e = cs.pack(list(now.e_carry[i]), 1)
            carry_a = cs.pack(list(now.a_carry[i]), 1)
            t.every_row.equal(_word(e[at + 1]) + carry_e * 2**32, _word(a[at - 3]) + first)
            t.every_row.equal(_word(a[at + 1]) + carry_a * 2**32, first + second)
        start = [_word(x[3 - k]) for x in (a, e) for k in range(4)]
        final = [_word(x[-1 - k]) for x in (a, e) for k in range(4)]
        end = [_word(now.end[k]) for k in range(8)]
        for k, word in enumerate(initial_state()):
            t.every_row.equal(end[k] + now.end_carry[k] * 2**32, start[k] + final[k])
            t.first_row.equal(start[k], word)
            t.last_row.equal(end[k], t.publics[k])
        for x, words in ((nxt.a, now.end[:4]), (nxt.e, now.end[4:])):
            t.transition.equal(x[3::-1][:4], words)


def _bits(words: list[int], width: int = 32) -> np.ndarray:
    values = np.array(words, dtype=np.uint64).reshape(-1, 1)
    return ((values >> np.arange(width, dtype=np.uint64)) & np.uint64(1)).reshape(len(words), width)


def _turn(word: int, *by: int, shift: int = 0) -> int:
    result = word >> shift if shift else 0
    for amount in by:
        result ^= (word >> amount | word << (32 - amount)) & MASK
    return result


def sha256_trace(air: Sha256Rows, message: bytes) -> tuple[np.ndarray, list[int]]:
    """The trace of a message that is padded to eight blocks, and the words of its digest."""
    data = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8)
    if len(data) != 8 * 64:
        raise ValueError(f"a message of {len(message)} bytes does not fill eight blocks")
    trace = air.zeros(8)
    columns = air.view(trace)
    state = initial_state()
    for block in range(8):
        part = data[64 * block : 64 * block + 64]
        w = [int.from_bytes(part[4 * i : 4 * i + 4]) for i in range(16)]
        w_carry, a_carry, e_carry = [], [], []
        for i in range(16, air.rounds):
            total = w[i - 16] + w[i - 7] + _turn(w[i - 15], 7, 18, shift=3)
            total += _turn(w[i - 2], 17, 19, shift=10)
            w.append(total & MASK)
            w_carry.append(total >> 32)
        a, e = state[3::-1], state[7:3:-1]
        for i in range(air.rounds):
            choice = e[-1] & e[-2] | ~e[-1] & MASK & e[-3]
            first = e[-4] + _turn(e[-1], 6, 11, 25) + choice + CONSTANTS[i] + w[i]
            majority = a[-1] & a[-2] | a[-1] & a[-3] | a[-2] & a[-3]
            second = _turn(a[-1], 2, 13, 22) + majority
            e_carry.append((a[-4] + first) >> 32)
            a_carry.append((first + second) >> 32)
            e.append((a[-4] + first) & MASK)
            a.append((first + second) & MASK)
        sums = [old + new for old, new in zip(state, a[:-5:-1] + e[:-5:-1], strict=True)]
        state = [total & MASK for total in sums]
        for name, words, width in (
            ("w", w, 32), ("a", a, 32), ("e", e, 32), ("end", state, 32),
            ("w_carry", w_carry, 2), ("a_carry", a_carry, 3), ("e_carry", e_carry, 3),
        ):  # fmt: skip
            getattr(columns, name)[block] = _bits(words, width)
        columns.end_carry[block] = [total >> 32 for total in sums]
    return trace, state


class Wide:
    """From the class to a proof, its verification and its key, in a fresh machine each time."""

    timeout = 600

    def setup(self) -> None:
        self.air = Sha256Rows()
        trace, digest = sha256_trace(self.air, b"a" * 500)
        self.traces, self.publics = {"sha256": trace}, {"sha256": digest}
        self.made = self.machine()
        self.proof = self.made.prove(self.traces, self.publics).to_bytes()
        self.key = self.made.verifying_key().to_json()

    def machine(self) -> cs.Machine:
        return cs.Machine({"sha256": self.air}, cs.Options(max_log_height=10))

    def time_describe(self) -> None:
        self.machine()

    def time_first_proof(self) -> None:
        """What a process pays that makes one proof: describing, compiling, checking, proving."""
        self.machine().prove(self.traces, self.publics)

    def time_check(self) -> None:
        self.machine().check(self.traces, self.publics)

    def time_verify(self) -> None:
        self.made.verify(self.proof, self.publics)

    def time_write_key(self) -> None:
        self.machine().verifying_key().to_json()

    def time_read_key(self) -> None:
        cs.VerifyingKey.from_json(self.key)

    def time_pickle(self) -> None:
        pickle.loads(pickle.dumps(self.made))
