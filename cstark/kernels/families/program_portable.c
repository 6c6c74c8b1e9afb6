/* The family program for portable. */
#include "isa.h"
#include "portable/lanes.h"
#define TABLE program_portable
#include "program.h"
