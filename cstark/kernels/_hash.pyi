from collections.abc import Sequence

from numpy import uint8, uint64
from numpy.typing import NDArray
from typing_extensions import Buffer

KECCAK256: int
BLAKE3: int
SHA256: int

def source_digest() -> str: ...
def cost(algorithm: int, messages: int, bytes: int) -> float: ...
def grind_cost(algorithm: int, bits: int) -> float: ...
def digest(algorithm: int, data: Buffer) -> bytes: ...
def counted(algorithm: int, prefix: bytes, first: int, count: int) -> bytes: ...
def hash_rows(algorithm: int, rows: NDArray[uint64], out: NDArray[uint8]) -> None: ...
def leaf_digests(
    algorithm: int,
    matrices: Sequence[NDArray[uint64]],
    widths: Sequence[int],
    out: NDArray[uint8],
) -> None: ...
def leaf_digests_many(
    algorithm: int,
    calls: Sequence[tuple[Sequence[NDArray[uint64]], Sequence[int], NDArray[uint8]]],
) -> None: ...
def word_leaf_digests(
    algorithm: int, word: NDArray[uint64], arity: int, out: NDArray[uint8]
) -> None: ...
def node_digests(
    algorithm: int,
    left: NDArray[uint8],
    right: NDArray[uint8],
    leaf: NDArray[uint8] | None,
    out: NDArray[uint8],
) -> None: ...
def tree_digests(
    algorithm: int,
    leaves: NDArray[uint8],
    joined: Sequence[NDArray[uint8] | None],
    skipped: int,
    out: NDArray[uint8],
) -> None: ...
def grind(algorithm: int, prefix: bytes, bits: int, start: int, count: int) -> int: ...
