/* The family ntt for avx2. */
#include "isa.h"
#if CSTARK_HAVE_AVX2
TARGET_BEGIN(TARGET_AVX2)
#include "avx2/lanes.h"
#define TABLE ntt_avx2
#include "ntt.h"
TARGET_END
#endif
