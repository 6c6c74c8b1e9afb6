/* The instruction sets, in one list, and how a family's code is compiled for each of them.
 *
 * A family (families/field.h, ...) is written against the vocabulary of lane_names.h and compiled once
 * for every set, each time in a translation unit of its own: families/field_portable.c,
 * families/field_avx2.c, ... Such a unit opens the target, includes the lanes of the set and then the
 * family, whose last line is its table of functions, TABLE, under the unit's name for it: field_avx2.
 *
 * The module that calls the family says ISA_TABLES(field), which makes of all of them the array
 * isa_tables, indexed by _runtime.isa_index().
 *
 * To add a set: a line in EACH_ISA, a target and a test of the processor in targets.h, a folder of
 * lanes here, and a unit for each family. A family without code for a set says so in its ..._types.h:
 * #define field_avx512vl field_avx2.
 */
#ifndef CSTARK_ISA_H
#define CSTARK_ISA_H

#include "goldilocks.h"
#include "targets.h"

/* Work on the items first..last-1 with the scratch of `thread`; -1, or the index of the first bad item.
 * The same type as chunk_function of _chunks.pxd, which calls them. */
typedef ptrdiff_t (*kernel_function)(void *context, ptrdiff_t first, ptrdiff_t last, int thread);

/* X(set, family) for every set of this build, slowest first. */
#if CSTARK_HAVE_AVX512
#define EACH_ISA(X, family) X(portable, family) X(avx2, family) X(avx512vl, family) X(avx512, family)
#elif CSTARK_HAVE_AVX2
#define EACH_ISA(X, family) X(portable, family) X(avx2, family)
#else
#define EACH_ISA(X, family) X(portable, family)
#endif

/* Two steps, so that names which stand for another set's table are replaced before they are joined to. */
#define ISA_TABLE_(set, family) family##_##set
#define ISA_DECLARE_(set, family) extern const family##_table ISA_TABLE_(set, family);
#define ISA_POINT_(set, family) &ISA_TABLE_(set, family),
#define ISA_TABLES(family)          \
    EACH_ISA(ISA_DECLARE_, family) \
    static const family##_table *const isa_tables[] = {EACH_ISA(ISA_POINT_, family)}

#define ISA_NAME_(set, family) #set,
#define ISA_TEST_(set, family) cpu_runs_##set,
static const char *const isa_names[] = {EACH_ISA(ISA_NAME_, none)};
static int (*const isa_tests[])(void) = {EACH_ISA(ISA_TEST_, none)};
enum { ISA_COUNT = sizeof isa_names / sizeof isa_names[0] };

#endif
