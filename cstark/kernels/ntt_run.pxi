# Included by _ntt.pyx: how a call is cut into tiles, its scratch memory, and its passes.


cdef class _Run:
    """One call: its context and its scratch."""

    cdef ntt_call call
    cdef const ntt_table *table
    cdef int threads
    cdef bint narrow
    cdef Py_ssize_t factor_words, weight
    cdef ntt_call *calls  # of an extension: the call once more for each coset
    cdef object keep

    def __cinit__(self, Plan plan, Py_ssize_t width, Py_ssize_t stride, Py_ssize_t words):
        self.table = table_for(plan, width, stride)
        self.weight = words
        self.threads = team(words, SERIAL_WORDS)
        cdef ntt_call *call = &self.call
        memset(call, 0, sizeof(ntt_call))
        call.log_size = plan.log_n
        call.width = width
        call.columns = (width + self.table.lanes - 1) // self.table.lanes * self.table.lanes
        call.root = plan.root
        call.root_inverse = plan.root_inverse
        call.scale = plan.size_inverse
        call.groups = call.side = 1
        if stride == width and call.columns != width and plan.log_n >= NARROW_LOG:
            self.narrow = True
            call.outer = &plan.outer.plan
            call.inner = &plan.inner.plan
            call.side = self.table.lanes
            while call.side * width < NARROW_SIDE and 2 * call.side <= self.outer_rows():
                call.side *= 2
            call.outer_tile = _tile(
                width << call.inner.log_size,
                min(OUTER_WORDS, <Py_ssize_t>NARROW_WORDS << call.outer.log_size),
                call.outer.log_size,
            )
            call.inner_tile = _tile(width, INNER_WORDS // call.side, call.inner.log_size)
        elif plan.log_n < SPLIT_LOG or (
            plan.whole is not None and call.columns <= INNER_WORDS >> plan.log_n
        ):
            call.outer = &plan.whole.plan
            call.outer_tile = _tile(call.columns, INNER_WORDS, plan.log_n)
        else:
            call.outer = &plan.outer.plan
            call.inner = &plan.inner.plan
            call.outer_tile = _tile(call.columns, OUTER_WORDS, plan.outer.log_size)
            call.inner_tile = _tile(call.columns, INNER_WORDS, plan.inner.log_size)

    cdef void group(self) noexcept:
        """Take several adjacent rows side by side where all their columns fit into one tile."""
        cdef ntt_call *call = &self.call
        cdef Py_ssize_t most = min(<Py_ssize_t>GROUP_COLUMNS, OUTER_WORDS >> call.outer.log_size)
        call.groups = 1
        if call.outer_tile == call.columns:
            while 2 * call.groups * call.columns <= most and 2 * call.groups <= self.inner_rows():
                call.groups *= 2

    cdef Py_ssize_t outer_rows(self) noexcept:
        return <Py_ssize_t>1 << self.call.outer.log_size

    cdef Py_ssize_t inner_rows(self) noexcept:
        return <Py_ssize_t>1 << self.call.inner.log_size

    def __dealloc__(self):
        free(self.calls)

    cdef outer(self, chunk_function function):
        """A strided pass."""
        cdef Py_ssize_t words = self.outer_rows() * self.call.columns * self.call.groups
        self.each(function, self.inner_rows() // self.call.groups, words)

    cdef inner(self, chunk_function function, Py_ssize_t times):
        """A pass over contiguous blocks, each of whose words is transformed `times` times."""
        self.each(function, self.outer_rows(), times * self.inner_rows() * self.call.columns)

    cdef each(self, chunk_function function, Py_ssize_t items, Py_ssize_t words):
        """Run `function` on all items, each of which touches `words` words."""
        cdef Py_ssize_t chunk = max(1, CHUNK_WORDS // words)
        run_long(function, &self.call, items, chunk, self.threads, WORD_COST * words)

    cdef void extension(self, Py_ssize_t cosets, Py_ssize_t stride) noexcept:
        """Settle how an extension is made."""
        if self.call.inner != NULL:
            self.factor_words = 4 * cosets * self.inner_rows()  # four words a twiddle
            if stride == self.call.columns:
                self.group()

    cdef Py_ssize_t words(self) noexcept:
        """Of scratch, once the call's tiles are known: the threads', then the factors of cosets."""
        # A multiple of 16 words: no two threads write one pair of cache lines.
        self.call.scratch_words = (ntt_scratch_size(&self.call) + 15) // 16 * 16
        return self.threads * self.call.scratch_words + self.factor_words

    cdef allocate(self):
        cdef uint64_t[::1] scratch
        scratch = _runtime.aligned(self.words())
        self.keep = scratch
        self.call.scratch = &scratch[0]

    cdef Py_ssize_t tiles(self) noexcept:
        return (self.call.columns + self.call.outer_tile - 1) // self.call.outer_tile

    # ---- the passes of an extension ----

    cdef int begin(self, uint64_t *scratch, Py_ssize_t words, uint64_t *factors) except -1:
        """Before the first pass: `words` of scratch for each thread, and room for the factors."""
        cdef ntt_call *call = &self.call
        cdef int q
        call.scratch, call.scratch_words, call.factors = scratch, words, <gl_twiddle *>factors
        if call.inner != NULL:
            self.table.factors(call, 0, call.cosets, 0)
        self.calls = <ntt_call *>malloc(call.cosets * sizeof(ntt_call))
        if self.calls == NULL:
            raise MemoryError("no memory for an extension")
        for q in range(call.cosets):
            self.calls[q] = call[0]
            self.calls[q].coset = q
        return 0

    cdef Py_ssize_t add_pass(self, int number, Job *jobs) noexcept:
        """Write the jobs of a pass, 0 to 2: as many as there are cosets, one, or none."""
        cdef ntt_call *call = &self.call
        cdef Py_ssize_t rows = self.outer_rows(), times = 1 + call.cosets, q
        if call.inner == NULL:
            if number:
                return 0
            self.set_job(
                jobs, call, self.table.whole_extension, self.tiles(),
                times * rows * call.outer_tile,
            )
        elif number == 0 and call.given:
            return 0
        elif number == 0:
            self.set_outer(
                jobs, call, self.table.narrow_outer_inverse if self.narrow
                else self.table.outer_inverse,
            )
        elif number == 1 and self.narrow:
            self.set_job(
                jobs, call, self.table.narrow_inner, rows // call.side,
                times * call.side * self.inner_rows() * call.width,
            )
        elif number == 1:
            self.set_job(
                jobs, call, self.table.inner, rows, times * self.inner_rows() * call.columns
            )
        else:
            for q in range(call.cosets):
                self.set_outer(
                    jobs + q, self.calls + q, self.table.narrow_outer_forward if self.narrow
                    else self.table.outer_forward,
                )
            return call.cosets
        return 1

    cdef void set_outer(self, Job *job, ntt_call *call, chunk_function function) noexcept:
        """A strided pass; in narrow matrices over tiles of words, whatever rows they belong to."""
        cdef Py_ssize_t rows = self.outer_rows(), words, tile = call.outer_tile
        if self.narrow:
            words = call.width * self.inner_rows()
            self.set_job(job, call, function, (words + tile - 1) // tile, rows * tile)
        else:
            words = rows * call.columns * call.groups
            self.set_job(job, call, function, self.inner_rows() // call.groups, words)

    cdef void set_job(
        self, Job *job, ntt_call *call, chunk_function function, Py_ssize_t items,
        Py_ssize_t words,
    ) noexcept:
        job.function, job.context, job.items = function, call, items
        job.chunk, job.cost = max(1, CHUNK_WORDS // words), WORD_COST * <double>words


cdef _extend(list runs):
    """Run extensions pass by pass, all of them in each."""
    cdef _Run r
    cdef Py_ssize_t words = 0, most = 0, factors = 0, cosets = 0, rows, count
    cdef int threads, number
    cdef uint64_t[::1] scratch
    cdef uint64_t *place
    cdef Job *jobs
    runs = [r for r in runs if r is not None]
    if not runs:
        return
    for r in runs:
        words += r.weight
        most = max(most, r.call.scratch_words)
        factors += r.factor_words
        cosets += r.call.cosets
    threads = team(words, SERIAL_WORDS)
    scratch = _runtime.aligned(threads * most + factors)
    place = &scratch[0] + threads * most
    jobs = <Job *>malloc(cosets * sizeof(Job))
    if jobs == NULL:
        raise MemoryError("no memory for the list of extensions")
    try:
        for r in runs:
            r.begin(&scratch[0], most, place)
            place += r.factor_words
        for number in range(3):
            count = 0
            for r in runs:
                count += r.add_pass(number, jobs + count)
            run_jobs(jobs, count, threads)
    finally:
        free(jobs)
    for r in runs:
        if not r.narrow:
            rows = <Py_ssize_t>1 << r.call.log_size
            _clear(r.call.out, (r.call.cosets - 1) * rows, r.call.out_pitch, r.call.columns)
            _clear(r.call.last, rows, r.call.out_pitch, r.call.columns)
