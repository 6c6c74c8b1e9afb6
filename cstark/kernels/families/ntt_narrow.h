/* Extension of matrices whose rows are no whole number of vectors: lanes along the rows.
 *
 * The passes are those of ntt.h, split the same way; rows lie one behind the other without pads.
 *   1. and 3., outer: in row i1 the words (i2, column) are adjacent, "flat": N2 width of them, whole vectors. A
 *      tile is a range of them. On the way out a vector may meet several i2, hence a vector of factors.
 *   2. inner: some neighbouring blocks loc side by side, by a transposition of so many rows of the matrix
 *      (loc, flat word): a vector is then one word of LANES blocks.
 */
#include "ntt_masks.h"

/* out[row] = ratio^k for `count` ratios, whole vectors of them, k the frequency of the location `row`, or in
 * natural order the row itself; as ntt_geometric. `powers`: (log2 rows + 2) count words. */
static void ntt_geometric_lanes(uint64_t *out, uint64_t *powers, const ntt_block_plan *plan, int natural,
                                const uint64_t *ratios, ptrdiff_t count) {
    uint64_t *const factor = powers + plan->log_size * count;
    for (ptrdiff_t v = 0; v < count; v += LANES) {
        vec power = v_load(ratios + v);
        for (int i = 0; i < plan->log_size; i++, power = v_square(power)) v_store(powers + i * count + v, power);
        v_store(out + v, v_set1(1));
    }
    for (int i = plan->stages - 1; i >= 0; i--) {
        const ptrdiff_t size = count << plan->log_inner[i];
        const int weight_log = natural ? plan->log_inner[i]
                                       : plan->log_size - plan->log_inner[i] - plan->log_radix[i];
        const uint64_t *const step = powers + weight_log * count;
        memcpy(factor, step, sizeof(uint64_t) * (size_t)count);
        for (int d = 1; d < 1 << plan->log_radix[i]; d++) {
            for (ptrdiff_t row = 0; row < size; row += count) {
                for (ptrdiff_t v = 0; v < count; v += LANES) {
                    v_store(out + d * size + row + v, v_mul(v_load(out + row + v), v_load(factor + v)));
                }
            }
            for (ptrdiff_t v = 0; v < count; v += LANES) {
                v_store(factor + v, v_mul(v_load(factor + v), v_load(step + v)));
            }
        }
    }
}

/* ---- outer passes: tiles of the flat words ---- */

/* Words of a tile from rows of the caller's matrix that do not touch. */
static void ntt_narrow_gather(const ntt_call *call, ptrdiff_t first, ptrdiff_t columns, const ntt_rows *to) {
    const ptrdiff_t n1 = (ptrdiff_t)1 << call->outer->log_size, n2 = (ptrdiff_t)1 << call->inner->log_size;
    const ptrdiff_t width = call->width, i2 = first / width, start = first % width;
    for (ptrdiff_t row = 0; row < n1; row++) {
        const uint64_t *s = call->src + (row * n2 + i2) * call->src_pitch;
        uint64_t *const d = ntt_row(to, row);
        ptrdiff_t done = 0, c = start;
        while (done < columns) { /* to the end of a row, then on from the first word of the next */
            for (; c < width && done < columns; c++) d[done++] = s[c];
            c = 0, s += call->src_pitch;
        }
    }
}

static ptrdiff_t ntt_narrow_outer_inverse(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t flat = call->width << call->inner->log_size;
    for (ptrdiff_t f = first * call->outer_tile; f < last * call->outer_tile && f < flat; f += call->outer_tile) {
        const ptrdiff_t columns = ntt_smallest(call->outer_tile, flat - f);
        ntt_task task = {.plan = call->outer,
                         .program = NTT_INVERSE_FREQUENCY,
                         .src = ntt_matrix(call->src + f, flat),
                         .work = ntt_buffer(scratch.first, call->outer, columns),
                         .dst = ntt_matrix(call->last + f, flat),
                         .columns = columns,
                         .groups = 1,
                         .src_words = columns,
                         .dst_words = columns,
                         .ahead = columns};
        if (call->src_pitch != call->width) {
            ntt_narrow_gather(call, f, columns, &task.work);
            task.src = task.work, task.ahead = 0;
        }
        ntt_block(&task);
    }
    return -1;
}

/* Factors (w_N^i2 shift)^k1 of the flat words first..first+columns-1: (N1, columns). */
static const uint64_t *ntt_narrow_factors(const ntt_call *call, const ntt_scratch *scratch, ptrdiff_t first,
                                          ptrdiff_t columns) {
    const ptrdiff_t n1 = (ptrdiff_t)1 << call->outer->log_size, width = call->width;
    const ptrdiff_t i2 = first / width, rows = (first + columns - 1) / width - i2 + 1;
    const ptrdiff_t count = (rows + LANES - 1) / LANES * LANES;
    uint64_t *const ratios = scratch->lanes, *const powers = ratios + count;
    uint64_t *const by_row = powers + (call->outer->log_size + 2) * count;
    uint64_t *const by_word = by_row + n1 * count;
    uint64_t ratio = gl_mul(gl_power(call->root, (uint64_t)i2), call->shifts[call->coset]);
    for (ptrdiff_t g = 0; g < count; g++, ratio = gl_mul(ratio, call->root)) ratios[g] = ratio;
    ntt_geometric_lanes(by_row, powers, call->outer, 0, ratios, count);
    if (width == 1) return by_row;
    for (ptrdiff_t row = 0; row < n1; row++) {
        const uint64_t *factor = by_row + row * count;
        uint64_t *const out = by_word + row * columns;
        ptrdiff_t c = 0, end = (i2 + 1) * width - first;
        /* What a store writes too much the next one sets right; behind the last one there is room. */
        for (ptrdiff_t g = 0; g < rows; g++, end += width) {
            const vec value = v_set1(factor[g]);
            const ptrdiff_t stop = ntt_smallest(end, columns);
            for (; c < stop; c += LANES) v_store(out + c, value);
            c = stop;
        }
    }
    return by_word;
}

static ptrdiff_t ntt_narrow_outer_forward(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t flat = call->width << call->inner->log_size;
    uint64_t *const out = ntt_coset(call, call->coset);
    for (ptrdiff_t f = first * call->outer_tile; f < last * call->outer_tile && f < flat; f += call->outer_tile) {
        const ptrdiff_t columns = ntt_smallest(call->outer_tile, flat - f);
        const ntt_rows rows = ntt_matrix(out + f, flat);
        const ntt_task task = {.plan = call->outer,
                               .program = NTT_FORWARD_TIME,
                               .lanes = ntt_narrow_factors(call, &scratch, f, columns),
                               .lanes_pitch = columns,
                               .src = rows,
                               .work = ntt_buffer(scratch.first, call->outer, columns),
                               .dst = rows,
                               .columns = columns,
                               .groups = 1,
                               .src_words = columns,
                               .dst_words = columns,
                               .ahead = columns,
                               .canonical = 1};
        ntt_block(&task);
    }
    return -1;
}

/* ---- inner pass: blocks side by side ---- */

/* `words` adjacent words of `side` blocks, `distance` apart, to rows of `side` words. */
INLINE void ntt_interleave(const uint64_t *blocks, ptrdiff_t distance, ptrdiff_t words, uint64_t *out, ptrdiff_t side) {
    for (ptrdiff_t first = 0; first < side; first += LANES, blocks += LANES * distance, out += LANES) {
        ptrdiff_t f = 0;
        /* four words of LANES blocks are what a transposition takes; at most three words are left over */
        for (; f + 4 <= words; f += 4) columns_from_rows(blocks + f, distance, out + f * side, side);
        for (; f < words; f++) {
            for (int lane = 0; lane < LANES; lane++) out[f * side + lane] = blocks[lane * distance + f];
        }
    }
}

INLINE void ntt_separate(const uint64_t *rows, ptrdiff_t side, ptrdiff_t words, uint64_t *blocks, ptrdiff_t distance) {
    for (ptrdiff_t first = 0; first < side; first += LANES, blocks += LANES * distance, rows += LANES) {
        ptrdiff_t f = 0;
        for (; f + 4 <= words; f += 4) {
            vec column[4];
            for (int k = 0; k < 4; k++) column[k] = v_load(rows + (f + k) * side);
            rows_from_columns(column, blocks + f, distance);
        }
        for (; f < words; f++) {
            for (int lane = 0; lane < LANES; lane++) blocks[lane * distance + f] = rows[f * side + lane];
        }
    }
}

static ptrdiff_t ntt_narrow_inner(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ntt_block_plan *const plan = call->inner;
    const ptrdiff_t n2 = (ptrdiff_t)1 << plan->log_size, width = call->width, side = call->side;
    const ptrdiff_t block = width << plan->log_size;
    uint64_t *const ratios = scratch.lanes, *const powers = ratios + side;
    uint64_t *const lanes = powers + (plan->log_size + 2) * side;
    for (ptrdiff_t loc = first * side; loc < last * side; loc += side) {
        /* The blocks side by side have frequencies, and so ratios, that no rule connects. */
        for (ptrdiff_t i = 0; i < side; i++) {
            ratios[i] = gl_power(call->root_inverse, (uint64_t)call->outer->frequency[loc + i]);
        }
        ntt_geometric_lanes(lanes, powers, plan, 1, ratios, side);
        for (ptrdiff_t c = 0; c < width; c += call->inner_tile) {
            const ptrdiff_t columns = ntt_smallest(call->inner_tile, width - c);
            /* All columns: rows are adjacent, up to the next pad of the buffer. */
            const ptrdiff_t rows = columns == width ? (ptrdiff_t)1 << plan->pad_shift : 1;
            const ntt_rows coefficients = ntt_buffer(scratch.first, plan, columns * side);
            const ntt_rows values = ntt_buffer(scratch.second, plan, columns * side);
            const ptrdiff_t place = loc * block + c;
            const uint64_t *const source = call->last + place;
            for (ptrdiff_t i = 0; i < n2 && !call->given; i += rows) {
                ntt_interleave(source + i * width, block, rows * columns, ntt_row(&coefficients, i), side);
            }
            ntt_task task = {.plan = plan,
                             .program = NTT_INVERSE_FREQUENCY,
                             .lanes = lanes,
                             .lanes_pitch = side,
                             .lanes_period = side,
                             .src = coefficients,
                             .work = coefficients,
                             .dst = coefficients,
                             .columns = columns * side,
                             .groups = 1,
                             .src_words = columns * side,
                             .dst_words = columns * side};
            const ntt_coefficients found = {call, plan, coefficients, loc, (ptrdiff_t)1 << call->outer->log_size,
                                            c, columns, side};
            if (call->given) ntt_take(&found, columns);
            else ntt_block(&task);
            if (call->fold) ntt_fold(&found);
            task.program = NTT_FORWARD_TIME, task.lanes = NULL;
            task.work = task.dst = values;
            for (int q = 0; q < call->cosets; q++) {
                if (call->mask_rows) ntt_cover(&found, q);
                task.before = call->factors + q * n2;
                ntt_block(&task);
                uint64_t *const out = ntt_coset(call, q) + place;
                for (ptrdiff_t i = 0; i < n2; i += rows) {
                    ntt_separate(ntt_row(&values, i), side, rows * columns, out + i * width, block);
                }
            }
        }
    }
    return -1;
}
