/* The fold of arity 2 with tables of inverse points, (lo + hi) + challenge (1/y) (lo - hi).
 * Planar words as in fri.h: lo is row i of a coset, hi row i + n/2. Items are folded values. */
#ifndef VARIANT_FOLD_TYPES
#define VARIANT_FOLD_TYPES
typedef struct {
    const uint64_t *word; /* [3][blowup][n] */
    uint64_t *out;        /* [3][blowup][n / 2] */
    ptrdiff_t blowup, n;
    ext challenge;
    const uint64_t *inverse_points; /* [blowup][n / 2]: 1/y */
    uint64_t *ratios;               /* [3][blowup][n / 2]: challenge / y */
} tables_job;
typedef ptrdiff_t (*tables_function)(const tables_job *job, ptrdiff_t first, ptrdiff_t last);
typedef struct {
    tables_function multiply, fold_products, fold_points;
} tables_table;
#endif

/* ratios = challenge * inverse_points: 3 products of base elements an item */
static ptrdiff_t FN(multiply)(const tables_job *job, ptrdiff_t first, ptrdiff_t last) {
    const ptrdiff_t plane = job->blowup * job->n / 2;
    const vec3 challenge = e_set1(job->challenge);
    for (ptrdiff_t i = first; i < last; i += LANES)
        e_store(job->ratios + i, plane, e_scale(challenge, v_load(job->inverse_points + i)));
    return -1;
}

INLINE ptrdiff_t FN(fold_with)(const tables_job *job, ptrdiff_t first, ptrdiff_t last, const int products) {
    const ptrdiff_t m = job->n / 2, plane = job->blowup * job->n, out_plane = job->blowup * m;
    const vec3 challenge = e_set1(job->challenge);
    for (ptrdiff_t i = first; i < last; i += LANES) {
        const uint64_t *at = job->word + i / m * job->n + i % m;
        digits3 sum;
        vec3 difference, r;
        for (int k = 0; k < 3; k++) {
            const digits low = d_split(v_load(at + k * plane)), high = d_split(v_load(at + k * plane + m));
            sum.c[k] = d_add(low, high);
            difference.c[k] = d_value(d_sub(low, high));
        }
        if (products) /* 9 products of base elements */
            r = e_mul_add(difference, e_load(job->ratios + i, out_plane), sum);
        else /* 3, then 9 */
            r = e_mul_add(e_scale(difference, v_load(job->inverse_points + i)), challenge, sum);
        e_store(job->out + i, out_plane, e_canonical(r));
    }
    return -1;
}
static ptrdiff_t FN(fold_products)(const tables_job *job, ptrdiff_t first, ptrdiff_t last) {
    return FN(fold_with)(job, first, last, 1);
}
static ptrdiff_t FN(fold_points)(const tables_job *job, ptrdiff_t first, ptrdiff_t last) {
    return FN(fold_with)(job, first, last, 0);
}

static const tables_table FN(table) = {FN(multiply), FN(fold_products), FN(fold_points)};
