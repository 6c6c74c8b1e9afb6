/* The modes of the interpreter, and what the compiled module calls. */
#ifndef CSTARK_VM_EXECUTOR_H
#define CSTARK_VM_EXECUTOR_H

#include "../../trace/fill.h"
#include "state.h"
#include "values.h"
#include "window.h"

#define VM_MODE VM_FAST
#define VM_NAME vm_run_fast
#include "interpreter.h"

#define VM_MODE VM_COUNT
#define VM_NAME vm_run_count
#include "interpreter.h"

#define VM_MODE VM_RECORD
#define VM_NAME vm_run_record
#include "interpreter.h"

#define VM_MODE VM_PROFILE
#define VM_NAME vm_run_profile
#include "interpreter.h"

/* Columns of the rows that are recorded for a table; a row of another width goes nowhere. */
static int vm_width(int table) {
    static const uint8_t widths[VM_TABLES] = {
#define VM_WIDTH(name) [FAMILY_##name] = name##_WIDTH,
        VM_FAMILIES(VM_WIDTH) VM_WIDTH(REFRESH)
#undef VM_WIDTH
    };
    return widths[table];
}

/* At most `rows` further rows. */
static void vm_run(vm_state *vm, int mode, uint64_t rows) {
    if (vm->halted || vm->error) return;
    const uint64_t left = vm->max_rows - vm->row, end = vm->row + (rows < left ? rows : left);
    if (mode == VM_FAST) vm_run_fast(vm, end);
    else if (mode == VM_COUNT) vm_run_count(vm, end);
    else if (mode == VM_RECORD) vm_run_record(vm, end);
    else vm_run_profile(vm, end);
    if (vm->row == vm->max_rows && !vm->halted && !vm->error) {
        vm->error = VM_E_STEPS;
        vm->error_pc = vm->error_address = (uint32_t)vm->at->label;
    }
}

#endif
