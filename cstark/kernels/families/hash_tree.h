/* Several levels of a Merkle tree in one pass: a slice of a level, and all that is above it.
 *
 * Row i of a level is the parent of rows i and i + rows of the level below, which has 2 rows. So the
 * rows of a level with numbers in a range have as descendants, k levels below, 2^k such ranges, and a
 * thread that begins with those needs nothing from the others. What it has just made is what it reads
 * next, from the nearest cache; and one parallel region does the work of many.
 */
#ifndef CSTARK_HASH_TREE_H
#define CSTARK_HASH_TREE_H

#include "hash_loops.h"

#define TREE_LEVELS_MAX 40

typedef struct {
    const hash_core *core;
    ptrdiff_t rows;       /* of a block of the level below, a power of two */
    int levels;           /* to be made above it */
    ptrdiff_t slices;     /* that each block of the highest of them is cut into; item = block * slices + slice */
    const uint8_t *below; /* [block][row][32] */
    const uint8_t *leaf[TREE_LEVELS_MAX]; /* injected into a level, as many as it has nodes; or NULL */
    uint8_t *level[TREE_LEVELS_MAX];      /* where a level goes; NULL if only the next one needs it */
    uint8_t *scratch;     /* for levels that are not kept: for each thread `scratch_bytes` */
    size_t scratch_bytes;
} tree_job;

/* Bytes that a thread needs for the levels that are not kept. */
static size_t tree_scratch(const tree_job *job) {
    size_t bytes = 0;
    for (int k = 0; k < job->levels; k++)
        if (!job->level[k]) bytes += (size_t)((job->rows >> (k + 1)) / job->slices) * HASH_BYTES;
    return bytes;
}

/* Nodes of `runs` ranges of `run` rows, `pitch` rows apart in the level below and `out_pitch` in theirs;
 * what is injected lies `leaf_pitch` rows apart. */
static void tree_level(const hash_core *core, ptrdiff_t runs, ptrdiff_t run, const uint8_t *below,
                       ptrdiff_t pitch, const uint8_t *leaf, ptrdiff_t leaf_pitch, uint8_t *out,
                       ptrdiff_t out_pitch) {
    if (pitch == run && out_pitch == run && (!leaf || leaf_pitch == run)) { /* one after another */
        pitch = out_pitch = leaf_pitch = run *= runs;
        runs = 1;
    }
    const hash_matrix parts[HASH_PIECES_MAX] = {
        {below, pitch * HASH_BYTES, HASH_BYTES, 8, HASH_BYTES / 8},
        {below + runs * pitch * HASH_BYTES, pitch * HASH_BYTES, HASH_BYTES, 8, HASH_BYTES / 8},
        {leaf, leaf_pitch * HASH_BYTES, HASH_BYTES, 8, HASH_BYTES / 8},
    };
    hash_job nodes;
    memset(&nodes, 0, sizeof nodes);
    nodes.core = core;
    nodes.locate = hash_locate_pieces;
    nodes.tag = leaf ? HASH_INJECT : HASH_NODE;
    nodes.parts = leaf ? 3 : 2;
    nodes.bytes = (size_t)nodes.parts * HASH_BYTES;
    nodes.per_block = run;
    nodes.matrices = parts;
    nodes.out = out;
    nodes.out_block = out_pitch * HASH_BYTES;
    nodes.out_row = HASH_BYTES;
    hash_chunk(&nodes, 0, runs * run, 0);
}

/* Slices first .. last - 1. */
static ptrdiff_t tree_chunk(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const tree_job *job = context;
    const ptrdiff_t base = job->rows >> job->levels, run = base / job->slices;
    for (; first < last; first++) {
        const ptrdiff_t block = first / job->slices, start = first % job->slices * run;
        const uint8_t *below = job->below + (block * job->rows + start) * HASH_BYTES;
        uint8_t *spare = job->scratch + (size_t)thread * job->scratch_bytes;
        ptrdiff_t pitch = base;
        for (int k = 0; k < job->levels; k++) {
            const ptrdiff_t rows = job->rows >> (k + 1), runs = rows / base;
            const ptrdiff_t at = (block * rows + start) * HASH_BYTES;
            const uint8_t *leaf = job->leaf[k] ? job->leaf[k] + at : NULL;
            uint8_t *out = job->level[k] ? job->level[k] + at : spare;
            const ptrdiff_t out_pitch = job->level[k] ? base : run;
            if (!job->level[k]) spare += runs * run * HASH_BYTES;
            tree_level(job->core, runs, run, below, pitch, leaf, base, out, out_pitch);
            below = out;
            pitch = out_pitch;
        }
    }
    return -1;
}

#endif
