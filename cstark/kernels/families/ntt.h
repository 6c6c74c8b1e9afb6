/* Transforms of the columns of a row-major matrix: passes over memory, made of blocks in the cache.
 *
 * Lanes are columns. Up to 2^NTT_WHOLE rows a tile of columns is transformed whole. Above, N = N1 N2:
 * row i = i1 N2 + i2 ("outer" i1, "inner" i2), frequency k = k1 + N1 k2, and
 *
 *     w_N^(i k) = w_N1^(i1 k1)  w_N^(i2 k1)  w_N2^(i2 k2).
 *
 * Low-degree extension, N rows to `cosets` arrays of N rows:
 *   1. outer inverse: for every i2 the N1 rows i1 N2 + i2 to row loc N2 + i2 of the LAST coset's array,
 *      loc the location of k1: the array serves as workspace, the caller's matrix, if it is another,
 *      is only read;
 *   2. inner: for every loc, N2 adjacent rows: times w_N^(-i2 k1), inverse over i2: the coefficients
 *      k1 + N1 k2 stay in the cache, at the location of k2, where ntt_masks.h folds them, and covers
 *      them with masks, if asked; then for every coset, coefficient times
 *      (shift^N1)^k2 / N, forward over k2, to the rows loc N2 + i2 of the coset's array;
 *   3. outer forward, for every coset and i2: the rows loc N2 + i2 times (w_N^i2 shift)^k1, forward over k1,
 *      to the same rows, now in natural order and canonical.
 * Each of them reads and writes every word once; no row is ever sent to its bit-reversed place. Where the
 * caller has coefficients, the second one begins with them, and there is no first.
 */
#include "ntt_narrow.h"
#include "ntt_types.h"

/* ---- extension ---- */

static ptrdiff_t ntt_whole_extension(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    for (ptrdiff_t tile = first; tile < last; tile++) {
        const ptrdiff_t c = tile * call->outer_tile;
        /* `columns` are whole vectors and may reach beyond a row's words: src_words says how many there
         * are, dst_words how many may be written. */
        const ptrdiff_t columns = ntt_smallest(call->outer_tile, call->columns - c);
        const ntt_rows coefficients = ntt_buffer(scratch.first, call->outer, columns);
        ntt_task task = {.plan = call->outer,
                         .program = NTT_INVERSE_FREQUENCY,
                         .src = ntt_matrix(call->src + c, call->src_pitch),
                         .work = coefficients,
                         .dst = coefficients,
                         .columns = columns,
                         .groups = 1,
                         .src_words = call->width - c,
                         .dst_words = columns};
        const ntt_coefficients found = {call, call->outer, coefficients, 0, 1,
                                        c, ntt_smallest(columns, call->width - c), 1};
        if (call->given) ntt_take(&found, columns);
        else ntt_block(&task);
        if (call->fold) ntt_fold(&found);
        /* The coefficients stay at their locations, where decimation in time wants them, and in the
         * cache, where every coset finds them again. */
        task.program = NTT_FORWARD_TIME, task.canonical = 1;
        task.before = scratch.twiddles;
        task.src = coefficients, task.src_words = columns;
        task.work = ntt_buffer(scratch.second, call->outer, columns);
        task.dst_words = call->out_limit - c;
        for (int q = 0; q < call->cosets; q++) {
            if (call->mask_rows) ntt_cover(&found, q);
            ntt_geometric(scratch.twiddles, scratch.words, call->outer, 0, call->scale, call->shifts[q]);
            task.dst = ntt_matrix(ntt_coset(call, q) + c, call->out_pitch);
            ntt_block(&task);
        }
    }
    return -1;
}

/* Several neighbours i2 at a time where one tile has all columns: their rows are adjacent in memory, so
 * that a pass reads and writes longer runs. Neighbours of the next block are asked for meanwhile. */
static ptrdiff_t ntt_outer_inverse(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n2 = (ptrdiff_t)1 << call->inner->log_size;
    for (ptrdiff_t i2 = first * call->groups; i2 < last * call->groups; i2 += call->groups) {
        for (ptrdiff_t c = 0; c < call->columns; c += call->outer_tile) {
            const ptrdiff_t columns = call->groups * ntt_smallest(call->outer_tile, call->columns - c);
            const ntt_task task = {.plan = call->outer,
                                   .program = NTT_INVERSE_FREQUENCY,
                                   .src = ntt_matrix(call->src + i2 * call->src_pitch + c, n2 * call->src_pitch),
                                   .work = ntt_buffer(scratch.first, call->outer, columns),
                                   .dst = ntt_matrix(call->last + i2 * call->out_pitch + c, n2 * call->out_pitch),
                                   .columns = columns,
                                   .groups = call->groups,
                                   .src_step = call->src_pitch,
                                   .src_words = call->width - c,
                                   .dst_words = call->groups * call->out_limit - c,
                                   .ahead = columns};
            ntt_block(&task);
        }
    }
    return -1;
}

/* Of every coset (shift^N1)^k2 / N, by location. */
static ptrdiff_t ntt_factors_of(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    for (ptrdiff_t q = first; q < last; q++) {
        ntt_geometric(call->factors + (q << call->inner->log_size), scratch.words, call->inner, 0, call->scale,
                      gl_power(call->shifts[q], (uint64_t)1 << call->outer->log_size));
    }
    return -1;
}

static ptrdiff_t ntt_inner(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n2 = (ptrdiff_t)1 << call->inner->log_size;
    for (ptrdiff_t loc = first; loc < last; loc++) {
        const uint64_t k1 = (uint64_t)call->outer->frequency[loc];
        for (ptrdiff_t c = 0; c < call->columns; c += call->inner_tile) {
            const ptrdiff_t columns = ntt_smallest(call->inner_tile, call->columns - c);
            /* What is read here lies where the last coset's block goes, and is in `coefficients` before
             * that is written; no other block touches it, so threads do not meet. */
            const ptrdiff_t place = loc * n2 * call->out_pitch + c;
            const ntt_rows coefficients = ntt_buffer(scratch.first, call->inner, columns);
            ntt_geometric(scratch.twiddles, scratch.words, call->inner, 1, 1, gl_power(call->root_inverse, k1));
            ntt_task task = {
                .plan = call->inner,
                .program = NTT_INVERSE_FREQUENCY,
                .before = scratch.twiddles,
                .src = ntt_matrix(call->last + place, call->out_pitch),
                .work = coefficients,
                .dst = coefficients,
                .columns = columns,
                .groups = 1,
                .src_words = call->out_limit - c,
                .dst_words = columns,
                .ahead = call->out_pitch};
            const ntt_coefficients found = {call, call->inner, coefficients, loc,
                                            (ptrdiff_t)1 << call->outer->log_size,
                                            c, ntt_smallest(columns, call->width - c), 1};
            if (call->given) ntt_take(&found, columns);
            else ntt_block(&task);
            if (call->fold) ntt_fold(&found);
            task.program = NTT_FORWARD_TIME;
            task.src = coefficients, task.src_words = columns, task.ahead = 0;
            task.work = ntt_buffer(scratch.second, call->inner, columns);
            task.dst_words = call->out_limit - c;
            for (int q = 0; q < call->cosets; q++) {
                if (call->mask_rows) ntt_cover(&found, q);
                task.before = call->factors + q * n2;
                task.dst = ntt_matrix(ntt_coset(call, q) + place, call->out_pitch);
                ntt_block(&task);
            }
        }
    }
    return -1;
}

static ptrdiff_t ntt_outer_forward(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n2 = (ptrdiff_t)1 << call->inner->log_size;
    for (ptrdiff_t i2 = first * call->groups; i2 < last * call->groups; i2 += call->groups) {
        /* Neighbours have factors of their own, one behind the other, as ntt_stage_of expects them. */
        for (ptrdiff_t g = 0; g < call->groups; g++) {
            ntt_geometric(scratch.twiddles + (g << call->outer->log_size), scratch.words, call->outer, 0, 1,
                          gl_mul(gl_power(call->root, (uint64_t)(i2 + g)), call->shifts[call->coset]));
        }
        for (ptrdiff_t c = 0; c < call->columns; c += call->outer_tile) {
            const ptrdiff_t columns = call->groups * ntt_smallest(call->outer_tile, call->columns - c);
            const ntt_rows rows =
                ntt_matrix(ntt_coset(call, call->coset) + i2 * call->out_pitch + c, n2 * call->out_pitch);
            const ntt_task task = {.plan = call->outer,
                                   .program = NTT_FORWARD_TIME,
                                   .before = scratch.twiddles,
                                   .src = rows,
                                   .work = ntt_buffer(scratch.first, call->outer, columns),
                                   .dst = rows,
                                   .columns = columns,
                                   .groups = call->groups,
                                   .src_step = call->out_pitch,
                                   .src_words = call->out_limit - c,
                                   .dst_words = call->groups * call->out_limit - c,
                                   .ahead = columns,
                                   .canonical = 1};
            ntt_block(&task);
        }
    }
    return -1;
}

/* ---- plain transform, natural order on both sides: decimation in frequency alone ---- */

static ptrdiff_t ntt_whole(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    if (call->scale != 1) {
        ntt_geometric(scratch.twiddles, scratch.words, call->outer, 1, call->scale, 1);
    }
    for (ptrdiff_t tile = first; tile < last; tile++) {
        const ptrdiff_t c = tile * call->outer_tile;
        const ptrdiff_t columns = ntt_smallest(call->outer_tile, call->columns - c);
        const ntt_task task = {.plan = call->outer,
                               .program = call->program,
                               .before = call->scale != 1 ? scratch.twiddles : NULL,
                               .src = ntt_matrix(call->src + c, call->src_pitch),
                               .work = ntt_buffer(scratch.first, call->outer, columns),
                               .dst = ntt_matrix(call->out + c, call->out_pitch),
                               .columns = columns,
                               .groups = 1,
                               .src_words = call->width - c,
                               .dst_words = call->out_limit - c,
                               .natural = 1,
                               .canonical = 1};
        ntt_block(&task);
    }
    return -1;
}

/* To the temporary array, row loc N2 + i2. */
static ptrdiff_t ntt_outer(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n2 = (ptrdiff_t)1 << call->inner->log_size;
    for (ptrdiff_t i2 = first * call->groups; i2 < last * call->groups; i2 += call->groups) {
        for (ptrdiff_t c = 0; c < call->columns; c += call->outer_tile) {
            const ptrdiff_t columns = call->groups * ntt_smallest(call->outer_tile, call->columns - c);
            const ntt_task task = {
                .plan = call->outer,
                .program = call->program,
                .src = ntt_matrix(call->src + i2 * call->src_pitch + c, n2 * call->src_pitch),
                .work = ntt_buffer(scratch.first, call->outer, columns),
                .dst = ntt_matrix(call->temporary + i2 * call->columns + c, n2 * call->columns),
                .columns = columns,
                .groups = call->groups,
                .src_step = call->src_pitch,
                .src_words = call->width - c,
                .dst_words = columns,
                .ahead = columns};
            ntt_block(&task);
        }
    }
    return -1;
}

/* Frequencies k1 + N1 k2 of one k1, to their rows. By k1, not by loc: neighbours write neighbouring rows. */
static ptrdiff_t ntt_inner_last(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n1 = (ptrdiff_t)1 << call->outer->log_size, n2 = (ptrdiff_t)1 << call->inner->log_size;
    for (ptrdiff_t k1 = first; k1 < last; k1++) {
        const ptrdiff_t loc = call->outer->location[k1];
        ntt_geometric(scratch.twiddles, scratch.words, call->inner, 1, call->scale,
                      gl_power(call->root, (uint64_t)k1));
        for (ptrdiff_t c = 0; c < call->columns; c += call->inner_tile) {
            const ptrdiff_t columns = ntt_smallest(call->inner_tile, call->columns - c);
            const ntt_task task = {.plan = call->inner,
                                   .program = call->program,
                                   .before = scratch.twiddles,
                                   .src = ntt_matrix(call->temporary + loc * n2 * call->columns + c, call->columns),
                                   .work = ntt_buffer(scratch.first, call->inner, columns),
                                   .dst = ntt_matrix(call->out + k1 * call->out_pitch + c, n1 * call->out_pitch),
                                   .columns = columns,
                                   .groups = 1,
                                   .src_words = columns,
                                   .dst_words = call->out_limit - c,
                                   .natural = 1,
                                   .canonical = 1};
            ntt_block(&task);
        }
    }
    return -1;
}

const ntt_table TABLE = {
    .lanes = LANES,
    .whole_extension = ntt_whole_extension,
    .outer_inverse = ntt_outer_inverse,
    .inner = ntt_inner,
    .outer_forward = ntt_outer_forward,
    .factors = ntt_factors_of,
    .narrow_outer_inverse = ntt_narrow_outer_inverse,
    .narrow_inner = ntt_narrow_inner,
    .narrow_outer_forward = ntt_narrow_outer_forward,
    .whole = ntt_whole,
    .outer = ntt_outer,
    .inner_last = ntt_inner_last,
};
