/* The family matmul for avx2. */
#include "isa.h"
#if CSTARK_HAVE_AVX2
TARGET_BEGIN(TARGET_AVX2)
#include "avx2/lanes.h"
#define TABLE matmul_avx2
#include "matmul.h"
TARGET_END
#endif
