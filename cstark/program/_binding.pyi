from collections.abc import Sequence

from numpy import uint64
from numpy.typing import NDArray

from cstark.program.builder import ConstantRecipe, WeightRecipe
from cstark.program.challenges import Challenges
from cstark.program.scalars import ScalarNode

def source_digest() -> str: ...
def scalar_values(nodes: list[ScalarNode], publics: Sequence[int]) -> NDArray[uint64]: ...
def elements(
    constants: tuple[ConstantRecipe, ...],
    weights: tuple[WeightRecipe, ...],
    scalars: NDArray[uint64],
    challenges: Challenges,
) -> tuple[NDArray[uint64], NDArray[uint64]]: ...
