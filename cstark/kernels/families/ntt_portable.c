/* The family ntt for portable. */
#include "isa.h"
#include "portable/lanes.h"
#define TABLE ntt_portable
#include "ntt.h"
