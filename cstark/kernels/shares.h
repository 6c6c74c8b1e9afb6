/* Chunks shared out among the threads of a region. Included by _chunks alone.
 *
 * Each thread has a share of neighbouring chunks, the same one in every region of as many chunks: so it
 * finds in its own caches what it has written in the region before. It takes a few neighbours at a time,
 * and when its share is used up, some of the others'.
 */
#ifndef CSTARK_SHARES_H
#define CSTARK_SHARES_H

#include <stddef.h>

enum {
    CSTARK_LEAST_TURNS = 8,    /* in which a share is used up, so that none waits long for the last */
    CSTARK_MOST_TOGETHER = 16, /* chunks */
    CSTARK_MOST_SHARES = 128,  /* 16 KiB of a stack; with more threads, some have one in common */
};

/* In a pair of cache lines of its own, which processors fetch together. */
typedef struct { _Alignas(128) ptrdiff_t next; ptrdiff_t end; } cstark_share;

static void cstark_share_out(cstark_share *shares, ptrdiff_t count, int threads) {
    for (int t = 0; t < threads; t++) {
        shares[t].next = count / threads * t + count % threads * t / threads;
        shares[t].end = count / threads * (t + 1) + count % threads * (t + 1) / threads;
    }
}

static ptrdiff_t cstark_together(ptrdiff_t count, int threads) {
    const ptrdiff_t most = count / threads / CSTARK_LEAST_TURNS;
    return most < 1 ? 1 : most > CSTARK_MOST_TOGETHER ? CSTARK_MOST_TOGETHER : most;
}

/* The next chunks for the thread of a share, *first to *last - 1; 0 when there are no more. */
static int cstark_take(cstark_share *shares, int threads, int mine, ptrdiff_t together, ptrdiff_t *first,
                       ptrdiff_t *last) {
    for (int k = 0; k < threads; k++) {
        cstark_share *share = &shares[(mine + k) % threads];
        if (__atomic_load_n(&share->next, __ATOMIC_RELAXED) >= share->end) continue;
        const ptrdiff_t next = __atomic_fetch_add(&share->next, together, __ATOMIC_RELAXED);
        if (next >= share->end) continue;
        *first = next;
        *last = share->end - next < together ? share->end : next + together;
        return 1;
    }
    return 0;
}

#endif
