/* SHA-256: a commitment to the input.

   Statement: "I know bytes with this SHA-256 digest".

   Input (private):  any bytes.
   Output (public):  their digest, 32 bytes.
   Exit code:        0.

   Lesson 1.  A hash in the output is how a proof speaks of private data: whoever knows the digest
   of a document, because it was published or signed, knows that a proof with this digest is about
   that document.  A digest that the guest only reads from its input would bind nothing.

   Lesson 2.  The cost is instructions: about 5,000 for a block of 64 bytes.  Most of them are
   rotations, which this machine does with two shifts and an or.  See sha256.h. */

#include <cstark.h>

#include "sha256.h"

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);

    struct sha256 hash;
    uint8_t digest[32];
    sha256_start(&hash);
    sha256_add(&hash, data, size);
    sha256_finish(&hash, digest);

    write_output(digest, sizeof digest);
    return 0;
}
