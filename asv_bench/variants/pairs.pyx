"""The pairs of a FRI layer as an array of their own, to be hashed row by row."""

from libc.stdint cimport uint64_t
from cstark.kernels._chunks cimport run
from cstark.kernels._runtime cimport max_team

cdef enum:
    CHUNK = 1 << 11

ctypedef struct Job:
    const uint64_t *word
    uint64_t *pairs
    Py_ssize_t blowup
    Py_ssize_t n


cdef Py_ssize_t copy_pairs(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    cdef Job *job = <Job *>context
    cdef Py_ssize_t half = job.n // 2, plane = job.blowup * job.n, item, k
    cdef const uint64_t *at
    cdef uint64_t *to = job.pairs + 6 * first
    for item in range(first, last):
        at = job.word + item // half * job.n + item % half
        for k in range(3):
            to[k] = at[k * plane]
            to[3 + k] = at[k * plane + half]
        to += 6
    return -1


def materialise(const uint64_t[:, :, ::1] word not None, uint64_t[:, :, ::1] pairs not None):
    """pairs[q, i] = word[:, q, i], word[:, q, i + n / 2]

    Parameters
    ----------
    word : uint64 (3, blowup, n)
    pairs : uint64 (blowup, n / 2, 6), written
    """
    cdef Job job
    cdef Py_ssize_t blowup = word.shape[1], n = word.shape[2]
    if word.shape[0] != 3 or n % 2 or n == 0 or blowup == 0:
        raise ValueError("word must be (3, blowup, n), n even")
    if pairs.shape[0] != blowup or pairs.shape[1] != n // 2 or pairs.shape[2] != 6:
        raise ValueError("pairs must be (blowup, n / 2, 6)")
    job.word, job.pairs = &word[0, 0, 0], &pairs[0, 0, 0]
    job.blowup, job.n = blowup, n
    with nogil:
        run(copy_pairs, &job, blowup * n // 2, CHUNK, max_team())
