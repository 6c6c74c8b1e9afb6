"""Columns with their masks, and the remainder of a quotient: what a prover that hides commits to.

All but the remainder comes as coefficients, M of each column, constants first. Why each mask has as
many coefficients as it has is said in `cstark.protocol.hiding`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cstark import field
from cstark.field import Element, P
from cstark.kernels import _field, _ntt, _runtime

from .domain import Domain, powers, scale_rows
from .hiding import chunk_mask_length, mask_length
from .layout import MatrixShape, Quotient
from .masks import Masks
from .rows import ext_scale, ext_sub

__all__ = ["cover", "cover_chunk", "quotient_factors", "remainder", "word_of_masks"]


def cover(
    masks: Masks,
    state: bytes,
    shape: MatrixShape,
    queries: int,
    rows: Domain,
    code: Domain,
    source: np.ndarray,
    constants: Element | None = None,
) -> np.ndarray:
    """Coefficients of w + (X^N - 1) r, w a column of a table, r random: (M, width) uint64.

    Parameters
    ----------
    masks, state
        The transcript's state before the root of the tree.
    shape : MatrixShape
    queries : int
    rows, code : Domain
        Of the trace and of the code.
    source : (N, width) uint64 ndarray
        The columns on the rows.
    constants : element, optional
        Coordinates of an element, which the last three columns have on every row: `source` is
        without them.
    """
    out = _blank(code, shape.width)
    own = shape.width - (0 if constants is None else 3)
    if own:  # a table of preprocessed columns alone has none
        _ntt.transform(rows.plan, source[:, :own], out[: rows.height], True)
    if constants is not None:
        out[0, own:] = constants
    length = mask_length(queries)
    label = f"{shape.tree} of table {shape.table}"
    drawn = masks.elements(state, label, length, shape.width)
    _subtract(out[:length], drawn)
    _add(out[rows.height : rows.height + length], drawn)
    return out


def cover_chunk(
    masks: Masks,
    state: bytes,
    shape: MatrixShape,
    queries: int,
    rows: Domain,
    code: Domain,
    place: tuple[int, int],
    source: np.ndarray,
) -> np.ndarray:
    """Coefficients of q + (X^N - s^N) t, from q on s <g>, t random over F: (M, 3) uint64."""
    shift = _shift(code, place)
    out = _blank(code, 3)
    _ntt.transform(rows.plan, source, out[: rows.height], True)  # of q(s X)
    own = out[: rows.height]
    scale_rows(own, powers(pow(shift, -1, P), rows.height), own)
    drawn = masks.elements(
        state, f"chunk {shape.chunk} of {shape.log_rows}", chunk_mask_length(queries), 3
    )
    power = np.full(len(drawn), pow(shift, rows.height, P), dtype=np.uint64)
    _subtract(out[: len(drawn)], ext_scale(drawn, power))
    _add(out[rows.height : rows.height + len(drawn)], drawn)
    return out


def word_of_masks(masks: Masks, state: bytes, code: Domain) -> np.ndarray:
    """Coefficients of a uniform word of a code, over F: (M, 3) uint64."""
    out = _blank(code, 3)
    out[:] = masks.elements(state, f"word of {code.log_height}", code.height, 3)
    return out


def remainder(
    quotient: Quotient, code: Domain, chunks: Sequence[np.ndarray], values: np.ndarray
) -> np.ndarray:
    """(Q - sum_j chunk_j l_j) / W on the last coset of the code: (M, 3) uint64.

    Parameters
    ----------
    quotient : Quotient
    code : Domain
    chunks : sequence of (M, 3) uint64 ndarray
        On that coset.
    values : (M, 3) uint64 ndarray
        Q there.
    """
    total = values
    factors = [
        quotient_factors(quotient, code, (_shift(code, (code.blowup - 1, place)), 0, 0))
        for place in range(quotient.cosets)
    ]
    for j, chunk in enumerate(chunks):
        weight = np.array([lagrange[j][0] for lagrange, _ in factors], dtype=np.uint64)
        own = ext_scale(chunk, np.tile(weight, 1 << quotient.log_rows))
        total = ext_sub(total, own)
    inverses = np.array([pow(vanishing[0], -1, P) for _, vanishing in factors], dtype=np.uint64)
    out = _blank(code, 3)
    out[:] = ext_scale(total, np.tile(inverses, 1 << quotient.log_rows))
    return out


def quotient_factors(
    quotient: Quotient, code: Domain, point: Element
) -> tuple[list[Element], Element]:
    """(l_j of every chunk j, W) at a point: Q = sum_j chunk_j l_j + W remainder."""
    rows = 1 << quotient.log_rows
    ends = [pow(_shift(code, quotient.place(j)), rows, P) for j in range(quotient.chunks)]
    power = field.power(point, rows)
    differences = [field.sub(power, (end, 0, 0)) for end in ends]
    lagrange = []
    for j, end in enumerate(ends):
        value = field.ONE
        for k, other in enumerate(ends):
            if k != j:
                value = field.mul(value, field.scale(differences[k], pow(end - other, -1, P)))
        lagrange.append(value)
    vanishing = field.ONE
    for difference in differences:
        vanishing = field.mul(vanishing, difference)
    return lagrange, vanishing


def _shift(code: Domain, place: tuple[int, int]) -> int:
    """s_q root(M)^e of a place (q, e)."""
    coset, step = place
    return code.shifts[coset] * pow(code.generator, step, P) % P


def _blank(code: Domain, width: int) -> np.ndarray:
    out = _runtime.aligned((code.height, width), "masked columns")
    out.fill(0)
    return out


def _add(place: np.ndarray, words: np.ndarray) -> None:
    found = np.empty_like(words)
    _field.add(np.ascontiguousarray(place).reshape(-1), words.reshape(-1), found.reshape(-1))
    place[:] = found


def _subtract(place: np.ndarray, words: np.ndarray) -> None:
    found = np.empty_like(words)
    _field.sub(np.ascontiguousarray(place).reshape(-1), words.reshape(-1), found.reshape(-1))
    place[:] = found
