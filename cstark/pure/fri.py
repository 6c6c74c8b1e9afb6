"""The queries: DEEP quotients from the opened rows, folds, and the final polynomial.

Works in y = x / h: node (q, i) of height n has y = root(b n)^(q + b i).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import mul

from .errors import Refused
from .field import ONE, W_SQUARED, ZERO, Ext, P, W, ext_bytes, horner, invert, root, word_bytes
from .hashes import Hash
from .merkle import at_height
from .merkle import root as merkle_root
from .proof import SALT, Reader
from .shape import TREES, Opening

Row = dict[str, list[int]]  # tree -> words of its row at one node


def point(node: int, height: int, blowup: int) -> int:
    """y of node (q, i)."""
    coset, row = divmod(node, height)
    return pow(root(blowup * height), coset + blowup * row, P)


def reducer(
    openings: tuple[Opening, ...],
    values: list[Ext],
    weights: list[Ext],
    zeta: Ext,
    widths: dict[str, int],
    mask: tuple[int, Ext] | None,
    pin: tuple[Ext, Ext, Ext, Ext] | None = None,
) -> Callable[[Row, int], Ext]:
    """The function (row, x) -> sum_k gamma^k (opening_k - f_k(x)) / (point_k - x) of one height.

    With a mask, gamma^k times its value is added.

    Parameters
    ----------
    openings, values, weights
        The openings of this height, the opened values, and gamma^k.
    zeta
        The point of the openings; those that follow are at zeta g.
    widths : dict of str to int
        Words in a row of each tree at this height.
    mask : (int, Ext), optional
        Where it stands in the row of the quotient tree, and its power of gamma.
    pin : (Ext, Ext, Ext, Ext), optional
        Of a shard: the point omega, eta, which combines the words of a row of the main tree, what
        they are there, and the power of gamma.
    """
    steps = sorted({opening.rows if opening.following else 1 for opening in openings})
    points = [zeta * Ext(root(rows)) for rows in steps]
    sums = [ZERO for _ in steps]
    # For all points, what each word of a row is multiplied with: gamma^k, for the coordinates of
    # a column over F gamma^k w^j.
    factors = [{tree: [ZERO] * width for tree, width in widths.items()} for _ in steps]
    for opening, value, weight in zip(openings, values, weights, strict=True):
        at = steps.index(opening.rows if opening.following else 1)
        sums[at] += weight * value
        for offset, unit in enumerate((ONE, W, W_SQUARED)[: opening.words]):
            factors[at][opening.tree][opening.at + offset] = weight * unit
    if pin is not None:
        omega, eta, value, weight = pin
        points.append(omega)
        sums.append(weight * value)
        combined = []
        for _ in range(widths["main"]):
            combined.append(weight)
            weight *= eta
        factors.append({"main": combined})
    coordinates = [
        {
            tree: tuple([f.key()[axis] for f in words] for axis in range(3))
            for tree, words in of_point.items()
        }
        for of_point in factors
    ]

    def reduced(row: Row, x: int) -> Ext:
        total = ZERO
        if mask is not None:
            start, weight = mask
            total = weight * Ext(*row["quotient"][start : start + 3])
        for at, point in enumerate(points):
            numerator = sums[at]
            for tree, axes in coordinates[at].items():
                numerator -= Ext(*(sum(map(mul, axis, row[tree])) for axis in axes))
            total += numerator * (point - Ext(x)).inverse()
        return total

    return reduced


def fold(values: list[Ext], y: int, challenge: Ext) -> Ext:
    """a sum_k c^k f_k(y^a), from f at y u^j, u = root(a): sum_k (c/y)^k sum_j f(y u^j) u^(-jk)."""
    arity = len(values)
    unit = invert(root(arity))
    transformed = [
        sum((value * Ext(pow(unit, j * k, P)) for j, value in enumerate(values)), start=ZERO)
        for k in range(arity)
    ]
    return horner(reversed(transformed), challenge * Ext(invert(y)))


def read_trees(
    hasher: Hash,
    blowup: int,
    rows: dict[str, dict[int, list[int]]],
    roots: dict[str, bytes],
    nodes: dict[int, list[int]],
    salted: bool,
    reader: Reader,
) -> dict[int, dict[int, Row]]:
    """Take the opened rows of every tree and compare the roots: height -> node -> rows.

    With salts, the tallest leaves of all trees but the preprocessed one have one before the row.
    """
    result: dict[int, dict[int, Row]] = {n: {node: {} for node in nodes[n]} for n in nodes}
    for tree in TREES:
        if not rows[tree]:
            continue
        leaves: dict[int, dict[int, bytes]] = {}
        tallest = max(rows[tree])
        salts: dict[int, bytes] = {}
        if salted and tree != "preprocessed":
            salts = {node: reader.take(SALT) for node in nodes[tallest]}
        for height, widths in rows[tree].items():
            at_node: dict[int, list[int]] = {node: [] for node in nodes[height]}
            for width in widths:  # matrix by matrix in the file, one leaf for all in the tree
                for words in at_node.values():
                    words += reader.words(width)
            for node, words in at_node.items():
                result[height][node][tree] = words
            salt = salts if height == tallest else {}
            hashed = [salt.get(node, b"") + word_bytes(words) for node, words in at_node.items()]
            leaves[height] = dict(zip(at_node, hasher.leaves(hashed), strict=True))
        if merkle_root(hasher, blowup, leaves, reader) != roots[tree]:
            raise Refused("merkle", f"rows of the {tree} tree do not belong to its root")
    return result


def check_folds(
    hasher: Hash,
    blowup: int,
    folds: tuple[int, ...],
    challenges: list[Ext],
    roots: list[bytes],
    final: list[Ext],
    joining: dict[int, dict[int, Ext]],
    reader: Reader,
) -> None:
    """Follow the reduced words of all heights down to the final polynomial.

    `joining` is height -> node -> reduced word there, for the heights that have tables.
    """
    height = max(joining)
    word = dict(joining[height])
    for arity, challenge, expected in zip(folds, challenges, roots, strict=True):
        lower = height // arity
        groups = sorted({at_height(node, height, lower) for node in word})
        opened: list[bytes] = []
        folded: dict[int, Ext] = {}
        for group in groups:
            coset, row = divmod(group, lower)
            members = [coset * height + row + j * lower for j in range(arity)]
            values = [word[node] if node in word else reader.elements(1)[0] for node in members]
            opened.append(ext_bytes(values))
            folded[group] = fold(values, point(members[0], height, blowup), challenge)
            if lower in joining:
                folded[group] += challenge**arity * joining[lower][group]
        layer = dict(zip(groups, hasher.leaves(opened), strict=True))
        if merkle_root(hasher, blowup, {lower: layer}, reader) != expected:
            raise Refused("fri", f"the FRI layer of height {height} does not belong to its root")
        height, word = lower, folded
    for node, value in word.items():
        if value != horner(reversed(final), Ext(point(node, height, blowup))):
            raise Refused("final polynomial", "the folds do not end at the final polynomial")
