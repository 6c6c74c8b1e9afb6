/* LogUp columns: fractions of fingerprints and counts, inverted chunk by chunk, and their running sum.
 *
 * A chunk of rows goes through the block program, which leaves for each pair of interactions
 * numerator times adjugate of the denominator, and the norm of the denominator; one batch inversion
 * of all its norms follows, and nothing of full length is ever stored but the columns themselves.
 */
#include "accumulator.h"
#include "evaluator.h"
#include "inverse.h"
#include "lookup_types.h"

NOINLINE ptrdiff_t first_zero_row(const uint64_t *norms, ptrdiff_t pairs, ptrdiff_t rows) {
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t k = 0; k < pairs; k++)
            if (gl_canonical(norms[k * rows + i]) == 0) return i;
    return -1;
}

/* Turns numerators into columns, the last pair's into the sum of all pairs; the sum over all rows. */
NOINLINE ext finish_fractions(uint64_t *fractions, ptrdiff_t plane, const uint64_t *inverses, ptrdiff_t pairs,
                              ptrdiff_t rows) {
    const ext none = {{0, 0, 0}};
    vec3 total = e_set1(none);
    for (ptrdiff_t i = 0; i < rows; i += LANES) {
        vec3 sum = e_set1(none);
        for (ptrdiff_t k = 0; k < pairs; k++) {
            uint64_t *fraction = fractions + 3 * k * plane + i;
            const vec3 value = e_canonical(e_scale(e_load(fraction, plane), v_load(inverses + k * rows + i)));
            e_store(fraction, plane, value);
            /* The cheap addition wants its second operand canonical; the first may be any word. */
            for (int c = 0; c < 3; c++) sum.c[c] = v_add_canonical(sum.c[c], value.c[c]);
        }
        sum = e_canonical(sum);
        e_store(fractions + 3 * (pairs - 1) * plane + i, plane, sum);
        for (int c = 0; c < 3; c++) total.c[c] = v_add_canonical(total.c[c], sum.c[c]);
    }
    uint64_t lanes[3][LANES];
    ext result = none;
    for (int c = 0; c < 3; c++) {
        v_store(lanes[c], v_canonical(total.c[c]));
        for (int l = 0; l < LANES; l++) result.c[c] = gl_add(result.c[c], lanes[c][l]);
    }
    return result;
}

NOINLINE void write_columns(const uint64_t *columns, ptrdiff_t plane, ptrdiff_t count, ptrdiff_t rows,
                            uint64_t *out) {
    for (ptrdiff_t i = 0; i < rows; i += LANES, out += LANES * count) {
        if (count == 3) { /* one pair: fewer columns than a transposition of four takes */
            e_store_rows(out, e_load(columns + i, plane));
            continue;
        }
        for (ptrdiff_t c = 0; c < count; c += 4) {
            vec column[4];
            if (c > count - 4) c = count - 4; /* the last four again write some of those before */
            for (int k = 0; k < 4; k++) column[k] = v_load(columns + (c + k) * plane + i);
            rows_from_columns(column, out + c, count);
        }
    }
}

/* Items are rows, one chunk for each call; the first row with a zero denominator, or -1. */
static ptrdiff_t fraction_rows_of(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const lookup_job *job = context;
    const block_program *p = &job->program;
    const ptrdiff_t rows = last - first;
    const workspace w = workspace_at(job->scratch + thread * job->scratch_words, p, rows);
    for (ptrdiff_t i = 0; i < rows; i += BLOCK)
        run_block(p, &w, first + i, rows - i < BLOCK ? rows - i : BLOCK, i);
    /* One inversion for the norms of all pairs. The index that it gives in case of a zero is of a pair
     * and a row; the row that is named must be the first of all pairs. */
    if (invert_chunk(w.norms, w.inverses, p->pairs * rows) >= 0)
        return first + first_zero_row(w.norms, p->pairs, rows);
    job->chunk_sums[first / job->chunk] = finish_fractions(w.fractions, w.fraction_plane, w.inverses, p->pairs, rows);
    write_columns(w.fractions, w.fraction_plane, 3 * p->pairs, rows, job->out + 3 * p->pairs * first);
    return -1;
}

const lookup_table TABLE = {fraction_rows_of, accumulate_rows};
