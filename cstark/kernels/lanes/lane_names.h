/* The vocabulary of portable/lanes.h, avx2/lanes.h, ... and lane_ext.h: what a family is written in, once
 * for all instruction sets. This file is read by people alone. LANES is the number of elements of a vector.
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
 * d_add d_sub
 * d_shift(d, k)  times 2^k, 0 <= k <= 24, k a compile-time constant
 * d_shift_32(d, k), d_shift_64(d, k)  times 2^(32+k), 2^(64+k), likewise
 * d_power_of_two(a, e)  word times 2^e, 0 <= e < 192, e a compile-time constant
 * d_value        the residue as a vec (any word); input may be negative
 * d_bias, d_merge   d_value in two steps: bias once per butterfly, on an input that reaches all
 *                outputs with coefficient +1, then merge every output
 *
 * twiddle        a constant to multiply words by: twiddle_set prepares one, twiddle_store LANES of them from
 *                any words; one layout for every instruction set
 * w_mul w_mul_vec   word times twiddle, times word, as a wide value: of the type digits, and d_add and
 *                d_sub take it, but what its parts mean is the set's affair; sums of up to 8 fit, and none
 *                may be shifted
 * w_split        a word as a wide value; w_twice doubles one
 * w_value        the residue as a vec (any word); input may be negative
 * w_mul_biased w_split_biased   word times twiddle, or a word alone, with the bias of wide values
 * w_bias         adds the bias of wide values
 * w_digits       digits of a wide value without bias, of w_mul alone: they may be shifted; w_word_digits for
 *                those of w_mul_vec
 * w_biased_digits   digits of a wide value with the bias once, which become that of d_bias: for sums with
 *                others, and d_merge
 *
 * weight         a constant prepared for dot products (weight_set)
 * dot            LANES sums of word times weight: dot_zero, or dot_set1(word) to start from a word;
 *                dot_add(&sum, word, weight), dot_value; at most 256 terms in between, and at most DOT_TERMS
 *                between dot_settles, where a start that is not zero counts as one
 * weights_set    prepares LANES weights from a vec, at out[0], out[step], out[2 step], ...
 * weight_vec     LANES constants, one for each lane (weight_vec_set); dot_add_vec multiplies lane by lane
 * dot_across     from LANES dots one: its lane i is the sum over the lanes of dot i (all their terms count)
 *
 * products       LANES sums of word times word: products_zero, products_add, products_twice (doubles the
 *                sum so far), products_value; at most 64 terms
 *
 *                products_digits, products_wide leave the sum unreduced
 *
 * vec3           LANES extension elements: e_load/e_store planar, e_load_rows/e_store_rows
 *                interleaved (each also ..._some), e_add e_sub e_mul e_square
 *                e_scale (by base vec) e_set1 e_adjugate (and norm)
 * digits3        the same unreduced, in digits: e_digits_value (to vec3), e_mul_add_digits(a, b, c) = a b + c;
 *                or wide: e_split e_product (of two vec3) e_value (to vec3), e_mul_add; e_digits_add
 *
 * columns_from_rows(row, stride, out, plane)   LANES rows of four words: column k to out + k * plane
 * rows_from_columns(column, out, stride)       and back: four vectors, each a column, to rows
 */
