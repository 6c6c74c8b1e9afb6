from collections.abc import Sequence

from typing_extensions import disjoint_base

PERIODIC: int

def source_digest() -> str: ...

@disjoint_base
class Operations:
    def __len__(self) -> int: ...
    def new_column(self, source: int, first: int, width: int) -> int: ...
    def record(
        self,
        code: int,
        width: int,
        inputs: Sequence[tuple[int, int, int]],
        numbers: Sequence[int],
        *,
        canonical: bool = False,
    ) -> int: ...
    def is_canonical(self, value: int) -> bool: ...
