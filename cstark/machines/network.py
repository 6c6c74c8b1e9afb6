"""A small neural network: matrices of NumPy in constraints, and integers that stay integers.

What is proved:

    For each of `rows` images I know 16 pixels (bytes) to which this network gives these `scores`.

The network is ``W2 @ relu(W1 @ x + b1) + b2`` with weights of eight bits. Its weights are constants
of the table: they are in the verifying key, and a proof is about this network. An image is a row.

* **Matrix products are free.** ``W1 @ x`` on a row's columns is an array of expressions of degree
  1. No column holds the sums, and no table of products is needed: a network of this size is one
  row wide. (A large one does one product in each row, as `cstark.vm.guest.examples` does.)
* **ReLU and the shift need sizes.** A sum s lies between -2^20 and 2^20, which is known from the
  sizes of weights and pixels, not from any equation. It is split like this::

      s = 2^20 (positive - 1) + 2^7 value + rest      value < 2^13, rest < 2^7

  As 2^7 value + rest is any number below 2^20 and no other, `positive`, a flag, is 1 exactly
  where s is not negative, and then `value` is s / 2^7, rounded down. There is one way to do it,
  and so no cell to choose. Written as a sign and a size, 0 would have two signs.
* **What is negative** stands modulo p. The equations hold among the integers because both sides
  are far below p in size, which takes the range checks of pixels, values and rests.

Without the lookups of `rest`, any value would do: rest = s - 2^7 value. Without those of the
pixels, an image could be anything, and sums leave the range in which `positive` tells their sign.

The scores are the verifier's: a token for each image receives what the row sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.gadgets import Limbs, RangeTable
from cstark.machines.common import check_rows

__all__ = ["Images", "Network", "forward"]

PIXELS, HIDDEN, CLASSES = 16, 16, 4
MAX_LOG_ROWS = 12
#: Weights of eight bits that mean nothing, made so that every installation has the same.
WEIGHTS = (np.arange(HIDDEN * (PIXELS + CLASSES)) * 12347 + 61) ** 2 % 251 - 125
W1 = WEIGHTS[: HIDDEN * PIXELS].reshape(HIDDEN, PIXELS)
W2 = WEIGHTS[HIDDEN * PIXELS :].reshape(CLASSES, HIDDEN)
B1, B2 = np.arange(HIDDEN) * 300 - 2000, np.arange(CLASSES) * 50 - 100
PIXEL, VALUE, REST = Limbs(8), Limbs(13), Limbs(7)
SUM = 1 << VALUE.width + REST.width  # 16 products of eight bits and a bias are below it


class Images(cs.Air):
    """An image in each row, and what the hidden neurons make of it."""

    columns = {
        "pixels": (PIXELS,),
        "positive": (HIDDEN,),
        "value": (HIDDEN, *VALUE.shape),
        "rest": (HIDDEN, *REST.shape),
        "scores": (CLASSES,),
    }
    preprocessed = ("image",)
    inputs = ("pixels",)

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def preprocessed_trace(self) -> np.ndarray:
        return np.arange(self.rows)

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        pixels = np.array([PIXEL.number(t, [pixel]) for pixel in now.pixels])
        value = np.array([VALUE.number(t, limbs) for limbs in now.value])
        rest = np.array([REST.number(t, limbs) for limbs in now.rest])
        t.every_row.boolean(now.positive, name="a flag")
        t.every_row.equal(
            W1 @ pixels + B1, SUM * (now.positive - 1) + 2**REST.width * value + rest, name="split"
        )
        t.every_row.equal(now.scores, W2 @ (now.positive * value) + B2, name="scores")
        t.send("scores", [t.preprocessed.image, *now.scores])


def forward(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sums of the hidden neurons and the scores, for pixels ``(images, 16)``."""
    sums = pixels @ W1.T + B1
    return sums, (np.maximum(sums, 0) >> REST.width) @ W2.T + B2


def tables(rows: int) -> dict[str, cs.Air]:
    return {"images": Images(rows), "range": RangeTable(8)}


@dataclass(frozen=True)
class Network(cs.Workload):
    """The scores that a small network gives to random images."""

    log_rows: int = cs.argument(
        3, help="log2 of the number of images", minimum=3, maximum=MAX_LOG_ROWS
    )
    seed: int = cs.argument(0, help="seed of the images", minimum=0)

    def prepare(self) -> cs.Prepared:
        rows = 1 << self.log_rows
        pixels = np.random.default_rng(self.seed).integers(0, 256, (rows, PIXELS))
        sums, scores = forward(pixels)
        air = Images(rows)
        cells = air.view(trace := air.zeros())
        cells.pixels, cells.positive = pixels, sums >= 0
        cells.value = VALUE.split(sums % SUM >> REST.width)
        cells.rest = REST.split(sums % 2**REST.width)
        cells.scores = cs.goldilocks.residues(scores)
        traces = {"images": trace}
        traces["range"] = cs.Machine(tables(rows)).count(traces, "range")
        return cs.Prepared({"scores": scores.tolist()}, traces)

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        (scores,) = cs.read_claim(claim, scores=list)
        check_rows("the number of claim.scores", len(scores), 1 << MAX_LOG_ROWS)
        tokens = []
        for image, row in enumerate(scores):
            if not isinstance(row, list) or len(row) != CLASSES:
                raise cs.StatementError(f"claim.scores[{image}] is not a list of {CLASSES} scores")
            if not all(type(score) is int and abs(score) < 1 << 32 for score in row):
                raise cs.StatementError(f"claim.scores[{image}] has no integers below 2^32 in size")
            tokens.append(cs.Receive("scores", [image, *(score % cs.P for score in row)]))
        return cs.Statement(tables(len(scores)), tokens=tokens)
