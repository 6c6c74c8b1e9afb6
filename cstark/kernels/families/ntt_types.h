/* What ntt.h and the module that calls it share. */
#ifndef CSTARK_NTT_TYPES_H
#define CSTARK_NTT_TYPES_H

#include "isa.h"
#include "ntt_plan.h"

enum {
    NTT_PAD = 8,       /* words: a cache line */
    NTT_UNPADDED = 62, /* pad_shift of rows that have no pads */
    NTT_LINE = 8,      /* words in a cache line */
    NTT_SMALL = 1536,  /* words of a block that stays in the first-level cache */
};

/* Row r begins at base + r pitch + pads. Pads keep the rows of a butterfly, a power of two apart, from
 * falling into one set of the first-level cache. */
typedef struct {
    uint64_t *base;
    ptrdiff_t pitch;
    int pad_shift;
} ntt_rows;

INLINE uint64_t *ntt_row(const ntt_rows *rows, ptrdiff_t row) {
    return rows->base + row * rows->pitch + (row >> rows->pad_shift) * NTT_PAD;
}

/* Programs: in which direction butterflies and shifts turn. */
enum { NTT_INVERSE_FREQUENCY, NTT_FORWARD_FREQUENCY, NTT_FORWARD_TIME, NTT_PROGRAMS };

typedef struct {
    const ntt_block_plan *outer, *inner; /* N1, N2; without a split inner is NULL */
    int log_size;
    const uint64_t *src; /* (N, width), rows src_pitch apart */
    ptrdiff_t src_pitch, width;
    uint64_t *out;  /* (cosets, N, out_pitch), or without the last coset */
    uint64_t *last; /* the last coset, wherever it is */
    ptrdiff_t out_pitch, out_limit; /* out_limit: words of a row that may be written */
    ptrdiff_t columns;                /* width rounded up to whole vectors */
    ptrdiff_t outer_tile, inner_tile; /* columns in a tile of an outer, an inner block */
    ptrdiff_t groups;                 /* neighbours i2 of an outer block; 1 unless one tile has all columns */
    ptrdiff_t side;                   /* inner blocks side by side: 1, in ntt_narrow.h some vectors */
    int cosets, coset;                /* number; the one of ntt_outer_forward */
    const uint64_t *shifts;
    gl_twiddle *factors;  /* of a split extension: (cosets, N2), (shift^N1)^k2 scale */
    int program;          /* of a transform: NTT_INVERSE_FREQUENCY or NTT_FORWARD_FREQUENCY */
    uint64_t root;        /* of order N: w_N for an extension's way out, w_N^-1 for inverse, ... */
    uint64_t root_inverse;
    uint64_t scale;       /* 1/N, or 1 */
    ptrdiff_t given;      /* coefficients in the rows of src, in the place of values; 0 with values */
    /* of ntt_masks.h; without masks mask_rows is 0, without a fold `fold` is NULL */
    const uint64_t *masks;        /* (mask_rows, width) */
    const uint64_t *mask_factors; /* by coset: N times what is added beyond the coset before it */
    ptrdiff_t mask_rows;
    uint64_t *fold;               /* (2, fold_rows, width), canonical */
    const uint64_t *fold_weights; /* (2, N / fold_rows), of N times the coefficients */
    ptrdiff_t fold_rows;          /* at least N1 */
    uint64_t *temporary;  /* of a split transform: (N, columns) */
    uint64_t *scratch;    /* of all threads */
    ptrdiff_t scratch_words;
} ntt_call;

/* Where a coset goes. */
INLINE uint64_t *ntt_coset(const ntt_call *call, ptrdiff_t q) {
    return q == call->cosets - 1 ? call->last : call->out + q * (call->out_pitch << call->log_size);
}

typedef struct {
    int lanes;
    kernel_function whole_extension, outer_inverse, inner, outer_forward; /* items: tiles, groups of i2, loc, groups of i2 */
    kernel_function factors;                                              /* items: cosets; thread 0 */
    kernel_function narrow_outer_inverse, narrow_inner, narrow_outer_forward; /* items: tiles, `side` loc, tiles */
    kernel_function whole, outer, inner_last;                             /* items: tiles, groups of i2, k1 */
} ntt_table;

static ptrdiff_t ntt_buffer_words(const ntt_block_plan *plan, ptrdiff_t columns) {
    const ptrdiff_t n = (ptrdiff_t)1 << plan->log_size;
    return n * columns + ((n >> plan->pad_shift) + 1) * NTT_PAD;
}

/* A thread's scratch: two buffers, twiddles (four words each) of the rows of a block, words to make them from. */
typedef struct {
    uint64_t *first, *second, *words;
    gl_twiddle *twiddles;
    uint64_t *lanes; /* of ntt_narrow.h: factors of words */
} ntt_scratch;

static ptrdiff_t ntt_largest(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
static ptrdiff_t ntt_smallest(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static ptrdiff_t ntt_scratch_buffer(const ntt_call *call) {
    const ptrdiff_t outer = ntt_buffer_words(call->outer, call->groups * call->outer_tile);
    return call->inner ? ntt_largest(outer, ntt_buffer_words(call->inner, call->side * call->inner_tile)) : outer;
}

static ptrdiff_t ntt_scratch_rows(const ntt_call *call) {
    const ptrdiff_t outer = call->groups << call->outer->log_size;
    const ptrdiff_t inner = call->inner ? (ptrdiff_t)1 << call->inner->log_size : 0;
    return ntt_largest(outer, inner) + NTT_LINE;
}

/* Of the factors of words: in the inner pass `side` of a row, in the outer one of each row that a tile
 * meets, and of every word of a tile; before them ratios and their powers. */
static ptrdiff_t ntt_scratch_lanes(const ntt_call *call) {
    if (call->side == 1) return 0;
    const ptrdiff_t met = (call->outer_tile + call->width - 2) / call->width + 1;
    const ptrdiff_t count = ntt_largest(met + call->side, 2 * call->side);
    const ptrdiff_t outer = ((count + call->outer_tile) << call->outer->log_size) + call->side;
    return ntt_largest(outer, call->side << call->inner->log_size) + (NTT_MAX_BLOCK + 3) * count;
}

static ptrdiff_t ntt_scratch_size(const ntt_call *call) {
    return 2 * ntt_scratch_buffer(call) + 5 * ntt_scratch_rows(call) + ntt_scratch_lanes(call);
}

static ntt_scratch ntt_scratch_of(const ntt_call *call, int thread) {
    uint64_t *const base = call->scratch + thread * call->scratch_words;
    const ptrdiff_t buffer = ntt_scratch_buffer(call), rows = ntt_scratch_rows(call);
    ntt_scratch s = {base, base + buffer, base + 2 * buffer + 4 * rows,
                     (gl_twiddle *)(base + 2 * buffer), base + 2 * buffer + 5 * rows};
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

/* No code of its own for AVX-512 on 256 bits: that of AVX2. */
#define ntt_avx512vl ntt_avx2

#endif
