/* Loads and stores. An aligned access is one row of its own family; any other goes to the general
 * families, which take one word or two. */

#define REACH(size)                                                        \
    address = a + o->imm;                                                  \
    if (!vm_inside(&vm->memory, address, size)) STOP(VM_E_OUTSIDE)
#define REACH_TO_STORE(size)                                               \
    REACH(size)                                                            \
    if (vm_is_fixed(&vm->memory, address, size)) STOP(VM_E_TEXT)
#define TAKE_WORD                                                          \
    vm_page *const page = vm_page_of(&vm->memory, address);                \
    if (!page) goto no_memory;                                             \
    const unsigned k = vm_place(address);                                  \
    const uint64_t m = page->word[k];                                      \
    SEE_WORD(m, page, k)

/* `shifted` is the word moved down so that the wanted bytes are the lowest. */
#define LOAD(NAME, F, size, sign, VALUE, FILL)                             \
    OP(NAME) {                                                             \
        READ_A                                                             \
        REACH(size)                                                        \
        TAKE_D                                                             \
        uint64_t c;                                                        \
        if (__builtin_expect((address & (size - 1)) != 0, 0)) {            \
            vm_window window;                                              \
            if (vm_open_window(&vm->memory, address, size, &window)) goto no_memory; \
            const uint64_t shifted = window.value;                         \
            c = (VALUE);                                                   \
            SEE_WINDOW                                                     \
            RECORD(MIS_LOAD, AFTER(MIS_LOAD) FROM_A_LOW(MIS_LOAD) INTO(MIS_LOAD) \
                   cell[MIS_LOAD_IMM0] = o->imm0;                          \
                   fill_mis_load(vm, cell, &window, c, size, sign, TIME + 3);) \
        } else {                                                           \
            TAKE_WORD                                                      \
            const uint64_t shifted = m >> 8 * (address & 7);               \
            c = (VALUE);                                                   \
            RECORD(F, AFTER(F) FROM_A_LOW(F) INTO(F) cell[F##_IMM0] = o->imm0; \
                   WORD(F) FILL)                                           \
        }                                                                  \
        GIVE_D(c)                                                          \
        NEXT                                                               \
    }

LOAD(LD, LD, 8, 0, shifted, )
LOAD(LWU, LW, 4, 0, (uint32_t)shifted, fill_lw(vm, cell, m, address, 0);)
LOAD(LW, LW, 4, 1, (uint64_t)(int32_t)shifted, fill_lw(vm, cell, m, address, 1);)
LOAD(LBU, SUB_LOAD, 1, 0, (uint8_t)shifted, fill_sub_load(vm, cell, m, address, c, 1, 0);)
LOAD(LB, SUB_LOAD, 1, 1, (uint64_t)(int8_t)shifted, fill_sub_load(vm, cell, m, address, c, 1, 1);)
LOAD(LHU, SUB_LOAD, 2, 0, (uint16_t)shifted, fill_sub_load(vm, cell, m, address, c, 2, 0);)
LOAD(LH, SUB_LOAD, 2, 1, (uint64_t)(int16_t)shifted, fill_sub_load(vm, cell, m, address, c, 2, 1);)

#define STORE(NAME, F, size, FILL)                                         \
    OP(NAME) {                                                             \
        READ_A READ_B                                                      \
        REACH_TO_STORE(size)                                               \
        const uint64_t mask = ~0ull >> (64 - 8 * size);                    \
        if (__builtin_expect((address & (size - 1)) != 0, 0)) {            \
            vm_window window;                                              \
            if (vm_open_window(&vm->memory, address, size, &window)) goto no_memory; \
            SEE_WINDOW                                                     \
            RECORD(MIS_STORE, AFTER(MIS_STORE) FROM_A_LOW(MIS_STORE) FROM_B(MIS_STORE) \
                   cell[MIS_STORE_IMM0] = o->imm0;                         \
                   fill_mis_store(vm, cell, &window, b, size, TIME + 3);)  \
            vm_store_window(&window, b & mask, mask);                      \
        } else {                                                           \
            TAKE_WORD                                                      \
            const unsigned up = 8 * (address & 7);                         \
            RECORD(F, AFTER(F) FROM_A_LOW(F) FROM_B(F) cell[F##_IMM0] = o->imm0; \
                   WORD(F) FILL)                                           \
            page->word[k] = (m & ~(mask << up)) | (b & mask) << up;        \
        }                                                                  \
        NEXT                                                               \
    }

STORE(SD, SD, 8, )
STORE(SW, SW, 4, cell[SW_H] = address >> 2 & 1;)
STORE(SB, SUB_STORE, 1, fill_sub_store(vm, cell, m, address, b, 1);)
STORE(SH, SUB_STORE, 2, fill_sub_store(vm, cell, m, address, b, 2);)

#undef REACH
#undef REACH_TO_STORE
#undef TAKE_WORD
#undef LOAD
#undef STORE
