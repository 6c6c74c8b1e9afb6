from collections.abc import Sequence

from numpy import uint64
from numpy.typing import NDArray

def source_digest() -> str: ...
def opening_cost(n: int, widths: Sequence[int]) -> float: ...
def deep_cost(n: int, widths: Sequence[int], points: int, blowup: int) -> float: ...
def inverse_points_cost(n: int) -> float: ...
def inverse_differences(
    offset: int, blowup: int, log_n: int, zeta: NDArray[uint64], out: NDArray[uint64]
) -> None: ...
def scale_by_points(
    shift: int, log_n: int, inverses: NDArray[uint64], out: NDArray[uint64]
) -> None: ...
def column_sums(
    matrix: NDArray[uint64],
    width: int,
    weights: NDArray[uint64],
    rotate: int,
    out: NDArray[uint64],
) -> None: ...
def column_sums_many(
    calls: Sequence[tuple[NDArray[uint64], int, NDArray[uint64], int, NDArray[uint64]]],
) -> None: ...
def inverse_points(shift: int, log_n: int, out: NDArray[uint64]) -> int: ...
def word_to_rows(word: NDArray[uint64], out: NDArray[uint64]) -> None: ...
def rows_to_word(rows: NDArray[uint64], out: NDArray[uint64]) -> None: ...
def row_sums(
    matrix: NDArray[uint64],
    coefficients: NDArray[uint64],
    out: NDArray[uint64],
    accumulate: bool,
) -> None: ...
def add_quotient(
    sums: NDArray[uint64],
    value: NDArray[uint64],
    inverses: NDArray[uint64],
    rotate: int,
    out: NDArray[uint64],
    accumulate: bool,
) -> None: ...
def prepared_bytes(width: int) -> int: ...
def combine(
    calls: Sequence[
        tuple[
            Sequence[tuple[NDArray[uint64], NDArray[uint64], NDArray[uint64], bool]],
            Sequence[
                tuple[
                    NDArray[uint64],
                    NDArray[uint64],
                    NDArray[uint64],
                    int,
                    NDArray[uint64],
                    bool,
                ]
            ],
        ]
    ],
) -> None: ...
