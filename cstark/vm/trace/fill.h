/* Everything that fills the rows of the families. */
#ifndef CSTARK_VM_FILL_H
#define CSTARK_VM_FILL_H

#include "cells.h"
#include "fill_bits.h"
#include "fill_memory.h"
#include "fill_order.h"
#include "fill_products.h"

#endif
