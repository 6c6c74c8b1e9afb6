from collections.abc import Sequence

from numpy import int32, uint64
from numpy.typing import NDArray
from typing_extensions import disjoint_base

OPERATIONS: dict[str, int]
FLAGS: dict[str, tuple[int, int]]
EXTENSION_FLAG: int
BLOCK_ROWS: int
SLOT_WORDS: int
TERM_LIMIT: int
FIRST_FLAG: int

def source_digest() -> str: ...

@disjoint_base
class Bound:
    def __init__(
        self,
        code: NDArray[int32],
        terms: NDArray[int32],
        slots: int,
        constants: NDArray[uint64],
        ext_constants: NDArray[uint64],
        weights: NDArray[uint64],
        base_weights: NDArray[uint64],
        matrices: Sequence[NDArray[uint64] | None],
        periodic: Sequence[NDArray[uint64]],
        rows: int,
        tests: int = 0,
        pairs: int = 0,
    ) -> None: ...

def quotient(
    bound: Bound,
    shift: int,
    inverse_first: NDArray[uint64] | None,
    out: NDArray[uint64],
    add: bool = False,
    log_domain: int = -1,
    zerofiers: NDArray[uint64] | None = None,
) -> None: ...
def quotients(
    calls: Sequence[
        Sequence[
            tuple[
                Bound,
                int,
                NDArray[uint64] | None,
                NDArray[uint64],
                bool,
                int,
                NDArray[uint64] | None,
            ]
        ]
    ],
) -> None: ...
def cost(code: NDArray[int32], terms: int, rows: int) -> float: ...
def scratch_words(slots: int, pairs: int = 0, fraction_rows: int = 0) -> int: ...
def test_rows(bound: Bound, first: int, last: int) -> list[tuple[int, int]]: ...
