/* What variant_inverse.h and the module that calls it share. */
#ifndef VARIANT_INVERSE_TYPES_H
#define VARIANT_INVERSE_TYPES_H

#include "isa.h"

typedef struct {
    /* n interleaved elements, n a multiple of 8; norms and inverses: n words of scratch each.
     * -1, or the index of the first zero. */
    ptrdiff_t (*one_chain)(const uint64_t *a, uint64_t *out, uint64_t *norms, uint64_t *inverses, ptrdiff_t n);
} variant_inverse_table;

#endif
