/* Message lanes of 256 bits: four 64-bit or eight 32-bit words; vocabulary in hash_lane_names.h.
 *
 * Compiled twice: for plain AVX2, and for processors that also have AVX-512VL, whose rotations and
 * three-operand logic act on the same 256-bit vectors.
 */
#define STREAMS64 4
#define STREAMS32 8

typedef uint64_t lanes64 __attribute__((vector_size(32)));
typedef uint32_t lanes32 __attribute__((vector_size(32)));

#ifndef CSTARK_HASH_BYTE_ORDERS
#define CSTARK_HASH_BYTE_ORDERS
/* Byte orders of vpshufb, the same in both halves. They are memory operands on purpose: held in
 * registers they push the state out to the stack. */
#define BOTH_HALVES(...) {__VA_ARGS__, __VA_ARGS__}
static const uint8_t order_left_8[32] __attribute__((aligned(32))) =
    BOTH_HALVES(7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10, 11, 12, 13, 14);
static const uint8_t order_left_56[32] __attribute__((aligned(32))) =
    BOTH_HALVES(1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8);
static const uint8_t order_right_16[32] __attribute__((aligned(32))) =
    BOTH_HALVES(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
static const uint8_t order_right_8[32] __attribute__((aligned(32))) =
    BOTH_HALVES(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
static const uint8_t order_swap[32] __attribute__((aligned(32))) =
    BOTH_HALVES(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
#undef BOTH_HALVES
#endif

INLINE __m256i l32_shuffle(__m256i a, const uint8_t *order) {
    __m256i r;
    __asm__("vpshufb %2, %1, %0" : "=x"(r) : "x"(a), "m"(*(const __m256i *)order));
    return r;
}

/* ---- 64-bit words ---- */

INLINE lanes64 l64_set1(uint64_t a) { return (lanes64){a, a, a, a}; }
INLINE lanes64 l64_rotate(lanes64 a, int n) {
    if (n == 0) return a;
#ifndef __AVX512VL__
    if (n == 8) return (lanes64)l32_shuffle((__m256i)a, order_left_8);
    if (n == 56) return (lanes64)l32_shuffle((__m256i)a, order_left_56);
#endif
    return (a << n) | (a >> (64 - n));
}
#ifdef __AVX512VL__
#define LOGIC_XOR3 0x96 /* truth tables over (a, b, c) */
#define LOGIC_CHI 0xD2
#define LOGIC_CHOOSE 0xCA
#define LOGIC_MAJORITY 0xE8
INLINE lanes64 l64_xor3(lanes64 a, lanes64 b, lanes64 c) {
    return (lanes64)_mm256_ternarylogic_epi64((__m256i)a, (__m256i)b, (__m256i)c, LOGIC_XOR3);
}
INLINE lanes64 l64_chi(lanes64 a, lanes64 b, lanes64 c) {
    return (lanes64)_mm256_ternarylogic_epi64((__m256i)a, (__m256i)b, (__m256i)c, LOGIC_CHI);
}
#else
INLINE lanes64 l64_xor3(lanes64 a, lanes64 b, lanes64 c) { return a ^ b ^ c; }
INLINE lanes64 l64_chi(lanes64 a, lanes64 b, lanes64 c) { return a ^ (~b & c); }
#endif

INLINE lanes64 l64_load(const uint64_t *p) {
    return (lanes64)_mm256_loadu_si256((const __m256i *)p);
}
INLINE lanes64 l64_gather(const uint8_t *const *at, size_t offset) {
    uint64_t a[4];
    for (int k = 0; k < 4; k++) memcpy(a + k, at[k] + offset, 8);
    return (lanes64){a[0], a[1], a[2], a[3]};
}
INLINE void l64_transpose(const __m256i *row, __m256i *w) {
    const __m256i low01 = _mm256_unpacklo_epi64(row[0], row[1]);
    const __m256i high01 = _mm256_unpackhi_epi64(row[0], row[1]);
    const __m256i low23 = _mm256_unpacklo_epi64(row[2], row[3]);
    const __m256i high23 = _mm256_unpackhi_epi64(row[2], row[3]);
    w[0] = _mm256_permute2x128_si256(low01, low23, 0x20);
    w[1] = _mm256_permute2x128_si256(high01, high23, 0x20);
    w[2] = _mm256_permute2x128_si256(low01, low23, 0x31);
    w[3] = _mm256_permute2x128_si256(high01, high23, 0x31);
}
INLINE void l64_gather4(const uint8_t *const *at, size_t offset, lanes64 *w) {
    const __m256i row[4] = {_mm256_loadu_si256((const __m256i *)(at[0] + offset)),
                            _mm256_loadu_si256((const __m256i *)(at[1] + offset)),
                            _mm256_loadu_si256((const __m256i *)(at[2] + offset)),
                            _mm256_loadu_si256((const __m256i *)(at[3] + offset))};
    l64_transpose(row, (__m256i *)w);
}
INLINE void l64_scatter4(const lanes64 *w, uint8_t *out) {
    __m256i row[4];
    l64_transpose((const __m256i *)w, row);
    for (int k = 0; k < 4; k++) _mm256_storeu_si256((__m256i *)(out + 32 * k), row[k]);
}

/* ---- 32-bit words ---- */

INLINE lanes32 l32_set1(uint32_t a) { return (lanes32)_mm256_set1_epi32((int)a); }
INLINE lanes32 l32_rotate(lanes32 a, int n) {
#ifndef __AVX512VL__
    if (n == 16) return (lanes32)l32_shuffle((__m256i)a, order_right_16);
    if (n == 8) return (lanes32)l32_shuffle((__m256i)a, order_right_8);
#endif
    return (a >> n) | (a << (32 - n));
}
#ifdef __AVX512VL__
INLINE lanes32 l32_choose(lanes32 a, lanes32 b, lanes32 c) {
    return (lanes32)_mm256_ternarylogic_epi32((__m256i)a, (__m256i)b, (__m256i)c, LOGIC_CHOOSE);
}
INLINE lanes32 l32_majority(lanes32 a, lanes32 b, lanes32 c) {
    return (lanes32)_mm256_ternarylogic_epi32((__m256i)a, (__m256i)b, (__m256i)c, LOGIC_MAJORITY);
}
#else
INLINE lanes32 l32_choose(lanes32 a, lanes32 b, lanes32 c) { return c ^ (a & (b ^ c)); }
INLINE lanes32 l32_majority(lanes32 a, lanes32 b, lanes32 c) { return (a & b) | (c & (a | b)); }
#endif
INLINE lanes32 l32_swap(lanes32 a) { return (lanes32)l32_shuffle((__m256i)a, order_swap); }

INLINE void l32_load_word(const uint64_t *p, lanes32 *w) {
    const __m256 a = _mm256_loadu_ps((const float *)p), b = _mm256_loadu_ps((const float *)(p + 4));
    /* low halves of messages 0 1 4 5 | 2 3 6 7, brought in order by the permutation */
    const __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    const __m256i high = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD));
    w[0] = (lanes32)_mm256_permute4x64_epi64(low, 0xD8);
    w[1] = (lanes32)_mm256_permute4x64_epi64(high, 0xD8);
}
INLINE void l32_transpose(const __m256i *row, __m256i *w) {
    __m256i pair[8], quad[8];
    for (int k = 0; k < 8; k += 2) { /* pair[k + h]: words 2h, 2h + 1 of each half, rows k, k + 1 */
        pair[k] = _mm256_unpacklo_epi32(row[k], row[k + 1]);
        pair[k + 1] = _mm256_unpackhi_epi32(row[k], row[k + 1]);
    }
    for (int k = 0; k < 8; k += 4) /* quad[k + j]: word j of each half, rows k to k + 3 */
        for (int h = 0; h < 2; h++) {
            quad[k + 2 * h] = _mm256_unpacklo_epi64(pair[k + h], pair[k + h + 2]);
            quad[k + 2 * h + 1] = _mm256_unpackhi_epi64(pair[k + h], pair[k + h + 2]);
        }
    for (int j = 0; j < 4; j++) {
        w[j] = _mm256_permute2x128_si256(quad[j], quad[j + 4], 0x20);
        w[j + 4] = _mm256_permute2x128_si256(quad[j], quad[j + 4], 0x31);
    }
}
INLINE void l32_gather8(const uint8_t *const *at, size_t offset, lanes32 *w) {
    __m256i row[8];
    for (int k = 0; k < 8; k++) row[k] = _mm256_loadu_si256((const __m256i *)(at[k] + offset));
    l32_transpose(row, (__m256i *)w);
}
INLINE __m256i l32_load_some(const uint8_t *p, size_t bytes) { /* bytes < 32, then zeros */
    uint8_t padded[32] = {0};
    if (bytes % 4 == 0)
        return _mm256_maskload_epi32(
            (const int *)p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(bytes / 4)),
                                               _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
    memcpy(padded, p, bytes);
    return _mm256_loadu_si256((const __m256i *)padded);
}
INLINE void l32_gather_some(const uint8_t *const *at, size_t offset, size_t bytes, lanes32 *w) {
    __m256i row[8];
    for (int k = 0; k < 8; k++) row[k] = l32_load_some(at[k] + offset, bytes);
    l32_transpose(row, (__m256i *)w);
}
INLINE void l32_scatter8(const lanes32 *w, uint8_t *out) {
    __m256i row[8];
    l32_transpose((const __m256i *)w, row);
    for (int k = 0; k < 8; k++) _mm256_storeu_si256((__m256i *)(out + 32 * k), row[k]);
}
