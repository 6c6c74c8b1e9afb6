"""Columns with their masks, and the remainder of a quotient: what a prover that hides commits to.

Masks of tall tables are added where columns are extended (`Domain.lde`); columns of short ones come
as coefficients with the masks among them, M of each column, constants first. Why each mask has as
many coefficients as it has is said in `cstark.protocol.hiding`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cstark import field
from cstark.field import Element, P
from cstark.kernels import _field, _ntt, _runtime
from cstark.program.powers import powers

from .domain import Domain, scale_rows, scaled
from .hiding import chunk_mask_length
from .layout import MatrixShape, Quotient
from .masks import Masks
from .matrix import with_sum_mask
from .rows import ext_scale, ext_sub

__all__ = [
    "added",
    "chunk_masks",
    "column_masks",
    "cover",
    "interpolated",
    "pieces",
    "quotient_factors",
    "remainder",
    "sum_mask_column",
    "sum_mask_terms",
    "values_on",
    "whole",
    "word_of_masks",
]


def column_masks(masks: Masks, state: bytes, shape: MatrixShape, length: int) -> np.ndarray:
    """Coefficients of r, the masks of a table's columns in a tree: (h, width) uint64."""
    label = f"{shape.tree} of table {shape.table}"
    return masks.elements(state, label, length, shape.width)


def chunk_masks(masks: Masks, state: bytes, shape: MatrixShape, queries: int) -> np.ndarray:
    """Coefficients of t, the mask of a chunk of a quotient: (s + 1, 3) uint64."""
    label = f"chunk {shape.chunk} of {shape.log_rows}"
    return masks.elements(state, label, chunk_mask_length(queries), 3)


def word_of_masks(
    masks: Masks, state: bytes, code: Domain, dimension: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """A uniform word over F of degree below `dimension`, which is at least M and at most 2 M.

    Its values on coset 0, (M, 3), and what is above degree M, as coefficients, None if there are
    none: see `Domain.lde`.
    """
    values = _runtime.aligned((code.height, 3), "masked columns")
    label, more = f"word of {code.log_height}", dimension - code.height
    masks.elements(state, label, code.height, 3, out=values)
    return values, masks.elements(state, f"top of {label}", more, 3) if more else None


def sum_mask_column(mask: Element, log_rows: int) -> np.ndarray:
    """The first three rows of u, with sum over the rows of u (1 + w X + w^2 X^2) = `mask`.

    Its other rows are 0. A function of degree below 3 on these rows is the sum of its values times
    Lagrange's polynomials: so u(r) is what mask, a linear function of 1, X and X^2, makes of the
    polynomial that is 1 on row r and 0 on the other two.
    """
    nodes = [pow(field.base_root(log_rows), row, P) for row in range(3)]
    found = []
    for node in nodes:
        a, b = (other for other in nodes if other != node)
        value = a * b * mask[0] - (a + b) * mask[1] + mask[2]  # (X - a) (X - b)
        found.append(value * pow((node - a) * (node - b), -1, P) % P)
    return np.array(found, dtype=np.uint64)


def sum_mask_terms(sum_mask: np.ndarray, log_rows: int) -> np.ndarray:
    """u (1 + w X + w^2 X^2) on the first rows: what the accumulator adds there, (k, 3) uint64.

    Parameters
    ----------
    sum_mask : (k,) uint64 ndarray
        u on the first rows, see `sum_mask_column`.
    log_rows : int
    """
    root, found = field.base_root(log_rows), []
    for row, value in enumerate(sum_mask.tolist()):
        found.append([value * pow(root, row * k, P) % P for k in range(3)])
    return np.array(found, dtype=np.uint64)


def cover(
    drawn: np.ndarray,
    rows: Domain,
    source: np.ndarray,
    sum_mask: np.ndarray | None = None,
) -> np.ndarray:
    """Coefficients of w + (X^N - 1) r, w a column of a short table: (N + h, width) uint64.

    Parameters
    ----------
    drawn : (h, width) uint64 ndarray
        r, see `column_masks`.
    rows : Domain
        Of the trace.
    source : (N, width) uint64 ndarray
        The columns on the rows.
    sum_mask : (k,) uint64 ndarray, optional
        The first rows of one more column, the last, whose other rows are 0.
    """
    length, width = drawn.shape
    out = _runtime.aligned((rows.height + length, width), "masked columns")
    if sum_mask is not None:
        source = with_sum_mask(source, sum_mask, out[: rows.height])
    _ntt.transform(rows.plan, source, out[: rows.height], True)
    out[rows.height :] = drawn
    _subtract(out[:length], drawn)  # where h is more than N, some of those just set
    return out


def interpolated(code: Domain, quotient: Quotient, chunk: int, source: np.ndarray) -> np.ndarray:
    """Coefficients of q_j from its values on the coset of chunk j: (N, 3) uint64."""
    out = np.empty((len(source), 3), dtype=np.uint64)
    _ntt.transform(_ntt.Plan(quotient.log_rows), source, out, True)  # of q_j(s X)
    scale_rows(out, powers(pow(_shift(code, quotient.place(chunk)), -1, P), len(out)), out)
    return out


def added(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sum of two polynomials over F, by coefficients: (m, 3) and (n, 3) to the longer's."""
    long, short = (a, b) if len(a) >= len(b) else (b, a)
    out = np.array(long, dtype=np.uint64, order="C")
    _add(out[: len(short)], np.ascontiguousarray(short))
    return out


def values_on(coefficients: np.ndarray, point: int, length: int) -> np.ndarray:
    """A polynomial over F on v<w>, w of order m: (n, 3) to (m, 3) uint64."""
    terms = scaled(coefficients, powers(point, len(coefficients)))
    out = np.zeros((length, 3), dtype=np.uint64)
    for start in range(0, len(terms), length):  # w^m is 1
        part = terms[start : start + length]
        _add(out[: len(part)], part)
    _ntt.transform(_ntt.Plan(length.bit_length() - 1), out, out, False)
    return out


def whole(
    quotient: Quotient, code: Domain, chunks: Sequence[np.ndarray], rest: np.ndarray
) -> np.ndarray:
    """Coefficients of sum_j q_j l_j + W R, from those of the q_j, (N, 3), and of R, (m, 3)."""
    rows = 1 << quotient.log_rows
    out = np.zeros((quotient.chunks * rows + len(rest), 3), dtype=np.uint64)
    ends = [pow(_shift(code, quotient.place(j)), rows, P) for j in range(quotient.chunks)]
    for j, chunk in enumerate(chunks):
        scale = 1
        others = [end for k, end in enumerate(ends) if k != j]
        for other in others:
            scale = scale * pow(ends[j] - other, -1, P) % P
        _add_multiples(out, chunk, [scale * factor % P for factor in _product(others)], rows)
    _add_multiples(out, rest, _product(ends), rows)
    return out


def pieces(
    quotient: Quotient, coefficients: np.ndarray, drawn: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Coefficients of the pieces of a quotient, from its own and the masks t_i: (M, 3) each."""
    stride, height, found = quotient.stride, 1 << quotient.log_height, []
    for i in range(quotient.pieces):
        last = i == quotient.pieces - 1
        own = coefficients[i * stride : i * stride + (height if last else stride)]
        out = _runtime.aligned((height, 3), "masked columns")
        out.fill(0)
        out[: len(own)] = own
        if not last:
            out[stride:] = drawn[i]
        if i:
            _subtract(out[: len(drawn[i - 1])], drawn[i - 1])
        found.append(out)
    return found


def _product(ends: Sequence[int]) -> list[int]:
    """Coefficients of prod (Y - end), constants first."""
    found = [1]
    for end in ends:
        below, above = [0, *found], [*found, 0]
        found = [(a - end * b) % P for a, b in zip(below, above, strict=True)]
    return found


def _add_multiples(
    out: np.ndarray, polynomial: np.ndarray, factors: Sequence[int], step: int
) -> None:
    """Add the polynomial times sum_p factors[p] X^(p step)."""
    for p, factor in enumerate(factors):
        scaled = ext_scale(polynomial, np.full(len(polynomial), factor, dtype=np.uint64))
        _add(out[p * step : p * step + len(scaled)], scaled)


def remainder(
    quotient: Quotient, code: Domain, point: int, chunks: Sequence[np.ndarray], values: np.ndarray
) -> np.ndarray:
    """Coefficients of (Q - sum_j chunk_j l_j) / W: (m, 3) uint64.

    Parameters
    ----------
    quotient : Quotient
    code : Domain
    point : int
        v: what follows is on v<w>, w of order m.
    chunks : sequence of (m, 3) uint64 ndarray
    values : (m, 3) uint64 ndarray
        Q.
    """
    length, total = len(values), values
    root, period = field.base_root(length.bit_length() - 1), max(1, length >> quotient.log_rows)
    factors = [
        quotient_factors(quotient, code, (point * pow(root, i, P) % P, 0, 0)) for i in range(period)
    ]  # which repeat

    def repeated(numbers: list[int]) -> np.ndarray:
        return np.tile(np.array(numbers, dtype=np.uint64), length // period)

    for j, chunk in enumerate(chunks):
        weight = repeated([lagrange[j][0] for lagrange, _ in factors])
        total = ext_sub(total, ext_scale(chunk, weight))
    total = ext_scale(total, repeated([pow(vanishing[0], -1, P) for _, vanishing in factors]))
    out = np.empty((length, 3), dtype=np.uint64)
    _ntt.transform(_ntt.Plan(length.bit_length() - 1), np.ascontiguousarray(total), out, True)
    scale_rows(out, powers(pow(point, -1, P), length), out)
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


def _add(place: np.ndarray, words: np.ndarray) -> None:
    found = np.empty_like(words)
    _field.add(np.ascontiguousarray(place).reshape(-1), words.reshape(-1), found.reshape(-1))
    place[:] = found


def _subtract(place: np.ndarray, words: np.ndarray) -> None:
    found = np.empty_like(words)
    _field.sub(np.ascontiguousarray(place).reshape(-1), words.reshape(-1), found.reshape(-1))
    place[:] = found
