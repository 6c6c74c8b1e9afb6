/* The family openings for avx512. */
#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512)
#include "avx512/lanes.h"
#define TABLE openings_avx512
#include "openings.h"
TARGET_END
#endif
