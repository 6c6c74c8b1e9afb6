/* Leaves of two matrices side by side, each row put together in memory allocated for it alone. */
#include "hash_loops.h"
#include <stdlib.h>

typedef struct {
    const hash_core *core;
    const uint8_t *part[2]; /* rows one after another */
    size_t bytes[2];        /* of a row */
    uint8_t *out;
} allocating_job;

/* Rows first .. last - 1, a multiple of the streams; -1, or first when memory ran out. */
static ptrdiff_t hash_allocating(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const allocating_job *job = context;
    (void)thread;
    const int streams = job->core->streams;
    const size_t total = job->bytes[0] + job->bytes[1];
    hash_input in;
    for (ptrdiff_t i = first; i < last; i += streams) {
        uint8_t *row[HASH_STREAMS_MAX];
        int missing = 0;
        for (int k = 0; k < streams; k++) {
            row[k] = calloc(total, 1);
            if (!row[k]) {
                missing = 1;
                continue;
            }
            memcpy(row[k], job->part[0] + (size_t)(i + k) * job->bytes[0], job->bytes[0]);
            memcpy(row[k] + job->bytes[0], job->part[1] + (size_t)(i + k) * job->bytes[1], job->bytes[1]);
            in.piece[0][k] = row[k];
        }
        if (!missing) job->core->rows(&in, total, HASH_LEAF, job->out + i * HASH_BYTES);
        for (int k = 0; k < streams; k++) free(row[k]);
        if (missing) return first;
    }
    return -1;
}
