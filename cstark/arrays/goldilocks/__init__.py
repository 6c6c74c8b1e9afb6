"""Arithmetic on arrays of elements of the Goldilocks field, p = 2^64 - 2^32 + 1.

Elements are integers in [0, p), arrays are ``uint64``.  The functions behave like NumPy ufuncs:
operands are broadcast, ``out=`` receives the result (any strides, overlap allowed), and a result
without axes is a NumPy scalar.  An operand is an integer, nested lists, an array of any integer
type, strides and byte order, or another object with a buffer (``memoryview``, ``array.array``);
a contiguous ``uint64`` array is not copied.  Values outside of [0, p) are refused, with their
index: `residues` brings other integers, negative ones too, into that range.

They use the threads of `cstark.set_num_threads`, and the results do not depend on them.

Notes
-----
How fast, beside the same in plain numba, in galois and in python-flint: nanoseconds for an
element and, in brackets, how many times as long as here; 2^20 elements (less where a library takes
seconds), one thread of a Zen 4 core with AVX2 code, CPU time, medians of five by
``tools/array_peers``.

==========================  ======  ===========  ==============  ============
operation                   cstark  numba        galois          python-flint
==========================  ======  ===========  ==============  ============
``goldilocks.mul``           1.3    0.7 (0.6)    200 (150)       78 (60)
``goldilocks.inverse``       2.8    15 (5.4)     5,000 (1,800)   390 (140)
``fft.ntt``                  14     75 (5.5)     23,000 (1,700)  none
``polynomial.multiply``      46     250 (5.4)    5,000 (110)     410 (8.9)
==========================  ======  ===========  ==============  ============

A third of ``mul`` is the check that operands are below p, which numba's loop does not make.  A
call costs some 5 microseconds: work on arrays, not on single elements.

Examples
--------
>>> import cstark as cs
>>> a = cs.goldilocks.sub([1, 2, 3], 2)
>>> a
array([18446744069414584320,                    0,                    1],
      dtype=uint64)
>>> int(a[0]) == cs.P - 1
True
>>> cs.goldilocks.mul(a, a)
array([1, 0, 1], dtype=uint64)
"""

from cstark.arrays.goldilocks.arithmetic import (
    add,
    batch_inverse,
    div,
    inverse,
    mul,
    neg,
    power,
    random,
    residues,
    square,
    sub,
)
from cstark.arrays.goldilocks.memory import empty
from cstark.arrays.goldilocks.reductions import cumprod, cumsum, dot, matmul, powers, prod, sum
from cstark.arrays.operands import P

__all__ = [
    "P",
    "add",
    "batch_inverse",
    "cumprod",
    "cumsum",
    "div",
    "dot",
    "empty",
    "inverse",
    "matmul",
    "mul",
    "neg",
    "power",
    "powers",
    "prod",
    "random",
    "residues",
    "square",
    "sub",
    "sum",
]


def __dir__() -> list[str]:
    return sorted(__all__)
