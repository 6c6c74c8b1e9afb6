/* SHA-256, STREAMS32 messages at once (sha_ni.h does it by SHA instructions).
 *
 * Source: FIPS 180-4, https://doi.org/10.6028/NIST.FIPS.180-4
 * A tagged hash is that of the message and one more byte, the tag.
 */

#define SHA256_BLOCK 64
static const uint32_t sha256_iv[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
static const uint32_t sha256_k[64] __attribute__((aligned(64))) = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

/* What follows the message: the tag if any, then the byte 0x80. At most two bytes, and tagged messages
 * are whole words, so they fit in the 32-bit word where the message ends. */
static inline uint32_t sha256_ending(size_t bytes, int tag) {
    return (tag == HASH_PLAIN ? 0x80u : (uint32_t)tag | 0x8000u) << (8 * (bytes % 4));
}
static inline size_t sha256_padded(size_t bytes, int tag) { /* message, ending, length; whole blocks */
    const size_t used = bytes + (tag == HASH_PLAIN ? 0 : 1) + 1 + 8;
    return (used + SHA256_BLOCK - 1) / SHA256_BLOCK * SHA256_BLOCK;
}
static inline uint64_t sha256_bits(size_t bytes, int tag) {
    return 8 * ((uint64_t)bytes + (tag == HASH_PLAIN ? 0 : 1));
}

#define SHA256_S(a, r0, r1, r2) (l32_rotate(a, r0) ^ l32_rotate(a, r1) ^ l32_rotate(a, r2))
#define SHA256_T(a, r0, r1, s) (l32_rotate(a, r0) ^ l32_rotate(a, r1) ^ ((a) >> (s)))
/* Round i + j: the working variables do not move, their names do. */
#define SHA256_ROUND(a, b, c, d, e, f, g, h, j) \
    do { \
        const lanes32 t = h + SHA256_S(e, 6, 11, 25) + l32_choose(e, f, g) + l32_set1(sha256_k[i + j]) \
                          + w[j]; \
        d += t; \
        h = t + SHA256_S(a, 2, 13, 22) + l32_majority(a, b, c); \
    } while (0)
#define SHA256_EIGHT_ROUNDS(j) \
    SHA256_ROUND(a, b, c, d, e, f, g, h, j); \
    SHA256_ROUND(h, a, b, c, d, e, f, g, j + 1); \
    SHA256_ROUND(g, h, a, b, c, d, e, f, j + 2); \
    SHA256_ROUND(f, g, h, a, b, c, d, e, j + 3); \
    SHA256_ROUND(e, f, g, h, a, b, c, d, j + 4); \
    SHA256_ROUND(d, e, f, g, h, a, b, c, j + 5); \
    SHA256_ROUND(c, d, e, f, g, h, a, b, j + 6); \
    SHA256_ROUND(b, c, d, e, f, g, h, a, j + 7)

/* w: the block's sixteen words, overwritten by the message schedule. */
static __attribute__((noinline)) void sha256_compress(lanes32 *state, lanes32 *w) {
    lanes32 a = state[0], b = state[1], c = state[2], d = state[3];
    lanes32 e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0;; i += 16) {
        SHA256_EIGHT_ROUNDS(0);
        SHA256_EIGHT_ROUNDS(8);
        if (i == 48) break; /* the last sixteen rounds have used the last words of the schedule */
        for (int j = 0; j < 16; j++)
            w[j] += SHA256_T(w[(j + 1) % 16], 7, 18, 3) + w[(j + 9) % 16]
                    + SHA256_T(w[(j + 14) % 16], 17, 19, 10);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

INLINE void sha256_hash(int layout, const hash_input *in, size_t bytes, int tag, uint8_t *out) {
    const size_t padded = sha256_padded(bytes, tag);
    const uint64_t bits = sha256_bits(bytes, tag);
    lanes32 state[8];
    for (int i = 0; i < 8; i++) state[i] = l32_set1(sha256_iv[i]);
    for (size_t offset = 0; offset < padded; offset += SHA256_BLOCK) {
        const size_t left = bytes > offset ? bytes - offset : 0;
        lanes32 w[16];
        l32_gather_block(layout, in, offset, left < SHA256_BLOCK ? left : SHA256_BLOCK, w);
        if (bytes / SHA256_BLOCK * SHA256_BLOCK == offset)
            w[bytes % SHA256_BLOCK / 4] |= l32_set1(sha256_ending(bytes, tag));
        for (int i = 0; i < 16; i++) w[i] = l32_swap(w[i]);
        if (offset + SHA256_BLOCK == padded) {
            w[14] = l32_set1((uint32_t)(bits >> 32));
            w[15] = l32_set1((uint32_t)bits);
        }
        sha256_compress(state, w);
    }
    for (int i = 0; i < 8; i++) state[i] = l32_swap(state[i]);
    l32_scatter8(state, out);
}
HASH_LAYOUTS(sha256)
