/* Products and quotients. f = 2^32 - 1. Cells that hold inverses get what has to be inverted, and 1
 * where nothing has: see `INVERSES`. */
#ifndef CSTARK_VM_FILL_PRODUCTS_H
#define CSTARK_VM_FILL_PRODUCTS_H

#include "cells.h"

#define FILL_F 0xFFFFFFFFull

typedef struct {
    uint64_t c0, h, x, y, c1, v;
} fill_product;

/* E0 to E2: the products of the halves, each with what the one before carries. */
INLINE fill_product fill_multiply(uint64_t a, uint64_t b) {
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    fill_product p;
    const uint64_t e0 = a0 * b0;
    p.c0 = (uint32_t)e0, p.h = e0 >> 32;
    const uint64_t e1 = a0 * b1 + p.h;
    p.x = (uint32_t)e1, p.y = e1 >> 32;
    const uint64_t e2 = a1 * b0 + p.x;
    p.c1 = (uint32_t)e2, p.v = e2 >> 32;
    return p;
}

INLINE void fill_multiply_cells(vm_state *vm, const fill_product *p, uint64_t *c, uint64_t *h,
                                uint64_t *x, uint64_t *y, uint64_t *v, uint64_t *i, uint64_t *j) {
    fill_half(vm, c, p->c0);
    fill_half(vm, c + 2, p->c1);
    fill_half(vm, h, p->h);
    fill_half(vm, x, p->x);
    fill_half(vm, y, p->y);
    fill_half(vm, v, p->v);
    *i = gl_mul(FILL_F - p->h, FILL_F - p->y);
    *j = p->c1 ? gl_sub(p->v, FILL_F) : 1;
}

INLINE void fill_mul(vm_state *vm, uint64_t *cell, uint64_t a, uint64_t b) {
    const fill_product p = fill_multiply(a, b);
    fill_multiply_cells(vm, &p, cell + MUL_C, cell + MUL_H, cell + MUL_X, cell + MUL_Y,
                        cell + MUL_V, cell + MUL_I, cell + MUL_J);
}

INLINE void fill_mulhu(vm_state *vm, uint64_t *cell, uint64_t a, uint64_t b, uint64_t d) {
    const fill_product p = fill_multiply(a, b);
    const uint64_t a1 = a >> 32, b1 = b >> 32, both = a1 == FILL_F && b1 == FILL_F;
    fill_multiply_cells(vm, &p, cell + MULHU_C, cell + MULHU_H, cell + MULHU_X, cell + MULHU_Y,
                        cell + MULHU_V, cell + MULHU_I, cell + MULHU_J);
    fill_limbs(vm, cell + MULHU_D, d);
    cell[MULHU_Q] = both;
    cell[MULHU_J2] = both ? 1 : gl_mul(FILL_F - (d >> 32), 2 * FILL_F - a1 - b1);
}

INLINE void fill_mul_w(vm_state *vm, uint64_t *cell, uint64_t a, uint64_t b, uint64_t c) {
    const uint64_t h = (uint64_t)(uint32_t)a * (uint32_t)b >> 32;
    fill_word(vm, cell + MUL_W_C, cell + MUL_W_S, c);
    fill_half(vm, cell + MUL_W_H, h);
    cell[MUL_W_I] = gl_sub(h, FILL_F);
}

typedef struct {
    uint64_t h, m, z, far, j;
} fill_division;

/* q b + r = a, r < b or b = 0. */
INLINE fill_division fill_divide(uint64_t b, uint64_t q, uint64_t r) {
    const uint64_t q0 = (uint32_t)q, b0 = (uint32_t)b, b1 = b >> 32;
    fill_division d;
    d.h = (q0 * b0 + (uint32_t)r) >> 32; /* at most f^2 + f < 2^64 */
    d.z = b == 0;
    d.far = d.z || b1 != r >> 32;
    d.m = d.z ? 0 : (d.far ? b1 - (r >> 32) : b0 - (uint32_t)r) - 1;
    d.j = gl_mul(FILL_F - d.h, 2 * FILL_F - q0 - b1);
    return d;
}

#define FILL_DIVIDE(F, q, r)                       \
    const fill_division d = fill_divide(b, q, r);  \
    fill_limbs(vm, cell + F##_Q, q);               \
    fill_limbs(vm, cell + F##_R, r);               \
    fill_half(vm, cell + F##_H, d.h);              \
    fill_half(vm, cell + F##_M, d.m);              \
    cell[F##_Z] = d.z;                             \
    cell[F##_FAR] = d.far;                         \
    cell[F##_J] = d.j;

INLINE void fill_divu(vm_state *vm, uint64_t *cell, uint64_t b, uint64_t q, uint64_t r) {
    FILL_DIVIDE(DIVU, q, r)
}
INLINE void fill_remu(vm_state *vm, uint64_t *cell, uint64_t b, uint64_t q, uint64_t r) {
    FILL_DIVIDE(REMU, q, r)
}

/* Words without sign: of quotient and remainder, the one that is written has its sign looked up. */
INLINE void fill_words(vm_state *vm, uint64_t *written, uint64_t *sign, uint64_t *other,
                       uint64_t *m,
                       uint64_t *z, uint32_t b, uint32_t value, uint32_t rest, uint32_t r) {
    fill_word(vm, written, sign, value);
    fill_half(vm, other, rest);
    fill_half(vm, m, b ? b - r - 1 : 0);
    *z = b == 0;
}

INLINE void fill_divu_w(vm_state *vm, uint64_t *cell, uint32_t a, uint32_t b) {
    const uint32_t q = b ? a / b : (uint32_t)FILL_F, r = b ? a % b : a;
    fill_words(vm, cell + DIVU_W_Q, cell + DIVU_W_S, cell + DIVU_W_R, cell + DIVU_W_M,
               cell + DIVU_W_Z, b, q, r, r);
}
INLINE void fill_remu_w(vm_state *vm, uint64_t *cell, uint32_t a, uint32_t b) {
    const uint32_t q = b ? a / b : (uint32_t)FILL_F, r = b ? a % b : a;
    fill_words(vm, cell + REMU_W_R, cell + REMU_W_S, cell + REMU_W_Q, cell + REMU_W_M,
               cell + REMU_W_Z, b, r, q, r);
}

INLINE uint64_t fill_size(uint32_t a) { return a >> 31 ? (1ull << 32) - a : a; }

/* Words with sign: c is the result, big its size, n whether it is negative as a result; a quotient
 * of 2^31 is not, though its top bit is set. */
#define FILL_SIGNED(F, negative, other, remainder)                           \
    const uint64_t A = fill_size(a), B = fill_size(b);                       \
    const uint32_t half = (uint32_t)c;                                       \
    const uint64_t n = half != 0 && (negative);                              \
    fill_sign(vm, cell + F##_UA, cell + F##_SA, a);                          \
    fill_sign(vm, cell + F##_UB, cell + F##_SB, b);                          \
    fill_word(vm, cell + F##_C, cell + F##_S, half);                         \
    cell[F##_BIG] = n ? (1ull << 32) - half : half;                          \
    cell[F##_N] = n;                                                         \
    fill_half(vm, cell + F##_O, other);                                      \
    fill_half(vm, cell + F##_M, B ? B - (remainder) - 1 : 0);                \
    cell[F##_Z] = b == 0;

INLINE void fill_div_w(vm_state *vm, uint64_t *cell, uint32_t a, uint32_t b, uint64_t c) {
    FILL_SIGNED(DIV_W, a >> 31 != b >> 31, B ? A % B : A, A % B)
}
INLINE void fill_rem_w(vm_state *vm, uint64_t *cell, uint32_t a, uint32_t b, uint64_t c) {
    FILL_SIGNED(REM_W, a >> 31, B ? A / B : 0, A % B)
}

#endif
