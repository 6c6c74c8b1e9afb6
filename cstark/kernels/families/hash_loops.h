/* The loops over messages: group by group, find where the messages lie, hash them, keep the digests.
 * No vector code here: it is compiled once and works with any core.
 */
#ifndef CSTARK_HASH_LOOPS_H
#define CSTARK_HASH_LOOPS_H

#include "hash_types.h"

/* words of row i of block b at base + b * block + i * row + c * column (bytes), c < words */
typedef struct {
    const uint8_t *base;
    ptrdiff_t block, row, column;
    size_t words;
} hash_matrix;

typedef struct hash_job hash_job;
/* Sets `in` to messages i .. i + count - 1 of block b (1 <= count <= streams; spare streams repeat the
 * last one), with the scratch of `thread`. Returns the function of the core for their layout. */
typedef hash_function (*hash_locate)(const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count,
                                     int thread, hash_input *in);

struct hash_job {
    const hash_core *core;
    hash_locate locate;
    int tag;
    size_t bytes;        /* a message */
    ptrdiff_t start;     /* message that item 0 stands for */
    ptrdiff_t per_block; /* messages in a block; message m is number m % per_block of block m / per_block */
    const hash_matrix *matrices; /* rows: parts of a row; pieces: where each piece lies */
    int parts;
    const uint64_t *const *word; /* planar: word[j] + b * word_block + i */
    ptrdiff_t word_block;
    uint8_t *scratch; /* for each thread, streams rows of `pitch` bytes */
    size_t pitch;
    uint8_t *out;
    ptrdiff_t out_block, out_row;
};

static inline uint8_t *hash_scratch(const hash_job *job, int thread) {
    return job->scratch + (size_t)thread * HASH_STREAMS_MAX * job->pitch;
}

/* Distance of scratch rows: an odd number of cache lines, so that they do not compete for one set. */
static size_t hash_pitch(size_t bytes) { return ((bytes + 63) / 64 | 1) * 64; }

static hash_function hash_locate_rows(const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count,
                                      int thread, hash_input *in) {
    const hash_matrix *m = job->matrices;
    (void)thread;
    for (int k = 0; k < job->core->streams; k++)
        in->piece[0][k] = m->base + b * m->block + (i + (k < count ? k : count - 1)) * m->row;
    in->ahead = job->core->streams * m->row;
    return job->core->rows;
}

static hash_function hash_locate_pieces(const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count,
                                        int thread, hash_input *in) {
    (void)thread;
    for (int p = 0; p < job->parts; p++) {
        const hash_matrix *m = job->matrices + p;
        for (int k = 0; k < job->core->streams; k++)
            in->piece[p][k] = m->base + b * m->block + (i + (k < count ? k : count - 1)) * m->row;
    }
    return job->core->pieces;
}

/* The scratch rows of `thread` as the messages. */
static hash_function hash_use_scratch(const hash_job *job, int count, int thread, hash_input *in) {
    for (int k = 0; k < job->core->streams; k++)
        in->piece[0][k] = hash_scratch(job, thread) + (size_t)(k < count ? k : count - 1) * job->pitch;
    return job->core->rows;
}

/* Rows made of several parts, or of words that do not lie side by side, are put together first. */
static hash_function hash_locate_parts(const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count,
                                       int thread, hash_input *in) {
    for (int k = 0; k < count; k++) {
        uint8_t *to = hash_scratch(job, thread) + (size_t)k * job->pitch;
        for (int p = 0; p < job->parts; p++) {
            const hash_matrix *m = job->matrices + p;
            const uint8_t *from = m->base + b * m->block + (i + k) * m->row;
            if (m->column == 8)
                memcpy(to, from, 8 * m->words);
            else
                for (size_t c = 0; c < m->words; c++)
                    memcpy(to + 8 * c, from + (ptrdiff_t)c * m->column, 8);
            to += 8 * m->words;
        }
    }
    return hash_use_scratch(job, count, thread, in);
}

/* Lanes are adjacent messages, loaded in place; only an incomplete group is put together as rows. */
static hash_function hash_locate_planar(const hash_job *job, ptrdiff_t b, ptrdiff_t i, int count,
                                        int thread, hash_input *in) {
    const ptrdiff_t first = b * job->word_block + i;
    if (count == job->core->streams) {
        in->word = job->word;
        in->first = first;
        return job->core->planar;
    }
    for (int k = 0; k < count; k++)
        for (size_t j = 0; j < job->bytes / 8; j++)
            memcpy(hash_scratch(job, thread) + (size_t)k * job->pitch + 8 * j, job->word[j] + first + k, 8);
    return hash_use_scratch(job, count, thread, in);
}

/* Messages first .. last - 1. */
static ptrdiff_t hash_chunk(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    const hash_job *job = context;
    const int streams = job->core->streams;
    hash_input in;
    in.ahead = 0;
    while (first < last) {
        const ptrdiff_t b = first / job->per_block, i = first % job->per_block;
        const ptrdiff_t here = job->per_block - i < last - first ? job->per_block - i : last - first;
        uint8_t *out = job->out + b * job->out_block + i * job->out_row;
        for (ptrdiff_t done = 0; done < here; done += streams) {
            const int count = here - done < streams ? (int)(here - done) : streams;
            const hash_function hash = job->locate(job, b, i + done, count, thread, &in);
            if (count == streams) {
                /* Digests of adjacent messages are adjacent inside a block, whatever lies between blocks. */
                hash(&in, job->bytes, job->tag, out + done * HASH_BYTES);
            } else {
                uint8_t digests[HASH_STREAMS_MAX * HASH_BYTES];
                hash(&in, job->bytes, job->tag, digests);
                memcpy(out + done * HASH_BYTES, digests, (size_t)count * HASH_BYTES);
            }
        }
        first += here;
    }
    return -1;
}

/* ---- one message ---- */

static void hash_one(const hash_core *core, const uint8_t *data, size_t bytes, uint8_t *digest) {
    uint8_t digests[HASH_STREAMS_MAX * HASH_BYTES];
    hash_input in;
    in.ahead = 0;
    for (int k = 0; k < core->streams; k++) in.piece[0][k] = data;
    core->rows(&in, bytes, HASH_PLAIN, digests);
    memcpy(digest, digests, HASH_BYTES);
}

/* ---- proof of work ---- */

#define GRIND_PREFIX 40
#define GRIND_BYTES (GRIND_PREFIX + 8)

typedef struct {
    const hash_core *core;
    uint8_t prefix[GRIND_PREFIX];
    uint64_t start; /* nonce that item 0 stands for */
    uint64_t mask;  /* bits of the digest's first word that must be zero */
    ptrdiff_t best; /* smallest item found so far by any thread; only ever falls */
} grind_job;

/* Smallest item of first .. last - 1 that solves it, or -1. Items after `best` need no look: whoever
 * looks for the smallest has no use for them. */
static ptrdiff_t grind_chunk(void *context, ptrdiff_t first, ptrdiff_t last, int thread) {
    grind_job *job = context;
    (void)thread;
    const int streams = job->core->streams;
    uint8_t messages[HASH_STREAMS_MAX][GRIND_BYTES] __attribute__((aligned(64)));
    uint8_t digests[HASH_STREAMS_MAX * HASH_BYTES];
    hash_input in;
    in.ahead = 0;
    for (int k = 0; k < HASH_STREAMS_MAX; k++) {
        memcpy(messages[k], job->prefix, GRIND_PREFIX);
        in.piece[0][k] = messages[k];
    }
    for (; first < last; first += streams) {
        /* No order among threads is needed: a value that is too old only costs work that is not used,
         * and the result is read when the region has ended. */
        ptrdiff_t best = __atomic_load_n(&job->best, __ATOMIC_RELAXED);
        if (first > best) return -1;
        for (int k = 0; k < HASH_STREAMS_MAX; k++) {
            const uint64_t nonce = job->start + (uint64_t)first + (uint64_t)k;
            memcpy(messages[k] + GRIND_PREFIX, &nonce, 8);
        }
        job->core->rows(&in, GRIND_BYTES, HASH_PLAIN, digests);
        for (int k = 0; k < streams && first + k < last; k++) {
            uint64_t word;
            memcpy(&word, digests + HASH_BYTES * k, 8);
            if (word & job->mask) continue;
            const ptrdiff_t found = first + k;
            /* A failed exchange leaves in `best` what another thread has put there meanwhile; where that
             * is smaller, it stays. */
            while (found < best
                   && !__atomic_compare_exchange_n(&job->best, &best, found, 0, __ATOMIC_RELAXED,
                                                   __ATOMIC_RELAXED)) {
            }
            return found;
        }
    }
    return -1;
}

#endif
