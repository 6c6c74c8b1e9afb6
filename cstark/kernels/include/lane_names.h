/* The vocabulary of portable/lanes.h, avx2/lanes.h and lane_ext.h: each name stands for the version
 * of the instruction set being compiled. What each means:
 *
 * vec            LANES field elements, "any word" unless a comment says canonical
 * v_load/v_store LANES consecutive words; v_load_some/v_store_some the first `count` of them (rest 0)
 * v_prefetch     a hint that the line at this address will be read soon
 * v_set1         one word in every lane
 * v_add v_sub v_mul v_square   any words in, any word out
 * v_add_canonical v_sub_canonical   the second operand canonical: cheaper
 * v_canonical    the representative below p
 * v_load_3/v_store_3   LANES elements of three adjacent words each, as three vectors and back
 *
 * digits         LANES unreduced values; sums of up to 16 products or words with ONE shift each fit
 * d_split        a word as digits
 * d_mul          word times twiddle, as digits; twiddle_set prepares a constant, twiddle_store LANES of
 *                them from any words; a twiddle is (w, w >> 32) for every instruction set
 * d_mul_vec      word times word, as digits
 * d_add d_sub
 * d_shift(d, k)  times 2^k, 0 <= k <= 24, k a compile-time constant
 * d_shift_32(d, k), d_shift_64(d, k)  times 2^(32+k), 2^(64+k), likewise
 * d_power_of_two(a, e)  word times 2^e, 0 <= e < 192, e a compile-time constant
 * d_value        the residue as a vec (any word); input may be negative
 * d_bias, d_merge   d_value in two steps: bias once per butterfly, on an input that reaches all
 *                outputs with coefficient +1, then merge every output
 *
 * weight         a constant prepared for dot products (weight_set)
 * dot            LANES sums of word times weight: dot_zero, or dot_set1(word) to start from a word;
 *                dot_add(&sum, word, weight), dot_value; at most 256 terms in between
 * weights_set    prepares LANES weights from a vec, at out[0], out[step], out[2 step], ...
 * weight_vec     LANES constants, one a lane (weight_vec_set); dot_add_vec multiplies lane by lane
 * dot_across     from LANES dots one: its lane i is the sum over the lanes of dot i (all their terms
 *                count towards the 256)
 *
 * products       LANES sums of word times word: products_zero, products_add, products_twice (doubles the
 *                sum so far), products_value; at most 64 terms
 *
 *                products_digits leaves the sum unreduced
 *
 * vec3           LANES extension elements: e_load/e_store planar, e_load_rows/e_store_rows
 *                interleaved (each also ..._some), e_add e_sub e_mul e_square
 *                e_scale (by base vec) e_set1 e_adjugate (and norm)
 * digits3        the same unreduced: e_split e_digits_add e_product (of two vec3) e_value (to vec3);
 *                e_mul_add(a, b, c) = a b + c with c a digits3
 */
#define vec FN(vec)
#define v_load FN(v_load)
#define v_store FN(v_store)
#define v_load_some FN(v_load_some)
#define v_store_some FN(v_store_some)
#define v_prefetch FN(v_prefetch)
#define v_set1 FN(v_set1)
#define v_add FN(v_add)
#define v_sub FN(v_sub)
#define v_add_canonical FN(v_add_canonical)
#define v_sub_canonical FN(v_sub_canonical)
#define v_mul FN(v_mul)
#define v_square FN(v_square)
#define v_canonical FN(v_canonical)
#define v_load_3 FN(v_load_3)
#define v_store_3 FN(v_store_3)
#define v_high FN(v_high)
#define v_some_mask FN(v_some_mask)
#define v_reduce FN(v_reduce)
#define d_product FN(d_product)
#define digits FN(digits)
#define twiddle FN(twiddle)
#define twiddle_set FN(twiddle_set)
#define twiddle_store FN(twiddle_store)
#define d_split FN(d_split)
#define d_mul FN(d_mul)
#define d_mul_vec FN(d_mul_vec)
#define d_add FN(d_add)
#define d_sub FN(d_sub)
#define d_shift FN(d_shift)
#define d_shift_32 FN(d_shift_32)
#define d_shift_64 FN(d_shift_64)
#define d_power_of_two FN(d_power_of_two)
#define d_bias FN(d_bias)
#define d_merge FN(d_merge)
#define d_value FN(d_value)
#define weight FN(weight)
#define weight_set FN(weight_set)
#define dot FN(dot)
#define dot_zero FN(dot_zero)
#define dot_set1 FN(dot_set1)
#define dot_add FN(dot_add)
#define dot_value FN(dot_value)
#define weight_limbs FN(weight_limbs)
#define weights_set FN(weights_set)
#define weight_vec FN(weight_vec)
#define weight_vec_set FN(weight_vec_set)
#define dot_add_vec FN(dot_add_vec)
#define v_across FN(v_across)
#define dot_across FN(dot_across)
#define products FN(products)
#define products_zero FN(products_zero)
#define products_add FN(products_add)
#define products_twice FN(products_twice)
#define products_value FN(products_value)
#define products_digits FN(products_digits)
#define vec3 FN(vec3)
#define e_load FN(e_load)
#define e_store FN(e_store)
#define e_set1 FN(e_set1)
#define e_add FN(e_add)
#define e_sub FN(e_sub)
#define e_mul FN(e_mul)
#define e_square FN(e_square)
#define e_scale FN(e_scale)
#define e_canonical FN(e_canonical)
#define e_adjugate FN(e_adjugate)
#define digits3 FN(digits3)
#define e_load_some FN(e_load_some)
#define e_store_some FN(e_store_some)
#define e_load_rows FN(e_load_rows)
#define e_store_rows FN(e_store_rows)
#define e_load_rows_some FN(e_load_rows_some)
#define e_store_rows_some FN(e_store_rows_some)
#define e_product FN(e_product)
#define e_value FN(e_value)
#define e_split FN(e_split)
#define e_digits_add FN(e_digits_add)
#define e_mul_add FN(e_mul_add)
