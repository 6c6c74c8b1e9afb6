"""Parts that many tables need, each with what it takes to be sound.

A gadget is a table to put beside one's own, a function that states equations on a row, or both,
and always the function that fills the cells.

============================  ==================================================================
`RangeTable`, `Limbs`         sizes: a number below ``2**width``, as limbs that are looked up
`LessThan`                    comparison of two numbers in limbs
`is_zero`, `nonzero`          whether a value is 0, by its inverse; `inverse_or_zero` fills
`one_hot`                     one of several flags; `one_hot_of` fills
`LookupTable`                 a list of messages that is fixed with the machine
`BitwiseTable`                AND, XOR and OR of bytes, or of smaller numbers
`permutation`, `Sorted`       the same rows in another order, or in ascending order
`Memory`                      timestamped memory: a read finds what was written last
`poseidon2`, `Poseidon2`      the permutation of arrays, and a table of permutations
============================  ==================================================================
"""

from cstark.gadgets.bitwise import BitwiseTable
from cstark.gadgets.comparison import LessThan
from cstark.gadgets.lists import LookupTable
from cstark.gadgets.logic import inverse_or_zero, is_zero, nonzero, one_hot, one_hot_of
from cstark.gadgets.memory import Memory
from cstark.gadgets.permutation import Sorted, permutation
from cstark.gadgets.poseidon import Poseidon2, poseidon2
from cstark.gadgets.ranges import Limbs, RangeTable

__all__ = [
    "BitwiseTable",
    "LessThan",
    "Limbs",
    "LookupTable",
    "Memory",
    "Poseidon2",
    "RangeTable",
    "Sorted",
    "inverse_or_zero",
    "is_zero",
    "nonzero",
    "one_hot",
    "one_hot_of",
    "permutation",
    "poseidon2",
]


def __dir__() -> list[str]:
    return sorted(__all__)
