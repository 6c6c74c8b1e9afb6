"""The running sum of a lookup table, given the sums of its rows.

Each function replaces the rows of `cells` (rows, 3), S_0, S_1, ..., by acc with acc_0 = 0 and
acc_(i+1) = acc_i + S_i - mean, and returns the sum of all S_i. `chunked` is what the package does:
sums of chunks, their scan, running sums inside the chunks. `serial` is the same code with a single
chunk. `three_buffers` keeps row sums, running sums of the chunks, and the column, before that is
copied to its place.
"""

from libc.stdint cimport uint64_t
from cstark.kernels._chunks cimport chunk_function, run
from cstark.kernels._program cimport block_program
from cstark.kernels._runtime cimport isa_index, max_team
from cstark.kernels._runtime import aligned

cdef extern from *:
    """
    #include "variant_accumulator_types.h"
    ISA_TABLES(variant_accumulator);
    """
    ctypedef struct ext:
        uint64_t c[3]
    ctypedef struct lookup_job:
        block_program program
        Py_ssize_t first
        Py_ssize_t chunk
        uint64_t *out
        ext *chunk_sums
        ext mean
    ctypedef struct variant_accumulator_table:
        chunk_function sum, accumulate
    const variant_accumulator_table **isa_tables
    ext ext_add(ext a, ext b) noexcept nogil
    ext ext_sub(ext a, ext b) noexcept nogil
    ext ext_scale(ext a, uint64_t b) noexcept nogil
    uint64_t gl_inverse(uint64_t a) noexcept nogil

cdef Py_ssize_t CHUNK = 1024


cdef int prepare(lookup_job *job, uint64_t[:, ::1] cells, Py_ssize_t chunk) except -1:
    cdef Py_ssize_t rows = cells.shape[0]
    if rows < 1 or rows & (rows - 1) or cells.shape[1] != 3:
        raise ValueError("cells must be (rows, 3), rows a power of two")
    job.program.pairs = 1
    job.chunk = min(chunk, rows)
    job.out = &cells[0, 0]
    return 0


cdef ext scan(lookup_job *job, Py_ssize_t rows) noexcept nogil:
    """Sets the mean, turns the chunks' sums into what the accumulator starts from; the total."""
    cdef ext total, part, start
    cdef Py_ssize_t k, chunks = rows // job.chunk
    total.c[0] = total.c[1] = total.c[2] = 0
    start = total
    for k in range(chunks):
        total = ext_add(total, job.chunk_sums[k])
    job.mean = ext_scale(total, gl_inverse(<uint64_t>rows))
    for k in range(chunks):
        part = job.chunk_sums[k]
        job.chunk_sums[k] = start
        start = ext_add(start, ext_sub(part, ext_scale(job.mean, <uint64_t>job.chunk)))
    return total


cdef object in_place(uint64_t[:, ::1] cells, Py_ssize_t chunk, int threads):
    cdef lookup_job job
    cdef ext total
    cdef const variant_accumulator_table *functions = isa_tables[isa_index()]
    cdef Py_ssize_t rows = cells.shape[0]
    prepare(&job, cells, chunk)
    cdef uint64_t[::1] sums = aligned(3 * (rows // job.chunk))
    job.chunk_sums = <ext *>&sums[0]
    with nogil:
        run(functions.sum, &job, rows, job.chunk, threads)
        total = scan(&job, rows)
        run(functions.accumulate, &job, rows, job.chunk, threads)
    return total.c[0], total.c[1], total.c[2]


def chunked(uint64_t[:, ::1] cells not None):
    """Two passes, chunk by chunk, all threads; nothing of full length but the cells."""
    return in_place(cells, CHUNK, max_team())


def serial(uint64_t[:, ::1] cells not None):
    """One loop for the total, one for the running sum."""
    return in_place(cells, cells.shape[0], 1)


# ---- with three arrays of full length --------------------------------------------------------

ctypedef struct Buffers:
    lookup_job job
    ext *rows
    ext *running
    ext *column


cdef Py_ssize_t copy_sums(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    cdef Buffers *buffers = <Buffers *>context
    cdef const uint64_t *cell
    cdef ext total
    cdef Py_ssize_t i, k
    total.c[0] = total.c[1] = total.c[2] = 0
    for i in range(first, last):
        cell = buffers.job.out + 3 * i
        for k in range(3):
            buffers.rows[i].c[k] = cell[k]
        total = ext_add(total, buffers.rows[i])
    buffers.job.chunk_sums[first // buffers.job.chunk] = total
    return -1


cdef Py_ssize_t run_in_chunk(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    cdef Buffers *buffers = <Buffers *>context
    cdef ext sum
    cdef Py_ssize_t i
    sum.c[0] = sum.c[1] = sum.c[2] = 0
    for i in range(first, last):
        buffers.running[i] = sum
        sum = ext_add(sum, ext_sub(buffers.rows[i], buffers.job.mean))
    return -1


cdef Py_ssize_t add_starts(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    cdef Buffers *buffers = <Buffers *>context
    cdef ext start = buffers.job.chunk_sums[first // buffers.job.chunk]
    cdef Py_ssize_t i
    for i in range(first, last):
        buffers.column[i] = ext_add(start, buffers.running[i])
    return -1


cdef Py_ssize_t scatter(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    cdef Buffers *buffers = <Buffers *>context
    cdef Py_ssize_t i, k
    for i in range(first, last):
        for k in range(3):
            buffers.job.out[3 * i + k] = buffers.column[i].c[k]
    return -1


def three_buffers(uint64_t[:, ::1] cells not None, keep=None):
    """Row sums, running sums and column in arrays of their own; a list `keep` gets them."""
    cdef Buffers buffers
    cdef ext total
    cdef Py_ssize_t rows = cells.shape[0]
    cdef int threads = max_team()
    prepare(&buffers.job, cells, CHUNK)
    cdef uint64_t[::1] sums = aligned(3 * (rows // buffers.job.chunk))
    arrays = [aligned(3 * rows) for _ in range(3)]
    cdef uint64_t[::1] row_sums = arrays[0], running = arrays[1], column = arrays[2]
    buffers.job.chunk_sums = <ext *>&sums[0]
    buffers.rows, buffers.running = <ext *>&row_sums[0], <ext *>&running[0]
    buffers.column = <ext *>&column[0]
    with nogil:
        run(copy_sums, &buffers, rows, buffers.job.chunk, threads)
        total = scan(&buffers.job, rows)
        run(run_in_chunk, &buffers, rows, buffers.job.chunk, threads)
        run(add_starts, &buffers, rows, buffers.job.chunk, threads)
        run(scatter, &buffers, rows, buffers.job.chunk, threads)
    if keep is not None:
        keep.extend(arrays)
    return total.c[0], total.c[1], total.c[2]
