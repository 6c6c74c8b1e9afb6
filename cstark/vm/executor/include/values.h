/* Results that one C expression does not give. */
#ifndef CSTARK_VM_VALUES_H
#define CSTARK_VM_VALUES_H

#include "state.h"

#define SIGN 0x8000000000000000ull
#define NEAR(a, b) ((a) >> 32 == (b) >> 32)

/* The low half, its sign in all of the upper half. */
INLINE uint64_t vm_extend(uint64_t a) { return (uint64_t)(int64_t)(int32_t)(uint32_t)a; }

INLINE uint64_t vm_divuw(uint64_t a, uint64_t b) {
    return (uint32_t)b ? vm_extend((uint32_t)a / (uint32_t)b) : ~0ull;
}
INLINE uint64_t vm_remuw(uint64_t a, uint64_t b) {
    return vm_extend((uint32_t)b ? (uint32_t)a % (uint32_t)b : a);
}
/* In 64 bits: -2^31 / -1 is 2^31 there, whose low half is -2^31 again. */
INLINE uint64_t vm_divw(uint64_t a, uint64_t b) {
    return (int32_t)b ? vm_extend((uint64_t)((int64_t)(int32_t)a / (int32_t)b)) : ~0ull;
}
INLINE uint64_t vm_remw(uint64_t a, uint64_t b) {
    return vm_extend((int32_t)b ? (uint64_t)((int64_t)(int32_t)a % (int32_t)b) : a);
}

/* The number of the operation at an address of text, or that of VM_STOP. */
INLINE uint32_t vm_find(const vm_state *vm, uint64_t address) {
    const uint64_t offset = address - vm->text_low;
    if (offset & 3 || offset >> 2 >= vm->text_words) return vm->count;
    const uint32_t found = vm->index[offset >> 2];
    return found == VM_NOWHERE ? vm->count : found;
}

#endif
