/* The hashes on lanes: a core for each algorithm. All instruction sets give the same digests. */
#include "hash_types.h"

#include "hash_blocks.h"
#include "keccak.h"
#include "blake3.h"
#include "sha256.h"

const hash_table TABLE = {
    .core = {[HASH_KECCAK256] = HASH_CORE_OF(keccak, STREAMS64),
             [HASH_BLAKE3] = HASH_CORE_OF(blake3, STREAMS32),
             [HASH_SHA256] = HASH_CORE_OF(sha256, STREAMS32)},
};
