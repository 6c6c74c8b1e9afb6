/* The fold of arity 2 with tables of inverse points, (lo + hi) + challenge (1/y) (lo - hi).
 * Planar words as in fri.h: lo is row i of a coset, hi row i + n/2. Items are folded values. */
#include "variant_fold_types.h"

/* ratios = challenge * inverse_points: 3 products of base elements an item */
static ptrdiff_t multiply(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const tables_job *job = context;
    (void)thread;
    const ptrdiff_t plane = job->blowup * job->n / 2;
    const vec3 challenge = e_set1(job->challenge);
    for (ptrdiff_t i = first; i < last; i += LANES)
        e_store(job->ratios + i, plane, e_scale(challenge, v_load(job->inverse_points + i)));
    return -1;
}

INLINE ptrdiff_t fold_with(const tables_job *job, ptrdiff_t first, ptrdiff_t last, const int products) {
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
            r = e_mul_add_digits(difference, e_load(job->ratios + i, out_plane), sum);
        else /* 3, then 9 */
            r = e_mul_add_digits(e_scale(difference, v_load(job->inverse_points + i)), challenge, sum);
        e_store(job->out + i, out_plane, e_canonical(r));
    }
    return -1;
}
static ptrdiff_t fold_products(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const tables_job *job = context;
    (void)thread;
    return fold_with(job, first, last, 1);
}
static ptrdiff_t fold_points(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const tables_job *job = context;
    (void)thread;
    return fold_with(job, first, last, 0);
}

const variant_fold_table TABLE = {multiply, fold_products, fold_points};
