/* The interpreter of block programs on any lanes; include it in a family, after the lanes.
 *
 * An instruction does its work for all rows of the block before the next one starts, so its
 * interpretation costs nothing measurable. Every operation reads what it needs of a group of rows
 * before it writes that group, and goes upwards: a destination may be one of the operands, even one
 * read at the next row.
 */
#include "block_program.h"

#define transpose_4 FN(transpose_4)
#define columns_from_rows FN(columns_from_rows)
#define rows_from_columns FN(rows_from_columns)
#define workspace FN(workspace)
#define workspace_at FN(workspace_at)
#define load_column FN(load_column)
#define load_columns FN(load_columns)
#define load_periodic FN(load_periodic)
#define add_terms FN(add_terms)
#define run_terms FN(run_terms)
#define run_linear FN(run_linear)
#define flush FN(flush)
#define make_fraction FN(make_fraction)
#define test_rows FN(test_rows)
#define run_base FN(run_base)
#define run_constant FN(run_constant)
#define run_ext FN(run_ext)
#define run_block FN(run_block)

#undef NOINLINE
#define NOINLINE static __attribute__((noinline))
#undef PAIR_OF_VECTORS
#define PAIR_OF_VECTORS (2 * LANES) /* two independent vectors hide the latency of products */

#if LANES == 4
#include "../avx2/transpose.h"
#else
#include "../portable/transpose.h"
#endif

/* What a thread works in. Sums are kept coordinate by coordinate, group of rows by group of rows. */
typedef struct {
    uint64_t *slots;                /* slots x SLOT */
    dot *sums[CLASSES];             /* each 3 x BLOCK / LANES */
    uint64_t *totals[CLASSES];      /* each 3 slots */
    dot *terms;                     /* 3 x BLOCK / LANES */
    uint64_t *fractions;            /* pairs x 3 x fraction_rows */
    uint64_t *norms, *inverses;     /* pairs x fraction_rows */
    ptrdiff_t fraction_rows;        /* of a chunk of several blocks */
    int64_t *failures, *first_rows; /* of each test; first_rows start at the number of rows */
} workspace;

static workspace workspace_at(uint64_t *memory, const block_program *p, ptrdiff_t fraction_rows) {
    workspace w = {.slots = memory, .fraction_rows = fraction_rows};
    memory += p->slots * SLOT;
    for (int c = 0; c < CLASSES; c++, memory += 3 * SLOT) w.totals[c] = memory;
    for (int c = 0; c < CLASSES; c++, memory += 3 * BLOCK * DOT_WORDS) w.sums[c] = (dot *)memory;
    w.terms = (dot *)memory, memory += 3 * BLOCK * DOT_WORDS;
    w.fractions = memory, memory += 3 * p->pairs * fraction_rows;
    w.norms = memory, w.inverses = memory + p->pairs * fraction_rows;
    return w;
}

/* Column of `count` rows from `first`, and of the row after them. */
NOINLINE void load_column(const uint64_t *column, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t count,
                          ptrdiff_t rows, uint64_t *out) {
    const uint64_t *p = column + first * stride;
    for (ptrdiff_t i = 0; i < count; i++) out[i] = p[i * stride];
    out[count] = column[((first + count) & (rows - 1)) * stride];
}

NOINLINE void load_columns(const uint64_t *columns, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t count,
                           ptrdiff_t rows, uint64_t *out) {
    const uint64_t *p = columns + first * stride;
    /* Rows are visited column by column, which the hardware does not foresee. While a block of rows fits
     * in the first cache twice, ask for the same words of the next block, else for the next line. */
    const ptrdiff_t ahead = stride * count <= 4096 ? stride * count : 8;
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        for (int k = 0; k < LANES; k++) __builtin_prefetch(p + (i + k) * stride + ahead, 0, 2);
        columns_from_rows(p + i * stride, stride, out + i, SLOT);
    }
    p = columns + ((first + count) & (rows - 1)) * stride;
    for (int k = 0; k < 4; k++) out[k * SLOT + count] = p[k];
}

NOINLINE void load_periodic(const uint64_t *values, ptrdiff_t period, ptrdiff_t first, ptrdiff_t count,
                            uint64_t *out) {
    for (ptrdiff_t i = 0; i <= count; i++) out[i] = values[(first + i) & (period - 1)];
}

/* ---- base field ---- */

#define EACH_PAIR for (ptrdiff_t i = 0; i < rows; i += PAIR_OF_VECTORS)
#define STORE_PAIR(first, second)                                      \
    {                                                                  \
        const vec r0 = first, r1 = second;                             \
        v_store(d + i, r0), v_store(d + i + LANES, r1);                \
    }                                                                  \
    break
#define BINARY(f)                                                      \
    EACH_PAIR STORE_PAIR(f(v_load(a + i), v_load(b + i)),              \
                         f(v_load(a + i + LANES), v_load(b + i + LANES)))

NOINLINE void run_base(int operation, uint64_t *d, const uint64_t *a, const uint64_t *b, ptrdiff_t rows) {
    switch (operation) {
    case OP_ADD: BINARY(v_add);
    case OP_ADD_CANONICAL: BINARY(v_add_canonical);
    case OP_SUB: BINARY(v_sub);
    case OP_SUB_CANONICAL: BINARY(v_sub_canonical);
    case OP_MUL: BINARY(v_mul);
    default: EACH_PAIR STORE_PAIR(v_square(v_load(a + i)), v_square(v_load(a + i + LANES)));
    }
}

NOINLINE void run_constant(int operation, uint64_t *d, const uint64_t *a, uint64_t constant, ptrdiff_t rows) {
    const vec c = v_set1(constant);
    switch (operation) {
    case OP_ADD_CONSTANT:
        EACH_PAIR STORE_PAIR(v_add_canonical(v_load(a + i), c), v_add_canonical(v_load(a + i + LANES), c));
    case OP_SUBTRACT_FROM:
        EACH_PAIR STORE_PAIR(v_sub(c, v_load(a + i)), v_sub(c, v_load(a + i + LANES)));
    case OP_MUL_CONSTANT:
        EACH_PAIR STORE_PAIR(v_mul(v_load(a + i), c), v_mul(v_load(a + i + LANES), c));
    default: EACH_PAIR STORE_PAIR(c, c); /* OP_SET */
    }
}

/* ---- sums of terms ---- */

/* sums (+)= sum of words times weights, one coordinate and a few groups of rows at a time: the loads of
 * a weight are shared by the groups, and the unreduced sums stay in registers. */
INLINE void add_terms(dot *sums, const uint64_t *const *words, const weight *const *weights, int count,
                      ptrdiff_t rows, int coordinates, int fresh) {
    for (int k = 0; k < coordinates; k++, sums += BLOCK / LANES)
        EACH_PAIR {
            dot *out = sums + i / LANES;
            dot s0 = fresh ? dot_zero() : out[0], s1 = fresh ? dot_zero() : out[1];
            for (int j = 0; j < count; j++) {
                const weight *w = weights[j] + k;
                dot_add(&s0, v_load(words[j] + i), w);
                dot_add(&s1, v_load(words[j] + i + LANES), w);
            }
            out[0] = s0, out[1] = s1;
        }
}

NOINLINE void run_terms(dot *sums, const block_program *p, const workspace *w, ptrdiff_t first, int count,
                        ptrdiff_t rows, int fresh) {
    const uint64_t *words[MAX_TERMS];
    const weight *weights[MAX_TERMS];
    for (int j = 0; j < count; j++) {
        const int32_t *term = p->terms + 2 * (first + j);
        words[j] = w->slots + (term[0] >> 1) * SLOT + (term[0] & 1);
        weights[j] = (const weight *)p->weights + 3 * term[1];
    }
    if (fresh)
        add_terms(sums, words, weights, count, rows, 3, 1);
    else
        add_terms(sums, words, weights, count, rows, 3, 0);
}

NOINLINE void run_linear(uint64_t *d, const block_program *p, const workspace *w, ptrdiff_t first, int count,
                         ptrdiff_t rows) {
    const uint64_t *words[MAX_TERMS];
    const weight *weights[MAX_TERMS];
    const vec c = v_set1(p->constants[p->terms[2 * first]]);
    for (int j = 0; j < count; j++) {
        const int32_t *term = p->terms + 2 * (first + 1 + j);
        words[j] = w->slots + (term[0] >> 1) * SLOT + (term[0] & 1);
        weights[j] = (const weight *)p->base_weights + term[1];
    }
    add_terms(w->terms, words, weights, count, rows, 1, 1);
    for (ptrdiff_t i = 0; i < rows; i += LANES)
        v_store(d + i, v_add_canonical(dot_value(w->terms + i / LANES), c));
}

/* d (3) = value of the sums + addend (3) */
NOINLINE void flush(uint64_t *d, const dot *sums, const uint64_t *addend, const uint64_t *constant,
                    ptrdiff_t rows) {
    for (int k = 0; k < 3; k++, d += SLOT, sums += BLOCK / LANES)
        for (ptrdiff_t i = 0; i < rows; i += LANES) {
            vec value = dot_value(sums + i / LANES);
            if (addend) value = v_add(value, v_load(addend + k * SLOT + i));
            if (constant) value = v_add_canonical(value, v_set1(constant[k]));
            v_store(d + i, value);
        }
}

/* ---- extension field ---- */

#define EACH_VECTOR for (ptrdiff_t i = 0; i < rows; i += LANES)

NOINLINE void run_ext(int operation, uint64_t *d, const uint64_t *a, const uint64_t *b,
                      const uint64_t *constant, ptrdiff_t rows) {
    switch (operation) {
    case OP_EXT_ADD:
        EACH_VECTOR e_store(d + i, SLOT, e_add(e_load(a + i, SLOT), e_load(b + i, SLOT)));
        break;
    case OP_EXT_SUB:
        EACH_VECTOR e_store(d + i, SLOT, e_sub(e_load(a + i, SLOT), e_load(b + i, SLOT)));
        break;
    case OP_EXT_MUL:
        EACH_VECTOR e_store(d + i, SLOT, e_mul(e_load(a + i, SLOT), e_load(b + i, SLOT)));
        break;
    case OP_EXT_SCALE:
        EACH_VECTOR e_store(d + i, SLOT, e_scale(e_load(a + i, SLOT), v_load(b + i)));
        break;
    case OP_EXT_ADD_CONSTANT: {
        const ext value = {{constant[0], constant[1], constant[2]}};
        const vec3 c = e_set1(value);
        EACH_VECTOR e_store(d + i, SLOT, e_add(e_load(a + i, SLOT), c));
        break;
    }
    default: { /* OP_EXT_NEGATE */
        const ext value = {{0, 0, 0}};
        const vec3 zero = e_set1(value);
        EACH_VECTOR e_store(d + i, SLOT, e_sub(zero, e_load(a + i, SLOT)));
    }
    }
}

/* a / b = a adjugate(b) / norm(b); norms canonical, so that a zero is the word 0. */
NOINLINE void make_fraction(int operation, uint64_t *out, ptrdiff_t plane, uint64_t *norms,
                            const uint64_t *a, const uint64_t *b, ptrdiff_t rows) {
    EACH_VECTOR {
        vec norm;
        const vec3 adjugate = e_adjugate(e_load(b + i, SLOT), &norm);
        if (operation == OP_PAIR)
            e_store(out + i, plane, e_mul(e_load(a + i, SLOT), adjugate));
        else
            e_store(out + i, plane, e_scale(adjugate, v_load(a + i)));
        v_store(norms + i, v_canonical(norm));
    }
}

/* ---- tests ---- */

NOINLINE void test_rows(const uint64_t *a, int class, ptrdiff_t first, ptrdiff_t count, ptrdiff_t rows,
                        int64_t *failures, int64_t *first_row) {
    ptrdiff_t start = 0, stop = count, failed = 0;
    if (class == CLASS_TRANSITION && first + count == rows) stop--;
    if (class == CLASS_FIRST) stop = first == 0;
    if (class == CLASS_LAST) start = first + count == rows ? count - 1 : count;
    for (ptrdiff_t i = start; i < stop; i++) failed += a[i] != 0 && a[i] != GL_P;
    if (!failed) return;
    *failures += failed;
    for (ptrdiff_t i = start; i < stop && first + i < *first_row; i++)
        if (a[i] != 0 && a[i] != GL_P) *first_row = first + i;
}

/* ---- the interpreter ---- */

/* Rows first..first+rows-1; rows a multiple of PAIR_OF_VECTORS, at most BLOCK. `offset`: of the block in
 * the chunk, for fractions. */
static void run_block(const block_program *p, const workspace *w, ptrdiff_t first, ptrdiff_t rows,
                      ptrdiff_t offset) {
#define OPERAND(x) (w->slots + ((x) >> 1) * SLOT + ((x) & 1))
    for (ptrdiff_t at = 0; at < p->length; at++) {
        const int32_t *line = p->code + 4 * at;
        const int operation = line[0];
        const ptrdiff_t d = line[1], a = line[2], b = line[3];
        uint64_t *out = w->slots + d * SLOT; /* meaningless, and unused, where d is not a slot */
        switch (operation) {
        case OP_LOAD: load_column(p->matrix[a] + b, p->stride[a], first, rows, p->rows, out); break;
        case OP_LOAD4: load_columns(p->matrix[a] + b, p->stride[a], first, rows, p->rows, out); break;
        case OP_PERIODIC: load_periodic(p->periodic[a], p->periods[a], first, rows, out); break;
        case OP_SET: run_constant(operation, out, w->slots, p->constants[a], rows); break;
        case OP_ADD:
        case OP_ADD_CANONICAL:
        case OP_SUB:
        case OP_SUB_CANONICAL:
        case OP_MUL: run_base(operation, out, OPERAND(a), OPERAND(b), rows); break;
        case OP_SQUARE: run_base(operation, out, OPERAND(a), OPERAND(a), rows); break;
        case OP_ADD_CONSTANT:
        case OP_SUBTRACT_FROM:
        case OP_MUL_CONSTANT: run_constant(operation, out, OPERAND(a), p->constants[b], rows); break;
        case OP_LINEAR: run_linear(out, p, w, a, (int)b, rows); break;
        case OP_ACCUMULATE:
            run_terms(w->sums[d & (FIRST - 1)], p, w, a, (int)b, rows, d & FIRST);
            break;
        case OP_FLUSH: {
            uint64_t *total = w->totals[d & (FIRST - 1)];
            flush(total, w->sums[d & (FIRST - 1)], d & FIRST ? NULL : total,
                  a ? p->ext_constants + 3 * b : NULL, rows);
            break;
        }
        case OP_TEST:
            test_rows(OPERAND(b), (int)a, first, rows, p->rows, w->failures + d, w->first_rows + d);
            break;
        case OP_FINGERPRINT:
            run_terms(w->terms, p, w, a + 1, (int)b, rows, 1);
            flush(out, w->terms, NULL, p->ext_constants + 3 * p->terms[2 * a], rows);
            break;
        case OP_EXT_ADD:
        case OP_EXT_SUB:
        case OP_EXT_MUL:
        case OP_EXT_SCALE: run_ext(operation, out, OPERAND(a), OPERAND(b), NULL, rows); break;
        case OP_EXT_NEGATE: run_ext(operation, out, OPERAND(a), NULL, NULL, rows); break;
        case OP_EXT_ADD_CONSTANT:
            run_ext(operation, out, OPERAND(a), NULL, p->ext_constants + 3 * b, rows);
            break;
        case OP_PAIR:
        case OP_FRACTION:
            make_fraction(operation, w->fractions + 3 * d * w->fraction_rows + offset, w->fraction_rows,
                          w->norms + d * w->fraction_rows + offset, OPERAND(a), OPERAND(b), rows);
            break;
        }
    }
#undef OPERAND
}
