from collections.abc import Mapping, Sequence
from typing import Any, Self

from typing_extensions import disjoint_base

from cstark.program.builder import Builder

KINDS: dict[str, int]

def source_digest() -> str: ...

@disjoint_base
class NodeLowering:
    def __new__(
        cls,
        nodes: Sequence[tuple[Any, ...]],
        roots: Sequence[int],
        builder: Builder,
        sources: Mapping[str, int],
    ) -> Self: ...
    def scalar(self, node: int) -> int | None: ...
    def value(self, node: int) -> tuple[int, int]: ...
    def affine(self, node: int) -> tuple[int, int | None, int]: ...
