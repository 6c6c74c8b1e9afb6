"""Which interactions share a lookup column."""

from __future__ import annotations

__all__ = ["pairs"]


def pairs(count: int) -> list[tuple[int, ...]]:
    """Groups of interactions that share a column, the absorbed group last."""
    return [tuple(range(k, min(k + 2, count))) for k in range(0, count, 2)]
