"""Arithmetic on arrays of elements of the Goldilocks field, p = 2^64 - 2^32 + 1.

Elements are integers in [0, p), arrays are ``uint64``.  The functions behave like NumPy ufuncs:
operands are broadcast, ``out=`` receives the result (any strides, overlap allowed), and a result
without axes is a NumPy scalar.  An operand is an integer, nested lists, an array of any integer
type, strides and byte order, or another object with a buffer (``memoryview``, ``array.array``);
a contiguous ``uint64`` array is not copied.  Values outside of [0, p) are refused, with their
index: `residues` brings other integers, negative ones too, into that range.

They use the threads of `cstark.set_num_threads`, and the results do not depend on them.

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

from cstark.goldilocks.arithmetic import (
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
from cstark.goldilocks.reductions import cumprod, cumsum, dot, matmul, powers, prod, sum
from cstark.operands import P

__all__ = [
    "P",
    "add",
    "batch_inverse",
    "cumprod",
    "cumsum",
    "div",
    "dot",
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
