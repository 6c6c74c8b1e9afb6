/* What the process and its Python threads keep about parallel regions. Included by _runtime alone. */
#ifndef CSTARK_REGIONS_H
#define CSTARK_REGIONS_H

/* Of the calling Python thread: its own number, 0 when it has none; whether OpenMP keeps idle
 * threads for it; whether those stayed behind in a fork, so that it must not call for them. */
static _Thread_local int cstark_own_threads = 0, cstark_has_pool = 0, cstark_stranded = 0;
static int cstark_regions = 0; /* now running in the process */
static int cstark_regions_add(int change) {
    return __atomic_add_fetch(&cstark_regions, change, __ATOMIC_RELAXED);
}

static long cstark_begun[2] = {0, 0}; /* so far: calls that stayed serial, parallel regions */
static void cstark_count_region(int parallel) {
    __atomic_add_fetch(&cstark_begun[parallel], 1, __ATOMIC_RELAXED);
}

#endif
