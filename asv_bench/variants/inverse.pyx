"""Batch inversion of extension elements without chunks: one Montgomery chain over the column.

`one_chain` is the package's vector code with the whole column as its only block; `scalar_chain`
multiplies element by element and inverts once, as a textbook has it.
"""

from libc.stdint cimport uint64_t
from cstark.kernels._runtime cimport isa_index
from cstark.kernels._runtime import aligned

cdef extern from *:
    """
    #include "variant_inverse_types.h"
    ISA_TABLES(variant_inverse);
    """
    ctypedef struct ext:
        uint64_t c[3]
    ctypedef struct variant_inverse_table:
        Py_ssize_t (*one_chain)(
            const uint64_t *a, uint64_t *out, uint64_t *norms, uint64_t *inverses, Py_ssize_t n
        ) noexcept nogil
    const variant_inverse_table **isa_tables
    ext ext_mul(ext a, ext b) noexcept nogil
    ext ext_inverse(ext a) noexcept nogil
    bint ext_is_zero(ext a) noexcept nogil


cdef int check(const uint64_t[:, ::1] a, uint64_t[:, ::1] out) except -1:
    if a.shape[0] % 8 or a.shape[1] != 3 or out.shape[0] != a.shape[0] or out.shape[1] != 3:
        raise ValueError("a and out must both be (n, 3), n a multiple of 8")
    return 0


def one_chain(const uint64_t[:, ::1] a not None, uint64_t[:, ::1] out not None):
    """out = 1 / a; -1, or the index of the first zero."""
    cdef Py_ssize_t n = a.shape[0], bad
    check(a, out)
    cdef uint64_t[::1] norms = aligned(n), inverses = aligned(n)
    with nogil:
        bad = isa_tables[isa_index()].one_chain(&a[0, 0], &out[0, 0], &norms[0], &inverses[0], n)
    return bad


def scalar_chain(const uint64_t[:, ::1] a not None, uint64_t[:, ::1] out not None):
    """out = 1 / a; -1, or 0 when an element is zero."""
    cdef Py_ssize_t n = a.shape[0], i
    check(a, out)
    cdef uint64_t[:, ::1] prefixes = aligned((n, 3))
    cdef const ext *elements = <const ext *>&a[0, 0]
    cdef ext *prefix = <ext *>&prefixes[0, 0]
    cdef ext *result = <ext *>&out[0, 0]
    cdef ext product
    cdef bint zero
    with nogil:
        product = elements[0]
        for i in range(1, n):
            prefix[i] = product
            product = ext_mul(product, elements[i])
        zero = ext_is_zero(product)
        product = ext_inverse(product)
        for i in range(n - 1, 0, -1):
            result[i] = ext_mul(product, prefix[i])
            product = ext_mul(product, elements[i])
        result[0] = product
    return 0 if zero else -1
