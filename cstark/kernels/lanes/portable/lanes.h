/* Portable lanes: a vector is one element, 128-bit integers for everything unreduced.
 * The vocabulary is described in lane_names.h. */
#define LANES 1

typedef uint64_t vec;

INLINE vec v_load(const uint64_t *p) { return *p; }
INLINE void v_store(uint64_t *p, vec a) { *p = a; }
INLINE vec v_load_some(const uint64_t *p, int count) { return count > 0 ? *p : 0; }
INLINE void v_store_some(uint64_t *p, int count, vec a) {
    if (count > 0) *p = a;
}
INLINE void v_prefetch(const uint64_t *p) { __builtin_prefetch(p, 0, 2); }
INLINE vec v_set1(uint64_t a) { return a; }
INLINE vec v_canonical(vec a) { return gl_canonical(a); }
INLINE void v_load_3(const uint64_t *p, vec out[3]) { out[0] = p[0], out[1] = p[1], out[2] = p[2]; }
INLINE void v_store_3(uint64_t *p, const vec in[3]) { p[0] = in[0], p[1] = in[1], p[2] = in[2]; }

/* b < p, so after a carry the sum is below p - 1 and adding EPSILON cannot carry again. */
INLINE vec v_add_canonical(vec a, vec b) {
    vec r;
    const uint64_t carry = __builtin_add_overflow(a, b, &r);
    return r + ((0 - carry) & GL_EPSILON);
}
INLINE vec v_sub_canonical(vec a, vec b) {
    vec r;
    const uint64_t borrow = __builtin_sub_overflow(a, b, &r);
    return r - ((0 - borrow) & GL_EPSILON);
}
INLINE vec v_add(vec a, vec b) { return v_add_canonical(a, gl_canonical(b)); }
INLINE vec v_sub(vec a, vec b) { return v_sub_canonical(a, gl_canonical(b)); }
INLINE vec v_mul(vec a, vec b) { return gl_mul_any(a, b); }
INLINE vec v_square(vec a) { return gl_mul_any(a, a); }

/* ---- digits: the value itself, |value| < 2^119 ---- */

typedef i128 digits;
typedef gl_twiddle twiddle;

INLINE twiddle twiddle_set(uint64_t w) { return gl_twiddle_set(w); }
INLINE void twiddle_store(twiddle *out, vec a) { *out = twiddle_set(a); }
INLINE digits d_split(vec a) { return (digits)a; }
INLINE digits d_mul(vec a, const twiddle *t) { return (digits)gl_mul_any(a, t->w); }
INLINE digits d_mul_vec(vec a, vec b) { return (digits)gl_mul_any(a, b); }
INLINE digits d_add(digits a, digits b) { return a + b; }
INLINE digits d_sub(digits a, digits b) { return a - b; }
INLINE digits d_shift(digits a, int k) { return (digits)((u128)a << k); }
INLINE digits d_shift_32(digits a, int k) { return (digits)((u128)a << (32 + k)); }
/* times B^2 = B - 1 */
INLINE digits d_shift_64(digits a, int k) { return (digits)(((u128)a << (32 + k)) - ((u128)a << k)); }
/* 2^96 = -1, and 2^e is a constant: one product is as short as taking the word apart. */
INLINE digits d_power_of_two(vec a, int e) {
    const int r = e % 96;
    const uint64_t w = r < 64 ? (uint64_t)1 << (r & 63) : GL_EPSILON << (r & 31);
    const digits d = (digits)gl_mul_any(a, w);
    return e < 96 ? d : -d;
}
INLINE digits d_bias(digits a) { return a + (digits)((u128)GL_P << 60); }
INLINE vec d_merge(digits a) { return gl_reduce_any((u128)a); }
INLINE vec d_value(digits a) { return d_merge(d_bias(a)); }

/* ---- wide values are digits here ---- */

INLINE digits w_mul(vec a, const twiddle *t) { return d_mul(a, t); }
INLINE digits w_mul_biased(vec a, const twiddle *t) { return d_bias(d_mul(a, t)); }
INLINE digits w_mul_vec(vec a, vec b) { return d_mul_vec(a, b); }
INLINE digits w_twice(digits a) { return d_shift(a, 1); }
INLINE digits w_split(vec a) { return d_split(a); }
INLINE digits w_bias(digits a) { return d_bias(a); }
INLINE digits w_split_biased(vec a) { return d_bias(d_split(a)); }
INLINE digits w_digits(digits a) { return a; }
INLINE digits w_word_digits(digits a) { return a; }
INLINE digits w_biased_digits(digits a) { return a; }
INLINE vec w_value(digits a) { return d_value(a); }

/* ---- dot products with prepared constants: 128-bit sum and its carries ---- */
#define DOT_TERMS 256

typedef struct {
    uint64_t w;
} weight;
typedef struct {
    u128 sum;
    uint64_t carries; /* times 2^128 = -2^32 */
} dot;

INLINE void weight_set(weight *out, uint64_t w) { out->w = w; }
INLINE dot dot_zero(void) {
    dot r = {0, 0};
    return r;
}
INLINE dot dot_set1(uint64_t a) {
    dot r = {a, 0};
    return r;
}
INLINE void dot_add(dot *d, vec a, const weight *w) {
    d->carries += __builtin_add_overflow(d->sum, (u128)a * w->w, &d->sum);
}
INLINE void dot_settle(dot *d) { (void)d; }
INLINE vec dot_value(const dot *d) {
    return v_sub(gl_reduce_any(d->sum), d->carries << 32);
}

INLINE void weights_set(weight *out, ptrdiff_t step, vec w) {
    (void)step;
    weight_set(out, w);
}
typedef weight weight_vec;
INLINE void weight_vec_set(weight_vec *out, vec w) { weight_set(out, w); }
INLINE void dot_add_vec(dot *d, vec a, const weight_vec *w) { dot_add(d, a, w); }
INLINE dot dot_across(const dot row[LANES]) { return row[0]; }

/* ---- sums of at most 64 products of words ---- */

typedef dot products;
INLINE products products_zero(void) { return dot_zero(); }
INLINE void products_add(products *s, vec a, vec b) {
    s->carries += __builtin_add_overflow(s->sum, (u128)a * b, &s->sum);
}
INLINE void products_twice(products *s) {
    s->carries = 2 * s->carries + (uint64_t)(s->sum >> 127);
    s->sum <<= 1;
}
INLINE vec products_value(const products *s) { return dot_value(s); }
INLINE digits products_digits(const products *s) { return (digits)dot_value(s); }
INLINE digits products_wide(const products *s) { return products_digits(s); }

#include "transpose.h"
#include "lane_ext.h"
