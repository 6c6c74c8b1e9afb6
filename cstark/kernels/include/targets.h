/* Code for processors newer than the oldest, in an otherwise portable build.
 *
 *     TARGET_BEGIN("avx2,bmi,bmi2")
 *     ... functions compiled for these extensions ...
 *     TARGET_END
 *
 * CSTARK_HAVE_AVX2: whether the compiler can do so for x86-64. The only place that asks.
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

#if CSTARK_HAVE_AVX2
static int cstark_cpu_has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}
#else
static int cstark_cpu_has_avx2(void) { return 0; }
#endif

#endif
