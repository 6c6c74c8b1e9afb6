/* The hashes, AVX-512 code on 256 bits: rotations and three-way logic are single instructions. */
#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512VL)
#include "avx2/hash_lanes.h"
#define TABLE hash_avx512vl
#include "hash.h"
TARGET_END
#endif
