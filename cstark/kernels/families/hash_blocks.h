/* Reading 64-byte blocks of messages into 32-bit lanes, whatever the layout: for blake3.h, sha256.h. */
#include "hash_types.h"

/* Asks for a line of each stream's next message: so many rows at a time are more than the processor
 * itself foresees, and from memory they would cost as much as hashing them. */
INLINE void l32_ask_ahead(const hash_input *in, size_t offset) {
    for (int k = 0; k < STREAMS32; k++) __builtin_prefetch(in->piece[0][k] + in->ahead + offset, 0, 3);
}

/* Bytes offset .. offset + bytes - 1 of the messages, bytes <= 64, then zeros: w[0..15]. */
INLINE void l32_gather_block(int layout, const hash_input *in, size_t offset, size_t bytes,
                             lanes32 *w) {
    if (layout == HASH_PLANAR) {
        const size_t words = bytes / 8;
        for (size_t j = 0; j < words; j++)
            l32_load_word(in->word[offset / 8 + j] + in->first, w + 2 * j);
        for (size_t j = 2 * words; j < 16; j++) w[j] = l32_set1(0);
        return;
    }
    if (layout == HASH_ROWS && in->ahead) l32_ask_ahead(in, offset);
    for (size_t half = 0; half < 2; half++) {
        const size_t start = offset + 32 * half, left = bytes > 32 * half ? bytes - 32 * half : 0;
        const uint8_t *const *at = in->piece[layout == HASH_PIECES && left ? start / 32 : 0];
        if (left >= 32)
            l32_gather8(at, layout == HASH_PIECES ? 0 : start, w + 8 * half);
        else if (left)
            l32_gather_some(at, layout == HASH_PIECES ? 0 : start, left, w + 8 * half);
        else
            for (int j = 0; j < 8; j++) w[8 * half + j] = l32_set1(0);
    }
}
