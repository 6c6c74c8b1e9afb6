/* The vocabulary of portable/hash_lanes.h and avx2/hash_lanes.h: each name stands for the version
 * of the instruction set being compiled.
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
#define lanes64 FN(lanes64)
#define lanes32 FN(lanes32)
#define l64_set1 FN(l64_set1)
#define l64_rotate FN(l64_rotate)
#define l64_xor3 FN(l64_xor3)
#define l64_chi FN(l64_chi)
#define l64_load FN(l64_load)
#define l64_gather FN(l64_gather)
#define l64_gather4 FN(l64_gather4)
#define l64_transpose FN(l64_transpose)
#define l64_scatter4 FN(l64_scatter4)
#define l32_set1 FN(l32_set1)
#define l32_rotate FN(l32_rotate)
#define l32_shuffle FN(l32_shuffle)
#define l32_choose FN(l32_choose)
#define l32_majority FN(l32_majority)
#define l32_swap FN(l32_swap)
#define l32_load_word FN(l32_load_word)
#define l32_load_some FN(l32_load_some)
#define l32_gather8 FN(l32_gather8)
#define l32_gather_some FN(l32_gather_some)
#define l32_gather_block FN(l32_gather_block)
#define l32_transpose FN(l32_transpose)
#define l32_scatter8 FN(l32_scatter8)

#define keccak_permute FN(keccak_permute)
#define keccak_absorb FN(keccak_absorb)
#define keccak_hash FN(keccak_hash)
#define keccak_core FN(keccak_core)
#define blake3_compress FN(blake3_compress)
#define blake3_copy FN(blake3_copy)
#define blake3_parent FN(blake3_parent)
#define blake3_chunk FN(blake3_chunk)
#define blake3_hash FN(blake3_hash)
#define blake3_core FN(blake3_core)
#define sha256_compress FN(sha256_compress)
#define sha256_hash FN(sha256_hash)
#define sha256_core FN(sha256_core)
