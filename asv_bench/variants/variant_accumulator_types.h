/* What variant_accumulator.h and the module that calls it share. */
#ifndef VARIANT_ACCUMULATOR_TYPES_H
#define VARIANT_ACCUMULATOR_TYPES_H

#include "lookup_types.h"

typedef struct {
    kernel_function sum;
    kernel_function accumulate;
} variant_accumulator_table;

#endif
