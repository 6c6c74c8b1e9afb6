/* AVX2 lanes: a vector is four elements. The vocabulary is described in lane_names.h.
 *
 * AVX2 multiplies 32 x 32 -> 64 bits and knows neither carries nor unsigned compares. Comparisons
 * are therefore made on words with the top bit flipped; and wherever sums can wait, values are
 * kept in digit form d0 + d1 B (B = 2^32, B^2 = B - 1, B^3 = -1), where additions need no carry
 * and multiplication by a power of two is a shift.
 */
#define LANES 4

typedef __m256i vec;

#define VECTOR_LOW _mm256_set1_epi64x(0xFFFFFFFFll)
#define VECTOR_TOP _mm256_set1_epi64x((long long)0x8000000000000000ull)

INLINE vec v_load(const uint64_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE void v_store(uint64_t *p, vec a) { _mm256_storeu_si256((__m256i *)p, a); }
INLINE vec v_some_mask(int count) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_set_epi64x(3, 2, 1, 0));
}
INLINE vec v_load_some(const uint64_t *p, int count) {
    return _mm256_maskload_epi64((const long long *)p, v_some_mask(count));
}
INLINE void v_store_some(uint64_t *p, int count, vec a) {
    _mm256_maskstore_epi64((long long *)p, v_some_mask(count), a);
}
INLINE void v_prefetch(const uint64_t *p) { __builtin_prefetch(p, 0, 2); }
INLINE vec v_set1(uint64_t a) { return _mm256_set1_epi64x((long long)a); }

/* High halves in the low halves: one shuffle, free of the shift ports. */
INLINE vec v_high(vec a) {
    return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(a)));
}

/* Words 0 3 6 9, 1 4 7 10, 2 5 8 11 of twelve: two blends gather a coordinate in some order of
 * lanes, one permutation orders them. The way back is the same permutations and blends. */
INLINE void v_load_3(const uint64_t *p, vec out[3]) {
    const vec x = v_load(p), y = v_load(p + 4), z = v_load(p + 8);
    out[0] = _mm256_permute4x64_epi64(
        _mm256_blend_epi32(_mm256_blend_epi32(x, y, 0x30), z, 0x0C), 0x6C);
    out[1] = _mm256_permute4x64_epi64(
        _mm256_blend_epi32(_mm256_blend_epi32(y, x, 0x0C), z, 0x30), 0xB1);
    out[2] = _mm256_permute4x64_epi64(
        _mm256_blend_epi32(_mm256_blend_epi32(z, y, 0x0C), x, 0x30), 0xC6);
}
INLINE void v_store_3(uint64_t *p, const vec in[3]) {
    const vec a = _mm256_permute4x64_epi64(in[0], 0x6C), b = _mm256_permute4x64_epi64(in[1], 0xB1);
    const vec c = _mm256_permute4x64_epi64(in[2], 0xC6);
    v_store(p, _mm256_blend_epi32(_mm256_blend_epi32(a, b, 0x0C), c, 0x30));
    v_store(p + 4, _mm256_blend_epi32(_mm256_blend_epi32(b, c, 0x0C), a, 0x30));
    v_store(p + 8, _mm256_blend_epi32(_mm256_blend_epi32(c, a, 0x0C), b, 0x30));
}

INLINE vec v_canonical(vec a) {
    const vec above = _mm256_cmpgt_epi64(_mm256_xor_si256(a, VECTOR_TOP),
                                         _mm256_set1_epi64x((long long)((GL_P - 1) ^ 0x8000000000000000ull)));
    return _mm256_add_epi64(a, _mm256_and_si256(above, VECTOR_LOW)); /* - p = + EPSILON mod 2^64 */
}

INLINE vec v_add_canonical(vec a, vec b) {
    const vec flipped = _mm256_xor_si256(a, VECTOR_TOP);
    const vec sum = _mm256_add_epi64(flipped, b);
    const vec carry = _mm256_cmpgt_epi64(flipped, sum);
    return _mm256_xor_si256(_mm256_add_epi64(sum, _mm256_and_si256(carry, VECTOR_LOW)), VECTOR_TOP);
}
INLINE vec v_sub_canonical(vec a, vec b) {
    const vec flipped = _mm256_xor_si256(a, VECTOR_TOP);
    const vec difference = _mm256_sub_epi64(flipped, b);
    const vec borrow = _mm256_cmpgt_epi64(difference, flipped);
    return _mm256_xor_si256(_mm256_sub_epi64(difference, _mm256_and_si256(borrow, VECTOR_LOW)),
                            VECTOR_TOP);
}
INLINE vec v_add(vec a, vec b) { return v_add_canonical(a, v_canonical(b)); }
INLINE vec v_sub(vec a, vec b) { return v_sub_canonical(a, v_canonical(b)); }

/* low + 2^64 high, high = h0 + B h1: low - h1 + (B - 1) h0. */
INLINE vec v_reduce(vec high, vec low) {
    const vec flipped = _mm256_xor_si256(low, VECTOR_TOP);
    vec t = _mm256_sub_epi64(flipped, _mm256_srli_epi64(high, 32));
    t = _mm256_sub_epi64(t, _mm256_and_si256(_mm256_cmpgt_epi64(t, flipped), VECTOR_LOW));
    const vec u = _mm256_mul_epu32(high, VECTOR_LOW);
    vec r = _mm256_add_epi64(t, u);
    r = _mm256_add_epi64(r, _mm256_and_si256(_mm256_cmpgt_epi64(t, r), VECTOR_LOW));
    return _mm256_xor_si256(r, VECTOR_TOP);
}

INLINE vec v_mul(vec a, vec b) {
    const vec ah = v_high(a), bh = v_high(b);
    const vec ll = _mm256_mul_epu32(a, b), lh = _mm256_mul_epu32(a, bh);
    const vec hl = _mm256_mul_epu32(ah, b), hh = _mm256_mul_epu32(ah, bh);
    const vec t0 = _mm256_add_epi64(hl, _mm256_srli_epi64(ll, 32));
    const vec t1 = _mm256_add_epi64(lh, _mm256_and_si256(t0, VECTOR_LOW));
    const vec high = _mm256_add_epi64(_mm256_add_epi64(hh, _mm256_srli_epi64(t0, 32)),
                                      _mm256_srli_epi64(t1, 32));
    const vec low = _mm256_blend_epi32(ll, _mm256_slli_epi64(t1, 32), 0xAA);
    return v_reduce(high, low);
}

INLINE vec v_square(vec a) {
    const vec ah = v_high(a);
    const vec ll = _mm256_mul_epu32(a, a), lh = _mm256_mul_epu32(a, ah), hh = _mm256_mul_epu32(ah, ah);
    const vec t = _mm256_add_epi64(lh, _mm256_srli_epi64(ll, 33)); /* 2 lh B = lh 2^33 */
    const vec low = _mm256_add_epi64(ll, _mm256_slli_epi64(lh, 33));
    return v_reduce(_mm256_add_epi64(hh, _mm256_srli_epi64(t, 31)), low);
}

/* ---- digits: two signed 64-bit lanes, value = lo + hi B ---- */

typedef struct {
    vec lo, hi;
} digits;
typedef gl_twiddle twiddle;

INLINE twiddle twiddle_set(uint64_t w) { return gl_twiddle_set(w); }
INLINE digits d_split(vec a) {
    digits d = {_mm256_and_si256(a, VECTOR_LOW), _mm256_srli_epi64(a, 32)};
    return d;
}
/* (xl + xh B)(wl + wh B): with M the middle digit sum and Q everything above B^2,
 * Q B^2 = Q (B - 1), and Q = q0 + q1 B adds -(q0 + q1) to the low and q0 to the high digit. */
INLINE digits d_product(vec x, vec w, vec wh) {
    const vec xh = v_high(x);
    const vec ll = _mm256_mul_epu32(x, w), lh = _mm256_mul_epu32(x, wh);
    const vec hl = _mm256_mul_epu32(xh, w), hh = _mm256_mul_epu32(xh, wh);
    const vec m = _mm256_add_epi64(_mm256_add_epi64(hl, _mm256_and_si256(lh, VECTOR_LOW)),
                                   _mm256_srli_epi64(ll, 32));
    const vec q = _mm256_add_epi64(_mm256_add_epi64(hh, _mm256_srli_epi64(lh, 32)),
                                   _mm256_srli_epi64(m, 32));
    const vec q0 = _mm256_and_si256(q, VECTOR_LOW), q1 = _mm256_srli_epi64(q, 32);
    digits d = {_mm256_sub_epi64(_mm256_and_si256(ll, VECTOR_LOW), _mm256_add_epi64(q0, q1)),
                _mm256_add_epi64(_mm256_and_si256(m, VECTOR_LOW), q0)};
    return d;
}
INLINE digits d_mul(vec a, const twiddle *t) { return d_product(a, v_set1(t->w), v_set1(gl_twiddle_high(t))); }
INLINE digits d_mul_vec(vec a, vec b) { return d_product(a, b, v_high(b)); }
INLINE digits d_add(digits a, digits b) {
    digits d = {_mm256_add_epi64(a.lo, b.lo), _mm256_add_epi64(a.hi, b.hi)};
    return d;
}
INLINE digits d_sub(digits a, digits b) {
    digits d = {_mm256_sub_epi64(a.lo, b.lo), _mm256_sub_epi64(a.hi, b.hi)};
    return d;
}
INLINE digits d_shift(digits a, int k) {
    digits d = {_mm256_slli_epi64(a.lo, k), _mm256_slli_epi64(a.hi, k)};
    return d;
}
/* times B: (lo + hi B) B = -hi + (lo + hi) B. The negation stands last, where it melts into the
 * addition or subtraction that follows. */
INLINE digits d_shift_32(digits a, int k) {
    digits d = {_mm256_sub_epi64(_mm256_setzero_si256(), _mm256_slli_epi64(a.hi, k)),
                _mm256_slli_epi64(_mm256_add_epi64(a.lo, a.hi), k)};
    return d;
}
/* times B^2 = B - 1: (lo + hi B) B^2 = -(lo + hi) + lo B. */
INLINE digits d_shift_64(digits a, int k) {
    digits d = {_mm256_sub_epi64(_mm256_setzero_si256(),
                                 _mm256_slli_epi64(_mm256_add_epi64(a.lo, a.hi), k)),
                _mm256_slli_epi64(a.lo, k)};
    return d;
}
/* A word times 2^e, e = 96 s + 32 q + r: the word shifted by r has three 32-bit digits
 * z0 + z1 B + z2 B^2, which B^q moves around (B^2 = B - 1, B^3 = -1) and (-1)^s negates. */
INLINE digits d_power_of_two(vec a, int e) {
    const int r = e % 32, q = e % 96 / 32;
    const vec zero = _mm256_setzero_si256();
    const vec z0 = _mm256_and_si256(_mm256_slli_epi64(a, r), VECTOR_LOW);
    const vec z1 = r ? _mm256_and_si256(_mm256_srli_epi64(a, 32 - r), VECTOR_LOW) : _mm256_srli_epi64(a, 32);
    const vec z2 = r ? _mm256_srli_epi64(a, 64 - r) : zero;
    const vec z01 = _mm256_add_epi64(z0, z1), z12 = _mm256_add_epi64(z1, z2);
    const vec z02 = _mm256_sub_epi64(z0, z2);
    digits d = {q == 0 ? z02 : _mm256_sub_epi64(zero, q == 1 ? z12 : z01),
                q == 0 ? z12 : q == 1 ? z01 : z02};
    if (e >= 96) d.lo = _mm256_sub_epi64(zero, d.lo), d.hi = _mm256_sub_epi64(zero, d.hi);
    return d;
}
/* K0 + K1 B = 0 mod p, with both large enough to make any sum of butterflies non-negative. */
INLINE digits d_bias(digits a) {
    digits d = {_mm256_add_epi64(a.lo, _mm256_set1_epi64x((1ll << 61) + (1ll << 28))),
                _mm256_add_epi64(a.hi, _mm256_set1_epi64x((1ll << 60) - 3 * (1ll << 28)))};
    return d;
}
/* 0 <= lo, hi < 2^62. hi = h0 + h1 B with its halves swapped is h1 + h0 B: value = lo + (B - 1) h1 + h0 B =
 * (lo + (B - 2) h1) + swapped = g + swapped. g < 2^63, so the sum carries exactly when `swapped` has its top
 * bit and the sum has not. */
INLINE vec d_merge(digits a) {
    const vec swapped = _mm256_shuffle_epi32(a.hi, 0xB1);
    const vec g = _mm256_add_epi64(a.lo, _mm256_mul_epu32(swapped, v_set1(0xFFFFFFFE)));
    const vec sum = _mm256_add_epi64(swapped, g);
    const vec carried = _mm256_add_epi64(sum, VECTOR_LOW);
    return _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(sum), _mm256_castsi256_pd(carried),
                                                _mm256_castsi256_pd(_mm256_andnot_si256(sum, swapped))));
}
INLINE vec d_value(digits a) { return d_merge(d_bias(a)); }
/* w B = -w_high + (w_low + w_high) B */
INLINE vec v_times_b(vec a) {
    const vec high = _mm256_srli_epi64(a, 32);
    const digits shifted = {_mm256_sub_epi64(_mm256_setzero_si256(), high),
                            _mm256_add_epi64(_mm256_and_si256(a, VECTOR_LOW), high)};
    return d_value(shifted);
}
INLINE void twiddle_store(twiddle *out, vec a) {
    const vec top = _mm256_srli_epi64(a, 52), ab = v_times_b(a), ab_top = _mm256_srli_epi64(ab, 52);
    const vec even = _mm256_unpacklo_epi64(a, top), odd = _mm256_unpackhi_epi64(a, top);
    const vec even_b = _mm256_unpacklo_epi64(ab, ab_top), odd_b = _mm256_unpackhi_epi64(ab, ab_top);
    v_store(&out[0].w, _mm256_permute2x128_si256(even, even_b, 0x20));
    v_store(&out[1].w, _mm256_permute2x128_si256(odd, odd_b, 0x20));
    v_store(&out[2].w, _mm256_permute2x128_si256(even, even_b, 0x31));
    v_store(&out[3].w, _mm256_permute2x128_si256(odd, odd_b, 0x31));
}

/* ---- wide values are digits here ---- */

INLINE digits w_mul(vec a, const twiddle *t) { return d_mul(a, t); }
INLINE digits w_mul_biased(vec a, const twiddle *t) { return d_bias(d_mul(a, t)); }
INLINE digits w_mul_vec(vec a, vec b) { return d_mul_vec(a, b); }
INLINE digits w_twice(digits a) { return d_shift(a, 1); }
INLINE digits w_split(vec a) { return d_split(a); }
INLINE digits w_bias(digits a) { return d_bias(a); }
INLINE digits w_split_biased(vec a) { return d_bias(d_split(a)); }
INLINE digits w_digits(digits a) { return a; }
INLINE digits w_word_digits(digits a) { return a; }
INLINE digits w_biased_digits(digits a) { return a; }
INLINE vec w_value(digits a) { return d_value(a); }

/* ---- dot products with prepared constants ----
 * c and c B mod p are each cut into limbs of 22, 22, 20 bits: x c = sum_k (x_low c_k + x_high c'_k) 2^(22 k),
 * six products of at most 54 bits, so that 256 terms add up without any carry. */
#define DOT_TERMS 256

typedef struct {
    uint64_t limb[6];
} weight;
typedef struct {
    vec a0, a1, a2;
} dot;

INLINE void weight_set(weight *out, uint64_t w) {
    const uint64_t wb = gl_mul(w, (uint64_t)1 << 32);
    out->limb[0] = w & 0x3FFFFF, out->limb[1] = (w >> 22) & 0x3FFFFF, out->limb[2] = w >> 44;
    out->limb[3] = wb & 0x3FFFFF, out->limb[4] = (wb >> 22) & 0x3FFFFF, out->limb[5] = wb >> 44;
}
INLINE dot dot_zero(void) {
    const vec zero = _mm256_setzero_si256();
    dot d = {zero, zero, zero};
    return d;
}
/* high B = high 2^10 2^22 */
INLINE dot dot_set1(uint64_t a) {
    dot d = {v_set1(a & 0xFFFFFFFF), v_set1(a >> 32 << 10), _mm256_setzero_si256()};
    return d;
}
INLINE void dot_add(dot *d, vec x, const weight *w) {
    const vec xh = _mm256_srli_epi64(x, 32);
    d->a0 = _mm256_add_epi64(d->a0, _mm256_add_epi64(_mm256_mul_epu32(x, v_set1(w->limb[0])),
                                                     _mm256_mul_epu32(xh, v_set1(w->limb[3]))));
    d->a1 = _mm256_add_epi64(d->a1, _mm256_add_epi64(_mm256_mul_epu32(x, v_set1(w->limb[1])),
                                                     _mm256_mul_epu32(xh, v_set1(w->limb[4]))));
    d->a2 = _mm256_add_epi64(d->a2, _mm256_add_epi64(_mm256_mul_epu32(x, v_set1(w->limb[2])),
                                                     _mm256_mul_epu32(xh, v_set1(w->limb[5]))));
}
INLINE void dot_settle(dot *d) { (void)d; }
/* a0 + a1 2^22 + a2 2^44 in digits: a1 2^22 = (a1 mod 2^10) 2^22 + (a1 >> 10) B,
 * a2 2^44 = (a2 mod 2^20) 2^12 B + (a2 >> 20) B^2, and B^2 = B - 1. */
INLINE vec dot_value(const dot *d) {
    const digits first = d_split(d->a0);
    const vec top = _mm256_srli_epi64(d->a2, 20);
    digits r;
    r.lo = _mm256_sub_epi64(
        _mm256_add_epi64(first.lo, _mm256_slli_epi64(_mm256_and_si256(d->a1, v_set1(1023)), 22)), top);
    r.hi = _mm256_add_epi64(
        _mm256_add_epi64(first.hi, _mm256_srli_epi64(d->a1, 10)),
        _mm256_add_epi64(_mm256_slli_epi64(_mm256_and_si256(d->a2, v_set1((1 << 20) - 1)), 12), top));
    return d_value(r);
}

/* Limbs of LANES weights at once, a lane for each. */
INLINE void weight_limbs(vec w, vec limb[6]) {
    const vec mask = v_set1(0x3FFFFF), wb = v_times_b(w);
    limb[0] = _mm256_and_si256(w, mask), limb[1] = _mm256_and_si256(_mm256_srli_epi64(w, 22), mask);
    limb[2] = _mm256_srli_epi64(w, 44);
    limb[3] = _mm256_and_si256(wb, mask), limb[4] = _mm256_and_si256(_mm256_srli_epi64(wb, 22), mask);
    limb[5] = _mm256_srli_epi64(wb, 44);
}
/* A 4 x 4 and a 2 x 4 transposition turn limbs, a lane for each weight, into weights. */
INLINE void weights_set(weight *out, ptrdiff_t step, vec w) {
    vec limb[6];
    weight_limbs(w, limb);
    const vec even01 = _mm256_unpacklo_epi64(limb[0], limb[1]), odd01 = _mm256_unpackhi_epi64(limb[0], limb[1]);
    const vec even23 = _mm256_unpacklo_epi64(limb[2], limb[3]), odd23 = _mm256_unpackhi_epi64(limb[2], limb[3]);
    const vec even45 = _mm256_unpacklo_epi64(limb[4], limb[5]), odd45 = _mm256_unpackhi_epi64(limb[4], limb[5]);
    v_store(out[0].limb, _mm256_permute2x128_si256(even01, even23, 0x20));
    v_store(out[step].limb, _mm256_permute2x128_si256(odd01, odd23, 0x20));
    v_store(out[2 * step].limb, _mm256_permute2x128_si256(even01, even23, 0x31));
    v_store(out[3 * step].limb, _mm256_permute2x128_si256(odd01, odd23, 0x31));
    _mm_storeu_si128((__m128i *)(out[0].limb + 4), _mm256_castsi256_si128(even45));
    _mm_storeu_si128((__m128i *)(out[step].limb + 4), _mm256_castsi256_si128(odd45));
    _mm_storeu_si128((__m128i *)(out[2 * step].limb + 4), _mm256_extracti128_si256(even45, 1));
    _mm_storeu_si128((__m128i *)(out[3 * step].limb + 4), _mm256_extracti128_si256(odd45, 1));
}

typedef struct {
    uint64_t limb[6][LANES];
} weight_vec;

INLINE void weight_vec_set(weight_vec *out, vec w) {
    vec limb[6];
    weight_limbs(w, limb);
    for (int k = 0; k < 6; k++) v_store(out->limb[k], limb[k]);
}
INLINE void dot_add_vec(dot *d, vec x, const weight_vec *w) {
    const vec xh = _mm256_srli_epi64(x, 32);
    d->a0 = _mm256_add_epi64(d->a0, _mm256_add_epi64(_mm256_mul_epu32(x, v_load(w->limb[0])),
                                                     _mm256_mul_epu32(xh, v_load(w->limb[3]))));
    d->a1 = _mm256_add_epi64(d->a1, _mm256_add_epi64(_mm256_mul_epu32(x, v_load(w->limb[1])),
                                                     _mm256_mul_epu32(xh, v_load(w->limb[4]))));
    d->a2 = _mm256_add_epi64(d->a2, _mm256_add_epi64(_mm256_mul_epu32(x, v_load(w->limb[2])),
                                                     _mm256_mul_epu32(xh, v_load(w->limb[5]))));
}
/* Lane i of the result: the sum of the lanes of row i. */
INLINE vec v_across(vec row0, vec row1, vec row2, vec row3) {
    const vec t01 = _mm256_add_epi64(_mm256_unpacklo_epi64(row0, row1), _mm256_unpackhi_epi64(row0, row1));
    const vec t23 = _mm256_add_epi64(_mm256_unpacklo_epi64(row2, row3), _mm256_unpackhi_epi64(row2, row3));
    return _mm256_add_epi64(_mm256_permute2x128_si256(t01, t23, 0x20),
                            _mm256_permute2x128_si256(t01, t23, 0x31));
}
INLINE dot dot_across(const dot row[LANES]) {
    dot d = {v_across(row[0].a0, row[1].a0, row[2].a0, row[3].a0),
             v_across(row[0].a1, row[1].a1, row[2].a1, row[3].a1),
             v_across(row[0].a2, row[1].a2, row[2].a2, row[3].a2)};
    return d;
}

/* ---- sums of at most 64 products of words ----
 * The partial products are summed mod 2^64 and their high halves separately; the low halves come
 * back exactly as the difference. */

typedef struct {
    vec l, l_high, m, m_high, h, h_high;
} products;

INLINE products products_zero(void) {
    const vec zero = _mm256_setzero_si256();
    products s = {zero, zero, zero, zero, zero, zero};
    return s;
}
INLINE void products_add(products *s, vec a, vec b) {
    const vec ah = v_high(a), bh = v_high(b);
    const vec ll = _mm256_mul_epu32(a, b), lh = _mm256_mul_epu32(a, bh);
    const vec hl = _mm256_mul_epu32(ah, b), hh = _mm256_mul_epu32(ah, bh);
    s->l = _mm256_add_epi64(s->l, ll);
    s->l_high = _mm256_add_epi64(s->l_high, _mm256_srli_epi64(ll, 32));
    s->m = _mm256_add_epi64(s->m, _mm256_add_epi64(lh, hl));
    s->m_high = _mm256_add_epi64(
        s->m_high, _mm256_add_epi64(_mm256_srli_epi64(lh, 32), _mm256_srli_epi64(hl, 32)));
    s->h = _mm256_add_epi64(s->h, hh);
    s->h_high = _mm256_add_epi64(s->h_high, _mm256_srli_epi64(hh, 32));
}
INLINE void products_twice(products *s) {
    s->l = _mm256_add_epi64(s->l, s->l), s->l_high = _mm256_add_epi64(s->l_high, s->l_high);
    s->m = _mm256_add_epi64(s->m, s->m), s->m_high = _mm256_add_epi64(s->m_high, s->m_high);
    s->h = _mm256_add_epi64(s->h, s->h), s->h_high = _mm256_add_epi64(s->h_high, s->h_high);
}
/* Digits of l + m B + h B^2, with B^2 = B - 1 and B^3 = -1 applied to the carried parts. */
INLINE digits products_digits(const products *s) {
    const vec l = _mm256_sub_epi64(s->l, _mm256_slli_epi64(s->l_high, 32));
    const vec m = _mm256_sub_epi64(s->m, _mm256_slli_epi64(s->m_high, 32));
    const vec h = _mm256_sub_epi64(s->h, _mm256_slli_epi64(s->h_high, 32));
    const vec b1 = _mm256_add_epi64(s->l_high, m), b2 = _mm256_add_epi64(s->m_high, h);
    digits r = {_mm256_sub_epi64(l, _mm256_add_epi64(b2, s->h_high)), _mm256_add_epi64(b1, b2)};
    return r;
}
INLINE digits products_wide(const products *s) { return products_digits(s); }
INLINE vec products_value(const products *s) { return d_value(products_digits(s)); }

#include "transpose.h"
#include "lane_ext.h"
