from numpy import uint64
from numpy.typing import NDArray

from cstark.kernels._program import Bound

def source_digest() -> str: ...
def build(bound: Bound, out: NDArray[uint64]) -> tuple[tuple[int, int, int], int]: ...
