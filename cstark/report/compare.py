"""Two reports side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cstark.errors import quoted
from cstark.text import bytes_text, html_table, table

if TYPE_CHECKING:
    from cstark.report.tree import Phase, Report

__all__ = ["Comparison", "Row", "compare"]

# Facts that say whether the two did the same work in the same way.
_CONDITIONS = ("tables", "plan", "threads", "isa")


@dataclass(frozen=True)
class Row:
    """One phase of both reports.

    Attributes
    ----------
    path : tuple of str
        The phases it is in, and its name; empty for the total.
    seconds : tuple of (float or None)
        Of the two; None where there is no such phase.
    peak_bytes : tuple of (int or None)
    """

    path: tuple[str, ...]
    seconds: tuple[float | None, float | None]
    peak_bytes: tuple[int | None, int | None]

    @property
    def name(self) -> str:
        """The phase's name."""
        return self.path[-1] if self.path else "total"

    @property
    def ratio(self) -> float | None:
        """Seconds of the second over those of the first."""
        first, second = self.seconds
        return None if not first or second is None else second / first

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for `json.dumps`."""
        return {
            "path": list(self.path),
            "seconds": list(self.seconds),
            "ratio": self.ratio,
            "peak_bytes": list(self.peak_bytes),
        }


@dataclass(frozen=True)
class Comparison:
    """See `Report.compare`.

    Attributes
    ----------
    names : tuple of str
        What the two are called.
    rows : tuple of Row
        Phases in order, those that only one report has at their place, the total last.
    differences : tuple of str
        What else differs: tables, plan, threads, instruction set, bytes of the proof. Where one of
        the former does, the seconds compare different work.
    """

    names: tuple[str, str]
    rows: tuple[Row, ...]
    differences: tuple[str, ...] = ()

    def __repr__(self) -> str:
        first, second = self.names
        return f"<Comparison of {first!r} with {second!r}; print it for the table>"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for `json.dumps`."""
        return {
            "names": list(self.names),
            "phases": [row.to_dict() for row in self.rows],
            "differences": list(self.differences),
        }

    def _table(self, indent: str) -> tuple[list[str], list[list[object]]]:
        first, second = self.names
        headers = ["phase", f"{first}, s", f"{second}, s", "ratio"]
        headers += [f"{first}, peak", f"{second}, peak"]
        rows: list[list[object]] = []
        for row in self.rows:
            seconds = ["" if s is None else f"{s:.3f}" for s in row.seconds]
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            peaks = ["" if size is None else bytes_text(size) for size in row.peak_bytes]
            rows.append([indent * (len(row.path) - 1) + row.name, *seconds, ratio, *peaks])
        return headers, rows

    def __str__(self) -> str:
        lines = [table(*self._table("  ")), *([""] if self.differences else []), *self.differences]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        found = html_table(*self._table("\N{NO-BREAK SPACE}" * 4))
        if self.differences:
            found += html_table([], [[difference] for difference in self.differences])
        return found


def compare(a: Report, b: Report, names: tuple[str, str]) -> Comparison:
    """See `Report.compare`."""
    rows = [*_rows((), a.root.children, b.root.children), _row((), a.root, b.root)]
    first, second = (name if isinstance(name, str) else quoted(name) for name in names)
    return Comparison((first, second), tuple(rows), tuple(_differences(a, b, (first, second))))


def _rows(path: tuple[str, ...], a: Sequence[Phase], b: Sequence[Phase]) -> Iterator[Row]:
    for one, other in _paired(a, b):
        found = one or other
        assert found is not None
        here = (*path, found.name)
        yield _row(here, one, other)
        yield from _rows(here, one.children if one else (), other.children if other else ())


def _row(path: tuple[str, ...], a: Phase | None, b: Phase | None) -> Row:
    return Row(
        path,
        (a.seconds if a else None, b.seconds if b else None),
        (a.peak_bytes if a else None, b.peak_bytes if b else None),
    )


def _paired(a: Sequence[Phase], b: Sequence[Phase]) -> Iterator[tuple[Phase | None, Phase | None]]:
    """Phases of one name, in order of `a`; those of `b` alone before what follows them there."""
    waiting = list(b)
    names = [phase.name for phase in a]
    for place, phase in enumerate(a):
        if phase.name in (other.name for other in waiting):
            while waiting[0].name != phase.name:
                # Its partner may still come; what has none is shown now.
                if waiting[0].name in names[place:]:
                    break
                yield None, waiting.pop(0)
            match = next(i for i, other in enumerate(waiting) if other.name == phase.name)
            yield phase, waiting.pop(match)
        else:
            yield phase, None
    for other in waiting:
        yield None, other


def _differences(a: Report, b: Report, names: tuple[str, str]) -> Iterator[str]:
    for fact in _CONDITIONS:
        one, other = a.facts.get(fact), b.facts.get(fact)
        if one is not None and other is not None and one != other:
            if fact == "tables":
                one, other = _shapes(one), _shapes(other)
            yield f"{fact}: {one} ({names[0]}), {other} ({names[1]})"
    sizes = [report.facts.get("proof_bytes") for report in (a, b)]
    if all(sizes) and sizes[0] != sizes[1]:
        one, other = (f"{size:,} bytes" for size in sizes if size)
        yield f"proof: {one} ({names[0]}), {other} ({names[1]})"


def _shapes(tables: Sequence[Any]) -> str:
    return ", ".join(f"{t['name']} 2^{t['log_height']} x {t.get('columns', '?')}" for t in tables)
