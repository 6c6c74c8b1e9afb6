/* Sums and products of the rows of a matrix, total and running; part of the family field.h.
 *
 * The operations are the elementwise ones on whole rows. Sums of extension elements are sums of words.
 */

/* Words that a call of an elementwise function should have; narrower rows are folded side by side. */
#define SCAN_WORDS 96

/* into = into op row, on `words` adjacent words; `item` of them are an element. */
INLINE void fold_into(kernel_function op, uint64_t *into, const uint64_t *row, ptrdiff_t words,
                      const int item) {
    field_job job = {.a = into, .b = row, .out = into};
    op(&job, 0, words / item, 0);
}

/* The order of the factors does not matter: rows may be folded in groups. */
INLINE ptrdiff_t fold(const scan_job *job, ptrdiff_t first, ptrdiff_t last, kernel_function op,
                      const int item) {
    const ptrdiff_t width = job->width;
    uint64_t *out = job->out + first / job->chunk * width;
    const uint64_t *row = job->a + first * width, *end = job->a + last * width;
    const ptrdiff_t group = width < SCAN_WORDS ? SCAN_WORDS / width * width : width;
    if (group > width && end - row >= group) {
        uint64_t sums[SCAN_WORDS]; /* group <= SCAN_WORDS, since it is the larger of the two here */
        memcpy(sums, row, sizeof(uint64_t) * (size_t)group);
        for (row += group; end - row >= group; row += group) fold_into(op, sums, row, group, item);
        memcpy(out, sums, sizeof(uint64_t) * (size_t)width);
        for (ptrdiff_t k = width; k < group; k += width) fold_into(op, out, sums + k, width, item);
    } else {
        memcpy(out, row, sizeof(uint64_t) * (size_t)width);
        row += width;
    }
    for (; row < end; row += width) fold_into(op, out, row, width, item);
    return -1;
}
static ptrdiff_t fold_add(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const scan_job *job = context;
    (void)thread;
    return fold(job, first, last, field_add, 1);
}
static ptrdiff_t fold_mul(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const scan_job *job = context;
    (void)thread;
    return fold(job, first, last, field_mul, 1);
}
static ptrdiff_t fold_ext_mul(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const scan_job *job = context;
    (void)thread;
    return fold(job, first, last, field_ext_mul, 3);
}

/* Narrow matrices: one column at a time, whose running value stays in registers. */
#define SCAN_COLUMNS(name, TYPE, ITEM, LOAD, OPERATION, STORE)                                      \
    INLINE void name(const scan_job *job, ptrdiff_t first, ptrdiff_t last) {                        \
        const ptrdiff_t width = job->width;                                                         \
        for (ptrdiff_t column = 0; column < width; column += ITEM) {                                \
            TYPE running = LOAD(job->starts + first / job->chunk * width + column);                 \
            for (ptrdiff_t k = first * width + column; k < last * width; k += width) {              \
                running = OPERATION(running, LOAD(job->a + k));                                     \
                STORE(job->out + k, running);                                                       \
            }                                                                                       \
        }                                                                                           \
    }
#define WORD(p) (*(p))
#define STORE_CANONICAL(p, value) (*(p) = gl_canonical(value))
#define ELEMENT(p) (*(const ext *)(p))
#define STORE_ELEMENT(p, value) (*(ext *)(p) = (value))
SCAN_COLUMNS(scan_columns_add, uint64_t, 1, WORD, gl_add, STORE_CANONICAL)
SCAN_COLUMNS(scan_columns_mul, uint64_t, 1, WORD, gl_mul_any, STORE_CANONICAL)
SCAN_COLUMNS(scan_columns_ext_mul, ext, 3, ELEMENT, ext_mul, STORE_ELEMENT)
#undef SCAN_COLUMNS
#undef WORD
#undef STORE_CANONICAL
#undef ELEMENT
#undef STORE_ELEMENT

/* Wide ones: row by row. */
INLINE ptrdiff_t scan_rows(const scan_job *job, ptrdiff_t first, ptrdiff_t last, kernel_function op,
                           const int item) {
    const ptrdiff_t width = job->width;
    const uint64_t *before = job->starts + first / job->chunk * width;
    for (ptrdiff_t i = first; i < last; i++) {
        uint64_t *out = job->out + i * width;
        field_job row = {.a = before, .b = job->a + i * width, .out = out};
        op(&row, 0, width / item, 0);
        before = out;
    }
    return -1;
}
#define SCAN(name, columns, op, ITEM)                                                               \
    static ptrdiff_t name(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {             \
        const scan_job *job = context;                                                              \
        (void)thread;                                                                               \
        if (job->width >= 2 * ITEM * LANES) return scan_rows(job, first, last, op, ITEM);           \
        columns(job, first, last);                                                                  \
        return -1;                                                                                  \
    }
SCAN(scan_add, scan_columns_add, field_add, 1)
SCAN(scan_mul, scan_columns_mul, field_mul, 1)
SCAN(scan_ext_mul, scan_columns_ext_mul, field_ext_mul, 3)
#undef SCAN
