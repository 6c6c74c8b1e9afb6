/* What fri.h and the module that calls it share. */
#ifndef CSTARK_FRI_TYPES_H
#define CSTARK_FRI_TYPES_H

#include "isa.h"

typedef struct {
    const uint64_t *word; /* [3][blowup][n] */
    uint64_t *out;        /* [3][blowup][n / arity]; join: the word, [3][n] with blowup 1 */
    ptrdiff_t blowup, n;
    int arity;
    ext challenge; /* join: the factor */
    uint64_t inverse_root, inverse_step; /* 1/w and 1/w^blowup */
} fri_job;
typedef struct {
    kernel_function fold, join;
} fri_table;

/* No code of its own for AVX-512 on 256 bits: that of AVX2. */
#define fri_avx512vl fri_avx2

#endif
