/* The family field for portable. */
#include "isa.h"
#include "portable/lanes.h"
#define TABLE field_portable
#include "field.h"
