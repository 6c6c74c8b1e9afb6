from collections.abc import Sequence

from numpy import int64, uint64
from numpy.typing import NDArray

def source_digest() -> str: ...
def climb(
    known: NDArray[int64], levels: Sequence[int]
) -> list[tuple[NDArray[int64], NDArray[int64], NDArray[int64], NDArray[int64]]]: ...
def fold_positions(
    positions: NDArray[int64], log_rows: int, log_fewer: int
) -> NDArray[int64]: ...
def group_places(
    positions: NDArray[int64],
    log_rows: int,
    log_word: int,
    log_groups: int,
    leaves: NDArray[int64],
) -> tuple[NDArray[int64], NDArray[int64]]: ...
def take_groups(
    word: NDArray[uint64], leaves: NDArray[int64], out: NDArray[uint64]
) -> None: ...
def take_rows(
    cosets: list[NDArray[uint64]], positions: NDArray[int64], out: NDArray[uint64]
) -> None: ...
