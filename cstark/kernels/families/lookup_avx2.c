/* The family lookup for avx2. */
#include "isa.h"
#if CSTARK_HAVE_AVX2
TARGET_BEGIN(TARGET_AVX2)
#include "avx2/lanes.h"
#define TABLE lookup_avx2
#include "lookup.h"
TARGET_END
#endif
