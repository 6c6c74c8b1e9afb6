/* Transforms of the columns of a row-major matrix: passes over memory, made of blocks in the cache.
 *
 * Lanes are columns. Up to 2^NTT_WHOLE rows a tile of columns is transformed whole. Above, N = N1 N2:
 * row i = i1 N2 + i2 ("outer" i1, "inner" i2), frequency k = k1 + N1 k2, and
 *
 *     w_N^(i k) = w_N1^(i1 k1)  w_N^(i2 k1)  w_N2^(i2 k2).
 *
 * Low-degree extension, N rows to `cosets` arrays of N rows:
 *   1. outer inverse: for every i2 the N1 rows i1 N2 + i2 to row loc N2 + i2 of the LAST coset's array,
 *      loc the location of k1: the array serves as workspace, the caller's matrix is only read;
 *   2. inner: for every loc, N2 adjacent rows: times w_N^(-i2 k1), inverse over i2: the coefficients
 *      k1 + N1 k2 stay in the cache, at the location of k2; then for every coset, coefficient times
 *      shift^k / N, forward over k2, to the rows loc N2 + i2 of the coset's array;
 *   3. outer forward, for every coset and i2: the rows loc N2 + i2 times w_N^(i2 k1), forward over k1, to the
 *      same rows, now in natural order and canonical.
 * Each of them reads and writes every word once; no row is ever sent to its bit-reversed place.
 */
#include "ntt_plan.h"
#include "ntt_butterflies.h"
#include "ntt_stages.h"
#include "ntt_blocks.h"

#define ntt_whole_extension FN(ntt_whole_extension)
#define ntt_outer_inverse FN(ntt_outer_inverse)
#define ntt_inner FN(ntt_inner)
#define ntt_outer_forward FN(ntt_outer_forward)
#define ntt_whole FN(ntt_whole)
#define ntt_outer FN(ntt_outer)
#define ntt_inner_last FN(ntt_inner_last)

#ifndef CSTARK_NTT_CALL
#define CSTARK_NTT_CALL

typedef struct {
    const ntt_block_plan *outer, *inner; /* N1, N2; without a split inner is NULL */
    int log_size;
    const uint64_t *src; /* (N, width), rows src_pitch apart */
    ptrdiff_t src_pitch, width;
    uint64_t *out; /* (cosets, N, out_pitch) */
    ptrdiff_t out_pitch, out_limit; /* out_limit: words of a row that may be written */
    ptrdiff_t columns;                /* width rounded up to whole vectors */
    ptrdiff_t outer_tile, inner_tile; /* columns in a tile of an outer, an inner block */
    ptrdiff_t groups;                 /* neighbours i2 of an outer block; 1 unless one tile has all columns */
    int cosets, coset;                /* number; the one of ntt_outer_forward */
    const uint64_t *shifts;
    int program;          /* of a transform: NTT_INVERSE_FREQUENCY or NTT_FORWARD_FREQUENCY */
    uint64_t root;        /* of order N: w_N for an extension's way out, w_N^-1 for inverse, ... */
    uint64_t root_inverse;
    uint64_t scale;       /* 1/N, or 1 */
    uint64_t *temporary;  /* of a split transform: (N, columns) */
    uint64_t *scratch;    /* of all threads */
    ptrdiff_t scratch_words;
} ntt_call;

typedef Py_ssize_t (*ntt_pass)(void *, Py_ssize_t, Py_ssize_t, int);

typedef struct {
    int lanes;
    ntt_pass whole_extension, outer_inverse, inner, outer_forward; /* items: tiles, groups of i2, loc, groups of i2 */
    ntt_pass whole, outer, inner_last;                             /* items: tiles, groups of i2, k1 */
} ntt_table;

static ptrdiff_t ntt_buffer_words(const ntt_block_plan *plan, ptrdiff_t columns) {
    const ptrdiff_t n = (ptrdiff_t)1 << plan->log_size;
    return n * columns + ((n >> plan->pad_shift) + 1) * NTT_PAD;
}

/* A thread's scratch: two buffers, twiddles of the rows of a block, words to make them from. */
typedef struct {
    uint64_t *first, *second, *words;
    gl_twiddle *twiddles;
} ntt_scratch;

static ptrdiff_t ntt_largest(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
static ptrdiff_t ntt_smallest(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static ptrdiff_t ntt_scratch_buffer(const ntt_call *call) {
    const ptrdiff_t outer = ntt_buffer_words(call->outer, call->groups * call->outer_tile);
    return call->inner ? ntt_largest(outer, ntt_buffer_words(call->inner, call->inner_tile)) : outer;
}

static ptrdiff_t ntt_scratch_rows(const ntt_call *call) {
    const ptrdiff_t outer = call->groups << call->outer->log_size;
    const ptrdiff_t inner = call->inner ? (ptrdiff_t)1 << call->inner->log_size : 0;
    return ntt_largest(outer, inner) + NTT_LINE;
}

static ptrdiff_t ntt_scratch_size(const ntt_call *call) {
    return 2 * ntt_scratch_buffer(call) + 3 * ntt_scratch_rows(call);
}

static ntt_scratch ntt_scratch_of(const ntt_call *call, int thread) {
    uint64_t *const base = call->scratch + thread * call->scratch_words;
    const ptrdiff_t buffer = ntt_scratch_buffer(call), rows = ntt_scratch_rows(call);
    ntt_scratch s = {base, base + buffer, base + 2 * buffer + 2 * rows,
                     (gl_twiddle *)(base + 2 * buffer)};
    return s;
}

static ntt_rows ntt_matrix(const uint64_t *base, ptrdiff_t pitch) {
    ntt_rows r = {(uint64_t *)base, pitch, NTT_UNPADDED};
    return r;
}

static ntt_rows ntt_buffer(uint64_t *base, const ntt_block_plan *plan, ptrdiff_t columns) {
    ntt_rows r = {base, columns, plan->pad_shift};
    return r;
}

#endif

/* ---- extension ---- */

static Py_ssize_t ntt_whole_extension(void *context, Py_ssize_t first, Py_ssize_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n = (ptrdiff_t)1 << call->log_size;
    for (ptrdiff_t tile = first; tile < last; tile++) {
        const ptrdiff_t c = tile * call->outer_tile;
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
        ntt_block(&task);
        task.program = NTT_FORWARD_TIME, task.canonical = 1;
        task.before = scratch.twiddles;
        task.src = coefficients, task.src_words = columns;
        task.work = ntt_buffer(scratch.second, call->outer, columns);
        task.dst_words = call->out_limit - c;
        for (int q = 0; q < call->cosets; q++) {
            ntt_geometric(scratch.twiddles, scratch.words, call->outer, 0, call->scale, call->shifts[q]);
            task.dst = ntt_matrix(call->out + q * n * call->out_pitch + c, call->out_pitch);
            ntt_block(&task);
        }
    }
    return -1;
}

static Py_ssize_t ntt_outer_inverse(void *context, Py_ssize_t first, Py_ssize_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n = (ptrdiff_t)1 << call->log_size, n2 = (ptrdiff_t)1 << call->inner->log_size;
    uint64_t *const workspace = call->out + (call->cosets - 1) * n * call->out_pitch;
    for (ptrdiff_t i2 = first * call->groups; i2 < last * call->groups; i2 += call->groups) {
        for (ptrdiff_t c = 0; c < call->columns; c += call->outer_tile) {
            const ptrdiff_t columns = call->groups * ntt_smallest(call->outer_tile, call->columns - c);
            const ntt_task task = {.plan = call->outer,
                                   .program = NTT_INVERSE_FREQUENCY,
                                   .src = ntt_matrix(call->src + i2 * call->src_pitch + c, n2 * call->src_pitch),
                                   .work = ntt_buffer(scratch.first, call->outer, columns),
                                   .dst = ntt_matrix(workspace + i2 * call->out_pitch + c, n2 * call->out_pitch),
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

static Py_ssize_t ntt_inner(void *context, Py_ssize_t first, Py_ssize_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n = (ptrdiff_t)1 << call->log_size, n2 = (ptrdiff_t)1 << call->inner->log_size;
    for (ptrdiff_t loc = first; loc < last; loc++) {
        const uint64_t k1 = (uint64_t)call->outer->frequency[loc];
        for (ptrdiff_t c = 0; c < call->columns; c += call->inner_tile) {
            const ptrdiff_t columns = ntt_smallest(call->inner_tile, call->columns - c);
            const ptrdiff_t place = loc * n2 * call->out_pitch + c;
            const ntt_rows coefficients = ntt_buffer(scratch.first, call->inner, columns);
            ntt_geometric(scratch.twiddles, scratch.words, call->inner, 1, 1, gl_power(call->root_inverse, k1));
            ntt_task task = {
                .plan = call->inner,
                .program = NTT_INVERSE_FREQUENCY,
                .before = scratch.twiddles,
                .src = ntt_matrix(call->out + (call->cosets - 1) * n * call->out_pitch + place, call->out_pitch),
                .work = coefficients,
                .dst = coefficients,
                .columns = columns,
                .groups = 1,
                .src_words = call->out_limit - c,
                .dst_words = columns,
                .ahead = call->out_pitch};
            ntt_block(&task);
            task.program = NTT_FORWARD_TIME;
            task.src = coefficients, task.src_words = columns, task.ahead = 0;
            task.work = ntt_buffer(scratch.second, call->inner, columns);
            task.dst_words = call->out_limit - c;
            for (int q = 0; q < call->cosets; q++) {
                const uint64_t shift = call->shifts[q];
                ntt_geometric(scratch.twiddles, scratch.words, call->inner, 0,
                              gl_mul(call->scale, gl_power(shift, k1)),
                              gl_power(shift, (uint64_t)1 << call->outer->log_size));
                task.dst = ntt_matrix(call->out + q * n * call->out_pitch + place, call->out_pitch);
                ntt_block(&task);
            }
        }
    }
    return -1;
}

static Py_ssize_t ntt_outer_forward(void *context, Py_ssize_t first, Py_ssize_t last, int thread) {
    const ntt_call *call = context;
    const ntt_scratch scratch = ntt_scratch_of(call, thread);
    const ptrdiff_t n = (ptrdiff_t)1 << call->log_size, n2 = (ptrdiff_t)1 << call->inner->log_size;
    for (ptrdiff_t i2 = first * call->groups; i2 < last * call->groups; i2 += call->groups) {
        for (ptrdiff_t g = 0; g < call->groups; g++) {
            ntt_geometric(scratch.twiddles + (g << call->outer->log_size), scratch.words, call->outer, 0, 1,
                          gl_power(call->root, (uint64_t)(i2 + g)));
        }
        for (ptrdiff_t c = 0; c < call->columns; c += call->outer_tile) {
            const ptrdiff_t columns = call->groups * ntt_smallest(call->outer_tile, call->columns - c);
            const ntt_rows rows =
                ntt_matrix(call->out + (call->coset * n + i2) * call->out_pitch + c, n2 * call->out_pitch);
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

static Py_ssize_t ntt_whole(void *context, Py_ssize_t first, Py_ssize_t last, int thread) {
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
static Py_ssize_t ntt_outer(void *context, Py_ssize_t first, Py_ssize_t last, int thread) {
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
static Py_ssize_t ntt_inner_last(void *context, Py_ssize_t first, Py_ssize_t last, int thread) {
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

static const ntt_table FN(table) = {
    .lanes = LANES,
    .whole_extension = ntt_whole_extension,
    .outer_inverse = ntt_outer_inverse,
    .inner = ntt_inner,
    .outer_forward = ntt_outer_forward,
    .whole = ntt_whole,
    .outer = ntt_outer,
    .inner_last = ntt_inner_last,
};
