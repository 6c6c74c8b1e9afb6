/* SHA-256 by SHA instructions; messages are read with AVX2 lanes. */
#include "isa.h"
#if CSTARK_HAVE_AVX2
TARGET_BEGIN(TARGET_SHA)
#include "avx2/hash_lanes.h"
#include "sha_ni.h"
TARGET_END
#endif
