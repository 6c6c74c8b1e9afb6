/* Message lanes of 512 bits: eight 64-bit or sixteen 32-bit words; vocabulary in hash_lane_names.h. */
#define STREAMS64 8
#define STREAMS32 16

typedef uint64_t lanes64 __attribute__((vector_size(64)));
typedef uint32_t lanes32 __attribute__((vector_size(64)));

#define LOGIC_XOR3 0x96 /* truth tables over (a, b, c) */
#define LOGIC_CHI 0xD2
#define LOGIC_CHOOSE 0xCA
#define LOGIC_MAJORITY 0xE8

/* ---- 64-bit words ---- */

INLINE lanes64 l64_set1(uint64_t a) { return (lanes64)_mm512_set1_epi64((long long)a); }
INLINE lanes64 l64_rotate(lanes64 a, int n) { return n ? (a << n) | (a >> (64 - n)) : a; }
INLINE lanes64 l64_xor3(lanes64 a, lanes64 b, lanes64 c) {
    return (lanes64)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, LOGIC_XOR3);
}
INLINE lanes64 l64_chi(lanes64 a, lanes64 b, lanes64 c) {
    return (lanes64)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, LOGIC_CHI);
}
INLINE lanes64 l64_load(const uint64_t *p) { return (lanes64)_mm512_loadu_si512(p); }
INLINE lanes64 l64_gather(const uint8_t *const *at, size_t offset) {
    uint64_t a[8];
    for (int k = 0; k < 8; k++) memcpy(a + k, at[k] + offset, 8);
    return (lanes64){a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]};
}
/* 32 bytes at p and at q */
INLINE __m512i l64_both(const uint8_t *p, const uint8_t *q) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)p)),
                              _mm256_loadu_si256((const __m256i *)q), 1);
}
INLINE void l64_gather4(const uint8_t *const *at, size_t offset, lanes64 *w) {
    const __m512i first = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
    const __m512i second = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    __m512i pair[4]; /* messages k and k + 4 */
    for (int k = 0; k < 4; k++) pair[k] = l64_both(at[k] + offset, at[k + 4] + offset);
    const __m512i even01 = _mm512_unpacklo_epi64(pair[0], pair[1]), odd01 = _mm512_unpackhi_epi64(pair[0], pair[1]);
    const __m512i even23 = _mm512_unpacklo_epi64(pair[2], pair[3]), odd23 = _mm512_unpackhi_epi64(pair[2], pair[3]);
    w[0] = (lanes64)_mm512_permutex2var_epi64(even01, first, even23);
    w[1] = (lanes64)_mm512_permutex2var_epi64(odd01, first, odd23);
    w[2] = (lanes64)_mm512_permutex2var_epi64(even01, second, even23);
    w[3] = (lanes64)_mm512_permutex2var_epi64(odd01, second, odd23);
}
INLINE void l64_scatter4(const lanes64 *w, uint8_t *out) {
    const __m512i first = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
    const __m512i second = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    const __m512i even = _mm512_unpacklo_epi64((__m512i)w[0], (__m512i)w[1]);
    const __m512i odd = _mm512_unpackhi_epi64((__m512i)w[0], (__m512i)w[1]);
    const __m512i even2 = _mm512_unpacklo_epi64((__m512i)w[2], (__m512i)w[3]);
    const __m512i odd2 = _mm512_unpackhi_epi64((__m512i)w[2], (__m512i)w[3]);
    const __m512i row[4] = {
        _mm512_permutex2var_epi64(even, first, even2), _mm512_permutex2var_epi64(odd, first, odd2),
        _mm512_permutex2var_epi64(even, second, even2), _mm512_permutex2var_epi64(odd, second, odd2)};
    for (int k = 0; k < 4; k++) {
        _mm256_storeu_si256((__m256i *)(out + 32 * k), _mm512_castsi512_si256(row[k]));
        _mm256_storeu_si256((__m256i *)(out + 32 * (k + 4)), _mm512_extracti64x4_epi64(row[k], 1));
    }
}

/* ---- 32-bit words ---- */

INLINE lanes32 l32_set1(uint32_t a) { return (lanes32)_mm512_set1_epi32((int)a); }
INLINE lanes32 l32_rotate(lanes32 a, int n) { return (a >> n) | (a << (32 - n)); }
INLINE lanes32 l32_choose(lanes32 a, lanes32 b, lanes32 c) {
    return (lanes32)_mm512_ternarylogic_epi32((__m512i)a, (__m512i)b, (__m512i)c, LOGIC_CHOOSE);
}
INLINE lanes32 l32_majority(lanes32 a, lanes32 b, lanes32 c) {
    return (lanes32)_mm512_ternarylogic_epi32((__m512i)a, (__m512i)b, (__m512i)c, LOGIC_MAJORITY);
}
INLINE lanes32 l32_swap(lanes32 a) {
    return (lanes32)_mm512_shuffle_epi8(
        (__m512i)a, _mm512_broadcast_i32x4(_mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
}
INLINE void l32_load_word(const uint64_t *p, lanes32 *w) {
    const __m512i a = _mm512_loadu_si512(p), b = _mm512_loadu_si512(p + 8);
    w[0] = (lanes32)_mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(a)), _mm512_cvtepi64_epi32(b), 1);
    w[1] = (lanes32)_mm512_inserti64x4(
        _mm512_castsi256_si512(_mm512_cvtepi64_epi32(_mm512_srli_epi64(a, 32))),
        _mm512_cvtepi64_epi32(_mm512_srli_epi64(b, 32)), 1);
}
/* row[k]: eight words of messages k, k + 4 (k < 4), of k + 4, k + 8 (k >= 4); word j to w[j]. */
INLINE void l32_transpose(const __m512i *row, lanes32 *w) {
    __m512i pair[8], quad[8];
    for (int k = 0; k < 8; k += 2) {
        pair[k] = _mm512_unpacklo_epi32(row[k], row[k + 1]);
        pair[k + 1] = _mm512_unpackhi_epi32(row[k], row[k + 1]);
    }
    for (int k = 0; k < 8; k += 4)
        for (int h = 0; h < 2; h++) {
            quad[k + 2 * h] = _mm512_unpacklo_epi64(pair[k + h], pair[k + h + 2]);
            quad[k + 2 * h + 1] = _mm512_unpackhi_epi64(pair[k + h], pair[k + h + 2]);
        }
    for (int j = 0; j < 4; j++) {
        w[j] = (lanes32)_mm512_shuffle_i64x2(quad[j], quad[j + 4], 0x88);
        w[j + 4] = (lanes32)_mm512_shuffle_i64x2(quad[j], quad[j + 4], 0xDD);
    }
}
INLINE void l32_gather8(const uint8_t *const *at, size_t offset, lanes32 *w) {
    __m512i row[8];
    for (int k = 0; k < 4; k++) {
        row[k] = l64_both(at[k] + offset, at[k + 4] + offset);
        row[k + 4] = l64_both(at[k + 8] + offset, at[k + 12] + offset);
    }
    l32_transpose(row, w);
}
INLINE void l32_gather_some(const uint8_t *const *at, size_t offset, size_t bytes, lanes32 *w) {
    const __mmask32 some = (__mmask32)(((uint64_t)1 << bytes) - 1);
    __m512i row[8];
    for (int k = 0; k < 8; k++) {
        const int i = k < 4 ? k : k + 4;
        row[k] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_maskz_loadu_epi8(some, at[i] + offset)),
                                    _mm256_maskz_loadu_epi8(some, at[i + 4] + offset), 1);
    }
    l32_transpose(row, w);
}
/* The inverse of the transposition: words 0-3 and 4-7 of four messages in a 4 x 4 of each lane. */
INLINE void l32_scatter8(const lanes32 *w, uint8_t *out) {
    __m512i half[2][4];
    for (int h = 0; h < 2; h++) {
        const __m512i a = (__m512i)w[4 * h], b = (__m512i)w[4 * h + 1];
        const __m512i c = (__m512i)w[4 * h + 2], d = (__m512i)w[4 * h + 3];
        const __m512i ab = _mm512_unpacklo_epi32(a, b), AB = _mm512_unpackhi_epi32(a, b);
        const __m512i cd = _mm512_unpacklo_epi32(c, d), CD = _mm512_unpackhi_epi32(c, d);
        half[h][0] = _mm512_unpacklo_epi64(ab, cd), half[h][1] = _mm512_unpackhi_epi64(ab, cd);
        half[h][2] = _mm512_unpacklo_epi64(AB, CD), half[h][3] = _mm512_unpackhi_epi64(AB, CD);
    }
    /* half[h][i], lane q: words 4h..4h+3 of message 4 q + i */
    for (int i = 0; i < 4; i++) {
        const __m512i first = _mm512_permutex2var_epi64(half[0][i], _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), half[1][i]);
        const __m512i last = _mm512_permutex2var_epi64(half[0][i], _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4), half[1][i]);
        _mm256_storeu_si256((__m256i *)(out + 32 * i), _mm512_castsi512_si256(first));
        _mm256_storeu_si256((__m256i *)(out + 32 * (i + 4)), _mm512_extracti64x4_epi64(first, 1));
        _mm256_storeu_si256((__m256i *)(out + 32 * (i + 8)), _mm512_castsi512_si256(last));
        _mm256_storeu_si256((__m256i *)(out + 32 * (i + 12)), _mm512_extracti64x4_epi64(last, 1));
    }
}
