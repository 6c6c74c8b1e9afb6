/* Message lanes without intrinsics; vocabulary in hash_lane_names.h.
 *
 * The compiler's own vectors of 128 bits, which every target has, if need be as scalars: four 32-bit
 * words, or two 64-bit words (faster for Keccak than one message in scalar registers).
 */
#define STREAMS64 2
#define STREAMS32 4

typedef uint64_t lanes64 __attribute__((vector_size(16)));
typedef uint32_t lanes32 __attribute__((vector_size(16)));

INLINE lanes64 l64_set1(uint64_t a) { return (lanes64){a, a}; }
INLINE lanes64 l64_rotate(lanes64 a, int n) { return n ? (a << n) | (a >> (64 - n)) : a; }
INLINE lanes64 l64_xor3(lanes64 a, lanes64 b, lanes64 c) { return a ^ b ^ c; }
INLINE lanes64 l64_chi(lanes64 a, lanes64 b, lanes64 c) { return a ^ (~b & c); }
INLINE lanes64 l64_load(const uint64_t *p) { return (lanes64){p[0], p[1]}; }
INLINE lanes64 l64_gather(const uint8_t *const *at, size_t offset) {
    uint64_t word[STREAMS64];
    for (int k = 0; k < STREAMS64; k++) memcpy(word + k, at[k] + offset, 8);
    return (lanes64){word[0], word[1]};
}
INLINE void l64_gather4(const uint8_t *const *at, size_t offset, lanes64 *w) {
    for (int j = 0; j < 4; j++) w[j] = l64_gather(at, offset + 8 * j);
}
INLINE void l64_scatter4(const lanes64 *w, uint8_t *out) {
    for (int k = 0; k < STREAMS64; k++)
        for (int j = 0; j < 4; j++) {
            const uint64_t word = w[j][k];
            memcpy(out + 32 * k + 8 * j, &word, 8);
        }
}

INLINE lanes32 l32_set1(uint32_t a) { return (lanes32){a, a, a, a}; }
INLINE lanes32 l32_rotate(lanes32 a, int n) { return (a >> n) | (a << (32 - n)); }
INLINE lanes32 l32_choose(lanes32 a, lanes32 b, lanes32 c) { return c ^ (a & (b ^ c)); }
INLINE lanes32 l32_majority(lanes32 a, lanes32 b, lanes32 c) { return (a & b) | (c & (a | b)); }
INLINE lanes32 l32_swap(lanes32 a) {
    return (l32_rotate(a, 8) & l32_set1(0xFF00FF00u)) | (l32_rotate(a, 24) & l32_set1(0x00FF00FFu));
}
INLINE void l32_load_word(const uint64_t *p, lanes32 *w) {
    for (int k = 0; k < STREAMS32; k++)
        w[0][k] = (uint32_t)p[k], w[1][k] = (uint32_t)(p[k] >> 32);
}
INLINE void l32_gather_some(const uint8_t *const *at, size_t offset, size_t bytes, lanes32 *w) {
    uint32_t row[STREAMS32][8] = {{0}};
    for (int k = 0; k < STREAMS32; k++) memcpy(row[k], at[k] + offset, bytes);
    for (int j = 0; j < 8; j++) w[j] = (lanes32){row[0][j], row[1][j], row[2][j], row[3][j]};
}
INLINE void l32_gather8(const uint8_t *const *at, size_t offset, lanes32 *w) {
    for (int j = 0; j < 8; j++) {
        uint32_t word[STREAMS32];
        for (int k = 0; k < STREAMS32; k++) memcpy(word + k, at[k] + offset + 4 * j, 4);
        w[j] = (lanes32){word[0], word[1], word[2], word[3]};
    }
}
INLINE void l32_scatter8(const lanes32 *w, uint8_t *out) {
    for (int k = 0; k < STREAMS32; k++)
        for (int j = 0; j < 8; j++) {
            const uint32_t word = w[j][k];
            memcpy(out + 32 * k + 4 * j, &word, 4);
        }
}
