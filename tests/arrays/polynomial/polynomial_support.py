"""Polynomials by other means: python-flint's, over the base field and over GF(p^3)."""

from __future__ import annotations

import flint
import numpy as np

from tests.oracles.fields import EXTENSION, base, ext, mixed, words

FIELDS = ["base", "ext3"]
_RING = flint.fq_default_poly_ctx(EXTENSION)


def item(field: str) -> tuple[int, ...]:
    return (3,) if field == "ext3" else ()


def random(field: str, *shape: int, seed: int = 1) -> np.ndarray:
    return mixed(np.random.default_rng(seed), (*shape, *item(field)))


def scalar(value, field: str):
    """An element as flint's, in GF(p^3) for both fields."""
    return ext(value) if field == "ext3" else base(int(value))


def poly(coefficients: np.ndarray, field: str):
    """One polynomial, over GF(p^3)."""
    return _RING([scalar(c, field) for c in coefficients])


def coefficients(f, count: int, field: str) -> list:
    """The first `count` coefficients, as lists of an array."""
    found = [words(c) for c in f.coeffs()]
    assert len(found) <= count
    found += [[0, 0, 0]] * (count - len(found))
    return found if field == "ext3" else [down(c) for c in found]


def down(element: list[int]) -> int:
    assert element[1:] == [0, 0]
    return element[0]


def value(element, field: str):
    return words(element) if field == "ext3" else down(words(element))
