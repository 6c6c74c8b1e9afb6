/* What the hash algorithms (keccak.h, blake3.h, sha256.h) and the loops over rows (hash_loops.h) share.
 *
 * A core hashes `streams` messages of one common length at once: vector lanes are messages. It is
 * compiled for each instruction set; everything above it is only pointers, and compiled once.
 */
#ifndef CSTARK_HASH_TYPES_H
#define CSTARK_HASH_TYPES_H

#include "isa.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the hash kernels read little-endian words in place"
#endif

/* Domains of tagged hashes; a message under one tag never collides with one under another. */
enum { HASH_PLAIN = 0, HASH_LEAF = 1, HASH_NODE = 2, HASH_INJECT = 3 };
enum { HASH_KECCAK256 = 0, HASH_BLAKE3 = 1, HASH_SHA256 = 2, HASH_ALGORITHMS = 3 };

#define HASH_BYTES 32
#define HASH_STREAMS_MAX 16
#define HASH_PIECES_MAX 3
#define HASH_PLANAR_MAX 48 /* words */

/* Where the messages of one call lie:
 * rows     message k is contiguous at piece[0][k];
 * pieces   message k is the 32 bytes at piece[0][k], then those at piece[1][k], ...;
 * planar   word j of message k is word[j][first + k]. */
enum { HASH_ROWS, HASH_PIECES, HASH_PLANAR };

typedef struct {
    const uint8_t *piece[HASH_PIECES_MAX][HASH_STREAMS_MAX];
    const uint64_t *const *word;
    ptrdiff_t first;
    ptrdiff_t ahead; /* rows: bytes to the message that is this stream's next, to be asked for now; or 0 */
} hash_input;

/* Hashes all streams of `in`, messages of `bytes` bytes (a multiple of 8 unless rows and HASH_PLAIN),
 * to `streams` digests at `out`. */
typedef void (*hash_function)(const hash_input *in, size_t bytes, int tag, uint8_t *out);

typedef struct {
    int streams;
    hash_function rows, pieces, planar;
} hash_core;

typedef struct {
    hash_core core[HASH_ALGORITHMS];
} hash_table;

/* SHA-256 by SHA instructions (sha_ni.h), for processors that have them. */
extern const hash_core hash_sha_instructions;

/* name_hash(layout, ...) specialised for each layout, and the core made of the three. */
#define HASH_LAYOUTS(name) \
    static void name##_rows(const hash_input *in, size_t bytes, int tag, uint8_t *out) { \
        name##_hash(HASH_ROWS, in, bytes, tag, out); \
    } \
    static void name##_pieces(const hash_input *in, size_t bytes, int tag, uint8_t *out) { \
        name##_hash(HASH_PIECES, in, bytes, tag, out); \
    } \
    static void name##_planar(const hash_input *in, size_t bytes, int tag, uint8_t *out) { \
        name##_hash(HASH_PLANAR, in, bytes, tag, out); \
    }
#define HASH_CORE_OF(name, count) {count, name##_rows, name##_pieces, name##_planar}

#endif
