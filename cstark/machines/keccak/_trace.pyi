from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final[int]

def source_digest() -> str: ...
def permute_blocks(blocks: NDArray[np.uint64], states: NDArray[np.uint64]) -> None: ...
def write_rows(
    states: NDArray[np.uint64],
    blocks: NDArray[np.uint64],
    pad_row: int,
    final_row: int,
    out: NDArray[np.uint64],
) -> None: ...
