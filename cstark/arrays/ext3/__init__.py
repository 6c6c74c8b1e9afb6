"""Arithmetic on arrays of elements of the cubic extension F = F_p[w] / (w^3 - 2).

An element c0 + c1 w + c2 w^2 is the last axis (c0, c1, c2) of a ``uint64`` array, so that an array
of shape (4, 5, 3) holds 4 x 5 elements; a plain integer stands for a base-field element.  The
functions behave like NumPy ufuncs on the axes before the last: operands are broadcast, ``out=``
receives the result (any strides, overlap allowed), ``axis=`` counts those axes alone.  Operands are
what `cstark.goldilocks` takes.  Coordinates outside of [0, p), p = 2^64 - 2^32 + 1, are refused,
with their index.

Arrays of base-field elements become elements with `lift`; to multiply by them,
``goldilocks.mul(a, b[..., np.newaxis])`` takes a third of the time of ``mul(a, lift(b))``.

Examples
--------
>>> import cstark as cs
>>> w = [0, 1, 0]
>>> cs.ext3.mul(w, cs.ext3.square(w))
array([2, 0, 0], dtype=uint64)
"""

from cstark.arrays.ext3.arithmetic import (
    add,
    batch_inverse,
    div,
    inverse,
    lift,
    mul,
    neg,
    power,
    random,
    square,
    sub,
)
from cstark.arrays.ext3.reductions import cumprod, cumsum, dot, matmul, powers, prod, sum
from cstark.arrays.operands import P

__all__ = [
    "P",
    "add",
    "batch_inverse",
    "cumprod",
    "cumsum",
    "div",
    "dot",
    "inverse",
    "lift",
    "matmul",
    "mul",
    "neg",
    "power",
    "powers",
    "prod",
    "random",
    "square",
    "sub",
    "sum",
]


def __dir__() -> list[str]:
    return sorted(__all__)
