/* SHA-256 by the processor's SHA instructions, two messages at once.
 *
 * One message keeps the unit waiting for its own latency; two interleaved ones nearly fill it.
 * The instructions want the state as (a, b, e, f) and (c, d, g, h), highest word first.
 */
#ifndef CSTARK_SHA_NI_H
#define CSTARK_SHA_NI_H

#define SHA_NI_STREAMS 2

typedef struct {
    __m128i abef, cdgh;
} sha_ni_state;

#define SHA_NI_BYTES_SWAPPED _mm_set_epi64x(0x0C0D0E0F08090A0Bll, 0x0405060700010203ll)

/* Rounds 4 i to 4 i + 3 of stream q, and in m[q][i % 4] the four schedule words due 16 rounds later. */
#define SHA_NI_ROUNDS(q, i) \
    do { \
        const __m128i sum = _mm_add_epi32(m[q][i % 4], *(const __m128i *)(sha256_k + 4 * i)); \
        cdgh[q] = _mm_sha256rnds2_epu32(cdgh[q], abef[q], sum); \
        abef[q] = _mm_sha256rnds2_epu32(abef[q], cdgh[q], _mm_shuffle_epi32(sum, 0x0E)); \
        if (i < 12) { \
            const __m128i early = _mm_sha256msg1_epu32(m[q][i % 4], m[q][(i + 1) % 4]); \
            const __m128i middle = _mm_alignr_epi8(m[q][(i + 3) % 4], m[q][(i + 2) % 4], 4); \
            m[q][i % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(early, middle), m[q][(i + 3) % 4]); \
        } \
    } while (0)
#define SHA_NI_BOTH(i) \
    SHA_NI_ROUNDS(0, i); \
    SHA_NI_ROUNDS(1, i)

static __attribute__((noinline)) void sha_ni_compress(sha_ni_state *state, const uint8_t *block0,
                                                      const uint8_t *block1) {
    __m128i m[2][4], abef[2] = {state[0].abef, state[1].abef};
    __m128i cdgh[2] = {state[0].cdgh, state[1].cdgh};
    for (int i = 0; i < 4; i++) {
        m[0][i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block0 + i), SHA_NI_BYTES_SWAPPED);
        m[1][i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block1 + i), SHA_NI_BYTES_SWAPPED);
    }
    SHA_NI_BOTH(0);
    SHA_NI_BOTH(1);
    SHA_NI_BOTH(2);
    SHA_NI_BOTH(3);
    SHA_NI_BOTH(4);
    SHA_NI_BOTH(5);
    SHA_NI_BOTH(6);
    SHA_NI_BOTH(7);
    SHA_NI_BOTH(8);
    SHA_NI_BOTH(9);
    SHA_NI_BOTH(10);
    SHA_NI_BOTH(11);
    SHA_NI_BOTH(12);
    SHA_NI_BOTH(13);
    SHA_NI_BOTH(14);
    SHA_NI_BOTH(15);
    for (int q = 0; q < 2; q++) {
        state[q].abef = _mm_add_epi32(state[q].abef, abef[q]);
        state[q].cdgh = _mm_add_epi32(state[q].cdgh, cdgh[q]);
    }
}

/* Bytes offset .. offset + bytes - 1 of message k, in place or copied to `buffer`. */
INLINE const uint8_t *sha_ni_block(int layout, const hash_input *in, int k, size_t offset,
                                   size_t bytes, uint8_t *buffer) {
    if (layout == HASH_ROWS && bytes == SHA256_BLOCK) return in->piece[0][k] + offset;
    if (layout == HASH_ROWS) memcpy(buffer, in->piece[0][k] + offset, bytes);
    if (layout == HASH_PIECES)
        for (size_t i = 0; i < bytes; i += 32)
            _mm256_storeu_si256((__m256i *)(buffer + i),
                                _mm256_loadu_si256((const __m256i *)in->piece[(offset + i) / 32][k]));
    if (layout == HASH_PLANAR)
        for (size_t i = 0; i < bytes; i += 8)
            memcpy(buffer + i, in->word[(offset + i) / 8] + in->first + k, 8);
    return buffer;
}

INLINE void sha_ni_hash(int layout, const hash_input *in, size_t bytes, int tag, uint8_t *out) {
    const size_t padded = sha256_padded(bytes, tag);
    const uint64_t length = __builtin_bswap64(sha256_bits(bytes, tag));
    const __m128i abef = _mm_set_epi32((int)sha256_iv[0], (int)sha256_iv[1], (int)sha256_iv[4],
                                       (int)sha256_iv[5]);
    const __m128i cdgh = _mm_set_epi32((int)sha256_iv[2], (int)sha256_iv[3], (int)sha256_iv[6],
                                       (int)sha256_iv[7]);
    sha_ni_state state[2] = {{abef, cdgh}, {abef, cdgh}};
    uint8_t buffer[2][SHA256_BLOCK] __attribute__((aligned(64)));
    size_t offset = 0;
    for (; offset + SHA256_BLOCK <= bytes; offset += SHA256_BLOCK)
        sha_ni_compress(state, sha_ni_block(layout, in, 0, offset, SHA256_BLOCK, buffer[0]),
                        sha_ni_block(layout, in, 1, offset, SHA256_BLOCK, buffer[1]));
    for (; offset < padded; offset += SHA256_BLOCK) {
        const size_t left = bytes > offset ? bytes - offset : 0;
        for (int k = 0; k < 2; k++) {
            memset(buffer[k], 0, SHA256_BLOCK);
            sha_ni_block(layout, in, k, offset, left, buffer[k]);
            if (bytes / SHA256_BLOCK * SHA256_BLOCK == offset) {
                const uint32_t ending = sha256_ending(bytes, tag);
                uint8_t *place = buffer[k] + left / 4 * 4;
                uint32_t word;
                memcpy(&word, place, 4);
                word |= ending;
                memcpy(place, &word, 4);
            }
            if (offset + SHA256_BLOCK == padded) memcpy(buffer[k] + SHA256_BLOCK - 8, &length, 8);
        }
        sha_ni_compress(state, buffer[0], buffer[1]);
    }
    for (int k = 0; k < 2; k++) {
        const __m128i first = _mm_unpackhi_epi64(state[k].cdgh, state[k].abef); /* d c b a */
        const __m128i second = _mm_unpacklo_epi64(state[k].cdgh, state[k].abef); /* h g f e */
        const __m128i reversed = _mm_set_epi64x(0x0001020304050607ll, 0x08090A0B0C0D0E0Fll);
        _mm_storeu_si128((__m128i *)(out + 32 * k), _mm_shuffle_epi8(first, reversed));
        _mm_storeu_si128((__m128i *)(out + 32 * k + 16), _mm_shuffle_epi8(second, reversed));
    }
}
HASH_CORE(sha_ni, SHA_NI_STREAMS)

#endif
