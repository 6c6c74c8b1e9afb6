/* DFTs of size 8, 4 and 2 on LANES columns: rows of words in, rows of words out.
 *
 * Everything between load and store is in digits, so additions carry nothing and the roots of unity of
 * order 4 and 8 are shifts: i = 2^48 and 2^24. Three rules keep the digits small enough:
 * every path from an input to an output carries exactly ONE shift of at most 24 bits (so w u1 + w^3 u3 is not
 * written as w (u1 + i u3)); the bias that makes all digits non-negative is added once, to input 0,
 * which reaches every output with coefficient 1; and every output is merged into a word at once.
 * Products by twiddles or words are wide values (lane_names.h), and so are their sums until they must be digits.
 *
 * `kind` and the other `const int` parameters are compile-time constants wherever these are called.
 * All inputs are taken before the first addition. Their digits do not fit the registers of AVX2, but products
 * side by side fill the units, which costs less than waiting for each pair: a tenth of a stage with products.
 */
#include "ntt_types.h"

/* The factors of a butterfly's inputs: of input j the twiddle rows[j step], or the vector at lanes + j step. */
typedef struct {
    const twiddle *rows;
    const uint64_t *lanes;
    ptrdiff_t step;
} ntt_factors;

/* Input j of a butterfly, times its factor, or times 2^(step j). */
INLINE digits ntt_input(const uint64_t *s, int j, const int kind, const ntt_factors *t, const int step) {
    const vec a = v_load(s);
    if (kind == NTT_PLAIN || (kind == NTT_ROWS_BUT_FIRST && j == 0)) return d_split(a);
    if (kind == NTT_SHIFT) return d_power_of_two(a, step * j % 192);
    if (kind == NTT_LANES) return w_mul_vec(a, v_load(t->lanes + j * t->step));
    return w_mul(a, t->rows + j * t->step);
}

/* Input 0, with the bias. */
INLINE digits ntt_first_input(const uint64_t *s, const int kind, const ntt_factors *t) {
    const vec a = v_load(s);
    if (kind == NTT_ROWS) return w_mul_biased(a, t->rows);
    if (kind == NTT_ROWS_BUT_FIRST) return w_split_biased(a);
    if (kind == NTT_LANES) return w_bias(ntt_input(s, 0, kind, t, 0));
    return d_bias(ntt_input(s, 0, kind, t, 0));
}

INLINE void ntt_output(uint64_t *d, digits a, const int canonical) {
    const vec word = d_merge(a);
    v_store(d, canonical ? v_canonical(word) : word);
}

#define INPUT(j) ntt_input(s + (j) * ss, j, kind, t, step)
#define FIRST_INPUT ntt_first_input(s, kind, t)
#define WIDE (kind == NTT_ROWS || kind == NTT_ROWS_BUT_FIRST || kind == NTT_LANES)
#define DIGITS(a) (kind == NTT_LANES ? w_word_digits(a) : WIDE ? w_digits(a) : (a))
#define BIASED(a) (WIDE ? w_biased_digits(a) : (a))
#define OUTPUT(k, value) ntt_output(d + ((k) * direction & (RADIX - 1)) * ds, value, canonical)

#define RADIX 8
INLINE void butterfly8(const uint64_t *s, ptrdiff_t ss, uint64_t *d, ptrdiff_t ds,
                       const ntt_factors *t, const int kind, const int step, const int direction,
                       const int canonical) {
    const digits y1 = INPUT(1), y5 = INPUT(5), y3 = INPUT(3), y7 = INPUT(7);
    const digits y0 = FIRST_INPUT, y4 = INPUT(4), y2 = INPUT(2), y6 = INPUT(6);
    const digits u0 = d_add(y1, y5), u1 = DIGITS(d_sub(y1, y5));
    const digits u2 = d_add(y3, y7), u3 = DIGITS(d_sub(y3, y7));
    const digits o0 = d_add(u0, u2), o2 = d_shift_32(DIGITS(d_sub(u0, u2)), 16);
    const digits o1 = d_add(d_shift(u1, 24), d_shift_64(u3, 8)); /* w u1 + w^3 u3 */
    const digits o3 = d_add(d_shift(u3, 24), d_shift_64(u1, 8)); /* w^3 u1 + w u3 */
    const digits s0 = d_add(y0, y4), s1 = BIASED(d_sub(y0, y4));
    const digits s2 = d_add(y2, y6), s3 = d_shift_32(DIGITS(d_sub(y2, y6)), 16); /* s3 times i */
    const digits e0 = d_add(s0, s2), e2 = BIASED(d_sub(s0, s2));
    OUTPUT(0, BIASED(d_add(e0, o0)));
    OUTPUT(4, BIASED(d_sub(e0, o0)));
    OUTPUT(2, d_add(e2, o2));
    OUTPUT(6, d_sub(e2, o2));
    const digits e1 = d_add(s1, s3), e3 = d_sub(s1, s3);
    OUTPUT(1, d_add(e1, o1));
    OUTPUT(5, d_sub(e1, o1));
    OUTPUT(3, d_add(e3, o3));
    OUTPUT(7, d_sub(e3, o3));
}
#undef RADIX

#define RADIX 4
INLINE void butterfly4(const uint64_t *s, ptrdiff_t ss, uint64_t *d, ptrdiff_t ds,
                       const ntt_factors *t, const int kind, const int step, const int direction,
                       const int canonical) {
    const digits y1 = INPUT(1), y3 = INPUT(3), y0 = FIRST_INPUT, y2 = INPUT(2);
    const digits o0 = d_add(y1, y3), o1 = d_shift_32(DIGITS(d_sub(y1, y3)), 16);
    const digits e0 = d_add(y0, y2), e1 = BIASED(d_sub(y0, y2));
    OUTPUT(0, BIASED(d_add(e0, o0)));
    OUTPUT(2, BIASED(d_sub(e0, o0)));
    OUTPUT(1, d_add(e1, o1));
    OUTPUT(3, d_sub(e1, o1));
}
#undef RADIX

#define RADIX 2
INLINE void butterfly2(const uint64_t *s, ptrdiff_t ss, uint64_t *d, ptrdiff_t ds,
                       const ntt_factors *t, const int kind, const int step, const int direction,
                       const int canonical) {
    const digits y1 = INPUT(1), y0 = FIRST_INPUT;
    OUTPUT(0, BIASED(d_add(y0, y1)));
    OUTPUT(1, BIASED(d_sub(y0, y1)));
}
#undef RADIX
#undef INPUT
#undef FIRST_INPUT
#undef WIDE
#undef DIGITS
#undef BIASED
#undef OUTPUT

INLINE void butterfly(const int log_radix, const uint64_t *s, ptrdiff_t ss, uint64_t *d, ptrdiff_t ds,
                      const ntt_factors *t, const int kind, const int step, const int direction,
                      const int canonical) {
    if (log_radix == 3) butterfly8(s, ss, d, ds, t, kind, step, direction, canonical);
    if (log_radix == 2) butterfly4(s, ss, d, ds, t, kind, step, direction, canonical);
    if (log_radix == 1) butterfly2(s, ss, d, ds, t, kind, step, direction, canonical);
}
