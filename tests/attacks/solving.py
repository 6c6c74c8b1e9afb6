"""Members of FRI groups, solved for: what a prover can do where no root holds it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cstark import field
from cstark.field import base_root
from cstark.protocol.fri import OpenedLayer, groups_at
from tests.attacks.toolkit import CheatingProver

Element = field.Element


def fold(members: list[Element], first: int, challenge: Element) -> Element:
    """A group folded, by the definition: a sum_k c^k f_k with f(y W^j) = sum_k (y W^j)^k f_k."""
    arity = len(members)
    turn = base_root(arity.bit_length() - 1)
    total = field.ZERO
    for k in range(arity):
        part = field.ZERO  # a y^k f_k
        for j, member in enumerate(members):
            part = field.add(part, field.scale(member, pow(turn, -j * k, field.P)))
        total = field.add(total, field.mul(part, field.power(
            field.scale(challenge, pow(first, -1, field.P)), k)))  # fmt: skip
    return total


def solved_groups(
    prover: CheatingProver,
    layer: int,
    opened: OpenedLayer,
    expected: np.ndarray,
    points: list[int],
    targets: np.ndarray,
    challenge: Element,
) -> np.ndarray:
    """Groups that hold `expected` at the positions and fold to `targets`, one a group."""
    word, _ = prover.fri.layers[layer]
    log_arity = prover.layout.schedule.log_arities[layer]
    arity = 1 << log_arity
    groups = groups_at(word, log_arity, opened.leaves)
    groups[opened.leaf, opened.member] = expected
    turn = base_root(log_arity)
    for g in range(len(groups)):
        if opened.known[g].all():
            continue
        m = int(np.flatnonzero(opened.leaf == g)[0])
        first = points[m] * pow(turn, -int(opened.member[m]), field.P) % field.P
        free = int(np.flatnonzero(~opened.known[g])[0])
        members = [tuple(row) for row in groups[g].tolist()]
        unit = [field.ONE if j == free else field.ZERO for j in range(arity)]
        gap = field.sub(tuple(targets[g].tolist()), fold(members, first, challenge))
        step = field.mul(gap, field.inverse(fold(unit, first, challenge)))
        groups[g, free] = field.add(members[free], step)
    return groups


def solve_layers(
    prover: CheatingProver, positions: np.ndarray, challenges: list[Element]
) -> list[tuple[OpenedLayer, np.ndarray]]:
    """Layer 0 bent to the true reduced word at the positions; the others as they are.

    Tables of one height only.
    """
    layout = prover.layout
    true = prover.whole_words()[layout.log_max_height]
    coset = positions >> layout.log_max_height
    row = positions & ((1 << layout.log_max_height) - 1)
    expected = np.ascontiguousarray(true[:, coset, row].T)
    root = base_root(layout.log_max_height + layout.log_blowup)
    points = [
        pow(root, q + layout.blowup * i, field.P)
        for q, i in zip(coset.tolist(), row.tolist(), strict=True)
    ]
    result = []
    for layer in range(layout.schedule.folds):
        opened = OpenedLayer(layout, layer, positions)
        word, _ = prover.fri.layers[layer]
        if layer == 0:
            following = following_word(prover, layer)
            rows = 1 << opened.log_rows
            targets = following[:, opened.leaves // rows, opened.leaves % rows].T
            groups = solved_groups(
                prover, layer, opened, expected, points, targets, challenges[layer]
            )
        else:
            groups = groups_at(word, layout.schedule.log_arities[layer], opened.leaves)
        result.append((opened, groups))
    return result


def following_word(prover: CheatingProver, layer: int) -> np.ndarray:
    """The word that a layer is folded to, as committed, or the final polynomial's values."""
    if layer + 1 < len(prover.fri.layers):
        return prover.fri.layers[layer + 1][0]
    layout = prover.layout
    log_height = layout.schedule.layers[-1]
    root = base_root(log_height + layout.log_blowup)
    coefficients = [tuple(row) for row in prover.fri.final.tolist()]
    out = np.empty((3, layout.blowup, 1 << log_height), dtype=np.uint64)
    for q in range(layout.blowup):
        for i in range(1 << log_height):
            y = pow(root, q + layout.blowup * i, field.P)
            out[:, q, i] = field.horner(coefficients, (y, 0, 0))
    return out


def open_solved(
    prover: CheatingProver, positions: np.ndarray, write: Callable[[str, bytes], None]
) -> None:
    """`FriProver.open`, with the solved members in the place of the committed ones."""
    items: list[tuple[str, bytes]] = []
    type(prover.fri).open(prover.fri, positions, lambda *item: items.append(item))
    solved = solve_layers(prover, positions, prover.fri.challenges)
    for layer, (opened, groups) in enumerate(solved):
        write(f"values of FRI layer {layer}", groups[~opened.known].tobytes())
        write(*items[2 * layer + 1])
