/* Comparisons, branches on equality, selection by sign. */
#ifndef CSTARK_VM_FILL_ORDER_H
#define CSTARK_VM_FILL_ORDER_H

#include "cells.h"

/* a < b without sign: of signed values, with the top bits changed. */
INLINE void fill_order(vm_state *vm, uint64_t *cell, int lt, int far, int m, uint64_t a,
                       uint64_t b) {
    const uint64_t less = a < b, differ = a >> 32 != b >> 32;
    cell[lt] = less;
    cell[far] = differ;
    /* High halves a1 - b1 - 1 or a1 - b1 + X; low halves a0 - b0 or a0 - b0 + X: modulo X. */
    const uint64_t d = differ ? (a >> 32) - (b >> 32) - (1 - less) : a - b;
    fill_half(vm, cell + m, (uint32_t)d);
}

INLINE void fill_near(vm_state *vm, uint64_t *cell, int lt, int m, int kind, uint64_t a, uint64_t b,
                      int is_signed) {
    const uint32_t d = (uint32_t)(a - b);
    cell[lt] = (uint32_t)a < (uint32_t)b;
    cell[m] = fill_limb(vm, d & 0xFFFF);
    fill_limb(vm, d >> 16);
    cell[kind] = (uint64_t)is_signed;
}

/* The cell i holds what has to be inverted, and 1 where nothing has: see `INVERSES`. */
INLINE void fill_branch_eq(uint64_t *cell, const vm_operation *o, uint64_t a, uint64_t b) {
    const uint64_t x = gl_sub((uint32_t)a, (uint32_t)b), y = gl_sub(a >> 32, b >> 32);
    const uint64_t norm = gl_sub(gl_mul(x, x), gl_mul(7, gl_mul(y, y)));
    cell[BRANCH_EQ_IMM0] = o->imm0;
    cell[BRANCH_EQ_I] = a == b ? 1 : norm;
    cell[BRANCH_EQ_TO] = a == b ? o->next : o->imm0;
}

INLINE void fill_branch_zero(uint64_t *cell, const vm_operation *o, uint64_t a) {
    cell[BRANCH_ZERO_IMM0] = o->imm0;
    cell[BRANCH_ZERO_I] = a ? (a >> 32) + (uint32_t)a : 1;
    cell[BRANCH_ZERO_TO] = a ? o->imm0 : o->next;
}

INLINE void fill_select(vm_state *vm, uint64_t *cell, uint64_t a, uint64_t c, int positive) {
    fill_sign(vm, cell + SELECT_NEGATIVE_U, cell + SELECT_NEGATIVE_S, a >> 32);
    PUT(SELECT_NEGATIVE_C, c)
    cell[SELECT_NEGATIVE_KIND] = (uint64_t)positive;
}

INLINE void fill_negate(vm_state *vm, uint64_t *cell, uint64_t b, uint64_t c) {
    fill_sign(vm, cell + NEGATE_IF_U, cell + NEGATE_IF_S, b >> 32);
    fill_limbs(vm, cell + NEGATE_IF_C, c);
}

#endif
