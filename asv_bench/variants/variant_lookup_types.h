/* What variant_lookup.h and the module that calls it share. */
#ifndef VARIANT_LOOKUP_TYPES_H
#define VARIANT_LOOKUP_TYPES_H

#include "block_program.h"
#include "isa.h"

enum { VALUES = 4 };
typedef struct {
    const uint64_t *trace; /* rows x stride */
    ptrdiff_t rows, stride, width;
    ext constant;               /* z - bus */
    ext weights[VALUES];        /* -alpha^k */
    ptrdiff_t value[2], count[2]; /* columns of the pair's messages */
    uint64_t *prints;           /* [3][2 rows]: fingerprints, then numerators and denominators */
    uint64_t *counts;           /* [2 rows] */
    uint64_t *sums;             /* [3][rows]: of the fractions of a row, all pairs so far */
    int first_pair, last_pair;
    ptrdiff_t pair;
    uint64_t *out; /* rows x out_stride */
    ptrdiff_t out_stride;
    ptrdiff_t chunk;
    ext *chunk_sums; /* in the last pass the accumulator at the chunk's first row */
    ext mean;
} passes_job;
typedef struct {
    kernel_function prints[2], counts[2], combine, invert, column, total, accumulate;
} variant_lookup_table;

#endif
