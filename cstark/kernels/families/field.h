/* Elementwise arithmetic on arrays of field elements, dot products, geometric sequences, scans.
 *
 * Inputs canonical (also where a formula would take any word: then the results are the same), outputs
 * canonical. An output may be one of the inputs; other overlaps are the caller's to avoid.
 * Extension elements are interleaved: three adjacent words each.
 */
#include "field_types.h"
#include "inverse.h"
#include "powers.h"

/* The first word of a that is not below p. */
static ptrdiff_t field_first_invalid(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    enum { BLOCK = 512 };
    const uint64_t *a = job->a;
    while (first < last) {
        const ptrdiff_t end = last - first < BLOCK ? last : first + BLOCK;
        int invalid = 0; /* without a jump the compiler makes vectors of the block */
        for (ptrdiff_t i = first; i < end; i++) invalid |= a[i] >= GL_P;
        if (invalid)
            for (ptrdiff_t i = first;; i++)
                if (a[i] >= GL_P) return i;
        first = end;
    }
    return -1;
}

INLINE vec load(const uint64_t *p, const int count) {
    return count == LANES ? v_load(p) : v_load_some(p, count);
}

/* Two vectors at a time: their latencies overlap. */
#define FIELD_LOOP(name, LOAD, OPERATION)                                                           \
    static ptrdiff_t name(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {             \
        const field_job *job = context;                                                             \
        (void)thread;                                                                               \
        ptrdiff_t i = first;                                                                        \
        for (; i + 2 * LANES <= last; i += 2 * LANES) {                                             \
            const vec r0 = OPERATION(LOAD(i, LANES)), r1 = OPERATION(LOAD(i + LANES, LANES));       \
            v_store(job->out + i, r0), v_store(job->out + i + LANES, r1);                           \
        }                                                                                           \
        for (; i < last; i += LANES) {                                                              \
            const int count = last - i < LANES ? (int)(last - i) : LANES;                           \
            v_store_some(job->out + i, count, OPERATION(LOAD(i, count)));                           \
        }                                                                                           \
        return -1;                                                                                  \
    }
#define ONE(i, count) load(job->a + (i), count)
#define BOTH(i, count) load(job->a + (i), count), load(job->b + (i), count)
#define ADD(...) v_canonical(v_add_canonical(__VA_ARGS__))
#define SUB(...) v_canonical(v_sub_canonical(__VA_ARGS__))
#define NEG(...) v_canonical(v_sub_canonical(v_set1(0), __VA_ARGS__))
#define MUL(...) v_canonical(v_mul(__VA_ARGS__))
#define SQUARE(...) v_canonical(v_square(__VA_ARGS__))
FIELD_LOOP(field_add, BOTH, ADD)
FIELD_LOOP(field_sub, BOTH, SUB)
FIELD_LOOP(field_neg, ONE, NEG)
FIELD_LOOP(field_mul, BOTH, MUL)
FIELD_LOOP(field_square, ONE, SQUARE)
#undef FIELD_LOOP
#undef ONE
#undef BOTH
#undef ADD
#undef SUB
#undef NEG
#undef MUL
#undef SQUARE

static ptrdiff_t field_inverse(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    /* The inversion reads its input a second time, on the way back, when `out` holds other values
     * already: where out is the input, it works on a copy. */
    uint64_t block[INVERT_BLOCK];
    for (ptrdiff_t i = first; i < last; i += INVERT_BLOCK) {
        const ptrdiff_t count = last - i < INVERT_BLOCK ? last - i : INVERT_BLOCK;
        const uint64_t *x = job->a + i;
        if (job->out == job->a) {
            memcpy(block, x, sizeof(uint64_t) * (size_t)count);
            x = block;
        }
        const ptrdiff_t zero = invert_chunk_canonical(x, job->out + i, count);
        if (zero >= 0) return i + zero;
    }
    return -1;
}

/* Left to right, so that the multiplications are by the operand and the exponent's first one costs
 * nothing. Four vectors at a time: a power is one long chain. */
static ptrdiff_t field_power(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    enum { STEP = 4 * LANES };
    const int top = job->exponent ? 63 - __builtin_clzll(job->exponent) : -1;
    for (ptrdiff_t i = first; i < last; i += STEP) {
        /* Through a copy, so that the last group, filled up with zeros, goes the same way. */
        uint64_t some[STEP] = {0};
        const ptrdiff_t count = last - i < STEP ? last - i : STEP;
        memcpy(some, job->a + i, sizeof(uint64_t) * (size_t)count);
        const vec a0 = v_load(some), a1 = v_load(some + LANES);
        const vec a2 = v_load(some + 2 * LANES), a3 = v_load(some + 3 * LANES);
        vec r0 = a0, r1 = a1, r2 = a2, r3 = a3;
        if (top < 0) r0 = r1 = r2 = r3 = v_set1(1);
        for (int bit = top - 1; bit >= 0; bit--) {
            r0 = v_square(r0), r1 = v_square(r1), r2 = v_square(r2), r3 = v_square(r3);
            if (job->exponent >> bit & 1)
                r0 = v_mul(r0, a0), r1 = v_mul(r1, a1), r2 = v_mul(r2, a2), r3 = v_mul(r3, a3);
        }
        v_store(some, v_canonical(r0)), v_store(some + LANES, v_canonical(r1));
        v_store(some + 2 * LANES, v_canonical(r2)), v_store(some + 3 * LANES, v_canonical(r3));
        memcpy(job->out + i, some, sizeof(uint64_t) * (size_t)count);
    }
    return -1;
}

/* The exponent of element i is b[i]: one ladder for several elements, as long as the longest of
 * them; an element whose bit is 0 is multiplied by 1. */
static ptrdiff_t field_power_each(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    enum { STEP = 4 * LANES };
    const vec one = v_set1(1);
    for (ptrdiff_t i = first; i < last; i += STEP) {
        uint64_t some[STEP] = {0}, exponents[STEP] = {0}, factors[STEP], all = 0;
        const ptrdiff_t count = last - i < STEP ? last - i : STEP;
        memcpy(some, job->a + i, sizeof(uint64_t) * (size_t)count);
        memcpy(exponents, job->b + i, sizeof(uint64_t) * (size_t)count);
        for (int k = 0; k < STEP; k++) all |= exponents[k];
        vec r0 = one, r1 = one, r2 = one, r3 = one;
        for (int bit = all ? 63 - __builtin_clzll(all) : -1; bit >= 0; bit--) {
            for (int k = 0; k < STEP; k++) factors[k] = exponents[k] >> bit & 1 ? some[k] : 1;
            r0 = v_mul(v_square(r0), v_load(factors)), r1 = v_mul(v_square(r1), v_load(factors + LANES));
            r2 = v_mul(v_square(r2), v_load(factors + 2 * LANES));
            r3 = v_mul(v_square(r3), v_load(factors + 3 * LANES));
        }
        v_store(some, v_canonical(r0)), v_store(some + LANES, v_canonical(r1));
        v_store(some + 2 * LANES, v_canonical(r2)), v_store(some + 3 * LANES, v_canonical(r3));
        memcpy(job->out + i, some, sizeof(uint64_t) * (size_t)count);
    }
    return -1;
}

/* out[i] = *a exponent^i */
static ptrdiff_t field_powers(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    const uint64_t start = gl_mul(*job->a, gl_power(job->exponent, (uint64_t)first));
    fill_powers(job->out + first, last - first, start, job->exponent); /* any words */
    for (ptrdiff_t i = first; i < last; i++) job->out[i] = gl_canonical(job->out[i]);
    return -1;
}

static ptrdiff_t field_dot(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    enum { TERMS = 64 * LANES }; /* a lane of `products` takes 64 terms: then it must be reduced */
    vec total = v_set1(0);
    for (ptrdiff_t start = first; start < last; start += TERMS) {
        const ptrdiff_t end = last - start < TERMS ? last : start + TERMS;
        products sum = products_zero();
        ptrdiff_t i = start;
        for (; i + LANES <= end; i += LANES) products_add(&sum, v_load(job->a + i), v_load(job->b + i));
        if (i < end)
            products_add(&sum, v_load_some(job->a + i, (int)(end - i)), v_load_some(job->b + i, (int)(end - i)));
        total = v_add(total, products_value(&sum));
    }
    uint64_t lanes[LANES], sum = 0;
    v_store(lanes, v_canonical(total));
    for (int k = 0; k < LANES; k++) sum = gl_add(sum, lanes[k]);
    job->out[first / job->chunk] = sum;
    return -1;
}

#define EXT_LOOP(name, WHOLE, SOME)                                                                 \
    static ptrdiff_t name(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {             \
        const field_job *job = context;                                                             \
        (void)thread;                                                                               \
        ptrdiff_t i = first;                                                                        \
        for (; i + LANES <= last; i += LANES) e_store_rows(job->out + 3 * i, e_canonical(WHOLE));   \
        const int count = (int)(last - i);                                                          \
        if (count) e_store_rows_some(job->out + 3 * i, count, e_canonical(SOME));                   \
        return -1;                                                                                  \
    }
EXT_LOOP(field_ext_mul, e_mul(e_load_rows(job->a + 3 * i), e_load_rows(job->b + 3 * i)),
         e_mul(e_load_rows_some(job->a + 3 * i, count), e_load_rows_some(job->b + 3 * i, count)))
EXT_LOOP(field_ext_square, e_square(e_load_rows(job->a + 3 * i)),
         e_square(e_load_rows_some(job->a + 3 * i, count)))

INLINE vec3 ext_power(vec3 a, uint64_t exponent) {
    if (exponent == 0) {
        const ext one = {{1, 0, 0}};
        return e_set1(one);
    }
    vec3 r = a;
    for (int bit = 62 - __builtin_clzll(exponent); bit >= 0; bit--) {
        r = e_square(r);
        if (exponent >> bit & 1) r = e_mul(r, a);
    }
    return r;
}
EXT_LOOP(field_ext_power, ext_power(e_load_rows(job->a + 3 * i), job->exponent),
         ext_power(e_load_rows_some(job->a + 3 * i, count), job->exponent))
#undef EXT_LOOP

/* As field_power_each. */
static ptrdiff_t field_ext_power_each(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    const ext one = {{1, 0, 0}};
    for (ptrdiff_t i = first; i < last; i += LANES) {
        uint64_t some[3 * LANES] = {0}, exponents[LANES] = {0}, factors[3 * LANES], all = 0;
        const ptrdiff_t count = last - i < LANES ? last - i : LANES;
        memcpy(some, job->a + 3 * i, 3 * sizeof(uint64_t) * (size_t)count);
        memcpy(exponents, job->b + i, sizeof(uint64_t) * (size_t)count);
        for (int k = 0; k < LANES; k++) all |= exponents[k];
        vec3 r = e_set1(one);
        for (int bit = all ? 63 - __builtin_clzll(all) : -1; bit >= 0; bit--) {
            for (int k = 0; k < 3 * LANES; k++)
                factors[k] = exponents[k / 3] >> bit & 1 ? some[k] : one.c[k % 3];
            r = e_mul(e_square(r), e_load_rows(factors));
        }
        e_store_rows_some(job->out + 3 * i, (int)count, e_canonical(r));
    }
    return -1;
}

static ptrdiff_t field_ext_inverse(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    const ptrdiff_t zero = invert_chunk_ext(job->a + 3 * first, job->out + 3 * first, last - first);
    return zero >= 0 ? first + zero : -1;
}

static ptrdiff_t field_ext_dot(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const field_job *job = context;
    (void)thread;
    const ext none = {{0, 0, 0}};
    /* The total joins the nine products of the next element before these are reduced: three
     * reductions for each element, and no addition of reduced words. */
    vec3 total = e_set1(none);
    ptrdiff_t i = first;
    for (; i + LANES <= last; i += LANES)
        total = e_mul_add(e_load_rows(job->a + 3 * i), e_load_rows(job->b + 3 * i), e_split(total));
    const int count = (int)(last - i);
    if (count)
        total = e_mul_add(e_load_rows_some(job->a + 3 * i, count), e_load_rows_some(job->b + 3 * i, count),
                          e_split(total));
    uint64_t rows[3 * LANES];
    uint64_t *out = job->out + 3 * (first / job->chunk);
    e_store_rows(rows, e_canonical(total));
    out[0] = out[1] = out[2] = 0;
    for (int k = 0; k < 3 * LANES; k++) out[k % 3] = gl_add(out[k % 3], rows[k]);
    return -1;
}

#include "scan.h"

const field_table TABLE = {
    field_first_invalid, field_add,       field_sub,        field_neg,
    field_mul,           field_square,    field_inverse,    field_power,
    field_power_each,    field_dot,       field_powers,     field_ext_mul,
    field_ext_square,    field_ext_inverse, field_ext_power, field_ext_power_each,
    field_ext_dot,       fold_add,        fold_mul,         fold_ext_mul,
    scan_add,            scan_mul,        scan_ext_mul,
};
