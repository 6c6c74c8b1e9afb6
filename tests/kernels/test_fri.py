"""Folds against their formula, their meaning, and the upstream convention."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from Crypto.Hash import keccak

from cstark.kernels import _fri
from tests.oracles.fields import ISAS, MODES, P, base, ext, mixed, mode, root, u64, words


@pytest.fixture(params=ISAS)
def isa(request):
    with mode(request.param):
        yield request.param


def fold(word, arity, challenge):
    out = np.full((3, word.shape[1], word.shape[2] // arity), 0xDEAD, np.uint64)
    _fri.fold(word, arity, u64(challenge), out)
    return out


def log2(n):
    return n.bit_length() - 1


SHAPES = [(1, 2), (1, 4), (1, 8), (2, 8), (2, 16), (4, 32), (1, 64), (2, 256)]


@pytest.mark.parametrize("arity", [2, 4, 8])
@pytest.mark.parametrize(("blowup", "n"), SHAPES)
def test_fold_is_its_formula(isa, arity, blowup, n):
    if n < arity:
        with pytest.raises(ValueError, match=f"n at least {arity}"):
            fold(np.zeros((3, blowup, n), np.uint64), arity, (1, 2, 3))
        return
    rng = np.random.default_rng(n)
    word, challenge = mixed(rng, (3, blowup, n)), mixed(rng, 3)
    out = fold(word, arity, challenge)
    w, step, m = root(log2(blowup * n)), root(log2(arity)), n // arity
    powers = [base(pow(step, -k, P)) for k in range(arity)]
    for q in range(blowup):
        for i in range(m):
            ratio = ext(challenge) * base(pow(w, -(q + blowup * i), P))
            values = [ext(word[:, q, i + j * m]) for j in range(arity)]
            expected = base(0)
            for k in reversed(range(arity)):
                term = sum((powers[j * k % arity] * values[j] for j in range(arity)), base(0))
                expected = expected * ratio + term
            assert out[:, q, i].tolist() == words(expected)


@pytest.mark.parametrize("arity", [2, 4, 8])
def test_fold_combines_the_parts_of_the_polynomial(isa, arity):
    """arity * sum_k challenge^k f_k(y^arity), with f = sum_k X^k f_k(X^arity)."""
    blowup, n, challenge = 2, 16, (P - 1, 3, 2**32)
    f = [ext(c) for c in mixed(np.random.default_rng(1), (n, 3))]
    w = root(log2(blowup * n))
    word = np.empty((3, blowup, n), np.uint64)
    for q in range(blowup):
        for i in range(n):
            y = base(pow(w, q + blowup * i, P))
            word[:, q, i] = words(sum((c * y**k for k, c in enumerate(f)), base(0)))
    out = fold(word, arity, challenge)
    folded = [
        base(arity) * sum((ext(challenge) ** k * f[arity * j + k] for k in range(arity)), base(0))
        for j in range(n // arity)
    ]
    for q in range(blowup):
        for i in range(n // arity):
            y = base(pow(w, arity * (q + blowup * i), P))
            assert out[:, q, i].tolist() == words(
                sum((c * y**k for k, c in enumerate(folded)), base(0))
            )


@pytest.mark.parametrize("arity", [4, 8])
def test_a_fold_is_folds_by_two(isa, arity):
    rng = np.random.default_rng(arity)
    word, challenge = mixed(rng, (3, 2, 1024)), mixed(rng, 3)
    expected, step = word, ext(challenge)
    for _ in range(log2(arity)):
        expected, step = fold(expected, 2, words(step)), step * step
    assert (fold(word, arity, challenge) == expected).all()


@pytest.mark.parametrize("arity", [2, 4, 8])
def test_fold_of_largest_values(isa, arity):
    """Digits of the transforms and products at their limits."""
    for value in (P - 1, 2**32 - 1, 2**64 - 2**33 + 1):
        word = np.full((3, 1, 64), value, np.uint64)
        for sign in (1, -1):
            word[:, :, 1::2] = sign * value % P
            word[:, :, 32:] = sign * value % P
            expected, step = word, ext((P - 1, P - 1, P - 1))
            for _ in range(log2(arity)):
                expected, step = plain_fold(expected, step), step * step
            assert (fold(word, arity, (P - 1, P - 1, P - 1)) == expected).all()


def plain_fold(word, challenge):
    """(lo + hi) + challenge / y (lo - hi), on the plain subgroup."""
    _, blowup, n = word.shape
    w = root(log2(blowup * n))
    out = np.empty((3, blowup, n // 2), np.uint64)
    for q in range(blowup):
        for i in range(n // 2):
            low, high = ext(word[:, q, i]), ext(word[:, q, i + n // 2])
            ratio = challenge / base(pow(w, q + blowup * i, P))
            out[:, q, i] = words(low + high + ratio * (low - high))
    return out


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 3), (3, 5), (2, 64), (1, 1001)])
def test_join(isa, shape):
    rng = np.random.default_rng(shape[1])
    word, other, factor = mixed(rng, (3, *shape)), mixed(rng, (3, *shape)), mixed(rng, 3)
    rows = zip(word.reshape(3, -1).T, other.reshape(3, -1).T, strict=True)
    expected = [words(ext(a) + ext(factor) * ext(b)) for a, b in rows]
    _fri.join(word, factor, other)
    assert word.reshape(3, -1).T.tolist() == expected


def test_results_do_not_depend_on_threads_or_instruction_set():
    rng = np.random.default_rng(9)
    word, other, challenge = mixed(rng, (3, 2, 1 << 14)), mixed(rng, (3, 2, 1 << 14)), mixed(rng, 3)
    seen = set()
    for isa, threads in MODES:
        with mode(isa, threads):
            results = [fold(word, arity, challenge) for arity in (2, 4, 8)]
            joined = word.copy()
            _fri.join(joined, challenge, other)
        seen.add(b"".join(a.tobytes() for a in [*results, joined]))
    assert len(seen) == 1


def test_bad_arguments_are_named():
    word, out = np.zeros((3, 2, 16), np.uint64), np.zeros((3, 2, 8), np.uint64)
    challenge = u64([1, 2, 3])
    with pytest.raises(ValueError, match="arity must be 2, 4 or 8, not 16"):
        _fri.fold(word, 16, challenge, out)
    with pytest.raises(ValueError, match=r"out must have shape \(3, 2, 4\)"):
        _fri.fold(word, 4, challenge, out)
    with pytest.raises(ValueError, match="word must have shape"):
        _fri.fold(np.zeros((3, 3, 16), np.uint64), 2, challenge, out)
    with pytest.raises(ValueError, match="challenge must have 3 coordinates, not 2"):
        _fri.fold(word, 2, challenge[:2].copy(), out)
    with pytest.raises(ValueError, match=r"other must have shape \(3, 2, 16\)"):
        _fri.join(word, challenge, out)


# ---- the upstream convention ----
# Upstream keeps a word bit-reversed: positions 2j and 2j + 1 hold the values at x and -x, with
# x = 3 w^r, r the reversal of 2j. A fold keeps the factor two and divides by x; the next one uses
# the square of the challenge. Its test vectors draw a word of 128 elements with SplitMix64.

SEED, LOG_N = 0x5A4646524933, 7


def split_mix(state: int) -> Iterator[tuple[int, int, int]]:
    """Extension elements from SplitMix64: three outputs mod p each."""
    mask = 2**64 - 1

    def output() -> int:
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return (z ^ (z >> 31)) % P

    while True:
        yield output(), output(), output()


def reverse_bits(i: int, bits: int) -> int:
    return int(format(i, f"0{bits}b")[::-1], 2) if bits else 0


def upstream_word() -> list[tuple[int, int, int]]:
    generator = split_mix(SEED)
    return [next(generator) for _ in range(1 << LOG_N)]


def upstream_fold(values, zeta, offset):
    """values: bit-reversed on offset * <w>."""
    bits = log2(len(values))
    result = []
    for j in range(len(values) // 2):
        x = offset * pow(root(bits), reverse_bits(2 * j, bits), P) % P
        low, high = ext(values[2 * j]), ext(values[2 * j + 1])
        result.append(words(low + high + zeta * (low - high) / base(x)))
    return result


def to_cosets(values, blowup):
    """Bit-reversed values on offset * <w> as a word: [:, q, i] is that of w^(q + blowup i)."""
    bits = log2(len(values))
    natural = [values[reverse_bits(i, bits)] for i in range(len(values))]
    return np.ascontiguousarray(u64(natural).reshape(-1, blowup, 3).transpose(2, 1, 0))


def to_bit_reversed(word):
    natural = word.transpose(2, 1, 0).reshape(-1, 3).tolist()
    return [natural[reverse_bits(i, log2(len(natural)))] for i in range(len(natural))]


def test_upstream_leaves():
    """The published digests of the unfolded word in pairs pin the generator and the encoding."""

    def digest(data):
        return keccak.new(digest_bits=256, data=data).digest()

    encoded = [b"".join(c.to_bytes(8, "big") for c in value) for value in upstream_word()]
    layer = [digest(encoded[2 * j] + encoded[2 * j + 1]) for j in range(64)]
    assert layer[0].hex() == "b4356e59d9d0129ac1baeec1c40de2a0fcf45567e9e1e8a360d745f6778ce760"
    while len(layer) > 1:
        layer = [digest(layer[2 * j] + layer[2 * j + 1]) for j in range(len(layer) // 2)]
    assert layer[0].hex() == "99a27b756e7788b5f0fafd9ac8db8be0550e52b3acced0493e4afc8c9a8569c4"


@pytest.mark.parametrize("blowup", [1, 2])
@pytest.mark.parametrize(
    "arities", [[2], [4], [2, 2], [8], [4, 2], [4, 4], [8, 4], [2, 8, 2], [8, 8], [2] * 6]
)
def test_upstream_folds(isa, arities, blowup):
    """d upstream folds with zeta, zeta^2, zeta^4, ... are our folds of arities with product 2^d.

    Our words live on the plain subgroup: with h(y) = f(3 y) the odd part takes a factor 3, so
    that zeta becomes zeta / 3, and a fold by 2^k moves the challenge to its 2^k-th power.
    """
    folds = log2(int(np.prod(arities)))
    zeta = ext(next(split_mix(SEED + folds)))
    expected, offset, step = upstream_word(), 3, zeta
    for _ in range(folds):
        expected = upstream_fold(expected, step, offset)
        offset, step = offset * offset % P, step * step
    word = to_cosets(upstream_word(), blowup)
    challenge = zeta / base(3)
    for arity in arities:
        word = fold(word, arity, words(challenge))
        challenge = challenge**arity
    assert to_bit_reversed(word) == expected
