"""Execution of programs, and the rows that witness it.

Two passes.  The first executes the program: it has to, one instruction after the other, but writes
next to nothing and takes a few nanoseconds a step.  It finds out how many rows there will be
and, every `SPAN` steps, keeps a snapshot of the machine.  The second writes the rows; spans are
independent of each other, given their snapshots, so threads share them.

Both passes work on the cells that the CPU table receives from PROGRAM (`OPERATION`, in its order),
followed by the same facts as machine words: the constant, and the jump in bytes.
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from cstark.kernels cimport _chunks
from cstark.kernels._runtime cimport max_team

cdef extern from "goldilocks.h" nogil:
    uint64_t gl_mul(uint64_t a, uint64_t b)
    uint64_t gl_inverse(uint64_t a)

cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    """
    const char *CSTARK_SOURCE_DIGEST

cdef enum:
    # columns of an operation
    PC, RS1, RS2, RD, WRITES, LOW, HIGH, SIGN, JUMP, HALTS
    CELLS  # those above go into a CPU row
    CONSTANT = CELLS
    DISTANCE  # the jump again, in bytes, as a machine word
    OPERATION_WIDTH

cdef enum:
    # words of a snapshot: 32 registers, the time of each one's last access, then
    POSITION = 64  # of the next instruction, in bytes from the first word of the program
    CLOCK
    STATE_WIDTH

cdef enum:
    # columns of the CPU table
    REAL = 0
    CPU_CLOCK = 1
    CPU_OPERATION = 2
    A = CPU_OPERATION + CELLS
    A_TIME = A + 4
    B
    B_TIME = B + 4
    RESULT
    OLD = RESULT + 4
    OLD_TIME = OLD + 4
    A_GAP
    B_GAP
    OLD_GAP
    DIFFER
    INVERSE
    CPU_WIDTH

cdef enum:
    BLOCK = 64  # rows that share one field inversion
    ROWS_OF_SPAN = 8192
    EXIT_CALL = 93

SPAN = ROWS_OF_SPAN
# Nanoseconds of one thread for a row; see `run_long`.
cdef double ROW_COST = 100.0
WIDTH = CPU_WIDTH
STATE = STATE_WIDTH
OPERATION_COLUMNS = OPERATION_WIDTH

# What ended a call of `advance`.
RUNNING, HALTED, LEFT, UNKNOWN_CALL = range(4)


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()


cdef int execute(
    const uint64_t *operations, uint64_t size, uint64_t *state, uint64_t *counts, uint64_t limit
) noexcept nogil:
    """Execute up to `limit` instructions; see `advance`."""
    cdef uint64_t *times = state + 32
    cdef uint64_t position = state[POSITION]
    cdef uint64_t time = 4 * state[CLOCK]
    cdef uint64_t end = time + 4 * limit
    cdef uint64_t a, b
    cdef const uint64_t *operation
    cdef int status = 0
    while time < end:
        # `position` is unsigned: below the program is far beyond it
        if position >= size or position & 3:
            status = 2
            break
        operation = operations + (position >> 2) * OPERATION_WIDTH
        a = state[operation[RS1]]
        b = state[operation[RS2]]
        if operation[HALTS] and a != EXIT_CALL:
            status = 3
            break
        counts[position >> 2] += 1
        times[operation[RS1]] = time + 1
        times[operation[RS2]] = time + 2
        if operation[WRITES]:
            state[operation[RD]] = a + b + operation[CONSTANT]
            times[operation[RD]] = time + 3
        time += 4
        if operation[HALTS]:
            status = 1
            break
        position += 4
        if a != b:
            position += operation[DISTANCE]
    state[POSITION] = position
    state[CLOCK] = time >> 2
    return status


def advance(
    const uint64_t[:, ::1] operations not None,
    uint64_t[::1] state not None,
    uint64_t[::1] counts not None,
    uint64_t[:, ::1] snapshots not None,
):
    """Execute up to `SPAN` instructions for each row of `snapshots`.

    Parameters
    ----------
    operations : uint64 (words, OPERATION_COLUMNS)
    state : uint64 (STATE,)
        The machine; updated.
    counts : uint64 (words,)
        How often each instruction was executed; added to.
    snapshots : uint64 (n, STATE)
        Row k becomes the machine as it was before the k-th span.

    Returns
    -------
    status : int
        `RUNNING`, `HALTED`, `LEFT` (the next instruction is not in the program) or `UNKNOWN_CALL`
        (an ecall with another number than exit in a7; it was not executed).
    spans : int
        Rows of `snapshots` written.
    """
    cdef Py_ssize_t words = operations.shape[0]
    cdef Py_ssize_t k = 0
    cdef int status = 0
    if operations.shape[1] != OPERATION_WIDTH or words < 1:
        raise ValueError(f"operations must have {OPERATION_WIDTH} columns and at least one row")
    if state.shape[0] != STATE_WIDTH:
        raise ValueError(f"state must have {STATE_WIDTH} words")
    if counts.shape[0] != words:
        raise ValueError("counts must have one word per operation")
    if snapshots.shape[1] != STATE_WIDTH:
        raise ValueError(f"snapshots must have {STATE_WIDTH} columns")
    _check_registers(operations)
    with nogil:
        while status == 0 and k < snapshots.shape[0]:
            memcpy(&snapshots[k, 0], &state[0], STATE_WIDTH * sizeof(uint64_t))
            status = execute(&operations[0, 0], 4 * words, &state[0], &counts[0], ROWS_OF_SPAN)
            k += 1
    return status, k


cdef _check_registers(const uint64_t[:, ::1] operations):
    """The loops index by these cells without looking."""
    cdef Py_ssize_t i
    for i in range(operations.shape[0]):
        if operations[i, RS1] > 31 or operations[i, RS2] > 31 or operations[i, RD] > 31:
            raise ValueError(f"operations[{i}] names a register beyond x31")


cdef struct Job:
    const uint64_t *operations
    uint64_t size
    const uint64_t *snapshots
    uint64_t first  # row of the table that out[0] is
    uint64_t steps
    uint64_t *out
    uint64_t *ranges  # 65536 counts for each thread


cdef inline void limbs(uint64_t *out, uint64_t value) noexcept nogil:
    out[0] = value & 0xFFFF
    out[1] = value >> 16 & 0xFFFF
    out[2] = value >> 32 & 0xFFFF
    out[3] = value >> 48


cdef inline void distance(
    uint64_t *gap, uint64_t *ranges, uint64_t now, uint64_t last
) noexcept nogil:
    """The gap between two accesses: its low limb is a cell, both limbs are on RANGE."""
    cdef uint64_t between = now - last - 1
    gap[0] = between & 0xFFFF
    ranges[between & 0xFFFF] += 1
    ranges[between >> 16 & 0xFFFF] += 1


cdef void invert_sums(uint64_t *rows, Py_ssize_t count) noexcept nogil:
    """Replace the sums in column INVERSE of `count` <= BLOCK rows by inverses; 0 stays 0.

    Montgomery's trick: one inversion of the product, then back through the partial products.
    """
    cdef uint64_t[BLOCK] partial
    cdef uint64_t product = 1
    cdef uint64_t value
    cdef Py_ssize_t i
    for i in range(count):
        value = rows[i * CPU_WIDTH + INVERSE]
        partial[i] = product
        if value:
            product = gl_mul(product, value)
    product = gl_inverse(product)
    for i in range(count - 1, -1, -1):
        value = rows[i * CPU_WIDTH + INVERSE]
        if value:
            rows[i * CPU_WIDTH + INVERSE] = gl_mul(product, partial[i])
            product = gl_mul(product, value)


cdef Py_ssize_t write_span(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    """Write the rows of one span, from its snapshot; -1, or the row where a snapshot is wrong."""
    cdef Job *job = <Job *>context
    cdef uint64_t *ranges = job.ranges + 65536 * <Py_ssize_t>thread
    cdef uint64_t[STATE_WIDTH] state
    cdef uint64_t *times = state + 32
    cdef uint64_t clock = job.first + <uint64_t>first
    cdef const uint64_t *operation
    cdef uint64_t *row
    cdef uint64_t a, b, result, total, delta, time
    cdef Py_ssize_t i, j, start
    cdef Py_ssize_t real = last
    if clock >= job.steps:
        real = first
    elif job.steps - clock < <uint64_t>(last - first):
        real = first + <Py_ssize_t>(job.steps - clock)
    if real > first:
        memcpy(state, job.snapshots + first // ROWS_OF_SPAN * STATE_WIDTH, sizeof(state))
        if state[CLOCK] != clock:
            return first
    for i in range(first, real):
        if state[POSITION] >= job.size or state[POSITION] & 3:
            return i
        operation = job.operations + (state[POSITION] >> 2) * OPERATION_WIDTH
        row = job.out + i * CPU_WIDTH
        time = 4 * clock
        row[REAL] = 1
        row[CPU_CLOCK] = clock
        memcpy(row + CPU_OPERATION, operation, CELLS * sizeof(uint64_t))
        # read rs1, then rs2, then write rd: each access meets the time that the one before left
        a = state[operation[RS1]]
        limbs(row + A, a)
        row[A_TIME] = times[operation[RS1]]
        distance(row + A_GAP, ranges, time + 1, row[A_TIME])
        times[operation[RS1]] = time + 1
        b = state[operation[RS2]]
        limbs(row + B, b)
        row[B_TIME] = times[operation[RS2]]
        distance(row + B_GAP, ranges, time + 2, row[B_TIME])
        times[operation[RS2]] = time + 2
        result = a + b + operation[CONSTANT]
        limbs(row + RESULT, result)
        for j in range(4):
            ranges[row[RESULT + j]] += 1
        if operation[WRITES]:
            limbs(row + OLD, state[operation[RD]])
            row[OLD_TIME] = times[operation[RD]]
            distance(row + OLD_GAP, ranges, time + 3, row[OLD_TIME])
            state[operation[RD]] = result
            times[operation[RD]] = time + 3
        else:
            memset(row + OLD, 0, 5 * sizeof(uint64_t))
            row[OLD_GAP] = 0
        row[DIFFER] = a != b
        total = 0
        for j in range(4):
            delta = row[A + j] - row[B + j]  # modulo 2^64, as is its square
            total += delta * delta
        row[INVERSE] = total
        state[POSITION] += 4
        if a != b:
            state[POSITION] += operation[DISTANCE]
        clock += 1
    start = first
    while start < real:
        invert_sums(job.out + start * CPU_WIDTH, min(<Py_ssize_t>BLOCK, real - start))
        start += BLOCK
    for i in range(real, last):
        row = job.out + i * CPU_WIDTH
        memset(row, 0, CPU_WIDTH * sizeof(uint64_t))
        row[CPU_CLOCK] = job.first + <uint64_t>i
    return -1


def write_rows(
    const uint64_t[:, ::1] operations not None,
    const uint64_t[:, ::1] snapshots not None,
    uint64_t first,
    uint64_t steps,
    uint64_t[:, ::1] out not None,
    uint64_t[:, ::1] ranges not None,
):
    """Write rows `first`, `first` + 1, ... of the CPU table into `out`.

    Parameters
    ----------
    operations : uint64 (words, OPERATION_COLUMNS)
    snapshots : uint64 (spans, STATE)
        As `advance` left them, starting with that of row `first`, a multiple of `SPAN`.
    first, steps : int
        Rows from `steps` on are padding.
    out : uint64 (rows, WIDTH)
        Every cell is written.
    ranges : uint64 (threads, 65536)
        How often each 16-bit number is looked up; added to.  The rows are the threads' own: add
        them up in the end.

    Raises
    ------
    ValueError
        For wrong shapes, or snapshots that belong to other rows.
    """
    cdef Py_ssize_t rows = out.shape[0]
    cdef Py_ssize_t needed = 0
    cdef Py_ssize_t bad
    cdef int threads = max_team()
    cdef Job job
    if operations.shape[1] != OPERATION_WIDTH or operations.shape[0] < 1:
        raise ValueError(f"operations must have {OPERATION_WIDTH} columns and at least one row")
    if out.shape[1] != CPU_WIDTH:
        raise ValueError(f"out must have {CPU_WIDTH} columns")
    if ranges.shape[0] < 1 or ranges.shape[1] != 65536:
        raise ValueError("ranges must have 65536 columns and at least one row")
    if first % ROWS_OF_SPAN:
        raise ValueError(f"first must be a multiple of {ROWS_OF_SPAN}")
    if steps > first:
        needed = (min(<Py_ssize_t>(steps - first), rows) + ROWS_OF_SPAN - 1) // ROWS_OF_SPAN
    if snapshots.shape[0] < needed or snapshots.shape[1] != STATE_WIDTH:
        raise ValueError(f"snapshots must have {STATE_WIDTH} columns and {needed} rows")
    if rows == 0:
        return
    _check_registers(operations)
    job.operations = &operations[0, 0]
    job.size = 4 * <uint64_t>operations.shape[0]
    job.snapshots = &snapshots[0, 0] if needed else NULL
    job.first = first
    job.steps = steps
    job.out = &out[0, 0]
    job.ranges = &ranges[0, 0]
    threads = min(threads, <int>min(ranges.shape[0], 1024))
    bad = _chunks.run_long(write_span, &job, rows, ROWS_OF_SPAN, threads, ROW_COST)
    if bad >= 0:
        raise ValueError(f"the snapshot before row {first + bad} belongs to another run")
