from libc.stdint cimport int32_t, uint64_t

cdef extern from "block_program.h":
    enum:
        BLOCK
        MATRICES

    ctypedef struct block_program:
        const int32_t *code
        Py_ssize_t length
        const int32_t *terms
        Py_ssize_t term_count
        Py_ssize_t slots
        const uint64_t *constants
        Py_ssize_t constant_count
        const uint64_t *ext_constants
        Py_ssize_t ext_constant_count
        const void *weights
        Py_ssize_t weight_count
        const void *base_weights
        Py_ssize_t base_weight_count
        const uint64_t *matrix[3]
        Py_ssize_t stride[3]
        Py_ssize_t width[3]
        const uint64_t *const *periodic
        const Py_ssize_t *periods
        Py_ssize_t periodic_count
        Py_ssize_t rows
        Py_ssize_t tests
        Py_ssize_t pairs

    Py_ssize_t invalid_instruction(const block_program *program) noexcept nogil
    int classes_of(const block_program *program) noexcept nogil
    Py_ssize_t workspace_words(
        const block_program *program, Py_ssize_t fraction_rows
    ) noexcept nogil


cdef double row_cost(const int32_t *code, Py_ssize_t length, Py_ssize_t terms) noexcept nogil

cdef class Bound:
    # A program with the arrays it works on, checked; keeps the arrays alive.
    cdef block_program program
    cdef list arrays
