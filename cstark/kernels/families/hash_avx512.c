/* The family hash for avx512. */
#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512)
#include "avx512/hash_lanes.h"
#define TABLE hash_avx512
#include "hash.h"
TARGET_END
#endif
