/* What openings.h and the module that calls it share. */
#ifndef CSTARK_OPENINGS_TYPES_H
#define CSTARK_OPENINGS_TYPES_H

#include "isa.h"

/* Points x_{q,i} = shift root^q step^i, q < blowup, i < n; `plane` words from one coordinate to the next. */
typedef struct {
    uint64_t shift, root, step;
    ptrdiff_t n;
    ext zeta;
    const uint64_t *in;
    ptrdiff_t in_plane;
    uint64_t *out;
    ptrdiff_t out_plane;
} points_job;
typedef struct {
    const uint64_t *matrix;
    ptrdiff_t n, stride, width;
    ptrdiff_t rotate;
    ptrdiff_t chunk;         /* rows per chunk: chunk k leaves its sums at out[k][width][3] */
    const uint64_t *weights; /* one for each row */
    ptrdiff_t weights_plane;
    uint64_t *out;
} column_sums_job;
typedef struct {
    const uint64_t *matrix;
    ptrdiff_t stride, width;
    const void *weights; /* prepared coefficients */
    int accumulate;
    uint64_t *out;
    ptrdiff_t out_plane;
} row_sums_job;
typedef struct {
    const uint64_t *sums, *inverses; /* [3][blowup][n] */
    uint64_t *out;
    ptrdiff_t n, plane;
    ptrdiff_t rotate;
    int accumulate; /* else out = instead of +=; then sums may be out */
    uint64_t scale; /* of the inverses when rotating: 1/g */
    ext value;
} quotient_job;
/* A word, planar, and its rows of four words: three coordinates and 0. */
typedef struct {
    uint64_t *word;
    ptrdiff_t plane;
    uint64_t *rows;
    ptrdiff_t n;
} rows_job;
typedef struct {
    kernel_function inverse_differences;
    kernel_function scale_by_points;
    kernel_function column_sums;
    kernel_function row_sums;
    kernel_function inverse_points;
    kernel_function add_quotient;
    kernel_function word_to_rows;
    kernel_function rows_to_word;
    /* Words that prepare_coefficients writes for `width` columns. */
    ptrdiff_t (*coefficient_words)(ptrdiff_t width);
    void (*prepare_coefficients)(const uint64_t *coefficients, ptrdiff_t width, uint64_t *out);
} openings_table;

/* No code of its own for AVX-512 on 256 bits: that of AVX2. */
#define openings_avx512vl openings_avx2

#endif
