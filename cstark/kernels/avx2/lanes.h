/* AVX2 lanes: four elements a vector. Included by isa.h; vocabulary in include/lane_names.h.
 *
 * AVX2 multiplies 32 x 32 -> 64 bits and knows neither carries nor unsigned compares. Comparisons
 * are therefore made on words with the top bit flipped; and wherever sums can wait, values are
 * kept in digit form d0 + d1 B (B = 2^32, B^2 = B - 1, B^3 = -1), where additions need no carry
 * and multiplication by a power of two is a shift.
 */
#undef LANES
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
INLINE void twiddle_store(twiddle *out, vec a) {
    const vec high = _mm256_srli_epi64(a, 32);
    const vec even = _mm256_unpacklo_epi64(a, high), odd = _mm256_unpackhi_epi64(a, high);
    _mm256_storeu_si256((__m256i *)out, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256((__m256i *)(out + 2), _mm256_permute2x128_si256(even, odd, 0x31));
}
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
INLINE digits d_mul(vec a, const twiddle *t) { return d_product(a, v_set1(t->w), v_set1(t->w_high)); }
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
/* 0 <= lo, hi < 2^62. hi = h0 + h1 B: value = (lo + (B - 1) h1) + h0 B = g + low. g < 2^63, so the sum
 * carries exactly when `low` has its top bit and the sum has not. */
INLINE vec d_merge(digits a) {
    const vec g = _mm256_add_epi64(a.lo, _mm256_mul_epu32(_mm256_srli_epi64(a.hi, 32), VECTOR_LOW));
    const vec low = _mm256_slli_epi64(a.hi, 32);
    const vec sum = _mm256_add_epi64(low, g);
    const vec carried = _mm256_add_epi64(sum, VECTOR_LOW);
    return _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(sum), _mm256_castsi256_pd(carried),
                                                _mm256_castsi256_pd(_mm256_andnot_si256(sum, low))));
}
INLINE vec d_value(digits a) { return d_merge(d_bias(a)); }

/* ---- dot products with prepared constants ----
 * c and c B mod p are each cut into limbs of 22, 22, 20 bits: x c = sum_k (x_low c_k + x_high c'_k) 2^(22 k),
 * six products of at most 54 bits, so that 256 terms add up without any carry. */

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
INLINE void dot_add(dot *d, vec x, const weight *w) {
    const vec xh = _mm256_srli_epi64(x, 32);
    d->a0 = _mm256_add_epi64(d->a0, _mm256_add_epi64(_mm256_mul_epu32(x, v_set1(w->limb[0])),
                                                     _mm256_mul_epu32(xh, v_set1(w->limb[3]))));
    d->a1 = _mm256_add_epi64(d->a1, _mm256_add_epi64(_mm256_mul_epu32(x, v_set1(w->limb[1])),
                                                     _mm256_mul_epu32(xh, v_set1(w->limb[4]))));
    d->a2 = _mm256_add_epi64(d->a2, _mm256_add_epi64(_mm256_mul_epu32(x, v_set1(w->limb[2])),
                                                     _mm256_mul_epu32(xh, v_set1(w->limb[5]))));
}
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
INLINE vec products_value(const products *s) {
    const vec l = _mm256_sub_epi64(s->l, _mm256_slli_epi64(s->l_high, 32));
    const vec m = _mm256_sub_epi64(s->m, _mm256_slli_epi64(s->m_high, 32));
    const vec h = _mm256_sub_epi64(s->h, _mm256_slli_epi64(s->h_high, 32));
    const vec b1 = _mm256_add_epi64(s->l_high, m), b2 = _mm256_add_epi64(s->m_high, h);
    digits r = {_mm256_sub_epi64(l, _mm256_add_epi64(b2, s->h_high)), _mm256_add_epi64(b1, b2)};
    return d_value(r);
}
