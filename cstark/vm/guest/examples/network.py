"""What ``network.c`` computes, and its weights.

The network was not trained.  Its weights are numbers of a generator, which `header` writes as
``network_weights.h``.
"""

from __future__ import annotations

import random
import textwrap

import numpy as np
from numpy.typing import NDArray

__all__ = ["header", "make_input", "reference", "weights"]

_INPUTS, _HIDDEN, _CLASSES, _SHIFT = 16, 12, 4, 6

Layer = tuple[NDArray[np.int64], NDArray[np.int64]]


def weights() -> tuple[Layer, Layer]:
    """Matrix and bias of the two layers."""
    source = random.Random(2030)
    layers = []
    for inputs, outputs in ((_INPUTS, _HIDDEN), (_HIDDEN, _CLASSES)):
        matrix = [[source.randrange(-64, 65) for _ in range(inputs)] for _ in range(outputs)]
        bias = [source.randrange(-1000, 1001) for _ in range(outputs)]
        layers.append((np.array(matrix, dtype=np.int64), np.array(bias, dtype=np.int64)))
    return layers[0], layers[1]


def header() -> str:
    """The text of ``network_weights.h``."""
    lines = [
        "/* The weights of network.c; written by cstark.vm.guest.examples.network.header(). */",
        "",
        "#include <stdint.h>",
        "",
        f"enum {{ INPUTS = {_INPUTS}, HIDDEN = {_HIDDEN}, CLASSES = {_CLASSES} }};",
        f"enum {{ SHIFT = {_SHIFT} }}; /* from sums to eight bits */",
    ]
    for number, (matrix, bias) in enumerate(weights(), 1):
        for kind, name, values in (("int8_t", "weights", matrix), ("int32_t", "bias", bias)):
            numbers = ", ".join(str(value) for value in values.ravel().tolist())
            lines += [
                "",
                f"static const {kind} {name}_{number}[{values.size}] = {{",
                textwrap.fill(numbers, 96, initial_indent="    ", subsequent_indent="    ") + ",",
                "};",
            ]
    return "\n".join(lines) + "\n"


def make_input(size: int = 1) -> bytes:
    """3 `size` images."""
    return random.Random(size).randbytes(3 * size * _INPUTS)


def reference(data: bytes) -> tuple[bytes, int]:
    """Output and exit code for an input."""
    if len(data) % _INPUTS:
        return b"", 2
    (first, first_bias), (second, second_bias) = weights()
    images = np.frombuffer(data, dtype=np.int8).reshape(-1, _INPUTS).astype(np.int64)
    sums = images @ first.T + first_bias
    hidden = np.clip(np.maximum(sums, 0) >> _SHIFT, -128, 127)
    scores = hidden @ second.T + second_bias
    return bytes(scores.argmax(axis=1).tolist()), 0
