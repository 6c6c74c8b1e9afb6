from numpy import int64, uint64
from numpy.typing import NDArray

def source_digest() -> str: ...
def climb(
    known: NDArray[int64], rows: int
) -> tuple[NDArray[int64], NDArray[int64], NDArray[int64], NDArray[int64]]: ...
def take_rows(
    cosets: list[NDArray[uint64]], positions: NDArray[int64], out: NDArray[uint64]
) -> None: ...
