/* What an extension does with coefficients while a block of them is in the cache, N times each:
 *
 *   cover   adds a multiple of a few more polynomials, the masks, to the first coefficients: a multiple of
 *           its own for each coset;
 *   fold    sums up those whose frequencies agree modulo m, a power of two, with weights for every place:
 *           the polynomials modulo X^m - e, for some e.
 *
 * A block has the frequencies first + step k2 at the locations of k2. Its rows have `side` words of each column,
 * one for each of so many blocks, whose first frequencies are those of call->outer from location loc on. */
#include "ntt_blocks.h"

typedef struct {
    const ntt_call *call;
    const ntt_block_plan *plan; /* of k2 */
    ntt_rows rows;
    ptrdiff_t loc, step;        /* of the first block; 0 and 1 where a transform is made in one */
    ptrdiff_t column, columns;  /* of the matrix: the first, and how many there are */
    ptrdiff_t side;
} ntt_coefficients;

INLINE uint64_t ntt_first_frequency(const ntt_coefficients *block, ptrdiff_t i) {
    return block->step == 1 ? 0 : (uint64_t)block->call->outer->frequency[block->loc + i];
}

/* Coefficients that the caller has: from row k of its matrix, if there is one, to frequency k. In the block
 * `padded` words of each column are set, pads to 0. */
static void ntt_take(const ntt_coefficients *block, ptrdiff_t padded) {
    const ntt_call *call = block->call;
    const ptrdiff_t n2 = (ptrdiff_t)1 << block->plan->log_size;
    for (ptrdiff_t i = 0; i < block->side; i++) {
        ptrdiff_t k = (ptrdiff_t)ntt_first_frequency(block, i);
        for (ptrdiff_t k2 = 0; k2 < n2; k += block->step, k2++) {
            uint64_t *const row = ntt_row(&block->rows, block->plan->location[k2]) + i;
            const uint64_t *const own = call->src + k * call->src_pitch + block->column;
            const ptrdiff_t words = k < call->given ? block->columns : 0;
            if (block->side == 1) {
                memcpy(row, own, sizeof(uint64_t) * (size_t)words);
                memset(row + words, 0, sizeof(uint64_t) * (size_t)(padded - words));
            } else {
                for (ptrdiff_t c = 0; c < words; c++) row[c * block->side] = own[c];
                for (ptrdiff_t c = words; c < padded; c++) row[c * block->side] = 0;
            }
        }
    }
}

static void ntt_cover(const ntt_coefficients *block, int coset) {
    const ntt_call *call = block->call;
    const uint64_t factor = call->mask_factors[coset];
    for (ptrdiff_t i = 0; i < block->side; i++) {
        ptrdiff_t k = (ptrdiff_t)ntt_first_frequency(block, i);
        for (ptrdiff_t k2 = 0; k < call->mask_rows; k += block->step, k2++) {
            uint64_t *const row = ntt_row(&block->rows, block->plan->location[k2]) + i;
            const uint64_t *const mask = call->masks + k * call->width + block->column;
            for (ptrdiff_t c = 0; c < block->columns; c++) {
                uint64_t *const word = row + c * block->side;
                *word = gl_add(gl_canonical(*word), gl_mul(mask[c], factor));
            }
        }
    }
}

/* A few vectors of folded words, from one row of the result on: words w, w + 1, ... of a row of the block. */
INLINE void ntt_add_folded(const ntt_coefficients *block, uint64_t *fold, ptrdiff_t row, ptrdiff_t w, vec sums) {
    uint64_t words[LANES];
    v_store(words, sums);
    for (ptrdiff_t lane = 0; lane < LANES; lane++, w++) {
        const ptrdiff_t c = w / block->side, i = w % block->side;
        if (c >= block->columns) return;
        const ptrdiff_t k = (ptrdiff_t)ntt_first_frequency(block, i) + row * block->step;
        uint64_t *const out = fold + k * block->call->width + block->column + c;
        *out = gl_add(*out, gl_canonical(words[lane]));
    }
}

enum { NTT_FOLDS = 2, NTT_FOLD_TERMS = DOT_TERMS };

static void ntt_fold(const ntt_coefficients *block) {
    const ntt_call *call = block->call;
    const ptrdiff_t n2 = (ptrdiff_t)1 << block->plan->log_size, rows = call->fold_rows / block->step;
    const ptrdiff_t terms = n2 / rows, matrix = call->fold_rows * call->width;
    weight weights[NTT_FOLDS][NTT_FOLD_TERMS];
    for (ptrdiff_t from = 0; from < terms; from += NTT_FOLD_TERMS) {
        const ptrdiff_t count = ntt_smallest(NTT_FOLD_TERMS, terms - from);
        for (int f = 0; f < NTT_FOLDS; f++) {
            for (ptrdiff_t u = 0; u < count; u++) {
                weight_set(&weights[f][u], call->fold_weights[f * terms + from + u]);
            }
        }
        for (ptrdiff_t row = 0; row < rows; row++) {
            for (ptrdiff_t w = 0; w < block->columns * block->side; w += LANES) {
                dot first = dot_zero(), second = dot_zero();
                for (ptrdiff_t u = 0; u < count; u++) {
                    const ptrdiff_t at = block->plan->location[row + (from + u) * rows];
                    const vec x = v_load(ntt_row(&block->rows, at) + w);
                    dot_add(&first, x, &weights[0][u]);
                    dot_add(&second, x, &weights[1][u]);
                }
                ntt_add_folded(block, call->fold, row, w, dot_value(&first));
                ntt_add_folded(block, call->fold + matrix, row, w, dot_value(&second));
            }
        }
    }
}
