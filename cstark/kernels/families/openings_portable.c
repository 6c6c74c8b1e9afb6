/* The family openings for portable. */
#include "isa.h"
#include "portable/lanes.h"
#define TABLE openings_portable
#include "openings.h"
