/* How a transform of 2^k rows is cut into stages, and the constants of the stages.
 *
 * Size n = r_1 r_2 ... r_m (radices 8, 4, 2, outermost first), R_i = r_1 ... r_i, and w_n the root of unity
 * of order n. A row number is written in digits in two ways:
 *
 *     natural       x = x_1 n/R_1 + x_2 n/R_2 + ... + x_m           (x_1 the most significant)
 *     frequency     k = k_1 + R_1 k_2 + ... + R_(m-1) k_m           (k_1 the least significant)
 *     location      of frequency k: k_1 n/R_1 + k_2 n/R_2 + ... + k_m
 *
 * so a location is a frequency with its digits reversed. With f_i = k_1 + ... + R_(i-1) k_i,
 *
 *     x k = sum_i x_i (n/R_i) (f_(i-1) + R_(i-1) k_i)   mod n
 *     w_n^(x k) = prod_i  w_(R_i)^(x_i f_(i-1))  w_(r_i)^(x_i k_i).
 *
 * Decimation in frequency does i = 1..m: multiply by the twiddle, then a DFT of size r_i that puts
 * k_i where x_i stood: natural rows in, locations out, and the twiddle of a row depends on its
 * block k_1..k_(i-1). Decimation in time is the transposed program: i = m..1, locations in, natural
 * rows out; there the DFT of k_i is preceded by w_(n/R_(i-1))^(k_i a), a = the row modulo n/R_i,
 * which the inner stages have already made natural. Both multiply BEFORE the butterfly, where the
 * product can stay in digits; nothing is ever moved to another row.
 *
 * Two neighbouring stages whose radices have a product of at most 64 form a group: treated as one
 * stage of the formula above, with a DFT of size 16, 32 or 64 made of two stages, whose inner twiddles are
 * 64th roots of unity: powers of two, hence shifts. Only between groups are there real products.
 */
#ifndef CSTARK_NTT_PLAN_H
#define CSTARK_NTT_PLAN_H

#include <stdlib.h>
#if defined(__linux__)
#include <unistd.h>
#endif

#include "goldilocks.h"

enum {
    NTT_MAX_STAGES = 5,
    NTT_MAX_BLOCK = 13, /* log2 of the largest transform made in one block */
    NTT_MAX_LOG = 26,
};

/* What a stage does to its inputs. */
enum {
    NTT_PLAIN,          /* nothing */
    NTT_SHIFT,          /* powers of two, from the stage's place in a group of two */
    NTT_ROWS,           /* one twiddle for each row */
    NTT_ROWS_BUT_FIRST, /* likewise; that of input 0 of every butterfly is 1 */
    NTT_LANES,          /* a word of its own for each row and lane; no plan contains it */
    NTT_KINDS,
};

/* Outputs of the size-8 butterfly, which is built on 2^24, at direction * k mod 8: our root of order 8
 * is 2^120 = (2^24)^5, its inverse (2^24)^3, and 5 and 3 are their own inverses modulo 8. */
enum { NTT_FORWARD = 5, NTT_INVERSE = 3 };

typedef struct {
    int kind;
    const gl_twiddle *twiddles; /* by row, when kind is NTT_ROWS or NTT_ROWS_BUT_FIRST */
} ntt_stage;

typedef struct {
    int log_size, stages;
    int log_radix[NTT_MAX_STAGES]; /* outermost first */
    int log_inner[NTT_MAX_STAGES]; /* log2 of n/R_i: distance of a butterfly's inputs, in rows */
    int pad_shift;                 /* a buffer is padded after every 2^pad_shift rows */
    ntt_stage inverse[NTT_MAX_STAGES], forward[NTT_MAX_STAGES]; /* decimation in frequency */
    ntt_stage in_time[NTT_MAX_STAGES];                          /* decimation in time, forward */
    int32_t *frequency; /* of every location */
    int32_t *location;  /* of every frequency */
    gl_twiddle *memory;
} ntt_block_plan;

/* Radices and the groups of the two programs: sizes of groups, outermost first. */
typedef struct {
    int log_radix[NTT_MAX_STAGES];
    int frequency_groups[NTT_MAX_STAGES], time_groups[NTT_MAX_STAGES];
} ntt_shape;

/* Radix 8 wherever possible: it costs least per level. Decimation in frequency begins with a group of 64
 * (its first stage has no twiddle); decimation in time ends with one where that leaves a lone
 * radix in the other group, which then needs only r - 1 products. */
static const ntt_shape ntt_shapes[NTT_MAX_BLOCK + 1] = {
    {{0}, {0}, {0}},
    {{1}, {1}, {1}},
    {{2}, {1}, {1}},
    {{3}, {1}, {1}},
    {{2, 2}, {2}, {2}},
    {{3, 2}, {2}, {2}},
    {{3, 3}, {2}, {2}},
    {{3, 2, 2}, {2, 1}, {1, 2}},
    {{3, 3, 2}, {2, 1}, {1, 2}},
    {{3, 3, 3}, {2, 1}, {1, 2}},
    {{3, 3, 2, 2}, {2, 2}, {2, 2}},
    {{3, 3, 3, 2}, {2, 2}, {2, 2}},
    {{3, 3, 3, 3}, {2, 2}, {2, 2}},
    {{3, 3, 3, 3, 1}, {2, 2, 1}, {2, 2, 1}},
};

/* Words of a core's second-level cache, which sizes the tiles (never the results). */
static ptrdiff_t ntt_cache_words(void) {
    long bytes = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE)
    bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    if (bytes < 1 << 18) bytes = 1 << 19; /* not known */
    if (bytes > 1 << 21) bytes = 1 << 21; /* more is shared by several cores */
    return bytes / 8;
}

/* Frequency of the location made of digits first..last-1 in `row`, a number below their product. */
static int64_t ntt_reverse(const ntt_block_plan *plan, int first, int last, int64_t row) {
    int64_t result = 0;
    for (int i = last - 1; i >= first; i--) { /* innermost digit of `row` is the most significant */
        result = (result << plan->log_radix[i]) | (row & ((1 << plan->log_radix[i]) - 1));
        row >>= plan->log_radix[i];
    }
    return result;
}

/* Twiddles of a group of stages first..last-1 that follows (in frequency) or precedes (in time) others. */
static void ntt_group_twiddles(const ntt_block_plan *plan, gl_twiddle *out, int first, int last,
                               int in_time, int direction) {
    const int n = 1 << plan->log_size;
    const int log_after = plan->log_inner[last - 1]; /* rows below the group's digits */
    const int log_before = first ? plan->log_size - plan->log_inner[first - 1] : 0;
    const int log_group = plan->log_size - log_before - log_after;
    /* in frequency w_(R)^(x f), R = 2^(before + group); in time w_(S)^(k a), S = 2^(group + after) */
    const int log_order = in_time ? log_group + log_after : log_before + log_group;
    uint64_t powers[1 << NTT_MAX_BLOCK];
    const uint64_t root = gl_root(log_order);
    gl_powers(powers, (ptrdiff_t)1 << log_order, 1, direction == NTT_FORWARD ? root : gl_inverse(root));
    for (int row = 0; row < n; row++) {
        const int64_t digit = (row >> log_after) & ((1 << log_group) - 1);
        /* exact: both factors are below 2^NTT_MAX_BLOCK */
        const int64_t exponent =
            in_time ? ntt_reverse(plan, first, last, digit) * (row & ((1 << log_after) - 1))
                    : digit * ntt_reverse(plan, 0, first, row >> (log_after + log_group));
        out[row] = gl_twiddle_set(powers[exponent & ((1 << log_order) - 1)]);
    }
}

/* Kinds and twiddles of one program; returns the end of the constants it takes from `memory`. */
static gl_twiddle *ntt_program(ntt_block_plan *plan, ntt_stage *program, const int *groups, int in_time,
                                 int direction, gl_twiddle *memory) {
    int first = 0;
    for (int g = 0; first < plan->stages; g++) {
        const int last = first + groups[g];
        const int leads = in_time ? last == plan->stages : first == 0; /* nothing runs before it */
        const int carrier = in_time ? last - 1 : first;                /* of the group, runs first */
        for (int i = first; i < last; i++) program[i].kind = NTT_SHIFT;
        program[carrier].kind = leads ? NTT_PLAIN : groups[g] == 1 ? NTT_ROWS_BUT_FIRST : NTT_ROWS;
        if (!leads) {
            program[carrier].twiddles = memory;
            ntt_group_twiddles(plan, memory, first, last, in_time, direction);
            memory += (ptrdiff_t)1 << plan->log_size;
        }
        first = last;
    }
    return memory;
}

static void ntt_block_plan_free(ntt_block_plan *plan) {
    free(plan->frequency);
    free(plan->location);
    free(plan->memory);
    memset(plan, 0, sizeof *plan);
}

/* 0, or -1 when out of memory. 1 <= log_size <= NTT_MAX_BLOCK. */
static int ntt_block_plan_make(ntt_block_plan *plan, int log_size) {
    const ntt_shape *shape = &ntt_shapes[log_size];
    const int n = 1 << log_size;
    memset(plan, 0, sizeof *plan);
    plan->log_size = log_size;
    for (int rest = log_size; rest; plan->stages++) {
        rest -= shape->log_radix[plan->stages];
        plan->log_radix[plan->stages] = shape->log_radix[plan->stages];
        plan->log_inner[plan->stages] = rest;
    }
    /* Pads stand between whole digits, so that a butterfly's inputs are equally far apart. */
    plan->pad_shift = 0;
    for (int i = plan->stages - 1; i >= 0 && plan->pad_shift < 3; i--) plan->pad_shift += plan->log_radix[i];
    /* three programs; of at most NTT_MAX_STAGES groups, all but one with a twiddle for every row */
    int tables = 0;
    for (int g = 1; g < NTT_MAX_STAGES; g++) {
        tables += 2 * (shape->frequency_groups[g] > 0) + (shape->time_groups[g] > 0);
    }
    plan->memory = malloc(((size_t)tables * n + 1) * sizeof *plan->memory);
    plan->frequency = malloc((size_t)n * sizeof *plan->frequency);
    plan->location = malloc((size_t)n * sizeof *plan->location);
    if (!plan->memory || !plan->frequency || !plan->location) {
        ntt_block_plan_free(plan);
        return -1;
    }
    gl_twiddle *end = plan->memory;
    end = ntt_program(plan, plan->inverse, shape->frequency_groups, 0, NTT_INVERSE, end);
    end = ntt_program(plan, plan->forward, shape->frequency_groups, 0, NTT_FORWARD, end);
    ntt_program(plan, plan->in_time, shape->time_groups, 1, NTT_FORWARD, end);
    for (int row = 0; row < n; row++) {
        plan->frequency[row] = (int32_t)ntt_reverse(plan, 0, plan->stages, row);
        plan->location[plan->frequency[row]] = row;
    }
    return 0;
}

#endif
