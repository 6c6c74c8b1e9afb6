"""Builds the lookup columns of a table: fractions of fingerprints, and their running sum.

Works chunk by chunk through a block program (see `_program`), with scratch for one chunk a
thread; the only arrays of full length are the trace and the result.
"""

from libc.stdint cimport int32_t, uint64_t
from libc.stdlib cimport free, malloc
from cstark.kernels cimport _chunks
from cstark.kernels._chunks cimport Job
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
cdef enum:
    MOST_ADDED = 8  # the least rows that there are, which are in one chunk
cdef Py_ssize_t PARALLEL_WORK = 1 << 16  # instructions times rows
# Nanoseconds of one thread on a row, see `run_long`: a pair's inversion and its column, a step of
# the accumulator.
cdef double PAIR_COST = 15.0
cdef double SUM_COST = 3.0


def cost(const int32_t[:, ::1] code, Py_ssize_t terms, Py_ssize_t pairs, Py_ssize_t rows):
    """Nanoseconds that `build` should take on one thread; see `cstark.kernels._program.cost`."""
    cdef double of_row = row_cost(&code[0, 0], code.shape[0], terms)
    return (of_row + PAIR_COST * <double>pairs + SUM_COST) * <double>rows


def build(Bound bound not None, uint64_t[:, ::1] out, added=None):
    """Run a program of pairs over a trace.

    Parameters
    ----------
    bound : Bound
        A program whose ``pair`` and ``fraction`` instructions fill every pair.
    out : uint64 array (rows, 3 * pairs)
        Receives the pairs' columns, the accumulator in place of the last pair's.
    added : uint64 array (k, 3), optional
        Canonical: the accumulator adds these as well on the first k rows, at most 8.

    Returns
    -------
    (tuple of 3 int, int)
        The table sum, and -1; or (0, 0, 0) and the first row with a zero denominator.
    """
    sums, _, bad = build_many([(bound, out, added)])
    return (sums[0] if bad < 0 else (0, 0, 0)), bad


cdef int set_job(lookup_job *job, Bound bound, uint64_t[:, ::1] out) except -1:
    """A job with the arguments of `build`, which are checked."""
    cdef Py_ssize_t rows = bound.program.rows, pairs = bound.program.pairs, blocks = 1
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
    job.scratch_words = workspace_words(&job.program, job.chunk)
    job.out = &out[0, 0]
    return 0


cdef int add_to_rows(lookup_job *job, const uint64_t[:, ::1] added) except -1:
    """Add to the sums of the first rows, and of their chunk."""
    cdef Py_ssize_t width = 3 * job.program.pairs, i
    cdef ext *cell
    cdef ext more
    if added.shape[0] > MOST_ADDED or added.shape[1] != 3:
        raise ValueError(
            f"added must have at most {MOST_ADDED} rows of 3 words, not shape "
            f"({added.shape[0]}, {added.shape[1]})"
        )
    for i in range(added.shape[0]):
        more.c[0], more.c[1], more.c[2] = added[i, 0], added[i, 1], added[i, 2]
        cell = <ext *>(job.out + i * width + width - 3)
        cell[0] = ext_add(cell[0], more)
        job.chunk_sums[0] = ext_add(job.chunk_sums[0], more)
    return 0


cdef ext share_out(lookup_job *job) noexcept nogil:
    """Turn the chunks' sums into where their accumulators begin; the table sum."""
    cdef Py_ssize_t rows = job.program.rows, k
    cdef ext total, part, start
    total.c[0] = total.c[1] = total.c[2] = 0
    for k in range(rows // job.chunk):
        total = ext_add(total, job.chunk_sums[k])
    job.mean = ext_scale(total, gl_inverse(<uint64_t>rows))
    part = ext_scale(job.mean, <uint64_t>job.chunk)
    start.c[0] = start.c[1] = start.c[2] = 0
    for k in range(rows // job.chunk):
        total = job.chunk_sums[k]
        job.chunk_sums[k] = start
        start = ext_add(start, ext_sub(total, part))
    return ext_scale(job.mean, <uint64_t>rows)


def build_many(calls):
    """Several `build`s in the parallel regions of one.

    Parameters
    ----------
    calls : sequence of (Bound, uint64 array, uint64 array or None)
        All arguments of each.

    Returns
    -------
    (list of tuple of 3 int, int, int)
        The table sums, -1 and -1; or an empty list, a call with a zero denominator, and its row.
    """
    cdef const lookup_table *table = isa_tables[isa_index()]
    cdef Py_ssize_t count = len(calls), work = 0, words = 0, chunks = 0, number, k
    cdef Py_ssize_t row = -1
    cdef int threads
    cdef uint64_t[::1] scratch, sums
    cdef block_program *program
    cdef ext total
    cdef lookup_job *parts = <lookup_job *>malloc(count * sizeof(lookup_job) + 1)
    cdef Job *jobs = <Job *>malloc(count * sizeof(Job) + 1)
    try:
        if parts == NULL or jobs == NULL:
            raise MemoryError("no memory for the list of tables")
        for k in range(count):
            bound, out, _ = calls[k]
            if bound is None or out is None:
                raise TypeError("a program or its result is None")
            set_job(&parts[k], bound, out)
            program = &parts[k].program
            work += program.rows * (program.length + 1)
            words = max(words, parts[k].scratch_words)
            chunks += program.rows // parts[k].chunk
            jobs[k].function, jobs[k].context = table.fractions, &parts[k]
            jobs[k].items, jobs[k].chunk = program.rows, parts[k].chunk
            jobs[k].cost = row_cost(program.code, program.length, program.term_count)
            jobs[k].cost += PAIR_COST * <double>program.pairs
        threads = team(work, PARALLEL_WORK)
        scratch = aligned(words * threads)
        sums = aligned(3 * chunks)
        chunks = 0
        for k in range(count):
            parts[k].scratch, parts[k].scratch_words = &scratch[0], words
            parts[k].chunk_sums = <ext *>&sums[0] + chunks
            chunks += parts[k].program.rows // parts[k].chunk
        number = _chunks.run_jobs(jobs, count, threads, &row)
        if number >= 0:
            return [], number, row
        found = []
        for k in range(count):
            if calls[k][2] is not None:
                add_to_rows(&parts[k], calls[k][2])
            total = share_out(&parts[k])
            found.append((total.c[0], total.c[1], total.c[2]))
            jobs[k].function, jobs[k].cost = table.accumulate, SUM_COST
        _chunks.run_jobs(jobs, count, threads)
        return found, -1, -1
    finally:
        free(parts)
        free(jobs)
