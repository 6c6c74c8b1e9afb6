/* The interpreter: included once for each mode, with VM_MODE and VM_NAME defined.
 *
 * VM_FAST executes; VM_COUNT also keeps times and counts rows; VM_RECORD writes the rows down;
 * VM_PROFILE counts them by call stack. All are this source: a run that was counted is the run that
 * is recorded.
 *
 * Row k has time 4 k: rs1 is read at that time, rs2 one later, rd written two later, memory
 * accessed three later. A fault leaves the row uncounted. */
#include "handlers.h"

static void VM_NAME(vm_state *vm, uint64_t end) {
    static const void *const handlers[] = {
#define VM_LABEL(name, code, count, step, writes) &&do_##name,
        VM_OPERATIONS(VM_LABEL)
#undef VM_LABEL
        &&do_STOP};
    const vm_operation *const all = vm->all;
    const vm_operation *o = vm->at, *from = vm->from;
    const uint32_t none = vm->count;
    uint64_t *const x = vm->x;
    uint64_t row = vm->row, instructions = vm->instructions, address = 0;
    int fault = VM_NO_ERROR;

    DISPATCH

#include "handlers_arithmetic.h"
#include "handlers_branches.h"
#include "handlers_memory.h"

    OP(STOP)
    row--;
    o = from;
    address = from->next;
nowhere:
    vm_nowhere(vm, o, address);
    goto leave;

no_memory:
    fault = VM_E_FULL;
stop:
    row--;
    instructions -= o->last;
    UNCOUNT
    vm->error = fault;
    vm->error_pc = (uint32_t)o->label;
    vm->error_address = address;
pause:
leave:
    vm->at = o;
    vm->from = from;
    vm->row = row;
    vm->instructions = instructions;
}

#include "handlers_end.h"
