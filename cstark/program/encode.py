"""Block programs: operations with slots as arrays of numbers, and constants as recipes.

Constants depend on publics and challenges, which are known only when a proof is made. A program
keeps recipes; `BlockProgram.bind` follows them:

========================================== ====================================================
extension constants
``("zero",)``                              0
``("mean",)``                              table sum / rows
``("fingerprint", bus, ((k, s), ...))``    z - number of the bus - sum of alpha^k scalar_s
``("offset", class, ((j, s), ...))``       sum of W beta^j scalar_s, times the class's factor
``("ratio", k, class, class)``             beta^k, times the ratio of the classes' factors
weights
``("alpha", k, s)``                        -alpha^k scalar_s
``("unit", e, s)``                          w^e scalar_s
``("beta", j, class, e, s)``               W beta^j w^e scalar_s, times the class's factor
========================================== ====================================================

W is the weight of the whole program (`Challenges.weight`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cstark.kernels._program import BLOCK_ROWS, SLOT_WORDS, Bound, scratch_words
from cstark.program import _binding
from cstark.program._slots import schedule
from cstark.program.builder import MATRICES, Builder, ConstantRecipe, WeightRecipe
from cstark.program.challenges import Challenges
from cstark.program.scalars import Scalars

__all__ = ["SLOT_BUDGET", "BlockProgram", "encode"]

SLOT_BUDGET = 256 * 1024 // (8 * SLOT_WORDS)
"""Half of a second-level cache of 512 KiB."""


@dataclass(frozen=True, eq=False)
class BlockProgram:
    """A program for `cstark.kernels._program`, with recipes instead of constants.

    Attributes
    ----------
    code : int32 array (n, 4), terms : int32 array (m, 2), slots : int
    scalars : Scalars
    constants, base_weights : tuple of int
        Numbers of scalars.
    ext_constants, weights : tuple of tuple
        Recipes.
    tests, pairs : int
        Results it leaves.
    """

    code: np.ndarray
    terms: np.ndarray
    slots: int
    scalars: Scalars
    constants: tuple[int, ...]
    base_weights: tuple[int, ...]
    ext_constants: tuple[ConstantRecipe, ...]
    weights: tuple[WeightRecipe, ...]
    tests: int
    pairs: int

    def scratch_bytes(self, threads: int) -> int:
        """Bytes that the kernels allocate while the program runs on a trace or a coset."""
        # Fractions are inverted in batches of a few thousand, at least a block of each pair.
        fraction_rows = max(BLOCK_ROWS, 2048 // max(self.pairs, 1))
        words = threads * scratch_words(self.slots, self.pairs, fraction_rows)
        return 8 * (words + (18 * len(self.weights) + 15) // 8 * 8 + 6 * len(self.base_weights) + 8)

    def bind(
        self,
        matrices: Sequence[np.ndarray | None],
        periodic: Sequence[np.ndarray],
        rows: int,
        publics: Sequence[int],
        challenges: Challenges,
    ) -> Bound:
        """The program with all constants, on these arrays; ready to run."""
        scalars = self._literals
        if scalars is None:
            scalars = _binding.scalar_values(self.scalars.nodes, publics)
        ext_constants, weights = _binding.elements(
            self.ext_constants, self.weights, scalars, challenges
        )
        of_constants, of_weights = self._numbers
        return Bound(
            self.code,
            self.terms,
            self.slots,
            scalars.take(of_constants),
            ext_constants,
            weights,
            scalars.take(of_weights),
            matrices,
            periodic,
            rows,
            self.tests,
            self.pairs,
        )

    @cached_property
    def _literals(self) -> np.ndarray | None:
        """The scalars, where none depends on a public value: the same in every proof."""
        if any(node.kind == "public" for node in self.scalars.nodes):
            return None
        found = _binding.scalar_values(self.scalars.nodes, ())
        found.flags.writeable = False
        return found

    @cached_property
    def _numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the scalars that are constants, and of those that are weights."""
        return np.array(self.constants, dtype=np.intp), np.array(self.base_weights, dtype=np.intp)


def encode(
    builder: Builder, widths: dict[str, int], *, tests: int = 0, pairs: int = 0
) -> BlockProgram:
    """Give the operations of a builder slots and write them as numbers.

    Parameters
    ----------
    builder : Builder
    widths : dict
        Number of columns of each matrix that the operations read.
    tests, pairs : int
        Results that the program leaves.
    """
    columns = [widths.get(matrix, 0) for matrix in MATRICES]
    code, terms, slots = schedule(builder.operations, columns, SLOT_BUDGET)
    return BlockProgram(
        code,
        terms,
        slots,
        builder.scalars,
        tuple(builder.constants),
        tuple(builder.base_weights),
        tuple(builder.ext_constants),
        tuple(builder.weights),
        tests,
        pairs,
    )
