"""Openings at a point outside of the domain, and the quotients that prove them.

Points of a coset: x_{q,i} = offset * g_bN^q * g_N^i, g_bN of order blowup * n, g_N = g_bN^blowup.
Extension vectors are planar: coordinate first.  Values canonical, in and out.
"""

from cstark.kernels._chunks cimport Job, chunk_function, run_jobs, run_long
from cstark.kernels._runtime cimport isa_index, team
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

import numpy as np

from cstark.kernels import _runtime

include "digest.pxi"

cdef extern from *:
    """
    #include "openings_types.h"
    ISA_TABLES(openings);
    """
    ctypedef struct ext:
        uint64_t c[3]
    ctypedef struct points_job:
        uint64_t shift
        uint64_t root
        uint64_t step
        Py_ssize_t n
        ext zeta
        const uint64_t *in_ "in"
        Py_ssize_t in_plane
        uint64_t *out
        Py_ssize_t out_plane
    ctypedef struct column_sums_job:
        const uint64_t *matrix
        Py_ssize_t n
        Py_ssize_t stride
        Py_ssize_t width
        Py_ssize_t rotate
        Py_ssize_t chunk
        const uint64_t *weights
        Py_ssize_t weights_plane
        uint64_t *out
    ctypedef struct row_sums_job:
        const uint64_t *matrix
        Py_ssize_t stride
        Py_ssize_t width
        const void *weights
        int accumulate
        uint64_t *out
        Py_ssize_t out_plane
    ctypedef struct quotient_job:
        const uint64_t *sums
        const uint64_t *inverses
        uint64_t *out
        Py_ssize_t n
        Py_ssize_t plane
        Py_ssize_t rotate
        int accumulate
        uint64_t scale
        ext value
    ctypedef struct rows_job:
        uint64_t *word
        Py_ssize_t plane
        uint64_t *rows
        Py_ssize_t n
    ctypedef struct openings_table:
        chunk_function inverse_differences
        chunk_function scale_by_points
        chunk_function column_sums
        chunk_function row_sums
        chunk_function inverse_points
        chunk_function add_quotient
        chunk_function word_to_rows
        chunk_function rows_to_word
        Py_ssize_t (*coefficient_words)(Py_ssize_t width) noexcept nogil
        void (*prepare_coefficients)(
            const uint64_t *coefficients, Py_ssize_t width, uint64_t *out
        ) noexcept nogil
    const openings_table **isa_tables
    int gl_log(Py_ssize_t n) noexcept nogil
    uint64_t gl_add(uint64_t a, uint64_t b) noexcept nogil
    uint64_t gl_inverse(uint64_t a) noexcept nogil
    uint64_t gl_power(uint64_t base, uint64_t exponent) noexcept nogil
    uint64_t gl_root(int log_order) noexcept nogil

# Below so many nanoseconds of work a call stays on one thread: a little more than it takes to wake
# a thread that sleeps.  Chunks of column sums grow with the height, so that their totals stay few;
# they do not depend on the number of threads.
cdef enum:
    OPENINGS_CUTOFF = 100_000
    POINTS_CHUNK = 1 << 11
    ROWS_CHUNK = 1 << 8
    MAX_TOTALS = 64

# Nanoseconds of one thread, see `run_long`: for a point, for a word of a matrix.
cdef double INVERSE_COST = 3.0
cdef double EXT_INVERSE_COST = 8.5
cdef double POINT_COST = 3.0
cdef double SUM_COST = 1.1
cdef double QUOTIENT_COST = 8.5
cdef double COPY_COST = 1.5


cdef Py_ssize_t run_all(
    chunk_function function, void *job, Py_ssize_t items, Py_ssize_t chunk, double cost
) except -2:
    cdef int threads = team(<Py_ssize_t>(cost * <double>items), OPENINGS_CUTOFF)
    return run_long(function, job, items, chunk, threads, cost)


cdef void set_job(
    Job *job, chunk_function function, void *context, Py_ssize_t items, Py_ssize_t chunk,
    double cost,
) noexcept:
    job.function, job.context, job.items = function, context, items
    job.chunk, job.cost = chunk, cost


cdef int run_together(Job *jobs, Py_ssize_t count) except -1:
    """`run_all` of many."""
    cdef double cost = 0
    cdef Py_ssize_t k
    for k in range(count):
        cost += jobs[k].cost * <double>jobs[k].items
    run_jobs(jobs, count, team(<Py_ssize_t>cost, OPENINGS_CUTOFF))
    return 0


cdef int shape2(const uint64_t[:, :] a, Py_ssize_t rows, Py_ssize_t columns, str name) except -1:
    """Refuse another shape (-1: any) or a last axis that is not contiguous."""
    if (rows >= 0 and a.shape[0] != rows) or (columns >= 0 and a.shape[1] != columns):
        wanted = ", ".join("any" if k < 0 else str(k) for k in (rows, columns))
        raise ValueError(f"{name} must have shape ({wanted}), not ({a.shape[0]}, {a.shape[1]})")
    if a.shape[1] > 1 and a.strides[1] != sizeof(uint64_t):
        raise ValueError(f"{name} must be contiguous along its last axis")
    if a.strides[0] % sizeof(uint64_t):
        raise ValueError(f"{name} must have rows at whole words")
    return 0


cdef Py_ssize_t stride_of(const uint64_t[:, :] a) noexcept nogil:
    """Words from one row to the next."""
    return a.strides[0] // <Py_ssize_t>sizeof(uint64_t)


cdef int shape3(const uint64_t[:, :, ::1] a, Py_ssize_t blowup, Py_ssize_t n, str name) except -1:
    if a.shape[0] != 3 or a.shape[1] != blowup or a.shape[2] != n:
        raise ValueError(
            f"{name} must have shape (3, {blowup}, {n}), "
            f"not ({a.shape[0]}, {a.shape[1]}, {a.shape[2]})"
        )
    return 0


cdef int log_of(Py_ssize_t n, str name) except -1:
    """k with 2^k = n."""
    cdef int k = gl_log(n)
    if k < 0:
        raise ValueError(f"{name} must be a power of two, not {n}")
    if k > 32:
        raise ValueError(f"{name} must be at most 2^32, not {n}")
    return k


cdef int set_ext(ext *out, const uint64_t[::1] value, str name) except -1:
    if value.shape[0] != 3:
        raise ValueError(f"{name} must have 3 coordinates, not {value.shape[0]}")
    out.c[0], out.c[1], out.c[2] = value[0], value[1], value[2]
    return 0


def opening_cost(Py_ssize_t n, widths):
    """Nanoseconds that all openings of a height should take on one thread.

    For the n points of a coset, then `column_sums` for each of `widths`.
    """
    return n * (EXT_INVERSE_COST + POINT_COST + SUM_COST * sum(widths))


def deep_cost(Py_ssize_t n, widths, Py_ssize_t points, Py_ssize_t blowup):
    """The same for the reduced word, but for its extension to `blowup` cosets."""
    sums = SUM_COST * (sum(widths) + len(widths))
    return n * (sums + QUOTIENT_COST * points + COPY_COST * (1 + blowup))


def inverse_points_cost(Py_ssize_t n):
    """The same for `inverse_points`."""
    return n * INVERSE_COST


def inverse_differences(
    uint64_t offset,
    Py_ssize_t blowup,
    int log_n,
    const uint64_t[::1] zeta not None,
    uint64_t[:, :, ::1] out not None,
):
    """out[:, q, i] = 1 / (zeta - x_{q,i}).

    Parameters
    ----------
    offset : int
        Canonical, not zero.
    blowup : int
        A power of two.
    log_n : int
        Binary logarithm of the number of points of a coset.
    zeta : uint64 array (3,)
        Not in the base field, so that no difference can be zero.
    out : uint64 array (3, blowup, 2^log_n)
    """
    cdef points_job job
    cdef const openings_table *table = isa_tables[isa_index()]
    cdef int log_blowup = log_of(blowup, "blowup")
    if log_n < 0 or log_n + log_blowup > 32:
        raise ValueError(f"log_n must be between 0 and {32 - log_blowup}, not {log_n}")
    job.n = (<Py_ssize_t>1) << log_n
    shape3(out, blowup, job.n, "out")
    set_ext(&job.zeta, zeta, "zeta")
    if job.zeta.c[1] == 0 and job.zeta.c[2] == 0:
        raise ValueError(f"zeta must not be in the base field: {job.zeta.c[0]}")
    job.shift, job.root = offset, gl_root(log_blowup + log_n)
    job.step = gl_power(job.root, blowup)
    cdef Py_ssize_t total = blowup * job.n
    job.out, job.out_plane = &out[0, 0, 0], total
    run_all(table.inverse_differences, &job, total, POINTS_CHUNK, EXT_INVERSE_COST)


def inverse_points(uint64_t shift, int log_n, uint64_t[::1] out not None):
    """out[i] = 1 / (x_i - 1) with x_i = shift * g^i, g of order n = 2^log_n.

    Parameters
    ----------
    shift : int
        Canonical.
    out : uint64 array (2^log_n,)

    Returns
    -------
    int
        -1, or the first i with x_i = 1; `out` is unspecified then.
    """
    cdef points_job job
    cdef const openings_table *table = isa_tables[isa_index()]
    if not 0 <= log_n <= 32:
        raise ValueError(f"log_n must be between 0 and 32, not {log_n}")
    job.n = (<Py_ssize_t>1) << log_n
    if out.shape[0] != job.n:
        raise ValueError(f"out must have {job.n} elements, not {out.shape[0]}")
    job.shift, job.step = shift, gl_root(log_n)
    job.out = &out[0]
    return run_all(table.inverse_points, &job, job.n, POINTS_CHUNK, INVERSE_COST)


def scale_by_points(
    uint64_t shift, int log_n, const uint64_t[:, :] inverses not None, uint64_t[:, :] out not None
):
    """out[:, i] = x_i * inverses[:, i] with x_i = shift * g^i, g of order n = 2^log_n.

    With inverses 1 / (zeta - x_i) these are barycentric weights: the polynomial of degree below n
    through f_i at x_i has the value ((zeta / shift)^n - 1) / n * sum_i out_i f_i at zeta.

    Parameters
    ----------
    shift : int
        Canonical.
    inverses, out : uint64 array (3, 2^log_n)
        Last axis contiguous; they may be the same array.
    """
    cdef points_job job
    cdef const openings_table *table = isa_tables[isa_index()]
    if not 0 <= log_n <= 32:
        raise ValueError(f"log_n must be between 0 and 32, not {log_n}")
    job.n = (<Py_ssize_t>1) << log_n
    shape2(inverses, 3, job.n, "inverses")
    shape2(out, 3, job.n, "out")
    job.shift, job.step = shift, gl_root(log_n)
    job.in_, job.in_plane = &inverses[0, 0], stride_of(inverses)
    job.out, job.out_plane = &out[0, 0], stride_of(out)
    run_all(table.scale_by_points, &job, job.n, POINTS_CHUNK, POINT_COST)


def column_sums(
    const uint64_t[:, :] matrix not None,
    Py_ssize_t width,
    const uint64_t[:, :] weights not None,
    int rotate,
    uint64_t[:, ::1] out not None,
):
    """out[c] = sum_i weights[:, i] * matrix[(i + rotate) % n, c] for the first `width` columns.

    Parameters
    ----------
    matrix : uint64 array (n, at least width)
        Last axis contiguous, any distance between rows.
    width : int
    weights : uint64 array (3, n)
        Last axis contiguous.
    rotate : {0, 1}
    out : uint64 array (width, 3)
    """
    column_sums_many([(matrix, width, weights, rotate, out)])


def row_sums(
    const uint64_t[:, :] matrix not None,
    const uint64_t[:, ::1] coefficients not None,
    uint64_t[:, :] out not None,
    bint accumulate,
):
    """out[:, i] = sum_c coefficients[c] * matrix[i, c], added to out[:, i] when `accumulate`.

    Parameters
    ----------
    matrix : uint64 array (n, at least width)
        Last axis contiguous, any distance between rows; columns beyond `width` are not read.
    coefficients : uint64 array (width, 3)
    out : uint64 array (3, n)
        Last axis contiguous.
    accumulate : bool
    """
    combine([([(matrix, coefficients, out, accumulate)], [])])


def add_quotient(
    const uint64_t[:, :, ::1] sums not None,
    const uint64_t[::1] value not None,
    const uint64_t[:, :, ::1] inverses not None,
    int rotate,
    uint64_t[:, :, ::1] out not None,
    bint accumulate,
):
    """out += (value - sums) * inv, the quotient for one opening point; out = without `accumulate`.

    Parameters
    ----------
    sums, inverses, out : uint64 array (3, blowup, n)
        `inverses` as `inverse_differences` makes them. `out` overlaps neither; without
        `accumulate` it may be `sums`.
    value : uint64 array (3,)
    rotate : {0, 1}
        0: inv = inverses, for the point zeta.  1: inv[:, q, i] = inverses[:, q, (i - 1) % n] / g
        with g of order n, which is 1 / (zeta g - x_{q,i}), for the point zeta g.
    accumulate : bool
    """
    combine([([], [(sums, value, inverses, rotate, out, accumulate)])])


include "openings_many.pxi"


cdef int set_rows(rows_job *job, const uint64_t[:, :] word, const uint64_t[:, ::1] rows) except -1:
    shape2(rows, -1, 3, "rows")
    shape2(word, 3, rows.shape[0], "word")
    job.n, job.plane = rows.shape[0], stride_of(word)
    if job.n:
        job.word, job.rows = <uint64_t *>&word[0, 0], <uint64_t *>&rows[0, 0]
    return 0


def word_to_rows(const uint64_t[:, :] word not None, uint64_t[:, ::1] out not None):
    """Rows of a planar word, as transforms want them: out[i] = word[:, i].

    Parameters
    ----------
    word : uint64 array (3, n)
        Last axis contiguous.
    out : uint64 array (n, 3)
    """
    cdef rows_job job
    cdef const openings_table *table = isa_tables[isa_index()]
    set_rows(&job, word, out)
    run_all(table.word_to_rows, &job, job.n, POINTS_CHUNK, COPY_COST)


def rows_to_word(const uint64_t[:, ::1] rows not None, uint64_t[:, :] out not None):
    """The way back: out[:, i] = rows[i, :3].

    Parameters
    ----------
    rows : uint64 array (n, 4)
    out : uint64 array (3, n)
        Last axis contiguous.
    """
    cdef rows_job job
    cdef const openings_table *table = isa_tables[isa_index()]
    set_rows(&job, out, rows)
    run_all(table.rows_to_word, &job, job.n, POINTS_CHUNK, COPY_COST)
