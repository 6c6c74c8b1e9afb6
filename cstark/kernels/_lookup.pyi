from collections.abc import Sequence

from numpy import int32, uint64
from numpy.typing import NDArray

from cstark.kernels._program import Bound

def source_digest() -> str: ...
def cost(code: NDArray[int32], terms: int, pairs: int, rows: int) -> float: ...
def build(
    bound: Bound, out: NDArray[uint64], added: NDArray[uint64] | None = None
) -> tuple[tuple[int, int, int], int]: ...
def build_many(
    calls: Sequence[tuple[Bound, NDArray[uint64], NDArray[uint64] | None]],
) -> tuple[list[tuple[int, int, int]], int, int]: ...
