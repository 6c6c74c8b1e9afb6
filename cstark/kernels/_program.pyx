"""Runs block programs over the rows of matrices: the quotient on a coset, tests on a trace.

The format of a program is described in ``families/block_program.h``; `cstark.program` compiles
tables to it. Every program is checked against the arrays it is given before it runs, so that no
code, however it came about, reads or writes outside of them.
"""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from cstark.kernels cimport _chunks
from cstark.kernels._chunks cimport Job
from cstark.kernels._runtime cimport isa_index, max_team, team
from cstark.kernels._runtime import aligned

include "digest.pxi"

cdef extern from *:
    """
    #include "program_types.h"
    ISA_TABLES(program);
    """

    ctypedef struct program_job:
        block_program program
        uint64_t *scratch
        Py_ssize_t scratch_words
        int classes
        uint64_t shift
        uint64_t root
        uint64_t root_inverse
        const uint64_t *powers
        const uint64_t *inverse_first
        const uint64_t *zerofiers
        uint64_t *out
        int add
        int64_t *failures
        int64_t *first_rows

    ctypedef struct program_table:
        _chunks.chunk_function quotient
        _chunks.chunk_function test
        void (*prepare)(const uint64_t *, Py_ssize_t, void *) noexcept nogil

    const program_table **isa_tables
    uint64_t gl_inverse(uint64_t a) noexcept nogil
    uint64_t gl_root(int log_order) noexcept nogil
    void gl_powers(uint64_t *out, Py_ssize_t count, uint64_t first, uint64_t ratio) noexcept nogil

cdef extern from "block_program.h":
    enum:
        SLOT
        MAX_TERMS
        FIRST
        CLASS_FIRST
        CLASS_LAST
        OP_LOAD, OP_LOAD4, OP_PERIODIC, OP_SET
        OP_ADD, OP_ADD_CANONICAL, OP_SUB, OP_SUB_CANONICAL, OP_MUL, OP_SQUARE
        OP_ADD_CONSTANT, OP_SUBTRACT_FROM, OP_MUL_CONSTANT, OP_LINEAR
        OP_ACCUMULATE, OP_FLUSH, OP_SCALE_TOTAL, OP_TEST
        OP_FINGERPRINT, OP_EXT_ADD, OP_EXT_SUB, OP_EXT_MUL
        OP_EXT_ADD_CONSTANT, OP_RESIDUAL, OP_PAIR, OP_FRACTION
        OP_NUMERATOR, OP_EXT_FRACTION
        NEGATIVE_A, NEGATIVE_B, UNIT_A, UNIT_B, EXTENSION_B

OPERATIONS = {
    "load": OP_LOAD,
    "load4": OP_LOAD4,
    "periodic": OP_PERIODIC,
    "set": OP_SET,
    "add": OP_ADD,
    "add_canonical": OP_ADD_CANONICAL,
    "sub": OP_SUB,
    "sub_canonical": OP_SUB_CANONICAL,
    "mul": OP_MUL,
    "square": OP_SQUARE,
    "add_constant": OP_ADD_CONSTANT,
    "subtract_from": OP_SUBTRACT_FROM,
    "mul_constant": OP_MUL_CONSTANT,
    "linear": OP_LINEAR,
    "accumulate": OP_ACCUMULATE,
    "flush": OP_FLUSH,
    "scale_total": OP_SCALE_TOTAL,
    "test": OP_TEST,
    "fingerprint": OP_FINGERPRINT,
    "ext_add": OP_EXT_ADD,
    "ext_sub": OP_EXT_SUB,
    "ext_mul": OP_EXT_MUL,
    "ext_add_constant": OP_EXT_ADD_CONSTANT,
    "residual": OP_RESIDUAL,
    "pair": OP_PAIR,
    "fraction": OP_FRACTION,
    "numerator": OP_NUMERATOR,
    "ext_fraction": OP_EXT_FRACTION,
}
FLAGS = {"negative": (NEGATIVE_A, NEGATIVE_B), "unit": (UNIT_A, UNIT_B)}
EXTENSION_FLAG = EXTENSION_B
BLOCK_ROWS = BLOCK
SLOT_WORDS = SLOT
TERM_LIMIT = MAX_TERMS
FIRST_FLAG = FIRST

# A block of work takes microseconds: a few of them pay for starting threads.
cdef Py_ssize_t PARALLEL_WORK = 1 << 16  # instructions times rows
cdef Py_ssize_t CHUNK = 8 * BLOCK        # rows
cdef double CHUNK_COST = 5e4             # of a quotient, in nanoseconds
# Nanoseconds of one thread on a row, see `run_long`: an instruction, what it costs more in the
# extension, a term of a sum.
cdef double STEP_COST = 0.5
cdef double EXTENSION_COST = 4.0
cdef double TERM_COST = 1.2


cdef class Bound:
    """A program with its arrays, checked.

    Parameters
    ----------
    code : int32 array (n, 4), terms : int32 array (m, 2), slots : int
        The program.
    constants : uint64 array (k,), ext_constants : uint64 array (k, 3)
    weights : uint64 array (k, 3), base_weights : uint64 array (k,)
        What its operands number, canonical words.
    matrices : sequence of 3 arrays or None
        Main, preprocessed, lookup: uint64, shape (rows, width), words of a row adjacent.
    periodic : sequence of uint64 arrays
        Of lengths that are powers of two dividing `rows`.
    rows : int
        A power of two, at least 8.
    tests, pairs : int
        How many results there is room for.

    Raises
    ------
    ValueError
        When an array has the wrong shape or an instruction leaves its arrays.
    """

    def __init__(
        self, code, terms, Py_ssize_t slots, constants, ext_constants, weights, base_weights,
        matrices, periodic, Py_ssize_t rows, Py_ssize_t tests=0, Py_ssize_t pairs=0,
    ):
        cdef const int32_t[:, ::1] code_view = code
        cdef const int32_t[:, ::1] terms_view = terms
        cdef const uint64_t[::1] words
        cdef const uint64_t[:, ::1] triples
        cdef const uint64_t[:, :] matrix
        cdef uint64_t[::1] prepared
        cdef uintptr_t[::1] pointers
        cdef Py_ssize_t[::1] periods
        cdef Py_ssize_t k, bad
        cdef block_program *p = &self.program
        if rows < 8 or rows & (rows - 1):
            raise ValueError(f"rows must be a power of two of at least 8, not {rows}")
        if slots < 1 or slots > 1 << 24 or tests < 0 or pairs < 0:
            raise ValueError("slots, tests or pairs out of range")
        # A private copy: what has been checked is what runs.
        code_view = np.array(code, dtype=np.int32)
        terms_view = np.array(terms, dtype=np.int32)
        if code_view.shape[1] != 4 or terms_view.shape[1] != 2:
            raise ValueError("code must have shape (n, 4) and terms (m, 2)")
        self.arrays = [code_view, terms_view]
        p.length, p.term_count = code_view.shape[0], terms_view.shape[0]
        p.code = &code_view[0, 0] if p.length else NULL
        p.terms = &terms_view[0, 0] if p.term_count else NULL
        p.slots, p.rows, p.tests, p.pairs = slots, rows, tests, pairs

        words = constants
        self.arrays.append(words)
        p.constant_count = words.shape[0]
        p.constants = &words[0] if words.shape[0] else NULL
        triples = ext_constants
        if triples.shape[1] != 3:
            raise ValueError("ext_constants must have shape (k, 3)")
        self.arrays.append(triples)
        p.ext_constant_count = triples.shape[0]
        p.ext_constants = &triples[0, 0] if triples.shape[0] else NULL
        triples = weights
        if triples.shape[1] != 3:
            raise ValueError("weights must have shape (k, 3)")
        p.weight_count = triples.shape[0]
        words = base_weights
        p.base_weight_count = words.shape[0]
        # what is prepared of both, each part from a cache line on
        k = (6 * 3 * triples.shape[0] + 15) // 8 * 8
        prepared = aligned(k + 6 * words.shape[0] + 8)
        self.arrays.append(prepared)
        p.weights, p.base_weights = &prepared[0], &prepared[k]
        if triples.shape[0]:
            isa_tables[isa_index()].prepare(&triples[0, 0], 3 * triples.shape[0], &prepared[0])
        if words.shape[0]:
            isa_tables[isa_index()].prepare(&words[0], words.shape[0], &prepared[k])

        if len(matrices) != MATRICES:
            raise ValueError(f"matrices must be {MATRICES} arrays or None")
        for k in range(MATRICES):
            p.matrix[k], p.stride[k], p.width[k] = NULL, 0, 0
            if matrices[k] is None:
                continue
            matrix = matrices[k]
            if matrix.shape[0] != rows or matrix.shape[1] < 1:
                raise ValueError(
                    f"matrix {k} must have {rows} rows and a column, not shape "
                    f"({matrix.shape[0]}, {matrix.shape[1]})"
                )
            if matrix.strides[1] != 8 or matrix.strides[0] % 8 or matrix.strides[0] < 0:
                raise ValueError(f"the words of a row of matrix {k} must be adjacent")
            self.arrays.append(matrix)
            p.matrix[k] = &matrix[0, 0]
            p.stride[k], p.width[k] = matrix.strides[0] // 8, matrix.shape[1]

        pointers = np.zeros(len(periodic) + 1, dtype=np.uintp)
        periods = np.zeros(len(periodic) + 1, dtype=np.intp)
        for k in range(len(periodic)):
            words = periodic[k]
            if words.shape[0] < 1 or rows % words.shape[0] or words.shape[0] & (words.shape[0] - 1):
                raise ValueError(
                    f"periodic column {k} has {words.shape[0]} values; their number must be a "
                    f"power of two dividing {rows}"
                )
            self.arrays.append(words)
            pointers[k], periods[k] = <uintptr_t>&words[0], words.shape[0]
        self.arrays.extend((pointers, periods))
        p.periodic = <const uint64_t *const *>&pointers[0]
        p.periods, p.periodic_count = &periods[0], len(periodic)
        bad = invalid_instruction(p)
        if bad >= 0:
            raise ValueError(
                f"instruction {bad} {tuple(np.asarray(code_view)[bad].tolist())} does not fit "
                "its arrays"
            )


def quotient(
    Bound bound not None, uint64_t shift, const uint64_t[::1] inverse_first, uint64_t[:, ::1] out,
    bint add=False, int log_domain=-1, const uint64_t[::1] zerofiers=None,
):
    """Write the quotient on one coset.

    Parameters
    ----------
    bound : Bound
        A program that leaves totals of classes of constraints.
    shift : int
        The coset is shift * <g>, g the standard root of order ``rows``.
    inverse_first : uint64 array (rows,) or None
        1 / (x_i - 1); only needed by constraints on the first or last row.
    out : uint64 array (rows, 3)
        Receives the quotient, canonical.
    add : bool
        Add to the words of `out` instead of replacing them.
    log_domain : int
        Log2 of the order of the trace domain, whose last row is meant; that of `rows` if negative.
    zerofiers : uint64 array (rows,) or None
        1 / Z_H of every row, where the weights of the program do not have it.
    """
    quotients([[(bound, shift, inverse_first, out, add, log_domain, zerofiers)]])


cdef uint64_t[::1] set_quotient(
    program_job *job, Bound bound, uint64_t shift, const uint64_t[::1] inverse_first,
    uint64_t[:, ::1] out, bint add, int log_domain, const uint64_t[::1] zerofiers,
):
    """A job with the arguments of `quotient`, which are checked; an array that it needs."""
    cdef Py_ssize_t rows = bound.program.rows
    cdef uint64_t[::1] powers = np.empty(BLOCK, dtype=np.uint64)
    cdef int log_rows = rows.bit_length() - 1
    if out.shape[0] != rows or out.shape[1] != 3:
        raise ValueError(f"out must have shape ({rows}, 3), not ({out.shape[0]}, {out.shape[1]})")
    if bound.program.tests or bound.program.pairs:
        raise ValueError("a program of the quotient has no tests and no pairs")
    job.program = bound.program
    job.classes = classes_of(&job.program)
    job.inverse_first = NULL
    if inverse_first is not None:
        if inverse_first.shape[0] != rows:
            raise ValueError(f"inverse_first must have {rows} words, not {inverse_first.shape[0]}")
        job.inverse_first = &inverse_first[0]
    elif job.classes & (1 << CLASS_FIRST | 1 << CLASS_LAST):
        raise ValueError("inverse_first is needed: there are constraints on the first or last row")
    job.zerofiers = NULL
    if zerofiers is not None:
        if zerofiers.shape[0] != rows:
            raise ValueError(f"zerofiers must have {rows} words, not {zerofiers.shape[0]}")
        job.zerofiers = &zerofiers[0]
    job.shift, job.root = shift, gl_root(log_rows)
    job.root_inverse = gl_inverse(job.root if log_domain < 0 else gl_root(log_domain))
    gl_powers(&powers[0], BLOCK, 1, job.root)
    job.powers, job.out, job.add = &powers[0], &out[0, 0], add
    job.failures = job.first_rows = NULL
    return powers


cdef struct program_jobs:
    program_job *jobs
    Py_ssize_t count


cdef Py_ssize_t quotient_rows(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    """The programs of several tables, in order, on the same rows."""
    cdef const program_jobs *all = <const program_jobs *>context
    cdef Py_ssize_t k
    for k in range(all.count):
        isa_tables[isa_index()].quotient(&all.jobs[k], first, last, thread)
    return -1


def quotients(calls):
    """Several quotients in one parallel region.

    Parameters
    ----------
    calls : sequence of sequence of tuple
        Each item has the arguments of calls of `quotient` with the same `out`, which are done in
        order on every row: those after the first may add.
    """
    cdef Py_ssize_t count = len(calls), parts = sum([len(call) for call in calls]), used = 0
    cdef Py_ssize_t work = 0, words = 0, rows, k, i
    cdef int threads
    cdef uint64_t[::1] scratch
    cdef block_program *program
    cdef program_job *programs = <program_job *>malloc(parts * sizeof(program_job) + 1)
    cdef program_jobs *contexts = <program_jobs *>malloc(count * sizeof(program_jobs) + 1)
    cdef Job *jobs = <Job *>malloc(count * sizeof(Job) + 1)
    cdef list kept = []
    try:
        if programs == NULL or contexts == NULL or jobs == NULL:
            raise MemoryError("no memory for the list of tables")
        for k in range(count):
            contexts[k].jobs, contexts[k].count = &programs[used], len(calls[k])
            jobs[k].function, jobs[k].context = quotient_rows, &contexts[k]
            jobs[k].items, jobs[k].cost = 0, 0
            for bound, shift, inverse_first, out, add, log_domain, zerofiers in calls[k]:
                if bound is None or out is None:
                    raise TypeError("a program or its result is None")
                kept.append(
                    set_quotient(
                        &programs[used], bound, shift, inverse_first, out, add, log_domain,
                        zerofiers,
                    )
                )
                program = &programs[used].program
                rows = program.rows
                if jobs[k].items not in (0, rows):
                    raise ValueError("tables of one quotient must have the same rows")
                jobs[k].items = rows
                jobs[k].cost += row_cost(program.code, program.length, program.term_count)
                work += rows * (program.length + 1)
                words = max(words, workspace_words(program, 0))
                used += 1
            jobs[k].chunk = BLOCK * max(1, <Py_ssize_t>(CHUNK_COST / (jobs[k].cost * BLOCK + 1)))
        threads = team(work, PARALLEL_WORK)
        scratch = aligned(words * threads)
        for i in range(parts):
            programs[i].scratch, programs[i].scratch_words = &scratch[0], words
        _chunks.run_jobs(jobs, count, threads)
    finally:
        free(programs)
        free(contexts)
        free(jobs)


cdef double row_cost(const int32_t *code, Py_ssize_t length, Py_ssize_t terms) noexcept nogil:
    """Nanoseconds that a program should take for a row on one thread."""
    cdef double total = STEP_COST * <double>(length + 1) + TERM_COST * <double>terms
    cdef Py_ssize_t i
    for i in range(length):
        if code[4 * i] >= OP_FINGERPRINT:  # the operations from here on are the extension's
            total += EXTENSION_COST
    return total


def cost(const int32_t[:, ::1] code not None, Py_ssize_t terms, Py_ssize_t rows):
    """Nanoseconds that a program should take for so many rows on one thread.

    Parameters
    ----------
    code : int32 array (n, 4)
    terms : int
        Length of its list of terms.
    rows : int
    """
    if not code.shape[0]:
        return row_cost(NULL, 0, terms) * <double>rows
    return row_cost(&code[0, 0], code.shape[0], terms) * <double>rows


def scratch_words(Py_ssize_t slots, Py_ssize_t pairs=0, Py_ssize_t fraction_rows=0):
    """Words that a program of `slots` needs for each thread while it runs."""
    cdef block_program program
    program.slots, program.pairs = slots, pairs
    return workspace_words(&program, fraction_rows)


def test_rows(Bound bound not None, Py_ssize_t first, Py_ssize_t last):
    """Count the rows in [first, last) where tested values are not zero.

    `first` and `last` are multiples of 8.

    Returns
    -------
    list of (int, int)
        Of each test: number of failing rows, and the first of them (``rows`` when none).
    """
    cdef program_job job
    cdef Py_ssize_t rows = bound.program.rows, tests = bound.program.tests
    # Read once: another Python thread may change the number, and each thread has a row here.
    cdef int threads = max_team()
    cdef int64_t[:, ::1] failures = np.zeros((threads, tests + 1), dtype=np.int64)
    cdef int64_t[:, ::1] first_rows = np.full((threads, tests + 1), rows, dtype=np.int64)
    if not 0 <= first <= last <= rows or first % 8 or last % 8:
        raise ValueError(f"rows {first}..{last} are not a range of multiples of 8 below {rows}")
    if bound.program.pairs:
        raise ValueError("a program of tests has no pairs")
    job.program = bound.program
    job.failures, job.first_rows = &failures[0, 0], &first_rows[0, 0]
    job.inverse_first, job.powers, job.out, job.add = NULL, NULL, NULL, 0
    # The kernel's tables have `tests` columns; the spare word keeps empty arrays addressable.
    run_job(&job, isa_tables[isa_index()].test, first, last, threads)
    counts = np.asarray(failures).ravel()[: threads * tests].reshape(threads, tests)
    firsts = np.asarray(first_rows).ravel()[: threads * tests].reshape(threads, tests)
    return list(zip(counts.sum(axis=0).tolist(), firsts.min(axis=0).tolist(), strict=True))


cdef int run_job(
    program_job *job,
    _chunks.chunk_function function,
    Py_ssize_t first,
    Py_ssize_t last,
    int threads,
) except -1:
    """Run rows first..last-1 on at most `threads` threads."""
    cdef Py_ssize_t length = job.program.length + 1
    threads = min(threads, team((last - first) * length, PARALLEL_WORK))
    job.scratch_words = workspace_words(&job.program, 0)
    cdef uint64_t[::1] scratch = aligned(job.scratch_words * threads)
    job.scratch = &scratch[0]
    cdef double cost = row_cost(job.program.code, job.program.length, job.program.term_count)
    _chunks.run_long(function, job, last - first, CHUNK, threads, cost, first)
    return 0
