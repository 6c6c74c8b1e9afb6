# Included by _openings.pyx: several sums or quotients in one parallel region.


cdef refuse_none(a, b, c, d=()):
    """Raise unless all are there: of those in a list the kernel does not look by itself."""
    if a is None or b is None or c is None or d is None:
        raise TypeError("an array is None")


cdef int set_column_sums(
    column_sums_job *job, const uint64_t[:, :] matrix, Py_ssize_t width,
    const uint64_t[:, :] weights, int rotate, uint64_t[:, ::1] out,
) except -1:
    """A job with the arguments of `column_sums`, which are checked."""
    cdef Py_ssize_t n = matrix.shape[0]
    if not 0 <= width <= matrix.shape[1]:
        raise ValueError(f"width must be between 0 and {matrix.shape[1]}, not {width}")
    if rotate not in (0, 1):
        raise ValueError(f"rotate must be 0 or 1, not {rotate}")
    shape2(matrix, -1, -1, "matrix")
    shape2(weights, 3, n, "weights")
    shape2(out, width, 3, "out")
    job.n, job.width, job.rotate = n if width else 0, width, rotate
    if job.n:
        job.matrix, job.stride = &matrix[0, 0], stride_of(matrix)
        job.weights, job.weights_plane = &weights[0, 0], stride_of(weights)
    job.chunk = max(ROWS_CHUNK, (n + MAX_TOTALS - 1) // MAX_TOTALS)
    return 0


cdef Py_ssize_t totals_of(const column_sums_job *job) noexcept nogil:
    """How many sums it leaves for each column: one for each chunk."""
    return (job.n + job.chunk - 1) // job.chunk


cdef void add_totals(const column_sums_job *job, uint64_t *out) noexcept nogil:
    cdef Py_ssize_t words = 3 * job.width, k, c
    memset(out, 0, words * sizeof(uint64_t))
    for k in range(totals_of(job)):
        for c in range(words):
            out[c] = gl_add(out[c], job.out[k * words + c])


def column_sums_many(calls):
    """Several `column_sums` in one parallel region.

    Parameters
    ----------
    calls : sequence of tuple
        The arguments of each.
    """
    cdef const openings_table *table = isa_tables[isa_index()]
    cdef Py_ssize_t count = len(calls), words = 0, k
    cdef uint64_t[::1] sums
    cdef uint64_t[:, ::1] result
    cdef column_sums_job *parts = <column_sums_job *>malloc(count * sizeof(column_sums_job) + 1)
    cdef Job *jobs = <Job *>malloc(count * sizeof(Job) + 1)
    try:
        if parts == NULL or jobs == NULL:
            raise MemoryError("no memory for the list of openings")
        for k in range(count):
            matrix, width, weights, rotate, out = calls[k]
            refuse_none(matrix, weights, out)
            set_column_sums(&parts[k], matrix, width, weights, rotate, out)
            set_job(
                &jobs[k], table.column_sums, &parts[k], parts[k].n, parts[k].chunk,
                SUM_COST * parts[k].width,
            )
            words += 3 * parts[k].width * totals_of(&parts[k])
        sums = np.empty(words + 1, np.uint64)
        words = 0
        for k in range(count):
            parts[k].out = &sums[words]
            words += 3 * parts[k].width * totals_of(&parts[k])
        run_together(jobs, count)
        for k in range(count):
            if parts[k].width:
                result = calls[k][4]
                add_totals(&parts[k], &result[0, 0])
    finally:
        free(parts)
        free(jobs)


# ---- rows combined --------------------------------------------------------------------------

cdef struct combine_job:
    # of the same rows: sums, then quotients, which may need them
    const openings_table *table
    row_sums_job *sums
    Py_ssize_t sum_count
    quotient_job *quotients
    Py_ssize_t quotient_count


cdef Py_ssize_t combine_rows(
    void *context, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    cdef const combine_job *job = <const combine_job *>context
    cdef Py_ssize_t k
    for k in range(job.sum_count):
        job.table.row_sums(&job.sums[k], first, last, thread)
    for k in range(job.quotient_count):
        job.table.add_quotient(&job.quotients[k], first, last, thread)
    return -1


def prepared_bytes(Py_ssize_t width):
    """Bytes that the coefficients of so many columns take while `row_sums` runs."""
    return 8 * isa_tables[isa_index()].coefficient_words(width)


cdef uint64_t[::1] set_row_sums(
    row_sums_job *job, const uint64_t[:, :] matrix,
    const uint64_t[:, ::1] coefficients, uint64_t[:, :] out, bint accumulate,
):
    """A job with the arguments of `row_sums`, which are checked; the coefficients, prepared."""
    cdef const openings_table *table = isa_tables[isa_index()]
    cdef Py_ssize_t n = matrix.shape[0], width = coefficients.shape[0]
    shape2(matrix, -1, -1, "matrix")
    shape2(coefficients, -1, 3, "coefficients")
    shape2(out, 3, n, "out")
    if width > matrix.shape[1]:
        raise ValueError(
            f"coefficients has {width} rows, but matrix only {matrix.shape[1]} columns"
        )
    cdef uint64_t[::1] weights = _runtime.aligned(table.coefficient_words(width))
    job.matrix = &matrix[0, 0] if width and n else NULL
    job.stride = stride_of(matrix)
    job.width, job.accumulate = width, accumulate
    job.weights = &weights[0] if width else NULL
    job.out, job.out_plane = &out[0, 0] if n else NULL, stride_of(out)
    if width:
        table.prepare_coefficients(&coefficients[0, 0], width, &weights[0])
    return weights


cdef Py_ssize_t set_quotient(
    quotient_job *job, const uint64_t[:, :, ::1] sums, const uint64_t[::1] value,
    const uint64_t[:, :, ::1] inverses, int rotate, uint64_t[:, :, ::1] out,
    bint accumulate,
) except -1:
    """A job with the arguments of `add_quotient`, which are checked; the points."""
    cdef Py_ssize_t blowup = sums.shape[1], n = sums.shape[2]
    shape3(sums, blowup, n, "sums")
    shape3(inverses, blowup, n, "inverses")
    shape3(out, blowup, n, "out")
    if rotate not in (0, 1):
        raise ValueError(f"rotate must be 0 or 1, not {rotate}")
    set_ext(&job.value, value, "value")
    job.scale = gl_inverse(gl_root(log_of(n, "n")))
    if blowup:
        job.sums, job.inverses, job.out = &sums[0, 0, 0], &inverses[0, 0, 0], &out[0, 0, 0]
    job.n, job.plane, job.rotate, job.accumulate = n, blowup * n, rotate, accumulate
    return blowup * n


def combine(calls):
    """Several `row_sums`, each followed by `add_quotient`s of the same rows, in one region.

    Parameters
    ----------
    calls : sequence of (sequence of tuple, sequence of tuple)
        The arguments of calls of `row_sums`, and of `add_quotient`, all with as many rows. They
        are done in order on every row, so that each may add to what those before it wrote, and
        the quotients of one coset may be those of the sums. What calls of different items write,
        no other item reads or writes.
    """
    cdef Py_ssize_t count = len(calls), parts = sum([len(a) + len(b) for a, b in calls])
    cdef Py_ssize_t used = 0, taken = 0, rows, n, k
    cdef double cost
    cdef row_sums_job *sums = <row_sums_job *>malloc(parts * sizeof(row_sums_job) + 1)
    cdef quotient_job *quotients = <quotient_job *>malloc(parts * sizeof(quotient_job) + 1)
    cdef combine_job *contexts = <combine_job *>malloc(count * sizeof(combine_job) + 1)
    cdef Job *jobs = <Job *>malloc(count * sizeof(Job) + 1)
    cdef list kept = []
    try:
        if sums == NULL or quotients == NULL or contexts == NULL or jobs == NULL:
            raise MemoryError("no memory for the list of sums")
        for k in range(count):
            contexts[k].table = isa_tables[isa_index()]
            contexts[k].sums, contexts[k].quotients = &sums[used], &quotients[taken]
            contexts[k].sum_count, contexts[k].quotient_count = len(calls[k][0]), len(calls[k][1])
            rows, cost = -1, 0
            for matrix, coefficients, out, accumulate in calls[k][0]:
                refuse_none(matrix, coefficients, out)
                kept.append(set_row_sums(&sums[used], matrix, coefficients, out, accumulate))
                rows = same_rows(rows, matrix.shape[0])
                cost += SUM_COST * (sums[used].width + 1)
                used += 1
            for own, value, inverses, rotate, out, accumulate in calls[k][1]:
                refuse_none(own, value, inverses, out)
                n = set_quotient(&quotients[taken], own, value, inverses, rotate, out, accumulate)
                rows = same_rows(rows, n)
                cost += QUOTIENT_COST
                taken += 1
            set_job(&jobs[k], combine_rows, &contexts[k], max(rows, 0), ROWS_CHUNK, cost)
        run_together(jobs, count)
    finally:
        free(sums)
        free(quotients)
        free(contexts)
        free(jobs)


cdef Py_ssize_t same_rows(Py_ssize_t rows, Py_ssize_t n) except -2:
    if rows not in (-1, n):
        raise ValueError(f"what is combined must have the same rows, not {rows} and {n}")
    return n
