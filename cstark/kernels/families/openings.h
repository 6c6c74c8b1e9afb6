/* Openings at a point outside of the domain, and the quotients that prove them.
 *
 * Extension vectors are planar, a plane for each coordinate. Inputs and outputs canonical.
 */
#include "inverse.h"
#include "openings_types.h"
#include "powers.h"

INLINE vec biased_value(digits a) { return d_merge(w_biased_digits(a)); }

/* Inverses of zeta - x for a segment of at most INVERT_BLOCK points. With a = a0 + a1 w + a2 w^2 =
 * zeta - x only a0 varies, and (goldilocks.h, ext_adjugate)
 *     adjugate = (a0^2 - c, 2 a2^2 - a0 a1, a1^2 - a0 a2),  c = 2 a1 a2,
 *     norm     = a0 (a0^2 - 3 c) + 2 a1^3 + 4 a2^3:
 * four products instead of nine. The adjugate waits in `out` for the inverse of its norm. */
static void invert_segment(const points_job *job, uint64_t first_point, uint64_t *out, ptrdiff_t count) {
    uint64_t points[INVERT_BLOCK + LANES], norms[INVERT_BLOCK + LANES];
    const uint64_t a1 = job->zeta.c[1], a2 = job->zeta.c[2];
    const uint64_t a12 = gl_mul(a1, a2), a11 = gl_mul(a1, a1), a22 = gl_mul(a2, a2);
    const uint64_t c = gl_add(a12, a12), twice_a22 = gl_add(a22, a22);
    const uint64_t half_end = gl_add(gl_mul(a11, a1), gl_mul(twice_a22, a2));
    const vec v_a1 = v_set1(a1), v_a2 = v_set1(a2), v_c = v_set1(c), v_3c = v_set1(gl_add(c, gl_add(c, c)));
    const digits w_2a22 = w_split_biased(v_set1(twice_a22)), w_a11 = w_split_biased(v_set1(a11));
    const digits w_end = w_split_biased(v_set1(gl_add(half_end, half_end)));
    const vec z0 = v_set1(job->zeta.c[0]);
    uint64_t *const inverses = points; /* the points are used up by then */

    /* Whole vectors to the end: the last one reaches LANES - 1 words beyond `count`, and the buffers
     * have so many more. Out has not, so its last vector is cut off. */
    fill_powers(points, count + LANES - 1, first_point, job->step);
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        const vec a0 = v_sub(z0, v_load(points + i)), square = v_square(a0);
        const vec3 adjugate = {{v_sub_canonical(square, v_c), biased_value(d_sub(w_2a22, w_mul_vec(a0, v_a1))),
                                biased_value(d_sub(w_a11, w_mul_vec(a0, v_a2)))}};
        v_store(norms + i, biased_value(d_add(w_mul_vec(a0, v_sub_canonical(square, v_3c)), w_end)));
        if (count - i >= LANES)
            e_store(out + i, job->out_plane, adjugate);
        else
            e_store_some(out + i, job->out_plane, (int)(count - i), adjugate);
    }
    invert_chunk(norms, inverses, count); /* never zero: zeta is not in the base field */
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        const vec inverse = v_load(inverses + i);
        if (count - i >= LANES)
            e_store(out + i, job->out_plane, e_canonical(e_scale(e_load(out + i, job->out_plane), inverse)));
        else {
            const int some = (int)(count - i);
            const vec3 r = e_scale(e_load_some(out + i, job->out_plane, some), inverse);
            e_store_some(out + i, job->out_plane, some, e_canonical(r));
        }
    }
}

/* Items: points, coset by coset. */
static ptrdiff_t inverse_differences(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const points_job *job = context;
    (void)thread;
    while (first < last) {
        const ptrdiff_t q = first / job->n, i = first % job->n;
        ptrdiff_t count = last - first < job->n - i ? last - first : job->n - i;
        if (count > INVERT_BLOCK) count = INVERT_BLOCK;
        const uint64_t start = gl_mul(gl_power(job->root, (uint64_t)q), gl_power(job->step, (uint64_t)i));
        invert_segment(job, gl_mul(job->shift, start), job->out + first, count);
        first += count;
    }
    return -1;
}

/* out_i = 1 / (x_i - 1) on one coset; the first x_i that is 1, or -1. */
static ptrdiff_t inverse_points(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const points_job *job = context;
    (void)thread;
    uint64_t points[INVERT_BLOCK + LANES];
    const vec one = v_set1(1);
    for (ptrdiff_t start = first; start < last; start += INVERT_BLOCK) {
        const ptrdiff_t count = last - start < INVERT_BLOCK ? last - start : INVERT_BLOCK;
        fill_powers(points, count + LANES - 1, gl_mul(job->shift, gl_power(job->step, (uint64_t)start)), job->step);
        for (ptrdiff_t i = 0; i < count; i += LANES) v_store(points + i, v_sub_canonical(v_load(points + i), one));
        const ptrdiff_t zero = invert_chunk_canonical(points, job->out + start, count);
        if (zero >= 0) return start + zero;
    }
    return -1;
}

/* out_i = x_i in_i on one coset. */
static ptrdiff_t scale_by_points(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const points_job *job = context;
    (void)thread;
    enum { BLOCK = 1024 };
    uint64_t points[BLOCK + LANES];
    for (ptrdiff_t start = first; start < last; start += BLOCK) {
        const ptrdiff_t count = last - start < BLOCK ? last - start : BLOCK;
        fill_powers(points, count + LANES - 1, gl_mul(job->shift, gl_power(job->step, (uint64_t)start)), job->step);
        for (ptrdiff_t i = 0; i < count; i += LANES) {
            const uint64_t *in = job->in + start + i;
            uint64_t *out = job->out + start + i;
            const vec x = v_load(points + i);
            if (count - i >= LANES)
                e_store(out, job->out_plane, e_canonical(e_scale(e_load(in, job->in_plane), x)));
            else {
                const int some = (int)(count - i);
                const vec3 scaled = e_scale(e_load_some(in, job->in_plane, some), x);
                e_store_some(out, job->out_plane, some, e_canonical(scaled));
            }
        }
    }
    return -1;
}

/* Sums over rows. A tile of rows shares its prepared weights among all columns; lanes are columns, and
 * the sums of a vector of columns stay in nine registers down the tile. 64 rows: no more
 * terms than a `dot` takes, and their weights, nine KiB or less, stay in the first-level cache. */
enum { TILE = DOT_TERMS < 64 ? DOT_TERMS : 64 };

INLINE void tile_sums(const uint64_t *matrix, ptrdiff_t stride, int rows, const weight (*weights)[3],
                      const int columns, const int prefetch, uint64_t *sums) {
    dot d0 = dot_zero(), d1 = dot_zero(), d2 = dot_zero();
    for (int r = 0; r < rows; r++, matrix += stride) {
        const vec x = columns == LANES ? v_load(matrix) : v_load_some(matrix, columns);
        if (prefetch) __builtin_prefetch(matrix + TILE * stride, 0, 2); /* the same place, a tile on */
        dot_add(&d0, x, &weights[r][0]);
        dot_add(&d1, x, &weights[r][1]);
        dot_add(&d2, x, &weights[r][2]);
    }
    const vec3 tile = {{dot_value(&d0), dot_value(&d1), dot_value(&d2)}};
    if (columns == LANES)
        e_store_rows(sums, e_canonical(e_add(tile, e_load_rows(sums))));
    else
        e_store_rows_some(sums, columns, e_canonical(e_add(tile, e_load_rows_some(sums, columns))));
}

static ptrdiff_t column_sums(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const column_sums_job *job = context;
    (void)thread;
    weight weights[TILE + LANES][3];
    uint64_t *sums = job->out + first / job->chunk * job->width * 3;
    memset(sums, 0, sizeof(uint64_t) * 3 * (size_t)job->width);
    while (first < last) {
        const ptrdiff_t row = first + job->rotate < job->n ? first + job->rotate : first + job->rotate - job->n;
        ptrdiff_t rows = last - first < TILE ? last - first : TILE;
        if (rows > job->n - row) rows = job->n - row; /* a tile ends where the rotation wraps around */
        for (int r = 0; r < rows; r += LANES) {
            const int some = rows - r < LANES ? (int)(rows - r) : LANES;
            const vec3 w = some == LANES ? e_load(job->weights + first + r, job->weights_plane)
                                         : e_load_some(job->weights + first + r, job->weights_plane, some);
            for (int k = 0; k < 3; k++) weights_set(&weights[r][k], 3, w.c[k]);
        }
        const uint64_t *tile = job->matrix + row * job->stride;
        ptrdiff_t c = 0;
        for (; c + LANES <= job->width; c += LANES) {
            if (c % 8 == 0) /* eight words are a cache line: it is asked for once */
                tile_sums(tile + c, job->stride, (int)rows, weights, LANES, 1, sums + 3 * c);
            else
                tile_sums(tile + c, job->stride, (int)rows, weights, LANES, 0, sums + 3 * c);
        }
        if (c < job->width)
            tile_sums(tile + c, job->stride, (int)rows, weights, (int)(job->width - c), 0, sums + 3 * c);
        first += rows;
    }
    return -1;
}

/* Sums over columns. Lanes are columns; LANES rows are summed across their lanes together. A block
 * of columns keeps its coefficients in the first-level cache while a group of rows passes. The terms of
 * a block all end in one lane of a `dot`: 128 columns, of the 256 that it takes. */
enum { BLOCK_VECTORS = 128 / LANES, GROUP = 256 };

static ptrdiff_t coefficient_words(ptrdiff_t width) {
    return (width + LANES - 1) / LANES * 3 * (ptrdiff_t)(sizeof(weight_vec) / sizeof(uint64_t));
}

static void prepare_coefficients(const uint64_t *coefficients, ptrdiff_t width, uint64_t *out) {
    weight_vec(*weights)[3] = (weight_vec(*)[3])out;
    for (ptrdiff_t c = 0; c < width; c += LANES) {
        const int some = width - c < LANES ? (int)(width - c) : LANES;
        const vec3 w = e_load_rows_some(coefficients + 3 * c, some); /* no coefficient: 0 */
        for (int k = 0; k < 3; k++) weight_vec_set(&weights[c / LANES][k], w.c[k]);
    }
}

/* LANES rows at row[0..LANES-1]; `last_columns`: columns in the last vector. */
INLINE vec3 sums_across(const uint64_t *const row[LANES], const weight_vec (*weights)[3], int vectors,
                        int last_columns, ptrdiff_t ahead) {
    dot d0[LANES], d1[LANES], d2[LANES];
    const int whole = last_columns == LANES ? vectors : vectors - 1;
    for (int r = 0; r < LANES; r++) {
        dot s0 = dot_zero(), s1 = dot_zero(), s2 = dot_zero();
        for (int c = 0; c < whole; c++) {
            const vec x = v_load(row[r] + c * LANES);
            __builtin_prefetch(row[r] + c * LANES + ahead, 0, 2);
            dot_add_vec(&s0, x, &weights[c][0]);
            dot_add_vec(&s1, x, &weights[c][1]);
            dot_add_vec(&s2, x, &weights[c][2]);
        }
        if (whole < vectors) {
            const vec x = v_load_some(row[r] + whole * LANES, last_columns);
            dot_add_vec(&s0, x, &weights[whole][0]);
            dot_add_vec(&s1, x, &weights[whole][1]);
            dot_add_vec(&s2, x, &weights[whole][2]);
        }
        if (vectors * LANES > DOT_TERMS) dot_settle(&s0), dot_settle(&s1), dot_settle(&s2);
        d0[r] = s0, d1[r] = s1, d2[r] = s2;
    }
    const dot t0 = dot_across(d0), t1 = dot_across(d1), t2 = dot_across(d2);
    const vec3 r = {{dot_value(&t0), dot_value(&t1), dot_value(&t2)}};
    return r;
}

static ptrdiff_t row_sums(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const row_sums_job *job = context;
    (void)thread;
    const weight_vec(*weights)[3] = (const weight_vec(*)[3])job->weights;
    const ptrdiff_t vectors = (job->width + LANES - 1) / LANES;
    for (ptrdiff_t group = first; group < last; group += GROUP) {
        const ptrdiff_t end = last - group < GROUP ? last : group + GROUP;
        int accumulate = job->accumulate;
        /* A matrix without columns has no block: then one empty one sets the sums to zero. */
        for (ptrdiff_t v = 0; v < vectors || (v == 0 && !accumulate); v += BLOCK_VECTORS, accumulate = 1) {
            const int count = vectors - v < BLOCK_VECTORS ? (int)(vectors - v) : BLOCK_VECTORS;
            const ptrdiff_t columns = job->width - v * LANES;
            const int last_columns = columns < count * LANES ? (int)(columns - (count - 1) * LANES) : LANES;
            for (ptrdiff_t i = group; i < end; i += LANES) {
                const int some = end - i < LANES ? (int)(end - i) : LANES;
                const uint64_t *row[LANES];
                for (int r = 0; r < LANES; r++) /* too few rows: the last one again */
                    row[r] = job->matrix + (i + (r < some ? r : some - 1)) * job->stride + v * LANES;
                /* Asks for the rows of the group after next: one would come too late. */
                vec3 sum = sums_across(row, weights + v, count, last_columns, 2 * LANES * job->stride);
                if (accumulate) sum = e_add(sum, e_load_some(job->out + i, job->out_plane, some));
                e_store_some(job->out + i, job->out_plane, some, e_canonical(sum));
            }
        }
    }
    return -1;
}

/* out += (or =) (value - sums) inverse, the inverse of the row before, times `scale`, when rotating. */
INLINE vec3 quotient(const quotient_job *job, vec3 sums, vec3 inverses, vec3 out, const int rotate) {
    const vec3 value = e_set1(job->value);
    vec3 difference = {{v_sub_canonical(value.c[0], sums.c[0]), v_sub_canonical(value.c[1], sums.c[1]),
                        v_sub_canonical(value.c[2], sums.c[2])}};
    if (rotate) difference = e_scale(difference, v_set1(job->scale));
    return e_canonical(job->accumulate ? e_mul_add(difference, inverses, e_split(out))
                                       : e_mul(difference, inverses));
}

/* Rows first..last-1 of a plane, their inverses at first - rotate. */
INLINE void quotient_rows(const quotient_job *job, ptrdiff_t first, ptrdiff_t last, const int rotate) {
    const ptrdiff_t plane = job->plane;
    ptrdiff_t i = first;
    for (; i + LANES <= last; i += LANES)
        e_store(job->out + i, plane,
                quotient(job, e_load(job->sums + i, plane), e_load(job->inverses + (i - rotate), plane),
                         e_load(job->out + i, plane), rotate));
    const int some = (int)(last - i);
    if (some) {
        const vec3 sums = e_load_some(job->sums + i, plane, some);
        const vec3 inverses = e_load_some(job->inverses + (i - rotate), plane, some);
        const vec3 out = e_load_some(job->out + i, plane, some);
        e_store_some(job->out + i, plane, some, quotient(job, sums, inverses, out, rotate));
    }
}

/* Items: points, coset by coset. */
static ptrdiff_t add_quotient(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const quotient_job *job = context;
    (void)thread;
    if (!job->rotate) {
        quotient_rows(job, first, last, 0);
        return -1;
    }
    while (first < last) {
        const ptrdiff_t row = first % job->n;
        const ptrdiff_t end = last - first < job->n - row ? last : first + job->n - row;
        if (row == 0) { /* before the first row of a coset comes its last */
            const ptrdiff_t before = first + job->n - 1;
            const vec3 r = quotient(job, e_load_some(job->sums + first, job->plane, 1),
                                    e_load_some(job->inverses + before, job->plane, 1),
                                    e_load_some(job->out + first, job->plane, 1), 1);
            e_store_some(job->out + first, job->plane, 1, r);
            first++;
        }
        quotient_rows(job, first, end, 1);
        first = end;
    }
    return -1;
}

static ptrdiff_t word_to_rows(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const rows_job *job = context;
    (void)thread;
    const uint64_t *word = job->word;
    const ptrdiff_t plane = job->plane;
    ptrdiff_t i = first;
    for (; i + LANES <= last; i += LANES) {
        e_store_rows(job->rows + 3 * i, e_load(word + i, plane));
    }
    const int some = (int)(last - i);
    if (some) e_store_rows_some(job->rows + 3 * i, some, e_load_some(word + i, plane, some));
    return -1;
}

static ptrdiff_t rows_to_word(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const rows_job *job = context;
    (void)thread;
    ptrdiff_t i = first;
    for (; i + LANES <= last; i += LANES) {
        e_store(job->word + i, job->plane, e_load_rows(job->rows + 3 * i));
    }
    const int some = (int)(last - i);
    if (some) e_store_some(job->word + i, job->plane, some, e_load_rows_some(job->rows + 3 * i, some));
    return -1;
}

const openings_table TABLE = {
    inverse_differences, scale_by_points,   column_sums,          row_sums,
    inverse_points,      add_quotient,      word_to_rows,         rows_to_word,
    coefficient_words,   prepare_coefficients,
};
