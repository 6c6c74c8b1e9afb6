from collections.abc import Sequence

from numpy import int32
from numpy.typing import NDArray

from cstark.program._operations import Operations

def source_digest() -> str: ...
def schedule(
    operations: Operations, widths: Sequence[int], budget: int
) -> tuple[NDArray[int32], NDArray[int32], int]: ...
