/* Constraints on rows: the quotient on a coset, and tests on a trace. */
#include "evaluator.h"
#include "program_types.h"

/* With T, E, F, L the totals of the classes: E + T (x - 1/g) + F / (x - 1) + L / (x g - 1). The weights
 * hold 1/Z_H for E and T where it is the same on all rows; else `zerofiers` has it, NULL if not. For L they
 * hold the g of 1/(x - 1/g) = g / (x g - 1). `inverses` are those of the block's rows and of the row after
 * them. */
NOINLINE void quotient_block(const program_job *job, const workspace *w, uint64_t start,
                             const uint64_t *inverses, const uint64_t *zerofiers, ptrdiff_t rows, uint64_t *out) {
    const vec first_point = v_set1(start), last_row = v_set1(job->root_inverse);
    const int classes = job->classes;
    for (ptrdiff_t i = 0; i < rows; i += LANES) {
        vec3 value = {{v_set1(0), v_set1(0), v_set1(0)}};
        vec x = v_sub_canonical(v_mul(v_load(job->powers + i), first_point), last_row);
        const vec zerofier = zerofiers ? v_load(zerofiers + i) : v_set1(1);
        if (zerofiers) x = v_mul(x, zerofier);
        for (int k = 0; k < 3; k++) {
            const ptrdiff_t at = k * SLOT + i;
            products sum = products_zero();
            if (classes & 1 << CLASS_TRANSITION) products_add(&sum, v_load(w->totals[CLASS_TRANSITION] + at), x);
            if (classes & 1 << CLASS_FIRST)
                products_add(&sum, v_load(w->totals[CLASS_FIRST] + at), v_load(inverses + i));
            if (classes & 1 << CLASS_LAST)
                products_add(&sum, v_load(w->totals[CLASS_LAST] + at), v_load(inverses + i + 1));
            if (zerofiers && classes & 1 << CLASS_EVERY)
                products_add(&sum, v_load(w->totals[CLASS_EVERY] + at), zerofier);
            if (zerofiers || classes & ~(1 << CLASS_EVERY)) value.c[k] = products_value(&sum);
            if (!zerofiers && classes & 1 << CLASS_EVERY)
                value.c[k] = v_add(value.c[k], v_load(w->totals[CLASS_EVERY] + at));
        }
        if (job->add) value = e_add(value, e_load_rows(out + 3 * i));
        e_store_rows(out + 3 * i, e_canonical(value));
    }
}

/* Items are rows; first is a multiple of BLOCK unless there are fewer rows than that. */
static ptrdiff_t quotient_rows(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const program_job *job = context;
    const block_program *p = &job->program;
    const workspace w = workspace_at(job->scratch + thread * job->scratch_words, p, 0);
    uint64_t inverses[BLOCK + 8] = {0};
    uint64_t start = gl_mul(job->shift, gl_power(job->root, (uint64_t)first));
    const uint64_t step = gl_power(job->root, BLOCK);
    for (; first < last; first += BLOCK, start = gl_mul(start, step)) {
        const ptrdiff_t rows = last - first < BLOCK ? last - first : BLOCK;
        run_block(p, &w, first, rows, 0);
        if (job->inverse_first) load_column(job->inverse_first, 1, first, rows, p->rows, inverses);
        quotient_block(job, &w, start, inverses, job->zerofiers ? job->zerofiers + first : NULL, rows,
                       job->out + 3 * first);
    }
    return -1;
}

static ptrdiff_t test_trace(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const program_job *job = context;
    const block_program *p = &job->program;
    workspace w = workspace_at(job->scratch + thread * job->scratch_words, p, 0);
    w.failures = job->failures + thread * p->tests;
    w.first_rows = job->first_rows + thread * p->tests;
    for (; first < last; first += BLOCK)
        run_block(p, &w, first, last - first < BLOCK ? last - first : BLOCK, 0);
    return -1;
}

static void prepare_weights(const uint64_t *values, ptrdiff_t count, void *out) {
    for (ptrdiff_t i = 0; i < count; i++) weight_set((weight *)out + i, values[i]);
}

const program_table TABLE = {quotient_rows, test_trace, prepare_weights};
