"""FRI: folding and joining words of extension elements.

A word is an array (3, blowup, n): coordinate, coset, row.  Entry [:, q, i] is the value at the
point w^(q + blowup i), w of order blowup * n.  Values canonical, in and out.
"""

from cstark.kernels._chunks cimport chunk_function, run_long
from cstark.kernels._runtime cimport isa_index, team
from libc.stdint cimport uint64_t

include "digest.pxi"

cdef extern from *:
    """
    #include "fri_types.h"
    ISA_TABLES(fri);
    """
    ctypedef struct ext:
        uint64_t c[3]
    ctypedef struct fri_job:
        const uint64_t *word
        uint64_t *out
        Py_ssize_t blowup
        Py_ssize_t n
        int arity
        ext challenge
        uint64_t inverse_root
        uint64_t inverse_step
    ctypedef struct fri_table:
        chunk_function fold, join
    const fri_table **isa_tables
    int gl_log(Py_ssize_t n) noexcept nogil
    uint64_t gl_inverse(uint64_t a) noexcept nogil
    uint64_t gl_power(uint64_t base, uint64_t exponent) noexcept nogil
    uint64_t gl_root(int log_order) noexcept nogil

# Below so many values read, some 0.1 ms, a call stays on one thread.
cdef enum:
    FRI_CUTOFF = 1 << 14
    FRI_CHUNK = 1 << 11

# Nanoseconds of one thread for a value read; see `run_long`.
cdef double FOLD_COST = 7.0
cdef double JOIN_COST = 5.0


cdef int set_challenge(fri_job *job, const uint64_t[::1] value, str name) except -1:
    if value.shape[0] != 3:
        raise ValueError(f"{name} must have 3 coordinates, not {value.shape[0]}")
    job.challenge.c[0], job.challenge.c[1], job.challenge.c[2] = value[0], value[1], value[2]
    return 0


def cost(Py_ssize_t folded, Py_ssize_t joined):
    """Nanoseconds that folding and joining so many values should take on one thread."""
    return FOLD_COST * folded + JOIN_COST * joined


def fold(
    const uint64_t[:, :, ::1] word not None,
    int arity,
    const uint64_t[::1] challenge not None,
    uint64_t[:, :, ::1] out not None,
):
    """Fold a word `arity` to one, without dividing by the arity.

    With y = w^(q + blowup i) and W the root of order `arity`,
    out[:, q, i] = sum_k (challenge / y)^k sum_j W^(-jk) word[:, q, i + j n / arity], which is
    arity * sum_k challenge^k f_k(y^arity) for the polynomial f = sum_k X^k f_k(X^arity) that has
    the values of the word.

    Parameters
    ----------
    word : uint64 array (3, blowup, n)
        blowup and n powers of two.
    arity : {2, 4, 8}
        At most n.
    challenge : uint64 array (3,)
    out : uint64 array (3, blowup, n / arity)
        May not overlap `word`.
    """
    cdef fri_job job
    cdef Py_ssize_t blowup = word.shape[1], n = word.shape[2], values
    if arity not in (2, 4, 8):
        raise ValueError(f"arity must be 2, 4 or 8, not {arity}")
    cdef int log_blowup = gl_log(blowup), log_n = gl_log(n)
    if word.shape[0] != 3 or log_blowup < 0 or log_n < 0 or n < arity or log_blowup + log_n > 32:
        raise ValueError(
            f"word must have shape (3, blowup, n) with powers of two, n at least {arity}; "
            f"not ({word.shape[0]}, {blowup}, {n})"
        )
    values = n // arity
    if out.shape[0] != 3 or out.shape[1] != blowup or out.shape[2] != values:
        raise ValueError(
            f"out must have shape (3, {blowup}, {values}), "
            f"not ({out.shape[0]}, {out.shape[1]}, {out.shape[2]})"
        )
    set_challenge(&job, challenge, "challenge")
    cdef chunk_function function = isa_tables[isa_index()].fold
    job.word, job.out = &word[0, 0, 0], &out[0, 0, 0]
    job.blowup, job.n, job.arity = blowup, n, arity
    with nogil:
        job.inverse_root = gl_inverse(gl_root(log_blowup + log_n))
        job.inverse_step = gl_power(job.inverse_root, blowup)
    run_long(
        function, &job, blowup * values, FRI_CHUNK // arity, team(blowup * n, FRI_CUTOFF),
        FOLD_COST * arity
    )


def join(
    uint64_t[:, :, ::1] word not None,
    const uint64_t[::1] factor not None,
    const uint64_t[:, :, ::1] other not None,
):
    """word += factor * other, in place.

    Parameters
    ----------
    word, other : uint64 array (3, blowup, n)
        `other` may be `word`, but not overlap it otherwise.
    factor : uint64 array (3,)
    """
    cdef fri_job job
    cdef Py_ssize_t values = word.shape[1] * word.shape[2]
    if word.shape[0] != 3:
        raise ValueError(
            f"word must have shape (3, blowup, n), "
            f"not ({word.shape[0]}, {word.shape[1]}, {word.shape[2]})"
        )
    if other.shape[0] != 3 or other.shape[1] != word.shape[1] or other.shape[2] != word.shape[2]:
        raise ValueError(
            f"other must have shape (3, {word.shape[1]}, {word.shape[2]}), "
            f"not ({other.shape[0]}, {other.shape[1]}, {other.shape[2]})"
        )
    set_challenge(&job, factor, "factor")
    if values == 0:
        return
    cdef chunk_function function = isa_tables[isa_index()].join
    job.word, job.out = &other[0, 0, 0], &word[0, 0, 0]
    job.blowup, job.n, job.arity = 1, values, 1
    run_long(function, &job, values, FRI_CHUNK, team(values, FRI_CUTOFF), JOIN_COST)
