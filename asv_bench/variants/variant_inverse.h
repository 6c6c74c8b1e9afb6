/* Batch inversion as one Montgomery chain over a whole column, with the steps of the package's
 * invert_chunk_ext: adjugates and norms, one inversion for all norms, the products. */

#include "inverse.h"
#include "variant_inverse_types.h"

static ptrdiff_t one_chain(const uint64_t *a, uint64_t *out, uint64_t *norms, uint64_t *inverses,
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

const variant_inverse_table TABLE = {one_chain};
