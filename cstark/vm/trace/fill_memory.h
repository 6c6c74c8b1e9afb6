/* Loads and stores. */
#ifndef CSTARK_VM_FILL_MEMORY_H
#define CSTARK_VM_FILL_MEMORY_H

#include "cells.h"
#include "../executor/include/window.h"

INLINE void fill_lw(vm_state *vm, uint64_t *cell, uint64_t m, uint64_t address, int is_signed) {
    const uint64_t h = address >> 2 & 1, half = (uint32_t)(m >> 32 * h);
    cell[LW_H] = h;
    cell[LW_LOW] = half & 0xFFFF;
    cell[LW_HIGH] = half >> 16;
    cell[LW_FILL] = is_signed ? half >> 31 : 0;
    cell[LW_SIGNED] = (uint64_t)is_signed;
    if (!is_signed) return; /* an unsigned half is copied: nothing is looked up */
    fill_limb(vm, half & 0xFFFF);
    fill_top(vm, half >> 16);
}

/* p and q: the bytes of the limb; q is the top byte of the value, for an even byte the lower one. */
INLINE void fill_sub_load(vm_state *vm, uint64_t *cell, uint64_t m, uint64_t address, uint64_t c,
                          int bytes, int is_signed) {
    const uint64_t h = address >> 2 & 1, g = address >> 1 & 1, e = bytes == 2 ? 1 : address & 1;
    const uint64_t half = (uint32_t)(m >> 32 * h);
    const uint64_t limb = half >> 16 * g & 0xFFFF, other = half >> (16 - 16 * g) & 0xFFFF;
    const uint64_t q = e ? limb >> 8 : limb & 255, p = e ? limb & 255 : limb >> 8;
    cell[SUB_LOAD_H] = h;
    cell[SUB_LOAD_G] = g;
    cell[SUB_LOAD_E] = e;
    cell[SUB_LOAD_P] = p;
    cell[SUB_LOAD_Q] = q;
    cell[SUB_LOAD_OTHER] = fill_limb(vm, other);
    cell[SUB_LOAD_FILL] = is_signed ? q >> 7 : 0;
    cell[SUB_LOAD_SIGNED] = (uint64_t)is_signed;
    cell[SUB_LOAD_TWO_BYTES] = bytes == 2;
    cell[SUB_LOAD_R] = (uint32_t)c;
    fill_low(vm, p + 256 * q);
    if (is_signed) fill_top(vm, p + 256 * q);
}

/* r: the byte that changes, k: the one beside it; d: by how much the half grows. */
INLINE void fill_sub_store(vm_state *vm, uint64_t *cell, uint64_t m, uint64_t address, uint64_t b,
                           int bytes) {
    const uint64_t h = address >> 2 & 1, g = address >> 1 & 1, e = address & 1;
    const uint64_t half = (uint32_t)(m >> 32 * h);
    const uint64_t limb = half >> 16 * g & 0xFFFF, other = half >> (16 - 16 * g) & 0xFFFF;
    const uint64_t r = e ? limb >> 8 : limb & 255, k = e ? limb & 255 : limb >> 8;
    const uint64_t y = b & 255, y2 = b >> 8 & 255;
    int64_t d = ((int64_t)y - (int64_t)r) * (e ? 256 : 1);
    if (bytes == 2) d += ((int64_t)y2 - (int64_t)k) * 256;
    d *= g ? 1 << 16 : 1;
    cell[SUB_STORE_H] = h;
    cell[SUB_STORE_G] = g;
    cell[SUB_STORE_E] = e;
    cell[SUB_STORE_K] = k;
    cell[SUB_STORE_R] = r;
    cell[SUB_STORE_OTHER] = fill_limb(vm, other);
    cell[SUB_STORE_Y] = y;
    cell[SUB_STORE_Y2] = y2;
    cell[SUB_STORE_TWO_BYTES] = bytes == 2;
    cell[SUB_STORE_D] = d < 0 ? GL_P - (uint64_t)-d : (uint64_t)d;
    fill_low(vm, r + 256 * k);
    fill_low(vm, y + 256 * y2);
    fill_limb(vm, b >> 16 & 0xFFFF);
}

/* The twelve bytes of the three halves that begin at half h of the two words. */
INLINE void fill_twelve(vm_state *vm, uint64_t *c, const vm_window *v, uint64_t h) {
    const uint64_t halves[4] = {(uint32_t)v->m, v->m >> 32, (uint32_t)v->w, v->w >> 32};
    for (int i = 0; i < 12; i++) c[i] = halves[h + i / 4] >> 8 * (i % 4) & 255;
    for (int i = 0; i < 12; i += 2) fill_low(vm, c[i] + 256 * c[i + 1]);
}

/* The words, their ages and the flags of place and size; F is the family's prefix. */
#define FILL_WINDOW(F)                                                             \
    const uint64_t h = v->offset >> 2, j = v->offset & 3;                          \
    PUT(F##_M, v->m)                                                               \
    cell[F##_M_TIME] = v->m_time;                                                  \
    cell[F##_GAP] = fill_age(vm, now, v->m_time);                                  \
    PUT(F##_W, v->w)                                                               \
    cell[F##_W_TIME] = v->w_time;                                                  \
    cell[F##_W_GAP] = v->w_at ? fill_age(vm, now, v->w_time) : 0;                  \
    cell[F##_H] = h;                                                               \
    for (uint64_t k = 1; k < 4; k++) cell[F##_F + k - 1] = j == k;                 \
    cell[F##_S8] = bytes == 8;                                                     \
    cell[F##_S4] = bytes == 4;                                                     \
    fill_twelve(vm, cell + F##_C, v, h);

static __attribute__((noinline)) void fill_mis_load(vm_state *vm, uint64_t *cell,
                                                    const vm_window *v, uint64_t c, int bytes,
                                                    int is_signed, uint32_t now) {
    FILL_WINDOW(MIS_LOAD)
    const uint64_t top = bytes < 8 ? cell[MIS_LOAD_C + j + bytes - 1] : 0;
    cell[MIS_LOAD_SIGNED] = (uint64_t)is_signed;
    cell[MIS_LOAD_CROSS] = v->w_at != NULL;
    cell[MIS_LOAD_TOP] = top;
    cell[MIS_LOAD_FILL] = is_signed ? top >> 7 : 0;
    PUT(MIS_LOAD_R, c)
    if (is_signed) fill_top(vm, 256 * top);
}

static __attribute__((noinline)) void fill_mis_store(vm_state *vm, uint64_t *cell,
                                                     const vm_window *v, uint64_t b, int bytes,
                                                     uint32_t now) {
    FILL_WINDOW(MIS_STORE)
    const uint64_t *const c = cell + MIS_STORE_C;
    uint64_t new[3] = {0, 0, 0};
    cell[MIS_STORE_X] = v->w_at && !h;
    cell[MIS_STORE_X + 1] = v->w_at && h;
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 3; i++) cell[MIS_STORE_V + 3 * k + i] = b >> (32 * k + 8 * i) & 255;
        fill_low(vm, b >> 32 * k & 0xFFFF);
        fill_low(vm, b >> (32 * k + 16) & 0xFFFF);
    }
    /* Byte i of the window is stored where the access lies, and stays what it was before and behind it. */
    for (int i = 0; i < 12; i++) {
        const int from = i - (int)j;
        const uint64_t byte = from >= 0 && from < bytes ? b >> 8 * from & 255 : c[i];
        new[i / 4] |= byte << 8 * (i % 4);
    }
    for (int k = 0; k < 3; k++) cell[MIS_STORE_D + k] = new[k];
}

#endif
