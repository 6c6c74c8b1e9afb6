/* What field.h and the module that calls it share. */
#ifndef CSTARK_FIELD_TYPES_H
#define CSTARK_FIELD_TYPES_H

#include "isa.h"

/* Operands of one call. */
typedef struct {
    const uint64_t *a, *b;
    uint64_t *out;
    uint64_t exponent; /* the ratio of a geometric sequence, which begins with *a */
    ptrdiff_t chunk; /* elements per chunk: dot products leave the sum of chunk k at out[k] */
} field_job;
/* A matrix with rows of `width` words, folded or scanned along its columns in chunks of rows. */
typedef struct {
    const uint64_t *a;
    uint64_t *out;          /* fold: a row for each chunk; scan: a row for each of a, may be a */
    const uint64_t *starts; /* scan: what comes before each chunk, a row each */
    ptrdiff_t width, chunk;
} scan_job;
typedef struct {
    /* of a field_job, on elements */
    kernel_function first_invalid, add, sub, neg, mul, square, inverse, power, power_each, inner, powers;
    kernel_function ext_mul, ext_square, ext_inverse, ext_power, ext_power_each, ext_inner;
    /* of a scan_job, on rows */
    kernel_function fold_add, fold_mul, fold_ext_mul, scan_add, scan_mul, scan_ext_mul;
} field_table;

/* No code of its own for AVX-512 on 256 bits: that of AVX2. */
#define field_avx512vl field_avx2

#endif
