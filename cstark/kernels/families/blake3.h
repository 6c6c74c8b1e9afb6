/* BLAKE3, plain and keyed, STREAMS32 messages at once.
 *
 * Source: https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf
 * A tagged hash is the keyed hash under the tag's key.
 */

#define BLAKE3_BLOCK 64
#define BLAKE3_CHUNK 1024
#define BLAKE3_DEPTH 54 /* chunk subtrees pending in a message of 2^64 bytes */
enum {
    BLAKE3_CHUNK_START = 1,
    BLAKE3_CHUNK_END = 2,
    BLAKE3_PARENT = 4,
    BLAKE3_ROOT = 8,
    BLAKE3_KEYED = 16
};
static const uint32_t blake3_iv[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
static const char blake3_keys[4][32] = {"", "cstark leaf", "cstark node", "cstark inject"};

/* Half of the mixing function on four independent quadruples (a, b, c, d) side by side: a is v[0..3],
 * the macro names the places of b, c, d and of the message words. */
#define BLAKE3_HALF(rd, rb, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3, m0, m1, m2, m3) \
    v[0] += m[m0], v[1] += m[m1], v[2] += m[m2], v[3] += m[m3]; \
    v[0] += v[b0], v[1] += v[b1], v[2] += v[b2], v[3] += v[b3]; \
    v[d0] ^= v[0], v[d1] ^= v[1], v[d2] ^= v[2], v[d3] ^= v[3]; \
    v[d0] = l32_rotate(v[d0], rd), v[d1] = l32_rotate(v[d1], rd); \
    v[d2] = l32_rotate(v[d2], rd), v[d3] = l32_rotate(v[d3], rd); \
    v[c0] += v[d0], v[c1] += v[d1], v[c2] += v[d2], v[c3] += v[d3]; \
    v[b0] ^= v[c0], v[b1] ^= v[c1], v[b2] ^= v[c2], v[b3] ^= v[c3]; \
    v[b0] = l32_rotate(v[b0], rb), v[b1] = l32_rotate(v[b1], rb); \
    v[b2] = l32_rotate(v[b2], rb), v[b3] = l32_rotate(v[b3], rb)
#define BLAKE3_COLUMNS(rd, rb, m0, m1, m2, m3) \
    BLAKE3_HALF(rd, rb, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, m0, m1, m2, m3)
#define BLAKE3_DIAGONALS(rd, rb, m0, m1, m2, m3) \
    BLAKE3_HALF(rd, rb, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14, m0, m1, m2, m3)
#define BLAKE3_ROUND(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) \
    BLAKE3_COLUMNS(16, 12, m0, m2, m4, m6); \
    BLAKE3_COLUMNS(8, 7, m1, m3, m5, m7); \
    BLAKE3_DIAGONALS(16, 12, m8, m10, m12, m14); \
    BLAKE3_DIAGONALS(8, 7, m9, m11, m13, m15)

static __attribute__((noinline)) void blake3_compress(lanes32 *chain, const lanes32 *m,
                                                      uint64_t counter, uint32_t length,
                                                      uint32_t flags) {
    lanes32 v[16] = {chain[0], chain[1], chain[2], chain[3], chain[4], chain[5], chain[6], chain[7],
                     l32_set1(blake3_iv[0]), l32_set1(blake3_iv[1]), l32_set1(blake3_iv[2]),
                     l32_set1(blake3_iv[3]), l32_set1((uint32_t)counter),
                     l32_set1((uint32_t)(counter >> 32)), l32_set1(length), l32_set1(flags)};
    /* Each line is the one before it under the message permutation. */
    BLAKE3_ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    BLAKE3_ROUND(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8);
    BLAKE3_ROUND(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1);
    BLAKE3_ROUND(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6);
    BLAKE3_ROUND(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4);
    BLAKE3_ROUND(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7);
    BLAKE3_ROUND(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13);
    chain[0] = v[0] ^ v[8], chain[1] = v[1] ^ v[9], chain[2] = v[2] ^ v[10];
    chain[3] = v[3] ^ v[11], chain[4] = v[4] ^ v[12], chain[5] = v[5] ^ v[13];
    chain[6] = v[6] ^ v[14], chain[7] = v[7] ^ v[15];
}

/* Chaining value of the chunk that starts at `offset` and has `bytes` bytes. */
INLINE void blake3_chunk(int layout, const hash_input *in, size_t offset, size_t bytes,
                         uint32_t flags, uint32_t last_flags, lanes32 *chain) {
    const uint64_t counter = offset / BLAKE3_CHUNK;
    lanes32 m[16];
    flags |= BLAKE3_CHUNK_START;
    for (; bytes > BLAKE3_BLOCK; bytes -= BLAKE3_BLOCK, offset += BLAKE3_BLOCK) {
        l32_gather_block(layout, in, offset, BLAKE3_BLOCK, m);
        blake3_compress(chain, m, counter, BLAKE3_BLOCK, flags);
        flags &= ~(uint32_t)BLAKE3_CHUNK_START;
    }
    l32_gather_block(layout, in, offset, bytes, m);
    blake3_compress(chain, m, counter, (uint32_t)bytes, flags | BLAKE3_CHUNK_END | last_flags);
}

INLINE void blake3_copy(lanes32 *to, const lanes32 *from) {
    for (int i = 0; i < 8; i++) to[i] = from[i];
}

/* right = chaining value of the parent of (left, right). */
INLINE void blake3_parent(const lanes32 *key, const lanes32 *left, lanes32 *right, uint32_t flags) {
    lanes32 m[16];
    blake3_copy(m, left);
    blake3_copy(m + 8, right);
    blake3_copy(right, key);
    blake3_compress(right, m, 0, BLAKE3_BLOCK, flags | BLAKE3_PARENT);
}

INLINE void blake3_hash(int layout, const hash_input *in, size_t bytes, int tag, uint8_t *out) {
    const uint32_t flags = tag == HASH_PLAIN ? 0 : BLAKE3_KEYED;
    uint32_t key_words[8];
    lanes32 key[8], chain[8];
    memcpy(key_words, tag == HASH_PLAIN ? (const void *)blake3_iv : (const void *)blake3_keys[tag],
           sizeof key_words);
    for (int i = 0; i < 8; i++) chain[i] = key[i] = l32_set1(key_words[i]);
    if (bytes <= BLAKE3_CHUNK || layout != HASH_ROWS) { /* only rows are ever longer */
        blake3_chunk(layout, in, 0, bytes, flags, BLAKE3_ROOT, chain);
    } else {
        /* The left subtree of every parent is full: after c chunks the pending subtrees are the
         * binary digits of c, and equal ones merge like carries. */
        lanes32 pending[BLAKE3_DEPTH][8];
        int depth = 0;
        size_t offset = 0;
        for (; bytes - offset > BLAKE3_CHUNK; offset += BLAKE3_CHUNK) {
            blake3_copy(chain, key);
            blake3_chunk(layout, in, offset, BLAKE3_CHUNK, flags, 0, chain);
            for (size_t count = offset / BLAKE3_CHUNK + 1; count % 2 == 0; count /= 2)
                blake3_parent(key, pending[--depth], chain, flags);
            blake3_copy(pending[depth++], chain);
        }
        blake3_copy(chain, key);
        blake3_chunk(layout, in, offset, bytes - offset, flags, 0, chain);
        while (depth--)
            blake3_parent(key, pending[depth], chain, depth ? flags : flags | BLAKE3_ROOT);
    }
    l32_scatter8(chain, out);
}
HASH_LAYOUTS(blake3)
