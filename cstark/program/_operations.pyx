"""Operations on named values, recorded in the order in which they are to run.

Each makes one new value, or none; values never change. Columns are values that no operation makes:
they are loaded where they are used (`cstark.program._slots`).
"""

from libc.stdint cimport int8_t, int32_t
from libc.stdlib cimport free, realloc

cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    """
    const char *CSTARK_SOURCE_DIGEST

cdef enum:
    MOST = 1 << 24  # words of a matrix; more columns than any table may have

PERIODIC = PERIODIC_SOURCE


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()


cdef int push(Ints *ints, int32_t item) except -1:
    """Append a number."""
    cdef Py_ssize_t room
    cdef int32_t *data
    if ints.used == ints.room:
        room = 2 * ints.room + 64
        data = <int32_t *>realloc(ints.data, room * sizeof(int32_t))
        if data == NULL:
            raise MemoryError
        ints.data, ints.room = data, room
    ints.data[ints.used] = item
    ints.used += 1
    return 0


cdef void release(Ints *ints) noexcept:
    free(ints.data)
    ints.data = NULL
    ints.used = ints.room = 0


cdef class Operations:
    """A growing list of operations.

    Operations are named by the numbers in `cstark.kernels._program.OPERATIONS`; an input is a
    tuple ``(value, next, part)``, a word of a value at this row or the next.
    """

    def __dealloc__(self):
        release(&self.inputs)
        release(&self.numbers)
        free(self.items)
        free(self.values)

    def __len__(self):
        return self.count

    cdef int32_t add_value(self, int width, bint canonical, int source, int first) except -1:
        """Number of a new value."""
        cdef Py_ssize_t room
        cdef Value *values
        cdef Value *made
        if self.value_count == self.value_room:
            room = 2 * self.value_room + 64
            values = <Value *>realloc(self.values, room * sizeof(Value))
            if values == NULL:
                raise MemoryError
            self.values, self.value_room = values, room
        made = &self.values[self.value_count]
        made.width, made.canonical = <int8_t>width, <int8_t>canonical
        made.source, made.first = source, first
        self.value_count += 1
        return <int32_t>(self.value_count - 1)

    cdef int add_input(self, int32_t value, int32_t shift) except -1:
        push(&self.inputs, value)
        push(&self.inputs, shift)
        return 0

    cdef int32_t add(self, int code, int width, bint canonical, int inputs, int numbers) except -2:
        """Record an operation whose inputs and numbers have been pushed last.

        Returns the value it makes; -1 if its width is 0.
        """
        cdef Py_ssize_t room
        cdef Operation *items
        cdef Operation *made
        if self.count == self.room:
            room = 2 * self.room + 64
            items = <Operation *>realloc(self.items, room * sizeof(Operation))
            if items == NULL:
                raise MemoryError
            self.items, self.room = items, room
        made = &self.items[self.count]
        made.code = code
        made.input_count, made.number_count = inputs, numbers
        made.inputs = <int32_t>(self.inputs.used - 2 * inputs)
        made.numbers = <int32_t>(self.numbers.used - numbers)
        made.result = self.add_value(width, canonical, -1, 0) if width else -1
        self.count += 1
        return made.result

    def new_column(self, int source, int first, int width):
        """Number of the value that is loaded from words of a row.

        Parameters
        ----------
        source : int
            Number of the matrix, or `PERIODIC`.
        first, width : int
            The words: one, or the three of an extension value.
        """
        if not 0 <= source <= PERIODIC_SOURCE or not 0 <= first < MOST or width not in (1, 3):
            raise ValueError(f"no column: source {source}, word {first}, width {width}")
        return self.add_value(width, True, source, first)

    def record(self, int code, int width, inputs, numbers, *, bint canonical=False):
        """Record an operation and return the value it makes, -1 for width 0."""
        cdef int32_t value, following, part
        for value, following, part in inputs:
            if not 0 <= value < self.value_count:
                raise ValueError(f"operation {self.count} reads value {value}, which is not made")
            self.add_input(value, 2 * part + following)
        for number in numbers:
            push(&self.numbers, number)
        return self.add(code, width, canonical, <int>len(inputs), <int>len(numbers))

    def is_canonical(self, int value):
        """Whether the words of a value are below p."""
        return bool(self.values[value].canonical)
