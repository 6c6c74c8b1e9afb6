/* AVX-512 lanes: a vector is eight elements. The vocabulary is described in lane_names.h.
 *
 * Two 512-bit units (ports 0 and 5), and only port 0 shifts, only port 5 shuffles and compares: high
 * halves are taken by whichever is free. Carries are masks. Sums of products use the 52-bit multiply-add
 * (IFMA), which adds for nothing: x = x0 + x1 2^52, whose low part needs no instruction.
 */
#define LANES 8

typedef __m512i vec;

#define VECTOR_LOW _mm512_set1_epi64(0xFFFFFFFFll)
#define VECTOR_P _mm512_set1_epi64((long long)GL_P)

INLINE vec v_load(const uint64_t *p) { return _mm512_loadu_si512(p); }
INLINE void v_store(uint64_t *p, vec a) { _mm512_storeu_si512(p, a); }
INLINE vec v_load_some(const uint64_t *p, int count) {
    return _mm512_maskz_loadu_epi64((__mmask8)((1u << count) - 1), p);
}
INLINE void v_store_some(uint64_t *p, int count, vec a) {
    _mm512_mask_storeu_epi64(p, (__mmask8)((1u << count) - 1), a);
}
INLINE void v_prefetch(const uint64_t *p) { __builtin_prefetch(p, 0, 2); }
INLINE vec v_set1(uint64_t a) { return _mm512_set1_epi64((long long)a); }

/* High halves in the low halves, what is above them undefined: port 5. */
INLINE vec v_high(vec a) { return _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(a))); }
/* >> 32 on port 0, or on port 5. */
#define SHIFTED_HIGH(a) _mm512_srli_epi64(a, 32)
#define SHUFFLED_HIGH(a) \
    _mm512_castps_si512(_mm512_maskz_movehdup_ps(0x5555, _mm512_castsi512_ps(a)))

/* Of twenty-four words, word 3 i + k stands at place (3 i + k) mod 8: all places differ, so that two
 * blends gather a coordinate and one permutation orders it. */
INLINE void v_load_3(const uint64_t *p, vec out[3]) {
    const vec x = v_load(p), y = v_load(p + 8), z = v_load(p + 16);
    const vec order = _mm512_set_epi64(5, 2, 7, 4, 1, 6, 3, 0), one = _mm512_set1_epi64(1);
    const vec order1 = _mm512_add_epi64(order, one), order2 = _mm512_add_epi64(order1, one);
    out[0] = _mm512_permutexvar_epi64(order, _mm512_mask_mov_epi64(_mm512_mask_mov_epi64(x, 0x92, y), 0x24, z));
    out[1] = _mm512_permutexvar_epi64(order1, _mm512_mask_mov_epi64(_mm512_mask_mov_epi64(x, 0x24, y), 0x49, z));
    out[2] = _mm512_permutexvar_epi64(order2, _mm512_mask_mov_epi64(_mm512_mask_mov_epi64(x, 0x49, y), 0x92, z));
}
INLINE void v_store_3(uint64_t *p, const vec in[3]) {
    const vec a = _mm512_permutexvar_epi64(_mm512_set_epi64(5, 2, 7, 4, 1, 6, 3, 0), in[0]);
    const vec b = _mm512_permutexvar_epi64(_mm512_set_epi64(2, 7, 4, 1, 6, 3, 0, 5), in[1]);
    const vec c = _mm512_permutexvar_epi64(_mm512_set_epi64(7, 4, 1, 6, 3, 0, 5, 2), in[2]);
    v_store(p, _mm512_mask_mov_epi64(_mm512_mask_mov_epi64(a, 0x92, b), 0x24, c));
    v_store(p + 8, _mm512_mask_mov_epi64(_mm512_mask_mov_epi64(b, 0x92, a), 0x49, c));
    v_store(p + 16, _mm512_mask_mov_epi64(_mm512_mask_mov_epi64(c, 0x24, a), 0x49, b));
}

INLINE vec v_canonical(vec a) {
    return _mm512_mask_sub_epi64(a, _mm512_cmpge_epu64_mask(a, VECTOR_P), a, VECTOR_P);
}
INLINE vec v_add_canonical(vec a, vec b) {
    const vec sum = _mm512_add_epi64(a, b);
    return _mm512_mask_add_epi64(sum, _mm512_cmplt_epu64_mask(sum, b), sum, VECTOR_LOW);
}
INLINE vec v_sub_canonical(vec a, vec b) {
    const vec difference = _mm512_sub_epi64(a, b);
    return _mm512_mask_sub_epi64(difference, _mm512_cmplt_epu64_mask(a, b), difference, VECTOR_LOW);
}
INLINE vec v_add(vec a, vec b) { return v_add_canonical(a, v_canonical(b)); }
INLINE vec v_sub(vec a, vec b) { return v_sub_canonical(a, v_canonical(b)); }

/* low + 2^64 high, high = h0 + B h1: low - h1 + (B - 1) h0. */
INLINE vec v_reduce(vec high, vec low) {
    const vec t = v_sub_canonical(low, SHIFTED_HIGH(high));
    const vec u = _mm512_mul_epu32(high, VECTOR_LOW);
    return v_add_canonical(t, u);
}
INLINE vec v_mul(vec a, vec b) {
    const vec ah = v_high(a), bh = v_high(b);
    const vec ll = _mm512_mul_epu32(a, b), lh = _mm512_mul_epu32(a, bh);
    const vec hl = _mm512_mul_epu32(ah, b), hh = _mm512_mul_epu32(ah, bh);
    const vec t0 = _mm512_add_epi64(hl, SHIFTED_HIGH(ll));
    const vec t1 = _mm512_add_epi64(lh, _mm512_and_si512(t0, VECTOR_LOW));
    const vec high = _mm512_add_epi64(_mm512_add_epi64(hh, SHIFTED_HIGH(t0)), SHIFTED_HIGH(t1));
    const vec low = _mm512_castps_si512(
        _mm512_mask_moveldup_ps(_mm512_castsi512_ps(ll), 0xAAAA, _mm512_castsi512_ps(t1)));
    return v_reduce(high, low);
}
INLINE vec v_square(vec a) {
    const vec ah = v_high(a);
    const vec ll = _mm512_mul_epu32(a, a), lh = _mm512_mul_epu32(a, ah), hh = _mm512_mul_epu32(ah, ah);
    const vec t = _mm512_add_epi64(lh, _mm512_srli_epi64(ll, 33)); /* 2 lh B = lh 2^33 */
    const vec low = _mm512_add_epi64(ll, _mm512_slli_epi64(lh, 33));
    return v_reduce(_mm512_add_epi64(hh, _mm512_srli_epi64(t, 31)), low);
}

/* ---- digits: two signed 64-bit lanes, value = lo + hi B ---- */

typedef struct {
    vec lo, hi;
} digits;
typedef gl_twiddle twiddle;

INLINE twiddle twiddle_set(uint64_t w) { return gl_twiddle_set(w); }
INLINE digits d_split(vec a) {
    digits d = {_mm512_and_si512(a, VECTOR_LOW), SHUFFLED_HIGH(a)};
    return d;
}
INLINE digits d_add(digits a, digits b) {
    digits d = {_mm512_add_epi64(a.lo, b.lo), _mm512_add_epi64(a.hi, b.hi)};
    return d;
}
INLINE digits d_sub(digits a, digits b) {
    digits d = {_mm512_sub_epi64(a.lo, b.lo), _mm512_sub_epi64(a.hi, b.hi)};
    return d;
}
INLINE digits d_shift(digits a, int k) {
    digits d = {_mm512_slli_epi64(a.lo, (unsigned)k), _mm512_slli_epi64(a.hi, (unsigned)k)};
    return d;
}
/* times B: (lo + hi B) B = -hi + (lo + hi) B. The negation stands last, where it melts into the
 * addition or subtraction that follows. */
INLINE digits d_shift_32(digits a, int k) {
    digits d = {_mm512_sub_epi64(_mm512_setzero_si512(), _mm512_slli_epi64(a.hi, (unsigned)k)),
                _mm512_slli_epi64(_mm512_add_epi64(a.lo, a.hi), (unsigned)k)};
    return d;
}
/* times B^2 = B - 1: (lo + hi B) B^2 = -(lo + hi) + lo B. */
INLINE digits d_shift_64(digits a, int k) {
    digits d = {_mm512_sub_epi64(_mm512_setzero_si512(), _mm512_slli_epi64(_mm512_add_epi64(a.lo, a.hi), (unsigned)k)),
                _mm512_slli_epi64(a.lo, (unsigned)k)};
    return d;
}
/* A word times 2^e, e = 96 s + 32 q + r: the word shifted by r has three 32-bit digits
 * z0 + z1 B + z2 B^2, which B^q moves around (B^2 = B - 1, B^3 = -1) and (-1)^s negates. z0 is a shift of
 * the low halves alone, z1 the bits 32 - r .. 63 - r, which a byte shuffle of bits (VBMI) takes out in
 * one instruction: six instead of eight, and fewer on the port that shifts. */
INLINE digits d_power_of_two(vec a, int e) {
    const int r = e % 32, q = e % 96 / 32;
    const long long at = 32 - r, control = at | (at + 8) << 8 | (at + 16) << 16 | (at + 24) << 24;
    const vec zero = _mm512_setzero_si512();
    const vec z0 = r ? _mm512_maskz_slli_epi32(0x5555, a, (unsigned)r) : _mm512_and_si512(a, VECTOR_LOW);
    const vec z1 = r ? _mm512_maskz_multishift_epi64_epi8(0x0F0F0F0F0F0F0F0Full, _mm512_set1_epi64(control), a)
                     : SHUFFLED_HIGH(a);
    const vec z2 = r ? _mm512_srli_epi64(a, (unsigned)(64 - r)) : zero;
    const vec z01 = _mm512_add_epi64(z0, z1), z12 = _mm512_add_epi64(z1, z2);
    const vec z02 = _mm512_sub_epi64(z0, z2);
    digits d = {q == 0 ? z02 : _mm512_sub_epi64(zero, q == 1 ? z12 : z01),
                q == 0 ? z12 : q == 1 ? z01 : z02};
    if (e >= 96) d.lo = _mm512_sub_epi64(zero, d.lo), d.hi = _mm512_sub_epi64(zero, d.hi);
    return d;
}
/* K0 + K1 B = 0 mod p, with both large enough to make any sum of butterflies non-negative. */
INLINE digits d_bias(digits a) {
    digits d = {_mm512_add_epi64(a.lo, _mm512_set1_epi64((1ll << 61) + (1ll << 28))),
                _mm512_add_epi64(a.hi, _mm512_set1_epi64((1ll << 60) - 3 * (1ll << 28)))};
    return d;
}
/* 0 <= lo, hi < 2^62. hi = h0 + h1 B with its halves swapped is h1 + h0 B: value = lo + (B - 1) h1 + h0 B =
 * (lo + (B - 2) h1) + swapped = g + swapped; after a carry the sum is below g < 2^63, and adding EPSILON
 * carries nothing. */
INLINE vec d_merge(digits a) {
    const vec swapped = _mm512_shuffle_epi32(a.hi, 0xB1);
    const vec g = _mm512_add_epi64(a.lo, _mm512_mul_epu32(swapped, v_set1(0xFFFFFFFE)));
    const vec sum = _mm512_add_epi64(swapped, g);
    return _mm512_mask_add_epi64(sum, _mm512_cmplt_epu64_mask(sum, g), sum, VECTOR_LOW);
}
INLINE vec d_value(digits a) { return d_merge(d_bias(a)); }

/* w B = -w_high + (w_low + w_high) B */
INLINE vec v_times_b(vec a) {
    const vec high = _mm512_srli_epi64(a, 32);
    const digits shifted = {_mm512_sub_epi64(_mm512_setzero_si512(), high),
                            _mm512_add_epi64(_mm512_and_si512(a, VECTOR_LOW), high)};
    return d_value(shifted);
}
/* Four columns of eight words as eight rows of four: rows i and i + 4 in one vector. */
INLINE void v_rows_of_four(const vec column[4], vec row[4]) {
    const vec even = _mm512_unpacklo_epi64(column[0], column[1]), odd = _mm512_unpackhi_epi64(column[0], column[1]);
    const vec even2 = _mm512_unpacklo_epi64(column[2], column[3]), odd2 = _mm512_unpackhi_epi64(column[2], column[3]);
    /* even: rows 0 2 4 6, pairs of words; row 0 and 4: lanes 0, 2 of even and of even2 */
    const vec a = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), b = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    row[0] = _mm512_permutex2var_epi64(even, a, even2), row[1] = _mm512_permutex2var_epi64(odd, a, odd2);
    row[2] = _mm512_permutex2var_epi64(even, b, even2), row[3] = _mm512_permutex2var_epi64(odd, b, odd2);
}
INLINE void twiddle_store(twiddle *out, vec a) {
    const vec ab = v_times_b(a), column[4] = {a, _mm512_srli_epi64(a, 52), ab, _mm512_srli_epi64(ab, 52)};
    vec row[4];
    v_rows_of_four(column, row);
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_si256((__m256i *)&out[i], _mm512_castsi512_si256(row[i]));
        _mm256_storeu_si256((__m256i *)&out[i + 4], _mm512_extracti64x4_epi64(row[i], 1));
    }
}

/* ---- wide values: low + middle 2^52 in a pair of vectors, which is what 52-bit multiply-adds leave ----
 *
 * x = xl + xh B times w is xl w + xh (w B): 32-bit halves times 52 and 12 bits, six multiply-adds whose
 * additions cost nothing. low < 2^53 and middle < 2^46, so eight of them add up. A shift needs digits, and
 * their making is put off until then: half of a butterfly's sums are never shifted, and need not cut `low`.
 *
 * The bias of a wide value is WIDE_BIAS_LOW + WIDE_BIAS_MIDDLE 2^52 = -2^28 2^64 mod p. The missing 2^28 2^64
 * = 2^60 B joins when the value becomes digits, in the high half of a word that a masked shift leaves free:
 * no instruction is spent on it. Then lo is near 2^61 and hi near 2^60, as after d_bias. */

#define LOW_52 0xFFFFFFFFFFFFFull
#define WIDE_BIAS_LOW _mm512_set1_epi64(0x200FFFFF10000001ll)
#define WIDE_BIAS_MIDDLE _mm512_set1_epi64(3327)
#define WIDE_BIAS_HIGH _mm512_set1_epi64(1ll << 60)

INLINE digits w_product(vec x, const twiddle *t, vec low, vec middle) {
    const vec xl = _mm512_and_si512(x, VECTOR_LOW), xh = SHUFFLED_HIGH(x);
    const vec w = v_set1(t->w), wb = v_set1(t->wb);
    low = _mm512_madd52lo_epu64(low, xl, w);
    middle = _mm512_madd52hi_epu64(middle, xl, w);
    low = _mm512_madd52lo_epu64(low, xh, wb);
    middle = _mm512_madd52hi_epu64(middle, xh, wb);
    middle = _mm512_madd52lo_epu64(middle, xl, v_set1(t->w_top));
    middle = _mm512_madd52lo_epu64(middle, xh, v_set1(t->wb_top));
    digits r = {low, middle};
    return r;
}
INLINE digits w_mul(vec a, const twiddle *t) {
    return w_product(a, t, _mm512_setzero_si512(), _mm512_setzero_si512());
}
INLINE digits w_mul_biased(vec a, const twiddle *t) {
    return w_product(a, t, WIDE_BIAS_LOW, WIDE_BIAS_MIDDLE);
}
INLINE digits w_split(vec a) {
    digits r = {_mm512_and_si512(a, v_set1(LOW_52)), _mm512_srli_epi64(a, 52)};
    return r;
}
INLINE digits w_bias(digits a) {
    digits r = {_mm512_add_epi64(a.lo, WIDE_BIAS_LOW), _mm512_add_epi64(a.hi, WIDE_BIAS_MIDDLE)};
    return r;
}
INLINE digits w_split_biased(vec a) { return w_bias(w_split(a)); }
INLINE digits w_twice(digits a) { return d_add(a, a); }
/* middle = h 2^12 + l with a signed h, and 2^64 = B - 1: low - h + (l 2^20 + h) B. */
INLINE digits w_biased_digits(digits a) {
    const vec h = _mm512_srai_epi64(a.hi, 12);
    const vec l = _mm512_mask_slli_epi32(WIDE_BIAS_HIGH, 0x5555, a.hi, 20);
    digits r = {_mm512_sub_epi64(a.lo, h), _mm512_add_epi64(l, h)};
    return r;
}
/* Likewise, and low is cut into two digits; both are below 2^34 for the difference of two products. */
INLINE digits w_digits(digits a) {
    const vec h = _mm512_srai_epi64(a.hi, 12);
    const vec l = _mm512_maskz_slli_epi32(0x5555, a.hi, 20);
    const vec carry = _mm512_srai_epi64(a.lo, 32);
    digits r = {_mm512_sub_epi64(_mm512_and_si512(a.lo, VECTOR_LOW), h),
                _mm512_add_epi64(_mm512_add_epi64(l, carry), h)};
    return r;
}
/* Of w_mul_vec, whose middle is three times 2^52 and more: what is above 2^44 in it is times 2^96 = -1, and
 * bits 12 to 43 alone are times 2^64. Below 2^34 again for the difference of two products. */
INLINE digits w_word_digits(digits a) {
    const long long control = 12 | 20 << 8 | 28 << 16 | 36ll << 24;
    const vec top = _mm512_srai_epi64(a.hi, 44), l = _mm512_maskz_slli_epi32(0x5555, a.hi, 20);
    const vec h = _mm512_maskz_multishift_epi64_epi8(0x0F0F0F0F0F0F0F0Full, _mm512_set1_epi64(control), a.hi);
    const vec carry = _mm512_srai_epi64(a.lo, 32);
    digits r = {_mm512_sub_epi64(_mm512_sub_epi64(_mm512_and_si512(a.lo, VECTOR_LOW), h), top),
                _mm512_add_epi64(_mm512_add_epi64(l, carry), h)};
    return r;
}
/* low + 2^61 and middle + 2^12, both below 2^62 in the end: |low| < 2^60, |middle| < 2^61 */
INLINE vec w_value(digits a) { return d_merge(w_biased_digits(w_bias(a))); }

/* ---- dot products with prepared constants ----
 * Multiplications are what a sum of products waits for (Zen 4 begins one of any kind in a cycle, and another
 * operation beside it), so a term has four. With b = c B mod p, x c = xl c + xh b = t, a 97-bit number, of
 * which are summed the low 52 bits, exactly, and what is above 2^44, nearly:
 *     xl c / 2^44 = (xl 2^20) (c / 2^12) / 2^52,
 * the high half of a 52-bit product, less than 2 too small: for the bits of c that are cut off and for its
 * own. The sum of 64 t is 2^44 high + rest, then, 0 <= rest < 2^44 * 64 * 2 * 2 = 2^52, and the low bits say
 * which rest. high and low stay below 2^61 for 256 terms. */
#define DOT_TERMS 64

typedef struct {
    uint64_t limb[4]; /* c, b, c / 2^12, b / 2^12 */
} weight;
typedef struct {
    vec low, high;
} dot;

INLINE void weight_set(weight *out, uint64_t w) {
    const uint64_t wb = gl_mul(w, (uint64_t)1 << 32);
    out->limb[0] = w, out->limb[1] = wb;
    out->limb[2] = w >> 12, out->limb[3] = wb >> 12;
}
INLINE dot dot_zero(void) {
    dot d = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    return d;
}
INLINE dot dot_set1(uint64_t a) {
    dot d = {v_set1(a & LOW_52), v_set1(a >> 44)};
    return d;
}
/* A multiply-add takes 52 bits of a factor: of c the low ones, of x 2^20 those of xl 2^20. */
INLINE void dot_add_limbs(dot *d, vec x, vec c, vec b, vec c_high, vec b_high) {
    const vec xl = _mm512_and_si512(x, VECTOR_LOW), xh = SHIFTED_HIGH(x);
    d->low = _mm512_madd52lo_epu64(d->low, xl, c);
    d->low = _mm512_madd52lo_epu64(d->low, xh, b);
    d->high = _mm512_madd52hi_epu64(d->high, _mm512_slli_epi64(x, 20), c_high);
    d->high = _mm512_madd52hi_epu64(d->high, _mm512_slli_epi64(xh, 20), b_high);
}
INLINE void dot_add(dot *d, vec x, const weight *w) {
    dot_add_limbs(d, x, v_set1(w->limb[0]), v_set1(w->limb[1]), v_set1(w->limb[2]), v_set1(w->limb[3]));
}
INLINE vec dot_rest(const dot *d) {
    return _mm512_and_si512(_mm512_sub_epi64(d->low, _mm512_slli_epi64(d->high, 44)), v_set1(LOW_52));
}
/* Leaves a rest below 2^44. */
INLINE void dot_settle(dot *d) {
    d->high = _mm512_add_epi64(d->high, _mm512_srli_epi64(dot_rest(d), 44));
}
/* In words: high 2^44 is high / 2^20 and high mod 2^20, to which the rest is added. */
INLINE vec dot_value(const dot *d) {
    const vec rest = dot_rest(d), above = _mm512_srli_epi64(d->high, 20);
    const vec low = _mm512_add_epi64(_mm512_slli_epi64(d->high, 44), rest);
    const __mmask8 carry = _mm512_cmplt_epu64_mask(low, rest);
    return v_reduce(_mm512_mask_add_epi64(above, carry, above, v_set1(1)), low);
}

/* Limbs of LANES weights at once, a lane for each. */
INLINE void weight_limbs(vec w, vec limb[4]) {
    const vec wb = v_times_b(w);
    limb[0] = w, limb[1] = wb;
    limb[2] = _mm512_srli_epi64(w, 12), limb[3] = _mm512_srli_epi64(wb, 12);
}
INLINE void weights_set(weight *out, ptrdiff_t step, vec w) {
    vec limb[4], row[4];
    weight_limbs(w, limb);
    v_rows_of_four(limb, row);
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_si256((__m256i *)out[i * step].limb, _mm512_castsi512_si256(row[i]));
        _mm256_storeu_si256((__m256i *)out[(i + 4) * step].limb, _mm512_extracti64x4_epi64(row[i], 1));
    }
}

typedef struct {
    uint64_t limb[4][LANES];
} weight_vec;

INLINE void weight_vec_set(weight_vec *out, vec w) {
    vec limb[4];
    weight_limbs(w, limb);
    for (int k = 0; k < 4; k++) v_store(out->limb[k], limb[k]);
}
INLINE void dot_add_vec(dot *d, vec x, const weight_vec *w) {
    dot_add_limbs(d, x, v_load(w->limb[0]), v_load(w->limb[1]), v_load(w->limb[2]), v_load(w->limb[3]));
}
/* Lane i of the result: the sum of the lanes of row i. */
INLINE vec v_across(const vec row[8]) {
    vec pair[4], quad[2];
    for (int k = 0; k < 4; k++) /* lanes of 128 bits: sums of rows 2k, 2k + 1 */
        pair[k] = _mm512_add_epi64(_mm512_unpacklo_epi64(row[2 * k], row[2 * k + 1]),
                                   _mm512_unpackhi_epi64(row[2 * k], row[2 * k + 1]));
    for (int k = 0; k < 2; k++) /* two lanes of pair 2k, two of pair 2k + 1 */
        quad[k] = _mm512_add_epi64(_mm512_shuffle_i64x2(pair[2 * k], pair[2 * k + 1], 0x88),
                                   _mm512_shuffle_i64x2(pair[2 * k], pair[2 * k + 1], 0xDD));
    return _mm512_add_epi64(_mm512_shuffle_i64x2(quad[0], quad[1], 0x88),
                            _mm512_shuffle_i64x2(quad[0], quad[1], 0xDD));
}
INLINE dot dot_across(const dot row[LANES]) {
    vec low[8], high[8];
    for (int k = 0; k < 8; k++) low[k] = row[k].low, high[k] = row[k].high;
    dot d = {v_across(low), v_across(high)};
    return d;
}

/* ---- sums of at most 64 products of words: x = x0 + x1 2^52, seven multiply-adds a product ---- */

typedef struct {
    vec low, middle, high; /* low + middle 2^52 + high 2^104 */
} products;

INLINE products products_zero(void) {
    products s = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    return s;
}
INLINE void products_add(products *s, vec a, vec b) {
    const vec a1 = _mm512_srli_epi64(a, 52), b1 = _mm512_srli_epi64(b, 52);
    s->low = _mm512_madd52lo_epu64(s->low, a, b);
    s->middle = _mm512_madd52hi_epu64(s->middle, a, b);
    s->middle = _mm512_madd52lo_epu64(s->middle, a, b1);
    s->middle = _mm512_madd52lo_epu64(s->middle, a1, b);
    s->high = _mm512_madd52hi_epu64(s->high, a, b1);
    s->high = _mm512_madd52hi_epu64(s->high, a1, b);
    s->high = _mm512_madd52lo_epu64(s->high, a1, b1);
}
INLINE void products_twice(products *s) {
    s->low = _mm512_add_epi64(s->low, s->low), s->middle = _mm512_add_epi64(s->middle, s->middle);
    s->high = _mm512_add_epi64(s->high, s->high);
}
/* 2^104 = -2^8; |low| < 2^59 and middle < 2^60 for 64 of them */
INLINE digits products_wide(const products *s) {
    digits r = {_mm512_sub_epi64(s->low, _mm512_slli_epi64(s->high, 8)), s->middle};
    return r;
}
/* middle = h 2^12 + l, and 2^64 = B - 1 */
INLINE digits products_digits(const products *s) {
    const digits wide = products_wide(s);
    const vec h = _mm512_srli_epi64(wide.hi, 12);
    const vec l = _mm512_maskz_slli_epi32(0x5555, wide.hi, 20);
    digits d = {_mm512_sub_epi64(wide.lo, h), _mm512_add_epi64(l, h)};
    return d;
}
INLINE vec products_value(const products *s) { return w_value(products_wide(s)); }
INLINE digits w_mul_vec(vec a, vec b) {
    products s = products_zero();
    products_add(&s, a, b);
    return products_wide(&s);
}

#include "transpose.h"
#include "lane_ext.h"
