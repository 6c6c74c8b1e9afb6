/* Matrix products. Matrices row-major, canonical; lanes are columns of the right operand. */
#ifndef CSTARK_MATMUL_TYPES
#define CSTARK_MATMUL_TYPES
typedef struct {
    const uint64_t *a, *b; /* rows x inner, inner x columns */
    uint64_t *out;         /* rows x columns */
    ptrdiff_t rows, inner, columns;
} matmul_job;
typedef struct {
    /* Items: tiles of the result, by rows of tiles. */
    ptrdiff_t (*multiply)(const matmul_job *job, ptrdiff_t first, ptrdiff_t last);
} matmul_table;

/* A tile of b is 32 KiB, half of a first-level cache: every row of a tile of a meets it there. Sums of
 * more than TERMS products have to be reduced. */
enum { MATMUL_ROWS = 64, MATMUL_COLUMNS = 64, MATMUL_TERMS = 64 };
static ptrdiff_t matmul_tiles(ptrdiff_t n, ptrdiff_t tile) { return (n + tile - 1) / tile; }
#endif

INLINE void FN(matmul_lanes)(const uint64_t *a, const uint64_t *b, ptrdiff_t pitch, uint64_t *out, int terms,
                             int count) {
    products sum = products_zero();
    for (int k = 0; k < terms; k++, b += pitch)
        products_add(&sum, v_set1(a[k]), count == LANES ? v_load(b) : v_load_some(b, count));
    const vec before = count == LANES ? v_load(out) : v_load_some(out, count);
    const vec after = v_canonical(v_add_canonical(products_value(&sum), before));
    if (count == LANES)
        v_store(out, after);
    else
        v_store_some(out, count, after);
}

static ptrdiff_t FN(multiply)(const matmul_job *job, ptrdiff_t first, ptrdiff_t last) {
    const ptrdiff_t across = matmul_tiles(job->columns, MATMUL_COLUMNS);
    for (ptrdiff_t tile = first; tile < last; tile++) {
        const ptrdiff_t top = tile / across * MATMUL_ROWS, left = tile % across * MATMUL_COLUMNS;
        const ptrdiff_t bottom = job->rows - top < MATMUL_ROWS ? job->rows : top + MATMUL_ROWS;
        const ptrdiff_t width = job->columns - left < MATMUL_COLUMNS ? job->columns - left : MATMUL_COLUMNS;
        for (ptrdiff_t i = top; i < bottom; i++)
            memset(job->out + i * job->columns + left, 0, sizeof(uint64_t) * (size_t)width);
        for (ptrdiff_t k = 0; k < job->inner; k += MATMUL_TERMS) {
            const int terms = (int)(job->inner - k < MATMUL_TERMS ? job->inner - k : MATMUL_TERMS);
            const uint64_t *b = job->b + k * job->columns + left;
            for (ptrdiff_t i = top; i < bottom; i++) {
                const uint64_t *a = job->a + i * job->inner + k;
                uint64_t *out = job->out + i * job->columns + left;
                ptrdiff_t j = 0;
                for (; j + LANES <= width; j += LANES)
                    FN(matmul_lanes)(a, b + j, job->columns, out + j, terms, LANES);
                if (j < width) FN(matmul_lanes)(a, b + j, job->columns, out + j, terms, (int)(width - j));
            }
        }
    }
    return -1;
}

static const matmul_table FN(table) = {FN(multiply)};
