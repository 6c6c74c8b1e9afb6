"""Slots for values: where each lives, when columns are loaded, and when they are dropped.

A value's slots are free again after its last use. Columns can be loaded any number of times, so
when the slots in use exceed what stays in a core's second-level cache, the column whose next use
is furthest away gives up its slot (Belady's rule, exact here since all uses are known).
"""

import numpy as np

cimport cython
from libc.stdint cimport int8_t, int32_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memset
from cstark.program._operations cimport (
    PERIODIC_SOURCE, Ints, Operation, Operations, Value, push, release
)

cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    """
    const char *CSTARK_SOURCE_DIGEST

cdef extern from "block_program.h":
    enum:
        MATRICES
        OP_LOAD, OP_LOAD4, OP_PERIODIC, OP_LINEAR
        OP_ACCUMULATE, OP_FLUSH, OP_SCALE_TOTAL, OP_TEST
        OP_FINGERPRINT, OP_RESIDUAL, OP_PAIR, OP_FRACTION, OP_NUMERATOR, OP_EXT_FRACTION
        UNIT_A, UNIT_B

cdef enum:
    SOON = 128  # operations ahead within which a neighbouring column is loaded along


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()


def schedule(Operations operations not None, widths, int budget):
    """A program as numbers.

    Parameters
    ----------
    operations : Operations
    widths : sequence of int
        Number of columns of each matrix: four columns are only loaded at once where all four
        exist.
    budget : int
        Slots to stay within as far as dropping columns allows.

    Returns
    -------
    code : int32 array (n, 4)
    terms : int32 array (m, 2)
    slots : int
        How many are needed.
    """
    cdef Scheduler scheduler = Scheduler(operations, widths, budget)
    cdef Py_ssize_t position
    for position in range(operations.count):
        scheduler.step(position)
    return array_of(&scheduler.code, 4), array_of(&scheduler.terms, 2), scheduler.peak


cdef array_of(Ints *ints, int width):
    cdef int32_t[::1] view
    cdef Py_ssize_t i
    array = np.empty(ints.used, dtype=np.int32)
    view = array
    for i in range(ints.used):
        view[i] = ints.data[i]
    array = array.reshape(-1, width)
    array.flags.writeable = False
    return array


cdef struct Candidate:
    int32_t next_use
    int32_t settled
    int32_t value


cdef inline bint goes_before(Candidate a, Candidate b) noexcept:
    """Whether `a` gives up its slot first: used later, and of equals the one loaded earlier."""
    return a.next_use > b.next_use or (a.next_use == b.next_use and a.settled < b.settled)


@cython.internal
cdef class Scheduler:
    """Gives slots to the operations of a list, one after the other."""

    cdef Operations operations
    cdef int32_t widths[MATRICES]
    cdef int32_t budget, peak, settled_count
    cdef int32_t *use_start    # of each value, where its uses end in `uses`, and of the one before
    cdef int32_t *use_left     # of each value, how many are left
    cdef int32_t *uses         # positions, of a value the last one first
    cdef int32_t *place        # of each value, its slot, or -1
    cdef int32_t *settled      # of each column in a slot, when it was loaded; else -1
    cdef int32_t *pinned       # of each value, the last operation that read it, + 1
    cdef int32_t *column_of[MATRICES]  # of each column of a matrix, the value of width 1, or -1
    cdef int8_t *used          # of each slot
    cdef int32_t slot_room
    cdef int32_t lowest[5]     # by width, below it there is no free run
    cdef Candidate *heap
    cdef Py_ssize_t heap_used, heap_room
    cdef Ints code, terms, operands

    def __cinit__(self, Operations operations, widths, int budget):
        cdef Py_ssize_t count = operations.value_count
        cdef Py_ssize_t i, k
        cdef Value *value
        if len(widths) != MATRICES or budget < 1:
            raise ValueError(f"widths of {MATRICES} matrices and a budget are needed")
        self.operations, self.budget, self.peak = operations, budget, 1
        for k in range(MATRICES):
            self.widths[k] = widths[k]
        self.use_start = <int32_t *>calloc(count + 1, sizeof(int32_t))
        self.use_left = <int32_t *>calloc(count + 1, sizeof(int32_t))
        self.place = <int32_t *>malloc((count + 1) * sizeof(int32_t))
        self.settled = <int32_t *>malloc((count + 1) * sizeof(int32_t))
        self.pinned = <int32_t *>calloc(count + 1, sizeof(int32_t))
        self.uses = <int32_t *>malloc((operations.inputs.used + 1) * sizeof(int32_t))
        if (
            self.use_start == NULL or self.use_left == NULL or self.place == NULL
            or self.settled == NULL or self.pinned == NULL or self.uses == NULL
        ):
            raise MemoryError
        for i in range(count):
            self.place[i] = self.settled[i] = -1
        for k in range(MATRICES):
            self.column_of[k] = <int32_t *>malloc((self.widths[k] + 4) * sizeof(int32_t))
            if self.column_of[k] == NULL:
                raise MemoryError
            for i in range(self.widths[k] + 4):
                self.column_of[k][i] = -1
        for i in range(count):
            value = &operations.values[i]
            if 0 <= value.source < MATRICES:
                if value.first + value.width > self.widths[value.source]:
                    raise ValueError(
                        f"matrix {value.source} has {self.widths[value.source]} columns; word "
                        f"{value.first} and its width of {value.width} are beyond"
                    )
                if value.width == 1:
                    self.column_of[value.source][value.first] = <int32_t>i
        self.find_uses()

    def __dealloc__(self):
        cdef int k
        free(self.use_start)
        free(self.use_left)
        free(self.place)
        free(self.settled)
        free(self.pinned)
        free(self.uses)
        for k in range(MATRICES):
            free(self.column_of[k])
        free(self.used)
        free(self.heap)
        release(&self.code)
        release(&self.terms)
        release(&self.operands)

    cdef int find_uses(self) except -1:
        """Of each value, the operations that read it, each once; the last one comes first."""
        cdef Operations operations = self.operations
        cdef Py_ssize_t position, i
        cdef Operation *item
        cdef int32_t value, total = 0
        cdef int32_t *counts = self.use_left
        for position in range(operations.inputs.used // 2):
            counts[operations.inputs.data[2 * position]] += 1
        for i in range(operations.value_count):
            self.use_start[i] = total
            total += counts[i]
            counts[i] = 0
        # From the last operation to the first, so that the next use is always the last of a
        # value's list: taking it away is counting down. One that reads a value twice is one use.
        for position in range(operations.count - 1, -1, -1):
            item = &operations.items[position]
            for i in range(item.input_count):
                value = operations.inputs.data[item.inputs + 2 * i]
                if not counts[value] or self.next_use(value) != position:
                    self.uses[self.use_start[value] + counts[value]] = <int32_t>position
                    counts[value] += 1
        return 0

    cdef inline int32_t next_use(self, int32_t value) noexcept:
        """Where a value that has uses left is read next."""
        return self.uses[self.use_start[value] + self.use_left[value] - 1]

    # ---- one operation ----

    cdef int step(self, Py_ssize_t position) except -1:
        cdef Operations operations = self.operations
        cdef Operation *item = &operations.items[position]
        cdef int32_t *inputs = &operations.inputs.data[item.inputs]
        cdef int32_t value, slot = 0
        cdef Py_ssize_t i
        # All inputs are pinned before any is loaded: a load must not drop another input.
        for i in range(item.input_count):
            self.pinned[inputs[2 * i]] = <int32_t>position + 1
        for i in range(item.input_count):
            if self.place[inputs[2 * i]] < 0:
                self.load(inputs[2 * i], position)
        self.operands.used = 0
        for i in range(item.input_count):
            push(&self.operands, 2 * self.place[inputs[2 * i]] + inputs[2 * i + 1])
        if item.code == OP_FINGERPRINT:  # writes a coordinate before it reads for the next
            slot = self.allocate(operations.values[item.result].width, position)
        for i in range(item.input_count):
            value = inputs[2 * i]
            if self.place[value] < 0 or not self.use_left[value]:
                continue  # it is named twice, and was dropped at the first
            if self.next_use(value) > position:
                continue
            self.use_left[value] -= 1
            if not self.use_left[value]:
                self.drop(value)
            elif self.settled[value] >= 0:
                self.consider(value)
        if item.result >= 0:
            # Inputs that nobody reads again are gone by now, and the result may take their place:
            # an operation reads a group of rows before it writes it.
            if item.code != OP_FINGERPRINT:
                slot = self.allocate(operations.values[item.result].width, position)
            self.place[item.result] = slot
            if not self.use_left[item.result]:
                self.drop(item.result)
        self.write(item, slot)
        return 0

    cdef int load(self, int32_t value, Py_ssize_t position) except -1:
        cdef Value *column = &self.operations.values[value]
        cdef int32_t at, part, member
        cdef int32_t members[4]
        cdef int count = 0, i
        cdef int32_t base = column.first & ~3
        if column.source < 0:
            raise ValueError(f"operation {position} reads value {value} before it is made")
        if column.source == PERIODIC_SOURCE:
            self.settle(value, self.allocate(1, position))
            return self.line(OP_PERIODIC, self.place[value], column.first, 0)
        if column.width == 1 and base + 4 <= self.widths[column.source]:
            # Neighbours that are wanted soon come along: four columns cost little more than one.
            # One that has a slot stays where it is.
            for i in range(4):
                member = self.column_of[column.source][base + i]
                if (
                    member >= 0 and self.place[member] < 0 and self.use_left[member]
                    and self.next_use(member) <= position + SOON
                ):
                    members[count] = member
                    count += 1
        if count > 1:
            # Four slots are written, and those of members that nobody wants are free again at once.
            at = self.allocate(4, position)
            self.give_back(at, 4)
            for i in range(count):
                member = members[i]
                self.settle(member, at + self.operations.values[member].first - base)
                self.take(self.place[member], 1)
            return self.line(OP_LOAD4, at, column.source, base)
        base = min(column.first, self.widths[column.source] - 4)
        if column.width == 3 and base >= 0:
            # A neighbour of an extension column comes along, and nobody looks at it.
            at = self.allocate(4, position)
            self.give_back(at, 4)
            self.settle(value, at + column.first - base)
            self.take(self.place[value], 3)
            return self.line(OP_LOAD4, at, column.source, base)
        at = self.allocate(column.width, position)
        self.settle(value, at)
        for part in range(column.width):
            self.line(OP_LOAD, at + part, column.source, column.first + part)
        return 0

    cdef int settle(self, int32_t value, int32_t slot) except -1:
        self.place[value] = slot
        self.settled[value] = self.settled_count
        self.settled_count += 1
        return self.consider(value)

    # ---- slots ----

    cdef int32_t allocate(self, int width, Py_ssize_t position) except -1:
        cdef int32_t at = -1
        cdef int32_t victim
        self.make_room(self.budget)
        while True:  # each turn drops a column, and there are finitely many
            at = self.find(width, self.budget)
            if at >= 0:
                break
            victim = self.furthest(position)
            if victim < 0:
                # Values that cannot be dropped fill the budget: use more slots than it.
                at = self.find(width, self.slot_room)
                if at < 0:
                    self.make_room(self.slot_room + max(self.slot_room // 2, width))
                    at = self.find(width, self.slot_room)
                break
            self.drop(victim)
        self.take(at, width)
        self.peak = max(self.peak, at + width)
        return at

    cdef int make_room(self, int32_t room) except -1:
        cdef int8_t *used
        if room <= self.slot_room:
            return 0
        used = <int8_t *>realloc(self.used, room)
        if used == NULL:
            raise MemoryError
        memset(used + self.slot_room, 0, room - self.slot_room)
        self.used, self.slot_room = used, room
        return 0

    cdef int32_t find(self, int width, int32_t limit) noexcept:
        """First free run of so many slots that ends by `limit`; -1 if there is none."""
        cdef int32_t at, free_slots = 0
        # Nothing below `lowest` is free for this width: `give_back` lowers it, a search raises it.
        for at in range(self.lowest[width], limit):
            free_slots = 0 if self.used[at] else free_slots + 1
            if free_slots == width:
                self.lowest[width] = at - width + 1
                return at - width + 1
        return -1

    cdef void take(self, int32_t at, int width) noexcept:
        memset(self.used + at, 1, width)

    cdef void give_back(self, int32_t at, int width) noexcept:
        cdef int wanted
        memset(self.used + at, 0, width)
        for wanted in range(1, 5):
            self.lowest[wanted] = min(self.lowest[wanted], max(at - wanted + 1, 0))

    cdef void drop(self, int32_t value) noexcept:
        self.give_back(self.place[value], self.operations.values[value].width)
        self.place[value] = self.settled[value] = -1

    # ---- the column that gives up its slot ----

    cdef int consider(self, int32_t value) except -1:
        """Enter a column with its next use. Entries that a use or a drop overtakes stay."""
        cdef Py_ssize_t at, parent
        cdef Candidate entry
        if self.heap_used == self.heap_room:
            self.grow_heap()
        entry.next_use = self.next_use(value)
        entry.settled, entry.value = self.settled[value], value
        at = self.heap_used
        self.heap_used += 1
        while at:
            parent = (at - 1) // 2
            if not goes_before(entry, self.heap[parent]):
                break
            self.heap[at] = self.heap[parent]
            at = parent
        self.heap[at] = entry
        return 0

    cdef int grow_heap(self) except -1:
        cdef Py_ssize_t room = 2 * self.heap_room + 64
        cdef Candidate *heap = <Candidate *>realloc(self.heap, room * sizeof(Candidate))
        if heap == NULL:
            raise MemoryError
        self.heap, self.heap_room = heap, room
        return 0

    cdef Candidate remove_first(self) noexcept:
        cdef Candidate first = self.heap[0]
        cdef Candidate last
        cdef Py_ssize_t at = 0, child
        self.heap_used -= 1
        last = self.heap[self.heap_used]
        while 2 * at + 1 < self.heap_used:
            child = 2 * at + 1
            if child + 1 < self.heap_used and goes_before(self.heap[child + 1], self.heap[child]):
                child += 1
            if not goes_before(self.heap[child], last):
                break
            self.heap[at] = self.heap[child]
            at = child
        self.heap[at] = last
        return first

    cdef int32_t furthest(self, Py_ssize_t position) except -2:
        """The column whose next use is furthest away; -1 if the operation reads all there are."""
        cdef Candidate entry
        cdef Ints passed
        cdef int32_t found = -1
        cdef Py_ssize_t i
        memset(&passed, 0, sizeof(Ints))
        try:
            while self.heap_used:
                entry = self.remove_first()
                # What has been dropped, loaded again or read since it was entered has another
                # entry, or needs none: this one is of the past.
                if (
                    self.settled[entry.value] != entry.settled or not self.use_left[entry.value]
                    or self.next_use(entry.value) != entry.next_use
                ):
                    continue
                if self.pinned[entry.value] != position + 1:
                    found = entry.value
                    break
                push(&passed, entry.value)
            # Inputs of this operation cannot go now, but may for a later one.
            for i in range(passed.used):
                self.consider(passed.data[i])
        finally:
            release(&passed)
        return found

    # ---- as numbers ----

    cdef int line(self, int code, int32_t a, int32_t b, int32_t c) except -1:
        push(&self.code, code)
        push(&self.code, a)
        push(&self.code, b)
        push(&self.code, c)
        return 0

    cdef int term(self, int32_t operand, int32_t number) except -1:
        push(&self.terms, operand)
        push(&self.terms, number)
        return 0

    cdef int write(self, Operation *item, int32_t slot) except -1:
        """The four numbers of an operation; what has more operands puts them in the terms."""
        cdef int32_t *numbers = &self.operations.numbers.data[item.numbers]
        cdef int32_t *operands = self.operands.data
        cdef int32_t start = <int32_t>(self.terms.used // 2)
        cdef int32_t both[4]
        cdef Py_ssize_t count = item.input_count, i
        cdef int at, flags
        if item.code in (OP_LINEAR, OP_FINGERPRINT):
            self.term(numbers[0], 0)
            for i in range(count):
                self.term(operands[i], numbers[i + 1])
            return self.line(item.code, slot, start, <int32_t>count)
        if item.code == OP_ACCUMULATE:
            for i in range(count):
                self.term(operands[i], numbers[i + 1])
            return self.line(item.code, numbers[0], start, <int32_t>count)
        if item.code in (OP_FLUSH, OP_SCALE_TOTAL):
            return self.line(item.code, numbers[0], numbers[1], numbers[2])
        if item.code in (OP_RESIDUAL, OP_PAIR, OP_NUMERATOR):
            flags, at = numbers[0], 2
            both[0], both[1] = operands[0], operands[1]
            both[2] = both[3] = 0
            if not flags & UNIT_A:
                both[2], at = operands[at], at + 1
            if not flags & UNIT_B:
                both[3], at = operands[at], at + 1
            self.term(both[0], both[2])
            self.term(both[1], both[3])
            for i in range(at, count):
                self.term(operands[i], 0)
            slot = numbers[1] if item.number_count > 1 else slot
            return self.line(item.code, slot, start, flags)
        if item.code in (OP_FRACTION, OP_EXT_FRACTION):
            return self.line(item.code, numbers[0], operands[0], operands[1])
        if item.code == OP_TEST:
            return self.line(item.code, numbers[0], numbers[1], operands[0])
        memset(both, 0, sizeof(both))
        for i in range(min(count, 2)):
            both[i] = operands[i]
        for i in range(min(<Py_ssize_t>item.number_count, 2 - min(count, 2))):
            both[count + i] = numbers[i]
        return self.line(item.code, slot, both[0], both[1])
