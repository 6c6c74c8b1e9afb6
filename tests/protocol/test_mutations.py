"""Every field of a proof changed in every way: refused, and nothing else, each time.

By default every item of every machine is changed in a few places in all the ways; with --nightly in
every place. Survivors would be listed in the failure; there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import cstark as cs
from cstark.protocol.verifier import verify
from tests.oracles import zoo
from tests.protocol.proof_items import items_of

P = cs.P
CASES: dict[str, tuple[Callable[[], zoo.Case], dict]] = {
    "fibonacci": (lambda: zoo.fibonacci(6), {"final_length": 4}),
    "zero folds": (lambda: zoo.fibonacci(3), {"grinding": 3}),
    "preprocessed and periodic": (lambda: zoo.cubic(4), {"blowup": 4, "hash": "keccak256"}),
    "lookup": (lambda: zoo.lookup(1, 4, 3), {"final_length": 1, "fri_arity": 2}),
    "lookup, tokens": (lambda: zoo.lookup(4, 3, 5, tokens=True), {"hash": "sha256"}),
    "ring": (lambda: zoo.ring(5), {"final_length": 8, "fri_arity": 4, "grinding": 2}),
    "many heights": (
        lambda: zoo.together(zoo.fibonacci(6), zoo.cubic(3), zoo.lookup(2, 4, 5), zoo.ring(3)),
        {"final_length": 2, "blowup": 8, "coset_offset": 7},
    ),
    "hidden": (
        lambda: zoo.together(zoo.fibonacci(6), zoo.cubic(3), zoo.lookup(2, 4, 5)),
        {"final_length": 8, "zk": True, "hash": "sha256"},
    ),
}


def unit_of(name: str) -> int:
    """Bytes of one value in an item."""
    if "root" in name or "siblings" in name:
        return 32
    whole = ("magic", "version", "option", "number", "length", "nonce")
    if name.startswith(whole):
        return 0
    return 1 if name in ("log heights", "claim", "salt length") else 8


def little(value: int, size: int) -> bytes:
    return (value % (1 << 8 * size)).to_bytes(size, "little")


def mutations(item: bytes, start: int, size: int, bit: int) -> Iterator[tuple[str, bytes]]:
    """The item with the unit at `start` changed in every way."""
    head, unit, rest = item[:start], item[start : start + size], item[start + size :]
    number = int.from_bytes(unit, "little")
    yield "bit flip", head + little(number ^ (1 << bit % (8 * size)), size) + rest
    yield "+1", head + little(number + 1, size) + rest
    if size == 8:
        yield "+1 in the field", head + little((number + 1) % P, size) + rest
        if number + P < 1 << 64:
            yield "+p", head + little(number + P, size) + rest
    if size >= 8:
        yield "p", head + little(P, 8) + unit[8:] + rest
    yield "zero", head + bytes(size) + rest
    if len(rest) >= size:
        yield "swapped", head + rest[:size] + unit + rest[size:]
    yield "deleted", head + rest
    yield "duplicated", head + unit + unit + rest
    yield "truncated", head + unit[:-1] + rest
    yield "extended", head + unit + b"\0" + rest


@pytest.mark.parametrize("name", CASES)
def test_every_field_in_every_way(name, request):
    build, options = CASES[name]
    case = build()
    machine = case.machine(**{"queries": 4, **options})
    data = case.prove(machine, claim=b"claim").to_bytes()
    key = machine.verifying_key()
    items = items_of(case, machine, data)

    everywhere = request.config.getoption("--nightly")
    rng = np.random.default_rng(sum(name.encode()))
    survivors, tried, position = [], 0, 0
    for item_name, item in items:
        before, after = data[:position], data[position + len(item) :]
        position += len(item)
        size = unit_of(item_name) or len(item)
        starts = list(range(0, len(item), size)) if size else []
        if not everywhere and len(starts) > 3:
            middle = int(rng.integers(1, len(starts) - 1))
            starts = [starts[0], starts[middle], starts[-1]]
        for start in starts:
            bit = int(rng.integers(8 * size))
            for way, changed in mutations(item, start, size, bit):
                mutant = before + changed + after
                if mutant == data:  # two equal neighbours, a zero, ...
                    continue
                tried += 1
                try:
                    verify(key, mutant, case.publics, tokens=case.tokens, min_security=0)
                except cs.VerificationError:
                    continue  # anything else is a bug and ends the test
                survivors.append((item_name, start, way))
    assert survivors == []
    assert tried > 200


@pytest.mark.parametrize("name", CASES)
def test_items_exchanged_dropped_and_repeated(name):
    """Whole items: each left out, doubled, and exchanged with the next."""
    build, options = CASES[name]
    case = build()
    machine = case.machine(**{"queries": 4, **options})
    data = case.prove(machine).to_bytes()
    key = machine.verifying_key()
    parts = [item for _, item in items_of(case, machine, data)]
    for k, part in enumerate(parts):
        variants = [parts[:k] + parts[k + 1 :], [*parts[:k], part, *parts[k:]]]
        if k + 1 < len(parts):
            variants.append([*parts[:k], parts[k + 1], part, *parts[k + 2 :]])
        for variant in variants:
            mutant = b"".join(variant)
            if mutant != data:
                with pytest.raises(cs.VerificationError):
                    verify(key, mutant, case.publics, tokens=case.tokens, min_security=0)


def test_parts_of_another_proof():
    """Each item taken from a valid proof of the same machine with another claim."""
    case = zoo.together(zoo.fibonacci(6), zoo.lookup(2, 4, 5))
    machine = case.machine(queries=4, final_length=4)
    key = machine.verifying_key()
    proofs = (case.prove(machine, claim=claim).to_bytes() for claim in (b"one", b"two"))
    split = [items_of(case, machine, data) for data in proofs]
    for k, (mine, other) in enumerate(zip(*split, strict=False)):
        assert mine[0] == other[0]
        if mine[1] != other[1]:
            parts = [item for _, item in split[0]]
            parts[k] = other[1]
            with pytest.raises(cs.VerificationError):
                verify(key, b"".join(parts), case.publics, min_security=0)
