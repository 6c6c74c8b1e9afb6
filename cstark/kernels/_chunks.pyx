"""The only place that starts threads: work on a range of items, chunk by chunk.

Serial and parallel runs call the same function on the same chunks, so a result cannot depend on
the number of threads.  Chunks are handed out dynamically: one that meets a busy core does not
hold up the rest.
"""

from cython.parallel cimport prange, threadid
from cstark.kernels._runtime cimport enter_region, leave_region


cdef Py_ssize_t run(
    chunk_function function, void *context, Py_ssize_t items, Py_ssize_t chunk, int threads
) noexcept nogil:
    """Call `function` on ceil(items / chunk) chunks; the smallest bad index, or -1.

    `threads` = 1 is the serial path: the cutoff below which a kernel family stays serial is the
    caller's, see ``team`` in `_runtime`. No more than `threads` are started, and fewer while other
    Python threads are at work too.
    """
    cdef Py_ssize_t count = (items + chunk - 1) // chunk
    cdef Py_ssize_t index, first, last, bad
    cdef Py_ssize_t worst = items
    if count <= 0:
        return -1
    threads = enter_region(<int>min(threads, count))
    if threads == 1:
        for index in range(count):
            first = index * chunk
            last = items if items - first < chunk else first + chunk
            bad = function(context, first, last, 0)
            if bad >= 0 and bad < worst:
                worst = bad
    else:
        for index in prange(count, num_threads=threads, schedule="dynamic", chunksize=1):
            first = index * chunk
            last = items if items - first < chunk else first + chunk
            bad = function(context, first, last, threadid())
            if bad >= 0:
                # Rare, and the slots only ever shrink: a lock is cheap here.
                with gil:
                    note(&worst, bad)
    leave_region()
    return -1 if worst == items else worst


cdef void note(Py_ssize_t *worst, Py_ssize_t bad) noexcept nogil:
    if bad < worst[0]:
        worst[0] = bad


cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    """
    const char *CSTARK_SOURCE_DIGEST


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()
