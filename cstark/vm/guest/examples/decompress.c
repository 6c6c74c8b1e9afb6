/* CRC-32 and LZ decompression: a checksum of what a compressed file holds.

   Statement: "I know an LZ4 block that decompresses to so many bytes with this CRC-32".

   Input (private):  the block, as LZ4 writes it (without a frame).
   Output (public):  the number of bytes and their CRC-32, 4 bytes each, little endian.
   Exit code:        0; 2 if the block is broken; 3 if there is not enough memory.

   Lesson 1.  A decoder of a stranger's bytes checks every length against what is left of the input
   and of the output, and every distance against what has been written.  Here the prover is the
   stranger, and what a missing check lets through is proved.

   Lesson 2.  CRC-32 is a checksum, not a commitment: anybody can find another file with the same
   one.  It stands here as what it is, table work; a binding statement takes a hash.

   Lesson 3.  The table has 16 entries for half a byte each, not 256 for a byte.  It is part of the
   program, and so of every verifier's key; computing 256 entries would take longer than a short
   file. */

#include <cstark.h>

#define MOST (64u * 1024u) /* bytes that a block may decompress to */

static uint32_t crc32(const uint8_t *data, size_t size) {
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* A length of 15 goes on in the next bytes, up to the first that is not 255. */
static bool longer(const uint8_t **at, const uint8_t *end, size_t *length) {
    if (*length < 15) {
        return true;
    }
    for (;;) {
        if (*at == end || *length > MOST) {
            return false;
        }
        uint8_t byte = *(*at)++;
        *length += byte;
        if (byte < 255) {
            return true;
        }
    }
}

/* Decompress; returns how many bytes were written to `out`, or -1. */
static int64_t decompress(const uint8_t *at, size_t size, uint8_t *out) {
    const uint8_t *end = at + size;
    size_t written = 0;
    while (at < end) {
        uint8_t token = *at++;
        size_t literals = token >> 4;
        if (!longer(&at, end, &literals) || literals > (size_t)(end - at) ||
            literals > MOST - written) {
            return -1;
        }
        memcpy(out + written, at, literals);
        at += literals;
        written += literals;
        if (at == end) {
            return (int64_t)written; /* a block ends with literals */
        }
        if (end - at < 2) {
            return -1;
        }
        size_t distance = (size_t)at[0] | (size_t)at[1] << 8;
        at += 2;
        size_t length = token & 15;
        if (!longer(&at, end, &length)) {
            return -1;
        }
        length += 4;
        if (distance == 0 || distance > written || length > MOST - written) {
            return -1;
        }
        if (distance >= length) {
            memcpy(out + written, out + written - distance, length);
        } else { /* a pattern that repeats itself: byte by byte, on purpose */
            for (size_t i = 0; i < length; i++) {
                out[written + i] = out[written + i - distance];
            }
        }
        written += length;
    }
    return -1; /* nothing after the last match, or nothing at all */
}

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    uint8_t *out = malloc(MOST);
    if (!out) {
        return 3;
    }
    int64_t written = decompress(data, size, out);
    if (written < 0) {
        return 2;
    }
    uint32_t answer[2] = {(uint32_t)written, crc32(out, (size_t)written)};
    write_output((const uint8_t *)answer, sizeof answer);
    return 0;
}
