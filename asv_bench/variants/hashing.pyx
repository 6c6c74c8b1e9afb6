"""Hashing with an allocation a row, and nodes hashed by as many threads as one says."""

from libc.stdint cimport uint8_t, uint64_t
from cstark.kernels._chunks cimport run
from cstark.kernels._hash cimport (
    HASH_BYTES,
    HASH_NODE,
    HASH_STREAMS_MAX,
    core_of,
    hash_chunk,
    hash_core,
    hash_job,
    hash_locate_pieces,
    hash_matrix,
)
from cstark.kernels._runtime cimport max_team

cdef extern from "variant_hash.h" nogil:
    ctypedef struct allocating_job:
        const hash_core *core
        const uint8_t *part[2]
        size_t bytes[2]
        uint8_t *out
    Py_ssize_t hash_allocating(
        void *job, Py_ssize_t first, Py_ssize_t last, int thread
    ) noexcept

cdef enum:
    CHUNK = 1 << 9

STREAMS = HASH_STREAMS_MAX


def leaf_digests_allocating(
    int algorithm, const uint64_t[:, ::1] a not None, const uint64_t[:, ::1] b not None,
    uint8_t[:, ::1] out not None,
):
    """LEAF hash of row i of `a` followed by row i of `b`; rows a multiple of `STREAMS`."""
    cdef allocating_job job
    cdef Py_ssize_t n = a.shape[0], bad
    if n == 0 or n % HASH_STREAMS_MAX or b.shape[0] != n or out.shape[0] != n:
        raise ValueError(f"a, b and out must have as many rows, a multiple of {STREAMS}")
    if out.shape[1] != HASH_BYTES or a.shape[1] == 0 or b.shape[1] == 0:
        raise ValueError("out must be (n, 32), and both matrices need a column")
    job.core = core_of(algorithm)
    job.part[0], job.bytes[0] = <const uint8_t *>&a[0, 0], 8 * <size_t>a.shape[1]
    job.part[1], job.bytes[1] = <const uint8_t *>&b[0, 0], 8 * <size_t>b.shape[1]
    job.out = &out[0, 0]
    with nogil:
        bad = run(hash_allocating, &job, n, CHUNK, max_team())
    if bad >= 0:
        raise MemoryError("no memory for a row")


def node_digests(
    int algorithm, const uint8_t[:, ::1] below not None, uint8_t[:, ::1] out not None, int threads
):
    """NODE hash of digests i and i + m of `below`, m = len(out), shared among `threads`.

    No work is too small to be shared, as long as every thread gets a group of messages.
    """
    cdef hash_job job
    cdef hash_matrix pieces[2]
    cdef Py_ssize_t m = out.shape[0], groups = (m + HASH_STREAMS_MAX - 1) // HASH_STREAMS_MAX, k
    if m == 0 or below.shape[0] != 2 * m or below.shape[1] != HASH_BYTES:
        raise ValueError("below must be (2 m, 32) for out of (m, 32)")
    if out.shape[1] != HASH_BYTES or threads < 1:
        raise ValueError("out must be (m, 32), and there must be a thread")
    job.core = core_of(algorithm)
    job.locate, job.tag, job.bytes = hash_locate_pieces, HASH_NODE, 2 * HASH_BYTES
    job.per_block, job.matrices, job.parts = m, pieces, 2
    job.out, job.out_block, job.out_row = &out[0, 0], 0, HASH_BYTES
    for k in range(2):
        pieces[k].base = &below[k * m, 0]
        pieces[k].block, pieces[k].row, pieces[k].column = 0, HASH_BYTES, 8
        pieces[k].words = HASH_BYTES // 8
    with nogil:
        run(hash_chunk, &job, m, (groups + threads - 1) // threads * HASH_STREAMS_MAX, threads)
