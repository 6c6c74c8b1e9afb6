/* The interpreter of block programs on any lanes; include it in a family, after the lanes.
 *
 * An instruction does its work for all rows of the block before the next one starts, so its
 * interpretation costs nothing measurable. Every operation reads what it needs of a group of rows
 * before it writes that group, and goes upwards: a destination may be one of the operands, even one
 * read at the next row. The exception is FINGERPRINT, whose destination must be new.
 */
#include "block_program.h"

#define NOINLINE static __attribute__((noinline))
#define PAIR_OF_VECTORS (2 * LANES) /* two independent vectors hide the latency of products */

/* What a thread works in. Sums are kept coordinate by coordinate, group of rows by group of rows. */
typedef struct {
    uint64_t *slots;                /* slots x SLOT */
    dot *sums[CLASSES];             /* each 3 x BLOCK / LANES */
    uint64_t *totals[CLASSES];      /* each 3 slots */
    uint64_t *fractions;            /* pairs x 3 x fraction_plane */
    uint64_t *norms, *inverses;     /* pairs x fraction_rows */
    ptrdiff_t fraction_rows;        /* of a chunk of several blocks */
    ptrdiff_t fraction_plane;       /* fraction_rows + FRACTION_PAD */
    int64_t *failures, *first_rows; /* of each test; first_rows start at the number of rows */
} workspace;

static workspace workspace_at(uint64_t *memory, const block_program *p, ptrdiff_t fraction_rows) {
    workspace w = {.slots = memory,
                   .fraction_rows = fraction_rows,
                   .fraction_plane = fraction_rows + FRACTION_PAD};
    memory += p->slots * SLOT;
    for (int c = 0; c < CLASSES; c++, memory += 3 * SLOT) w.totals[c] = memory;
    for (int c = 0; c < CLASSES; c++, memory += 3 * BLOCK * DOT_WORDS) w.sums[c] = (dot *)memory;
    w.fractions = memory, memory += 3 * p->pairs * w.fraction_plane;
    w.norms = memory, w.inverses = memory + p->pairs * fraction_rows;
    return w;
}

/* Column of `count` rows from `first`, and of the row after them. */
NOINLINE void load_column(const uint64_t *column, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t count,
                          ptrdiff_t rows, uint64_t *out) {
    const uint64_t *p = column + first * stride;
    for (ptrdiff_t i = 0; i < count; i++) out[i] = p[i * stride];
    /* After the last row comes the first; the number of rows is a power of two. */
    out[count] = column[((first + count) & (rows - 1)) * stride];
}

NOINLINE void load_columns(const uint64_t *columns, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t count,
                           ptrdiff_t rows, uint64_t *out) {
    const uint64_t *p = columns + first * stride;
    /* Rows are visited column by column, which the hardware does not foresee. While a block of rows is
     * a small part of the second-level cache, ask for the same words of the next block, else for the next
     * line of the row. (Asking for words outside the matrix does nothing.) */
    const ptrdiff_t ahead = stride * count <= 16384 ? stride * count : 8;
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

/* The operands of a sum of terms. */
typedef struct {
    const uint64_t *words[MAX_TERMS];
    const weight *weights[MAX_TERMS];
    int count;
} term_list;

INLINE void list_terms(term_list *list, const block_program *p, const workspace *w, ptrdiff_t first,
                       ptrdiff_t count, const weight *weights, int coordinates) {
    const int32_t *term = p->terms + 2 * first;
    list->count = (int)count;
    for (ptrdiff_t j = 0; j < count; j++, term += 2) {
        list->words[j] = w->slots + (term[0] >> 1) * SLOT + (term[0] & 1);
        list->weights[j] = weights + coordinates * term[1];
    }
}

/* Adds coordinate k of the terms, in two groups of rows from row i: the loads of a weight are shared, and
 * the unreduced sums, zero, settled or of one word, stay in registers. */
INLINE void add_terms(const term_list *list, int k, ptrdiff_t i, dot *s0, dot *s1) {
    for (int j = 0, end; j < list->count;) {
        if (j) dot_settle(s0), dot_settle(s1);
        end = list->count - j < DOT_TERMS ? list->count : j + DOT_TERMS - 1;
        for (; j < end; j++) {
            dot_add(s0, v_load(list->words[j] + i), list->weights[j] + k);
            dot_add(s1, v_load(list->words[j] + i + LANES), list->weights[j] + k);
        }
    }
}

NOINLINE void accumulate_terms(dot *sums, const block_program *p, const workspace *w, ptrdiff_t first,
                         ptrdiff_t count, ptrdiff_t rows, int fresh) {
    term_list list;
    list_terms(&list, p, w, first, count, p->weights, 3);
    for (int k = 0; k < 3; k++, sums += BLOCK / LANES)
        EACH_PAIR {
            dot *out = sums + i / LANES;
            dot s0 = out[0], s1 = out[1];
            if (fresh) s0 = s1 = dot_zero();
            else dot_settle(&s0), dot_settle(&s1);
            add_terms(&list, k, i, &s0, &s1);
            out[0] = s0, out[1] = s1;
        }
}

/* d (coordinates) = constant + sum of terms, whose words may not overlap d unless there is one coordinate. */
INLINE void sum_terms(uint64_t *d, const term_list *list, const uint64_t *constant, ptrdiff_t rows,
                      int coordinates) {
    for (int k = 0; k < coordinates; k++, d += SLOT) {
        const dot start = dot_set1(constant[k]);
        EACH_PAIR {
            dot s0 = start, s1 = start;
            add_terms(list, k, i, &s0, &s1);
            v_store(d + i, dot_value(&s0));
            v_store(d + i + LANES, dot_value(&s1));
        }
    }
}

NOINLINE void run_fingerprint(uint64_t *d, const block_program *p, const workspace *w, ptrdiff_t first,
                              ptrdiff_t count, ptrdiff_t rows) {
    term_list list;
    list_terms(&list, p, w, first + 1, count, p->weights, 3);
    sum_terms(d, &list, p->ext_constants + 3 * p->terms[2 * first], rows, 3);
}

NOINLINE void run_linear(uint64_t *d, const block_program *p, const workspace *w, ptrdiff_t first,
                         ptrdiff_t count, ptrdiff_t rows) {
    term_list list;
    list_terms(&list, p, w, first + 1, count, p->base_weights, 1);
    sum_terms(d, &list, p->constants + p->terms[2 * first], rows, 1);
}

/* total (3) = or += value of the sums, + constant (3) unless NULL */
NOINLINE void flush(uint64_t *total, const dot *sums, int fresh, const uint64_t *constant, ptrdiff_t rows) {
    for (int k = 0; k < 3; k++, total += SLOT, sums += BLOCK / LANES)
        for (ptrdiff_t i = 0; i < rows; i += LANES) {
            vec value = dot_value(sums + i / LANES);
            if (!fresh) value = v_add(value, v_load(total + i));
            if (constant) value = v_add_canonical(value, v_set1(constant[k]));
            v_store(total + i, value);
        }
}

/* ---- extension field ---- */

#define EACH_VECTOR for (ptrdiff_t i = 0; i < rows; i += LANES)

NOINLINE void scale_total(uint64_t *d, const uint64_t *a, const uint64_t *constant, ptrdiff_t rows) {
    const ext value = {{constant[0], constant[1], constant[2]}};
    const vec3 c = e_set1(value);
    EACH_VECTOR e_store(d + i, SLOT, e_mul(e_load(a + i, SLOT), c));
}

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
    default: { /* OP_EXT_ADD_CONSTANT */
        const ext value = {{constant[0], constant[1], constant[2]}};
        const vec3 c = e_set1(value);
        EACH_VECTOR e_store(d + i, SLOT, e_add(e_load(a + i, SLOT), c));
    }
    }
}

/* ---- fractions ---- */

/* m / f + n / g of RESIDUAL, PAIR and NUMERATOR. */
typedef struct {
    const uint64_t *f, *g, *m, *n;
    int flags;
} two_fractions;

static two_fractions fractions_at(const block_program *p, const workspace *w, ptrdiff_t first, int flags) {
    const int32_t *term = p->terms + 2 * first;
#define OPERAND(x) (w->slots + ((x) >> 1) * SLOT + ((x) & 1))
    two_fractions r = {OPERAND(term[0]), OPERAND(term[2]), NULL, NULL, flags};
    if (!(flags & UNIT_A)) r.m = OPERAND(term[1]);
    if (!(flags & UNIT_B)) r.n = OPERAND(term[3]);
#undef OPERAND
    return r;
}

/* +- x y, or +- y without x. */
INLINE digits signed_product(const uint64_t *x, ptrdiff_t i, vec y, int negative) {
    const digits product = x ? w_mul_vec(v_load(x + i), y) : w_split(y);
    return negative ? d_sub(w_split(v_set1(0)), product) : product;
}

NOINLINE void make_residual(uint64_t *d, const two_fractions *r, const uint64_t *column, ptrdiff_t rows) {
    EACH_VECTOR {
        const vec3 f = e_load(r->f + i, SLOT), g = e_load(r->g + i, SLOT);
        digits3 value = e_product(e_load(column + i, SLOT), e_mul(f, g));
        for (int k = 0; k < 3; k++) {
            value.c[k] = d_sub(value.c[k], signed_product(r->m, i, g.c[k], r->flags & NEGATIVE_A));
            value.c[k] = d_sub(value.c[k], signed_product(r->n, i, f.c[k], r->flags & NEGATIVE_B));
        }
        e_store(d + i, SLOT, e_value(value));
    }
}

/* The factors of a numerator are added before they are reduced. n is left as it is while it is one word, and
 * is never negative while it is three. */
NOINLINE void make_numerator(uint64_t *d, const two_fractions *r, ptrdiff_t rows) {
    EACH_VECTOR {
        const vec3 f = e_load(r->f + i, SLOT), g = e_load(r->g + i, SLOT);
        digits3 value;
        if (r->flags & EXTENSION_B) value = e_product(e_load(r->n + i, SLOT), f);
        else
            for (int k = 0; k < 3; k++) value.c[k] = signed_product(r->n, i, f.c[k], r->flags & NEGATIVE_B);
        for (int k = 0; k < 3; k++)
            value.c[k] = d_add(value.c[k], signed_product(r->m, i, g.c[k], r->flags & NEGATIVE_A));
        e_store(d + i, SLOT, e_value(value));
    }
}

/* With A, B the adjugates and F, G the norms of f and g, m / f + n / g = (m G A + n F B) / (F G). */
NOINLINE void make_pair(uint64_t *out, ptrdiff_t plane, uint64_t *norms, const two_fractions *r, ptrdiff_t rows) {
    EACH_VECTOR {
        vec f_norm, g_norm;
        const vec3 f = e_adjugate(e_load(r->f + i, SLOT), &f_norm);
        const vec3 g = e_adjugate(e_load(r->g + i, SLOT), &g_norm);
        v_store(norms + i, v_mul(f_norm, g_norm)); /* before counts are multiplied in */
        if (r->m) g_norm = v_mul(g_norm, v_load(r->m + i));
        if (r->n) f_norm = v_mul(f_norm, v_load(r->n + i));
        vec3 numerator;
        for (int k = 0; k < 3; k++) {
            const digits left = w_mul_vec(f.c[k], g_norm), right = w_mul_vec(g.c[k], f_norm);
            digits sum = r->flags & NEGATIVE_A ? d_sub(right, left) : d_add(right, left);
            /* `right` is in the sum already: taken away twice, it is negated. */
            if (r->flags & NEGATIVE_B) sum = d_sub(sum, d_add(right, right));
            numerator.c[k] = w_value(sum);
        }
        e_store(out + i, plane, numerator);
    }
}

NOINLINE void make_fraction(uint64_t *out, ptrdiff_t plane, uint64_t *norms, const uint64_t *a,
                            const uint64_t *b, ptrdiff_t rows) {
    EACH_VECTOR {
        vec norm;
        const vec3 adjugate = e_adjugate(e_load(b + i, SLOT), &norm);
        e_store(out + i, plane, e_scale(adjugate, v_load(a + i)));
        v_store(norms + i, norm);
    }
}

NOINLINE void make_ext_fraction(uint64_t *out, ptrdiff_t plane, uint64_t *norms, const uint64_t *a,
                                const uint64_t *b, ptrdiff_t rows) {
    EACH_VECTOR {
        vec norm;
        const vec3 adjugate = e_adjugate(e_load(b + i, SLOT), &norm);
        e_store(out + i, plane, e_mul(adjugate, e_load(a + i, SLOT)));
        v_store(norms + i, norm);
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
    /* Rare, so it looks a second time. A thread may test its chunks in any order: the least row counts. */
    for (ptrdiff_t i = start; i < stop && first + i < *first_row; i++)
        if (a[i] != 0 && a[i] != GL_P) *first_row = first + i;
}

/* ---- the interpreter ---- */

/* Rows first..first+rows-1; rows a multiple of PAIR_OF_VECTORS, at most BLOCK. `offset`: of the block in
 * the chunk, for fractions. No index is checked here: every instruction has passed invalid_instruction
 * before the region began. */
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
        case OP_LINEAR: run_linear(out, p, w, a, b, rows); break;
        case OP_ACCUMULATE: accumulate_terms(w->sums[d & (FIRST - 1)], p, w, a, b, rows, d & FIRST); break;
        case OP_FLUSH:
            flush(w->totals[d & (FIRST - 1)], w->sums[d & (FIRST - 1)], d & FIRST,
                  a ? p->ext_constants + 3 * b : NULL, rows);
            break;
        case OP_SCALE_TOTAL: scale_total(w->totals[d], w->totals[a], p->ext_constants + 3 * b, rows); break;
        case OP_TEST:
            test_rows(OPERAND(b), (int)a, first, rows, p->rows, w->failures + d, w->first_rows + d);
            break;
        case OP_FINGERPRINT: run_fingerprint(out, p, w, a, b, rows); break;
        case OP_EXT_ADD:
        case OP_EXT_SUB:
        case OP_EXT_MUL: run_ext(operation, out, OPERAND(a), OPERAND(b), NULL, rows); break;
        case OP_EXT_ADD_CONSTANT:
            run_ext(operation, out, OPERAND(a), NULL, p->ext_constants + 3 * b, rows);
            break;
        case OP_RESIDUAL: {
            const two_fractions r = fractions_at(p, w, a, (int)b);
            make_residual(out, &r, OPERAND(p->terms[2 * (a + 2)]), rows);
            break;
        }
        case OP_PAIR: {
            const two_fractions r = fractions_at(p, w, a, (int)b);
            make_pair(w->fractions + 3 * d * w->fraction_plane + offset, w->fraction_plane,
                      w->norms + d * w->fraction_rows + offset, &r, rows);
            break;
        }
        case OP_FRACTION:
            make_fraction(w->fractions + 3 * d * w->fraction_plane + offset, w->fraction_plane,
                          w->norms + d * w->fraction_rows + offset, OPERAND(a), OPERAND(b), rows);
            break;
        case OP_NUMERATOR: {
            const two_fractions r = fractions_at(p, w, a, (int)b);
            make_numerator(out, &r, rows);
            break;
        }
        case OP_EXT_FRACTION:
            make_ext_fraction(w->fractions + 3 * d * w->fraction_plane + offset, w->fraction_plane,
                              w->norms + d * w->fraction_rows + offset, OPERAND(a), OPERAND(b), rows);
            break;
        }
    }
#undef OPERAND
}
