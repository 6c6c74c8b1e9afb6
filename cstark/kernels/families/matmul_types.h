/* What matmul.h and the module that calls it share. */
#ifndef CSTARK_MATMUL_TYPES_H
#define CSTARK_MATMUL_TYPES_H

#include "isa.h"

typedef struct {
    const uint64_t *a, *b; /* rows x inner, inner x columns */
    uint64_t *out;         /* rows x columns */
    ptrdiff_t rows, inner, columns;
} matmul_job;
typedef struct {
    /* Items: tiles of the result, by rows of tiles. */
    kernel_function multiply;
} matmul_table;

/* A tile of b is 32 KiB, half of a first-level cache: every row of a tile of a meets it there. Sums of
 * more than TERMS products have to be reduced. */
enum { MATMUL_ROWS = 64, MATMUL_COLUMNS = 64, MATMUL_TERMS = 64 };
static ptrdiff_t matmul_tiles(ptrdiff_t n, ptrdiff_t tile) { return (n + tile - 1) / tile; }

/* No code of its own for AVX-512 on 256 bits: that of AVX2. */
#define matmul_avx512vl matmul_avx2

#endif
