/* Matrix products. Matrices row-major, canonical; lanes are columns of the right operand. */
#include "matmul_types.h"

INLINE void matmul_lanes(const uint64_t *a, const uint64_t *b, ptrdiff_t pitch, uint64_t *out, int terms,
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

static ptrdiff_t multiply(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const matmul_job *job = context;
    (void)thread;
    const ptrdiff_t across = matmul_tiles(job->columns, MATMUL_COLUMNS);
    for (ptrdiff_t tile = first; tile < last; tile++) {
        const ptrdiff_t top = tile / across * MATMUL_ROWS, left = tile % across * MATMUL_COLUMNS;
        const ptrdiff_t bottom = job->rows - top < MATMUL_ROWS ? job->rows : top + MATMUL_ROWS;
        const ptrdiff_t width = job->columns - left < MATMUL_COLUMNS ? job->columns - left : MATMUL_COLUMNS;
        /* A sum of more than MATMUL_TERMS products comes in parts, each added to what is there. */
        for (ptrdiff_t i = top; i < bottom; i++)
            memset(job->out + i * job->columns + left, 0, sizeof(uint64_t) * (size_t)width);
        /* k outside of i: the rows of the tile share MATMUL_TERMS rows of b, which stay in the cache. */
        for (ptrdiff_t k = 0; k < job->inner; k += MATMUL_TERMS) {
            const int terms = (int)(job->inner - k < MATMUL_TERMS ? job->inner - k : MATMUL_TERMS);
            const uint64_t *b = job->b + k * job->columns + left;
            for (ptrdiff_t i = top; i < bottom; i++) {
                const uint64_t *a = job->a + i * job->inner + k;
                uint64_t *out = job->out + i * job->columns + left;
                ptrdiff_t j = 0;
                for (; j + LANES <= width; j += LANES)
                    matmul_lanes(a, b + j, job->columns, out + j, terms, LANES);
                if (j < width) matmul_lanes(a, b + j, job->columns, out + j, terms, (int)(width - j));
            }
        }
    }
    return -1;
}

const matmul_table TABLE = {multiply};
