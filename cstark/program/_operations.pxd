"""A list of integers that grows, and the operations of a program as such lists."""

from libc.stdint cimport int8_t, int32_t

cdef enum:
    PERIODIC_SOURCE = 3  # after the kernels' matrices

cdef struct Ints:
    int32_t *data
    Py_ssize_t used
    Py_ssize_t room

cdef struct Operation:
    int32_t code
    int32_t result       # a value, or -1
    int32_t inputs       # where its inputs start: (value, 2 * part + next) each
    int32_t input_count
    int32_t numbers
    int32_t number_count

cdef struct Value:
    int32_t source       # of a column: the kernels' number of its matrix, or PERIODIC; else -1
    int32_t first        # of a column: its first word
    int8_t width
    int8_t canonical

cdef int push(Ints *ints, int32_t item) except -1
cdef void release(Ints *ints) noexcept

cdef class Operations:
    cdef Ints inputs
    cdef Ints numbers
    cdef Operation *items
    cdef Py_ssize_t count, room
    cdef Value *values
    cdef Py_ssize_t value_count, value_room

    cdef int32_t add_value(self, int width, bint canonical, int source, int first) except -1
    cdef int add_input(self, int32_t value, int32_t shift) except -1
    cdef int32_t add(self, int code, int width, bint canonical, int inputs, int numbers) except -2
