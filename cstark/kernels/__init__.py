"""The compiled loops: one module a kernel family, every loop over rows in one of them.

A family's C code stands once, in ``families/``, written against a small vocabulary of vector
operations (``lanes/lane_names.h``). It is compiled once for each instruction set, in a translation
unit of its own (``families/field_avx2.c``) that puts the lanes of the set (``lanes/avx2``) before
it. Each unit ends in a table of functions; the one list of sets, ``lanes/isa.h``, says which table
is used, ``choice.py`` which set is the default and why. ``PORTING.md`` is for other processors.

The ``.pyx`` modules validate shapes, share out chunks over threads (`_chunks`) and raise errors.
"""

from cstark.kernels.waiting import short_waits

with short_waits():  # the first of the modules loads OpenMP
    from cstark.kernels import _runtime as _runtime
