"""Process-wide settings of the kernels: threads, instruction set, large buffers.

Threads are our own number, handed explicitly to every parallel region: OpenMP's own setting is
kept per host thread, so code running in a worker thread would not see what the main thread set.
There is one number for the process, and each Python thread may have one of its own, which then
holds for it. Regions that run at once in several Python threads share the process's number.
"""

import os
from cstark.errors import SettingError, quoted
from cstark.kernels.processors import available
from libc.string cimport memcpy
from cstark.kernels._openmp cimport (
    cstark_openmp_can_pause,
    cstark_openmp_max_threads,
    cstark_openmp_pause,
    cstark_openmp_version,
)

cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    #include <stdlib.h>
    #include <stddef.h>
    #include <stdint.h>
    #include <sys/mman.h>
    #include "targets.h"
    /* Of the calling Python thread: its own number, 0 when it has none; whether OpenMP keeps idle
     * threads for it; whether those stayed behind in a fork, so that it must not call for them. */
    static _Thread_local int cstark_own_threads = 0, cstark_has_pool = 0, cstark_stranded = 0;
    static int cstark_regions = 0; /* now running in the process */
    static int cstark_regions_add(int change) {
        return __atomic_add_fetch(&cstark_regions, change, __ATOMIC_RELAXED);
    }
    /* From 2 MiB on, memory comes straight from the system (malloc would keep odd pieces), in huge
     * pages where there are some: fewer TLB misses in strided passes. Touching a page for the first
     * time costs more than a transform of what is on it, so pages given back wait for a request of
     * any size: a part of a waiting piece, or, where none is large enough, pages of several that
     * move to new addresses. Used and waiting pages together never exceed the most that was ever
     * used at once. All of this runs under the interpreter's lock. */
    enum { CSTARK_HUGE = 2 << 20, CSTARK_PIECES = 256 };
    static struct { char *start; size_t bytes; } cstark_piece[CSTARK_PIECES]; /* the oldest first */
    static int cstark_pieces = 0;
    static size_t cstark_waiting_bytes = 0, cstark_used_bytes = 0, cstark_most_bytes = 0;

    static size_t cstark_rounded(size_t bytes) {
        return (bytes + CSTARK_HUGE - 1) & ~(size_t)(CSTARK_HUGE - 1);
    }
    /* Take pages from the start of a piece. */
    static char *cstark_cut(int index, size_t bytes) {
        char *start = cstark_piece[index].start;
        cstark_waiting_bytes -= bytes;
        cstark_piece[index].start += bytes;
        if (!(cstark_piece[index].bytes -= bytes)) {
            cstark_pieces--;
            for (int i = index; i < cstark_pieces; i++) cstark_piece[i] = cstark_piece[i + 1];
        }
        return start;
    }
    /* The smallest piece of at least so many bytes, the newest of those; -1 if there is none. */
    static int cstark_smallest(size_t least) {
        int best = -1;
        for (int i = cstark_pieces - 1; i >= 0; i--)
            if (cstark_piece[i].bytes >= least
                && (best < 0 || cstark_piece[i].bytes < cstark_piece[best].bytes))
                best = i;
        return best;
    }
    /* Give waiting pages back, the oldest pieces first, until at most `limit` bytes wait. */
    static void cstark_trim(size_t limit) {
        while (cstark_waiting_bytes > limit) {
            const size_t over = cstark_waiting_bytes - limit;
            const size_t bytes = over < cstark_piece[0].bytes ? over : cstark_piece[0].bytes;
            munmap(cstark_cut(0, bytes), bytes);
        }
    }
    static char *cstark_map(size_t rounded) {
        const size_t mapped = rounded + CSTARK_HUGE;
        const int access = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANON;
        char *start = mmap(NULL, mapped, access, kind, -1, 0);
        if (start == MAP_FAILED) return NULL;
        const size_t before = -(uintptr_t)start & (CSTARK_HUGE - 1);
        if (before) munmap(start, before);
        if (CSTARK_HUGE - before) munmap(start + before + rounded, CSTARK_HUGE - before);
    #ifdef MADV_HUGEPAGE
        madvise(start + before, rounded, MADV_HUGEPAGE);
    #endif
        return start + before;
    }
    /* Have waiting pages take the place of new ones; the bytes moved, or -1 with the new block gone:
     * the system has no more room for pieces of mappings. Huge page by huge page, since a call must
     * not reach over the border of two mappings; neighbours from one mapping become one again. */
    static ptrdiff_t cstark_gather(char *start, size_t rounded) {
    #ifdef MREMAP_FIXED
        const int how = MREMAP_MAYMOVE | MREMAP_FIXED;
        size_t moved = 0;
        while (moved < rounded && cstark_pieces) {
            char *page = cstark_cut(cstark_smallest(CSTARK_HUGE), CSTARK_HUGE);
            if (mremap(page, CSTARK_HUGE, CSTARK_HUGE, how, start + moved) == MAP_FAILED) {
                munmap(page, CSTARK_HUGE);
                munmap(start, rounded);
                return -1;
            }
            moved += CSTARK_HUGE;
        }
        return (ptrdiff_t)moved;
    #else
        return 0;
    #endif
    }
    /* `fresh` is how many bytes at the end nobody has touched. */
    static void *cstark_allocate(size_t bytes, size_t *fresh) {
        *fresh = 0;
        if (bytes < CSTARK_HUGE) {
            void *memory = NULL;
            return posix_memalign(&memory, 64, bytes ? bytes : 64) ? NULL : memory;
        }
        const size_t rounded = cstark_rounded(bytes);
        if (rounded < bytes || rounded + CSTARK_HUGE < rounded) return NULL;
        const int found = cstark_smallest(rounded);
        char *start = found < 0 ? NULL : cstark_cut(found, rounded);
        if (!start) {
            start = cstark_map(rounded);
            ptrdiff_t moved = start ? cstark_gather(start, rounded) : 0;
            if (moved < 0) {
                moved = 0;
                start = cstark_map(rounded);
            }
            const size_t used = cstark_used_bytes + rounded;
            cstark_trim(cstark_most_bytes > used ? cstark_most_bytes - used : 0);
            if (!start) return NULL;
            *fresh = (size_t)moved < bytes ? bytes - (size_t)moved : 0;
        }
        cstark_used_bytes += rounded;
        if (cstark_used_bytes > cstark_most_bytes) cstark_most_bytes = cstark_used_bytes;
        return start;
    }
    static void cstark_release(void *memory, size_t bytes) {
        if (bytes < CSTARK_HUGE) {
            free(memory);
            return;
        }
        char *start = memory;
        size_t rounded = cstark_rounded(bytes);
        cstark_used_bytes -= rounded;
        for (int i = cstark_pieces - 1; i >= 0; i--) { /* with its neighbours, if they wait */
            const size_t other = cstark_piece[i].bytes;
            if (cstark_piece[i].start + other == start) start = cstark_cut(i, other);
            else if (start + rounded == cstark_piece[i].start) cstark_cut(i, other);
            else continue;
            rounded += other;
        }
        if (cstark_pieces == CSTARK_PIECES) {
            const size_t oldest = cstark_piece[0].bytes;
            munmap(cstark_cut(0, oldest), oldest);
        }
        cstark_piece[cstark_pieces].start = start;
        cstark_piece[cstark_pieces++].bytes = rounded;
        cstark_waiting_bytes += rounded;
    }
    static void cstark_release_all(void) {
        cstark_trim(0);
        cstark_most_bytes = cstark_used_bytes;
    }
    """
    const char *CSTARK_SOURCE_DIGEST
    size_t CSTARK_HUGE
    int cstark_own_threads
    bint cstark_has_pool
    bint cstark_stranded
    int cstark_regions
    int cstark_regions_add(int change) noexcept nogil
    int cstark_cpu_has_avx2() noexcept nogil
    void *cstark_allocate(size_t bytes, size_t *fresh) noexcept nogil
    void cstark_release(void *memory, size_t bytes) noexcept nogil
    void cstark_release_all() noexcept nogil
    size_t cstark_waiting_bytes

MAX_THREADS = 1024
SYSTEM_BYTES = CSTARK_HUGE  # buffers from so many bytes on come from the system, and are reused
_ISAS = ("portable", "avx2")

# What buffers may be for; what is beyond the limit counts as "other".
cdef enum:
    MAX_LABELS = 64

cdef int current_threads = 1
cdef int current_isa = 0
cdef size_t made = 0
cdef size_t live = 0
cdef size_t peak = 0
cdef size_t live_of[MAX_LABELS]
cdef size_t peak_of[MAX_LABELS]          # when `live` was `peak`
cdef dict _labels = {"other": 0}


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()


# ---- threads --------------------------------------------------------------------------------

cdef int max_team() noexcept nogil:
    """Threads a parallel region may use; scratch is allocated for so many."""
    if cstark_stranded:
        return 1
    return cstark_own_threads or current_threads


cdef int team(Py_ssize_t work, Py_ssize_t cutoff) noexcept nogil:
    """Threads for a job of `work` units that does not pay in parallel below `cutoff` units."""
    return max_team() if work >= cutoff else 1


cdef int enter_region(int wanted) noexcept nogil:
    """Count a region in; how many of the threads it wants it should start now.

    Its share, so that proofs in an executor's threads do not start as many threads each as there
    are processors. A Python thread with a number of its own is taken at its word.
    """
    global cstark_has_pool
    cdef int regions = cstark_regions_add(1)
    cdef int share = wanted if cstark_own_threads else current_threads // regions
    if min(wanted, share) <= 1:
        return 1
    cstark_has_pool = True
    return min(wanted, share)


cdef void leave_region() noexcept nogil:
    cstark_regions_add(-1)


def threads():
    """Number of threads the kernels use when called from this Python thread."""
    return max_team()


def set_threads(int n):
    """Set the process's number; the caller (`cstark.runtime`) has checked the range."""
    global current_threads
    if not 1 <= n <= MAX_THREADS:
        raise ValueError(f"threads must be between 1 and {MAX_THREADS}, not {n}")
    current_threads = n


def set_own_threads(int n):
    """Set this Python thread's own number, 0 for none; returns the one before."""
    global cstark_own_threads
    if not 0 <= n <= MAX_THREADS:
        raise ValueError(f"threads must be between 1 and {MAX_THREADS}, not {n}")
    before = cstark_own_threads
    cstark_own_threads = n
    return before


def regions():
    """Parallel regions, and calls that stay serial, now running in all Python threads."""
    return cstark_regions


def add_regions(int change):
    """Pretend that more regions run, or fewer: for tests of sharing."""
    return cstark_regions_add(change)


def after_fork(paused):
    """In the child, where only the thread that forked goes on.

    Parameters
    ----------
    paused : bool
        Whether its idle OpenMP threads were dismissed. If not, and it has some, it stays serial;
        threads that the child starts have a team of their own.
    """
    global cstark_has_pool, cstark_stranded
    cstark_stranded = cstark_stranded or (cstark_has_pool and not paused)
    cstark_has_pool = False
    cstark_regions_add(-cstark_regions)


def default_threads():
    """OMP_NUM_THREADS when set, else the processors this process may keep busy."""
    if cstark_openmp_version() == 0:
        return 1
    limit = cstark_openmp_max_threads() if os.environ.get("OMP_NUM_THREADS") else available()
    return max(1, min(limit, MAX_THREADS))


def openmp():
    """OpenMP version as the date 201511 of the specification; 0 in a serial build."""
    return cstark_openmp_version()


def pause_threads():
    """Dismiss the idle OpenMP threads; True when that was possible.

    A forked child inherits the pool's bookkeeping but not its threads and would wait for them
    for ever. With the pool dismissed before the fork, parent and child both start a new one.
    """
    return cstark_openmp_pause() == 0


def can_pause_threads():
    """Whether the OpenMP runtime can dismiss its threads (OpenMP 5.0)."""
    return bool(cstark_openmp_can_pause())


# ---- instruction set ------------------------------------------------------------------------

cdef int isa_index() noexcept nogil:
    return current_isa


def isas():
    """Instruction sets this build and this processor can run, slowest first."""
    return _ISAS[:2] if cstark_cpu_has_avx2() else _ISAS[:1]


def isa():
    """Name of the instruction set in use."""
    return _ISAS[current_isa]


def set_isa(str name):
    """Select the instruction set of every kernel from now on."""
    global current_isa
    if name not in isas():
        raise ValueError(f"instruction set {name!r} is not available here; choose from {isas()}")
    current_isa = _ISAS.index(name)


# ---- buffers --------------------------------------------------------------------------------

cdef class Buffer:
    """Uninitialised memory of whole 64-bit words, 64-byte aligned, counted while it lives."""

    cdef void *memory
    cdef readonly size_t fresh  # bytes at the end whose pages will cost when first touched
    cdef size_t bytes
    cdef int label
    cdef Py_ssize_t shape[1]
    cdef Py_ssize_t strides[1]

    def __cinit__(self, size_t words, str label="other"):
        global live, made
        cdef size_t fresh
        self.bytes = words * 8
        self.label = _label(label)
        self.memory = cstark_allocate(self.bytes, &fresh)
        self.fresh = fresh
        if self.memory == NULL:
            raise MemoryError(f"cannot allocate {self.bytes} bytes")
        made += 1
        live += self.bytes
        live_of[self.label] += self.bytes
        if live > peak:
            _note_peak()

    def __dealloc__(self):
        global live
        if self.memory != NULL:
            live -= self.bytes
            live_of[self.label] -= self.bytes
            cstark_release(self.memory, self.bytes)

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.shape[0] = <Py_ssize_t>(self.bytes // 8)
        self.strides[0] = 8
        view.buf = self.memory
        view.obj = self
        view.len = <Py_ssize_t>self.bytes
        view.readonly = 0
        view.itemsize = 8
        view.format = b"Q"
        view.ndim = 1
        view.shape = self.shape
        view.strides = self.strides
        view.suboffsets = NULL
        view.internal = NULL

    def __releasebuffer__(self, Py_buffer *view):
        pass


cdef int _label(str name):
    """Number of a label, a new one if need be."""
    found = _labels.get(name)
    if found is None:
        if len(_labels) == MAX_LABELS:
            return 0
        found = _labels[name] = len(_labels)
    return found


cdef void _note_peak() noexcept:
    global peak
    peak = live
    memcpy(peak_of, live_of, sizeof(live_of))


def aligned(shape, label="other"):
    """An uninitialised uint64 array in a `Buffer` of its own.

    Parameters
    ----------
    shape : int or tuple of int
    label : str
        What it is for, as `peak_buffers` lists it: one of a few dozen names in a process.

    Returns
    -------
    ndarray of uint64, C-contiguous, 64-byte aligned (2 MiB when larger than that)
    """
    import numpy as np

    words = 1
    for extent in shape if isinstance(shape, tuple) else (shape,):
        words *= extent
    buffer = Buffer(words, label)
    if buffer.fresh:
        # Now, in order and on all threads: a strided pass would touch all pages in its first
        # moments, one by one, and not hear of signals meanwhile.
        from cstark.kernels import _chunks

        _chunks.touch(np.frombuffer(buffer, dtype=np.uint64)[words - buffer.fresh // 8 :])
    return np.frombuffer(buffer, dtype=np.uint64, count=words).reshape(shape)


def release_memory():
    """Give the system back what waits for reuse; the bytes that did."""
    waiting = cstark_waiting_bytes
    cstark_release_all()
    return waiting


def waiting_bytes():
    """Bytes that wait for reuse."""
    return cstark_waiting_bytes


def allocations():
    """Number of `aligned` buffers made so far."""
    return made


def live_bytes():
    """Bytes now held in `aligned` buffers."""
    return live


def peak_bytes():
    """Largest `live_bytes` since `reset_peak`."""
    return peak


def peak_buffers():
    """What made up `peak_bytes`: bytes by label, without labels that had none."""
    return {name: peak_of[number] for name, number in _labels.items() if peak_of[number]}


def reset_peak():
    """Start a new measurement of `peak_bytes` from the bytes now live."""
    _note_peak()
    return peak


def _start():
    # A variable that is empty is not set: that is how many tools take one away.
    wanted = os.environ.get("CSTARK_ISA", "").strip()
    if wanted and wanted not in isas():
        raise SettingError(
            f"CSTARK_ISA={quoted(wanted)}: the instruction sets available here are "
            f"{', '.join(isas())}; leave it empty for the best"
        )
    set_isa(wanted or isas()[len(isas()) - 1])
    wanted = os.environ.get("CSTARK_NUM_THREADS", "").strip()
    try:
        threads = int(wanted) if wanted else default_threads()
    except ValueError:
        threads = 0
    if not 1 <= threads <= MAX_THREADS:
        raise SettingError(
            f"CSTARK_NUM_THREADS={quoted(wanted)}: must be a number between 1 and {MAX_THREADS}"
        )
    set_threads(threads)


_start()
