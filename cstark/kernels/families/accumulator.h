/* The running sum of a table's fractions, written over the sums of its rows; part of the family lookup.h. */
#include "lookup_types.h"

/* acc[i + 1] = acc[i] + S_i - L / N. The last column of a row holds S_i until acc[i] takes its place, so
 * the cell is read before it is written, and no second array is needed. */
static ptrdiff_t accumulate_rows(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    (void)thread;
    const lookup_job *job = context;
    ext sum = job->chunk_sums[first / job->chunk];
    const ptrdiff_t width = 3 * job->program.pairs;
    uint64_t *cell = job->out + first * width + width - 3;
    for (; first < last; first++, cell += width) {
        const ext row = {{cell[0], cell[1], cell[2]}};
        cell[0] = sum.c[0], cell[1] = sum.c[1], cell[2] = sum.c[2];
        sum = ext_add(sum, ext_sub(row, job->mean));
    }
    return -1;
}
