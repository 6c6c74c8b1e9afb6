/* The family fri for avx512. */
#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512)
#include "avx512/lanes.h"
#define TABLE fri_avx512
#include "fri.h"
TARGET_END
#endif
