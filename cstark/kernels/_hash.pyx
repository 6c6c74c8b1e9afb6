"""Hashes of many messages at once: leaves, nodes, rows, and proof of work.

Algorithms are numbered `KECCAK256`, `BLAKE3`, `SHA256`. The tagged hashes of a Merkle tree keep
leaves (T = 1), nodes (T = 2) and nodes with an injected leaf (T = 3) apart without spending a
compression on it:

========== ==========================================================================
Keccak-256 Keccak-256 of the data and T as one more 8-byte little-endian lane
BLAKE3     keyed BLAKE3; the key is ``cstark leaf``, ``cstark node``, ``cstark inject``,
           zero-padded to 32 bytes
SHA-256    SHA-256 of the data and T as one more byte
========== ==========================================================================

Words are 64-bit and hashed as their 8 little-endian bytes.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from cstark.kernels._chunks cimport Job, piece_of, run, run_jobs, run_long, worked
from cstark.kernels._runtime cimport isa_index, sha_in_use, team

include "digest.pxi"

cdef extern from *:
    """
    ISA_TABLES(hash);
    #if !CSTARK_HAVE_AVX2
    #define hash_sha_instructions hash_portable.core[HASH_SHA256] /* never asked for */
    #endif
    """
    ctypedef struct hash_table:
        hash_core core[3]
    const hash_table **isa_tables

# Work is counted in BLAKE3 compressions; WEIGHT is what 64 bytes cost otherwise.
# Parallel work wins from about 2^11 on when every processor is idle (measured); the cutoff is at
# some 0.1 ms, a little more than it takes to wake a thread that sleeps.
cdef Py_ssize_t SERIAL_BELOW = 1 << 13   # the family's cutoff: less work is not shared out
cdef Py_ssize_t CHUNK = 1 << 11          # work a chunk
cdef Py_ssize_t SHORT_BYTES = 1 << 12    # of a message that the interpreter's threads wait for
cdef double WORK_COST = 12.0             # nanoseconds of one thread for a unit of work
cdef Py_ssize_t[3] WEIGHT = [3, 1, 2]

KECCAK256 = HASH_KECCAK256
BLAKE3 = HASH_BLAKE3
SHA256 = HASH_SHA256


cdef const hash_core *core_of(int algorithm) except NULL:
    """The core that hashes with the instruction set in use."""
    if not 0 <= algorithm < HASH_ALGORITHMS:
        raise ValueError(f"algorithm must be 0, 1 or 2, not {algorithm}")
    if algorithm == HASH_SHA256 and sha_in_use():
        return &hash_sha_instructions
    return &isa_tables[isa_index()].core[algorithm]


# ---- running a job --------------------------------------------------------------------------

cdef Py_ssize_t work_of(int algorithm, size_t bytes) noexcept nogil:
    """Work to hash one message."""
    return (<Py_ssize_t>(bytes // 64) + 1) * WEIGHT[algorithm]


cdef Py_ssize_t messages_in(Py_ssize_t work, Py_ssize_t a_message) noexcept nogil:
    """Messages in so much work, in whole groups of streams."""
    return max(1, work // a_message // HASH_STREAMS_MAX) * HASH_STREAMS_MAX


cdef int run_job(
    hash_job *job, int algorithm, Py_ssize_t messages, bint needs_scratch
) except -1:
    """Hash messages 0 .. messages - 1 of the job."""
    cdef Py_ssize_t a_message = work_of(algorithm, job.bytes)
    cdef int threads = team(messages * a_message, SERIAL_BELOW)
    if messages == 0:
        return 0
    job.scratch = NULL
    if needs_scratch:
        job.pitch = hash_pitch(job.bytes)
        job.scratch = <uint8_t *>malloc(<size_t>threads * HASH_STREAMS_MAX * job.pitch)
        if job.scratch == NULL:
            raise MemoryError("no memory for the scratch rows of the hash kernels")
    try:
        run_long(
            hash_chunk, job, messages, messages_in(CHUNK, a_message), threads,
            WORK_COST * a_message,
        )
    finally:
        free(job.scratch)
    return 0


def cost(int algorithm, Py_ssize_t messages, Py_ssize_t bytes):
    """Nanoseconds that hashing so many messages of so many bytes should take on one thread."""
    core_of(algorithm)
    return WORK_COST * <double>(messages * work_of(algorithm, bytes))


def grind_cost(int algorithm, int bits):
    """The same for the expected tries of `grind`."""
    core_of(algorithm)
    return WORK_COST * <double>work_of(algorithm, GRIND_BYTES) * 2.0**bits


cdef int check_shape(str name, tuple shape, tuple wanted) except -1:
    if shape != wanted:
        raise ValueError(f"{name} must have shape {wanted}, not {shape}")
    return 0


cdef int set_out(hash_job *job, uint8_t[:, :, :] out) except -1:
    if out.strides[2] != 1 or (out.shape[1] > 1 and out.strides[1] != HASH_BYTES):
        raise ValueError("out must hold the digests of a block side by side")
    job.out = &out[0, 0, 0]
    job.out_block = out.strides[0]
    job.out_row = out.strides[1]
    job.per_block = out.shape[1]
    return 0


# ---- wrappers -------------------------------------------------------------------------------

def digest(int algorithm, data):
    """Plain hash of bytes.

    Parameters
    ----------
    algorithm : int
    data : bytes-like

    Returns
    -------
    bytes, 32 long
    """
    cdef const hash_core *core = core_of(algorithm)
    cdef uint8_t result[32]
    if isinstance(data, bytes) and len(data) <= SHORT_BYTES:  # no view of it is needed
        hash_one(core, <const uint8_t *><bytes>data, <size_t>len(<bytes>data), result)
        return result[:32]
    # (cast refuses a view with a zero in its shape)
    cdef const uint8_t[::1] view = memoryview(data).cast("B") if memoryview(data).nbytes else b""
    cdef uint8_t empty = 0
    cdef size_t size = <size_t>view.shape[0]
    cdef const uint8_t *start = &view[0] if size else &empty
    with nogil:
        hash_one(core, start, size, result)
    return result[:32]


def counted(int algorithm, bytes prefix not None, Py_ssize_t first, Py_ssize_t count):
    """Plain hashes of a prefix followed by a number, 8 little-endian bytes.

    Parameters
    ----------
    algorithm : int
    prefix : bytes
    first, count : int
        The numbers are first .. first + count - 1.

    Returns
    -------
    bytes, 32 for each number
    """
    cdef const hash_core *core = core_of(algorithm)
    cdef Py_ssize_t length = len(prefix), k
    cdef uint64_t number
    if first < 0 or not 0 <= count <= 1 << 32:
        raise ValueError(f"first and count must be small numbers, not {first} and {count}")
    cdef bytearray message = bytearray(prefix) + bytearray(8)
    cdef bytearray found = bytearray(HASH_BYTES * count)
    cdef uint8_t *data = message
    cdef uint8_t *out = found
    for k in range(count):
        number = <uint64_t>(first + k)
        memcpy(data + length, &number, 8)
        hash_one(core, data, <size_t>(length + 8), out + HASH_BYTES * k)
    return bytes(found)


def hash_rows(int algorithm, const uint64_t[:, :] rows, uint8_t[:, ::1] out):
    """Plain hash of the little-endian bytes of each row, any width, any strides.

    Parameters
    ----------
    rows : uint64 (n, width)
    out : uint8 (n, 32), written
    """
    cdef hash_job job
    cdef hash_matrix matrix
    cdef Py_ssize_t n = rows.shape[0]
    job.core = core_of(algorithm)
    check_shape("out", (out.shape[0], out.shape[1]), (n, HASH_BYTES))
    if n == 0:
        return
    matrix.base = NULL
    job.parts = 0
    if rows.shape[1]:
        matrix.base = <const uint8_t *>&rows[0, 0]
        job.parts = 1
    matrix.block = 0
    matrix.row = rows.strides[0]
    matrix.column = rows.strides[1]
    matrix.words = <size_t>rows.shape[1]
    job.matrices = &matrix
    job.bytes = 8 * matrix.words
    job.tag = HASH_PLAIN
    job.per_block = n
    job.out = &out[0, 0]
    job.out_block = 0
    job.out_row = HASH_BYTES
    in_place = matrix.column == 8 and matrix.words
    job.locate = hash_locate_rows if in_place else hash_locate_parts
    run_job(&job, algorithm, n, not in_place)


def leaf_digests(int algorithm, matrices, widths, uint8_t[:, :, :] out):
    """LEAF hash of rows that run through several matrices.

    Parameters
    ----------
    matrices : list of uint64 (blocks, n, stride)
    widths : list of int
        How many leading words of each matrix's rows belong to the leaf.
    out : uint8 (blocks, n, 32), written
    """
    leaf_digests_many(algorithm, [(matrices, widths, out)])


cdef int set_leaves(
    hash_job *job, list views, matrices, widths, uint8_t[:, :, :] out
) except -1:
    """A job with the arguments of `leaf_digests`, which are checked; `views` are kept meanwhile."""
    cdef const uint64_t[:, :, :] view
    cdef hash_matrix *parts = <hash_matrix *>job.matrices
    cdef Py_ssize_t blocks = out.shape[0], n = out.shape[1], width, k
    job.parts = 0  # matrices with any words
    job.bytes = 0
    job.tag = HASH_LEAF
    for k in range(len(matrices)):
        view = matrices[k]
        views.append(view)
        width = widths[k]
        if view.shape[0] != blocks or view.shape[1] != n or not 0 <= width <= view.shape[2]:
            raise ValueError(
                f"matrices[{k}] must have shape ({blocks}, {n}, at least {width}), not "
                f"{(view.shape[0], view.shape[1], view.shape[2])}"
            )
        if blocks == 0 or n == 0 or width == 0:
            continue
        parts[job.parts].base = <const uint8_t *>&view[0, 0, 0]
        parts[job.parts].block = view.strides[0]
        parts[job.parts].row = view.strides[1]
        parts[job.parts].column = view.strides[2] if width > 1 else 8
        parts[job.parts].words = <size_t>width
        job.bytes += 8 * <size_t>width
        job.parts += 1
    job.locate = hash_locate_parts
    if job.parts == 1 and parts[0].column == 8:
        job.locate = hash_locate_rows
    if blocks and n:
        set_out(job, out)
    return 0


def leaf_digests_many(int algorithm, calls):
    """Several `leaf_digests` in one parallel region.

    Parameters
    ----------
    algorithm : int
    calls : sequence of tuple
        The other arguments of each.
    """
    cdef Py_ssize_t count = len(calls), used = 0, work = 0, messages, a_message, k
    cdef size_t pitch = 0
    cdef int threads
    cdef const hash_core *core = core_of(algorithm)
    cdef uint8_t *scratch = NULL
    cdef list views = []
    for matrices, widths, out in calls:
        if not len(matrices) or len(matrices) != len(widths):
            raise ValueError(
                f"widths must name one width for each of {len(matrices)} matrices (at least one)"
            )
        check_shape("out", out.shape, (*out.shape[:2], HASH_BYTES))
        used += len(matrices)
        if any([matrix is None for matrix in matrices]):
            raise TypeError("a matrix is None")
    cdef hash_matrix *parts = <hash_matrix *>malloc(used * sizeof(hash_matrix) + 1)
    cdef hash_job *leaves = <hash_job *>malloc(count * sizeof(hash_job) + 1)
    cdef Job *jobs = <Job *>malloc(count * sizeof(Job) + 1)
    try:
        if parts == NULL or leaves == NULL or jobs == NULL:
            raise MemoryError("no memory for the list of matrices")
        used = 0
        for k in range(count):
            matrices, widths, out = calls[k]
            leaves[k].core, leaves[k].matrices = core, &parts[used]
            set_leaves(&leaves[k], views, matrices, widths, out)
            used += len(matrices)
            messages = out.shape[0] * out.shape[1]
            a_message = work_of(algorithm, leaves[k].bytes)
            jobs[k].function, jobs[k].context, jobs[k].items = hash_chunk, &leaves[k], messages
            jobs[k].chunk, jobs[k].cost = messages_in(CHUNK, a_message), WORK_COST * a_message
            work += messages * a_message
            if leaves[k].locate != hash_locate_rows:
                pitch = max(pitch, hash_pitch(leaves[k].bytes))
        threads = team(work, SERIAL_BELOW)
        if pitch:
            scratch = <uint8_t *>malloc(<size_t>threads * HASH_STREAMS_MAX * pitch)
            if scratch == NULL:
                raise MemoryError("no memory for the scratch rows of the hash kernels")
        for k in range(count):
            leaves[k].scratch, leaves[k].pitch = scratch, pitch
        run_jobs(jobs, count, threads)
    finally:
        free(scratch)
        free(parts)
        free(leaves)
        free(jobs)


def word_leaf_digests(
    int algorithm, const uint64_t[:, :, ::1] word, Py_ssize_t arity, uint8_t[:, :, :] out
):
    """LEAF hash of the groups that a fold of a FRI layer joins.

    The leaf at [q, i] is, for j < arity, the three coordinates of
    ``word[:, q, i + j * n // arity]``.

    Parameters
    ----------
    word : uint64 (3, blocks, n)
    arity : int
        1 to 16, divides n.
    out : uint8 (blocks, n // arity, 32), written
    """
    cdef hash_job job
    cdef const uint64_t *columns[48]
    cdef Py_ssize_t blocks = word.shape[1], n = word.shape[2], j, c
    job.core = core_of(algorithm)
    if word.shape[0] != 3:
        raise ValueError(f"word must have 3 coordinates, not {word.shape[0]}")
    if not 1 <= arity <= HASH_PLANAR_MAX // 3 or n % arity:
        raise ValueError(f"arity must be between 1 and 16 and divide {n}, not {arity}")
    check_shape(
        "out", (out.shape[0], out.shape[1], out.shape[2]), (blocks, n // arity, HASH_BYTES)
    )
    if blocks == 0 or n == 0:
        return
    for j in range(arity):
        for c in range(3):
            columns[3 * j + c] = &word[c, 0, j * (n // arity)]
    set_out(&job, out)
    job.word = columns
    job.word_block = n
    job.bytes = 24 * <size_t>arity
    job.tag = HASH_LEAF
    job.locate = hash_locate_planar
    run_job(&job, algorithm, blocks * (n // arity), True)


cdef int set_piece(
    hash_matrix *piece, str name, const uint8_t[:, :, :] digests, uint8_t[:, :, :] out
) except -1:
    check_shape(
        name,
        (digests.shape[0], digests.shape[1], digests.shape[2]),
        (out.shape[0], out.shape[1], HASH_BYTES),
    )
    if digests.strides[2] != 1:
        raise ValueError(f"{name} must hold the bytes of a digest side by side")
    piece.base = &digests[0, 0, 0]
    piece.block = digests.strides[0]
    piece.row = digests.strides[1]
    piece.column = 8
    piece.words = HASH_BYTES // 8
    return 0


def node_digests(
    int algorithm,
    const uint8_t[:, :, :] left,
    const uint8_t[:, :, :] right,
    const uint8_t[:, :, :] leaf,
    uint8_t[:, :, :] out,
):
    """NODE hash of left and right, or with a leaf INJECT hash of left, right and leaf.

    Parameters
    ----------
    left, right : uint8 (blocks, m, 32)
        Any strides between digests, so that they may be the halves of one array.
    leaf : uint8 (blocks, m, 32) or None
    out : uint8 (blocks, m, 32), written
        Overlaps no input.
    """
    cdef hash_job job
    cdef hash_matrix pieces[3]
    job.core = core_of(algorithm)
    check_shape(
        "out", (out.shape[0], out.shape[1], out.shape[2]), (out.shape[0], out.shape[1], HASH_BYTES)
    )
    job.parts = 2
    job.tag = HASH_NODE
    if out.shape[0] == 0 or out.shape[1] == 0:
        return
    set_piece(&pieces[0], "left", left, out)
    set_piece(&pieces[1], "right", right, out)
    if leaf is not None:
        set_piece(&pieces[2], "leaf", leaf, out)
        job.parts = 3
        job.tag = HASH_INJECT
    set_out(&job, out)
    job.matrices = pieces
    job.bytes = <size_t>(HASH_BYTES * job.parts)
    job.locate = hash_locate_pieces
    run_job(&job, algorithm, out.shape[0] * out.shape[1], False)


include "hash_tree.pxi"


# ---- proof of work --------------------------------------------------------------------------

def grind(int algorithm, bytes prefix, int bits, start, count):
    """Smallest nonce whose hash ends the search.

    Parameters
    ----------
    prefix : bytes, 40 long
    bits : int
        0 to 64.
    start, count : int
        Nonces start .. start + count - 1 are tried, all below 2**64.

    Returns
    -------
    int
        The smallest nonce for which the first 8 bytes of the plain hash of prefix and nonce
        (8 bytes), read as a little-endian number, are 0 modulo 2**bits; -1 when there is none.
    """
    cdef grind_job job
    cdef Py_ssize_t a_nonce = work_of(algorithm, GRIND_BYTES)
    cdef Py_ssize_t chunk = messages_in(CHUNK, a_nonce), most, items, found
    cdef int threads
    job.core = core_of(algorithm)
    if len(prefix) != GRIND_PREFIX:
        raise ValueError(f"prefix must have {GRIND_PREFIX} bytes, not {len(prefix)}")
    if not 0 <= bits <= 64:
        raise ValueError(f"bits must be between 0 and 64, not {bits}")
    if start < 0 or count < 0 or start + count > 0x1_0000_0000_0000_0000:
        raise ValueError(f"start and count must name nonces below 2**64, not {start}, {count}")
    memcpy(job.prefix, <const uint8_t *>prefix, GRIND_PREFIX)
    expected = 1 << <object>bits  # nonces until one fits; a Python integer, 64 bits would overflow
    job.mask = expected - 1
    threads = team(min(count, expected, 2 * SERIAL_BELOW) * a_nonce, SERIAL_BELOW)
    most = piece_of(WORK_COST * a_nonce, chunk, threads)
    # Windows in order, and in each the smallest: the answer is the smallest of all.
    while count:
        items = min(most, count)
        job.start = start
        job.best = items
        with nogil:
            found = run(grind_chunk, &job, items, chunk, threads)
        worked(WORK_COST * <double>((found if found >= 0 else items) * a_nonce))
        if found >= 0:
            return start + found
        start += items
        count -= items
    return -1
