"""Parameters as https://github.com/ethereum/soundcalc reads them, to compare with its results.

Load the text with that tool's ``zkVM.load_from_toml``, or put it among its ``zkvms``.  Our terms
are never above its own, which leave three things out (`cstark.security.terms`) and are rounded
down to whole bits.

What its format cannot express: more than one trace length (it gets that of the tallest table);
that the tables of a height share a quotient, by powers of one more challenge; that several proofs
share the challenges of their buses, with pins; and the count of DKT26.  Of these only its own terms
are compared.

=================== ==============================================
its level           our term
=================== ==============================================
bus                 lookup
ALI                 constraints
DEEP                ood
batching            batching
commit round i + 1  fold[i]
query phase         query
=================== ==============================================
"""

from __future__ import annotations

import math

from cstark.security.report import SecurityReport
from cstark.security.terms import Shape

__all__ = ["level_name", "toml"]

_LEVELS = {
    "lookup": "bus",
    "constraints": "ALI",
    "ood": "DEEP",
    "batching": "batching",
    "query": "query phase",
}


def level_name(term: str) -> str:
    """The tool's name of one of our terms."""
    if term.startswith("fold["):
        return f"commit round {int(term[5:-1]) + 1}"
    return _LEVELS[term]


def toml(result: SecurityReport, name: str = "cstark") -> str:
    """The TOML text, in both regimes, the list regime at the report's multiplicity.

    Examples
    --------
    >>> from cstark.security import Shape, security_report
    >>> shape = Shape(log_heights=(10,), blowup=2, deep_terms=72, constraints=40, degree=3,
    ...               fold_arities=(8,))
    >>> print(toml(security_report(shape, queries=240, grinding=16)))  # doctest: +ELLIPSIS
    [zkevm]
    name = "cstark"
    protocol_family = "FRI_STARK"
    field = "Goldilocks^3"
    hash_size_bits = 256
    <BLANKLINE>
    [[circuits]]
    name = "cstark"
    rho = 0.5
    trace_length = 1024
    ...
    """
    shape = result.shape
    elsewhere = result.grinding_elsewhere
    multiplicity = result.list_decoding.multiplicity or 3
    text = _string(name)
    lines = [
        "[zkevm]",
        f"name = {text}",
        'protocol_family = "FRI_STARK"',
        'field = "Goldilocks^3"',
        "hash_size_bits = 256",
        "",
        "[[circuits]]",
        f"name = {text}",
        f"rho = {shape.rate!r}",
        f"trace_length = {shape.height}",
        f"air_max_degree = {shape.degree}",
        f"num_constraints = {shape.constraints}",
        f"opening_points = {shape.points}",
        f"batch_size = {shape.deep_terms}",
        f"power_batching = {'true' if shape.batching == 'powers' else 'false'}",
        f"num_queries = {result.queries}",
        f"fri_folding_factors = {list(shape.fold_arities)}",
        f"fri_early_stop_degree = {shape.domain_length // math.prod(shape.fold_arities)}",
        f"grinding_query_phase = {result.grinding}",
        f"grinding_batching_phase = {elsewhere.get('batching', 0)}",
        f"grinding_commit_phase = {elsewhere.get('fold', 0)}",
        f"grinding_deep = {elsewhere.get('ood', 0)}",
        f"gap_to_radius = {gap_to_radius(shape, multiplicity)!r}",
    ]
    if shape.fractions:
        lines += [
            "",
            "[[circuits.lookups]]",
            'name = "bus"',
            'logup_type = "univariate"',
            f"rows_L = {shape.fractions}",
            "rows_T = 0",
            f"num_columns_S = {shape.message_width + 2}",
            f"grinding_bits_lookup = {elsewhere.get('lookup', 0)}",
        ]
    return "\n".join(lines)


def gap_to_radius(shape: Shape, multiplicity: int) -> float:
    """The gap from which the tool computes this multiplicity, in its floating point arithmetic.

    sqrt(rho)/(2m) rounded the wrong way would give m + 1; the excess moves its query term by less
    than 10^-7 bit.
    """
    return math.sqrt(shape.rate) / (2 * multiplicity) * (1 + 1e-10)


def _string(text: str) -> str:
    """A basic TOML string."""
    plain = "".join(c if c.isprintable() and c not in '"\\' else "_" for c in text)
    return f'"{plain}"'
