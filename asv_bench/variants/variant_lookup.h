/* LogUp columns in passes over the whole column, with the lanes and loads of the package.
 *
 * Messages of four adjacent columns with a count each, in pairs, all sent. Per pair: fingerprints of
 * one message for all rows, then of the other; their counts; numerators and denominators; one batch
 * inversion; the column. What goes from pass to pass is as long as the trace.
 * Items are rows; `rows` is a multiple of BLOCK.
 */
#include "evaluator.h"
#include "inverse.h"
#include "variant_lookup_types.h"

INLINE ptrdiff_t prints_of(const passes_job *job, ptrdiff_t first, ptrdiff_t last, const int side) {
    uint64_t words[VALUES * SLOT];
    const ptrdiff_t plane = 2 * job->rows;
    weight weights[VALUES][3];
    for (int j = 0; j < VALUES; j++)
        for (int c = 0; c < 3; c++) weight_set(&weights[j][c], job->weights[j].c[c]);
    const vec3 constant = e_set1(job->constant);
    for (; first < last; first += BLOCK) {
        load_columns(job->trace + job->value[side], job->stride, first, BLOCK, job->rows, words);
        uint64_t *out = job->prints + side * job->rows + first;
        for (ptrdiff_t i = 0; i < BLOCK; i += LANES)
            for (int c = 0; c < 3; c++) {
                dot sum = dot_zero();
                for (int j = 0; j < VALUES; j++) dot_add(&sum, v_load(words + j * SLOT + i), &weights[j][c]);
                v_store(out + c * plane + i, v_add_canonical(dot_value(&sum), constant.c[c]));
            }
    }
    return -1;
}
static ptrdiff_t prints_0(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    return prints_of(job, first, last, 0);
}
static ptrdiff_t prints_1(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    return prints_of(job, first, last, 1);
}

INLINE ptrdiff_t counts_of(const passes_job *job, ptrdiff_t first, ptrdiff_t last, const int side) {
    const uint64_t *p = job->trace + job->count[side];
    uint64_t *out = job->counts + side * job->rows;
    for (; first < last; first++) out[first] = p[first * job->stride];
    return -1;
}
static ptrdiff_t counts_0(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    return counts_of(job, first, last, 0);
}
static ptrdiff_t counts_1(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    return counts_of(job, first, last, 1);
}

/* Of m / f + n / g the numerator m g + n f, in place of f, and the denominator f g, in place of g. */
static ptrdiff_t combine(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    const ptrdiff_t plane = 2 * job->rows;
    for (ptrdiff_t i = first; i < last; i += LANES) {
        uint64_t *at = job->prints + i;
        const vec3 f = e_load(at, plane), g = e_load(at + job->rows, plane);
        const vec m = v_load(job->counts + i), n = v_load(job->counts + job->rows + i);
        vec3 numerator;
        for (int c = 0; c < 3; c++) numerator.c[c] = w_value(d_add(w_mul_vec(g.c[c], m), w_mul_vec(f.c[c], n)));
        e_store(at, plane, numerator);
        e_store(at + job->rows, plane, e_mul(f, g));
    }
    return -1;
}

/* The denominators in place, through their norms as the package does it, but plane by plane. */
static ptrdiff_t invert(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    const ptrdiff_t plane = 2 * job->rows;
    uint64_t norms[INVERT_BLOCK], inverses[INVERT_BLOCK];
    for (; first < last; first += INVERT_BLOCK) {
        const ptrdiff_t count = last - first < INVERT_BLOCK ? last - first : INVERT_BLOCK;
        uint64_t *at = job->prints + job->rows + first;
        for (ptrdiff_t i = 0; i < count; i += LANES) {
            vec norm;
            e_store(at + i, plane, e_adjugate(e_load(at + i, plane), &norm));
            v_store(norms + i, norm);
        }
        const ptrdiff_t zero = invert_block(norms, inverses, count, 0);
        if (zero >= 0) return first + zero;
        for (ptrdiff_t i = 0; i < count; i += LANES)
            e_store(at + i, plane, e_canonical(e_scale(e_load(at + i, plane), v_load(inverses + i))));
    }
    return -1;
}

static ptrdiff_t column(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    const ptrdiff_t plane = 2 * job->rows;
    for (ptrdiff_t i = first; i < last; i += LANES) {
        const uint64_t *at = job->prints + i;
        const vec3 value = e_canonical(e_mul(e_load(at, plane), e_load(at + job->rows, plane)));
        uint64_t *sums = job->sums + i;
        e_store(sums, job->rows,
                job->first_pair ? value : e_canonical(e_add(e_load(sums, job->rows), value)));
        if (job->last_pair) continue;
        uint64_t rows[3 * LANES];
        e_store_rows(rows, value);
        uint64_t *out = job->out + i * job->out_stride + 3 * job->pair;
        for (int k = 0; k < LANES; k++, out += job->out_stride) memcpy(out, rows + 3 * k, 3 * sizeof(uint64_t));
    }
    return -1;
}

static ptrdiff_t total(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    vec sum[3] = {v_set1(0), v_set1(0), v_set1(0)};
    for (ptrdiff_t i = first; i < last; i += LANES)
        for (int c = 0; c < 3; c++) sum[c] = v_add_canonical(sum[c], v_load(job->sums + c * job->rows + i));
    ext *total = job->chunk_sums + first / job->chunk;
    for (int c = 0; c < 3; c++) {
        uint64_t lanes[LANES];
        v_store(lanes, v_canonical(sum[c]));
        total->c[c] = 0;
        for (int l = 0; l < LANES; l++) total->c[c] = gl_add(total->c[c], lanes[l]);
    }
    return -1;
}

static ptrdiff_t accumulate(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const passes_job *job = context;
    (void)thread;
    ext sum = job->chunk_sums[first / job->chunk];
    uint64_t *cell = job->out + first * job->out_stride + 3 * job->pair;
    for (ptrdiff_t i = first; i < last; i++, cell += job->out_stride) {
        const ext row = {{job->sums[i], job->sums[job->rows + i], job->sums[2 * job->rows + i]}};
        for (int c = 0; c < 3; c++) cell[c] = sum.c[c];
        sum = ext_add(sum, ext_sub(row, job->mean));
    }
    return -1;
}

const variant_lookup_table TABLE = {
    {prints_0, prints_1}, {counts_0, counts_1}, combine, invert, column,
    total, accumulate,
};
