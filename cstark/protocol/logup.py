"""LogUp: the columns, the accumulators and the table sums of all tables.

Every message m sent on a bus adds count / f(m) to its table's sum, every one received subtracts
it, with the fingerprint

    f(m) = z - (bus + alpha m_1 + ... + alpha^k m_k).

The sums of all tables and of the verifier's tokens cancel exactly when what is sent is what is
received, but for an unlucky z or alpha (eprint 2022/1530). The columns are laid out in
`cstark.protocol.layout`; the arithmetic is `cstark.program`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from cstark.errors import TraceError
from cstark.kernels import _runtime
from cstark.program import Challenges, LookupCall, ZeroDenominator, build_lookup_columns

if TYPE_CHECKING:
    from cstark.field import Element

    from .proving_key import ProvingKey
    from .statement import Instance

__all__ = ["build_lookups"]

NOTHING: Mapping[int, np.ndarray] = MappingProxyType({})


def build_lookups(
    proving_key: ProvingKey,
    instance: Instance,
    traces: Sequence[np.ndarray],
    z: Element,
    alpha: Element,
    added: Mapping[int, np.ndarray] = NOTHING,
) -> tuple[dict[int, np.ndarray], dict[int, Element]]:
    """LogUp matrices and sums of the tables that have interactions, by table.

    Parameters
    ----------
    proving_key : ProvingKey
    instance : Instance
    traces : sequence of (rows, width) uint64 ndarray
    z, alpha : Element
    added : mapping of int to (k, 3) uint64 ndarray, optional
        By table: what its accumulator adds, and so its sum has, on its first rows besides.

    Raises
    ------
    TraceError
        When a fingerprint is zero (probability about rows / 2^192): naming table and row.
    """
    key = proving_key.description
    challenges = Challenges(z=z, alpha=alpha, bus_numbers=key.bus_numbers)
    matrices: dict[int, np.ndarray] = {}
    calls: dict[int, LookupCall] = {}
    for table, description in enumerate(key.tables):
        if not description.interactions:
            continue
        width = 3 * description.lookup_columns
        matrices[table] = _runtime.aligned((len(traces[table]), width), "lookup columns")
        calls[table] = LookupCall(
            proving_key.programs.lookup(table),
            traces[table],
            description.preprocessed,
            instance.publics[table],
            matrices[table],
            added.get(table),
        )
    # the largest chunks first, so that the last ones are small
    order = sorted(calls, key=lambda table: -len(traces[table]))
    try:
        found = build_lookup_columns([calls[table] for table in order], challenges)
    except ZeroDenominator as zero:
        table = order[zero.call]
        description = key.tables[table]
        interaction = description.interactions[zero.interaction]
        raise TraceError(
            f"table {description.name!r}, row {zero.row}: the fingerprint of "
            f"{interaction.label} is zero",
            table=description.name,
            row=zero.row,
        ) from None
    sums = dict(zip(order, found, strict=True))
    return matrices, {table: sums[table] for table in calls}
