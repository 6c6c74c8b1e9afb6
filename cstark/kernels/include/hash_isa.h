/* The hash cores, compiled for every instruction set, and the choice among them.
 *
 * Besides portable and AVX2 there is the AVX2 source compiled once more for processors with
 * AVX-512VL, and SHA-256 by SHA instructions: extensions that only some AVX2 processors have, taken
 * when the processor has them. All give the same digests.
 */
#ifndef CSTARK_HASH_ISA_H
#define CSTARK_HASH_ISA_H

#include "hash_core.h"
#include "targets.h"
#if CSTARK_HAVE_AVX2
#include <cpuid.h>
#include <immintrin.h>
#endif

#define HASH_JOIN_(a, b) a##b
#define HASH_JOIN(a, b) HASH_JOIN_(a, b)
#define FN(name) HASH_JOIN(ISA, name)

/* name_hash(layout, ...) specialised for each layout, and the core made of the three. */
#define HASH_CORE_(hash, core, rows_, pieces_, planar_, count) \
    static void rows_(const hash_input *in, size_t bytes, int tag, uint8_t *out) { \
        hash(HASH_ROWS, in, bytes, tag, out); \
    } \
    static void pieces_(const hash_input *in, size_t bytes, int tag, uint8_t *out) { \
        hash(HASH_PIECES, in, bytes, tag, out); \
    } \
    static void planar_(const hash_input *in, size_t bytes, int tag, uint8_t *out) { \
        hash(HASH_PLANAR, in, bytes, tag, out); \
    } \
    static const hash_core core = {count, rows_, pieces_, planar_};
#define HASH_CORE(name, count) \
    HASH_CORE_(name##_hash, name##_core, FN(name##_rows), FN(name##_pieces), FN(name##_planar), count)

#include "hash_names.h"

#define ISA portable_
#include "../portable/hash_lanes.h"
#include "hash_blocks.h"
#include "keccak.h"
#include "blake3.h"
#include "sha256.h"
#undef ISA

#if CSTARK_HAVE_AVX2
TARGET_BEGIN("avx2,bmi,bmi2,sha")
#define ISA avx2_
#include "../avx2/hash_lanes.h"
#include "hash_blocks.h"
#include "keccak.h"
#include "blake3.h"
#include "sha256.h"
#include "../avx2/sha_ni.h"
#undef ISA
TARGET_END

#if defined(__clang__)
TARGET_BEGIN("avx2,bmi,bmi2,avx512f,avx512vl")
#else
TARGET_BEGIN("avx2,bmi,bmi2,avx512f,avx512vl,prefer-vector-width=256")
#endif
#define ISA avx512vl_
#include "../avx2/hash_lanes.h"
#include "hash_blocks.h"
#include "keccak.h"
#include "blake3.h"
#include "sha256.h"
#undef ISA
TARGET_END
#endif

enum { HASH_HAS_SHA = 1, HASH_HAS_AVX512VL = 2 };

/* Which extensions this processor (and its operating system) has. */
static int hash_extensions(void) {
    int found = 0;
#if CSTARK_HAVE_AVX2
    unsigned a, b, c, d;
    __builtin_cpu_init();
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1)) found |= HASH_HAS_SHA;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        found |= HASH_HAS_AVX512VL;
#endif
    return found;
}

/* isa: _runtime.isa_index(); extensions: those that may be used. */
static const hash_core *hash_core_for(int algorithm, int isa, int extensions) {
    static const hash_core *const portable[] = {&portable_keccak_core, &portable_blake3_core,
                                                &portable_sha256_core};
#if CSTARK_HAVE_AVX2
    static const hash_core *const avx2[] = {&avx2_keccak_core, &avx2_blake3_core, &avx2_sha256_core};
    static const hash_core *const avx512vl[] = {&avx512vl_keccak_core, &avx512vl_blake3_core,
                                                &avx512vl_sha256_core};
    if (isa > 0 && algorithm == HASH_SHA256 && (extensions & HASH_HAS_SHA)) return &sha_ni_core;
    if (isa > 0) return (extensions & HASH_HAS_AVX512VL ? avx512vl : avx2)[algorithm];
#endif
    (void)isa, (void)extensions;
    return portable[algorithm];
}

#include "hash.h"
#endif
