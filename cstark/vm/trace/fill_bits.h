/* Bitwise operations and shifts. */
#ifndef CSTARK_VM_FILL_BITS_H
#define CSTARK_VM_FILL_BITS_H

#include "cells.h"

/* (x, y, x and y) is looked up. */
INLINE void fill_pair(vm_state *vm, uint64_t x, uint64_t y) { vm->bytes[x << 8 | y]++; }

/* Bytes 1 to 3 of each half of the operands, all of the result. */
INLINE void fill_bytes(vm_state *vm, uint64_t *x, uint64_t *y, uint64_t *z, uint64_t a, uint64_t b,
                       uint64_t c) {
    for (int k = 0; k < 8; k++) {
        const uint64_t xk = a >> 8 * k & 255, yk = b >> 8 * k & 255;
        fill_pair(vm, xk, yk);
        z[k] = c >> 8 * k & 255;
        /* The lowest byte of a half is what is left of it: an expression, and no cell. */
        if (k % 4) *x++ = xk, *y++ = yk;
    }
}

/* The low limb of a, by bytes, with the immediate's bytes; the upper limb is looked up. */
INLINE void fill_low_bytes(vm_state *vm, uint64_t *x, uint64_t *z, const vm_operation *o,
                           uint64_t a) {
    for (int k = 0; k < 2; k++) {
        const uint64_t byte = a >> 8 * k & 255, other = k ? o->imm1 : o->imm0;
        fill_pair(vm, byte, other & 255);
        x[k] = byte;
        z[k] = byte & other;
    }
    fill_limb(vm, a >> 16 & 0xFFFF);
}

INLINE void fill_bitwise_i(vm_state *vm, uint64_t *cell, const vm_operation *o, uint64_t a,
                           uint64_t c) {
    cell[BITWISE_I_RS2] = o->rs2; /* the immediate's sign */
    HALVES(BITWISE_I)
    cell[BITWISE_I_O] = o->code == OP_ORI;
    cell[BITWISE_I_E] = o->code == OP_XORI;
    fill_low_bytes(vm, cell + BITWISE_I_X, cell + BITWISE_I_Z, o, a);
    PUT(BITWISE_I_C, c)
}

INLINE void fill_and_small(vm_state *vm, uint64_t *cell, const vm_operation *o, uint64_t a) {
    fill_low_bytes(vm, cell + AND_SMALL_X, cell + AND_SMALL_Z, o, a);
}

/* The limbs of a times a factor of at most 2^16, and what the low half carries. */
INLINE void fill_spread(vm_state *vm, uint64_t *r, uint64_t *k, uint64_t a, uint64_t factor) {
    const uint64_t low = (uint32_t)a * factor;
    *k = fill_limb(vm, low >> 32);
    const uint64_t high = (a >> 32) * factor + *k;
    fill_half(vm, r, low);
    fill_half(vm, r + 2, high);
    r[4] = fill_limb(vm, high >> 32);
}

INLINE void fill_window(uint64_t *w, unsigned amount) {
    for (unsigned k = 0; k < 3; k++) w[k] = (amount >> 4 & 3) == k + 1;
}

INLINE void fill_shift_i(vm_state *vm, uint64_t *cell, const vm_operation *o, uint64_t a,
                         uint64_t c,
                         int right) {
    cell[SHIFT_I_IMM0] = o->imm0;
    fill_spread(vm, cell + SHIFT_I_R, cell + SHIFT_I_K, a, o->imm0);
    PUT(SHIFT_I_C, c)
    fill_window(cell + SHIFT_I_W, (unsigned)o->imm);
    cell[SHIFT_I_D] = (uint64_t)right;
}

/* Arithmetic shifts work on the complement of what is negative. */
INLINE void fill_sra_i(vm_state *vm, uint64_t *cell, const vm_operation *o, uint64_t a,
                       uint64_t c) {
    cell[SRA_I_IMM0] = o->imm0;
    fill_sign(vm, cell + SRA_I_U, cell + SRA_I_G, a >> 32);
    fill_spread(vm, cell + SRA_I_R, cell + SRA_I_K, a >> 63 ? ~a : a, o->imm0);
    PUT(SRA_I_C, c)
    fill_window(cell + SRA_I_W, (unsigned)o->imm);
}

/* The amount in a register: its low limb is looked up in the table of shifts. */
INLINE void fill_amount(vm_state *vm, uint64_t *low, uint64_t *left, uint64_t *right, uint64_t *w,
                        uint64_t b) {
    *low = b & 0xFFFF;
    vm->shifts[*low]++;
    fill_limb(vm, b >> 16 & 0xFFFF);
    *left = 1ull << (b & 15);
    *right = 1ull << (16 - (b & 15));
    fill_window(w, (unsigned)b);
}

INLINE void fill_shift_r(vm_state *vm, uint64_t *cell, uint64_t a, uint64_t b, uint64_t c,
                         int right) {
    fill_amount(vm, cell + SHIFT_R_LOW, cell + SHIFT_R_LEFT, cell + SHIFT_R_RIGHT,
                cell + SHIFT_R_W, b);
    fill_spread(vm, cell + SHIFT_R_R, cell + SHIFT_R_K, a,
                cell[right ? SHIFT_R_RIGHT : SHIFT_R_LEFT]);
    PUT(SHIFT_R_C, c)
    cell[SHIFT_R_D] = (uint64_t)right;
}

INLINE void fill_sra_r(vm_state *vm, uint64_t *cell, uint64_t a, uint64_t b, uint64_t c) {
    fill_amount(vm, cell + SRA_R_LOW, cell + SRA_R_LEFT, cell + SRA_R_RIGHT, cell + SRA_R_W, b);
    fill_sign(vm, cell + SRA_R_U, cell + SRA_R_G, a >> 32);
    fill_spread(vm, cell + SRA_R_R, cell + SRA_R_K, a >> 63 ? ~a : a, cell[SRA_R_RIGHT]);
    PUT(SRA_R_C, c)
}

/* Words: a0 m = x + X y with the upper limb of y looked up with its top bit, which is 0. */
INLINE void fill_high(vm_state *vm, uint64_t *y, uint64_t product) {
    y[0] = fill_limb(vm, product >> 32 & 0xFFFF);
    y[1] = fill_top(vm, product >> 48);
}

INLINE void fill_shift_w_i(vm_state *vm, uint64_t *cell, const vm_operation *o, uint64_t a) {
    const uint64_t product = (uint32_t)a * o->imm0;
    cell[SHIFT_W_I_IMM0] = o->imm0;
    fill_word(vm, cell + SHIFT_W_I_X, cell + SHIFT_W_I_S, product);
    fill_high(vm, cell + SHIFT_W_I_Y, product);
}

INLINE void fill_srl_w_i(vm_state *vm, uint64_t *cell, const vm_operation *o, uint64_t a) {
    const uint64_t product = (uint32_t)a * o->imm0;
    cell[SRL_W_I_IMM0] = o->imm0;
    fill_half(vm, cell + SRL_W_I_X, product);
    fill_high(vm, cell + SRL_W_I_Y, product);
}

INLINE void fill_sra_w_i(vm_state *vm, uint64_t *cell, const vm_operation *o, uint64_t a,
                         uint64_t c) {
    const uint64_t product = (uint32_t)(a >> 31 & 1 ? ~a : a) * o->imm0;
    cell[SRA_W_I_IMM0] = o->imm0;
    fill_sign(vm, cell + SRA_W_I_U, cell + SRA_W_I_G, a);
    fill_half(vm, cell + SRA_W_I_X, product);
    fill_high(vm, cell + SRA_W_I_Y, product);
    cell[SRA_W_I_C] = (uint32_t)c;
}

#endif
