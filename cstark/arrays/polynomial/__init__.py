"""Polynomials over the Goldilocks field and its cubic extension, as arrays of coefficients.

Coefficients stand along axis 0, the constant first, as in `numpy.polynomial`; further axes number
polynomials, and functions work on all of them at once.  ``field="ext3"`` says that coefficients
are elements of `cstark.ext3`, whose coordinates are the last axis; ``at="ext3"`` says so of the
points, while the polynomials may be over the base field.  Nothing trims zeros, and the zero
polynomial is an array of zeros, or empty.

On the points of a transform, `cstark.fft` has the shortest way: ``fft.ntt(f, offset=h)`` evaluates,
``fft.intt(values, offset=h)`` interpolates.

Examples
--------
(1 + X)(2 + X) is 2 + 3 X + X^2, and zero at -1:

>>> import cstark as cs
>>> f = cs.polynomial.multiply([1, 1], [2, 1])
>>> f
array([2, 3, 1], dtype=uint64)
>>> cs.polynomial.evaluate(f, [0, 1, cs.P - 1])
array([2, 6, 0], dtype=uint64)
"""

from cstark.arrays.polynomial.division import divide, divide_linear, divide_vanishing
from cstark.arrays.polynomial.evaluation import evaluate, evaluate_coset
from cstark.arrays.polynomial.interpolation import from_roots, interpolate
from cstark.arrays.polynomial.products import multiply

__all__ = [
    "divide",
    "divide_linear",
    "divide_vanishing",
    "evaluate",
    "evaluate_coset",
    "from_roots",
    "interpolate",
    "multiply",
]


def __dir__() -> list[str]:
    return sorted(__all__)
