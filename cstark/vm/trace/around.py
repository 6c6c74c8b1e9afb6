"""The tables around those of the families: memory, registers, and what is looked into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cstark.vm import abi
from cstark.vm.executor import Hart
from cstark.vm.trace.header import layout
from cstark.vm.trace.planning import TracePlan

__all__ = ["fill_around"]

Words = NDArray[np.uint64]
HALF, LIMB = np.uint64(0xFFFF_FFFF), np.uint64(0xFFFF)

BLOCK = 1 << 18
"""Rows at a time: what is made on the way stays small beside the traces."""


def put_halves(trace: Words, at: int, values: Words) -> None:
    """Low and high halves into two columns of the first rows."""
    trace[: len(values), at] = values & HALF
    trace[: len(values), at + 1] = values >> np.uint64(32)


def count_limbs(lookups: Words, limbs: Words) -> None:
    """Each is looked up in the table of ranges once."""
    for start in range(0, len(limbs), BLOCK):
        block = limbs[start : start + BLOCK].astype(np.int64)
        lookups += np.bincount(block, minlength=len(lookups)).astype(np.uint64)


def last_values(trace: Words, name: str, first: Words, hart: Hart, start: int) -> None:
    """What the words from `start` on hold at the end, and when they were last accessed."""
    places = layout(name)
    values, times = first.copy(), np.zeros(len(first), dtype=np.uint64)
    addresses, held, seen = hart.touched(start, start + abi.WORD * len(first))
    index = (addresses - np.uint64(start)) // np.uint64(abi.WORD)
    values[index], times[index] = held, seen
    put_halves(trace, places["value"], values)
    trace[:, places["time"]] = times


def fill_image(trace: Words, hart: Hart, low: int, words: Words) -> None:
    """Every word of the image: what it holds at the end."""
    last_values(trace, "image", words, hart, low)


def fill_fresh(trace: Words, hart: Hart, first: int, range_lookups: Words) -> None:
    """The words of zero-filled memory that were accessed, in order; then rows that fill up."""
    places, height = layout("fresh"), len(trace)
    addresses, values, times = hart.touched(first, abi.STACK_TOP)
    words = addresses // np.uint64(abi.WORD)
    count = len(words)
    trace[:count, places["real"]] = 1
    trace[:count, places["w"]] = words
    put_halves(trace, places["value"], values)
    trace[:count, places["time"]] = times
    # From each word to the next one, from the last to the stack; from the rows that fill up to
    # themselves, and from the last of them around to the first word.
    first_word, limit = np.uint64(first // abi.WORD), np.uint64(abi.STACK_TOP // abi.WORD)
    gaps = np.empty(count + 1, dtype=np.uint64)
    gaps[: max(count - 1, 0)] = words[1:] - words[:-1] - np.uint64(1)
    if count:
        gaps[count - 1] = limit - words[-1] - np.uint64(1)
    gaps[count] = (words[0] if count else limit) - first_word
    between, same = height - count - 1, int(limit - first_word)
    trace[:count, places["low"]] = gaps[:count] & LIMB
    trace[count:, places["low"]] = same & 0xFFFF
    trace[-1, places["low"]] = gaps[count] & LIMB
    count_limbs(range_lookups, gaps & LIMB)
    count_limbs(range_lookups, gaps >> np.uint64(16))
    range_lookups[same & 0xFFFF] += np.uint64(between)
    range_lookups[same >> 16] += np.uint64(between)


def input_words(input: bytes, height: int) -> Words:
    """The input window before the run: the length, then the bytes."""
    raw = np.zeros(abi.WORD * height, dtype=np.uint8)
    raw[: abi.WORD] = np.frombuffer(len(input).to_bytes(abi.WORD, "little"), dtype=np.uint8)
    if len(input):
        raw[abi.WORD : abi.WORD + len(input)] = np.frombuffer(input, dtype=np.uint8)
    return raw.view("<u8").astype(np.uint64, copy=False)


def fill_input(trace: Words, hart: Hart, input: bytes, range_lookups: Words) -> None:
    """The words of the input window."""
    places, height = layout("input"), len(trace)
    words = input_words(input, height)
    trace[:, places["address"]] = np.arange(abi.INPUT, abi.INPUT + abi.WORD * height, abi.WORD)
    for start in range(0, height, BLOCK):
        block = words[start : start + BLOCK]
        for k in range(4):
            limbs = block >> np.uint64(16 * k) & LIMB
            trace[start : start + len(block), places["first"] + k] = limbs
            count_limbs(range_lookups, limbs)
    last_values(trace, "input", words, hart, abi.INPUT)


def fill_output(trace: Words, hart: Hart) -> None:
    """The words of the output window; the length and the bytes are shown."""
    places, height = layout("output"), len(trace)
    trace[:, places["index"]] = np.arange(height)
    trace[: 1 + -(-len(hart.output()) // abi.WORD), places["shown"]] = 1
    last_values(trace, "output", np.zeros(height, dtype=np.uint64), hart, abi.OUTPUT)


def fill_registers(trace: Words, hart: Hart) -> None:
    """What the registers hold at the end, and when they were last accessed."""
    places = layout("registers")
    put_halves(trace, places["value"], hart.registers)
    trace[: abi.REGISTERS, places["time"]] = hart.register_times


def fill_around(
    traces: dict[str, Words], hart: Hart, image_low: int, image: Words, input: bytes,
    plan: TracePlan,
) -> None:  # fmt: skip
    """Fill the tables around the families from a hart that has recorded its rows.

    Parameters
    ----------
    traces : dict of str to ndarray
        Zeros in these tables; filled. Those of memory and registers are there all or none.
    hart : Hart
        At the end of its run, or of a part of it that has none of the tables of memory.
    image_low, image : int, ndarray of uint64
        Address of the image, and its words before the run.
    input : bytes
        What the run was started with.
    plan : TracePlan
        The rows.
    """
    lookups = hart.lookups
    traces["program"][: plan.rows["program"], 0] = hart.counts
    if "registers" in traces:
        fill_image(traces["image"], hart, image_low, image)
        fill_fresh(traces["fresh"], hart, image_low + abi.WORD * len(image), lookups["range"])
        fill_input(traces["input"], hart, input, lookups["range"])
        fill_output(traces["output"], hart)
        fill_registers(traces["registers"], hart)
    places = layout("range")
    for name in ("range", "top", "low"):
        traces["range"][:, places[name]] = lookups[name]
    for name in ("bytes", "shifts"):
        if name in traces:
            traces[name][:, 0] = lookups[name]
