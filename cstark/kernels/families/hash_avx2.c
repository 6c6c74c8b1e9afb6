/* The hashes, AVX2 code. */
#include "isa.h"
#if CSTARK_HAVE_AVX2
TARGET_BEGIN(TARGET_AVX2)
#include "avx2/hash_lanes.h"
#define TABLE hash_avx2
#include "hash.h"
TARGET_END
#endif
