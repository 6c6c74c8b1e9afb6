/* Large buffers from the system, and a pool of those that were given back. Included by _runtime alone.
 *
 * From 2 MiB on, memory comes straight from the system (malloc would keep odd pieces), in huge
 * pages where there are some: fewer TLB misses in strided passes. Touching a page for the first
 * time costs more than a transform of what is on it, so pages given back wait for a request of
 * any size: a part of a waiting piece, or, where none is large enough, pages of several that
 * move to new addresses. Used and waiting pages together never exceed the most that was ever
 * used at once. All of this runs under the interpreter's lock.
 */
#ifndef CSTARK_POOL_H
#define CSTARK_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CSTARK_HUGE = 2 << 20, CSTARK_PIECES = 256 };
static struct { char *start; size_t bytes; } cstark_piece[CSTARK_PIECES]; /* the oldest first */
static int cstark_pieces = 0;
static size_t cstark_waiting_bytes = 0, cstark_used_bytes = 0, cstark_most_bytes = 0;

static size_t cstark_rounded(size_t bytes) {
    return (bytes + CSTARK_HUGE - 1) & ~(size_t)(CSTARK_HUGE - 1);
}
/* Take pages from the start of a piece. */
static char *cstark_cut(int index, size_t bytes) {
    char *start = cstark_piece[index].start;
    cstark_waiting_bytes -= bytes;
    cstark_piece[index].start += bytes;
    if (!(cstark_piece[index].bytes -= bytes)) {
        cstark_pieces--;
        for (int i = index; i < cstark_pieces; i++) cstark_piece[i] = cstark_piece[i + 1];
    }
    return start;
}
/* The smallest piece of at least so many bytes, the newest of those; -1 if there is none. */
static int cstark_smallest(size_t least) {
    int best = -1;
    for (int i = cstark_pieces - 1; i >= 0; i--)
        if (cstark_piece[i].bytes >= least
            && (best < 0 || cstark_piece[i].bytes < cstark_piece[best].bytes))
            best = i;
    return best;
}
/* Give waiting pages back, the oldest pieces first, until at most `limit` bytes wait. */
static void cstark_trim(size_t limit) {
    while (cstark_waiting_bytes > limit) {
        const size_t over = cstark_waiting_bytes - limit;
        const size_t bytes = over < cstark_piece[0].bytes ? over : cstark_piece[0].bytes;
        munmap(cstark_cut(0, bytes), bytes);
    }
}
static char *cstark_map(size_t rounded) {
    const size_t mapped = rounded + CSTARK_HUGE;
    const int access = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANON;
    char *start = mmap(NULL, mapped, access, kind, -1, 0);
    if (start == MAP_FAILED) return NULL;
    const size_t before = -(uintptr_t)start & (CSTARK_HUGE - 1);
    if (before) munmap(start, before);
    if (CSTARK_HUGE - before) munmap(start + before + rounded, CSTARK_HUGE - before);
#ifdef MADV_HUGEPAGE
    madvise(start + before, rounded, MADV_HUGEPAGE);
#endif
    return start + before;
}
/* Have waiting pages take the place of new ones; the bytes moved, or -1 with the new block gone:
 * the system has no more room for pieces of mappings. Huge page by huge page, since a call must
 * not reach over the border of two mappings; neighbours from one mapping become one again. */
static ptrdiff_t cstark_gather(char *start, size_t rounded) {
#ifdef MREMAP_FIXED
    const int how = MREMAP_MAYMOVE | MREMAP_FIXED;
    size_t moved = 0;
    while (moved < rounded && cstark_pieces) {
        char *page = cstark_cut(cstark_smallest(CSTARK_HUGE), CSTARK_HUGE);
        if (mremap(page, CSTARK_HUGE, CSTARK_HUGE, how, start + moved) == MAP_FAILED) {
            munmap(page, CSTARK_HUGE);
            munmap(start, rounded);
            return -1;
        }
        moved += CSTARK_HUGE;
    }
    return (ptrdiff_t)moved;
#else
    return 0;
#endif
}
/* `fresh` is how many bytes at the end nobody has touched. */
static void *cstark_allocate(size_t bytes, size_t *fresh) {
    *fresh = 0;
    if (bytes < CSTARK_HUGE) {
        void *memory = NULL;
        return posix_memalign(&memory, 64, bytes ? bytes : 64) ? NULL : memory;
    }
    const size_t rounded = cstark_rounded(bytes);
    if (rounded < bytes || rounded + CSTARK_HUGE < rounded) return NULL;
    const int found = cstark_smallest(rounded);
    char *start = found < 0 ? NULL : cstark_cut(found, rounded);
    if (!start) {
        start = cstark_map(rounded);
        ptrdiff_t moved = start ? cstark_gather(start, rounded) : 0;
        if (moved < 0) {
            moved = 0;
            start = cstark_map(rounded);
        }
        const size_t used = cstark_used_bytes + rounded;
        cstark_trim(cstark_most_bytes > used ? cstark_most_bytes - used : 0);
        if (!start) return NULL;
        *fresh = (size_t)moved < bytes ? bytes - (size_t)moved : 0;
    }
    cstark_used_bytes += rounded;
    if (cstark_used_bytes > cstark_most_bytes) cstark_most_bytes = cstark_used_bytes;
    return start;
}
static void cstark_release(void *memory, size_t bytes) {
    if (bytes < CSTARK_HUGE) {
        free(memory);
        return;
    }
    char *start = memory;
    size_t rounded = cstark_rounded(bytes);
    cstark_used_bytes -= rounded;
    for (int i = cstark_pieces - 1; i >= 0; i--) { /* with its neighbours, if they wait */
        const size_t other = cstark_piece[i].bytes;
        if (cstark_piece[i].start + other == start) start = cstark_cut(i, other);
        else if (start + rounded == cstark_piece[i].start) cstark_cut(i, other);
        else continue;
        rounded += other;
    }
    if (cstark_pieces == CSTARK_PIECES) {
        const size_t oldest = cstark_piece[0].bytes;
        munmap(cstark_cut(0, oldest), oldest);
    }
    cstark_piece[cstark_pieces].start = start;
    cstark_piece[cstark_pieces++].bytes = rounded;
    cstark_waiting_bytes += rounded;
}
static void cstark_release_all(void) {
    cstark_trim(0);
    cstark_most_bytes = cstark_used_bytes;
}

#endif
