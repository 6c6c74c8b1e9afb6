"""The rows of the Keccak table.

A permutation needs the state that the one before leaves, so a first pass permutes and keeps the
states between: less than a microsecond a block.  The second pass writes rows, 21 kB each;
permutations are independent of each other now, so threads share them.
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from cstark.kernels cimport _chunks
from cstark.kernels._runtime cimport max_team

include "../../kernels/digest.pxi"

cdef enum:
    ROUNDS = 24
    RATE = 17  # lanes that take up a block
    CONSTANT_BITS = 7  # bits 2^j - 1, the only ones that round constants set

# Nanoseconds of one thread for a permutation; see `run_long`.
cdef double PERMUTATION_COST = 40_000.0

cdef enum:
    # columns of the table
    ROUND = 0
    CLOCK = ROUND + ROUNDS
    FULL
    PAD
    TAIL
    WORD
    LANE = WORD + 64
    QUEUE = LANE + 64
    A = QUEUE + 4 * RATE
    C = A + 25 * 4
    C_THETA = C + 5 * 64
    A_THETA = C_THETA + 5 * 64
    CHI = A_THETA + 25 * 64
    OUT = CHI + CONSTANT_BITS
    TABLE_WIDTH = OUT + 25 * 4

WIDTH = TABLE_WIDTH

# Lane i is rotated by `rotation[i]`; then pi takes lane `source[i]` to place i.
cdef int[25] rotation
cdef int[25] source
cdef uint64_t[ROUNDS] round_constant
# The bits of a byte as eight words: a lane is spread over 64 cells by eight copies.
cdef uint64_t[256][8] spread


def _fill_tables():
    from cstark.machines.keccak import constants

    rotations = constants.ROTATIONS.reshape(25).tolist()
    sources = constants.SOURCE_OF.reshape(25).tolist()
    for i in range(25):
        rotation[i] = rotations[i]
        source[i] = sources[i]
    for i in range(ROUNDS):
        round_constant[i] = constants.ROUND_CONSTANTS[i]
    for i in range(256):
        for j in range(8):
            spread[i][j] = i >> j & 1


_fill_tables()


cdef struct Round:
    # what a round computes on the way
    uint64_t[5] c
    uint64_t[5] c_theta
    uint64_t[25] a_theta
    uint64_t chi  # lane 0 before the round constant
    uint64_t[25] out


cdef inline uint64_t rotate(uint64_t lane, int by) noexcept nogil:
    return lane << by | lane >> (64 - by & 63)


cdef void permutation_round(const uint64_t *a, int number, Round *r) noexcept nogil:
    """One round, with what is between; `a` may be `r.out` of the round before."""
    cdef uint64_t[25] b
    cdef int i, x, y
    for x in range(5):
        r.c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]
    for x in range(5):
        r.c_theta[x] = r.c[x] ^ r.c[(x + 4) % 5] ^ rotate(r.c[(x + 1) % 5], 1)
    for i in range(25):
        r.a_theta[i] = a[i] ^ r.c[i % 5] ^ r.c_theta[i % 5]
    for i in range(25):
        b[i] = rotate(r.a_theta[source[i]], rotation[source[i]])
    for y in range(0, 25, 5):
        for x in range(5):
            r.out[y + x] = b[y + x] ^ (~b[y + (x + 1) % 5] & b[y + (x + 2) % 5])
    r.chi = r.out[0]
    r.out[0] ^= round_constant[number]


cdef inline void put_bits(uint64_t *out, const uint64_t *lanes, int count) noexcept nogil:
    cdef int i, j
    for i in range(count):
        for j in range(8):
            memcpy(out + 64 * i + 8 * j, spread[lanes[i] >> 8 * j & 0xFF], 64)


cdef inline void put_limbs(uint64_t *out, const uint64_t *lanes, int count) noexcept nogil:
    cdef int i, j
    for i in range(count):
        for j in range(4):
            out[4 * i + j] = lanes[i] >> 16 * j & 0xFFFF


def permute_blocks(
    const uint64_t[:, ::1] blocks not None, uint64_t[:, ::1] states not None
):
    """Absorb the blocks, then zeros.

    Parameters
    ----------
    blocks : uint64 (n, 17)
        The padded message.
    states : uint64 (permutations, 25)
        Row k becomes the state before block k is added to it: row 0 is zero.
    """
    cdef Round r
    cdef Py_ssize_t k, i
    cdef int number
    if blocks.shape[1] != RATE or states.shape[1] != 25:
        raise ValueError(f"blocks must have {RATE} columns, and states 25")
    if states.shape[0] < blocks.shape[0]:
        raise ValueError("states must have a row for each block")
    with nogil:
        memset(&r, 0, sizeof(r))
        for k in range(states.shape[0]):
            memcpy(&states[k, 0], r.out, sizeof(r.out))
            if k < blocks.shape[0]:
                for i in range(RATE):
                    r.out[i] ^= blocks[k, i]
            for number in range(ROUNDS):
                permutation_round(r.out, number, &r)


cdef struct Job:
    const uint64_t *states
    const uint64_t *blocks
    Py_ssize_t block_count
    Py_ssize_t rows
    Py_ssize_t pad_row
    Py_ssize_t final_row
    uint64_t *out


cdef Py_ssize_t write_permutations(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    """Write the rows of permutations `first`, ... , `last` - 1, as far as the table goes."""
    cdef Job *job = <Job *>context
    cdef Round r
    cdef uint64_t[RATE] block
    cdef uint64_t[25] state
    cdef uint64_t[25] a
    cdef uint64_t *row
    cdef Py_ssize_t k, clock
    cdef int number, i, j
    for k in range(first, last):
        memset(block, 0, sizeof(block))
        if k < job.block_count:
            memcpy(block, job.blocks + RATE * k, sizeof(block))
        memcpy(state, job.states + 25 * k, sizeof(state))
        memcpy(a, state, sizeof(a))
        for i in range(RATE):
            a[i] ^= block[i]
        memcpy(r.out, a, sizeof(a))
        for number in range(ROUNDS):
            clock = ROUNDS * k + number
            if clock >= job.rows:
                break
            row = job.out + TABLE_WIDTH * clock
            memset(row, 0, A * sizeof(uint64_t))
            row[ROUND + number] = 1
            row[CLOCK] = clock
            row[FULL] = clock < job.pad_row
            row[PAD] = clock == job.pad_row
            row[TAIL] = job.pad_row < clock <= job.final_row
            if number < RATE:
                put_bits(row + WORD, block + number, 1)
                put_bits(row + LANE, state + number, 1)
            # what is left of the queue: lanes `number` to 16
            for i in range(RATE - number):
                for j in range(4):
                    row[QUEUE + 4 * i + j] = (
                        (state[number + i] >> 16 * j & 0xFFFF)
                        | (a[number + i] >> 16 * j & 0xFFFF) << 16
                    )
            put_limbs(row + A, r.out, 25)
            permutation_round(r.out, number, &r)
            put_bits(row + C, r.c, 5)
            put_bits(row + C_THETA, r.c_theta, 5)
            put_bits(row + A_THETA, r.a_theta, 25)
            for i in range(CONSTANT_BITS):
                row[CHI + i] = r.chi >> ((1 << i) - 1) & 1
            put_limbs(row + OUT, r.out, 25)
    return -1


def write_rows(
    const uint64_t[:, ::1] states not None,
    const uint64_t[:, ::1] blocks not None,
    Py_ssize_t pad_row,
    Py_ssize_t final_row,
    uint64_t[:, ::1] out not None,
):
    """Write the whole table.

    Parameters
    ----------
    states, blocks : uint64
        As `permute_blocks` left them; a state for each permutation that the table begins.
    pad_row, final_row : int
        The rows with the first byte of the padding, and with the digest.
    out : uint64 (rows, WIDTH)
        Every cell is written.

    Raises
    ------
    ValueError
        For wrong shapes.
    """
    cdef Py_ssize_t permutations = (out.shape[0] + ROUNDS - 1) // ROUNDS
    cdef int threads = max_team()
    cdef Job job
    if out.shape[1] != TABLE_WIDTH or out.shape[0] < 1:
        raise ValueError(f"out must have {TABLE_WIDTH} columns and at least one row")
    if states.shape[0] != permutations or states.shape[1] != 25:
        raise ValueError(f"states must have 25 columns and {permutations} rows")
    if not 1 <= blocks.shape[0] <= permutations or blocks.shape[1] != RATE:
        raise ValueError(f"blocks must have {RATE} columns and 1 to {permutations} rows")
    job.states = &states[0, 0]
    job.blocks = &blocks[0, 0]
    job.block_count = blocks.shape[0]
    job.rows = out.shape[0]
    job.pad_row = pad_row
    job.final_row = final_row
    job.out = &out[0, 0]
    _chunks.run_long(write_permutations, &job, permutations, 1, threads, PERMUTATION_COST)
