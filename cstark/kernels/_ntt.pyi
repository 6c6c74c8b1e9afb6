from collections.abc import Sequence
from typing import Self

from numpy import uint64
from numpy.typing import NDArray
from typing_extensions import disjoint_base

def source_digest() -> str: ...

@disjoint_base
class Plan:
    def __new__(cls, log_n: int) -> Self: ...
    @property
    def log_n(self) -> int: ...
    @property
    def rows(self) -> int: ...

def transform(plan: Plan, src: NDArray[uint64], out: NDArray[uint64], inverse: bool) -> None: ...
def lde_scratch_bytes(calls: Sequence[tuple[Plan, int, int, int]]) -> int: ...
def transform_scratch_bytes(plan: Plan, width: int) -> int: ...
def lde_cost(plan: Plan, width: int, stride: int, cosets: int) -> float: ...
def outer_rows(plan: Plan) -> int: ...
def lde(
    plan: Plan,
    src: NDArray[uint64],
    out: NDArray[uint64],
    shifts: NDArray[uint64],
    masks: NDArray[uint64] | None = None,
    factors: NDArray[uint64] | None = None,
    fold: NDArray[uint64] | None = None,
    weights: NDArray[uint64] | None = None,
    last: NDArray[uint64] | None = None,
    coefficients: bool = False,
) -> None: ...
def lde_many(
    calls: Sequence[
        tuple[
            Plan,
            NDArray[uint64],
            NDArray[uint64],
            NDArray[uint64],
            NDArray[uint64] | None,
            NDArray[uint64] | None,
            NDArray[uint64] | None,
            NDArray[uint64] | None,
            NDArray[uint64] | None,
            bool,
        ]
    ],
) -> None: ...
