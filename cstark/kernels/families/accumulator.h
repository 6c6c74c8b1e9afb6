/* The running sum of a table's fractions, written over the sums of its rows; part of the family lookup.h. */
#include "lookup_types.h"

static ptrdiff_t accumulate_rows(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    (void)thread;
    const lookup_job *job = context;
    ext sum = job->chunk_sums[first / job->chunk];
    uint64_t *cell = job->out + first * job->stride + 3 * (job->program.pairs - 1);
    for (; first < last; first++, cell += job->stride) {
        const ext row = {{cell[0], cell[1], cell[2]}};
        cell[0] = sum.c[0], cell[1] = sum.c[1], cell[2] = sum.c[2];
        sum = ext_add(sum, ext_sub(row, job->mean));
    }
    return -1;
}
