/* A Merkle path: membership in a set that is known by its root.

   Statement: "I know an entry of the tree with this root".  Which one stays private.

   Input (private):  the position of the leaf, 8 bytes, little endian; the depth, 8 bytes;
                     32 bytes for each level, the sibling on the way from the leaf to the root;
                     the entry, the remaining bytes.
   Output (public):  the root, 32 bytes.
   Exit code:        0; 2 if the input is not of this form.

   The tree is that of RFC 6962 with a power of two of leaves: a leaf is SHA-256(0, entry), a node
   SHA-256(1, left, right).

   Lesson 1.  The byte before the data keeps leaves and nodes apart.  Without it a prover could say
   that an inner node, 64 bytes long, is an entry.

   Lesson 2.  The position has to be used up: after `depth` levels it must be zero, or one leaf
   would have many positions.  It does not matter for this statement; it would as soon as a guest
   wrote the position to its output, or two of them had to differ. */

#include <cstark.h>

#include "sha256.h"

#define DEEPEST 64

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    if (size < 16) {
        return 2;
    }
    uint64_t position, depth;
    memcpy(&position, data, 8);
    memcpy(&depth, data + 8, 8);
    if (depth > DEEPEST || size < 16 + 32 * depth) { /* the first bounds the product */
        return 2;
    }
    if (depth < 64 && position >> depth) {
        return 2;
    }
    const uint8_t *siblings = data + 16;
    const uint8_t *entry = siblings + 32 * depth;

    struct sha256 hash;
    uint8_t node[32];
    sha256_start(&hash);
    sha256_add(&hash, (const uint8_t *)"\0", 1);
    sha256_add(&hash, entry, (size_t)(data + size - entry));
    sha256_finish(&hash, node);
    for (; depth; depth--, siblings += 32, position >>= 1) {
        bool right = position & 1;
        sha256_start(&hash);
        sha256_add(&hash, (const uint8_t *)"\1", 1);
        sha256_add(&hash, right ? siblings : node, 32);
        sha256_add(&hash, right ? node : siblings, 32);
        sha256_finish(&hash, node);
    }
    write_output(node, sizeof node);
    return 0;
}
