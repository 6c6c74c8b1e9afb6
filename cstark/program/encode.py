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
``("beta", j, class, e, s)``               W beta^j w^e scalar_s, times the class's factor
========================================== ====================================================

W is the weight of the whole program (`Challenges.weight`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cstark.field import ZERO, Element, P, add, mul, neg, powers, scale, sub
from cstark.kernels._program import BLOCK_ROWS, SLOT_WORDS, Bound, scratch_words
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
        return 8 * (words + 18 * len(self.weights) + 6 * len(self.base_weights) + 16)

    def bind(
        self,
        matrices: Sequence[np.ndarray | None],
        periodic: Sequence[np.ndarray],
        rows: int,
        publics: Sequence[int],
        challenges: Challenges,
    ) -> Bound:
        """The program with all constants, on these arrays; ready to run."""
        scalars = self.scalars.values(publics)
        binder = _Binder(self, scalars, challenges)
        return Bound(
            self.code,
            self.terms,
            self.slots,
            np.array([scalars[i] for i in self.constants], dtype=np.uint64),
            _triples([binder.ext_constant(recipe) for recipe in self.ext_constants]),
            _triples([binder.weight(recipe) for recipe in self.weights]),
            np.array([scalars[i] for i in self.base_weights], dtype=np.uint64),
            list(matrices),
            list(periodic),
            rows,
            self.tests,
            self.pairs,
        )


def _triples(elements: list[Element]) -> np.ndarray:
    return np.array(elements, dtype=np.uint64).reshape(len(elements), 3)


class _Binder:
    def __init__(self, program: BlockProgram, scalars: list[int], challenges: Challenges) -> None:
        self.scalars = scalars
        self.challenges = challenges
        alphas = betas = 0
        for recipe in program.ext_constants:
            if recipe[0] == "fingerprint":
                alphas = max([alphas, *(k for k, _ in recipe[2])])
            elif recipe[0] == "ratio":
                betas = max(betas, recipe[1])
            elif recipe[0] == "offset":
                betas = max([betas, *(j for j, _ in recipe[2])])
        for weight in program.weights:
            if weight[0] == "alpha":
                alphas = max(alphas, weight[1])
            else:
                betas = max(betas, weight[1])
        self.alphas = powers(challenges.alpha, alphas + 1)
        self.betas = powers(challenges.beta, betas + 1)
        self.weighted = [mul(challenges.weight, power) for power in self.betas]

    def ext_constant(self, recipe: ConstantRecipe) -> Element:
        if recipe[0] == "mean":
            return self.challenges.mean
        if recipe[0] == "fingerprint":
            _, bus, terms = recipe
            value = sub(self.challenges.z, (self.challenges.bus_numbers[bus] % P, 0, 0))
            for k, s in terms:
                value = sub(value, scale(self.alphas[k], self.scalars[s]))
            return value
        if recipe[0] == "ratio":
            _, power, group, source = recipe
            factors = self.challenges.factors
            return scale(self.betas[power], factors[group] * pow(factors[source], -1, P) % P)
        if recipe[0] == "offset":
            _, group, terms = recipe
            value = ZERO
            for j, s in terms:
                value = add(value, scale(self.weighted[j], self.scalars[s]))
            return scale(value, self.challenges.factors[group])
        return ZERO

    def weight(self, recipe: WeightRecipe) -> Element:
        if recipe[0] == "alpha":
            _, k, s = recipe
            return neg(scale(self.alphas[k], self.scalars[s]))
        _, j, group, exponent, s = recipe
        value = scale(self.weighted[j], self.scalars[s] * self.challenges.factors[group])
        for _ in range(exponent):
            value = mul(value, (0, 1, 0))
        return value


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
