/* A hart: its registers and memory, where it stands, what was counted and recorded. */
#ifndef CSTARK_VM_STATE_H
#define CSTARK_VM_STATE_H

#include "../../trace/layout.h"
#include "memory.h"
#include "operations.h"
#include "profile.h"

enum {
    VM_REGISTERS = 48,
    VM_REFRESH_STEP = 1 << 16,
    VM_SCRATCH = 128,          /* words: no row is wider */
    FAMILY_REFRESH = FAMILIES, /* rows that the interpreter makes beside those of the families */
    VM_TABLES
};

/* What a run is for. Mode 1 counts what mode 2 writes down, and all but mode 0 keep times. */
#define VM_FAST 0
#define VM_COUNT 1
#define VM_RECORD 2
#define VM_PROFILE 3

/* Why a guest is stopped; the names are those of `ErrorKind`. */
enum {
    VM_NO_ERROR,
    VM_E_ILLEGAL,      /* the word at pc is no instruction of the machine */
    VM_E_BREAK,        /* ebreak */
    VM_E_JUMP,         /* the instruction at pc leads out of the text or to an odd place */
    VM_E_UNKNOWN_CALL, /* a7, or the file to print to, is none we know */
    VM_E_OUTSIDE,      /* access outside memory */
    VM_E_TEXT,         /* store into the text */
    VM_E_OUTPUT,       /* the output window does not hold a length and so many bytes at the end */
    VM_E_FULL,         /* more pages than allowed, or no memory left */
    VM_E_STEPS         /* more rows than a proof can have */
};

/* A word of memory before its first access since some row. */
typedef struct {
    uint64_t value;
    uint32_t address, time;
} vm_word;

typedef struct {
    uint64_t x[VM_REGISTERS];
    uint32_t seen[VM_REGISTERS]; /* times of the registers' tokens */
    vm_memory memory;
    vm_operation *all;
    uint32_t count; /* of operations; all[count] is VM_STOP */
    const vm_operation *at, *from; /* the operation that is next, and the one that led to it */
    const uint32_t *index;         /* of each word of text, its first operation */
    uint64_t text_low, text_words;
    uint64_t row, instructions, max_rows;
    uint64_t exit_code;
    int halted, error;
    uint64_t error_pc, error_address;
    uint64_t exit_call, write_call, output, max_output;
    uint8_t *log;
    uint64_t log_size, log_room, log_limit, log_dropped;
    /* modes 1 and 2 */
    uint64_t *counts; /* of each operation */
    uint64_t rows[VM_TABLES];
    vm_profile profile; /* mode 3 */
    /* mode 1: words that are accessed for the first time since the time `since`; 0: none are kept */
    uint32_t since;
    vm_word *words;
    uint64_t word_count, word_room;
    int words_lost; /* there was no memory for one */
    /* mode 2: the traces, and how often each value was looked up */
    uint64_t *trace[VM_TABLES], height[VM_TABLES];
    uint64_t *range, *top, *low, *bytes, *shifts; /* 2^16 each */
    uint64_t scratch[VM_SCRATCH];
    int overflow;
} vm_state;

/* The next row of a family's trace; a scratch row where there is no room, which is an error. */
INLINE uint64_t *vm_row(vm_state *vm, int family, int width) {
    const uint64_t n = vm->rows[family]++;
    if (__builtin_expect(n >= vm->height[family], 0)) {
        vm->overflow = 1;
        return vm->scratch;
    }
    return vm->trace[family] + n * (uint64_t)width;
}

/* Make a register's token younger, 2^16 at a time, until its gap fits a limb. */
static __attribute__((noinline)) uint32_t vm_refresh(vm_state *vm, unsigned r, uint32_t now) {
    uint32_t old = vm->seen[r];
    /* A gap is looked up as a limb, which is below 2^16, and is one less than the difference of the times:
     * a difference of the step itself still fits. */
    while (now - old > VM_REFRESH_STEP) {
        if (vm->trace[FAMILY_REFRESH]) {
            uint64_t *cell = vm_row(vm, FAMILY_REFRESH, REFRESH_WIDTH);
            cell[REFRESH_REAL] = 1;
            cell[REFRESH_REGISTER] = r;
            cell[REFRESH_VALUE] = (uint32_t)vm->x[r];
            cell[REFRESH_VALUE + 1] = vm->x[r] >> 32;
            cell[REFRESH_TIME] = old;
        } else {
            vm->rows[FAMILY_REFRESH]++;
        }
        old += VM_REFRESH_STEP;
    }
    return old;
}

/* An access to a register: the time of the one before. */
INLINE uint32_t vm_see(vm_state *vm, unsigned r, uint32_t now) {
    uint32_t old = vm->seen[r];
    if (__builtin_expect(now - old > VM_REFRESH_STEP, 0)) old = vm_refresh(vm, r, now);
    vm->seen[r] = now;
    return old;
}

/* Keep a word as it is before its first access of those that are watched for. */
static __attribute__((noinline)) void vm_keep_word(vm_state *vm, uint64_t address, uint64_t value,
                                                   uint32_t time) {
    if (vm->word_count == vm->word_room) {
        const uint64_t room = vm->word_room ? 2 * vm->word_room : 1024;
        vm_word *words = realloc(vm->words, room * sizeof *words);
        if (!words) {
            vm->words_lost = 1;
            return;
        }
        vm->words = words;
        vm->word_room = room;
    }
    vm->words[vm->word_count++] = (vm_word){value, (uint32_t)(address & ~7ull), time};
}
INLINE void vm_watch(vm_state *vm, uint64_t address, uint64_t value, uint32_t time) {
    if (__builtin_expect(time < vm->since, 0)) vm_keep_word(vm, address, value, time);
}

/* ecall `write` on the standard output or the error output: the bytes go to the log. */
static int vm_print(vm_state *vm, uint64_t *address) {
    const uint64_t from = vm->x[11], length = vm->x[12];
    if (vm->x[10] != 1 && vm->x[10] != 2) return VM_E_UNKNOWN_CALL;
    if (length == 0) return VM_NO_ERROR;
    *address = from;
    if (from - vm->memory.low >= vm->memory.size) return VM_E_OUTSIDE;
    *address = vm->memory.low + vm->memory.size;
    if (length > *address - from) return VM_E_OUTSIDE;
    const uint64_t room = vm->log_limit - vm->log_size, taken = length < room ? length : room;
    vm->log_dropped += length - taken;
    if (vm->log_size + taken > vm->log_room) {
        uint64_t wanted = 2 * (vm->log_size + taken);
        if (wanted > vm->log_limit) wanted = vm->log_limit;
        uint8_t *log = realloc(vm->log, wanted);
        if (!log) return VM_E_FULL;
        vm->log = log;
        vm->log_room = wanted;
    }
    /* Printing is no access: the bytes are looked at without touching words, so that no row follows. */
    for (uint64_t i = 0; i < taken; i++) {
        const uint64_t here = from + i;
        vm->log[vm->log_size++] = (uint8_t)(vm_peek(&vm->memory, here & ~7ull) >> 8 * (here & 7));
    }
    return VM_NO_ERROR;
}

/* At the end: the output window holds a length, and zeros after the bytes in the last word. */
static int vm_check_output(const vm_state *vm, uint64_t *address) {
    const uint64_t length = vm_peek(&vm->memory, vm->output);
    *address = vm->output;
    if (length > vm->max_output) return VM_E_OUTPUT;
    if (length & 7) {
        *address = vm->output + 8 + length;
        if (vm_peek(&vm->memory, *address & ~7ull) >> 8 * (length & 7)) return VM_E_OUTPUT;
    }
    return VM_NO_ERROR;
}

/* Where there is no operation: an instruction that is none, or a jump that leads nowhere. */
static void vm_nowhere(vm_state *vm, const vm_operation *from, uint64_t address) {
    /* Labels below 0 of the program are field elements, 2^32 - 1 less than modulo 2^64. */
    if (from->kind != VM_JALR && from->kind != VM_JR && address >> 63) address += 0xFFFFFFFFu;
    const uint64_t offset = address - vm->text_low;
    vm->error_address = address;
    if (offset < 4 * vm->text_words && address % 4 == 0) {
        const uint64_t both = vm_peek(&vm->memory, address & ~7ull);
        const uint32_t word = (uint32_t)(both >> 8 * (address & 4));
        vm->error_pc = address;
        vm->error = word == 0x00100073 ? VM_E_BREAK : VM_E_ILLEGAL;
    } else {
        vm->error_pc = (uint32_t)from->label;
        vm->error = VM_E_JUMP;
    }
}

#endif
