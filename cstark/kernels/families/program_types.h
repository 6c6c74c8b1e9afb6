/* What program.h and the module that calls it share. */
#ifndef CSTARK_PROGRAM_TYPES_H
#define CSTARK_PROGRAM_TYPES_H

#include "block_program.h"
#include "isa.h"

typedef struct {
    block_program program;
    uint64_t *scratch; /* threads x scratch_words */
    ptrdiff_t scratch_words;
    /* quotient */
    int classes;
    uint64_t shift, root, root_inverse; /* x_i = shift root^i */
    const uint64_t *powers;             /* root^0 .. root^(BLOCK-1) */
    const uint64_t *inverse_first;      /* 1 / (x_i - 1), or NULL */
    const uint64_t *zerofiers;          /* 1 / Z_H(x_i), or NULL where the weights hold it */
    uint64_t *out;                      /* rows x 3 */
    int add;                            /* to what out has, canonical, instead of replacing it */
    /* tests */
    int64_t *failures, *first_rows; /* threads x tests */
} program_job;

typedef struct {
    kernel_function quotient;
    kernel_function test;
    void (*prepare)(const uint64_t *values, ptrdiff_t count, void *out);
} program_table;

/* No code of its own for AVX-512 on 256 bits: that of AVX2. */
#define program_avx512vl program_avx2

#endif
