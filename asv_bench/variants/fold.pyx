"""FRI folds of arity 2 that keep tables of full length.

The package makes the inverse points of a fold block by block, where they are used. Here they come
from a table that a layer is given, and `fold_products` first multiplies that table by the
challenge, into another one.
"""

from libc.stdint cimport uint64_t
from cstark.kernels._chunks cimport chunk_function, run
from cstark.kernels._runtime cimport isa_index, max_team
from cstark.kernels._runtime import aligned

cdef extern from *:
    """
    #include "variant_fold_types.h"
    ISA_TABLES(variant_fold);
    """
    ctypedef struct ext:
        uint64_t c[3]
    ctypedef struct tables_job:
        const uint64_t *word
        uint64_t *out
        Py_ssize_t blowup
        Py_ssize_t n
        ext challenge
        const uint64_t *inverse_points
        uint64_t *ratios
    ctypedef struct variant_fold_table:
        chunk_function multiply, fold_products, fold_points
    const variant_fold_table **isa_tables
    void gl_powers(uint64_t *out, Py_ssize_t count, uint64_t first, uint64_t ratio) noexcept nogil
    uint64_t gl_power(uint64_t base, uint64_t exponent) noexcept nogil
    uint64_t gl_inverse(uint64_t a) noexcept nogil
    uint64_t gl_root(int log_order) noexcept nogil

cdef enum:
    CHUNK = 1 << 10


def inverse_points(int log_n, uint64_t[:, ::1] out not None):
    """out[q, i] = w^-(q + blowup i), w of order blowup n: what a prover keeps of a layer."""
    cdef Py_ssize_t blowup = out.shape[0], q
    cdef uint64_t root = gl_inverse(gl_root(log_n + int(blowup).bit_length() - 1))
    for q in range(blowup):
        gl_powers(&out[q, 0], out.shape[1], gl_power(root, q), gl_power(root, blowup))


cdef int fold(
    const uint64_t[:, :, ::1] word, const uint64_t[:, ::1] points, const uint64_t[::1] challenge,
    uint64_t[:, :, ::1] out, bint with_products,
) except -1:
    cdef tables_job job
    cdef chunk_function function
    cdef const variant_fold_table *table = isa_tables[isa_index()]
    cdef uint64_t[:, :, ::1] ratios
    cdef Py_ssize_t blowup = word.shape[1], n = word.shape[2], k
    if word.shape[0] != 3 or n % 16 or points.shape[0] != blowup or points.shape[1] != n // 2:
        raise ValueError("word must be (3, blowup, n), n a multiple of 16, points (blowup, n / 2)")
    if out.shape[0] != 3 or out.shape[1] != blowup or out.shape[2] != n // 2:
        raise ValueError("out must be (3, blowup, n / 2)")
    if challenge.shape[0] != 3:
        raise ValueError("challenge must have 3 coordinates")
    job.word, job.out = &word[0, 0, 0], &out[0, 0, 0]
    job.blowup, job.n = blowup, n
    job.inverse_points, job.ratios = &points[0, 0], NULL
    for k in range(3):
        job.challenge.c[k] = challenge[k]
    function = table.fold_points
    if with_products:
        ratios = aligned((3, blowup, n // 2))
        job.ratios = &ratios[0, 0, 0]
        function = table.multiply
        with nogil:
            run(function, &job, blowup * n // 2, CHUNK, max_team())
        function = table.fold_products
    with nogil:
        run(function, &job, blowup * n // 2, CHUNK, max_team())
    return 0


def fold_products(
    const uint64_t[:, :, ::1] word not None, const uint64_t[:, ::1] points not None,
    const uint64_t[::1] challenge not None, uint64_t[:, :, ::1] out not None,
):
    """A table of challenge / y first, then one product of extension elements a value."""
    fold(word, points, challenge, out, True)


def fold_points(
    const uint64_t[:, :, ::1] word not None, const uint64_t[:, ::1] points not None,
    const uint64_t[::1] challenge not None, uint64_t[:, :, ::1] out not None,
):
    """Each difference times 1 / y, then times the challenge."""
    fold(word, points, challenge, out, False)
