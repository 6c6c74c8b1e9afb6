/* The vocabulary of portable/hash_lanes.h, avx2/hash_lanes.h, ...: what a hash is written in, once for all
 * instruction sets. This file is read by people alone.
 *
 * lanes64, lanes32   vectors of STREAMS64 (STREAMS32) words, one of each message; + ^ & | ~ << >> work
 * l64_set1, l32_set1           one word in every lane
 * l64_rotate(a, n)             to the left; n a compile-time constant, 0 <= n < 64
 * l32_rotate(a, n)             to the right; n a compile-time constant, 0 < n < 32
 * l64_xor3(a, b, c)            a ^ b ^ c
 * l64_chi(a, b, c)             a ^ (~b & c)
 * l32_choose(a, b, c)          bits of b where a is set, else bits of c
 * l32_majority(a, b, c)        bits that at least two of the three have
 * l32_swap(a)                  bytes of each word reversed
 *
 * Reading messages; `at` points to STREAMS pointers, one for each message:
 * l64_load(p)                  lane k = p[k]
 * l64_gather(at, offset)       lane k = the word at at[k] + offset
 * l64_gather4(at, offset, w)   the four words from there on
 * l32_load_word(p, w)          w[0], w[1] = low and high halves of p[0..STREAMS32-1]
 * l32_gather8(at, offset, w)   the eight 32-bit words at at[k] + offset
 * l32_gather_some(at, offset, bytes, w)   the same of bytes < 32, then zeros; nothing beyond is read
 *
 * Writing digests, message k at out + 32 k:
 * l64_scatter4(w, out), l32_scatter8(w, out)
 */
