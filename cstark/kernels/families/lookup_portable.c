/* The family lookup for portable. */
#include "isa.h"
#include "portable/lanes.h"
#define TABLE lookup_portable
#include "lookup.h"
