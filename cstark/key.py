"""The verifying key: a machine as data, all that a verifier has to know of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from cstark.air.bus import number_buses
from cstark.air.description import TableDescription
from cstark.errors import AirError, CstarkError
from cstark.protocol.options import ResolvedOptions

__all__ = ["PlainKey", "VerifyingKey"]

_FORMAT = "cstark verifying key"
_VERSION = 1
MIN_LOG_HEIGHT = 3


class PlainKey:
    """The part of a key that needs no commitment: enough for statements and layouts."""

    def __init__(
        self, tables: Sequence[TableDescription], options: ResolvedOptions | None = None
    ) -> None:
        self.tables = tuple(tables)
        self.options = options
        self.names = tuple(table.name for table in tables)
        self.buses = number_buses(tables)


class VerifyingKey:
    """Tables, buses, options and preprocessed commitment of a machine.

    It needs neither the `Air` classes nor any trace code: what it holds can be written to a file
    (`to_json`) and read again by somebody else (`from_json`).

    Parameters
    ----------
    tables : sequence of TableDescription
        In the order of the machine.
    options : ResolvedOptions
    preprocessed_root : bytes or None
        32-byte commitment to the preprocessed columns of all tables; None when there are none.

    Attributes
    ----------
    buses : dict of str to (int, int)
        Number (1, 2, ... by name) and width of each bus.
    digest : bytes
        SHA-256 of `to_json`; the first thing that a proof's transcript absorbs.

    Examples
    --------
    >>> import cstark as cs
    >>> class Doubling(cs.Air):
    ...     columns = ("x",)
    ...     def constrain(self, t):
    ...         t.transition.equal(t.next.x, 2 * t.now.x)
    >>> key = cs.Machine({"doubling": Doubling()}).verifying_key()
    >>> cs.VerifyingKey.from_json(key.to_json()) == key
    True
    """

    def __init__(
        self,
        tables: Sequence[TableDescription],
        options: ResolvedOptions,
        preprocessed_root: bytes | None,
    ) -> None:
        self.tables = tuple(tables)
        self.options = options
        self.preprocessed_root = preprocessed_root
        check_tables(self.tables, options)
        has_preprocessed = any(table.preprocessed_width for table in self.tables)
        if has_preprocessed != (preprocessed_root is not None):
            raise AirError("a preprocessed commitment goes with preprocessed columns, only")
        self.buses = number_buses(self.tables)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables, in order."""
        return tuple(table.name for table in self.tables)

    @cached_property
    def _json(self) -> str:
        data = {
            "format": _FORMAT,
            "version": _VERSION,
            "options": self.options.to_data(),
            "tables": [table.to_data() for table in self.tables],
            "buses": {name: list(pair) for name, pair in self.buses.items()},
            "preprocessed_root": self.preprocessed_root.hex() if self.preprocessed_root else None,
        }
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    def to_json(self) -> str:
        """Canonical JSON: equal keys give equal text.

        Sorted names, no white space, everything outside ASCII escaped. The page `cstark.protocol`,
        section The statement, lists the fields.
        """
        return self._json

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of `to_json`."""
        return hashlib.sha256(self._json.encode()).digest()

    @classmethod
    def from_json(cls, text: str | bytes) -> VerifyingKey:
        """Read a key back.

        Whoever verifies with a key trusts it: compare `digest` with one from a source you trust.

        Raises
        ------
        CstarkError
            When the text is not a key; everything in it is checked.
        """
        if not isinstance(text, (str, bytes)):
            raise CstarkError(f"not a verifying key: it is {type(text).__name__}, not text")
        try:
            # json would guess other encodings; a key is ASCII
            text = text.decode("ascii") if isinstance(text, bytes) else text
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CstarkError(f"not a verifying key: {error}") from None
        fields = {"format", "version", "options", "tables", "buses", "preprocessed_root"}
        if not isinstance(data, dict) or set(data) != fields:
            raise CstarkError("not a verifying key: the fields are " + ", ".join(sorted(fields)))
        if data["format"] != _FORMAT or data["version"] != _VERSION:
            raise CstarkError(
                f"not a verifying key of version {_VERSION}: "
                f"format {data['format']!r:.60}, version {data['version']!r:.20}"
            )
        if not isinstance(data["tables"], list):
            raise CstarkError("not a verifying key: tables must be a list")
        root = data["preprocessed_root"]
        if root is not None:
            if not isinstance(root, str) or len(root) != 64:
                raise CstarkError("not a verifying key: preprocessed_root must be 64 hex digits")
            try:
                root = bytes.fromhex(root)
            except ValueError:
                raise CstarkError("not a verifying key: preprocessed_root is not hex") from None
        key = cls(
            [TableDescription.from_data(table) for table in data["tables"]],
            ResolvedOptions.from_data(data["options"]),
            root,
        )
        if key.to_json() != text.strip():
            raise CstarkError("not a verifying key: the text is not in canonical form")
        return key

    def verify(
        self,
        proof: Any,
        publics: Mapping[str, Sequence[int]] | None = None,
        *,
        tokens: Sequence[Any] = (),
        claim: bytes | None = None,
        min_security: int = 100,
    ) -> None:
        """Check a proof; see `Machine.verify`."""
        from cstark.protocol.verifier import verify

        verify(self, proof, publics, tokens=tokens, claim=claim, min_security=min_security)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyingKey) and self._json == other._json

    def __hash__(self) -> int:
        return hash(self._json)

    def __repr__(self) -> str:
        return f"<VerifyingKey of {', '.join(self.names)}: {self.digest.hex()[:16]}>"

    def __reduce__(self):
        return (type(self), (self.tables, self.options, self.preprocessed_root))


def check_tables(tables: Sequence[TableDescription], options: ResolvedOptions) -> None:
    """What must hold of the tables of a machine together with its options.

    Raises
    ------
    AirError
        Naming the table and the constraint or interaction.
    """
    if not tables:
        raise AirError("a machine needs at least one table")
    names = [table.name for table in tables]
    if len(set(names)) != len(names):
        raise AirError("two tables have the same name")
    blowup = options.blowup
    for table in tables:
        for constraint in table.constraints:
            if constraint.degree > blowup + 1:
                raise AirError(
                    f"table {table.name!r}: constraint {constraint.label} "
                    f"has degree {constraint.degree}, but blowup {blowup} allows {blowup + 1}"
                    + (
                        " (first_row and last_row cost one degree)"
                        if constraint.selector in ("first", "last")
                        else ""
                    )
                    + f"; use Options(blowup={_blowup_for(constraint.degree)}), or a helper column"
                )
        for number, interaction in enumerate(table.interactions):
            degree = table.count_degree(number)
            if degree > blowup:
                raise AirError(
                    f"table {table.name!r}: the count of interaction {number} "
                    f"({interaction.label}) has degree {degree}, but blowup "
                    f"{blowup} allows {blowup}; use a helper column"
                )
        if table.rows is not None and table.rows > 1 << options.max_log_height:
            raise AirError(
                f"table {table.name!r} has {table.rows} rows, more than "
                f"max_log_height={options.max_log_height} allows"
            )


def _blowup_for(degree: int) -> int:
    return 1 << (degree - 2).bit_length()
