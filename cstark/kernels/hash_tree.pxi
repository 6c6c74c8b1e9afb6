# Included by _hash.pyx: Merkle trees, several levels in one parallel region.

# A thread takes so many nodes, and all that is above them, at most so many levels: their digests
# stay in the second-level cache, and ranges of rows are not shorter than a group of streams.
cdef enum:
    SLICE_ROWS = 1 << 10
    SLICE_LEVELS = 6


cdef int next_levels(
    tree_job *job, int algorithm, Py_ssize_t blocks, int left, Py_ssize_t *work
) noexcept nogil:
    """How many of the `left` levels above the job's one pass makes; the threads for it."""
    cdef Py_ssize_t a_node = work_of(algorithm, 2 * HASH_BYTES)
    cdef int threads = team(blocks * job.rows * a_node, SERIAL_BELOW)
    cdef int log_slices = 0
    job.levels, job.slices = left, 1
    # cut in the same way for one thread: slices fit into its cache
    if blocks * job.rows * a_node >= SERIAL_BELOW and job.rows >= SLICE_ROWS:
        while job.rows >> log_slices > SLICE_ROWS:
            log_slices += 1
        job.levels, job.slices = SLICE_LEVELS, (<Py_ssize_t>1) << log_slices
    work[0] = (job.rows // job.slices - (job.rows >> job.levels) // job.slices) * a_node
    return threads


def tree_digests(
    int algorithm,
    const uint8_t[:, :, ::1] leaves,
    joined,
    Py_ssize_t skipped,
    uint8_t[:, ::1] out,
):
    """All levels of a Merkle tree above its leaves, see `cstark.protocol.merkle`.

    Parameters
    ----------
    leaves : uint8 (blocks, rows, 32)
        Digests; both powers of two.
    joined : sequence of uint8 (blocks, rows / 2, 32), (blocks, rows / 4, 32), ..., or None
        What is injected into each level down to a single row.
    skipped : int
        So many levels, the first above the leaves, are not kept.
    out : uint8 (nodes, 32), written
        The other levels, one after another; the root is last.
    """
    cdef tree_job job
    cdef const uint8_t[:, :, ::1] view
    cdef Py_ssize_t blocks = leaves.shape[0], rows = leaves.shape[1], nodes, work = 0
    cdef int left, level = 0, threads, k
    cdef uint8_t *place
    cdef bytearray spare
    cdef const uint8_t *injected[TREE_LEVELS_MAX]
    job.core = core_of(algorithm)
    check_shape("leaves", (leaves.shape[2],), (HASH_BYTES,))
    if rows < 1 or rows & (rows - 1) or blocks < 1 or blocks & (blocks - 1):
        raise ValueError(f"leaves must be powers of two, not {blocks} x {rows}")
    left = len(joined)
    if rows != (<Py_ssize_t>1) << left or not 0 <= skipped <= left:
        raise ValueError(f"{rows} leaves do not have {left} levels, or not {skipped} to skip")
    nodes = blocks * (rows >> skipped) - 1
    check_shape("out", (out.shape[0], out.shape[1]), (nodes, HASH_BYTES))
    views = []
    for k in range(left):
        injected[k] = NULL
        if joined[k] is not None:
            view = joined[k]
            check_shape(
                f"joined[{k}]",
                (view.shape[0], view.shape[1], view.shape[2]),
                (blocks, rows >> (k + 1), HASH_BYTES),
            )
            views.append(view)
            injected[k] = &view[0, 0, 0]
    if nodes == 0:
        return
    place, job.below = &out[0, 0], &leaves[0, 0, 0]
    # Down to a row in each block, then the blocks as the rows of one.
    while blocks * rows > 1:
        if rows == 1:
            blocks, rows, left = 1, blocks, blocks.bit_length() - 1
        job.rows = rows
        threads = next_levels(&job, algorithm, blocks, left, &work)
        for k in range(job.levels):
            job.leaf[k] = injected[level] if level < len(joined) else NULL
            job.level[k] = NULL
            if level >= skipped:
                job.level[k] = place
                place += blocks * (rows >> (k + 1)) * HASH_BYTES
            elif k == job.levels - 1:  # what the next pass begins with
                spare = bytearray(blocks * (rows >> (k + 1)) * HASH_BYTES)
                views.append(spare)
                job.level[k] = spare
            level += 1
        job.scratch_bytes = tree_scratch(&job)
        job.scratch = NULL
        if job.scratch_bytes:
            job.scratch = <uint8_t *>malloc(threads * job.scratch_bytes)
            if job.scratch == NULL:
                raise MemoryError("no memory for the levels of a tree that are not kept")
        try:
            run_long(
                tree_chunk, &job, blocks * job.slices, 1, threads, WORK_COST * <double>work
            )
        finally:
            free(job.scratch)
        job.below = job.level[job.levels - 1]
        rows >>= job.levels
        left -= job.levels
