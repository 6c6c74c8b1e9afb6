/* What lookup.h and the module that calls it share. */
#ifndef CSTARK_LOOKUP_TYPES_H
#define CSTARK_LOOKUP_TYPES_H

#include "block_program.h"
#include "isa.h"

typedef struct {
    block_program program;
    uint64_t *scratch; /* threads x scratch_words */
    ptrdiff_t scratch_words;
    ptrdiff_t chunk;  /* rows; divides the number of rows */
    uint64_t *out;    /* rows x 3 pairs */
    ext *chunk_sums;  /* of the row sums; in the second pass the accumulator at the chunk's first row */
    ext mean;         /* table sum / rows */
} lookup_job;

typedef struct {
    kernel_function fractions;
    kernel_function accumulate;
} lookup_table;

/* No code of its own for AVX-512 on 256 bits: that of AVX2. */
#define lookup_avx512vl lookup_avx2

#endif
