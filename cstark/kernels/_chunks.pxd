# chunk_function(context, first, last, thread): work on items first..last-1 with the scratch of
# `thread`. Returns -1, or the index of the first bad item.
ctypedef Py_ssize_t (*chunk_function)(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil

cdef Py_ssize_t run(
    chunk_function function, void *context, Py_ssize_t items, Py_ssize_t chunk, int threads
) noexcept nogil

cdef Py_ssize_t run_long(
    chunk_function function, void *context, Py_ssize_t items, Py_ssize_t chunk, int threads,
    double cost, Py_ssize_t start=*
) except -2

cdef Py_ssize_t piece_of(double cost, Py_ssize_t chunk, int threads) noexcept nogil
cdef int worked(double nanoseconds) except -1

# A job of many in one region: `items` that take `cost` nanoseconds each, in chunks.
cdef struct Job:
    chunk_function function
    void *context
    Py_ssize_t items, chunk
    double cost

cdef Py_ssize_t run_jobs(
    Job *jobs, Py_ssize_t count, int threads, Py_ssize_t *item=*
) except -2
