"""Types of operands, by what a result of them is: one element, or an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["U64", "Many", "One"]

U64 = NDArray[np.uint64]

One: TypeAlias = "int | np.integer[Any]"
"""One integer: functions of such alone give a `numpy.uint64`."""

Many: TypeAlias = NDArray[Any] | Sequence[Any]
"""An array or a list: with one of these among the operands, the result is an array."""
