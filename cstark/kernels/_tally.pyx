"""A tally of messages: equal ones are found, and their counts added modulo p.

A hash table in `PARTS` parts, by the first bits of the hash: threads share the work and never a
part, and what does not fit into memory is counted part by part.  A hash says where to look; what
is equal is decided by the values.  Messages whose counts came to zero make room for others.
"""

import numpy as np

from libc.stdint cimport uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset
from cstark.kernels cimport _chunks
from cstark.kernels._runtime cimport team
from cstark.kernels._runtime import aligned

include "digest.pxi"

cdef extern from "goldilocks.h" nogil:
    uint64_t gl_add(uint64_t a, uint64_t b)

cdef extern from *:
    """
    #define CSTARK_PREFETCH(address) __builtin_prefetch(address)
    """
    void CSTARK_PREFETCH(const void *address) noexcept nogil

cdef enum:
    PART_BITS = 6
    PART_COUNT = 1 << PART_BITS
    PLACE_SHIFT = 26     # bits of the hash from here on choose a slot; the low half is its tag
    CHUNK_WORDS = 4096   # of entries, at most; a part takes them one by one
    SLAB_CHUNKS = 256     # chunks allocated at once: some 8 MiB
    FEW = 1024           # entries that are not worth tidying
    AHEAD = 12           # messages between asking for a slot and using it
    PARALLEL_WORK = 1 << 13  # messages

# Nanoseconds of one thread for a message; see `run_long`.
cdef double MESSAGE_COST = 60.0

PARTS = PART_COUNT
cdef size_t MAX_ENTRIES = 0xFFFFFFFE  # of a part: their numbers fill half a slot


cdef struct Part:
    uint64_t **chunks  # entries: the values of a message and its count
    uint64_t *slots    # tag << 32 | number of an entry + 1; 0 where there is none
    size_t mask        # number of slots - 1; a power of two, at least 4/3 of the entries
    size_t used        # entries in use
    size_t room        # entries the chunks hold
    size_t untidy      # so many used entries are looked through for zeros
    int stale          # slots must be made anew from the entries


cdef struct Job:
    Part *parts
    Py_ssize_t width
    int chunk_bits
    uint64_t hash_mask
    const uint64_t **columns
    const uint64_t *counts
    const uint64_t *hashes
    const uint32_t *order   # messages by part
    size_t first[PART_COUNT + 1]


cdef inline uint64_t mix(uint64_t state, uint64_t value) noexcept nogil:
    state = (state ^ value) * 0x9E3779B97F4A7C15ULL
    return state ^ state >> 32


cdef inline uint64_t finish(uint64_t state) noexcept nogil:
    state *= 0xD6E8FEB86659FD93ULL
    return state ^ state >> 32


cdef inline uint64_t *entry_at(
    const Part *part, int chunk_bits, Py_ssize_t size, size_t n
) noexcept nogil:
    return part.chunks[n >> chunk_bits] + (n & ((<size_t>1 << chunk_bits) - 1)) * size


cdef inline bint same(
    const uint64_t *entry, const uint64_t **columns, Py_ssize_t width, Py_ssize_t message
) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(width):
        if entry[k] != columns[k][message]:
            return False
    return True


cdef uint64_t *find(
    const Job *job, const Part *part, uint64_t hashed, Py_ssize_t message, size_t *place
) noexcept nogil:
    """The entry of a message, or NULL; `place` becomes its slot, or the one it should have."""
    cdef uint64_t slot
    cdef uint64_t *entry
    cdef size_t here = (hashed >> PLACE_SHIFT) & part.mask
    # `reserve` leaves a quarter of the slots free at least, so that this comes to an end.
    while True:
        slot = part.slots[here]
        if slot == 0:
            place[0] = here
            return NULL
        # The tag spares most looks at entries, which are far away; equal tags prove nothing.
        if slot >> 32 == hashed & 0xFFFFFFFFULL:
            entry = entry_at(part, job.chunk_bits, job.width + 1, (slot & 0xFFFFFFFFULL) - 1)
            if same(entry, job.columns, job.width, message):
                place[0] = here
                return entry
        here = (here + 1) & part.mask


cdef void index_entries(const Job *job, Part *part) noexcept nogil:
    """Fill the slots from the entries, which all differ."""
    cdef size_t n, here
    cdef uint64_t hashed
    cdef uint64_t *entry
    cdef Py_ssize_t k
    memset(part.slots, 0, (part.mask + 1) * sizeof(uint64_t))
    # Hashes are not kept, to save memory: they are made again from the values.
    for n in range(part.used):
        entry = entry_at(part, job.chunk_bits, job.width + 1, n)
        hashed = 0
        for k in range(job.width):
            hashed = mix(hashed, entry[k])
        hashed = finish(hashed) & job.hash_mask
        here = (hashed >> PLACE_SHIFT) & part.mask
        while part.slots[here]:
            here = (here + 1) & part.mask
        part.slots[here] = hashed << 32 | (n + 1)
    part.stale = False


cdef Py_ssize_t add_parts(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    cdef Job *job = <Job *>context
    cdef Part *part
    cdef Py_ssize_t number, k
    cdef size_t n, end, place
    cdef uint64_t hashed, ahead, slot
    cdef uint32_t message
    cdef uint64_t *entry
    # An item is a part: no two threads are ever in one, and nothing needs a lock.
    for number in range(first, last):
        part = &job.parts[number]
        end = job.first[number + 1]
        if job.first[number] == end:  # a part that is not counted has no slots
            continue
        if part.stale:
            index_entries(job, part)
        for n in range(job.first[number], end):
            # Slots and entries of large tables are far away: both are asked for in advance, the
            # entry half way, when its slot should have come. The guess is wrong where slots
            # collide, or where the slot is still empty, and then only a hint is lost.
            if n + AHEAD < end:
                ahead = job.hashes[job.order[n + AHEAD]]
                CSTARK_PREFETCH(&part.slots[(ahead >> PLACE_SHIFT) & part.mask])
                ahead = job.hashes[job.order[n + AHEAD // 2]]
                slot = part.slots[(ahead >> PLACE_SHIFT) & part.mask]
                if slot:
                    CSTARK_PREFETCH(
                        entry_at(part, job.chunk_bits, job.width + 1, (slot & 0xFFFFFFFFULL) - 1)
                    )
            message = job.order[n]
            hashed = job.hashes[message]
            entry = find(job, part, hashed, message, &place)
            if entry == NULL:
                part.slots[place] = hashed << 32 | (part.used + 1)
                entry = entry_at(part, job.chunk_bits, job.width + 1, part.used)
                part.used += 1
                for k in range(job.width):
                    entry[k] = job.columns[k][message]
                entry[job.width] = job.counts[message]
            else:
                entry[job.width] = gl_add(entry[job.width], job.counts[message])
    return -1


cdef class Tally:
    """Messages and how often each was counted.

    Parameters
    ----------
    width : int
        Values a message, at least 1.
    parts : sequence of int, optional
        Those of the `PARTS` parts whose messages are counted; the others are passed over.
    hash_mask : int, optional
        Bits of the hash that are used: fewer make equal hashes, for tests.

    Attributes
    ----------
    parts : tuple of int
        The parts that are counted.
    """

    cdef Job job
    cdef Part part[PART_COUNT]
    cdef bint counted[PART_COUNT]
    cdef list pointers   # of each part, the array that holds its `chunks`
    cdef list slots      # of each part
    cdef list slabs
    cdef list unused     # addresses of chunks
    cdef list held       # what the job points at
    cdef size_t chunk_words
    cdef size_t kept     # words of chunks and slots in use

    def __init__(self, Py_ssize_t width, parts=None, uint64_t hash_mask=0xFFFFFFFFFFFFFFFFULL):
        cdef int number
        if width < 1:
            raise ValueError(f"a message has at least one value, not {width}")
        parts = range(PART_COUNT) if parts is None else parts
        self.pointers, self.slots, self.slabs, self.unused = [], [], [], []
        self.job.parts, self.job.width, self.job.hash_mask = self.part, width, hash_mask
        self.job.chunk_bits = 4
        while (width + 1) << (self.job.chunk_bits + 1) <= CHUNK_WORDS:
            self.job.chunk_bits += 1
        self.chunk_words = (width + 1) << self.job.chunk_bits
        for number in range(PART_COUNT):
            self.counted[number] = False
            self.pointers.append(np.empty(0, dtype=np.uintp))
            self.slots.append(None)
            self.part[number].chunks, self.part[number].slots = NULL, NULL
            self.part[number].mask = self.part[number].used = self.part[number].room = 0
            self.part[number].untidy, self.part[number].stale = FEW, False
        for number in parts:
            if not 0 <= number < PART_COUNT:
                raise ValueError(f"there are {PART_COUNT} parts, and no part {number}")
            self.counted[number] = True

    @property
    def parts(self):
        return tuple(number for number in range(PART_COUNT) if self.counted[number])

    @property
    def used(self):
        """Those of `parts` that hold messages."""
        return [n for n in range(PART_COUNT) if self.counted[n] and self.part[n].used]

    @property
    def words(self):
        """Number of 64-bit words in use."""
        return self.kept

    def add(self, columns, const uint64_t[::1] counts not None):
        """Count messages.

        Parameters
        ----------
        columns : sequence of uint64 arrays (n,)
            The values of the messages, one array for each.
        counts : uint64 array (n,)
            Canonical.
        """
        cdef int number
        cdef Py_ssize_t size = counts.shape[0]
        if size == 0:
            return
        self.arrange(columns, size)
        self.job.counts = &counts[0]
        for number in range(PART_COUNT):
            if self.job.first[number] != self.job.first[number + 1]:
                self.reserve(number, self.job.first[number + 1] - self.job.first[number])
        cdef double cost = MESSAGE_COST * <double>size / <double>PART_COUNT
        # When that is interrupted, some of the messages have been counted.
        _chunks.run_long(
            add_parts, &self.job, PART_COUNT, 1, team(size, PARALLEL_WORK), cost
        )

    def look_up(self, columns):
        """The count of each of some messages, 0 for one that was never counted.

        Parameters
        ----------
        columns : sequence of uint64 arrays (n,)

        Returns
        -------
        uint64 array (n,)
        """
        cdef Py_ssize_t size = len(columns[0])
        cdef size_t n
        cdef int number
        cdef size_t place
        cdef uint64_t *entry
        result = np.zeros(size, dtype=np.uint64)
        cdef uint64_t[::1] out = result
        if size == 0:
            return result
        self.arrange(columns, size)
        with nogil:
            for number in range(PART_COUNT):
                if self.part[number].slots == NULL:
                    continue
                if self.part[number].stale and self.counted[number]:
                    index_entries(&self.job, &self.part[number])
                for n in range(self.job.first[number], self.job.first[number + 1]):
                    entry = find(
                        &self.job, &self.part[number], self.job.hashes[self.job.order[n]],
                        self.job.order[n], &place,
                    )
                    if entry != NULL:
                        out[self.job.order[n]] = entry[self.job.width]
        return result

    def drop(self, int number):
        """Stop counting a part, and forget what was counted of it."""
        if not 0 <= number < PART_COUNT or not self.counted[number]:
            raise ValueError(f"part {number} is not counted")
        self.counted[number] = False
        self.part[number].used = 0
        self.release(number, 0)
        if self.part[number].slots != NULL:
            self.kept -= self.part[number].mask + 1
        self.slots[number] = None
        self.part[number].slots = NULL

    def surplus(self, int number):
        """The messages of a part whose counts did not come to zero.

        Parameters
        ----------
        number : int
            One of `parts`.

        Returns
        -------
        messages : uint64 array (n, width)
            All different, in the order in which they were first counted.
        counts : uint64 array (n,)
            Canonical, not 0.
        """
        if not 0 <= number < PART_COUNT or not self.counted[number]:
            raise ValueError(f"part {number} is not counted")
        cdef const Part *part = &self.part[number]
        cdef Py_ssize_t width = self.job.width
        cdef size_t n, alive = 0
        cdef uint64_t *entry
        for n in range(part.used):
            alive += entry_at(part, self.job.chunk_bits, width + 1, n)[width] != 0
        messages = np.empty((alive, width), dtype=np.uint64)
        counts = np.empty(alive, dtype=np.uint64)
        cdef uint64_t[:, ::1] message_view = messages
        cdef uint64_t[::1] count_view = counts
        alive = 0
        for n in range(part.used):
            entry = entry_at(part, self.job.chunk_bits, width + 1, n)
            if entry[width]:
                memcpy(&message_view[alive, 0], entry, width * sizeof(uint64_t))
                count_view[alive] = entry[width]
                alive += 1
        return messages, counts

    cdef int arrange(self, columns, Py_ssize_t size) except -1:
        """Hash messages and sort their numbers by part."""
        cdef Py_ssize_t width = self.job.width
        cdef const uint64_t[::1] column
        cdef uint64_t[::1] hashes
        cdef uint32_t[::1] order
        cdef uintptr_t[::1] addresses
        cdef size_t *first = self.job.first
        cdef size_t last[PART_COUNT]
        cdef Py_ssize_t k
        cdef size_t n, count = size
        cdef int number
        cdef uint64_t mask = self.job.hash_mask
        if len(columns) != width:
            raise ValueError(f"messages have {width} values, not {len(columns)}")
        if size >= 1 << 31:
            raise ValueError(f"{size} messages at once are too many")
        hashes, order = np.zeros(size, dtype=np.uint64), np.empty(size, dtype=np.uint32)
        addresses = np.empty(width, dtype=np.uintp)
        self.held = [hashes, order, addresses]
        for k in range(width):
            column = columns[k]
            if column.shape[0] != size:
                raise ValueError(f"column {k} has {column.shape[0]} values, not {size}")
            self.held.append(column)
            addresses[k] = <uintptr_t>&column[0]
            # Column by column: the words of a column are adjacent, those of a message are not.
            with nogil:
                for n in range(count):
                    hashes[n] = mix(hashes[n], column[n])
        self.job.columns = <const uint64_t **>&addresses[0]
        self.job.hashes, self.job.order = &hashes[0], &order[0]
        with nogil:
            # A counting sort, so that messages of a part keep their order: `last` is first how many
            # there are of each part, then where the next one goes.
            memset(last, 0, sizeof(last))
            for n in range(count):
                hashes[n] = finish(hashes[n]) & mask
                last[hashes[n] >> (64 - PART_BITS)] += 1
            first[0] = 0
            for number in range(PART_COUNT):
                first[number + 1] = first[number] + (last[number] if self.counted[number] else 0)
                last[number] = first[number]
            for n in range(count):
                number = <int>(hashes[n] >> (64 - PART_BITS))
                if self.counted[number]:
                    order[last[number]] = <uint32_t>n
                    last[number] += 1
        return 0

    cdef int reserve(self, int number, size_t more) except -1:
        """Room for `more` entries of a part."""
        cdef Part *part = &self.part[number]
        cdef size_t slots = part.mask + 1
        if part.used + more > part.room and part.used >= part.untidy:
            self.tidy(number)
        if part.used + more > MAX_ENTRIES:
            raise MemoryError(f"more than {MAX_ENTRIES} different messages in a part")
        self.release(number, part.used + more)
        while part.room < part.used + more:
            self.take_chunk(number)
        if part.slots == NULL:
            slots = 64
        while 3 * slots < 4 * (part.used + more):  # at most three quarters full
            slots *= 2
        if part.slots == NULL or slots > part.mask + 1:
            self.set_slots(number, slots)
        return 0

    cdef int tidy(self, int number) except -1:
        """Forget the messages of a part that came to zero."""
        cdef Part *part = &self.part[number]
        cdef Py_ssize_t size = self.job.width + 1
        cdef size_t n, alive = 0
        cdef uint64_t *entry
        for n in range(part.used):
            entry = entry_at(part, self.job.chunk_bits, size, n)
            if entry[size - 1]:
                if n != alive:
                    memcpy(
                        entry_at(part, self.job.chunk_bits, size, alive), entry,
                        size * sizeof(uint64_t),
                    )
                alive += 1
        part.stale = part.stale or alive != part.used
        part.used = alive
        # Looked through again when as many have come as are left, so that the passes cost no more
        # than what they pass.
        part.untidy = max(<size_t>FEW, 2 * alive)
        return 0

    cdef int take_chunk(self, int number) except -1:
        cdef Part *part = &self.part[number]
        cdef size_t chunks = part.room >> self.job.chunk_bits
        cdef uintptr_t[::1] pointers
        if not self.unused:
            slab = aligned(SLAB_CHUNKS * self.chunk_words, "messages")
            self.slabs.append(slab)
            start = slab.ctypes.data
            self.unused = [start + 8 * k * self.chunk_words for k in range(SLAB_CHUNKS)]
        pointers = self.pointers[number]
        if chunks == <size_t>pointers.shape[0]:
            self.pointers[number] = np.resize(self.pointers[number], max(<size_t>4, 2 * chunks))
        pointers = self.pointers[number]
        pointers[chunks] = self.unused.pop()
        part.chunks = <uint64_t **>&pointers[0]
        part.room += <size_t>1 << self.job.chunk_bits
        self.kept += self.chunk_words
        return 0

    cdef int release(self, int number, size_t entries) except -1:
        """Give chunks of a part back that more than `entries` would need."""
        cdef Part *part = &self.part[number]
        cdef size_t chunk = <size_t>1 << self.job.chunk_bits
        while part.room >= entries + chunk:
            part.room -= chunk
            self.kept -= self.chunk_words
            self.unused.append(<uintptr_t>part.chunks[part.room >> self.job.chunk_bits])
        return 0

    cdef int set_slots(self, int number, size_t slots) except -1:
        cdef Part *part = &self.part[number]
        cdef uint64_t[::1] view = aligned(slots, "messages")
        if part.slots != NULL:
            self.kept -= part.mask + 1
        self.slots[number] = view
        part.slots, part.mask, part.stale = &view[0], slots - 1, True
        self.kept += slots
        return 0
