"""The compiled loops: one module a kernel family, every loop over rows in one of them.

A family's C code stands once, in ``include/``, written against a small vocabulary of vector
operations (``portable/lanes.h``, ``avx2/lanes.h``) and compiled once for each instruction set; a
table of function pointers, chosen when the module is imported, leads to one of the copies.
The ``.pyx`` modules validate shapes, share out chunks over threads (`_chunks`) and raise errors.
"""

from cstark.kernels.waiting import short_waits

with short_waits():  # the first of the modules loads OpenMP
    from cstark.kernels import _runtime as _runtime
