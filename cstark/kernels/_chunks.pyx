"""The only place that starts threads: work on a range of items, chunk by chunk.

Serial and parallel runs call the same function on the same chunks, so a result cannot depend on
the number of threads.  Chunks are handed out dynamically, a few neighbours at a time: a thread that
meets a busy core does not hold up the rest.

Between pieces of some 50 ms a call can be interrupted: signals are seen, and the watcher of the
Python thread, if it has set one, is told how much work has been done.  Both may raise.
"""

from cpython.exc cimport PyErr_CheckSignals
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from cython.parallel cimport prange, threadid
from cstark.kernels._runtime cimport enter_region, leave_region, max_team
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc

include "digest.pxi"

# A thread takes neighbouring chunks where there are many, and in every region from the same share
# of them. What a chunk asks for in advance, or the processor by itself, is the beginning of the
# next one: if another thread is at work there, the lines go back and forth between their caches.
# Two threads extended 2^16 rows of 32 columns in 13.5 ms by chunks handed out one by one, 26 ms
# with no common third-level cache; by neighbours in 11.3 and 12 ms, one thread in 21.8 ms.
cdef extern from "shares.h":
    enum:
        CSTARK_MOST_SHARES
    ctypedef struct cstark_share:
        pass
    void cstark_share_out(cstark_share *, Py_ssize_t count, int threads) noexcept nogil
    Py_ssize_t cstark_together(Py_ssize_t count, int threads) noexcept nogil
    int cstark_take(
        cstark_share *, int threads, int mine, Py_ssize_t together, Py_ssize_t *, Py_ssize_t *
    ) noexcept nogil


cdef struct Region:
    chunk_function function
    void *context
    Py_ssize_t items, chunk, together
    cstark_share *shares
    int count  # of them


cdef Py_ssize_t call_chunks(
    const Region *region, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    """Do chunks first .. last - 1; the smallest bad item, or -1."""
    cdef Py_ssize_t index, start, end, bad, worst = region.items
    for index in range(first, last):
        start = index * region.chunk
        end = region.items if region.items - start < region.chunk else start + region.chunk
        bad = region.function(region.context, start, end, thread)
        if 0 <= bad < worst:
            worst = bad
    return -1 if worst == region.items else worst


cdef Py_ssize_t call_share(const Region *region, int share, int thread) noexcept nogil:
    """Do what the thread of a share does of a region; the smallest bad item, or -1."""
    cdef Py_ssize_t first = 0, last = 0, bad, worst = region.items
    while cstark_take(region.shares, region.count, share, region.together, &first, &last):
        bad = call_chunks(region, first, last, thread)
        if 0 <= bad < worst:
            worst = bad
    return -1 if worst == region.items else worst


cdef Py_ssize_t run(
    chunk_function function, void *context, Py_ssize_t items, Py_ssize_t chunk, int threads
) noexcept nogil:
    """Call `function` on ceil(items / chunk) chunks; the smallest bad index, or -1.

    `threads` = 1 is the serial path: the cutoff below which a kernel family stays serial is the
    caller's, see ``team`` in `_runtime`. No more than `threads` are started, and fewer while other
    Python threads are at work too.
    """
    cdef Py_ssize_t count = (items + chunk - 1) // chunk
    cdef Py_ssize_t bad, worst = items
    cdef int share
    cdef cstark_share shares[CSTARK_MOST_SHARES]
    cdef Region region
    if count <= 0:
        return -1
    threads = enter_region(<int>min(threads, count))
    region.function, region.context, region.items, region.chunk = function, context, items, chunk
    region.shares, region.count = shares, min(threads, CSTARK_MOST_SHARES)
    region.together = cstark_together(count, threads)
    if threads == 1:
        worst = call_chunks(&region, 0, count, 0)
        leave_region()
        return worst
    cstark_share_out(shares, count, region.count)
    for share in prange(threads, num_threads=threads, schedule="static", chunksize=1):
        bad = call_share(&region, share % region.count, threadid())
        if bad >= 0:
            # Rare, and the slots only ever shrink: a lock is cheap here.
            with gil:
                note(&worst, bad)
    leave_region()
    return -1 if worst == items else worst


cdef void note(Py_ssize_t *worst, Py_ssize_t bad) noexcept nogil:
    if bad < worst[0]:
        worst[0] = bad


# ---- long calls -----------------------------------------------------------------------------

cdef extern from *:
    """
    static _Thread_local PyObject *cstark_watcher = NULL; /* of the calling Python thread */
    """
    PyObject *cstark_watcher

cdef double piece_nanoseconds = 5e7  # of one thread

cdef struct Piece:
    chunk_function function
    void *context
    Py_ssize_t first


cdef Py_ssize_t call_piece(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    """A chunk of a piece, whose items `run` counts from the piece's first."""
    cdef Piece *piece = <Piece *>context
    cdef Py_ssize_t bad
    bad = piece.function(piece.context, piece.first + first, piece.first + last, thread)
    return bad - piece.first if bad >= 0 else -1


cdef Py_ssize_t piece_of(double cost, Py_ssize_t chunk, int threads) noexcept nogil:
    """Items between two looks at signals: whole chunks, at least one for each thread."""
    cdef Py_ssize_t chunks = <Py_ssize_t>(piece_nanoseconds / (cost * <double>chunk))
    return max(chunks, 1) * chunk * threads


cdef Py_ssize_t run_long(
    chunk_function function, void *context, Py_ssize_t items, Py_ssize_t chunk, int threads,
    double cost, Py_ssize_t start=0
) except -2:
    """`run` on items from `start` on, in pieces; after each, signals are seen, the watcher is told.

    Chunks are the same as `run`'s. `cost` is the time that an item takes on one thread, in
    nanoseconds, as measured on one machine: progress and the length of a piece depend on it,
    results do not.
    """
    cdef Py_ssize_t most = piece_of(cost, chunk, threads)
    cdef Py_ssize_t count, bad
    cdef Piece piece
    piece.function, piece.context, piece.first = function, context, start
    while piece.first < start + items:
        count = min(most, start + items - piece.first)
        with nogil:
            bad = run(call_piece, &piece, count, chunk, threads)
        if bad >= 0:
            return piece.first + bad
        piece.first += count
        worked(<double>count * cost)
    return -1


# ---- many jobs ------------------------------------------------------------------------------

cdef struct Jobs:
    Job *jobs
    Py_ssize_t count
    Py_ssize_t *ends  # chunks of a job and those before it


cdef Py_ssize_t job_of(const Jobs *all, Py_ssize_t chunk) noexcept nogil:
    """The job that a chunk belongs to."""
    cdef Py_ssize_t low = 0, high = all.count - 1, middle
    while low < high:
        middle = (low + high) // 2
        if chunk < all.ends[middle]:
            high = middle
        else:
            low = middle + 1
    return low


cdef Py_ssize_t call_job(const Jobs *all, Py_ssize_t chunk, int thread) noexcept nogil:
    """Do a chunk of all; the smallest bad item of its job, or -1."""
    cdef Py_ssize_t number = job_of(all, chunk)
    cdef const Job *job = &all.jobs[number]
    cdef Py_ssize_t first = chunk - (all.ends[number - 1] if number else 0)
    first *= job.chunk
    return job.function(job.context, first, min(first + job.chunk, job.items), thread)


cdef Py_ssize_t call_jobs(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    while first < last:
        if call_job(<Jobs *>context, first, thread) >= 0:
            return first
        first += 1
    return -1


cdef Py_ssize_t run_jobs(
    Job *jobs, Py_ssize_t count, int threads, Py_ssize_t *item=NULL
) except -2:
    """All chunks of some jobs that do not need each other, as `run_long` runs those of one.

    Where tables are small one of them has too few chunks for all threads, and a region for each
    would cost more than its work. Chunks are handed out in the order of the jobs: those with the
    largest chunks should come first.

    Returns the first job with a bad item, and in `item` the smallest; or -1.
    """
    cdef Jobs all
    cdef Py_ssize_t k, chunks = 0, bad
    cdef double cost = 0
    if count == 0:
        return -1
    all.jobs, all.count = jobs, count
    all.ends = <Py_ssize_t *>malloc(count * sizeof(Py_ssize_t))
    if all.ends == NULL:
        raise MemoryError("no memory for the list of jobs")
    try:
        for k in range(count):
            chunks += (jobs[k].items + jobs[k].chunk - 1) // jobs[k].chunk
            all.ends[k] = chunks
            cost += jobs[k].cost * <double>jobs[k].items
        if chunks == 0:
            return -1
        bad = run_long(call_jobs, &all, chunks, 1, threads, cost / <double>chunks)
        if bad < 0:
            return -1
        if item != NULL:  # once more, to hear which item it is
            item[0] = call_job(&all, bad, 0)
        return job_of(&all, bad)
    finally:
        free(all.ends)


# ---- being heard ------------------------------------------------------------------------------

cdef int worked(double nanoseconds) except -1:
    """Between two pieces of work, the first of which should have taken so long on one thread."""
    global cstark_watcher
    cdef PyObject *watcher = cstark_watcher
    PyErr_CheckSignals()
    if watcher != NULL:
        cstark_watcher = NULL  # what the watcher itself has computed is not the work it watches
        try:
            (<object>watcher)(nanoseconds)
        finally:
            cstark_watcher = watcher
    return 0


def set_piece(double nanoseconds):
    """Set how much work is between two pieces, for tests; returns what it was."""
    global piece_nanoseconds
    before = piece_nanoseconds
    piece_nanoseconds = nanoseconds
    return before


# ---- fresh memory ---------------------------------------------------------------------------

cdef enum:
    PAGE_WORDS = 512
    TOUCHED_WORDS = 1 << 18  # by a thread at a time: a huge page

# Nanoseconds of one thread for a word of fresh memory, which the system clears; see `run_long`.
cdef double FRESH_COST = 4.0


cdef Py_ssize_t touch_words(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    while first < last:
        (<uint64_t *>context)[first] = 0
        first += PAGE_WORDS
    return -1


def touch(uint64_t[::1] words not None):
    """Have the system provide the pages of a new buffer; overwrites some of its words."""
    run_long(touch_words, &words[0], words.shape[0], TOUCHED_WORDS, max_team(), FRESH_COST)


def touch_cost(Py_ssize_t bytes):
    """Nanoseconds that `touch` should take on one thread."""
    return FRESH_COST * <double>(bytes // 8)


def set_watcher(watcher):
    """Have `watcher(nanoseconds)` called between pieces of work in this Python thread.

    Parameters
    ----------
    watcher : callable or None
        Handed the time that the work since its last call should have taken on one thread. What it
        raises ends the kernel that is running.

    Returns
    -------
    callable or None
        The watcher before.
    """
    global cstark_watcher
    cdef PyObject *before = cstark_watcher
    cstark_watcher = NULL
    if watcher is not None:
        Py_INCREF(watcher)
        cstark_watcher = <PyObject *>watcher
    if before == NULL:
        return None
    found = <object>before
    Py_DECREF(found)
    return found


# ---- who takes part ---------------------------------------------------------------------------

cdef struct Marks:
    uint64_t *pieces  # of each thread
    uint64_t *takers  # of each piece


cdef Py_ssize_t mark(void *context, Py_ssize_t first, Py_ssize_t last, int thread) noexcept nogil:
    """Some ten microseconds of work, and a mark for the thread that did it."""
    cdef Marks *marks = <Marks *>context
    cdef uint64_t x = <uint64_t>first
    cdef int _k
    for _k in range(10_000):
        x = x * 69069 + 12345
    marks.pieces[thread] += 1 + (x == 0)  # x is used, so the loop stays; it is not 0
    marks.takers[first] = <uint64_t>thread
    return -1


def mark_threads(uint64_t[::1] marks not None, uint64_t[::1] takers not None):
    """Do pieces of work on as many threads as there are now, for tests of who does what.

    Parameters
    ----------
    marks : uint64 (threads,)
        Added to: how many pieces each thread took. No more threads take part than there are marks.
    takers : uint64 (pieces,), written
        Which thread did each piece.
    """
    cdef Marks found
    if marks.shape[0] < 1 or takers.shape[0] < 1:
        raise ValueError("marks and takers must have at least one element")
    found.pieces, found.takers = &marks[0], &takers[0]
    cdef int threads = <int>min(<Py_ssize_t>max_team(), marks.shape[0])
    with nogil:
        run(mark, &found, takers.shape[0], 1, threads)


def hand_out(Py_ssize_t count, int threads, askers):
    """Which chunks of a region the threads of its shares get, one after another, for tests.

    Parameters
    ----------
    count : int
        Chunks of the region.
    threads : int
    askers : iterable of int
        The threads, in the order in which they ask for chunks.

    Returns
    -------
    list of (int, int)
        For each, the first of the chunks and the one behind the last; the same number where there
        are none left.
    """
    cdef cstark_share shares[CSTARK_MOST_SHARES]
    cdef Py_ssize_t first, last
    if not 1 <= threads <= CSTARK_MOST_SHARES or count < 0:
        raise ValueError(f"no {count} chunks are shared out among {threads} threads")
    cstark_share_out(shares, count, threads)
    found = []
    for asker in askers:
        first = last = 0
        if not 0 <= asker < threads:
            raise ValueError(f"there is no share of thread {asker}")
        cstark_take(shares, threads, asker, cstark_together(count, threads), &first, &last)
        found.append((first, last))
    return found
