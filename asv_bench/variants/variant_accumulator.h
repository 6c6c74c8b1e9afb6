/* The accumulator on its own: the package's lookup.h, and sums of the rows it starts from. */
#undef table
#include "lookup.h"

#define sum_rows FN(sum_rows)
#undef table
#define table FN(accumulator_table)

#ifndef VARIANT_ACCUMULATOR_TYPES
#define VARIANT_ACCUMULATOR_TYPES
typedef struct {
    ptrdiff_t (*sum)(void *job, ptrdiff_t first, ptrdiff_t last, int thread);
    ptrdiff_t (*accumulate)(void *job, ptrdiff_t first, ptrdiff_t last, int thread);
} accumulator_table;
#endif

/* chunk_sums[k] = sum of the cells of chunk k */
static ptrdiff_t sum_rows(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    (void)thread;
    const lookup_job *job = context;
    const uint64_t *cell = job->out + first * job->stride + 3 * (job->program.pairs - 1);
    ext sum = {{0, 0, 0}};
    for (ptrdiff_t i = first; i < last; i++, cell += job->stride) {
        const ext row = {{cell[0], cell[1], cell[2]}};
        sum = ext_add(sum, row);
    }
    job->chunk_sums[first / job->chunk] = sum;
    return -1;
}

static const accumulator_table table = {sum_rows, accumulate_rows};
