"""Products of matrices of field elements."""

from libc.stdint cimport uint64_t

from cstark.kernels._chunks cimport chunk_function, run_long
from cstark.kernels._runtime cimport isa_index, team

include "digest.pxi"

cdef extern from *:
    """
    #include "matmul_types.h"
    ISA_TABLES(matmul);
    """
    ctypedef struct matmul_job:
        const uint64_t *a
        const uint64_t *b
        uint64_t *out
        Py_ssize_t rows, inner, columns
    ctypedef struct matmul_table:
        chunk_function multiply
    const matmul_table **isa_tables
    const int MATMUL_ROWS
    const int MATMUL_COLUMNS
    Py_ssize_t matmul_tiles(Py_ssize_t n, Py_ssize_t tile) noexcept nogil

cdef enum:
    MATMUL_CUTOFF = 1 << 19     # products below which a call stays on one thread

# Nanoseconds of one thread for a product; see `run_long`.
cdef double PRODUCT_COST = 0.4


def multiply(
    const uint64_t[:, ::1] a not None,
    const uint64_t[:, ::1] b not None,
    uint64_t[:, ::1] out not None,
):
    """out = a b

    Parameters
    ----------
    a : uint64 array (rows, inner)
    b : uint64 array (inner, columns)
        Canonical.
    out : uint64 array (rows, columns)
        May not overlap the others.
    """
    cdef matmul_job job
    job.rows, job.inner, job.columns = a.shape[0], a.shape[1], b.shape[1]
    if b.shape[0] != job.inner:
        raise ValueError(f"b has {b.shape[0]} rows, a has {job.inner} columns")
    if out.shape[0] != job.rows or out.shape[1] != job.columns:
        raise ValueError(
            f"out is {out.shape[0]} x {out.shape[1]}, the product {job.rows} x {job.columns}"
        )
    if job.rows == 0 or job.columns == 0:
        return
    job.a = &a[0, 0] if job.inner else NULL
    job.b = &b[0, 0] if job.inner else NULL
    job.out = &out[0, 0]
    cdef Py_ssize_t tiles = (
        matmul_tiles(job.rows, MATMUL_ROWS) * matmul_tiles(job.columns, MATMUL_COLUMNS)
    )
    cdef int threads = team(job.rows * job.columns * job.inner, MATMUL_CUTOFF)
    cdef Py_ssize_t tile = MATMUL_ROWS * MATMUL_COLUMNS * max(job.inner, <Py_ssize_t>1)
    cdef chunk_function function = isa_tables[isa_index()].multiply
    run_long(function, &job, tiles, 1, threads, PRODUCT_COST * <double>tile)
