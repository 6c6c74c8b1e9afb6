"""What is opened of a tree: the nodes on the paths from leaves to the root, rows of matrices."""

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

include "digest.pxi"


def climb(const int64_t[::1] known not None, Py_ssize_t rows):
    """From the known nodes of a level to those of the level above.

    The lower level has blocks of ``2 * rows`` nodes, the upper one as many of ``rows``. Nodes i and
    ``i + rows`` of a block, the left and the right child, share the parent i.

    Parameters
    ----------
    known : int64 array (m,)
        Flat numbers of nodes, distinct, ascending and not negative.
    rows : int
        At least 1.

    Returns
    -------
    parents : int64 array (k,)
        Flat numbers in the upper level, ascending.
    missing : int64 array (s,)
        Flat numbers in the lower level of the siblings that are not known, by ascending parent.
    left, right : int64 array (k,)
        For each parent, the place of its children in the known nodes, followed by the missing ones.

    Raises
    ------
    ValueError
        When the numbers do not ascend from 0 on, or there are no rows.

    Examples
    --------
    >>> parents, missing, left, right = climb(np.array([1, 2, 6]), 2)  # blocks 0..3 and 4..7
    >>> parents.tolist(), missing.tolist()
    ([0, 1, 2], [0, 3, 4])
    >>> left.tolist(), right.tolist()
    ([3, 0, 5], [1, 4, 2])
    """
    cdef Py_ssize_t count = known.shape[0], i, j, middle, last, made = 0, supplied = 0
    cdef int64_t base, row, row_left, row_right
    if rows < 1:
        raise ValueError(f"rows must be positive, not {rows}")
    for i in range(count):
        if known[i] < 0 or (i and known[i] <= known[i - 1]):
            raise ValueError(f"known[{i}] is {known[i]}: numbers must ascend from 0 on")
    found = np.empty((4, max(count, 1)), dtype=np.int64)
    cdef int64_t[:, ::1] out = found
    with nogil:
        i = 0
        while i < count:
            # A block's left children stand before its right ones, and both ascend: merge them.
            base = known[i] // (2 * rows) * (2 * rows)
            middle = i
            while middle < count and known[middle] < base + rows:
                middle += 1
            j = last = middle
            while last < count and known[last] < base + 2 * rows:
                last += 1
            while i < middle or j < last:
                row_left = known[i] - base if i < middle else rows
                row_right = known[j] - base - rows if j < last else rows
                row = min(row_left, row_right)
                out[0, made] = base // 2 + row
                if row_left == row:
                    out[2, made] = i
                    i += 1
                else:
                    out[1, supplied] = base + row
                    out[2, made] = count + supplied
                    supplied += 1
                if row_right == row:
                    out[3, made] = j
                    j += 1
                else:
                    out[1, supplied] = base + rows + row
                    out[3, made] = count + supplied
                    supplied += 1
                made += 1
            i = last
    return found[0, :made], found[1, :supplied], found[2, :made], found[3, :made]


def take_rows(list cosets not None, const int64_t[::1] positions not None,
              uint64_t[:, ::1] out not None):
    """Rows at flat positions: row i of coset q is number q * n + i.

    Parameters
    ----------
    cosets : list of uint64 (n, at least width)
        Words of a row adjacent.
    positions : int64 array (k,)
    out : uint64 array (k, width), written

    Raises
    ------
    ValueError
        When a position is in no coset, or a coset has another shape than the first.
    """
    cdef Py_ssize_t count = len(cosets), rows, width = out.shape[1], q, k
    cdef const uint64_t[:, :] view
    cdef const uint64_t **base
    cdef Py_ssize_t *stride
    if out.shape[0] != positions.shape[0]:
        raise ValueError(f"out must have {positions.shape[0]} rows, not {out.shape[0]}")
    if count == 0 or width == 0:
        if positions.shape[0] and count == 0:
            raise ValueError("there are no cosets")
        return
    rows = cosets[0].shape[0]
    base = <const uint64_t **>malloc(count * sizeof(uint64_t *))
    stride = <Py_ssize_t *>malloc(count * sizeof(Py_ssize_t))
    try:
        if base == NULL or stride == NULL:
            raise MemoryError("no memory for the list of cosets")
        for q in range(count):
            view = cosets[q]
            if view.shape[0] != rows or view.shape[1] < width or rows == 0:
                raise ValueError(f"cosets[{q}] must have {rows} rows of at least {width} words")
            if (view.shape[1] > 1 and view.strides[1] != 8) or view.strides[0] % 8:
                raise ValueError(f"the words of a row of cosets[{q}] must be adjacent")
            base[q], stride[q] = &view[0, 0], view.strides[0] // 8
        for k in range(positions.shape[0]):
            if not 0 <= positions[k] < count * rows:
                raise ValueError(f"positions[{k}] is {positions[k]}, not below {count * rows}")
            q = positions[k] // rows
            memcpy(&out[k, 0], base[q] + (positions[k] % rows) * stride[q], 8 * width)
    finally:
        free(base)
        free(stride)
