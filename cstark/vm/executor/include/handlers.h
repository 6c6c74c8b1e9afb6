/* What the handlers are made of, in each mode. No include guard: `interpreter.h` includes this once
 * for each mode, and handlers_end.h takes the names away again. */

#define OP(name) do_##name:
#define NEXT                          \
    {                                 \
        from = o;                     \
        o = all + o->follow;          \
        DISPATCH                      \
    }
#define DISPATCH                      \
    {                                 \
        if (row == end) goto pause;   \
        TURN                          \
        row++;                        \
        instructions += o->last;      \
        COUNT                         \
        goto *handlers[o->kind];      \
    }
/* Go to operation number `to`, which stands for the label `where`. */
#define GO(to, where)                                \
    {                                                \
        const uint32_t to_ = (to);                   \
        if (__builtin_expect(to_ == none, 0)) {      \
            address = (where);                       \
            goto nowhere;                            \
        }                                            \
        from = o;                                    \
        o = all + to_;                               \
        DISPATCH                                     \
    }
#define STOP(why)    \
    {                \
        fault = why; \
        goto stop;   \
    }

#if VM_MODE == VM_PROFILE
#define TURN if (from) vm_profile_step(&vm->profile, all, from, o);
#else
#define TURN
#endif

#if VM_MODE == VM_FAST
#define COUNT
#define UNCOUNT
#define SEE(name, number, step)
#define SEE_WORD(name, page, place)
#define SEE_WINDOW
#define RECORD(F, ...)
#else
#define COUNT vm->counts[o - all]++;
#define UNCOUNT vm->counts[o - all]--;
#define TIME ((uint32_t)(4 * row))
#if VM_MODE != VM_RECORD
#define SEE(name, number, step) (void)vm_see(vm, number, TIME + step);
#define SEE_WORD(name, page, place)                              \
    vm_watch(vm, address, page->word[place], page->time[place]); \
    page->time[place] = TIME + 3;
#define SEE_WINDOW                                                        \
    vm_watch(vm, address, window.m, *window.m_seen);                      \
    if (window.w_at) vm_watch(vm, address + 8, window.w, *window.w_seen); \
    vm_see_window(&window, TIME + 3);
#if VM_MODE == VM_COUNT
#define RECORD(F, ...) vm->rows[FAMILY_##F]++;
#else
#define RECORD(F, ...)                                           \
    {                                                            \
        vm->rows[FAMILY_##F]++;                                  \
        vm->profile.cells += vm->profile.cost[FAMILY_##F];       \
    }
#endif
#else
#define SEE(name, number, step)                                    \
    const uint32_t name##_time = vm_see(vm, number, TIME + step);  \
    vm->range[TIME + step - name##_time - 1]++;
#define SEE_WINDOW vm_see_window(&window, TIME + 3);
#define SEE_WORD(name, page, place)                 \
    const uint32_t name##_time = page->time[place]; \
    page->time[place] = TIME + 3;
#define RECORD(F, ...)                                           \
    {                                                            \
        uint64_t *const cell = vm_row(vm, FAMILY_##F, F##_WIDTH); \
        cell[F##_REAL] = 1;                                      \
        cell[F##_TIME] = TIME;                                   \
        cell[F##_PC] = o->label;                                 \
        __VA_ARGS__                                              \
    }
#endif
#endif

#define READ_A                       \
    const uint64_t a = x[o->rs1];    \
    SEE(a, o->rs1, 0)
#define READ_B                       \
    const uint64_t b = x[o->rs2];    \
    SEE(b, o->rs2, 1)
/* rd is accessed: its old value is still there when the row is recorded. */
#define TAKE_D SEE(old, o->rd, 2)
#define GIVE_D(value) x[o->rd] = (value);

/* rd from rs1 and rs2; from rs1; from itself */
#define BINARY(NAME, F, VALUE, FILL)                                         \
    OP(NAME) {                                                               \
        READ_A READ_B                                                        \
        const uint64_t c = (VALUE);                                          \
        TAKE_D                                                               \
        RECORD(F, AFTER(F) FROM_A(F) FROM_B(F) INTO(F) FILL)                 \
        GIVE_D(c)                                                            \
        NEXT                                                                 \
    }
#define UNARY(NAME, F, VALUE, FILL)                                          \
    OP(NAME) {                                                               \
        READ_A                                                               \
        const uint64_t c = (VALUE);                                          \
        TAKE_D                                                               \
        RECORD(F, AFTER(F) FROM_A(F) INTO(F) FILL)                           \
        GIVE_D(c)                                                            \
        NEXT                                                                 \
    }
