/* What variant_fold.h and the module that calls it share. */
#ifndef VARIANT_FOLD_TYPES_H
#define VARIANT_FOLD_TYPES_H

#include "isa.h"

typedef struct {
    const uint64_t *word; /* [3][blowup][n] */
    uint64_t *out;        /* [3][blowup][n / 2] */
    ptrdiff_t blowup, n;
    ext challenge;
    const uint64_t *inverse_points; /* [blowup][n / 2]: 1/y */
    uint64_t *ratios;               /* [3][blowup][n / 2]: challenge / y */
} tables_job;
typedef struct {
    kernel_function multiply, fold_products, fold_points;
} variant_fold_table;

#endif
