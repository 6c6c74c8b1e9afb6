/* The hashes, portable code. */
#include "isa.h"
#include "portable/hash_lanes.h"
#define TABLE hash_portable
#include "hash.h"
