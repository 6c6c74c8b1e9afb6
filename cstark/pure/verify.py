"""The verifier: one function, in the order of the rounds.

Whatever bytes come in, `verify` returns or raises `Refused`. Time and memory are bounded by the
statement and the length of the file: every count is computed before anything is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .constraints import Challenges, Opened, constraints, fingerprint, quotient
from .errors import Refused
from .field import ONE, ZERO, Ext, P, ext_bytes, horner, word_bytes
from .fri import check_folds, point, read_trees, reducer
from .hashes import DIGEST, HASHES
from .key import Statement, Table
from .limits import MAX_TABLES
from .merkle import at_height
from .proof import SHARDS_MAGIC, Header, Reader, options_bytes, read_header
from .security import proven_bits
from .shape import Shape, shape_of
from .transcript import Event, Transcript

PROTOCOL = b"cstark multi-table STARK, Goldilocks^3, version 2"


@dataclass(frozen=True)
class Pins:
    """What a shard says of its main columns: of each height, sum_c eta^c f_c(omega)."""

    eta: Ext
    omega: Ext
    values: dict[int, Ext]


def verify(
    statement: Statement,
    proof: bytes,
    *,
    min_security: float = 100,
    heights: Mapping[str, int | Sequence[int]] | None = None,
    regime: str = "best",
    trace: Callable[[Event], None] | None = None,
) -> None:
    """Check a proof.

    Parameters
    ----------
    statement : Statement
        From `read_statement`; trusted.
    proof : bytes
        Not trusted.
    min_security : float
        Proven bits that the proof must have; below 0 is no policy, and refuses every proof.
    heights : mapping of str to (int or sequence of int), optional
        Rows that tables must have, by name; of one that may stand any number of times, the rows of
        each of its traces, in any order.
    regime : {"best", "unique"}
        Which bounds prove the bits: the better of both, or unique decoding alone.
    trace : callable, optional
        Called with everything absorbed and drawn, see `transcript.Event`.

    Raises
    ------
    Refused
        If the proof is not accepted.
    """
    if proof[: len(SHARDS_MAGIC)] == SHARDS_MAGIC:
        from .shards import verify_shards

        verify_shards(statement, proof, min_security, heights or {}, regime, trace)
        return
    if statement.sharded:
        raise Refused("statement", "the key is of proofs in shards, and this is none")
    reader = Reader(proof)
    header = read_header(reader)
    # From here on each trace of a table that may have several is a table of its own.
    statement, rows_of = standing(statement, header, heights or {})
    shape = check_header(statement, header, rows_of, min_security, regime)
    transcript = Transcript(HASHES[statement.options.hash], trace)

    # Round 0: what is known before the prover speaks.
    absorb_statement(transcript, statement, header)

    # Round 1: the main columns.
    roots = {"preprocessed": statement.preprocessed_root or b""}
    roots["main"] = reader.take(DIGEST if shape.rows["main"] else 0)
    transcript.absorb("main root", roots["main"])
    z, alpha = transcript.extension("z"), transcript.extension("alpha")

    def balance(sums: list[Ext]) -> None:
        check_bus_sum(statement, sums, z, alpha)

    check_rounds(statement, shape, transcript, reader, roots, (z, alpha), balance)


def check_rounds(
    statement: Statement,
    shape: Shape,
    transcript: Transcript,
    reader: Reader,
    roots: dict[str, bytes],
    shared: tuple[Ext, Ext],
    balance: Callable[[list[Ext]], None],
    pins: Pins | None = None,
) -> None:
    """All rounds after z and alpha; `balance` is given the table sums."""
    options, tables = statement.options, statement.tables
    hasher, blowup = HASHES[options.hash], options.blowup
    z, alpha = shared

    # Round 2: the lookup columns; what is sent must be received.
    with_sums = [index for index, table in enumerate(tables) if table.interactions]
    roots["lookup"] = reader.take(DIGEST if with_sums else 0)
    sums = dict(zip(with_sums, reader.elements(len(with_sums)), strict=True))
    transcript.absorb("lookup root", roots["lookup"])
    transcript.absorb("table sums", ext_bytes(sums.values()))
    beta, delta = transcript.extension("beta"), transcript.extension("delta")
    balance(list(sums.values()))

    # Round 3: the quotient.
    roots["quotient"] = reader.take(DIGEST)
    transcript.absorb("quotient root", roots["quotient"])
    zeta = transcript.extension_outside_base("zeta")
    challenges = Challenges(z, alpha, beta, zeta)

    # Round 4: the openings satisfy the constraints of every table, height by height.
    values = {n: reader.elements(shape.count(n)) for n in shape.distinct}
    transcript.absorb("openings", ext_bytes(v for group in values.values() for v in group))
    openings = {n: shape.openings(n) for n in shape.distinct}  # there are values for all of them
    of_table: list[dict[tuple[str, int, bool], Ext]] = [{} for _ in tables]
    chunks: dict[int, list[Ext]] = {}  # by the number of rows
    for n in shape.distinct:
        for o, value in zip(openings[n], values[n], strict=True):
            if o.tree == "quotient":
                chunks.setdefault(o.rows, []).append(value)
            else:
                of_table[o.table][o.tree, o.column, o.following] = value
    for code in shape.distinct:
        combined, largest_n = [], 0
        for index, table in enumerate(tables):
            n = shape.heights[index]
            if statement.code_height(n) == code:
                total, hidden = sums.get(index, ZERO), index in shape.hidden
                opened = Opened(table, n, of_table[index], statement.publics[index], total, hidden)
                over = (zeta**n - ONE).inverse()
                combined.append(constraints(statement, opened, challenges) * over)
                largest_n = max(largest_n, n)
        right = quotient(options, largest_n, code, chunks[largest_n], zeta)
        if horner(reversed(combined), delta) != right:
            raise Refused("constraints", f"codes of {code}: the constraints do not hold at zeta")
    gamma = transcript.extension("gamma")

    # Round 5: FRI.
    fri_roots = reader.digests(len(shape.folds))
    fold_challenges = []
    for k, fri_root in enumerate(fri_roots):
        transcript.absorb(f"FRI root {k}", fri_root)
        fold_challenges.append(transcript.extension(f"fold challenge {k}"))
    final = reader.elements(shape.final_length)
    transcript.absorb("final polynomial", ext_bytes(final))

    # Round 6: the positions.
    nonce = reader.number(8)
    if not transcript.proof_of_work("nonce", options.grinding, nonce):
        raise Refused("grinding", "the nonce has not the work that the options demand")
    tallest = shape.distinct[0]
    bits = (blowup * tallest).bit_length() - 1
    positions = sorted(set(transcript.positions("positions", options.queries, bits)))
    nodes = {n: sorted({at_height(p, tallest, n) for p in positions}) for n in shape.distinct}
    rows = read_trees(hasher, blowup, shape.rows, roots, nodes, options.zk > 0, reader)
    reduced: dict[int, dict[int, Ext]] = {}
    weight = ONE
    for n, group in openings.items():
        weights, mask = [], None
        if n in shape.masks:
            mask = shape.masks[n], weight
            weight *= gamma
        for _ in group:
            weights.append(weight)
            weight *= gamma
        pin = None
        if pins is not None and n in shape.pins:
            pin = pins.omega, pins.eta, pins.values[n], weight
            weight *= gamma
        widths = {
            tree: sum(by_height[n]) for tree, by_height in shape.rows.items() if n in by_height
        }
        reduce = reducer(group, values[n], weights, zeta, widths, mask, pin)
        reduced[n] = {
            node: reduce(row, options.coset_offset * point(node, n, blowup) % P)
            for node, row in rows[n].items()
        }
    check_folds(hasher, blowup, shape.folds, fold_challenges, fri_roots, final, reduced, reader)
    reader.end()


def standing(
    statement: Statement,
    header: Header,
    expected: Mapping[str, int | Sequence[int]],
    last: bool = True,
) -> tuple[Statement, tuple[int, ...]]:
    """The statement about each trace by itself, as often as tables stand, and their rows.

    A table that stands once does so in the `last` shard, and in a proof that is not in shards.
    """
    tables, options = statement.tables, statement.options
    if len(header.heights) != len(tables):
        raise Refused("heights", f"{len(header.heights)} heights for {len(tables)} tables")
    places: list[int] = []
    rows: list[int] = []
    for place, (table, item) in enumerate(zip(tables, header.heights, strict=True)):
        traces = (item,) if isinstance(item, int) else item
        if table.stands == "once" and not last:
            allowed = item == ()
        else:
            allowed = isinstance(item, int) == (table.stands != "any")
        if not allowed:
            raise Refused("heights", f"table {table.name}: it does not stand as often as it may")
        if list(traces) != sorted(traces, reverse=True):
            raise Refused("heights", f"table {table.name}: its traces are not in order")
        period = max((len(values) for values in table.periodic), default=1)
        for log_height in traces:
            allowed = 3 <= log_height <= options.max_log_height
            if not allowed or 2**log_height < period or table.rows not in (None, 2**log_height):
                raise Refused("heights", f"table {table.name}: 2^{log_height} rows are not allowed")
            places.append(place)
            rows.append(2**log_height)
        if table.name in expected:
            wanted = expected[table.name]
            given = wanted if isinstance(wanted, (list, tuple)) else [wanted]
            listed = [height for height in given if isinstance(height, int)]
            if listed != list(given) or sorted(listed) != sorted(2**height for height in traces):
                raise Refused("heights", f"table {table.name}: other rows are expected")
    unknown = set(expected) - {table.name for table in tables}
    if unknown:
        named = sorted(name for name in unknown if isinstance(name, str))
        raise Refused("heights", f"a height of no table is expected: {', '.join(named)}")
    if not 1 <= len(places) <= MAX_TABLES:
        raise Refused("heights", f"{len(places)} tables stand in the proof")
    publics = tuple(statement.publics[place] for place in places)
    mine = tuple(tables[place] for place in places)
    return replace(statement, tables=mine, publics=publics), tuple(rows)


def check_header(
    statement: Statement,
    header: Header,
    rows: tuple[int, ...],
    min_security: float,
    regime: str,
) -> Shape:
    """Compare the header with the statement, and apply the policy to the heights it names."""
    options = statement.options
    if header.options != options_bytes(options):
        raise Refused("options", "the proof was made with other options")
    if header.claim != statement.claim:
        raise Refused("statement", "the proof carries another claim")
    shape = shape_of(statement, rows)
    bits = proven_bits(statement, shape, regime)
    if not bits >= min_security >= 0:  # neither nan nor a negative number is a policy
        raise Refused("security", f"{bits} proven bits, fewer than are demanded")
    # Counts are added mod p: only while their total is below p do equal sums mean equal counts.
    if total_weight(statement, shape) + sum(token.count for token in statement.tokens) >= P:
        raise Refused("multiplicity", "the counts of messages could wrap around p")
    check_publics(statement)
    return shape


def total_weight(statement: Statement, shape: Shape) -> int:
    """Weight times height of every interaction of the tables that stand."""
    return sum(
        height * interaction.weight
        for table, height in zip(statement.tables, shape.heights, strict=True)
        for interaction in table.interactions
    )


def check_publics(statement: Statement) -> None:
    """No public value in a count is above the weight of its interaction."""
    for table, publics in zip(statement.tables, statement.publics, strict=True):
        for interaction, public in zip(table.interactions, largest(table, publics), strict=True):
            if public > interaction.weight > 0:
                raise Refused("multiplicity", f"table {table.name}: a public value above a weight")


def largest(table: Table, publics: tuple[int, ...]) -> list[int]:
    """The largest public value on which each interaction's count depends, or 0."""
    values: list[int] = []
    for kind, *rest in table.nodes:
        if kind == "public":
            values.append(publics[rest[0]])
        else:
            values.append(0 if kind in ("constant", "column") else max(values[k] for k in rest))
    return [values[interaction.count] for interaction in table.interactions]


def absorb_statement(transcript: Transcript, statement: Statement, header: Header) -> None:
    """Round 0."""
    transcript.absorb("protocol", PROTOCOL)
    transcript.absorb("key", statement.digest)
    transcript.absorb("options", options_bytes(statement.options))
    transcript.absorb("log heights", header.height_bytes)
    transcript.absorb("publics", public_bytes(statement))
    transcript.absorb("tokens", token_bytes(statement))
    transcript.absorb("claim", statement.claim)


def public_bytes(statement: Statement) -> bytes:
    """Of each table, how many public values it has, and they."""
    return b"".join(word_bytes([len(values), *values]) for values in statement.publics)


def token_bytes(statement: Statement) -> bytes:
    """How many tokens there are, and they."""
    numbers = [len(statement.tokens)]
    for token in statement.tokens:
        bus = statement.buses[token.bus][0]
        numbers += [bus, token.sign % P, token.count, len(token.values), *token.values]
    return word_bytes(numbers)


def check_bus_sum(statement: Statement, sums: list[Ext], z: Ext, alpha: Ext) -> None:
    """Table sums and tokens add up to zero."""
    total = sum(sums, start=ZERO)
    for token in statement.tokens:
        bus = statement.buses[token.bus][0]
        denominator = fingerprint(bus, [Ext(value) for value in token.values], z, alpha)
        if denominator == ZERO:
            raise Refused("bus sum", "a token's fingerprint is zero")
        total += Ext(token.sign * token.count) * denominator.inverse()
    if total != ZERO:
        raise Refused("bus sum", "the buses do not balance")
