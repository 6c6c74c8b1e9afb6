"""Builds the lookup columns of a table: fractions of fingerprints, and their running sum.

Works chunk by chunk through a block program (see `_program`), with scratch for one chunk a
thread; the only arrays of full length are the trace and the result.
"""

from libc.stdint cimport int32_t, uint64_t
from cstark.kernels cimport _chunks
from cstark.kernels._program cimport BLOCK, Bound, block_program, row_cost, workspace_words
from cstark.kernels._runtime cimport isa_index, team
from cstark.kernels._runtime import aligned

include "digest.pxi"

cdef extern from *:
    """
    #include "lookup_types.h"
    ISA_TABLES(lookup);
    """

    ctypedef struct ext:
        uint64_t c[3]

    ctypedef struct lookup_job:
        block_program program
        uint64_t *scratch
        Py_ssize_t scratch_words
        Py_ssize_t chunk
        uint64_t *out
        ext *chunk_sums
        ext mean

    ctypedef struct lookup_table:
        _chunks.chunk_function fractions
        _chunks.chunk_function accumulate

    const lookup_table **isa_tables
    ext ext_add(ext a, ext b) noexcept nogil
    ext ext_sub(ext a, ext b) noexcept nogil
    ext ext_scale(ext a, uint64_t b) noexcept nogil
    uint64_t gl_inverse(uint64_t a) noexcept nogil

# Only in large batches is the price of an inversion shared by so many norms that each pays little;
# with more than so many words a chunk leaves the second-level cache.
cdef Py_ssize_t BATCH = 2048
cdef Py_ssize_t MAX_BLOCKS = 8
cdef Py_ssize_t PARALLEL_WORK = 1 << 16  # instructions times rows
# Nanoseconds of one thread on a row, see `run_long`: a pair's inversion and its column, a step of
# the accumulator.
cdef double PAIR_COST = 15.0
cdef double SUM_COST = 3.0


def cost(const int32_t[:, ::1] code not None, Py_ssize_t terms, Py_ssize_t pairs, Py_ssize_t rows):
    """Nanoseconds that `build` should take on one thread; see `cstark.kernels._program.cost`."""
    cdef double of_row = row_cost(&code[0, 0], code.shape[0], terms)
    return (of_row + PAIR_COST * <double>pairs + SUM_COST) * <double>rows


def build(Bound bound not None, uint64_t[:, ::1] out):
    """Run a program of pairs over a trace.

    Parameters
    ----------
    bound : Bound
        A program whose ``pair`` and ``fraction`` instructions fill every pair.
    out : uint64 array (rows, 3 * pairs)
        Receives the pairs' columns, the accumulator in place of the last pair's.

    Returns
    -------
    (tuple of 3 int, int)
        The table sum, and -1; or (0, 0, 0) and the first row with a zero denominator.
    """
    cdef lookup_job job
    cdef Py_ssize_t rows = bound.program.rows, pairs = bound.program.pairs
    cdef Py_ssize_t blocks = 1, chunks, bad, k
    cdef int threads
    cdef uint64_t[::1] scratch, sums
    cdef ext total, part, mean, start
    if pairs < 1 or bound.program.tests:
        raise ValueError("a program of lookup columns has pairs, and no tests")
    if out.shape[0] != rows or out.shape[1] != 3 * pairs:
        raise ValueError(
            f"out must have shape ({rows}, {3 * pairs}), not ({out.shape[0]}, {out.shape[1]})"
        )
    while blocks < MAX_BLOCKS and 2 * blocks * pairs * BLOCK <= BATCH:
        blocks *= 2
    job.program = bound.program
    job.chunk = min(rows, blocks * BLOCK)
    chunks = rows // job.chunk
    threads = team(rows * (job.program.length + 1), PARALLEL_WORK)
    job.scratch_words = workspace_words(&job.program, job.chunk)
    scratch = aligned(job.scratch_words * threads)
    sums = aligned(3 * chunks)
    job.scratch, job.chunk_sums = &scratch[0], <ext *>&sums[0]
    job.out = &out[0, 0]

    cdef const lookup_table *table = isa_tables[isa_index()]
    cdef double cost = row_cost(job.program.code, job.program.length, job.program.term_count)
    cost += PAIR_COST * <double>pairs
    bad = _chunks.run_long(table.fractions, &job, rows, job.chunk, threads, cost)
    if bad >= 0:
        return (0, 0, 0), bad

    with nogil:
        total.c[0] = total.c[1] = total.c[2] = 0
        for k in range(chunks):
            total = ext_add(total, job.chunk_sums[k])
        mean = ext_scale(total, gl_inverse(<uint64_t>rows))
        job.mean = mean
        part = ext_scale(mean, <uint64_t>job.chunk)
        start.c[0] = start.c[1] = start.c[2] = 0
        for k in range(chunks):
            total = job.chunk_sums[k]
            job.chunk_sums[k] = start
            start = ext_add(start, ext_sub(total, part))
    _chunks.run_long(table.accumulate, &job, rows, job.chunk, threads, SUM_COST)
    total = ext_scale(mean, <uint64_t>rows)
    return (total.c[0], total.c[1], total.c[2]), -1
