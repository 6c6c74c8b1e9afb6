/* A transform of one block of rows, all columns of a tile, in a buffer that stays in the cache. */
#include "ntt_stages.h"

/* src -> work -> dst. In frequency: natural rows of src to locations of dst, or to natural rows.
 * In time: locations of src to natural rows of dst. src may be dst.
 *
 * Matrices of few columns are taken several at a time, side by side in `work` and in dst: longer runs
 * of adjacent words, fewer butterflies of little width. In src they are src_step apart, and each has its own
 * factors `before`. */
typedef struct {
    const ntt_block_plan *plan;
    int program;                /* NTT_INVERSE_FREQUENCY, ... */
    const gl_twiddle *before; /* factors of the rows of src, or NULL */
    const uint64_t *lanes;      /* factors of their words, or NULL: see ntt_job */
    ptrdiff_t lanes_pitch, lanes_period;
    ntt_rows src, work, dst;
    ptrdiff_t columns;              /* of the tile, a multiple of LANES */
    ptrdiff_t groups, src_step;     /* matrices side by side, 1 where there is only one */
    ptrdiff_t src_words, dst_words; /* so many words of a group exist in src, of the tile in dst: */
                                    /* others are zero, are dropped */
    ptrdiff_t ahead;                /* prefetch distance in src */
    int natural, canonical;         /* rows and words of dst */
} ntt_task;

/* Whether src lacks words of a group. */
INLINE int ntt_cut(const ntt_task *task) { return task->src_words * task->groups < task->columns; }

/* The columns of a tile that is cut off by the end of the rows: 0 where there is no word. */
static void ntt_gather(const ntt_task *task) {
    const ptrdiff_t n = (ptrdiff_t)1 << task->plan->log_size, width = task->columns / task->groups;
    for (ptrdiff_t row = 0; row < n; row++) {
        for (ptrdiff_t g = 0; g < task->groups; g++) {
            const uint64_t *s = ntt_row(&task->src, row) + g * task->src_step;
            uint64_t *d = ntt_row(&task->work, row) + g * width;
            for (ptrdiff_t c = 0; c < width; c += LANES) {
                const ptrdiff_t rest = task->src_words - c;
                v_store(d + c, rest >= LANES ? v_load(s + c) : v_load_some(s + c, rest > 0 ? (int)rest : 0));
            }
        }
    }
}

static void ntt_scatter(const ntt_task *task, const int32_t *order) {
    const ptrdiff_t n = (ptrdiff_t)1 << task->plan->log_size;
    for (ptrdiff_t row = 0; row < n; row++) {
        const uint64_t *s = ntt_row(&task->work, row);
        uint64_t *d = ntt_row(&task->dst, order ? order[row] : row);
        for (ptrdiff_t c = 0; c < task->dst_words; c += LANES) {
            const ptrdiff_t rest = task->dst_words - c;
            if (rest >= LANES) v_store(d + c, v_load(s + c));
            else v_store_some(d + c, (int)rest, v_load(s + c));
        }
    }
}

/* Stage i over the rows first..last-1. */
static void ntt_stage_of(const ntt_task *task, int i, ptrdiff_t first, ptrdiff_t last) {
    const ntt_block_plan *plan = task->plan;
    const int in_time = task->program == NTT_FORWARD_TIME, end = plan->stages - 1;
    const int runs_first = i == (in_time ? end : 0), runs_last = i == (in_time ? 0 : end);
    const ntt_stage *stage = task->program == NTT_INVERSE_FREQUENCY ? &plan->inverse[i]
                             : in_time                              ? &plan->in_time[i]
                                                                    : &plan->forward[i];
    const int cut_src = ntt_cut(task), cut_dst = task->dst_words < task->columns;
    int kind = stage->kind;
    ntt_job job = {.in = runs_first && !cut_src ? task->src : task->work,
                   .out = runs_last && !cut_dst ? task->dst : task->work,
                   .twiddles = stage->twiddles,
                   .first = first,
                   .last = last,
                   .log_inner = plan->log_inner[i],
                   .columns = task->columns};
    if (runs_first) {
        job.ahead = cut_src ? 0 : task->ahead;
        if (task->before) kind = NTT_ROWS, job.twiddles = task->before;
        if (task->lanes) {
            kind = NTT_LANES, job.lanes = task->lanes;
            job.lanes_pitch = task->lanes_pitch, job.lanes_period = task->lanes_period;
        }
    }
    if (runs_last && !cut_dst && task->natural && !in_time) {
        job.order = plan->frequency;
        job.order_step = (ptrdiff_t)1 << (plan->log_size - plan->log_radix[i]);
    }
    int size = plan->log_radix[i] - 1;
    if (kind == NTT_SHIFT) size = plan->log_radix[i] + plan->log_radix[in_time ? i + 1 : i - 1] - 4;
    const ntt_stage_function function =
        ntt_stage_functions[task->program][runs_last && task->canonical][kind][size];
    const ptrdiff_t width = task->columns / task->groups;
    const ptrdiff_t step = cut_src ? width : task->src_step;
    if (!runs_first || task->groups == 1 || (step == width && !task->before)) {
        function(&job);
        return;
    }
    /* The stage that reads `src` goes through the matrices one by one, because they are src_step apart
     * there and have different factors. All later stages see one matrix, as wide as the tile. */
    job.columns = width;
    for (ptrdiff_t g = 0; g < task->groups; g++) {
        function(&job);
        job.in.base += step, job.out.base += width;
        if (task->before) job.twiddles += (ptrdiff_t)1 << plan->log_size;
    }
}

/* Depth first: of every block of the outermost radix all inner stages in turn, because such a block
 * fits the first-level cache; but all of a small block at once. */
static void ntt_block(const ntt_task *task) {
    const ntt_block_plan *plan = task->plan;
    const int in_time = task->program == NTT_FORWARD_TIME;
    const ptrdiff_t n = (ptrdiff_t)1 << plan->log_size;
    const ptrdiff_t part = n * task->columns <= NTT_SMALL ? n : (ptrdiff_t)1 << plan->log_inner[0];
    if (ntt_cut(task)) ntt_gather(task);
    /* The stage of the outermost radix meets all rows: it is the first in frequency, the last in time. */
    if (!in_time) ntt_stage_of(task, 0, 0, n);
    for (ptrdiff_t first = 0; first < n && plan->stages > 1; first += part) {
        for (int i = 1; i < plan->stages; i++) {
            ntt_stage_of(task, in_time ? plan->stages - i : i, first, first + part);
        }
    }
    if (in_time) ntt_stage_of(task, 0, 0, n);
    if (task->dst_words < task->columns) {
        ntt_scatter(task, task->natural && !in_time ? plan->frequency : NULL);
    }
}

/* out[row] = first * ratio^e, e = the row, or its frequency when it is a location. Digit by digit from the
 * innermost: a digit d multiplies what the inner digits gave by a constant. `words`: n words. */
static void ntt_geometric(gl_twiddle *out, uint64_t *words, const ntt_block_plan *plan, int natural,
                          uint64_t first, uint64_t ratio) {
    const ptrdiff_t n = (ptrdiff_t)1 << plan->log_size;
    uint64_t squares[NTT_MAX_BLOCK];
    for (int i = 0; i < plan->log_size; i++) {
        squares[i] = ratio;
        ratio = gl_mul(ratio, ratio);
    }
    words[0] = first;
    for (int i = plan->stages - 1; i >= 0; i--) {
        const ptrdiff_t size = (ptrdiff_t)1 << plan->log_inner[i];
        const int weight_log = natural ? plan->log_inner[i]
                                       : plan->log_size - plan->log_inner[i] - plan->log_radix[i];
        const uint64_t step = squares[weight_log];
        uint64_t factor = step;
        for (int d = 1; d < 1 << plan->log_radix[i]; d++) {
            /* words[0..size-1] hold all rows whose outer digits are 0; digit d makes the next `size`. */
            uint64_t *const next = words + d * size;
            if (size < LANES) {
                for (ptrdiff_t j = 0; j < size; j++) next[j] = gl_mul_any(words[j], factor);
            } else {
                const vec constant = v_set1(factor);
                for (ptrdiff_t j = 0; j < size; j += LANES) v_store(next + j, v_mul(v_load(words + j), constant));
            }
            factor = gl_mul(factor, step);
        }
    }
    if (n < LANES) {
        for (ptrdiff_t j = 0; j < n; j++) out[j] = gl_twiddle_set(words[j]);
    } else {
        for (ptrdiff_t j = 0; j < n; j += LANES) twiddle_store(out + j, v_load(words + j));
    }
}
