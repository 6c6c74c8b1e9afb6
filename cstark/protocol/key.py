"""The verifying key: a machine as data, all that a verifier has to know of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cstark.air.buses import number_buses
from cstark.air.description import Constraint, TableDescription
from cstark.air.tokens import Token
from cstark.errors import AirError, CstarkError, OptionsError, quoted
from cstark.limits import MAX_BLOWUP, MAX_TABLES
from cstark.text import canonical_json, html_table
from cstark.text import table as text_table

from .hiding import final_excess, least_log_height, mask_length
from .options import Options, ResolvedOptions
from .version import VERSION

if TYPE_CHECKING:
    from .proof import Proof
    from .publics import Publics
    from .shards.proof import ShardedProof

__all__ = ["MachineDescription", "VerifyingKey", "check_tables"]

KEY_FORMAT = "cstark verifying key"
STATEMENT_FORMAT = "cstark statement"  # of `cstark.workload.statement_file`, for a better message


class MachineDescription:
    """Tables, buses and options: all that statements and layouts need to know of a machine.

    What `cstark.air.description.TableDescription` is of a table. A verifying key is a description
    with the commitment to the preprocessed columns.

    Parameters
    ----------
    tables : sequence of TableDescription
        In the order of the machine.
    options : ResolvedOptions
    sharded : bool
        Whether it is that of proofs in shards, which have pins: `cstark.protocol.shards`.

    Attributes
    ----------
    buses : dict of str to Bus
        Number (1, 2, ... by name) and width of each bus.
    bus_numbers : dict of str to int
        The numbers alone.
    """

    def __init__(
        self, tables: Sequence[TableDescription], options: ResolvedOptions, sharded: bool = False
    ) -> None:
        self.tables = tuple(tables)
        self.options = options
        self.sharded = sharded
        self.buses = number_buses(tables)
        self.bus_numbers = {name: bus.number for name, bus in self.buses.items()}

    @property
    def mask_length(self) -> int:
        """h: random coefficients of a column where proofs hide, see `cstark.protocol.hiding`."""
        return mask_length(self.options.queries, self.sharded)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables, in order."""
        return tuple(description.name for description in self.tables)

    def summary(self) -> str:
        """A table of the tables, the buses and the options, for people to read."""
        lines = [text_table(*self._summary_table())]
        return "\n".join([*lines, *self._summary_lines()])

    def summary_html(self) -> str:
        """The same summary as HTML, for a notebook."""
        from html import escape

        notes = "".join(f"<p>{escape(line)}</p>" for line in self._summary_lines())
        return html_table(*self._summary_table()) + notes

    def _summary_table(self) -> tuple[list[str], list[list[str]]]:
        head = [
            "table",
            "rows",
            "main",
            "preprocessed",
            "lookup",
            "constraints",
            "messages",
            "degree",
        ]
        rows = [
            [
                d.name,
                _rows_text(d),
                str(d.width),
                str(d.preprocessed_width),
                str(d.lookup_columns),
                str(len(d.constraints)),
                str(len(d.interactions)),
                str(d.degree),
            ]
            for d in self.tables
        ]
        return head, rows

    def _summary_lines(self) -> list[str]:
        lines = []
        if self.buses:
            widths = [f"{name} ({bus.width} wide)" for name, bus in self.buses.items()]
            lines.append("buses: " + ", ".join(widths))
        open_heights = [d.name for d in self.tables if d.height_is_open]
        if open_heights:
            lines.append(
                f"height chosen by the prover: {', '.join(open_heights)} (until `rows` or "
                "verify(..., heights=) says it)"
            )
        o = self.options
        lines.append(
            f"blowup {o.blowup}, {o.hash}, {o.queries} queries, {o.grinding} bits of grinding, "
            f"FRI arity {o.fri_arity}, final length {o.final_length}"
        )
        if o.zk:
            several = any(d.stands == "any" for d in self.tables)
            lines.append(
                "zero-knowledge: proofs hide the traces; public are the public values, the tokens, "
                "the claim, and how tall each table is, to the next power of two"
                + (
                    "; of one that stands any number of times each of its traces, which together "
                    "tell its rows more closely"
                    if several
                    else ""
                )
            )
        return lines


class VerifyingKey(MachineDescription):
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
    shard_root : bytes or None
        That of the tables which stand in every shard, in the key of a proof in shards; None when
        these have no such columns.
    sharded : bool
        Whether it is the key of proofs in shards, which are the only ones that it verifies.

    Attributes
    ----------
    buses : dict of str to Bus
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

    _commit: Callable[[], bytes | None]
    _commit_shards: Callable[[], bytes | None]

    def __init__(
        self,
        tables: Sequence[TableDescription],
        options: ResolvedOptions,
        preprocessed_root: bytes | None,
        shard_root: bytes | None = None,
        sharded: bool = False,
    ) -> None:
        check_tables(tables, options, sharded)
        super().__init__(tables, options, sharded)
        # The cached properties below are not asked then.
        self.__dict__["preprocessed_root"] = preprocessed_root
        self.__dict__["shard_root"] = shard_root
        has_preprocessed = any(description.preprocessed_width for description in self.tables)
        if has_preprocessed != (preprocessed_root is not None):
            raise AirError("a preprocessed commitment goes with preprocessed columns, only")
        everywhere = [d for d in self.tables if d.stands == "every" and d.preprocessed_width]
        if (sharded and bool(everywhere)) != (shard_root is not None):
            raise AirError(
                "a shard's commitment goes with preprocessed columns of every shard, only"
            )

    @classmethod
    def deferred(
        cls,
        description: MachineDescription,
        commit: Callable[[], bytes | None],
        commit_shards: Callable[[], bytes | None],
    ) -> VerifyingKey:
        """The key of a machine whose preprocessed columns are committed to when first needed.

        Parameters
        ----------
        description : MachineDescription
        commit : callable
            Returns the root, or None when there are no such columns.
        commit_shards : callable
            Likewise, of the tables that stand in every shard; asked in a key of such proofs.

        Returns
        -------
        VerifyingKey
        """
        key = cls.__new__(cls)
        MachineDescription.__init__(
            key, description.tables, description.options, description.sharded
        )
        key._commit, key._commit_shards = commit, commit_shards
        return key

    @cached_property
    def preprocessed_root(self) -> bytes | None:
        """Commitment to the preprocessed columns; None when there are none."""
        return self._commit()

    @cached_property
    def shard_root(self) -> bytes | None:
        """That of the tables which stand in every shard; None when these have no such columns."""
        return self._commit_shards() if self.sharded else None

    @property
    def committed(self) -> bool:
        """Whether the commitment has been made."""
        return "preprocessed_root" in self.__dict__

    @cached_property
    def _json(self) -> str:
        data = {
            "format": KEY_FORMAT,
            "version": VERSION,
            "options": self.options.to_data(),
            "tables": [description.to_data() for description in self.tables],
            "buses": {name: list(pair) for name, pair in self.buses.items()},
            "preprocessed_root": self.preprocessed_root.hex() if self.preprocessed_root else None,
        }
        if self.sharded:
            data["shard_root"] = self.shard_root.hex() if self.shard_root else None
        return canonical_json(data)

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

        Parameters
        ----------
        text : str or bytes
            From `to_json`.

        Returns
        -------
        VerifyingKey

        Raises
        ------
        CstarkError
            If the text is not a key; everything in it is checked.
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
        if isinstance(data, dict) and data.get("format") == STATEMENT_FORMAT:
            raise CstarkError(
                "not a verifying key: this is a statement, which holds a key, public values, "
                "tokens and a claim; read it with cs.StatementFile.from_json"
            )
        sharded = isinstance(data, dict) and "shard_root" in data
        if sharded:
            fields.add("shard_root")
        if not isinstance(data, dict) or set(data) != fields:
            raise CstarkError("not a verifying key: the fields are " + ", ".join(sorted(fields)))
        if data["format"] != KEY_FORMAT or data["version"] != VERSION:
            raise CstarkError(
                f"not a verifying key of version {VERSION}: "
                f"format {quoted(data['format']):.60}, version {quoted(data['version']):.20}"
            )
        if not isinstance(data["tables"], list):
            raise CstarkError("not a verifying key: tables must be a list")
        key = cls(
            [TableDescription.from_data(item) for item in data["tables"]],
            ResolvedOptions.from_data(data["options"]),
            _root(data, "preprocessed_root"),
            _root(data, "shard_root") if sharded else None,
            sharded,
        )
        if key.to_json() != text.strip():
            raise CstarkError("not a verifying key: the text is not in canonical form")
        return key

    def verify(
        self,
        proof: Proof | ShardedProof | bytes,
        publics: Publics | None = None,
        *,
        tokens: Sequence[Token] = (),
        claim: bytes | None = None,
        heights: Mapping[str, int | Sequence[int]] | None = None,
        min_security: int = 100,
        regime: str = "best",
    ) -> None:
        """Return if the proof holds, raise otherwise.

        Parameters
        ----------
        proof, publics, tokens, claim, heights, min_security
            As for `Machine.verify`.
        regime : {"best", "unique"}
            Which bounds prove the security: the better of both, or unique decoding alone.

        Raises
        ------
        VerificationError
            If the proof is refused; `reason` says why.
        StatementError
            If what the caller gave is malformed.
        """
        from .verifier import verify

        verify(
            self, proof, publics, tokens=tokens, claim=claim,
            heights=heights, min_security=min_security, regime=regime,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyingKey) and self._json == other._json

    def __hash__(self) -> int:
        return hash(self._json)

    def __repr__(self) -> str:
        return f"<VerifyingKey of {', '.join(self.names)}: {self.digest.hex()[:16]}>"

    def __reduce__(self) -> tuple[type[VerifyingKey], tuple[object, ...]]:
        roots = self.preprocessed_root, self.shard_root
        return (type(self), (self.tables, self.options, *roots, self.sharded))


def _root(data: Mapping[str, Any], name: str) -> bytes | None:
    root = data[name]
    if root is None:
        return None
    if not isinstance(root, str) or len(root) != 64:
        raise CstarkError(f"not a verifying key: {name} must be 64 hex digits")
    try:
        return bytes.fromhex(root)
    except ValueError:
        raise CstarkError(f"not a verifying key: {name} is not hex") from None


def _rows_text(table: TableDescription) -> str:
    """Rows of a table, and how often it stands, for people to read."""
    rows = "any" if table.rows is None else str(table.rows)
    return rows + {"once": "", "any": ", any times", "every": ", each shard"}[table.stands]


def _check_rate(tables: Sequence[TableDescription], options: ResolvedOptions, h: int) -> None:
    """Refuse options with which masks leave a code of rate 1, if a table may be that tall."""
    may_be = any(
        (1 << options.max_log_height if t.rows is None else t.rows) >> options.zk for t in tables
    )
    length = options.final_length
    if may_be and length + final_excess(options, h) >= options.blowup * length:
        raise OptionsError(
            f"final_length={options.final_length}: with masks the last layer of FRI could have a "
            "rate of 1, which proves nothing; it must be larger, or the blowup"
        )


def check_tables(
    tables: Sequence[TableDescription],
    options: Options | ResolvedOptions,
    sharded: bool = False,
) -> None:
    """What must hold of the tables of a machine together with its options.

    Raises
    ------
    AirError
        Naming the table and the constraint or interaction.
    OptionsError
        With masks, if the final polynomial may be too short to say anything.
    """
    if not tables:
        raise AirError("a machine needs at least one table")
    if len(tables) > MAX_TABLES:
        raise AirError(f"a machine has at most {MAX_TABLES} tables, not {len(tables)}")
    names = [table.name for table in tables]
    if len(set(names)) != len(names):
        raise AirError("two tables have the same name")
    blowup = options.blowup
    if isinstance(options, ResolvedOptions) and options.zk:
        h = mask_length(options.queries, sharded)
        least = least_log_height(tables, h)
        if options.zk < least:
            raise AirError(
                f"zk={options.zk}: masks for these tables need codes of height 2^{least}"
            )
        _check_rate(tables, options, h)
    for table in tables:
        for constraint in table.constraints:
            if constraint.degree > blowup + 1:
                raise AirError(_degree_text(table.name, constraint, blowup))
        for number, interaction in enumerate(table.interactions):
            degree = table.count_degrees[number]
            if degree > blowup:
                raise AirError(
                    f"table {table.name!r}: the count of interaction {number} "
                    f"({interaction.label}) has degree {degree}, but blowup {blowup} allows "
                    f"{blowup}; {_cures(degree + 1, 'the count')}"
                )
        if table.degree > blowup + 1:
            raise AirError(
                f"table {table.name!r}: lookup columns of degree {table.degree}, but blowup "
                f"{blowup} allows {blowup + 1}"
            )
        if table.rows is not None and table.rows > 1 << options.max_log_height:
            raise AirError(
                f"table {table.name!r} has {table.rows} rows, more than "
                f"max_log_height={options.max_log_height} allows"
            )
        for label, values in zip(table.periodic_names, table.periodic, strict=True):
            if len(values) > 1 << options.max_log_height:
                raise AirError(
                    f"table {table.name!r}: periodic column {label!r} has {len(values)} values, "
                    f"more than max_log_height={options.max_log_height} allows rows"
                )
        if table.max_rows is not None and table.max_rows < 1 << options.max_log_height:
            raise AirError(
                f"table {table.name!r} is sound up to {table.max_rows} rows only, but "
                f"max_log_height={options.max_log_height} allows more; use "
                f"Options(max_log_height={table.max_rows.bit_length() - 1}) or less"
            )


def _degree_text(table: str, constraint: Constraint, blowup: int) -> str:
    what = repr(constraint.name) if constraint.name else _shortened(constraint.label)
    if constraint.name and constraint.expression:
        what += f" ({_shortened(constraint.expression)})"
    selector = ""
    if constraint.selector in ("first", "last"):
        selector = f", one of it that of {constraint.selector}_row,"
    at = f" (at {constraint.location})" if constraint.location else ""
    return (
        f"table {table!r}: a constraint has degree {constraint.degree}{selector} but blowup "
        f"{blowup} allows {blowup + 1}: {what}; {_cures(constraint.degree, 'a factor of it')}{at}"
    )


def _shortened(formula: str) -> str:
    """The beginning and the end of what may be pages of a formula."""
    return formula if len(formula) <= 120 else f"{formula[:80]} … {formula[-30:]}"


def _cures(degree: int, what: str) -> str:
    """What to do about a constraint of this degree."""
    column = f"keep {what} in a column of its own, constrained to equal it"
    blowup = 1 << (degree - 2).bit_length()
    if blowup > MAX_BLOWUP:
        return f"{column} (no blowup allows more than {MAX_BLOWUP + 1})"
    return f"use Options(blowup={blowup}), with proofs that take longer to make, or {column}"
