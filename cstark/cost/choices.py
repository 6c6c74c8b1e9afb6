"""A table to choose options from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cstark.cost.estimate import Estimate, estimate, rows_by_name
from cstark.cost.seconds import measure
from cstark.errors import CstarkError
from cstark.limits import MAX_QUERIES, MAX_SECURITY
from cstark.protocol.layout import Layout, proven_security, tallest
from cstark.protocol.options import PRESETS, changed
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.standing import Heights, of_table
from cstark.protocol.statement import checked_log_heights
from cstark.security import SecurityReport, show_bits
from cstark.text import bytes_text, html_table, table

if TYPE_CHECKING:
    from cstark.protocol.options import Options

__all__ = ["Choice", "Choices", "choices_at"]

OWN = "as it is"


@dataclass(frozen=True)
class Choice:
    """What one change of the options would do.

    Attributes
    ----------
    change : str
        Such as ``"blowup=4"``; ``"as it is"`` for the machine's own options.
    options : Options or None
        None if the machine cannot have them, as all but `refusal` then.
    queries, grinding : int or None
        As resolved.
    security : SecurityReport or None
        At the heights compared.
    estimate : Estimate or None
        Bytes and memory, and time if it was measured.
    refusal : str
        Why the machine cannot have the options; empty if it can.
    """

    change: str
    options: Options | None = None
    queries: int | None = None
    grinding: int | None = None
    security: SecurityReport | None = None
    estimate: Estimate | None = None
    refusal: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for `json.dumps`."""
        data: dict[str, Any] = {"change": self.change, "refusal": self.refusal}
        if self.security is not None and self.estimate is not None:
            timing = self.estimate.timing
            data |= {
                "queries": self.queries,
                "grinding": self.grinding,
                "proof_bytes": self.estimate.proof_bytes,
                "most_proof_bytes": self.estimate.most_proof_bytes,
                "peak_bytes": self.estimate.peak_bytes,
                "least_bytes": self.estimate.least_bytes,
                "seconds": None if timing is None else timing.seconds,
                "seconds_error": None if timing is None else timing.error,
                "bits": self.security.bits,
                "sum_bits": self.security.sum_bits,
                "binding": self.security.binding,
                "regime": self.security.regime.name,
            }
        return data

    def _cells(self) -> list[object]:
        if self.security is None or self.estimate is None:
            return [self.change, *[None] * 6, self.refusal]
        timing = self.estimate.timing
        return [
            self.change,
            self.queries,
            bytes_text(self.estimate.proof_bytes),
            bytes_text(self.estimate.peak_bytes),
            None if timing is None else timing.short(),
            show_bits(self.security.bits),
            self.grinding,
            f"{self.security.regime.name}, {self.security.binding}",
        ]


@dataclass(frozen=True)
class Choices:
    """The options of a machine and those next to them, side by side.

    Attributes
    ----------
    heights : dict of str to (int or tuple of int)
        Rows of each table.
    rows : tuple of Choice
        The machine's own options first.
    """

    heights: dict[str, int | tuple[int, ...]]
    rows: tuple[Choice, ...]

    def __repr__(self) -> str:
        return f"<Choices: {len(self.rows)} settings of options; print it for the table>"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for `json.dumps`."""
        return {"heights": dict(self.heights), "choices": [row.to_dict() for row in self.rows]}

    def _timed(self) -> bool:
        return any(row.estimate is not None and row.estimate.timing for row in self.rows)

    def _table(self) -> tuple[list[str], list[list[object]]]:
        """Headers and cells; without times where none was measured."""
        headers = [
            "options", "queries", "proof", "memory", "time", "bits", "of them grinding",
            "decoding, binding term",
        ]  # fmt: skip
        cells = [row._cells() for row in self.rows]
        if not self._timed():
            time = headers.index("time")
            del headers[time]
            for line in cells:
                del line[time]
        return headers, cells

    def _note(self) -> str:
        note = "bits: proven, the query term with its grinding; memory: of the fastest plan"
        if self._timed():
            note += "; time: extrapolated from short runs"
        return note

    def __str__(self) -> str:
        headers, cells = self._table()
        return table(headers, cells, left=(0, len(headers) - 1)) + f"\n{self._note()}"

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        return html_table(*self._table()) + f"<p>{self._note()}</p>"


def changes(
    key: ProvingKey, options: Options, tallest_now: int
) -> tuple[Options, list[tuple[str, dict[str, Any]]]]:
    """The options to start from, and what to try: the presets, and one option changed at a time.

    Where the number of queries was given, the others are solved for the bits it gave, so that
    they compare at equal security; only the rows of other numbers of queries do not.
    """
    described = key.description
    queries, solved = described.options.queries, options
    if options.queries is not None:
        security = proven_security(described, tallest(described), regime=options.counted_regime)
        target = min(max(int(security.bits), 1), MAX_SECURITY)
        solved = replace(options, queries=None, security=target)
    alternatives: Sequence[tuple[str, Sequence[Any]]] = (
        ("blowup", (2, 4, 8, 16)),
        ("security", (100, 128)),
        ("regime", ("unique", "dkt26")),
        ("grinding", (0, 20)),
        ("fri_arity", (2, 4, 8)),
        ("hash", ("blake3", "keccak256", "sha256")),
        ("max_log_height", (tallest_now,)),
        ("zk", (False, True)),
    )
    near = (max(queries * 3 // 4, 1), min(queries * 5 // 4, MAX_QUERIES))
    found = [(f"Options.{name}()", dict(preset)) for name, preset in PRESETS.items()]
    found += [(f"queries={other}", {"queries": other}) for other in near if other != queries]
    for name, values in alternatives:
        found += [(f"{name}={value}", {name: value}) for value in values]
    return solved, [
        (change, new)
        for change, new in found
        if any(getattr(solved, name) != value for name, value in new.items())
    ]


def choices_at(
    key: ProvingKey,
    options: Options,
    heights: Mapping[str, int | Sequence[int]],
    *,
    time: bool = True,
    budget: float = 0.1,
) -> Choices:
    """What changing each option would do, at these heights.

    Parameters
    ----------
    key : ProvingKey
    options : Options
        What the machine was asked to have; the key has them as numbers.
    heights : mapping of str to (int or sequence of int)
        Rows of each table; tables of a fixed height may be left out.
    time : bool
        Whether to measure: a short run for each row of the table.
    budget : float
        Seconds that the last run of each row may be expected to take; four times as many for
        the machine's own options.

    Returns
    -------
    Choices

    Raises
    ------
    StatementError
        A height is missing or impossible.
    """
    log_heights = checked_log_heights(key.description, heights)
    full = rows_by_name(key.description, log_heights)
    rows = [_measured(OWN, key, options, log_heights, 4 * budget if time else 0.0)]
    solved, found = changes(key, options, max(h for item in log_heights for h in of_table(item)))
    for change, new in found:
        try:
            asked = changed(solved, new)
            other = ProvingKey.make(key.description.tables, asked, key.programs)
        except CstarkError as error:
            rows.append(Choice(change, refusal=f"not possible: {error}"))
        else:
            budget_now = budget if time else 0.0
            rows.append(_measured(change, other, asked, log_heights, budget_now))
    return Choices(full, tuple(rows))


def _measured(
    change: str, key: ProvingKey, options: Options, log_heights: Heights, budget: float
) -> Choice:
    described = key.description
    found = estimate(key.standing(log_heights), Layout(described, log_heights))
    if budget:
        found = replace(found, timing=measure(key, log_heights, budget=budget))
    return Choice(
        change,
        options,
        described.options.queries,
        described.options.grinding,
        proven_security(described, log_heights, regime=options.counted_regime),
        found,
    )
