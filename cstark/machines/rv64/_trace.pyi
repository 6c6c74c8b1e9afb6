from typing import Final

import numpy as np
from numpy.typing import NDArray

SPAN: Final[int]
WIDTH: Final[int]
STATE: Final[int]
OPERATION_COLUMNS: Final[int]
RUNNING: Final[int]
HALTED: Final[int]
LEFT: Final[int]
UNKNOWN_CALL: Final[int]

def source_digest() -> str: ...
def advance(
    operations: NDArray[np.uint64],
    state: NDArray[np.uint64],
    counts: NDArray[np.uint64],
    snapshots: NDArray[np.uint64],
) -> tuple[int, int]: ...
def write_rows(
    operations: NDArray[np.uint64],
    snapshots: NDArray[np.uint64],
    first: int,
    steps: int,
    out: NDArray[np.uint64],
    ranges: NDArray[np.uint64],
) -> None: ...
