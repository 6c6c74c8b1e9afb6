"""The key file: a machine (the verifying key) and a statement about it, as data.

The verifier trusts this file; it is checked so far that nothing in it can crash or hang the
verifier, that degrees and next-row sets are those of the expressions, and that it has the one form
in which its machine is written (`form`). Canonical JSON is JSON with sorted keys, no white space,
and everything outside ASCII escaped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .errors import BadKey
from .field import P
from .form import is_folded, is_in_order, is_without_doubles, reads_next
from .hashes import HASHES, sha256
from .limits import (
    MAX_BLOWUP,
    MAX_CLAIM_BYTES,
    MAX_CLAIM_DEPTH,
    MAX_CLAIM_INTEGER_BITS,
    MAX_COLUMNS,
    MAX_FINAL_LENGTH,
    MAX_FRI_ARITY,
    MAX_GRINDING,
    MAX_LOG_DOMAIN,
    MAX_MESSAGE_WIDTH,
    MAX_NODE_DEGREE,
    MAX_QUERIES,
    MAX_TABLES,
    MIN_LOG_HEIGHT,
)

VERSION = 2  # of proofs, keys and key files
SELECTORS = {"every": 0, "cyclic": 0, "transition": 0, "first": 1, "last": 1}  # and their degrees


@dataclass(frozen=True)
class Options:
    """What the proof must have been made with; meanings are those of the package's options."""

    blowup: int
    coset_offset: int
    final_length: int
    fri_arity: int
    grinding: int
    hash: str
    max_log_height: int
    queries: int
    zk: int  # where traces are hidden, log2 of the rows from which on codes are no taller; else 0
    sharded: bool = False  # whether the key is one for proofs in shards; no part of the options

    @property
    def mask_length(self) -> int:
        """h: random coefficients of a column, three more where it has a pin."""
        return 2 * (self.queries + 3) + (3 if self.sharded else 0)


@dataclass(frozen=True)
class Interaction:
    """A message per row: nodes of its values and count; sign +1 sends, -1 receives."""

    bus: str
    sign: int
    values: tuple[int, ...]
    count: int
    weight: int


def lookup_degree(members: int, count: int) -> int:
    """Degree of a lookup constraint, of so many interactions with counts of that degree at most.

    It is c f_1 .. f_n less the sum of each m_i times all f but f_i: c and f have 1, m its own.
    """
    return max(1 + members, count + members - 1)


@dataclass(frozen=True)
class Table:
    """One table. `nodes` is its arithmetic, operands before users."""

    name: str
    width: int
    preprocessed_width: int
    publics: int
    rows: int | None
    degree: int
    count_degrees: tuple[int, ...]  # of each interaction
    periodic: tuple[tuple[int, ...], ...]
    nodes: tuple[tuple[Any, ...], ...]
    constraints: tuple[tuple[str, int], ...]
    interactions: tuple[Interaction, ...]
    next_main: tuple[int, ...]
    next_preprocessed: tuple[int, ...]
    stands: str = "once"  # or "any" number of times, or once in "every" shard

    @property
    def groups(self) -> list[tuple[Interaction, ...]]:
        """Interactions by lookup column, in order; the last group has the accumulator.

        A group takes the next interaction unless that brings its constraint above the degree.
        """
        starts, largest = [0], 0
        for at, count in enumerate(self.count_degrees):
            largest = max(largest, count)
            if at > starts[-1] and lookup_degree(at + 1 - starts[-1], largest) > self.degree:
                starts.append(at)
                largest = count
        ends = [*starts[1:], len(self.interactions)]
        groups = zip(starts, ends, strict=True)
        return [self.interactions[start:end] for start, end in groups if end]

    @property
    def constraint_count(self) -> int:
        """All constraints: the table's, one for each column of a group, two of the accumulator."""
        return len(self.constraints) + (len(self.groups) + 1 if self.groups else 0)


@dataclass(frozen=True)
class Token:
    """A message that the verifier itself sends (+1) or receives (-1)."""

    sign: int
    bus: str
    values: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class Statement:
    """All that the verifier knows before it sees a proof."""

    digest: bytes
    options: Options
    preprocessed_root: bytes | None
    shard_root: bytes | None  # of a key for proofs in shards
    buses: dict[str, tuple[int, int]]  # number and width
    tables: tuple[Table, ...]
    degree: int  # the largest of a table of the machine, whether or not it stands in a proof
    publics: tuple[tuple[int, ...], ...] = field(default=())
    tokens: tuple[Token, ...] = field(default=())
    claim: bytes = b"{}"

    @property
    def sharded(self) -> bool:
        """Whether it is about proofs in shards."""
        return self.options.sharded

    def code_height(self, rows: int) -> int:
        """Height of the code of tables of so many rows."""
        if not self.options.zk or rows >= 2**self.options.zk:
            return rows
        masks = self.options.mask_length
        room = max(rows + masks, 2**MIN_LOG_HEIGHT + masks, self.degree * (masks - 1) + 3)
        return int(1 << (room - 1).bit_length())

    def dimension(self, code: int, heights: tuple[int, ...]) -> int:
        """Coefficients that polynomials of a code may have, with tables of these heights."""
        tall = self.options.zk and code in heights and code >= 2**self.options.zk
        return code + (self.options.mask_length if tall else 0)

    @cached_property
    def widest(self) -> int:
        """Values of the longest message."""
        return max((width for _, width in self.buses.values()), default=0)


def read_statement(text: str | bytes) -> Statement:
    """Read a key file; `BadKey` for everything that is not one."""
    if not isinstance(text, (str, bytes)):
        raise BadKey(f"not a key file: {type(text).__name__}, not text")
    try:
        text = text.decode() if isinstance(text, bytes) else text  # UTF-8 only
        data = json.loads(
            text,
            object_pairs_hook=_unrepeated,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
        return _statement(data)
    except BadKey:
        raise
    except (KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        raise BadKey(f"not a key file: {type(error).__name__} {error}"[:200]) from None


def _no_fraction(text: str) -> None:
    raise BadKey(f"{text[:40]}: numbers are integers")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _need(len(dict(pairs)) == len(pairs), "a name stands twice in one object")
    return dict(pairs)


def _canonical(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode("ascii")


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise BadKey(message)


def _version(value: Any, what: str) -> None:
    known = type(value) is int and value == VERSION
    _need(known, f"the {what} has version {value!r:.20}, not {VERSION}")


def _number(value: Any, low: int, high: int, what: str) -> int:
    _need(type(value) is int and low <= value <= high, f"{what}: not a whole number {low}..{high}")
    number: int = value
    return number


def _power(value: Any, low: int, high: int, what: str) -> int:
    number = _number(value, low, high, what)
    _need(number & (number - 1) == 0, f"{what}: not a power of two")
    return number


def _list(value: Any, what: str) -> list[Any]:
    _need(type(value) is list, f"{what}: not a list")
    items: list[Any] = value
    return items


def _elements(value: Any, what: str) -> tuple[int, ...]:
    return tuple(_number(item, 0, P - 1, what) for item in _list(value, what))


def _digest(value: Any) -> bytes:
    digest = bytes.fromhex(value) if type(value) is str else b""
    # fromhex takes capitals and spaces, which would be other spellings
    _need(len(digest) == 32 and digest.hex() == value, "preprocessed root: not 64 hex digits")
    return digest


def _record(value: Any, names: str, what: str) -> dict[str, Any]:
    _need(type(value) is dict and set(value) == set(names.split()), f"{what}: needs {names}")
    record: dict[str, Any] = value
    return record


def _statement(data: Any) -> Statement:
    if type(data) is dict and data.get("format") == "cstark verifying key":
        raise BadKey("this is a verifying key alone, without public values, tokens and a claim")
    file = _record(data, "claim format key publics tokens version", "key file")
    _need(file["format"] == "cstark statement", "not a key file")
    _version(file["version"], "key file")
    names = "buses format options preprocessed_root tables version"
    sharded = type(file["key"]) is dict and "shard_root" in file["key"]
    key = _record(file["key"], names + " shard_root" * sharded, "key")
    _need(key["format"] == "cstark verifying key", "not a verifying key")
    _version(key["version"], "key")
    options = _options(key["options"], sharded)
    buses: dict[str, tuple[int, int]] = {}
    _need(type(key["buses"]) is dict, "buses: not an object")
    for number, name in enumerate(sorted(key["buses"]), 1):  # numbers follow the names
        _need(name != "" and name.isprintable(), "a bus is named by a printable string")
        stated, width = _list(key["buses"][name], "bus")
        _need(type(stated) is int and stated == number, f"bus {name}: not number {number}")
        buses[name] = (number, _number(width, 1, MAX_MESSAGE_WIDTH, "bus width"))
    tables = tuple(_table(table, buses) for table in _list(key["tables"], "tables"))
    _need(1 <= len(tables) <= MAX_TABLES, "tables: too many, or none")
    _need(len({table.name for table in tables}) == len(tables), "tables: two of one name")
    used = {i.bus for table in tables for i in table.interactions}
    _need(used == set(buses), "buses: one that no table uses")
    for table in tables:
        _need(table.degree <= options.blowup + 1, f"{table.name}: degree above blowup + 1")
        _need(
            max(table.count_degrees, default=0) <= options.blowup,
            f"{table.name}: a count's above blowup",
        )
        longest = max([table.rows or 0, *map(len, table.periodic)])
        _need(longest <= 2**options.max_log_height, f"{table.name}: rows or a period above max")
        masks = options.mask_length
        room = max(2**MIN_LOG_HEIGHT + masks, table.degree * (masks - 1) + 3)
        _need(not options.zk or room <= 2**options.zk, f"{table.name}: zk leaves no room for masks")
    tall = any((table.rows or 2**options.max_log_height) >= 2**options.zk for table in tables)
    if options.zk and tall:
        _need(_leaves_a_rate(options), "final length: masks need a longer one")
    fixed = any(table.preprocessed_width for table in tables)
    _need(fixed or key["preprocessed_root"] is None, "preprocessed root without columns")
    preprocessed = _digest(key["preprocessed_root"]) if fixed else None
    everywhere = any(table.preprocessed_width and table.stands == "every" for table in tables)
    shard_root = _digest(key["shard_root"]) if sharded and everywhere else None
    _need(everywhere or key.get("shard_root") is None, "shard root without columns")
    stated_publics = file["publics"]
    _need(type(stated_publics) is dict, "publics: not an object")
    _need(set(stated_publics) <= {table.name for table in tables}, "publics: unknown table")
    publics = []
    for table in tables:
        values = _elements(stated_publics.get(table.name, []), "public value")
        _need(len(values) == table.publics, f"{table.name}: {table.publics} public values wanted")
        publics.append(values)
    return Statement(
        digest=sha256(_canonical(key)),
        options=options,
        preprocessed_root=preprocessed,
        shard_root=shard_root,
        buses=buses,
        tables=tables,
        degree=max(table.degree for table in tables),
        publics=tuple(publics),
        tokens=tuple(_token(token, buses) for token in _list(file["tokens"], "tokens")),
        claim=_claim(file["claim"]),
    )


def _leaves_a_rate(options: Options) -> bool:
    """Whether every last layer has more points than the final polynomial has coefficients."""
    last = max(1, 2 * options.final_length // options.fri_arity)
    while last <= options.final_length:
        if last - (-options.mask_length * last // 2**options.zk) >= options.blowup * last:
            return False
        last *= 2
    return True


def _claim(data: Any) -> bytes:
    if data is None:  # a statement without a claim
        return b""
    _need(type(data) is dict, "claim: not an object")
    _within_limits(data, 0)
    text = _canonical(data)
    _need(len(text) <= MAX_CLAIM_BYTES, "claim: too many bytes")
    return text


def _within_limits(value: Any, level: int) -> None:
    _need(level <= MAX_CLAIM_DEPTH, "claim: nested too deep")
    if type(value) is int:
        _need(value.bit_length() <= MAX_CLAIM_INTEGER_BITS, "claim: an integer is too long")
    elif type(value) in (dict, list):
        for item in value.values() if type(value) is dict else value:
            _within_limits(item, level + 1)


def _options(data: Any, sharded: bool) -> Options:
    names = "blowup coset_offset final_length fri_arity grinding hash max_log_height queries zk"
    o = _record(data, names, "options")
    _need(o["hash"] in HASHES, "hash: unknown")
    blowup = _power(o["blowup"], 2, MAX_BLOWUP, "blowup")
    offset = _number(o["coset_offset"], 1, P - 1, "coset offset")
    _need(pow(offset, 2**32, P) != 1, "coset offset: in a domain of the traces")
    highest = MAX_LOG_DOMAIN - (blowup.bit_length() - 1)
    zk = 0 if o["zk"] is False else _number(o["zk"], MIN_LOG_HEIGHT + 1, highest, "zk")
    highest -= zk > 0
    return Options(
        blowup=blowup,
        coset_offset=offset,
        final_length=_power(o["final_length"], 1, MAX_FINAL_LENGTH, "final length"),
        fri_arity=_power(o["fri_arity"], 2, MAX_FRI_ARITY, "FRI arity"),
        grinding=_number(o["grinding"], 0, MAX_GRINDING, "grinding"),
        hash=o["hash"],
        max_log_height=_number(o["max_log_height"], MIN_LOG_HEIGHT, highest, "max log height"),
        queries=_number(o["queries"], 1, MAX_QUERIES, "queries"),
        zk=zk,
        sharded=sharded,
    )


def _token(data: Any, buses: dict[str, tuple[int, int]]) -> Token:
    direction, bus, values, count = _list(data, "token")
    _need(direction in ("send", "receive"), "token: send or receive")
    elements = _elements(values, "token value")
    _need(bus in buses and buses[bus][1] == len(elements), "token: no such bus of that width")
    sign = 1 if direction == "send" else -1
    return Token(sign, bus, elements, _number(count, 0, P - 1, "token count"))


def _table(data: Any, buses: dict[str, tuple[int, int]]) -> Table:
    names = (
        "constraints degree interactions name next_main next_preprocessed nodes periodic "
        "preprocessed_width publics rows width"
    )
    stands = data.get("stands", "once") if type(data) is dict else "once"
    if stands != "once":
        _need(stands in ("any", "every"), "table: stands neither once, nor any or every time")
        names += " stands"
    t = _record(data, names, "table")
    _need(type(t["name"]) is str and t["name"] != "", "table name: not a string, or empty")
    _need(t["name"].isprintable(), "table name: not printable")
    name = t["name"]
    width = _number(t["width"], 0, MAX_COLUMNS, f"{name}: width")
    fixed = _number(t["preprocessed_width"], 0, MAX_COLUMNS, f"{name}: preprocessed width")
    _need(width + fixed > 0, f"{name}: no columns")
    publics = _number(t["publics"], 0, MAX_COLUMNS, f"{name}: publics")
    several = stands == "any"
    _need(not (several and fixed + publics), f"{name}: stands any times, but has fixed values")
    periodic = tuple(_elements(values, "periodic value") for values in _list(t["periodic"], name))
    _need(len(periodic) <= MAX_COLUMNS, f"{name}: too many periodic columns")
    for values in periodic:
        _power(len(values), 1, 2**MAX_LOG_DOMAIN, f"{name}: period")
    nodes, degrees = _nodes(
        t["nodes"], {"main": width, "preprocessed": fixed, "periodic": len(periodic)}, publics
    )

    following = reads_next(nodes)

    def node(value: Any) -> int:
        return _number(value, 0, len(nodes) - 1, f"{name}: node")

    constraints = []
    for item in _list(t["constraints"], name):
        selector, root = _list(item, name)
        _need(selector in SELECTORS, f"{name}: unknown selector")
        constraints.append((selector, node(root)))
        _need(nodes[root][0] != "constant", f"{name}: a constraint on a constant")
        alone = selector in ("every", "last")
        _need(not (alone and following[root]), f"{name}: next row under selector {selector}")
    interactions = []
    for item in _list(t["interactions"], name):
        i = _record(item, "bus count sign values weight", f"{name}: interaction")
        values = tuple(node(value) for value in _list(i["values"], name))
        _need(i["bus"] in buses and buses[i["bus"]][1] == len(values), f"{name}: bus or width")
        _need(all(degrees[value] <= 1 for value in values), f"{name}: a value of degree above 1")
        _need(i["sign"] in (1, -1) and type(i["sign"]) is int, f"{name}: sign")
        weight = _number(i["weight"], 0, P - 1, f"{name}: weight")
        kind, *constant = nodes[node(i["count"])]
        if kind == "constant":
            least = min(constant[0], P - constant[0])
            _need(0 < least <= weight, f"{name}: count 0, or a weight below a constant count")
        interactions.append(Interaction(i["bus"], i["sign"], values, node(i["count"]), weight))
    _need(bool(constraints or interactions), f"{name}: neither a constraint nor a message")
    roots = [root for _, root in constraints]
    roots += [place for i in interactions for place in (*i.values, i.count)]
    in_form = is_folded(nodes) and is_without_doubles(nodes) and is_in_order(nodes, roots)
    _need(in_form, f"{name}: nodes are not in canonical form")
    rows = None if t["rows"] is None else _power(t["rows"], 8, 2**32, f"{name}: rows")
    _need(all(len(values) <= (rows or len(values)) for values in periodic), f"{name}: period")
    _need(rows is not None or not fixed, f"{name}: preprocessed columns without rows")
    table = Table(
        name=name,
        width=width,
        preprocessed_width=fixed,
        publics=publics,
        rows=rows,
        degree=_number(t["degree"], 1, MAX_BLOWUP + 1, f"{name}: degree"),
        count_degrees=tuple(degrees[i.count] for i in interactions),
        periodic=periodic,
        nodes=nodes,
        constraints=tuple(constraints),
        interactions=tuple(interactions),
        next_main=_elements(t["next_main"], name),
        next_preprocessed=_elements(t["next_preprocessed"], name),
        stands=stands,
    )
    _need(table.degree == _degree(table, degrees), f"{name}: stated degree is not the real one")
    for source, stated in (
        ("main", table.next_main), ("preprocessed", table.next_preprocessed),
    ):  # fmt: skip
        read = sorted(n[2] for n in nodes if n[0] == "column" and n[1] == source and n[3] == 1)
        _need(list(stated) == read, f"{name}: stated next-row set is not the real one")
    return table


def _nodes(
    data: Any, widths: dict[str, int], publics: int
) -> tuple[tuple[tuple[Any, ...], ...], list[int]]:
    """The nodes, and the degree of each in the columns."""
    nodes: list[tuple[Any, ...]] = []
    degrees: list[int] = []
    for item in _list(data, "nodes"):
        kind, *rest = _list(item, "node")
        degree = 0
        if kind == "constant":
            (value,) = rest
            _number(value, 0, P - 1, "constant")
        elif kind == "public":
            (index,) = rest
            _number(index, 0, publics - 1, "public")
        elif kind == "column":
            source, index, following = rest
            _need(source in widths, "column: unknown source")
            _number(index, 0, widths[source] - 1, "column")
            _number(following, 0, 0 if source == "periodic" else 1, "column: next row")
            degree = 1
        else:
            _need(kind in ("add", "sub", "mul"), "node: unknown kind")
            a, b = (_number(operand, 0, len(nodes) - 1, "operand") for operand in rest)
            both = (degrees[a], degrees[b])
            degree = sum(both) if kind == "mul" else max(both)
            _need(degree <= MAX_NODE_DEGREE, "node: degree too large")
        nodes.append((kind, *rest))
        degrees.append(degree)
    return tuple(nodes), degrees


def _degree(table: Table, degrees: list[int]) -> int:
    """The largest degree of a constraint, with its selector, lookup constraints included."""
    result = max(
        [1, *(degrees[node] + SELECTORS[selector] for selector, node in table.constraints)]
    )
    for group in table.groups:
        result = max(result, lookup_degree(len(group), max(degrees[i.count] for i in group)))
    return max(result, 2) if table.groups else result  # the accumulator's start is selected
