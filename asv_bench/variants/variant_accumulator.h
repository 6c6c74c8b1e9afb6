/* The package's accumulator on its own, and sums of the rows it starts from. */
#include "accumulator.h"
#include "variant_accumulator_types.h"

/* chunk_sums[k] = sum of the cells of chunk k */
static ptrdiff_t sum_rows(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    (void)thread;
    const lookup_job *job = context;
    const ptrdiff_t width = 3 * job->program.pairs;
    const uint64_t *cell = job->out + first * width + width - 3;
    ext sum = {{0, 0, 0}};
    for (ptrdiff_t i = first; i < last; i++, cell += width) {
        const ext row = {{cell[0], cell[1], cell[2]}};
        sum = ext_add(sum, row);
    }
    job->chunk_sums[first / job->chunk] = sum;
    return -1;
}

const variant_accumulator_table TABLE = {sum_rows, accumulate_rows};
