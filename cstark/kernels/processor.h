/* Which processor this is, as far as the choice of an instruction set asks. Included by _runtime alone. */
#ifndef CSTARK_PROCESSOR_H
#define CSTARK_PROCESSOR_H

#include <string.h>

#include "targets.h"

/* The maker's name to vendor[13]; family and model as the makers count them. Empty and 0 elsewhere than
 * on x86-64. */
static void cpu_identity(char *vendor, int *family, int *model) {
    memset(vendor, 0, 13);
    *family = *model = 0;
#if CSTARK_HAVE_AVX2
    unsigned a, b, c, d;
    if (!__get_cpuid(0, &a, &b, &c, &d)) return;
    memcpy(vendor, &b, 4), memcpy(vendor + 4, &d, 4), memcpy(vendor + 8, &c, 4);
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    *family = (int)(a >> 8 & 15), *model = (int)(a >> 4 & 15);
    if (*family == 15 || *family == 6) *model += (int)(a >> 16 & 15) << 4;
    if (*family == 15) *family += (int)(a >> 20 & 255);
#endif
}

#endif
