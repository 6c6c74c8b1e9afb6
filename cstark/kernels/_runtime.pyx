"""Process-wide settings of the kernels: threads, instruction set, large buffers.

Threads are our own number, handed explicitly to every parallel region: OpenMP's own setting is
kept per host thread, so code running in a worker thread would not see what the main thread set.
There is one number for the process, and each Python thread may have one of its own, which then
holds for it. Regions that run at once in several Python threads share the process's number.
"""

import os
from cstark.errors import SettingError, quoted
from cstark.kernels.choice import best, prefers_sha, refusal
from cstark.kernels.processors import available
from libc.string cimport memcpy
from cstark.kernels._openmp cimport (
    cstark_openmp_can_pause,
    cstark_openmp_max_threads,
    cstark_openmp_pause,
    cstark_openmp_version,
)

include "digest.pxi"

cdef extern from *:
    """
    #include "isa.h"
    #include "pool.h"
    #include "processor.h"
    #include "regions.h"
    """
    size_t CSTARK_HUGE
    int cstark_own_threads
    bint cstark_has_pool
    bint cstark_stranded
    int cstark_regions
    int cstark_regions_add(int change) noexcept nogil
    long cstark_begun[2]
    void cstark_count_region(bint parallel) noexcept nogil
    enum:
        ISA_COUNT
    const char **isa_names
    int (**isa_tests)() noexcept nogil
    int cpu_has_sha() noexcept nogil
    void cpu_identity(char *vendor, int *family, int *model) noexcept nogil
    void *cstark_allocate(size_t bytes, size_t *fresh) noexcept nogil
    void cstark_release(void *memory, size_t bytes) noexcept nogil
    void cstark_release_all() noexcept nogil
    size_t cstark_waiting_bytes

MAX_THREADS = 1024
SYSTEM_BYTES = CSTARK_HUGE  # buffers from so many bytes on come from the system, and are reused

# What buffers may be for; what is beyond the limit counts as "other".
cdef enum:
    MAX_LABELS = 64

cdef int current_threads = 1
cdef int current_isa = 0
cdef bint current_sha = False
cdef size_t made = 0
cdef size_t live = 0
cdef size_t peak = 0
cdef size_t live_of[MAX_LABELS]
cdef size_t peak_of[MAX_LABELS]          # when `live` was `peak`
cdef dict _labels = {"other": 0}


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
        cstark_count_region(False)
        return 1
    cstark_count_region(True)
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


def begun():
    """Calls that stayed serial, and parallel regions, that began so far: for tests that count."""
    return cstark_begun[0], cstark_begun[1]


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


cdef bint sha_in_use() noexcept nogil:
    return current_sha


def built():
    """Instruction sets this build has code for, slowest first."""
    return tuple([isa_names[k].decode() for k in range(ISA_COUNT)])


def isas():
    """Those of them that this processor can run."""
    return tuple([isa_names[k].decode() for k in range(ISA_COUNT) if isa_tests[k]()])


def processor():
    """Maker, family and model of this processor; an empty name and zeros where it is no x86-64."""
    cdef char vendor[13]
    cdef int family, model
    cpu_identity(vendor, &family, &model)
    return (<bytes>vendor).decode("ascii", "replace"), family, model


def isa():
    """Name of the instruction set in use."""
    return isa_names[current_isa].decode()


def sha():
    """Whether SHA-256 uses the processor's SHA instructions."""
    return current_sha


def set_isa(str name, sha=None):
    """Select the instruction set of every kernel from now on.

    Parameters
    ----------
    name : str
        One of `isas`.
    sha : bool, optional
        Whether SHA-256 is computed by SHA instructions, where the processor has them and the set
        is not ``portable``; by default as was measured (`cstark.kernels.choice`). Digests do not
        depend on it.
    """
    global current_isa, current_sha
    if name not in isas():
        raise ValueError(f"instruction set {name!r} is not available here; choose from {isas()}")
    current_isa = built().index(name)
    if sha is None:
        sha = prefers_sha(name, processor()[0])
    current_sha = sha and current_isa > 0 and cpu_has_sha()


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
    # Nothing between the array and its buffer: see `cstark.protocol.possession`.
    return np.ndarray(shape, np.uint64, buffer)


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
        from cstark.kernels.sources import ISAS

        reason = refusal(wanted, isas(), built(), tuple(ISAS))
        raise SettingError(f"CSTARK_ISA={quoted(wanted)}: {reason}")
    set_isa(wanted or best(isas()))
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
