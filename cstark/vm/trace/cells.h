/* What the rows of most families begin with. The macros take the family's prefix in layout.h and
 * use what is there in a handler: `cell`, the row; `o`, the operation; `x`, the registers; a, b and
 * the times of the accesses. */
#ifndef CSTARK_VM_CELLS_H
#define CSTARK_VM_CELLS_H

#include "../executor/include/state.h"

#define PUT(at, value)                          \
    {                                           \
        const uint64_t put_ = (value);          \
        cell[at] = (uint32_t)put_;              \
        cell[(at) + 1] = put_ >> 32;            \
    }

#define AFTER(F) cell[F##_NEXT] = o->next;
#define HALVES(F) cell[F##_IMM0] = o->imm0, cell[F##_IMM1] = o->imm1;

/* An operand of two halves; of one, where the other is known. */
#define FROM_A(F)                               \
    cell[F##_RS1] = o->rs1;                     \
    PUT(F##_A, a)                               \
    cell[F##_A_TIME] = a_time;
#define FROM_A_LOW(F)                           \
    cell[F##_RS1] = o->rs1;                     \
    cell[F##_A] = (uint32_t)a;                  \
    cell[F##_A_TIME] = a_time;
#define FROM_B(F)                               \
    cell[F##_RS2] = o->rs2;                     \
    PUT(F##_B, b)                               \
    cell[F##_B_TIME] = b_time;
#define FROM_B_NEAR(F)                          \
    cell[F##_RS2] = o->rs2;                     \
    cell[F##_B] = (uint32_t)b;                  \
    cell[F##_B_TIME] = b_time;
/* The target, whose old value is still in the register; a target that is the first operand. */
#define INTO(F)                                 \
    cell[F##_RD] = o->rd;                       \
    PUT(F##_OLD, x[o->rd])                      \
    cell[F##_OLD_TIME] = old_time;
#define IN_PLACE(F)                             \
    cell[F##_RD] = o->rd;                       \
    PUT(F##_A, a)                               \
    cell[F##_A_TIME] = a_time;
/* The word of memory and its age. */
#define WORD(F)                                 \
    PUT(F##_M, m)                               \
    cell[F##_M_TIME] = m_time;                  \
    cell[F##_GAP] = fill_age(vm, TIME + 3, m_time);

/* A limb is looked up in the range table; also with its top bit; also with its low byte. */
INLINE uint64_t fill_limb(vm_state *vm, uint64_t limb) {
    vm->range[limb]++;
    return limb;
}
INLINE uint64_t fill_top(vm_state *vm, uint64_t limb) {
    vm->top[limb]++;
    return limb;
}
INLINE uint64_t fill_low(vm_state *vm, uint64_t limb) {
    vm->low[limb]++;
    return limb;
}

/* The age of a token of memory: both limbs are looked up, the lower one is a cell. */
INLINE uint64_t fill_age(vm_state *vm, uint32_t now, uint32_t before) {
    const uint32_t gap = now - before - 1;
    fill_limb(vm, gap >> 16);
    return fill_limb(vm, gap & 0xFFFF);
}

/* Two limbs of a half, four of a value. */
INLINE void fill_half(vm_state *vm, uint64_t *cell, uint64_t half) {
    cell[0] = fill_limb(vm, half & 0xFFFF);
    cell[1] = fill_limb(vm, half >> 16 & 0xFFFF);
}
INLINE void fill_limbs(vm_state *vm, uint64_t *cell, uint64_t value) {
    fill_half(vm, cell, value);
    fill_half(vm, cell + 2, value >> 32);
}

/* A half in two limbs with its top bit. */
INLINE void fill_word(vm_state *vm, uint64_t *limbs, uint64_t *sign, uint64_t half) {
    limbs[0] = fill_limb(vm, half & 0xFFFF);
    limbs[1] = fill_top(vm, half >> 16 & 0xFFFF);
    *sign = half >> 31 & 1;
}

/* The upper limb of a half and its top bit; the lower limb is an expression. */
INLINE void fill_sign(vm_state *vm, uint64_t *upper, uint64_t *sign, uint64_t half) {
    fill_limb(vm, half & 0xFFFF);
    *upper = fill_top(vm, half >> 16 & 0xFFFF);
    *sign = half >> 31 & 1;
}

#endif
