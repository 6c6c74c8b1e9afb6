"""Parts that many tables need, each with what it takes to be sound.

A gadget is a table to put beside one's own, a function that states equations on a row, or both,
and always the function that fills the cells.

============================  ==================================================================
`RangeTable`, `Limbs`         sizes: a number below ``2**width``, as limbs that are looked up
`poseidon2`, `Poseidon2`      the permutation of arrays, and a table of permutations
============================  ==================================================================
"""

from cstark.gadgets.poseidon import Poseidon2, poseidon2
from cstark.gadgets.ranges import Limbs, RangeTable

__all__ = [
    "Limbs",
    "Poseidon2",
    "RangeTable",
    "poseidon2",
]


def __dir__() -> list[str]:
    return sorted(__all__)
