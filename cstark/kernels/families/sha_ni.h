/* SHA-256 by the processor's SHA instructions, four messages at once.
 *
 * The rounds of one message are a chain of instructions that each take four cycles, while the unit
 * can start one every cycle or two: interleaved messages keep it busy.
 * The instructions want the state as (a, b, e, f) and (c, d, g, h), highest word first.
 */
#include "hash_blocks.h"
#include "sha256.h"

#define SHA_NI_STREAMS 4
#define SHA_NI_COPY (8 * HASH_PLANAR_MAX + SHA256_BLOCK) /* bytes; rows, pieces need less */

typedef struct {
    __m128i abef, cdgh;
} sha_ni_state;

INLINE __m128i sha_ni_words(const uint8_t *p) { /* four big-endian words */
    const __m128i swapped = _mm_set_epi64x(0x0C0D0E0F08090A0Bll, 0x0405060700010203ll);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p), swapped);
}

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
#define SHA_NI_ALL(i) \
    SHA_NI_ROUNDS(0, i); \
    SHA_NI_ROUNDS(1, i); \
    SHA_NI_ROUNDS(2, i); \
    SHA_NI_ROUNDS(3, i)

/* `count` adjacent blocks of each message. */
static __attribute__((noinline)) void sha_ni_compress(sha_ni_state *state,
                                                      const uint8_t *const *message, size_t count) {
    for (size_t offset = 0; count--; offset += SHA256_BLOCK) {
        __m128i m[SHA_NI_STREAMS][4], abef[SHA_NI_STREAMS], cdgh[SHA_NI_STREAMS];
        for (int q = 0; q < SHA_NI_STREAMS; q++) {
            for (int i = 0; i < 4; i++) m[q][i] = sha_ni_words(message[q] + offset + 16 * i);
            abef[q] = state[q].abef, cdgh[q] = state[q].cdgh;
        }
        SHA_NI_ALL(0);
        SHA_NI_ALL(1);
        SHA_NI_ALL(2);
        SHA_NI_ALL(3);
        SHA_NI_ALL(4);
        SHA_NI_ALL(5);
        SHA_NI_ALL(6);
        SHA_NI_ALL(7);
        SHA_NI_ALL(8);
        SHA_NI_ALL(9);
        SHA_NI_ALL(10);
        SHA_NI_ALL(11);
        SHA_NI_ALL(12);
        SHA_NI_ALL(13);
        SHA_NI_ALL(14);
        SHA_NI_ALL(15);
        for (int q = 0; q < SHA_NI_STREAMS; q++) {
            state[q].abef = _mm_add_epi32(state[q].abef, abef[q]);
            state[q].cdgh = _mm_add_epi32(state[q].cdgh, cdgh[q]);
        }
    }
}

/* Bytes offset .. offset + 31 of every message, zeros from `bytes` on. */
INLINE void sha_ni_gather(int layout, const hash_input *in, size_t offset, size_t bytes,
                          __m256i *row) {
    const size_t left = bytes > offset ? bytes - offset : 0;
    if (!left) { /* behind the message, where not even a pointer may be formed */
        for (int k = 0; k < SHA_NI_STREAMS; k++) row[k] = _mm256_setzero_si256();
        return;
    }
    if (layout == HASH_PLANAR) {
        __m256i w[4];
        for (size_t j = 0; j < 4; j++)
            w[j] = 8 * j < left ? (__m256i)l64_load(in->word[offset / 8 + j] + in->first)
                                : _mm256_setzero_si256();
        l64_transpose(w, row);
        return;
    }
    for (int k = 0; k < SHA_NI_STREAMS; k++) {
        const uint8_t *from = layout == HASH_PIECES ? in->piece[offset / 32][k] : in->piece[0][k] + offset;
        row[k] = left >= 32 ? _mm256_loadu_si256((const __m256i *)from) : l32_load_some(from, left);
    }
}

INLINE void sha_ni_hash(int layout, const hash_input *in, size_t bytes, int tag, uint8_t *out) {
    /* Whole blocks of rows are hashed where they lie, the rest from a padded copy, which is put
     * together in registers: a load across several recent stores would wait until they retire. */
    const size_t in_place = layout == HASH_ROWS ? bytes / SHA256_BLOCK * SHA256_BLOCK : 0;
    const size_t padded = sha256_padded(bytes, tag);
    const __m256i ending = _mm256_set1_epi32((int)sha256_ending(bytes, tag));
    const __m256i place = _mm256_set1_epi32((int)((bytes - in_place) / 4)); /* word of the ending */
    const __m256i length =
        _mm256_set_epi64x((long long)__builtin_bswap64(sha256_bits(bytes, tag)), 0, 0, 0);
    const sha_ni_state start = {_mm_set_epi32((int)sha256_iv[0], (int)sha256_iv[1], (int)sha256_iv[4],
                                              (int)sha256_iv[5]),
                                _mm_set_epi32((int)sha256_iv[2], (int)sha256_iv[3], (int)sha256_iv[6],
                                              (int)sha256_iv[7])};
    sha_ni_state state[SHA_NI_STREAMS] = {start, start, start, start};
    uint8_t copy[SHA_NI_STREAMS][SHA_NI_COPY] __attribute__((aligned(32)));
    const uint8_t *const copies[SHA_NI_STREAMS] = {copy[0], copy[1], copy[2], copy[3]};
    __m256i position = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    if (in_place) sha_ni_compress(state, in->piece[0], in_place / SHA256_BLOCK);
    for (size_t offset = in_place; offset < padded; offset += 32) {
        __m256i padding = _mm256_and_si256(_mm256_cmpeq_epi32(position, place), ending), row[4];
        if (offset + 32 == padded) padding = _mm256_or_si256(padding, length);
        position = _mm256_add_epi32(position, _mm256_set1_epi32(8));
        sha_ni_gather(layout, in, offset, bytes, row);
        for (int k = 0; k < SHA_NI_STREAMS; k++)
            _mm256_store_si256((__m256i *)(copy[k] + offset - in_place),
                               _mm256_or_si256(row[k], padding));
    }
    sha_ni_compress(state, copies, (padded - in_place) / SHA256_BLOCK);
    for (int k = 0; k < SHA_NI_STREAMS; k++) {
        const __m128i first = _mm_unpackhi_epi64(state[k].cdgh, state[k].abef); /* d c b a */
        const __m128i second = _mm_unpacklo_epi64(state[k].cdgh, state[k].abef); /* h g f e */
        const __m128i reversed = _mm_set_epi64x(0x0001020304050607ll, 0x08090A0B0C0D0E0Fll);
        _mm_storeu_si128((__m128i *)(out + 32 * k), _mm_shuffle_epi8(first, reversed));
        _mm_storeu_si128((__m128i *)(out + 32 * k + 16), _mm_shuffle_epi8(second, reversed));
    }
}
HASH_LAYOUTS(sha_ni)

const hash_core hash_sha_instructions = HASH_CORE_OF(sha_ni, SHA_NI_STREAMS);
