/* Keccak-256 with the original padding (0x01), STREAMS64 messages at once.
 *
 * Source: "The Keccak reference", version 3.0, https://keccak.team/files/Keccak-reference-3.0.pdf
 * Lane (x, y) of the state is state[x + 5 y]. A tagged hash is that of the message and one more
 * 64-bit lane, the tag.
 */

#define KECCAK_RATE 17 /* 64-bit words in a block */
static const uint64_t keccak_iota[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* Theta: what every lane of column x takes up, the parity of column x - 1 and that of x + 1 rotated. */
#define KECCAK_PARITY(from, x) \
    l64_xor3(l64_xor3(from[x], from[x + 5], from[x + 10]), from[x + 15], from[x + 20])
#define KECCAK_COLUMN(x) parity[(x + 4) % 5] ^ l64_rotate(parity[(x + 1) % 5], 1)

/* Row y of the next state: pi takes lane i of the old one to place x, rho rotates it by r; then chi. */
#define KECCAK_LANE(from, i, r) l64_rotate(from[i] ^ column[(i) % 5], r)
#define KECCAK_ROW(from, to, y, i0, r0, i1, r1, i2, r2, i3, r3, i4, r4) \
    do { \
        const lanes64 b0 = KECCAK_LANE(from, i0, r0), b1 = KECCAK_LANE(from, i1, r1); \
        const lanes64 b2 = KECCAK_LANE(from, i2, r2), b3 = KECCAK_LANE(from, i3, r3); \
        const lanes64 b4 = KECCAK_LANE(from, i4, r4); \
        to[5 * y] = l64_chi(b0, b1, b2), to[5 * y + 1] = l64_chi(b1, b2, b3); \
        to[5 * y + 2] = l64_chi(b2, b3, b4), to[5 * y + 3] = l64_chi(b3, b4, b0); \
        to[5 * y + 4] = l64_chi(b4, b0, b1); \
    } while (0)

#define KECCAK_ROUND(from, to, constant) \
    do { \
        const lanes64 parity[5] = {KECCAK_PARITY(from, 0), KECCAK_PARITY(from, 1), \
                                   KECCAK_PARITY(from, 2), KECCAK_PARITY(from, 3), \
                                   KECCAK_PARITY(from, 4)}; \
        const lanes64 column[5] = {KECCAK_COLUMN(0), KECCAK_COLUMN(1), KECCAK_COLUMN(2), \
                                   KECCAK_COLUMN(3), KECCAK_COLUMN(4)}; \
        KECCAK_ROW(from, to, 0, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14); \
        to[0] ^= l64_set1(constant); \
        KECCAK_ROW(from, to, 1, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61); \
        KECCAK_ROW(from, to, 2, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18); \
        KECCAK_ROW(from, to, 3, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56); \
        KECCAK_ROW(from, to, 4, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2); \
    } while (0)

/* Two rounds a turn, so that no lane moves between the two copies of the state. */
static __attribute__((noinline)) void keccak_permute(lanes64 *state) {
    lanes64 other[25];
    for (int round = 0; round < 24; round += 2) {
        KECCAK_ROUND(state, other, keccak_iota[round]);
        KECCAK_ROUND(other, state, keccak_iota[round + 1]);
    }
}

/* Adds words first .. first + count - 1 of the messages to the state's first `count` lanes. */
INLINE void keccak_absorb(lanes64 *state, const hash_input *in, int layout, size_t first,
                          size_t count) {
    size_t j = 0;
    if (layout == HASH_PLANAR) {
        for (; j < count; j++) state[j] ^= l64_load(in->word[first + j] + in->first);
        return;
    }
    if (layout == HASH_ROWS && in->ahead) /* the lines of each stream's next message, see hash_blocks.h */
        for (size_t line = 0; line < 8 * count; line += 64)
            for (int k = 0; k < STREAMS64; k++)
                __builtin_prefetch(in->piece[0][k] + in->ahead + 8 * first + line, 0, 3);
    for (; j + 4 <= count; j += 4) {
        lanes64 w[4];
        const size_t offset = 8 * (first + j);
        if (layout == HASH_PIECES)
            l64_gather4(in->piece[offset / 32], 0, w);
        else
            l64_gather4(in->piece[0], offset, w);
        for (int i = 0; i < 4; i++) state[j + i] ^= w[i];
    }
    for (; j < count; j++) state[j] ^= l64_gather(in->piece[0], 8 * (first + j));
}

INLINE void keccak_hash(int layout, const hash_input *in, size_t bytes, int tag, uint8_t *out) {
    const size_t words = bytes / 8, tail = bytes % 8;
    lanes64 state[25];
    size_t done = 0, place;
    memset(state, 0, sizeof state);
    for (; words - done >= KECCAK_RATE; done += KECCAK_RATE) {
        keccak_absorb(state, in, layout, done, KECCAK_RATE);
        keccak_permute(state);
    }
    place = words - done;
    keccak_absorb(state, in, layout, done, place);
    if (tag != HASH_PLAIN) {
        state[place++] ^= l64_set1((uint64_t)tag);
        if (place == KECCAK_RATE) {
            keccak_permute(state);
            place = 0;
        }
    }
    if (tail) { /* not whole words: only rows */
        uint64_t last[STREAMS64] = {0};
        for (int k = 0; k < STREAMS64; k++) memcpy(last + k, in->piece[0][k] + 8 * words, tail);
        state[place] ^= l64_load(last);
    }
    state[place] ^= l64_set1((uint64_t)1 << (8 * tail));
    state[KECCAK_RATE - 1] ^= l64_set1((uint64_t)1 << 63);
    keccak_permute(state);
    l64_scatter4(state, out);
}
HASH_LAYOUTS(keccak)
