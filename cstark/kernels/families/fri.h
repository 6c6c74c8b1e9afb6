/* FRI: folding a word, joining two words. Planar extension words, a plane for each coordinate, cosets
 * one after another in a plane. Inputs and outputs canonical.
 *
 * Write the polynomial behind the word as f(y) = sum_k y^k f_k(y^a), a the arity. On the a points
 * W^j y (W of order a) it is a transform of size a of the values y^k f_k(y^a):
 *     sum_j W^(-jk) f(W^j y) = a y^k f_k(y^a),
 * so the fold sum_k challenge^k a f_k(y^a) is a polynomial in challenge / y with the transformed
 * values as coefficients. Points y = w^(q + blowup i), w of order blowup n: W^j y is row i + j n/a of the
 * same coset, and y^a runs over the points of the folded word in the same order.
 */
#include "fri_types.h"
#include "powers.h"

/* X_k = sum_j W^(-jk) x_j for canonical x. W^-1 of order 4 is 7^(-(p-1)/4) = 2^144 = -2^48. */
INLINE void transform_4(const vec x[4], digits out[4]) {
    const digits x0 = d_split(x[0]), x1 = d_split(x[1]), x2 = d_split(x[2]), x3 = d_split(x[3]);
    const digits s0 = d_add(x0, x2), s1 = d_sub(x0, x2), u0 = d_add(x1, x3);
    const digits u1 = d_shift_32(d_sub(x1, x3), 16);
    out[0] = d_add(s0, u0), out[2] = d_sub(s0, u0);
    out[1] = d_sub(s1, u1), out[3] = d_add(s1, u1);
}
/* The root of order 8 is 7^((p-1)/8) = 2^120, its inverse 2^72 = v^3 with v = 2^24. Output m of the
 * transform with v itself is sum_j v^(jm) x_j = X_k for m = 3k mod 8. Every value meets one shift. */
INLINE void transform_8(const vec x[8], digits out[8]) {
    const digits x0 = d_split(x[0]), x1 = d_split(x[1]), x2 = d_split(x[2]), x3 = d_split(x[3]);
    const digits x4 = d_split(x[4]), x5 = d_split(x[5]), x6 = d_split(x[6]), x7 = d_split(x[7]);
    const digits s0 = d_add(x0, x4), s1 = d_sub(x0, x4), s2 = d_add(x2, x6), s3 = d_sub(x2, x6);
    const digits u0 = d_add(x1, x5), u1 = d_sub(x1, x5), u2 = d_add(x3, x7), u3 = d_sub(x3, x7);
    const digits even = d_add(s0, s2), odd = d_add(u0, u2);
    out[0] = d_add(even, odd), out[4] = d_sub(even, odd);
    const digits even2 = d_sub(s0, s2), odd2 = d_shift_32(d_sub(u0, u2), 16);
    out[6] = d_add(even2, odd2), out[2] = d_sub(even2, odd2); /* m = 2, 6 */
    const digits turned = d_shift_32(s3, 16);
    const digits even1 = d_add(s1, turned), even3 = d_sub(s1, turned);
    const digits odd1 = d_add(d_shift(u1, 24), d_shift_64(u3, 8));
    const digits odd3 = d_add(d_shift_64(u1, 8), d_shift(u3, 24));
    out[3] = d_add(even1, odd1), out[7] = d_sub(even1, odd1); /* m = 1, 5 */
    out[1] = d_add(even3, odd3), out[5] = d_sub(even3, odd3); /* m = 3, 7 */
}

/* `count` folded values; p and out point at their first coordinate of the first row. */
INLINE void fold_some(const uint64_t *p, ptrdiff_t plane, ptrdiff_t step, uint64_t *out, ptrdiff_t out_plane,
                      const uint64_t *inverse_points, vec3 challenge, const int arity, const int count) {
    digits3 y[8];
    for (int k = 0; k < 3; k++) {
        vec x[8];
        digits d[8];
        for (int j = 0; j < arity; j++)
            x[j] = count == LANES ? v_load(p + k * plane + j * step) : v_load_some(p + k * plane + j * step, count);
        if (arity == 2) {
            d[0] = d_add(d_split(x[0]), d_split(x[1]));
            d[1] = d_sub(d_split(x[0]), d_split(x[1]));
        } else if (arity == 4)
            transform_4(x, d);
        else
            transform_8(x, d);
        for (int j = 0; j < arity; j++) y[j].c[k] = d[j];
    }
    const vec3 ratio = e_scale(challenge, v_load(inverse_points));
    /* Horner's rule in challenge / y. The coefficients stay in digits, where the sum costs no carry. */
    vec3 r = e_digits_value(y[arity - 1]);
    for (int k = arity - 2; k >= 0; k--) r = e_mul_add_digits(r, ratio, y[k]);
    r = e_canonical(r);
    if (count == LANES)
        e_store(out, out_plane, r);
    else
        e_store_some(out, out_plane, count, r);
}

INLINE void fold_rows(const fri_job *job, const int arity, ptrdiff_t q, ptrdiff_t first, ptrdiff_t count) {
    /* The points of a block stay in the first-level cache, and the powers that begin it are made once.
     * The last vector of them may reach LANES - 1 words too far. */
    enum { BLOCK = 512 };
    uint64_t inverse_points[BLOCK + LANES];
    const ptrdiff_t m = job->n / arity, plane = job->blowup * job->n, out_plane = job->blowup * m;
    const vec3 challenge = e_set1(job->challenge);
    for (ptrdiff_t start = first; start < first + count; start += BLOCK) {
        const ptrdiff_t size = first + count - start < BLOCK ? first + count - start : BLOCK;
        const uint64_t *p = job->word + q * job->n + start;
        uint64_t *out = job->out + q * m + start;
        fill_powers(inverse_points, size + LANES - 1,
                    gl_mul(gl_power(job->inverse_root, (uint64_t)q), gl_power(job->inverse_step, (uint64_t)start)),
                    job->inverse_step);
        ptrdiff_t i = 0;
        for (; i + LANES <= size; i += LANES)
            fold_some(p + i, plane, m, out + i, out_plane, inverse_points + i, challenge, arity, LANES);
        if (i < size)
            fold_some(p + i, plane, m, out + i, out_plane, inverse_points + i, challenge, arity, (int)(size - i));
    }
}

/* Items: the folded values of all cosets, blowup * n / arity of them. */
static ptrdiff_t fri_fold(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const fri_job *job = context;
    (void)thread;
    const ptrdiff_t m = job->n / job->arity;
    while (first < last) { /* a range of items may reach over several cosets, which have other points */
        const ptrdiff_t q = first / m, i = first % m;
        const ptrdiff_t count = last - first < m - i ? last - first : m - i;
        if (job->arity == 2)
            fold_rows(job, 2, q, i, count);
        else if (job->arity == 4)
            fold_rows(job, 4, q, i, count);
        else
            fold_rows(job, 8, q, i, count);
        first += count;
    }
    return -1;
}

/* out += challenge * word */
static ptrdiff_t fri_join(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const fri_job *job = context;
    (void)thread;
    const vec3 factor = e_set1(job->challenge);
    ptrdiff_t i = first;
    for (; i + LANES <= last; i += LANES)
        e_store(job->out + i, job->n,
                e_canonical(e_mul_add(e_load(job->word + i, job->n), factor, e_split(e_load(job->out + i, job->n)))));
    const int count = (int)(last - i);
    if (count) {
        const vec3 sum = e_mul_add(e_load_some(job->word + i, job->n, count), factor,
                                   e_split(e_load_some(job->out + i, job->n, count)));
        e_store_some(job->out + i, job->n, count, e_canonical(sum));
    }
    return -1;
}

const fri_table TABLE = {fri_fold, fri_join};
