/* The family fri for portable. */
#include "isa.h"
#include "portable/lanes.h"
#define TABLE fri_portable
#include "fri.h"
