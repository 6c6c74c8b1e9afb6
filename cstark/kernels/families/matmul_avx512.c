/* The family matmul for avx512. */
#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512)
#include "avx512/lanes.h"
#define TABLE matmul_avx512
#include "matmul.h"
TARGET_END
#endif
