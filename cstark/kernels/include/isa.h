/* One kernel family, compiled for every instruction set.
 *
 *     #define CSTARK_FAMILY "ntt.h"
 *     #include "isa.h"
 *
 * includes the family once per instruction set, each time after the lanes of that set, and with
 * FN(name) giving its functions distinct names: portable_name, avx2_name. The family ends with
 * its table of functions, FN(table); ISA_TABLES(type) collects the tables in the order of
 * _runtime.isa_index().
 */
#ifndef CSTARK_ISA_H
#define CSTARK_ISA_H

#include "goldilocks.h"
#include "targets.h"
#if CSTARK_HAVE_AVX2
#include <immintrin.h>
#endif

#define ISA_JOIN_(a, b) a##b
#define ISA_JOIN(a, b) ISA_JOIN_(a, b)
#define FN(name) ISA_JOIN(ISA, name)

#include "lane_names.h"

#if CSTARK_HAVE_AVX2
#define ISA_TABLES(type) static const type *const isa_tables[] = {&portable_table, &avx2_table}
#else
#define ISA_TABLES(type) static const type *const isa_tables[] = {&portable_table}
#endif

#define ISA portable_
#include "../portable/lanes.h"
#include "lane_ext.h"
#include CSTARK_FAMILY
#undef ISA

#if CSTARK_HAVE_AVX2
TARGET_BEGIN("avx2,bmi,bmi2")
#define ISA avx2_
#include "../avx2/lanes.h"
#include "lane_ext.h"
#include CSTARK_FAMILY
#undef ISA
TARGET_END
#endif

#endif
