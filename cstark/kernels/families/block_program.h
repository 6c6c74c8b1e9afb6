/* Block programs: straight-line arithmetic on BLOCK rows at a time.
 *
 * A program works on slots. A slot holds one word for each row of the block and one for the row
 * after it, so that a column is read at the next row by starting one word later: an operand is the
 * number 2 * slot + next. Words in slots are any words. An extension value lies in three adjacent
 * slots.
 *
 * An instruction is four numbers: operation, destination, a, b. Terms are pairs of numbers. What
 * each operation means (x = operand, w = weight, c = constant):
 *
 *   LOAD         slot d = column b of matrix a
 *   LOAD4        slots d..d+3 = columns b..b+3 of matrix a
 *   PERIODIC     slot d = periodic column a
 *   SET          slot d = c[a] on every row
 *   ADD SUB MUL  d = a op b;   ADD_CANONICAL, SUB_CANONICAL: b holds canonical words
 *   SQUARE       d = a^2
 *   ADD_CONSTANT, SUBTRACT_FROM, MUL_CONSTANT     d = a + c[b], c[b] - a, a c[b]
 *   LINEAR       d = c + sum of x w over the base weights;   terms as for FINGERPRINT
 *   ACCUMULATE   sums of class d += sum of x w over terms a..a+b-1; with FIRST in d: = instead of +=
 *   FLUSH        total of class d += the value of its sums; with FIRST in d: = instead of +=;
 *                with a = 1: + extension constant b
 *   SCALE_TOTAL  total of class d = total of class a times extension constant b
 *   TEST         count rows where b is not zero for test d, on the rows of class a
 *   FINGERPRINT  d (3) = c + sum of x w: term a is (constant, -), the b terms after it are (x, w)
 *   EXT_ADD EXT_SUB EXT_MUL   d (3) = a (3) op b (3)
 *   EXT_ADD_CONSTANT   d (3) = a (3) + extension constant b
 *   RESIDUAL     d (3) = c f g - (m g + n f): terms a, a+1, a+2 are (f, m), (g, n), (c, -); flags b say
 *                that m or n is 1 (and has no slot), or to be negated
 *   PAIR         fraction d = m / f + n / g with terms and flags likewise: left as numerator and norm,
 *                of which numerator / norm is the fraction
 *   FRACTION     fraction d = a / b (3), likewise
 *   NUMERATOR    d (3) = m g + n f, the numerator of m / f + n / g; terms and flags as for PAIR, and with
 *                EXTENSION_B among the flags n is an extension value
 *   EXT_FRACTION fraction d = a (3) / b (3), likewise
 *
 * Sums of a class stay unreduced from the first ACCUMULATE to FLUSH; at most 256 terms go between.
 */
#ifndef CSTARK_BLOCK_PROGRAM_H
#define CSTARK_BLOCK_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK = 128,       /* rows; the slots of a program of ordinary size stay in the second-level cache */
    SLOT = BLOCK + 8,  /* words from slot to slot: never a power of two, or slots would evict each other */
    CLASSES = 4,
    MATRICES = 3,
    MAX_TERMS = 256,
    FIRST = 4,         /* flag beside a class */
    /* flags of RESIDUAL, PAIR and NUMERATOR */
    NEGATIVE_A = 1, NEGATIVE_B = 2, UNIT_A = 4, UNIT_B = 8, ALL_FLAGS = 15, EXTENSION_B = 16
};

enum { CLASS_EVERY, CLASS_TRANSITION, CLASS_FIRST, CLASS_LAST };

enum {
    OP_LOAD, OP_LOAD4, OP_PERIODIC, OP_SET,
    OP_ADD, OP_ADD_CANONICAL, OP_SUB, OP_SUB_CANONICAL, OP_MUL, OP_SQUARE,
    OP_ADD_CONSTANT, OP_SUBTRACT_FROM, OP_MUL_CONSTANT, OP_LINEAR,
    OP_ACCUMULATE, OP_FLUSH, OP_SCALE_TOTAL, OP_TEST,
    OP_FINGERPRINT, OP_EXT_ADD, OP_EXT_SUB, OP_EXT_MUL, OP_EXT_ADD_CONSTANT, OP_RESIDUAL, OP_PAIR, OP_FRACTION,
    OP_NUMERATOR, OP_EXT_FRACTION,
    OPERATIONS
};

typedef struct {
    const int32_t *code; /* length x 4 */
    ptrdiff_t length;
    const int32_t *terms; /* term_count x 2 */
    ptrdiff_t term_count;
    ptrdiff_t slots;
    const uint64_t *constants;
    ptrdiff_t constant_count;
    const uint64_t *ext_constants; /* x 3 */
    ptrdiff_t ext_constant_count;
    const void *weights; /* x 3 prepared weights */
    ptrdiff_t weight_count;
    const void *base_weights; /* prepared weights */
    ptrdiff_t base_weight_count;
    const uint64_t *matrix[MATRICES]; /* rows x stride; NULL when absent, then with width 0 */
    ptrdiff_t stride[MATRICES], width[MATRICES];
    const uint64_t *const *periodic;
    const ptrdiff_t *periods;
    ptrdiff_t periodic_count;
    ptrdiff_t rows;
    ptrdiff_t tests, pairs; /* how many the caller made room for */
} block_program;

static int holds(ptrdiff_t first, ptrdiff_t count, ptrdiff_t limit) {
    return first >= 0 && count >= 0 && first <= limit - count;
}
static int holds_operand(const block_program *p, ptrdiff_t operand, ptrdiff_t width) {
    return operand >= 0 && holds(operand >> 1, width, p->slots);
}
static int holds_terms(const block_program *p, ptrdiff_t first, ptrdiff_t count, ptrdiff_t weights) {
    if (count > MAX_TERMS || !holds(first, count, p->term_count)) return 0;
    for (ptrdiff_t i = first; i < first + count; i++)
        if (!holds_operand(p, p->terms[2 * i], 1) || !holds(p->terms[2 * i + 1], 1, weights)) return 0;
    return 1;
}

/* The terms of RESIDUAL and PAIR. */
static int holds_fractions(const block_program *p, ptrdiff_t first, ptrdiff_t flags, ptrdiff_t count) {
    if (!holds(first, count, p->term_count) || flags < 0 || flags > ALL_FLAGS) return 0;
    const int32_t *term = p->terms + 2 * first;
    for (ptrdiff_t i = 0; i < count; i++)
        if (!holds_operand(p, term[2 * i], 3)) return 0;
    return (flags & UNIT_A || holds_operand(p, term[1], 1)) && (flags & UNIT_B || holds_operand(p, term[3], 1));
}

static int instruction_is_valid(const block_program *p, const int32_t *line) {
    const ptrdiff_t d = line[1], a = line[2], b = line[3];
    switch (line[0]) {
    case OP_LOAD:
    case OP_LOAD4: {
        const ptrdiff_t count = line[0] == OP_LOAD4 ? 4 : 1;
        return holds(a, 1, MATRICES) && holds(b, count, p->width[a]) && holds(d, count, p->slots);
    }
    case OP_PERIODIC: return holds(a, 1, p->periodic_count) && holds(d, 1, p->slots);
    case OP_SET: return holds(a, 1, p->constant_count) && holds(d, 1, p->slots);
    case OP_ADD:
    case OP_ADD_CANONICAL:
    case OP_SUB:
    case OP_SUB_CANONICAL:
    case OP_MUL: return holds_operand(p, a, 1) && holds_operand(p, b, 1) && holds(d, 1, p->slots);
    case OP_SQUARE: return holds_operand(p, a, 1) && holds(d, 1, p->slots);
    case OP_ADD_CONSTANT:
    case OP_SUBTRACT_FROM:
    case OP_MUL_CONSTANT:
        return holds_operand(p, a, 1) && holds(b, 1, p->constant_count) && holds(d, 1, p->slots);
    case OP_LINEAR:
        return holds(a, 1, p->term_count) && holds(p->terms[2 * a], 1, p->constant_count) &&
               holds_terms(p, a + 1, b, p->base_weight_count) && holds(d, 1, p->slots);
    case OP_ACCUMULATE:
        return holds(d, 1, 2 * CLASSES) && holds_terms(p, a, b, p->weight_count);
    case OP_FLUSH:
        return holds(d, 1, 2 * CLASSES) && (a == 0 || (a == 1 && holds(b, 1, p->ext_constant_count)));
    case OP_SCALE_TOTAL:
        return holds(d, 1, CLASSES) && holds(a, 1, CLASSES) && holds(b, 1, p->ext_constant_count);
    case OP_TEST: return holds(d, 1, p->tests) && holds(a, 1, CLASSES) && holds_operand(p, b, 1);
    case OP_FINGERPRINT:
        return holds(a, 1, p->term_count) && holds(p->terms[2 * a], 1, p->ext_constant_count) &&
               holds_terms(p, a + 1, b, p->weight_count) && holds(d, 3, p->slots);
    case OP_EXT_ADD:
    case OP_EXT_SUB:
    case OP_EXT_MUL: return holds_operand(p, a, 3) && holds_operand(p, b, 3) && holds(d, 3, p->slots);
    case OP_EXT_ADD_CONSTANT:
        return holds_operand(p, a, 3) && holds(b, 1, p->ext_constant_count) && holds(d, 3, p->slots);
    case OP_RESIDUAL: return holds_fractions(p, a, b, 3) && holds(d, 3, p->slots);
    case OP_PAIR: return holds_fractions(p, a, b, 2) && holds(d, 1, p->pairs);
    case OP_FRACTION: return holds(d, 1, p->pairs) && holds_operand(p, a, 1) && holds_operand(p, b, 3);
    case OP_NUMERATOR:
        if (!(b & EXTENSION_B)) return holds_fractions(p, a, b, 2) && holds(d, 3, p->slots);
        /* n is checked as the three words that it is; UNIT_B, which it cannot be, says not as one */
        return !(b & UNIT_B) && holds_fractions(p, a, (b - EXTENSION_B) | UNIT_B, 2) &&
               holds_operand(p, p->terms[2 * a + 3], 3) && holds(d, 3, p->slots);
    case OP_EXT_FRACTION: return holds(d, 1, p->pairs) && holds_operand(p, a, 3) && holds_operand(p, b, 3);
    default: return 0;
    }
}

/* Index of the first instruction that would leave its arrays, or -1. */
static ptrdiff_t invalid_instruction(const block_program *p) {
    for (ptrdiff_t i = 0; i < p->length; i++)
        if (!instruction_is_valid(p, p->code + 4 * i)) return i;
    return -1;
}

/* Words of scratch for one thread: slots, totals and sums of the classes, fractions.
 * Sums are at most DOT_WORDS words for each row and coordinate. All parts are multiples of 64 bytes. Planes
 * of fractions are no power of two apart, as slots are not. */
enum { DOT_WORDS = 4, FRACTION_PAD = 8 };

static ptrdiff_t workspace_words(const block_program *p, ptrdiff_t fraction_rows) {
    return (p->slots + 3 * CLASSES) * SLOT + CLASSES * 3 * BLOCK * DOT_WORDS +
           p->pairs * (3 * (fraction_rows + FRACTION_PAD) + 2 * fraction_rows);
}

/* Classes whose total the program leaves, as a bit mask. */
static int classes_of(const block_program *p) {
    int mask = 0;
    for (ptrdiff_t i = 0; i < p->length; i++)
        if (p->code[4 * i] == OP_FLUSH || p->code[4 * i] == OP_SCALE_TOTAL)
            mask |= 1 << (p->code[4 * i + 1] & (FIRST - 1));
    return mask;
}

#endif
