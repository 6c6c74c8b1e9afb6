"""Arithmetic on arrays of field and extension elements, and scans of the rows of a matrix.

Flat arrays of one length, values canonical (below p; `first_invalid` tells, nothing here checks),
results canonical.  `out` may be an operand, but not overlap one otherwise.  Extension elements are
rows of (n, 3) arrays.  The array modules `cstark.goldilocks` and `cstark.ext3` stand on this one.
"""

from cstark.kernels._chunks cimport chunk_function, run_long
from cstark.kernels._runtime cimport isa_index, team
from libc.stdint cimport uint64_t

import numpy as np

include "digest.pxi"

cdef extern from *:
    """
    #include "field_types.h"
    ISA_TABLES(field);
    """
    ctypedef struct field_job:
        const uint64_t *a
        const uint64_t *b
        uint64_t *out
        uint64_t exponent
        Py_ssize_t chunk
    ctypedef struct scan_job:
        const uint64_t *a
        uint64_t *out
        const uint64_t *starts
        Py_ssize_t width
        Py_ssize_t chunk
    ctypedef struct field_table:
        chunk_function first_invalid
        chunk_function add, sub, neg, mul, square, inverse, power, power_each, inner, powers
        chunk_function ext_mul, ext_square, ext_inverse, ext_power, ext_power_each, ext_inner
        chunk_function fold_add, fold_mul, fold_ext_mul, scan_add, scan_mul, scan_ext_mul
    const field_table **isa_tables
    uint64_t gl_add(uint64_t a, uint64_t b) noexcept nogil

# Below this much work, in base-field products, a call stays on one thread: some 0.1 ms, a little
# more than it takes to wake a thread that sleeps.
cdef enum:
    FIELD_CUTOFF = 1 << 17
    FIELD_CHUNK = 1 << 12
    INVERSE_WORK = 4
    POWER_WORK = 64
    EXT_WORK = 8
    SCAN_ROWS = 16      # rows of a chunk, or more: a sixteenth of the matrix holds the totals
    SCAN_WORDS = 1 << 14

# Nanoseconds of one thread, see `run_long`: for such a product, and to look at a word.
cdef double WORK_COST = 1.0
cdef double LOOK_COST = 0.5


cdef Py_ssize_t apply(
    chunk_function function,
    const uint64_t *a,
    const uint64_t *b,
    uint64_t *out,
    Py_ssize_t n,
    int work,
    uint64_t exponent=0,
) except -2:
    """`work`: what an element costs, roughly, in base-field products."""
    cdef field_job job
    job.a, job.b, job.out = a, b, out
    job.exponent, job.chunk = exponent, FIELD_CHUNK
    return run_long(
        function, &job, n, FIELD_CHUNK, team(n * work, FIELD_CUTOFF), WORK_COST * work
    )


cdef int same_length(const uint64_t[::1] a, const uint64_t[::1] other, str name) except -1:
    if other.shape[0] != a.shape[0]:
        raise ValueError(f"{name} has {other.shape[0]} elements, a has {a.shape[0]}")
    return 0


cdef int same_rows(const uint64_t[:, ::1] a, const uint64_t[:, ::1] other, str name) except -1:
    if a.shape[1] != 3:
        raise ValueError(f"a must have 3 columns, not {a.shape[1]}")
    if other.shape[0] != a.shape[0] or other.shape[1] != 3:
        raise ValueError(
            f"{name} has shape ({other.shape[0]}, {other.shape[1]}), "
            f"a has ({a.shape[0]}, {a.shape[1]})"
        )
    return 0


def first_invalid(const uint64_t[::1] a not None):
    """Index of the first value that is not below p, or -1."""
    cdef field_job job
    cdef chunk_function function = isa_tables[isa_index()].first_invalid
    cdef Py_ssize_t n = a.shape[0]
    if n == 0:
        return -1
    job.a = &a[0]
    return run_long(function, &job, n, 8 * FIELD_CHUNK, team(n // 2, FIELD_CUTOFF), LOOK_COST)


# ---- base field -----------------------------------------------------------------------------

cdef Py_ssize_t unary(
    chunk_function function,
    const uint64_t[::1] a,
    uint64_t[::1] out,
    int work=1,
    uint64_t exponent=0,
) except -2:
    cdef Py_ssize_t n = a.shape[0]
    same_length(a, out, "out")
    if n == 0:
        return -1
    return apply(function, &a[0], NULL, &out[0], n, work, exponent)


cdef int binary(
    chunk_function function,
    const uint64_t[::1] a,
    const uint64_t[::1] b,
    uint64_t[::1] out,
    int work=1,
) except -1:
    cdef Py_ssize_t n = a.shape[0]
    same_length(a, b, "b")
    same_length(a, out, "out")
    if n:
        apply(function, &a[0], &b[0], &out[0], n, work)
    return 0


def add(const uint64_t[::1] a not None, const uint64_t[::1] b not None, uint64_t[::1] out not None):
    """out = a + b"""
    binary(isa_tables[isa_index()].add, a, b, out)


def sub(const uint64_t[::1] a not None, const uint64_t[::1] b not None, uint64_t[::1] out not None):
    """out = a - b"""
    binary(isa_tables[isa_index()].sub, a, b, out)


def mul(const uint64_t[::1] a not None, const uint64_t[::1] b not None, uint64_t[::1] out not None):
    """out = a * b"""
    binary(isa_tables[isa_index()].mul, a, b, out)


def neg(const uint64_t[::1] a not None, uint64_t[::1] out not None):
    """out = -a"""
    unary(isa_tables[isa_index()].neg, a, out)


def square(const uint64_t[::1] a not None, uint64_t[::1] out not None):
    """out = a * a"""
    unary(isa_tables[isa_index()].square, a, out)


def power(const uint64_t[::1] a not None, uint64_t exponent, uint64_t[::1] out not None):
    """out = a ** exponent; 0 ** 0 is 1"""
    unary(isa_tables[isa_index()].power, a, out, POWER_WORK, exponent)


def power_each(
    const uint64_t[::1] a not None,
    const uint64_t[::1] exponents not None,
    uint64_t[::1] out not None,
):
    """out = a ** exponents, an exponent an element; 0 ** 0 is 1"""
    binary(isa_tables[isa_index()].power_each, a, exponents, out, 2 * POWER_WORK)


def powers(uint64_t first, uint64_t ratio, uint64_t[::1] out not None):
    """out[i] = first * ratio ** i"""
    cdef Py_ssize_t n = out.shape[0]
    if n:
        apply(isa_tables[isa_index()].powers, &first, NULL, &out[0], n, 1, ratio)


def inverse(const uint64_t[::1] a not None, uint64_t[::1] out not None):
    """out = 1 / a; returns -1, or the index of the first zero (then `out` is unspecified)"""
    return unary(isa_tables[isa_index()].inverse, a, out, INVERSE_WORK)


def dot(const uint64_t[::1] a not None, const uint64_t[::1] b not None):
    """The sum of a[i] * b[i], an int; 0 for empty arrays."""
    cdef Py_ssize_t n = a.shape[0], k
    cdef uint64_t total = 0
    same_length(a, b, "b")
    if n == 0:
        return 0
    cdef uint64_t[::1] sums = np.empty((n + FIELD_CHUNK - 1) // FIELD_CHUNK, np.uint64)
    apply(isa_tables[isa_index()].inner, &a[0], &b[0], &sums[0], n, 1)
    with nogil:
        for k in range(sums.shape[0]):
            total = gl_add(total, sums[k])
    return total


# ---- extension ------------------------------------------------------------------------------

cdef Py_ssize_t ext_unary(
    chunk_function function,
    const uint64_t[:, ::1] a,
    uint64_t[:, ::1] out,
    int work=EXT_WORK,
    uint64_t exponent=0,
) except -2:
    cdef Py_ssize_t n = a.shape[0]
    same_rows(a, out, "out")
    if n == 0:
        return -1
    return apply(function, &a[0, 0], NULL, &out[0, 0], n, work, exponent)


cdef int ext_binary(
    chunk_function function,
    const uint64_t[:, ::1] a,
    const uint64_t[:, ::1] b,
    uint64_t[:, ::1] out,
    int words=1,
) except -1:
    """`words` = 3 hands a base-field function the words of the elements."""
    cdef Py_ssize_t n = a.shape[0]
    same_rows(a, b, "b")
    same_rows(a, out, "out")
    if n:
        apply(function, &a[0, 0], &b[0, 0], &out[0, 0], words * n, EXT_WORK if words == 1 else 1)
    return 0


def ext_add(
    const uint64_t[:, ::1] a not None,
    const uint64_t[:, ::1] b not None,
    uint64_t[:, ::1] out not None,
):
    """out = a + b"""
    ext_binary(isa_tables[isa_index()].add, a, b, out, 3)


def ext_sub(
    const uint64_t[:, ::1] a not None,
    const uint64_t[:, ::1] b not None,
    uint64_t[:, ::1] out not None,
):
    """out = a - b"""
    ext_binary(isa_tables[isa_index()].sub, a, b, out, 3)


def ext_mul(
    const uint64_t[:, ::1] a not None,
    const uint64_t[:, ::1] b not None,
    uint64_t[:, ::1] out not None,
):
    """out = a * b"""
    ext_binary(isa_tables[isa_index()].ext_mul, a, b, out)


def ext_neg(const uint64_t[:, ::1] a not None, uint64_t[:, ::1] out not None):
    """out = -a"""
    cdef Py_ssize_t n = a.shape[0]
    same_rows(a, out, "out")
    if n:
        apply(isa_tables[isa_index()].neg, &a[0, 0], NULL, &out[0, 0], 3 * n, 1)


def ext_square(const uint64_t[:, ::1] a not None, uint64_t[:, ::1] out not None):
    """out = a * a"""
    ext_unary(isa_tables[isa_index()].ext_square, a, out)


def ext_power(const uint64_t[:, ::1] a not None, uint64_t exponent, uint64_t[:, ::1] out not None):
    """out = a ** exponent; 0 ** 0 is 1"""
    ext_unary(isa_tables[isa_index()].ext_power, a, out, EXT_WORK * POWER_WORK, exponent)


def ext_power_each(
    const uint64_t[:, ::1] a not None,
    const uint64_t[::1] exponents not None,
    uint64_t[:, ::1] out not None,
):
    """out = a ** exponents, an exponent an element; 0 ** 0 is 1"""
    cdef Py_ssize_t n = a.shape[0]
    same_rows(a, out, "out")
    if exponents.shape[0] != n:
        raise ValueError(f"exponents has {exponents.shape[0]} elements, a has {n}")
    if n:
        apply(
            isa_tables[isa_index()].ext_power_each, &a[0, 0], &exponents[0], &out[0, 0], n,
            2 * EXT_WORK * POWER_WORK,
        )


def ext_inverse(const uint64_t[:, ::1] a not None, uint64_t[:, ::1] out not None):
    """out = 1 / a; returns -1, or the index of the first zero (then `out` is unspecified)"""
    return ext_unary(isa_tables[isa_index()].ext_inverse, a, out)


def ext_dot(const uint64_t[:, ::1] a not None, const uint64_t[:, ::1] b not None):
    """The sum of a[i] * b[i], a tuple of three ints."""
    cdef Py_ssize_t n = a.shape[0], j, k
    cdef uint64_t total[3]
    total[0] = total[1] = total[2] = 0
    same_rows(a, b, "b")
    if n == 0:
        return (0, 0, 0)
    cdef uint64_t[:, ::1] sums = np.empty(((n + FIELD_CHUNK - 1) // FIELD_CHUNK, 3), np.uint64)
    apply(isa_tables[isa_index()].ext_inner, &a[0, 0], &b[0, 0], &sums[0, 0], n, EXT_WORK)
    with nogil:
        for k in range(sums.shape[0]):
            for j in range(3):
                total[j] = gl_add(total[j], sums[k, j])
    return (total[0], total[1], total[2])


# ---- along the rows of a matrix ---------------------------------------------------------------

cdef int scan_functions(str operation, chunk_function *fold, chunk_function *scan) except -1:
    """The two passes of an operation; how many words its elements have."""
    cdef const field_table *table = isa_tables[isa_index()]
    if operation == "add":
        fold[0], scan[0] = table.fold_add, table.scan_add
        return 1
    if operation == "mul":
        fold[0], scan[0] = table.fold_mul, table.scan_mul
        return 1
    if operation == "ext_mul":
        fold[0], scan[0] = table.fold_ext_mul, table.scan_ext_mul
        return 3
    raise ValueError(f"operation must be 'add', 'mul' or 'ext_mul', not {operation!r}")


cdef int scan_rows(chunk_function function, scan_job *job, Py_ssize_t rows) except -1:
    """A pass over chunks of rows."""
    cdef int threads = team(rows * job.width, FIELD_CUTOFF)
    cdef double cost = WORK_COST * <double>job.width
    run_long(function, job, rows, job.chunk, threads, cost)
    return 0


cdef uint64_t[:, ::1] chunk_totals(
    const uint64_t[:, ::1] a, chunk_function fold, scan_job *job
):
    """Fold each chunk of rows to one; `job` is left ready for the second pass."""
    cdef Py_ssize_t rows = a.shape[0]
    job.a, job.width = &a[0, 0], a.shape[1]
    job.chunk = max(SCAN_ROWS, SCAN_WORDS // job.width)
    cdef uint64_t[:, ::1] totals = np.empty(
        ((rows + job.chunk - 1) // job.chunk, a.shape[1]), np.uint64
    )
    job.out = &totals[0, 0]
    scan_rows(fold, job, rows)
    return totals


cdef int check_scan(const uint64_t[:, ::1] a, int item) except -1:
    if a.shape[0] < 1 or a.shape[1] < 1 or a.shape[1] % item:
        raise ValueError(
            f"a must have a row and rows of whole elements, its shape is "
            f"{a.shape[0]} x {a.shape[1]}"
        )
    return 0


def fold(str operation not None, const uint64_t[:, ::1] a not None, uint64_t[::1] out not None):
    """The sum or product of all rows. Extension elements are three adjacent words.

    Parameters
    ----------
    operation : {"add", "mul", "ext_mul"}
    a : uint64 array (rows, width)
        At least one row and column.
    out : uint64 array (width,)
    """
    cdef chunk_function first_pass, second_pass
    cdef scan_job job
    cdef int item = scan_functions(operation, &first_pass, &second_pass)
    check_scan(a, item)
    if out.shape[0] != a.shape[1]:
        raise ValueError(f"out has {out.shape[0]} words, a row of a has {a.shape[1]}")
    cdef uint64_t[:, ::1] totals = chunk_totals(a, first_pass, &job)
    job.a, job.out, job.chunk = &totals[0, 0], &out[0], totals.shape[0]
    with nogil:
        first_pass(&job, 0, totals.shape[0], 0)


def scan(str operation not None, const uint64_t[:, ::1] a not None,
         uint64_t[:, ::1] out not None):
    """Running sums or products: row i of `out` is the `fold` of the rows 0..i.

    Parameters
    ----------
    operation : {"add", "mul", "ext_mul"}
    a : uint64 array (rows, width)
        At least one row and column.
    out : uint64 array (rows, width)
        May be `a`, not overlap it otherwise.
    """
    cdef chunk_function first_pass, second_pass
    cdef scan_job job
    cdef int item = scan_functions(operation, &first_pass, &second_pass)
    check_scan(a, item)
    if out.shape[0] != a.shape[0] or out.shape[1] != a.shape[1]:
        raise ValueError(
            f"out is {out.shape[0]} x {out.shape[1]}, a is {a.shape[0]} x {a.shape[1]}"
        )
    cdef uint64_t[:, ::1] totals = chunk_totals(a, first_pass, &job)
    cdef Py_ssize_t chunks = totals.shape[0], k
    # What comes before a chunk: nothing, then the scan of the totals.
    cdef uint64_t[:, ::1] starts = np.zeros((chunks, a.shape[1]), np.uint64)
    if operation != "add":
        for k in range(0, a.shape[1], item):
            starts[0, k] = 1
    cdef Py_ssize_t chunk = job.chunk
    if chunks > 1:
        job.a, job.starts, job.out = &totals[0, 0], &starts[0, 0], &starts[1, 0]
        job.chunk = chunks
        with nogil:
            second_pass(&job, 0, chunks - 1, 0)
    job.a, job.starts, job.out = &a[0, 0], &starts[0, 0], &out[0, 0]
    job.chunk = chunk
    scan_rows(second_pass, &job, a.shape[0])
