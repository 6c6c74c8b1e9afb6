/* The family field for avx512. */
#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512)
#include "avx512/lanes.h"
#define TABLE field_avx512
#include "field.h"
TARGET_END
#endif
