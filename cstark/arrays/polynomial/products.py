"""Products of polynomials."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cstark.arrays import fft
from cstark.arrays.polynomial.fields import U64, Field, axes, item, module, polynomial
from cstark.errors import CstarkError
from cstark.kernels import _runtime

__all__ = ["multiply", "padded"]

_MAX_LOG = 26


def padded(a: U64, rows: int) -> U64:
    """A copy of `a` with zeros behind it along axis 0, in memory of the kernels' kind."""
    result: U64 = _runtime.aligned((rows, *a.shape[1:]))
    result[: a.shape[0]] = a
    result[a.shape[0] :] = 0
    return result


def multiply(a: ArrayLike, b: ArrayLike, *, field: Field = "base") -> U64:
    """The products of polynomials, by number-theoretic transforms.

    Parameters
    ----------
    a, b : array_like of integers, shape (n, ...) and (m, ...)
        Coefficients; the axes after the first broadcast together.  For the square of a polynomial
        hand over one array twice, which saves a transform.
    field : {"base", "ext3"}
        The field of the coefficients.

    Returns
    -------
    ndarray of uint64, shape (n + m - 1, ...)
        Empty when `a` or `b` is.

    Raises
    ------
    CstarkError
        For what are not elements of the field, shapes that do not broadcast, or a product of more
        than 2^26 coefficients.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.polynomial.multiply([1, 2, 3], [4, 5])
    array([ 4, 13, 22, 15], dtype=uint64)

    Coordinates are columns: a polynomial over the extension times one over the base field.

    >>> import numpy as np
    >>> f, g = np.array([[0, 1, 0], [5, 0, 0]]), np.array([1, 1])
    >>> cs.polynomial.multiply(f, g[:, np.newaxis])
    array([[0, 1, 0],
           [5, 1, 0],
           [5, 0, 0]], dtype=uint64)
    """
    same = a is b
    left, right = polynomial(a, "a", field), polynomial(b, "b", field)
    try:
        batch = np.broadcast_shapes(axes(left, field)[1:], axes(right, field)[1:])
    except ValueError:
        raise CstarkError(
            f"polynomials do not broadcast together: {left.shape} and {right.shape}"
        ) from None
    n, m = left.shape[0], right.shape[0]
    if n == 0 or m == 0:
        return np.zeros((0, *batch, *item(field)), np.uint64)
    length = n + m - 1
    if length > 1 << _MAX_LOG:
        raise CstarkError(f"the product has {length} coefficients, more than 2^{_MAX_LOG}")
    rows = 1 << (length - 1).bit_length()
    # Axes that are to be broadcast must be there on both sides.
    left, right = (_with_axes(x, len(batch), field) for x in (left, right))
    values = padded(left, rows)
    fft.ntt(values, out=values)
    others = values if same else padded(right, rows)
    if not same:
        fft.ntt(others, out=others)
    shape = (rows, *batch, *item(field))
    product: U64 = module(field).mul(values, others, out=values if values.shape == shape else None)
    fft.intt(product, out=product)
    return product[:length]


def _with_axes(a: U64, count: int, field: str) -> U64:
    """`a` with axes of length 1 after the first, so that `count` number polynomials."""
    lead = axes(a, field)
    return a.reshape(a.shape[0], *[1] * (count - len(lead) + 1), *a.shape[1:])
