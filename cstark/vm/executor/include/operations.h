/* The operations of the machine as the decoder hands them over, and the list of all of them. */
#ifndef CSTARK_VM_OPERATIONS_H
#define CSTARK_VM_OPERATIONS_H

#include <stdint.h>
#include <string.h>

/* One row of `Code.operations`, byte for byte. `kind` is unused there; the executor's own copy
 * holds the number of the handler in it. */
typedef struct {
    uint64_t label, imm, imm0, imm1, next;
    uint32_t target, follow;
    uint16_t code;
    uint8_t rs1, rs2, rd, last;
    uint16_t kind;
} vm_operation;

_Static_assert(sizeof(vm_operation) == 56, "the record of the decoder");

#define VM_NOWHERE 0xFFFFFFFFu /* in `target` and `follow`: there is no such operation */

/* Name, first code, number of codes from it on and step between them (variants of one handler: a
 * shift by w limbs has a code for each w), and whether it writes rd, which then must not be x0. */
#define VM_OPERATIONS(X) \
    X(JUMP, 16, 1, 1, 0)          \
    X(LI, 32, 1, 1, 1)            \
    X(MV, 48, 1, 1, 1)            \
    X(ADDI, 64, 1, 1, 1)          \
    X(ADDI_INPLACE, 80, 1, 1, 1)  \
    X(ADD, 96, 1, 1, 1)           \
    X(ADD_INPLACE, 112, 1, 1, 1)  \
    X(SUB, 128, 1, 1, 1)          \
    X(SUB_INPLACE, 144, 1, 1, 1)  \
    X(ADDW, 160, 1, 1, 1)         \
    X(SUBW, 176, 1, 1, 1)         \
    X(ADDIW, 192, 1, 1, 1)        \
    X(BNE, 208, 1, 1, 0)          \
    X(BNEZ, 224, 1, 1, 0)         \
    X(BLTU, 240, 1, 1, 0)         \
    X(BLT, 241, 1, 1, 0)          \
    X(SLTU, 256, 1, 1, 1)         \
    X(SLT, 257, 1, 1, 1)          \
    X(SLTIU, 272, 1, 1, 1)        \
    X(SLTI, 288, 1, 1, 1)         \
    X(AND, 304, 1, 1, 1)          \
    X(OR, 320, 1, 1, 1)           \
    X(XOR, 336, 1, 1, 1)          \
    X(ANDI, 352, 1, 1, 1)         \
    X(ORI, 353, 1, 1, 1)          \
    X(XORI, 354, 1, 1, 1)         \
    X(ANDI_SMALL, 368, 1, 1, 1)   \
    X(SLLI, 384, 4, 2, 1)         \
    X(SRLI, 385, 4, 2, 1)         \
    X(SRAI, 400, 4, 1, 1)         \
    X(SLL, 416, 1, 1, 1)          \
    X(SRL, 417, 1, 1, 1)          \
    X(SRA, 432, 1, 1, 1)          \
    X(SLLI32, 448, 1, 1, 1)       \
    X(SRLI32, 464, 1, 1, 1)       \
    X(ZEXT, 480, 1, 1, 1)         \
    X(SLLIW, 496, 1, 1, 1)        \
    X(SRLIW, 512, 1, 1, 1)        \
    X(SRAIW, 528, 1, 1, 1)        \
    X(MUL, 544, 1, 1, 1)          \
    X(MULHU, 560, 1, 1, 1)        \
    X(MULW, 576, 1, 1, 1)         \
    X(DIVU, 592, 1, 1, 1)         \
    X(REMU, 608, 1, 1, 1)         \
    X(DIVUW, 624, 1, 1, 1)        \
    X(REMUW, 640, 1, 1, 1)        \
    X(DIVW, 656, 1, 1, 1)         \
    X(REMW, 672, 1, 1, 1)         \
    X(JALR, 688, 1, 1, 1)         \
    X(JR, 704, 1, 1, 0)           \
    X(SELN, 720, 1, 1, 1)         \
    X(SELP, 721, 1, 1, 1)         \
    X(CNEG, 736, 1, 1, 1)         \
    X(LD, 752, 1, 1, 1)           \
    X(LWU, 768, 1, 1, 1)          \
    X(LW, 769, 1, 1, 1)           \
    X(LBU, 784, 1, 1, 1)          \
    X(LB, 785, 1, 1, 1)           \
    X(LHU, 786, 1, 1, 1)          \
    X(LH, 787, 1, 1, 1)           \
    X(SD, 800, 1, 1, 0)           \
    X(SW, 816, 1, 1, 0)           \
    X(SB, 832, 1, 1, 0)           \
    X(SH, 833, 1, 1, 0)           \
    X(ECALL, 848, 1, 1, 0)

#define VM_KIND(name, code, count, step, writes) VM_##name,
enum { VM_OPERATIONS(VM_KIND) VM_STOP, VM_KINDS = VM_STOP };
#undef VM_KIND

/* Check what the decoder handed over and number the handlers. Operation `count` is added: it stands
 * for "no operation here", and whatever leads nowhere leads there. Returns the first row that is
 * wrong, or -1. */
static int64_t vm_prepare(vm_operation *all, uint32_t count, int registers) {
    enum { CODES = 1024, WRITES = 0x80, NONE = 0x7F };
    uint8_t kinds[CODES]; /* of each code: the handler, and whether it writes rd */
    memset(kinds, NONE, sizeof kinds);
#define VM_ENTRY(name, code, count, step, writes) \
    for (int i = 0; i < count; i++) kinds[code + i * step] = VM_##name | (writes ? WRITES : 0);
    VM_OPERATIONS(VM_ENTRY)
#undef VM_ENTRY
    /* The interpreter trusts all of this: it indexes handlers, registers and operations without a look. */
    for (uint32_t i = 0; i < count; i++) {
        vm_operation *o = &all[i];
        if (o->code >= CODES || (kinds[o->code] & NONE) == NONE) return i;
        if (o->rd == 0 && (kinds[o->code] & WRITES)) return i; /* x0 is never written */
        if (o->rs1 >= registers || o->rs2 >= registers || o->rd >= registers || o->last > 1)
            return i;
        if (o->target == VM_NOWHERE) o->target = count;
        if (o->follow == VM_NOWHERE) o->follow = count;
        if (o->target > count || o->follow > count) return i;
        o->kind = kinds[o->code] & NONE;
    }
    all[count] = (vm_operation){.target = count, .follow = count, .kind = VM_STOP};
    return -1;
}

#endif
