/* One stage over a range of rows: the loops around the butterflies, and their table. */
#include "ntt_butterflies.h"

typedef struct {
    ntt_rows in, out;
    const int32_t *order;         /* output k of the butterfly at `row` goes to row order[row] + k order_step */
    ptrdiff_t order_step;         /* (order NULL: to the rows its inputs came from) */
    const gl_twiddle *twiddles; /* by row */
    const uint64_t *lanes;      /* NTT_LANES: the vector of a row and column at row lanes_pitch + column % lanes_period, */
    ptrdiff_t lanes_pitch, lanes_period; /* the period a power of two, or 0: no period */
    ptrdiff_t first, last;        /* rows */
    int log_inner;                /* log2 of the distance of a butterfly's inputs in rows */
    ptrdiff_t columns;            /* a multiple of LANES */
    ptrdiff_t ahead;              /* prefetch words so far ahead of the inputs; 0: do not */
} ntt_job;

typedef void (*ntt_stage_function)(const ntt_job *);

/* Butterflies at rows first + i super + p, p < positions, while below job->last. */
INLINE void ntt_stage_rows(const ntt_job *job, ptrdiff_t first, ptrdiff_t super, ptrdiff_t positions,
                           const int log_radix, const int kind, const int step, const int direction,
                           const int canonical) {
    const ptrdiff_t inner = (ptrdiff_t)1 << job->log_inner;
    /* Digits never straddle a pad: the distance is the same everywhere. */
    const ptrdiff_t ss = ntt_row(&job->in, inner) - job->in.base;
    const ptrdiff_t ds = job->order ? job->order_step * job->out.pitch
                                    : ntt_row(&job->out, inner) - job->out.base;
    const ptrdiff_t columns = job->columns, ahead = job->ahead;
    const ptrdiff_t period = job->lanes_period - 1;
    for (ptrdiff_t start = first; start < job->last; start += super) {
        for (ptrdiff_t row = start; row < start + positions; row++) {
            const uint64_t *s = ntt_row(&job->in, row);
            uint64_t *d = job->order ? job->out.base + job->order[row] * job->out.pitch
                                     : ntt_row(&job->out, row);
            ntt_factors t = {NULL, NULL, 0};
            if (kind == NTT_ROWS || kind == NTT_ROWS_BUT_FIRST) t.rows = job->twiddles + row, t.step = inner;
            if (kind == NTT_LANES) t.step = inner * job->lanes_pitch;
            for (ptrdiff_t c = 0; c < columns; c += LANES) {
                /* -1 as a mask keeps c: without a period every column has a vector of its own. */
                if (kind == NTT_LANES) t.lanes = job->lanes + row * job->lanes_pitch + (c & period);
                butterfly(log_radix, s + c, ss, d + c, ds, &t, kind, step, direction, canonical);
                /* Only kinds that can run first read memory that is not in the cache yet. */
                if ((kind == NTT_PLAIN || kind == NTT_ROWS || kind == NTT_LANES) && ahead && c % NTT_LINE == 0) {
                    for (int j = 0; j < 1 << log_radix; j++) v_prefetch(s + c + j * ss + ahead);
                }
            }
        }
    }
}

/* A stage; for NTT_SHIFT the second to run of a group of 2^log_group. Its twiddles there are w^(u j), w of
 * order 2^log_group: in frequency u is the number of the block of rows, in time of the part of the
 * block, modulo the other radix. Shifts must be constants, hence one copy of the loop for every u. */
INLINE void ntt_stage_run(const ntt_job *job, const int log_radix, const int log_group, const int kind,
                          const int program, const int canonical) {
    const int direction = program == NTT_INVERSE_FREQUENCY ? NTT_INVERSE : NTT_FORWARD;
    const ptrdiff_t inner = (ptrdiff_t)1 << job->log_inner, length = inner << log_radix;
    if (kind != NTT_SHIFT) {
        ntt_stage_rows(job, job->first, length, inner, log_radix, kind, 0, direction, canonical);
        return;
    }
    /* our root of order 64 is 8^13 = 2^39 */
    const int root = 39 * (64 >> log_group) % 192, log_other = log_group - log_radix;
    const int exponent = direction == NTT_INVERSE ? 192 - root : root;
#define PART(u)                                                                                         \
    if ((u) < 1 << log_other) {                                                                         \
        const int step = exponent * (u) % 192;                                                          \
        if (program == NTT_FORWARD_TIME) {                                                              \
            const ptrdiff_t part = inner >> log_other;                                                  \
            ntt_stage_rows(job, job->first + (u) * part, length, part, log_radix, kind, step,           \
                           direction, canonical);                                                       \
        } else {                                                                                        \
            /* a range may begin inside a group's block: part u stands before it then, or in it */      \
            const ptrdiff_t period = length << log_other;                                               \
            const ptrdiff_t first = (job->first & -period) + (u) * length;                              \
            if (first >= job->first) {                                                                  \
                ntt_stage_rows(job, first, period, inner, log_radix, kind, step, direction, canonical); \
            }                                                                                           \
        }                                                                                               \
    }
    PART(0) PART(1) PART(2) PART(3) PART(4) PART(5) PART(6) PART(7)
#undef PART
}

/* Every stage that a program of ntt_plan.h contains, as a function of its own. In a group of 32 = 8 * 4 the
 * radix of the second stage to run is 4 in frequency and 8 in time. */
#define STAGE(name, log_radix, log_group, kind, program, canonical) \
    static void name(const ntt_job *job) {                      \
        ntt_stage_run(job, log_radix, log_group, kind, program, canonical); \
    }
#define STAGES(prefix, program, canonical)                                  \
    STAGE(prefix##_plain2, 1, 0, NTT_PLAIN, program, canonical)             \
    STAGE(prefix##_plain4, 2, 0, NTT_PLAIN, program, canonical)             \
    STAGE(prefix##_plain8, 3, 0, NTT_PLAIN, program, canonical)             \
    STAGE(prefix##_rows2, 1, 0, NTT_ROWS, program, canonical)               \
    STAGE(prefix##_rows4, 2, 0, NTT_ROWS, program, canonical)               \
    STAGE(prefix##_rows8, 3, 0, NTT_ROWS, program, canonical)               \
    STAGE(prefix##_most2, 1, 0, NTT_ROWS_BUT_FIRST, program, canonical)     \
    STAGE(prefix##_most4, 2, 0, NTT_ROWS_BUT_FIRST, program, canonical)     \
    STAGE(prefix##_most8, 3, 0, NTT_ROWS_BUT_FIRST, program, canonical)     \
    STAGE(prefix##_lanes2, 1, 0, NTT_LANES, program, canonical)             \
    STAGE(prefix##_lanes4, 2, 0, NTT_LANES, program, canonical)             \
    STAGE(prefix##_lanes8, 3, 0, NTT_LANES, program, canonical)             \
    STAGE(prefix##_shift16, 2, 4, NTT_SHIFT, program, canonical)            \
    STAGE(prefix##_shift32, program == NTT_FORWARD_TIME ? 3 : 2, 5, NTT_SHIFT, program, canonical) \
    STAGE(prefix##_shift64, 3, 6, NTT_SHIFT, program, canonical)
STAGES(inverse, NTT_INVERSE_FREQUENCY, 0)
STAGES(inverse_last, NTT_INVERSE_FREQUENCY, 1)
STAGES(forward, NTT_FORWARD_FREQUENCY, 0)
STAGES(forward_last, NTT_FORWARD_FREQUENCY, 1)
STAGES(time, NTT_FORWARD_TIME, 0)
STAGES(time_last, NTT_FORWARD_TIME, 1)
#undef STAGES
#undef STAGE

/* [program][canonical][kind][log2 of the radix - 1, or log2 of the group - 4] */
#define KINDS(prefix)                                                        \
    {                                                                        \
        [NTT_PLAIN] = {prefix##_plain2, prefix##_plain4, prefix##_plain8},            \
        [NTT_ROWS] = {prefix##_rows2, prefix##_rows4, prefix##_rows8},                \
        [NTT_ROWS_BUT_FIRST] = {prefix##_most2, prefix##_most4, prefix##_most8},      \
        [NTT_SHIFT] = {prefix##_shift16, prefix##_shift32, prefix##_shift64},         \
        [NTT_LANES] = {prefix##_lanes2, prefix##_lanes4, prefix##_lanes8},            \
    }
static const ntt_stage_function ntt_stage_functions[NTT_PROGRAMS][2][NTT_KINDS][3] = {
    [NTT_INVERSE_FREQUENCY] = {KINDS(inverse), KINDS(inverse_last)},
    [NTT_FORWARD_FREQUENCY] = {KINDS(forward), KINDS(forward_last)},
    [NTT_FORWARD_TIME] = {KINDS(time), KINDS(time_last)},
};
#undef KINDS
