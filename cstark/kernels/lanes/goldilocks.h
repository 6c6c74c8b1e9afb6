/* The Goldilocks field, one element at a time: p = 2^64 - 2^32 + 1.
 *
 * Write B = 2^32. Then B^2 = B - 1, hence 2^64 = B - 1 =: EPSILON, 2^96 = -1 (mod p).
 * Functions take canonical values (< p) and return canonical values, unless they say "any word":
 * then every 64-bit word stands for its residue.
 */
#ifndef CSTARK_GOLDILOCKS_H
#define CSTARK_GOLDILOCKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef unsigned __int128 u128;
typedef __int128 i128;

#define GL_P 0xFFFFFFFF00000001ull
#define GL_EPSILON 0xFFFFFFFFull
#define GL_GENERATOR 7ull
/* 7^((p-1)/2^32): a root of unity of order exactly 2^32. */
#define GL_ROOT_32 1753635133440165772ull

INLINE uint64_t gl_canonical(uint64_t a) { return a >= GL_P ? a - GL_P : a; }

/* lo + 2^64 (h0 + B h1) = lo + (B - 1) h0 - h1. Any word. The carries select by mask: branches on
 * random data would be mispredicted half of the time. */
INLINE uint64_t gl_reduce_any(u128 value) {
    const uint64_t low = (uint64_t)value, high = (uint64_t)(value >> 64);
    const uint64_t h1 = high >> 32, h0 = high & GL_EPSILON;
    uint64_t t, r;
    const uint64_t borrow = __builtin_sub_overflow(low, h1, &t);
    t -= (0 - borrow) & GL_EPSILON;
    const uint64_t carry = __builtin_add_overflow(t, (h0 << 32) - h0, &r);
    return r + ((0 - carry) & GL_EPSILON);
}

INLINE uint64_t gl_reduce(u128 value) { return gl_canonical(gl_reduce_any(value)); }

INLINE uint64_t gl_mul_any(uint64_t a, uint64_t b) { return gl_reduce_any((u128)a * b); }

INLINE uint64_t gl_mul(uint64_t a, uint64_t b) { return gl_reduce((u128)a * b); }

INLINE uint64_t gl_add(uint64_t a, uint64_t b) {
    uint64_t r;
    const uint64_t carry = __builtin_add_overflow(a, b, &r);
    return gl_canonical(r + ((0 - carry) & GL_EPSILON));
}

INLINE uint64_t gl_sub(uint64_t a, uint64_t b) {
    uint64_t r;
    const uint64_t borrow = __builtin_sub_overflow(a, b, &r);
    return r - ((0 - borrow) & GL_EPSILON);
}

INLINE uint64_t gl_neg(uint64_t a) { return a ? GL_P - a : 0; }

static uint64_t gl_power(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1) result = gl_mul(result, base);
        base = gl_mul(base, base);
    }
    return result;
}

/* a^(p-2) with p - 2 = 2 (2^31 - 1)(2^32 + 1) + 1: 63 squarings, 9 products.
 * e_k below is a^(2^k - 1), except the last. Any word in; 0 gives 0. */
INLINE uint64_t gl_square_times(uint64_t a, int count) {
    for (int i = 0; i < count; i++) a = gl_mul_any(a, a);
    return a;
}

static uint64_t gl_inverse(uint64_t a) {
    const uint64_t e2 = gl_mul_any(gl_square_times(a, 1), a);
    const uint64_t e3 = gl_mul_any(gl_square_times(e2, 1), a);
    const uint64_t e6 = gl_mul_any(gl_square_times(e3, 3), e3);
    const uint64_t e12 = gl_mul_any(gl_square_times(e6, 6), e6);
    const uint64_t e24 = gl_mul_any(gl_square_times(e12, 12), e12);
    const uint64_t e30 = gl_mul_any(gl_square_times(e24, 6), e6);
    const uint64_t e31 = gl_mul_any(gl_square_times(e30, 1), a);
    const uint64_t e63 = gl_mul_any(gl_square_times(e31, 32), e31); /* a^((2^31-1)(2^32+1)) */
    return gl_canonical(gl_mul_any(gl_square_times(e63, 1), a));
}

/* k with 2^k = n, or -1. */
static int gl_log(ptrdiff_t n) {
    return n < 1 || n & (n - 1) ? -1 : __builtin_ctzll((unsigned long long)n);
}

/* Root of unity of order 2^log_order, log_order <= 32: 7^((p-1)/2^log_order). */
static uint64_t gl_root(int log_order) {
    uint64_t root = GL_ROOT_32;
    for (int i = log_order; i < 32; i++) root = gl_mul(root, root);
    return root;
}

/* out[i] = first * ratio^i. Eight independent chains hide the latency of the products. */
static void gl_powers(uint64_t *out, ptrdiff_t count, uint64_t first, uint64_t ratio) {
    enum { CHAINS = 8 };
    uint64_t step = ratio;
    for (int i = 0; i < 3; i++) step = gl_mul(step, step);
    for (ptrdiff_t i = 0; i < count && i < CHAINS; i++) {
        out[i] = first;
        first = gl_mul(first, ratio);
    }
    for (ptrdiff_t i = CHAINS; i < count; i++) out[i] = gl_mul(out[i - CHAINS], step);
}

/* A constant to multiply many words by, for the transforms, whatever the instruction set, so that tables
 * serve all of them: w and w B mod p (B = 2^32), each with what is above its 52 low bits. */
typedef struct {
    uint64_t w, w_top, wb, wb_top;
} gl_twiddle;

INLINE gl_twiddle gl_twiddle_set(uint64_t w) {
    const uint64_t wb = gl_mul(w, (uint64_t)1 << 32);
    gl_twiddle t = {w, w >> 52, wb, wb >> 52};
    return t;
}

/* w >> 32 in the low half of a word, the high half undefined: without a shift. */
INLINE uint64_t gl_twiddle_high(const gl_twiddle *t) {
    uint64_t high;
    memcpy(&high, (const char *)t + 4, sizeof high);
    return high;
}

/* ---- cubic extension F = F_p[w] / (w^3 - 2), one element at a time, canonical ---- */

typedef struct {
    uint64_t c[3];
} ext;

INLINE ext ext_add(ext a, ext b) {
    ext r = {{gl_add(a.c[0], b.c[0]), gl_add(a.c[1], b.c[1]), gl_add(a.c[2], b.c[2])}};
    return r;
}

INLINE ext ext_sub(ext a, ext b) {
    ext r = {{gl_sub(a.c[0], b.c[0]), gl_sub(a.c[1], b.c[1]), gl_sub(a.c[2], b.c[2])}};
    return r;
}

INLINE ext ext_scale(ext a, uint64_t b) {
    ext r = {{gl_mul(a.c[0], b), gl_mul(a.c[1], b), gl_mul(a.c[2], b)}};
    return r;
}

/* (a0 b0 + 2(a1 b2 + a2 b1), a0 b1 + a1 b0 + 2 a2 b2, a0 b2 + a1 b1 + a2 b0), from w^3 = 2. */
INLINE ext ext_mul(ext a, ext b) {
    const uint64_t d1 = gl_add(b.c[1], b.c[1]), d2 = gl_add(b.c[2], b.c[2]);
    ext r = {{gl_add(gl_mul(a.c[0], b.c[0]), gl_add(gl_mul(a.c[1], d2), gl_mul(a.c[2], d1))),
              gl_add(gl_mul(a.c[0], b.c[1]), gl_add(gl_mul(a.c[1], b.c[0]), gl_mul(a.c[2], d2))),
              gl_add(gl_mul(a.c[0], b.c[2]), gl_add(gl_mul(a.c[1], b.c[1]), gl_mul(a.c[2], b.c[0])))}};
    return r;
}

/* adjugate(a) with a * adjugate(a) = norm(a) in the base field:
 * (a0^2 - 2 a1 a2, 2 a2^2 - a0 a1, a1^2 - a0 a2), norm = a0 A + 2 (a1 C + a2 B). */
INLINE ext ext_adjugate(ext a, uint64_t *norm) {
    const uint64_t a12 = gl_mul(a.c[1], a.c[2]), a22 = gl_mul(a.c[2], a.c[2]);
    ext r = {{gl_sub(gl_mul(a.c[0], a.c[0]), gl_add(a12, a12)),
              gl_sub(gl_add(a22, a22), gl_mul(a.c[0], a.c[1])),
              gl_sub(gl_mul(a.c[1], a.c[1]), gl_mul(a.c[0], a.c[2]))}};
    const uint64_t twice = gl_add(gl_mul(a.c[1], r.c[2]), gl_mul(a.c[2], r.c[1]));
    *norm = gl_add(gl_mul(a.c[0], r.c[0]), gl_add(twice, twice));
    return r;
}

INLINE ext ext_inverse(ext a) {
    uint64_t norm;
    const ext adjugate = ext_adjugate(a, &norm);
    return ext_scale(adjugate, gl_inverse(norm));
}

INLINE int ext_is_zero(ext a) { return !(a.c[0] | a.c[1] | a.c[2]); }

#endif
