/* The family matmul for portable. */
#include "isa.h"
#include "portable/lanes.h"
#define TABLE matmul_portable
#include "matmul.h"
