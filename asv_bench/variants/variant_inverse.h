/* Batch inversion as one Montgomery chain over a whole column, with the steps of the package's
 * invert_chunk_ext: adjugates and norms, one inversion for all norms, the products. */
#ifndef VARIANT_INVERSE_TYPES
#define VARIANT_INVERSE_TYPES
typedef struct {
    /* n interleaved elements, n a multiple of 8; norms and inverses: n words of scratch each.
     * -1, or the index of the first zero. */
    ptrdiff_t (*one_chain)(const uint64_t *a, uint64_t *out, uint64_t *norms, uint64_t *inverses, ptrdiff_t n);
} chain_table;
#endif

#include "inverse.h"

static ptrdiff_t FN(one_chain)(const uint64_t *a, uint64_t *out, uint64_t *norms, uint64_t *inverses,
                               ptrdiff_t n) {
    vec norm;
    for (ptrdiff_t i = 0; i < n; i += LANES) {
        e_store_rows(out + 3 * i, e_adjugate(e_load_rows(a + 3 * i), &norm));
        v_store(norms + i, norm);
    }
    const ptrdiff_t zero = invert_block(norms, inverses, n, 0);
    if (zero >= 0) return zero;
    for (ptrdiff_t i = 0; i < n; i += LANES)
        e_store_rows(out + 3 * i, e_canonical(e_scale(e_load_rows(out + 3 * i), v_load(inverses + i))));
    return -1;
}

static const chain_table FN(table) = {FN(one_chain)};
