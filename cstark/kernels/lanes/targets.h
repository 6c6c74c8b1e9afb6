/* Code for processors newer than the oldest, in an otherwise portable build.
 *
 *     TARGET_BEGIN(TARGET_AVX2)
 *     ... functions compiled for these extensions ...
 *     TARGET_END
 *
 * CSTARK_HAVE_AVX2, CSTARK_HAVE_AVX512: whether the compiler can do so. The only place that asks the
 * compiler, and the only place that asks the processor.
 */
#ifndef CSTARK_TARGETS_H
#define CSTARK_TARGETS_H

#define TARGET_PRAGMA(text) _Pragma(#text)

#if defined(__x86_64__) && defined(__clang__)
#define CSTARK_HAVE_AVX2 1
#define TARGET_BEGIN(extensions) \
    TARGET_PRAGMA(clang attribute push(__attribute__((target(extensions))), apply_to = function))
#define TARGET_END TARGET_PRAGMA(clang attribute pop)
#elif defined(__x86_64__) && defined(__GNUC__)
#define CSTARK_HAVE_AVX2 1
#define TARGET_BEGIN(extensions) TARGET_PRAGMA(GCC push_options) TARGET_PRAGMA(GCC target(extensions))
#define TARGET_END TARGET_PRAGMA(GCC pop_options)
#else
#define CSTARK_HAVE_AVX2 0
#endif

/* setup.py defines CSTARK_WITHOUT_AVX512 where a compiler for x86-64 cannot do so. */
#if CSTARK_HAVE_AVX2 && !defined(CSTARK_WITHOUT_AVX512)
#define CSTARK_HAVE_AVX512 1
#else
#define CSTARK_HAVE_AVX512 0
#endif

#if CSTARK_HAVE_AVX2
#include <cpuid.h>
#include <immintrin.h>
#endif

#define TARGET_AVX2 "avx2,bmi,bmi2"
#define TARGET_SHA "avx2,bmi,bmi2,sha"
/* AVX-512 instructions on vectors of 256 bits: gcc must be told not to widen what it makes itself. */
#if defined(__clang__)
#define TARGET_AVX512VL "avx2,bmi,bmi2,avx512f,avx512vl"
#define TARGET_AVX512 "avx2,bmi,bmi2,avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,avx512vbmi"
#else
#define TARGET_AVX512VL "avx2,bmi,bmi2,avx512f,avx512vl,prefer-vector-width=256"
#define TARGET_AVX512 \
    "avx2,bmi,bmi2,avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,avx512vbmi,prefer-vector-width=512"
#endif

/* Whether this processor, and its operating system, can run the code of an instruction set. */
static int cpu_runs_portable(void) { return 1; }

#if CSTARK_HAVE_AVX2
static int cpu_runs_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}
#endif
#if CSTARK_HAVE_AVX512
static int cpu_runs_avx512vl(void) {
    return cpu_runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}
static int cpu_runs_avx512(void) {
    return cpu_runs_avx512vl() && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi");
}
#endif

/* SHA instructions are no step of that ladder: some processors of every rung have them. */
static int cpu_has_sha(void) {
#if CSTARK_HAVE_AVX2
    unsigned a, b, c, d;
    return cpu_runs_avx2() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
#else
    return 0;
#endif
}

#endif
