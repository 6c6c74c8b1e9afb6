/* The family openings for avx2. */
#include "isa.h"
#if CSTARK_HAVE_AVX2
TARGET_BEGIN(TARGET_AVX2)
#include "avx2/lanes.h"
#define TABLE openings_avx2
#include "openings.h"
TARGET_END
#endif
