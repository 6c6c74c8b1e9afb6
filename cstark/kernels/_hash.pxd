# The loops over messages, for whoever hashes with the package's cores.
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport uint8_t, uint64_t

cdef extern from "hash_loops.h" nogil:
    int HASH_PLAIN, HASH_LEAF, HASH_NODE, HASH_INJECT
    int HASH_KECCAK256, HASH_BLAKE3, HASH_SHA256, HASH_ALGORITHMS
    int HASH_BYTES, HASH_STREAMS_MAX, HASH_PLANAR_MAX, GRIND_PREFIX, GRIND_BYTES

    ctypedef struct hash_core:
        int streams

    const hash_core hash_sha_instructions

    ctypedef struct hash_matrix:
        const uint8_t *base
        ptrdiff_t block, row, column
        size_t words

    ctypedef struct hash_input:
        pass

    ctypedef void (*hash_function)(
        const hash_input *input, size_t bytes, int tag, uint8_t *out
    ) noexcept nogil
    ctypedef hash_function (*hash_locate)(
        const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count, int thread, hash_input *input
    ) noexcept nogil

    ctypedef struct hash_job:
        const hash_core *core
        hash_locate locate
        int tag
        size_t bytes
        ptrdiff_t per_block
        const hash_matrix *matrices
        int parts
        const uint64_t **word
        ptrdiff_t word_block
        uint8_t *scratch
        size_t pitch
        uint8_t *out
        ptrdiff_t out_block, out_row

    ctypedef struct grind_job:
        const hash_core *core
        uint8_t *prefix
        uint64_t start, mask
        ptrdiff_t best

    hash_function hash_locate_rows(
        const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count, int thread, hash_input *input
    ) noexcept
    hash_function hash_locate_pieces(
        const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count, int thread, hash_input *input
    ) noexcept
    hash_function hash_locate_parts(
        const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count, int thread, hash_input *input
    ) noexcept
    hash_function hash_locate_planar(
        const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count, int thread, hash_input *input
    ) noexcept
    size_t hash_pitch(size_t bytes) noexcept
    Py_ssize_t hash_chunk(void *job, Py_ssize_t first, Py_ssize_t last, int thread) noexcept
    void hash_one(
        const hash_core *core, const uint8_t *data, size_t bytes, uint8_t *digest
    ) noexcept
    Py_ssize_t grind_chunk(void *job, Py_ssize_t first, Py_ssize_t last, int thread) noexcept

cdef extern from "hash_tree.h" nogil:
    enum:
        TREE_LEVELS_MAX

    ctypedef struct tree_job:
        const hash_core *core
        ptrdiff_t rows
        int levels
        ptrdiff_t slices
        const uint8_t *below
        const uint8_t **leaf
        uint8_t **level
        uint8_t *scratch
        size_t scratch_bytes

    size_t tree_scratch(const tree_job *job) noexcept
    Py_ssize_t tree_chunk(void *job, Py_ssize_t first, Py_ssize_t last, int thread) noexcept

cdef const hash_core *core_of(int algorithm) except NULL
