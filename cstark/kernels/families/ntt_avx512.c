/* The family ntt for avx512. */
#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512)
#include "avx512/lanes.h"
#define TABLE ntt_avx512
#include "ntt.h"
TARGET_END
#endif
