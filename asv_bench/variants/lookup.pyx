"""Lookup columns in whole-column passes, for tables like the benchmarks' `Messages`."""

from libc.stdint cimport uint64_t
from cstark.kernels._chunks cimport chunk_function, run
from cstark.kernels._runtime cimport isa_index, max_team
from cstark.kernels._runtime import aligned

cdef extern from *:
    """
    #include "variant_lookup_types.h"
    ISA_TABLES(variant_lookup);
    """
    enum:
        BLOCK
        VALUES
    ctypedef struct ext:
        uint64_t c[3]
    ctypedef struct passes_job:
        const uint64_t *trace
        Py_ssize_t rows, stride, width
        ext constant
        ext weights[4]
        Py_ssize_t value[2]
        Py_ssize_t count[2]
        uint64_t *prints
        uint64_t *counts
        uint64_t *sums
        int first_pair, last_pair
        Py_ssize_t pair
        uint64_t *out
        Py_ssize_t out_stride
        Py_ssize_t chunk
        ext *chunk_sums
        ext mean
    ctypedef struct variant_lookup_table:
        chunk_function prints[2]
        chunk_function counts[2]
        chunk_function combine, invert, column, total, accumulate
    const variant_lookup_table **isa_tables
    ext ext_add(ext a, ext b) noexcept nogil
    ext ext_sub(ext a, ext b) noexcept nogil
    ext ext_mul(ext a, ext b) noexcept nogil
    ext ext_scale(ext a, uint64_t b) noexcept nogil
    uint64_t gl_inverse(uint64_t a) noexcept nogil

cdef Py_ssize_t CHUNK = 1024


cdef Py_ssize_t run_pass(passes_job *job, chunk_function function, int threads) noexcept nogil:
    return run(function, job, job.rows, job.chunk, threads)


cdef ext element(value):
    cdef ext result
    result.c[0], result.c[1], result.c[2] = value
    return result


def build(
    const uint64_t[:, ::1] trace not None, int messages, z, alpha, int bus,
    uint64_t[:, ::1] out not None,
):
    """Lookup columns of messages of 4 values in adjacent columns, and their counts after those.

    Parameters
    ----------
    trace : uint64 (rows, 5 * messages)
        rows a multiple of 128; an even number of messages, each sent `count` times.
    out : uint64 (rows, 3 * messages / 2), written

    Returns
    -------
    (tuple of 3 int, int)
        The table sum and -1; or (0, 0, 0) and the first row with a zero fingerprint.
    """
    cdef passes_job job
    cdef const variant_lookup_table *table = isa_tables[isa_index()]
    cdef Py_ssize_t rows = trace.shape[0], chunks, k, bad = -1
    cdef int threads = max_team(), pairs = messages // 2
    cdef ext total, part, start, power
    if rows < BLOCK or rows & (rows - 1) or messages < 2 or messages % 2:
        raise ValueError("rows must be a power of two from 128 up, messages even")
    if trace.shape[1] != 5 * messages or out.shape[0] != rows or out.shape[1] != 3 * pairs:
        raise ValueError("trace must be (rows, 5 * messages), out (rows, 3 * messages / 2)")
    cdef uint64_t[::1] prints = aligned(6 * rows), counts = aligned(2 * rows)
    cdef uint64_t[::1] row_sums = aligned(3 * rows)
    job.trace, job.rows = &trace[0, 0], rows
    job.stride = job.width = trace.shape[1]
    job.chunk = min(CHUNK, rows)
    chunks = rows // job.chunk
    cdef uint64_t[::1] sums = aligned(3 * chunks)
    job.prints, job.counts, job.sums = &prints[0], &counts[0], &row_sums[0]
    job.chunk_sums = <ext *>&sums[0]
    job.out, job.out_stride = &out[0, 0], out.shape[1]
    start = element((0, 0, 0))
    job.constant = ext_sub(element(z), element((bus, 0, 0)))
    power = element(alpha)
    for k in range(VALUES):
        job.weights[k] = ext_sub(start, power)
        power = ext_mul(power, element(alpha))
    with nogil:
        for k in range(pairs):
            job.pair = k
            job.first_pair, job.last_pair = k == 0, k == pairs - 1
            job.value[0], job.value[1] = 8 * k, 8 * k + 4
            job.count[0], job.count[1] = 4 * messages + 2 * k, 4 * messages + 2 * k + 1
            run_pass(&job, table.prints[0], threads)
            run_pass(&job, table.prints[1], threads)
            run_pass(&job, table.counts[0], threads)
            run_pass(&job, table.counts[1], threads)
            run_pass(&job, table.combine, threads)
            bad = run_pass(&job, table.invert, threads)
            if bad >= 0:
                break
            run_pass(&job, table.column, threads)
    if bad >= 0:
        return (0, 0, 0), bad
    with nogil:
        run_pass(&job, table.total, threads)
        total = start
        for k in range(chunks):
            total = ext_add(total, job.chunk_sums[k])
        job.mean = ext_scale(total, gl_inverse(<uint64_t>rows))
        for k in range(chunks):
            part = job.chunk_sums[k]
            job.chunk_sums[k] = start
            start = ext_add(
                start, ext_sub(part, ext_scale(job.mean, <uint64_t>job.chunk))
            )
        run_pass(&job, table.accumulate, threads)
    return (total.c[0], total.c[1], total.c[2]), -1
