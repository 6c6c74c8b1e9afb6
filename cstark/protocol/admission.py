"""What verifiers check of a statement, whether it is proved in one proof or in shards.

The heights in a header table by table, the policy, and at last the sums of all tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import reduce
from typing import TYPE_CHECKING

from cstark import field
from cstark.errors import quoted
from cstark.limits import MIN_LOG_HEIGHT
from cstark.security import show_bits

from .refusals import require
from .standing import of_table

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.field import Element

    from .key import VerifyingKey
    from .options import ResolvedOptions
    from .policy import Policy
    from .standing import Heights

__all__ = [
    "check_bits",
    "check_body",
    "check_expected",
    "check_header",
    "check_height",
    "check_kind",
    "check_order",
    "check_standing",
    "check_sums",
    "check_tables_of",
    "check_weights",
]


def check_standing(table: TableDescription, item: int | tuple[int, ...]) -> None:
    """A table stands as often as it may in a proof, its traces tallest first."""
    require(
        isinstance(item, int) == (table.stands != "any"),
        "standing",
        f"table {table.name!r} "
        + (
            "stands any number of times, and the proof gives one height"
            if isinstance(item, int)
            else f"stands once, not {len(item)} times"
        ),
    )
    check_order(table, item)


def check_order(table: TableDescription, item: int | tuple[int, ...]) -> None:
    """The traces of a table stand tallest first."""
    require(
        list(of_table(item)) == sorted(of_table(item), reverse=True),
        "order of traces",
        f"the traces of table {table.name!r} do not stand tallest first",
    )


def check_height(table: TableDescription, log_height: int, max_log_height: int) -> None:
    """A trace has a height that the table may have."""
    require(
        MIN_LOG_HEIGHT <= log_height <= max_log_height,
        "height range",
        f"table {table.name!r}: height 2^{log_height} is not allowed",
    )
    require(
        table.rows is None or table.rows == 1 << log_height,
        "fixed height",
        f"table {table.name!r} has {table.rows} rows, the proof says 2^{log_height}",
    )
    longest = max((len(values) for values in table.periodic), default=1)
    require(
        longest <= 1 << log_height,
        "period",
        f"table {table.name!r}: a periodic column is longer than 2^{log_height} rows",
    )


def check_expected(
    table: TableDescription, item: int | tuple[int, ...], expected: tuple[int, ...] | None
) -> None:
    """A table has the heights that the caller expects, if any."""
    require(
        expected is None or expected == of_table(item),
        "expected height",
        f"table {table.name!r} has {_rows_text(of_table(item))} rows, not the "
        f"{_rows_text(expected or ())} expected",
    )


def _unlike(options: ResolvedOptions, other: ResolvedOptions) -> str:
    """Text of the options that differ from the other's, with their values."""
    pairs = [(f.name, getattr(options, f.name), getattr(other, f.name)) for f in fields(options)]
    return ", ".join(f"{name}={quoted(value)}" for name, value, theirs in pairs if value != theirs)


def check_kind(key: VerifyingKey, *, sharded: bool) -> None:
    """The key is one for proofs of this kind."""
    kinds = "proofs that are not in shards", "proofs in shards"
    require(
        key.sharded == sharded,
        "kind of key",
        f"the key is of {kinds[key.sharded]}, and the proof is one of {kinds[sharded]}",
    )


def check_tables_of(key: VerifyingKey, heights: Heights) -> None:
    """The header names as many tables as there are."""
    require(
        len(heights) == len(key.tables),
        "tables",
        f"the proof has {len(heights)} tables, the machine {len(key.tables)}",
    )


def check_header(
    key: VerifyingKey, options: ResolvedOptions, claim: bytes, expected: bytes
) -> None:
    """Options and claim of the file are those of the statement."""
    require(
        options == key.options,
        "options",
        f"the proof was made with {_unlike(options, key.options)}, "
        f"the machine has {_unlike(key.options, options)}",
    )
    require(claim == expected, "claim", "the proof is about another claim")


def check_weights(below: bool) -> None:
    """Weights times heights, and tokens, are below p in total."""
    require(
        below,
        "multiplicity",
        "weights times heights reach p: multiplicities could wrap around",
    )


def check_bits(key: VerifyingKey, bits: float, policy: Policy, problem: str) -> None:
    """The proof is as strong as the caller wants."""
    require(
        bits >= policy.min_security and not problem,
        "security",
        f"the proof has {show_bits(bits)} proven bits (the query term's "
        f"{key.options.grinding} bits of grinding included), fewer than "
        f"min_security={quoted(policy.min_security)}{problem}",
    )


def check_body(length: int, most: int) -> None:
    """The body is no longer than the statement makes it."""
    require(
        length <= most,
        "body length",
        f"{length} bytes besides the claim, more than {most}, the most that a proof of this "
        "statement can have",
    )


def check_sums(tokens: Element | None, values: Iterable[Element]) -> None:
    """What is sent is what is received: table sums and tokens cancel."""
    require(tokens is not None, "token denominator", "a token has a zero denominator")
    total = reduce(field.add, values, tokens or field.ZERO)
    require(total == field.ZERO, "bus sum", "table sums and tokens do not cancel")


def _rows_text(log_heights: tuple[int, ...]) -> str:
    return ", ".join(f"2^{log_height}" for log_height in log_heights) or "0"
