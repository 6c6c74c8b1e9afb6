"""What is opened of a tree: the nodes on the paths from leaves to the root, rows of matrices."""

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc, qsort
from libc.string cimport memcpy

include "digest.pxi"


cdef Py_ssize_t climb_level(
    const int64_t *known, Py_ssize_t count, Py_ssize_t rows, int64_t *parents, int64_t *missing,
    int64_t *left, int64_t *right, Py_ssize_t *supplied
) noexcept nogil:
    """What `climb` says of one level; how many parents there are. `known` ascends from 0 on."""
    cdef Py_ssize_t i = 0, j, middle, last, made = 0
    cdef int64_t base, row, row_left, row_right
    supplied[0] = 0
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
            parents[made] = base // 2 + row
            if row_left == row:
                left[made] = i
                i += 1
            else:
                missing[supplied[0]] = base + row
                left[made] = count + supplied[0]
                supplied[0] += 1
            if row_right == row:
                right[made] = j
                j += 1
            else:
                missing[supplied[0]] = base + rows + row
                right[made] = count + supplied[0]
                supplied[0] += 1
            made += 1
        i = last
    return made


def climb(const int64_t[::1] known not None, levels not None):
    """From the known nodes of a level to those of the levels above.

    Of each level that is entered, the lower one has blocks of ``2 * rows`` nodes, the upper one as
    many of ``rows``. Nodes i and ``i + rows`` of a block, the left and the right child, share the
    parent i.

    Parameters
    ----------
    known : int64 array (m,)
        Flat numbers of nodes, distinct, ascending and not negative.
    levels : sequence of int
        The rows of each level that is entered, at least 1.

    Returns
    -------
    list of tuple
        For each level:

        parents : int64 array (k,)
            Flat numbers in the upper level, ascending: what is known there.
        missing : int64 array (s,)
            Flat numbers in the lower level of the siblings that are not known, by ascending parent.
        left, right : int64 array (k,)
            For each parent, the place of its children in the known nodes, followed by the missing
            ones.

    Raises
    ------
    ValueError
        When the numbers do not ascend from 0 on, or there are no rows.

    Examples
    --------
    >>> [(parents, missing, left, right)] = climb(np.array([1, 2, 6]), [2])  # blocks 0..3 and 4..7
    >>> parents.tolist(), missing.tolist()
    ([0, 1, 2], [0, 3, 4])
    >>> left.tolist(), right.tolist()
    ([3, 0, 5], [1, 4, 2])
    """
    cdef Py_ssize_t count = known.shape[0], rows, made, i, level, room = max(count, 1)
    cdef Py_ssize_t supplied = 0
    for rows in levels:
        if rows < 1:
            raise ValueError(f"rows must be positive, not {rows}")
    for i in range(count):
        if known[i] < 0 or (i and known[i] <= known[i - 1]):
            raise ValueError(f"known[{i}] is {known[i]}: numbers must ascend from 0 on")
    found = np.empty((len(levels), 4, room), dtype=np.int64)  # no level has more nodes than before
    cdef int64_t[:, :, ::1] out = found
    cdef const int64_t *below = &known[0] if count else NULL
    steps = []
    for level in range(len(levels)):
        rows = levels[level]
        with nogil:
            made = climb_level(
                below, count, rows, &out[level, 0, 0], &out[level, 1, 0], &out[level, 2, 0],
                &out[level, 3, 0], &supplied,
            )
        own = found[level]
        steps.append((own[0, :made], own[1, :supplied], own[2, :made], own[3, :made]))
        below, count = &out[level, 0, 0], made
    return steps


cdef int ascending(const void *a, const void *b) noexcept nogil:
    cdef int64_t x = (<const int64_t *>a)[0], y = (<const int64_t *>b)[0]
    return (x > y) - (x < y)


def fold_positions(const int64_t[::1] positions not None, int log_rows, int log_fewer):
    """Positions in blocks of 2^log_rows as those in blocks of 2^log_fewer, where rows repeat.

    Row i of a block becomes row i modulo 2^log_fewer of that block.

    Parameters
    ----------
    positions : int64 array (m,)
        Flat numbers, any order.
    log_rows, log_fewer : int
        From 0 to 62.

    Returns
    -------
    int64 array (k,)
        Distinct, ascending.

    Examples
    --------
    >>> fold_positions(np.array([1, 5, 14]), 3, 2).tolist()  # blocks 0..7 and 8..15
    [1, 6]
    """
    cdef Py_ssize_t count = positions.shape[0], k, kept = 0
    if not 0 <= log_rows <= 62 or not 0 <= log_fewer <= 62:
        raise ValueError(f"log rows must be between 0 and 62, not {log_rows} and {log_fewer}")
    found = np.empty(count, dtype=np.int64)
    cdef int64_t[::1] out = found
    cdef int64_t mask = ((<int64_t>1) << min(log_rows, log_fewer)) - 1
    if count == 0:
        return found
    with nogil:
        for k in range(count):
            out[k] = ((positions[k] >> log_rows) << log_fewer) | (positions[k] & mask)
        qsort(&out[0], count, sizeof(int64_t), ascending)
        for k in range(count):
            if k == 0 or out[k] != out[k - 1]:
                out[kept] = out[k]
                kept += 1
    return found[:kept]


def group_places(const int64_t[::1] positions not None, int log_rows, int log_word, int log_groups,
                 const int64_t[::1] leaves not None):
    """Where positions stand among the groups that a fold joins: which group, which member.

    A word has 2^log_word rows in each block, of which those that are equal modulo 2^log_groups are
    a group.

    Parameters
    ----------
    positions : int64 array (m,)
        In blocks of 2^log_rows, at least those of the word.
    log_rows, log_word, log_groups : int
        From 0 to 62, descending.
    leaves : int64 array (k,)
        What `fold_positions` gives for them and `log_groups`.

    Returns
    -------
    leaf : int64 array (m,)
        Which of `leaves`.
    member : int64 array (m,)

    Raises
    ------
    ValueError
        When the group of a position is not among `leaves`.

    Examples
    --------
    >>> positions = np.array([1, 5, 6])
    >>> leaf, member = group_places(positions, 3, 3, 2, fold_positions(positions, 3, 2))
    >>> leaf.tolist(), member.tolist()
    ([0, 0, 1], [0, 1, 1])
    """
    cdef Py_ssize_t count = positions.shape[0], k, low, high, middle
    cdef int64_t row, at
    if not 62 >= log_rows >= log_word >= log_groups >= 0:
        raise ValueError(f"log rows must descend: {log_rows}, {log_word}, {log_groups}")
    found = np.empty((2, count), dtype=np.int64)
    cdef int64_t[:, ::1] out = found
    for k in range(count):
        row = positions[k] & (((<int64_t>1) << log_word) - 1)
        at = ((positions[k] >> log_rows) << log_groups) | (
            row & (((<int64_t>1) << log_groups) - 1)
        )
        low, high = 0, leaves.shape[0]
        while low < high:
            middle = (low + high) // 2
            if leaves[middle] < at:
                low = middle + 1
            else:
                high = middle
        if low == leaves.shape[0] or leaves[low] != at:
            raise ValueError(f"positions[{k}] is {positions[k]}, in no group of leaves")
        out[0, k], out[1, k] = low, row >> log_groups
    return found[0], found[1]


def take_groups(const uint64_t[:, :, ::1] word not None, const int64_t[::1] leaves not None,
                uint64_t[:, :, ::1] out not None):
    """Groups of a word that a fold joins: the leaf i of coset q is all rows that are i mod n / a.

    Parameters
    ----------
    word : uint64 array (3, blowup, n)
    leaves : int64 array (k,)
        Flat numbers q n / a + i.
    out : uint64 array (k, a, 3), written
        a divides n.

    Raises
    ------
    ValueError
        When a leaf is not there, or a shape does not fit.
    """
    cdef Py_ssize_t n = word.shape[2], blowup = word.shape[1], arity = out.shape[1]
    cdef Py_ssize_t k, j, c, q, i, rows
    if word.shape[0] != 3 or out.shape[2] != 3 or out.shape[0] != leaves.shape[0]:
        raise ValueError(
            f"out must have shape ({leaves.shape[0]}, arity, 3) and word (3, blowup, n), not "
            f"({out.shape[0]}, {out.shape[1]}, {out.shape[2]}) and "
            f"({word.shape[0]}, {word.shape[1]}, {word.shape[2]})"
        )
    if arity < 1 or n % arity:
        raise ValueError(f"groups of {arity} do not divide {n} rows")
    rows = n // arity
    for k in range(leaves.shape[0]):
        if not 0 <= leaves[k] < blowup * rows:
            raise ValueError(f"leaves[{k}] is {leaves[k]}, not below {blowup * rows}")
        q, i = leaves[k] // rows, leaves[k] % rows
        for j in range(arity):
            for c in range(3):
                out[k, j, c] = word[c, q, i + j * rows]


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
