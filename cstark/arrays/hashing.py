"""Hash functions of bytes, and of many rows of an array at once.

The three functions are those a proof can be made with: Keccak-256 (the original padding, as in
Ethereum), BLAKE3 and SHA-256.  Rows are hashed several at a time in vector registers, on all
threads, whatever their width.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.arrays.operands import deliver, words
from cstark.errors import CstarkError, quoted
from cstark.kernels import _hash

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["blake3", "hash_rows", "keccak256", "sha256"]


def __dir__() -> list[str]:
    return sorted(__all__)


ALGORITHMS = {"keccak256": _hash.KECCAK256, "blake3": _hash.BLAKE3, "sha256": _hash.SHA256}


def keccak256(data: Buffer) -> bytes:
    """Keccak-256 of bytes: the original Keccak padding, not that of SHA3-256.

    Parameters
    ----------
    data : bytes-like
        Any contiguous buffer; its bytes are hashed.

    Returns
    -------
    bytes
        The digest, 32 bytes.

    Raises
    ------
    TypeError
        When `data` is no contiguous buffer.

    References
    ----------
    "The Keccak reference", https://keccak.team/files/Keccak-reference-3.0.pdf

    Examples
    --------
    >>> import cstark as cs
    >>> cs.hashing.keccak256(b"").hex()
    'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
    """
    return _hash.digest(_hash.KECCAK256, data)


def blake3(data: Buffer) -> bytes:
    """BLAKE3 of bytes, 32 bytes of output, without a key.

    Parameters
    ----------
    data : bytes-like
        Any contiguous buffer; its bytes are hashed.

    Returns
    -------
    bytes
        The digest, 32 bytes.

    Raises
    ------
    TypeError
        When `data` is no contiguous buffer.

    References
    ----------
    "BLAKE3", https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf

    Examples
    --------
    >>> import cstark as cs
    >>> cs.hashing.blake3(b"").hex()
    'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'
    """
    return _hash.digest(_hash.BLAKE3, data)


def sha256(data: Buffer) -> bytes:
    """SHA-256 of bytes.

    Parameters
    ----------
    data : bytes-like
        Any contiguous buffer; its bytes are hashed.

    Returns
    -------
    bytes
        The digest, 32 bytes.

    Raises
    ------
    TypeError
        When `data` is no contiguous buffer.

    References
    ----------
    FIPS 180-4, https://doi.org/10.6028/NIST.FIPS.180-4

    Examples
    --------
    >>> import cstark as cs
    >>> cs.hashing.sha256(b"abc").hex()
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    """
    return _hash.digest(_hash.SHA256, data)


def hash_rows(
    a: ArrayLike, hash: str = "blake3", out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Hash each row of a matrix.

    A row is hashed as the 8 little-endian bytes of each of its words, without any tag: the result
    for a row is that of `blake3` (or the function named) for ``row.tobytes()``.

    Parameters
    ----------
    a : array_like of integers, shape (rows, ...)
        Any words below 2^64, also those not below p; any strides and byte order.  The axes after
        the first make up a row; no columns are fine.
    hash : {"blake3", "keccak256", "sha256"}
    out : ndarray of uint8, shape (rows, 32), optional
        Where to put the digests; any strides.

    Returns
    -------
    ndarray of uint8, shape (rows, 32)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        For something else than unsigned 64-bit integers, less than two axes, an unknown hash, or an
        `out` that does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> a = np.arange(6, dtype=np.uint64).reshape(3, 2)
    >>> digests = cs.hashing.hash_rows(a, "sha256")
    >>> digests.shape
    (3, 32)
    >>> digests[1].tobytes() == cs.hashing.sha256(a[1])
    True
    """
    if hash not in ALGORITHMS:
        raise CstarkError(
            f"hash must be one of {', '.join(map(repr, ALGORITHMS))}, not {quoted(hash)}"
        )
    # The kernel reads any strides: a matrix of words is not copied.
    if not (isinstance(a, np.ndarray) and a.dtype == np.uint64 and a.flags.aligned):
        a = words(a, "a")
    if a.ndim < 2:
        raise CstarkError(f"a must have at least 2 axes (rows, columns), not {a.ndim}")
    rows = a.shape[0]
    matrix = a if a.ndim == 2 else a.reshape(rows, math.prod(a.shape[1:]))
    digests: NDArray[np.uint8] = deliver(
        lambda result: _hash.hash_rows(ALGORITHMS[hash], matrix, result),
        (rows, 32),
        out,
        [matrix],
        dtype=np.uint8,
    )
    return digests
