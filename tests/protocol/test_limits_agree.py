"""Every limit, at it and one beyond: machine, key reader, proof reader and `pure` say the same."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

import cstark as cs
from cstark import limits, pure
from cstark.protocol.proof import encode_options
from cstark.workload.statement_file import StatementFile

ROOT = "00" * 32


class Any(cs.Air):
    """A table of a shape."""

    columns = 1

    def __init__(self, says=None, fixed=None, **shape):
        self.says = says or (lambda t: t.every_row.boolean(t.now[0]))
        self.fixed = fixed
        for name, value in shape.items():
            setattr(self, name, value)

    def constrain(self, t):
        self.says(t)

    def preprocessed_trace(self):
        return self.fixed


class Plain(Any):
    """The same without preprocessed columns."""

    preprocessed_trace = cs.Air.preprocessed_trace


def table(says=None, **shape):
    return (Any if "fixed" in shape else Plain)(says, **shape)


def machine(air=None, tables=1, **options):
    air = air or table()
    airs = {f"t{k:04d}": air for k in range(tables)}
    return cs.Machine(airs, cs.Options(**{"queries": 5, "grinding": 0, **options}))


# ---- the readers ---------------------------------------------------------------------------


def describes(make):
    """Whether there is such a machine; whatever it raises is of the package."""
    try:
        return make()
    except cs.CstarkError:
        return None


def statement(key, claim=None):
    return {
        "format": "cstark statement",
        "version": 2,
        "key": key,
        "publics": {
            t["name"]: [0] * t["publics"]
            for t in key["tables"]
            if t["publics"] <= limits.MAX_COLUMNS
        },
        "tokens": [],
        "claim": {} if claim is None else claim,
    }


def read_by_key(key):
    try:
        cs.VerifyingKey.from_json(json.dumps(key, sort_keys=True, separators=(",", ":")))
    except cs.CstarkError:
        return False
    return True


def read_by_pure(key, claim=None):
    try:
        pure.read_statement(json.dumps(statement(key, claim)))
    except pure.BadKey:
        return False
    return True


def key_of(made):
    """The key as data, without committing to anything."""
    plain = made.proving_key.description
    return {
        "format": "cstark verifying key",
        "version": 2,
        "options": plain.options.to_data(),
        "tables": [t.to_data() for t in plain.tables],
        "buses": {name: list(pair) for name, pair in plain.buses.items()},
        "preprocessed_root": ROOT if any(t.preprocessed_width for t in plain.tables) else None,
    }


def agree(at, beyond, change):
    """`at()` is a machine for all, `beyond()` for none; `change` makes its key of the first's."""
    made = describes(at)
    assert made is not None
    key = key_of(made)
    assert (read_by_key(key), read_by_pure(key)) == (True, True)
    assert describes(beyond) is None
    changed = copy.deepcopy(key)
    change(changed)
    assert changed != key
    assert (read_by_key(changed), read_by_pure(changed)) == (False, False)


# ---- tables --------------------------------------------------------------------------------


def with_one_table_more(key):
    key["tables"].append({**key["tables"][0], "name": "one more"})


def test_tables():
    """4,096; and what the reader of proofs takes is that as well."""
    most = limits.MAX_TABLES
    agree(lambda: machine(tables=most), lambda: machine(tables=most + 1), with_one_table_more)
    options = machine().resolved

    def header(tables):
        return b"".join([
            b"cstark\r\n", (2).to_bytes(2, "little"), encode_options(options),
            tables.to_bytes(2, "little"), bytes([3]) * tables, bytes(4),
        ])  # fmt: skip

    assert len(cs.Proof.from_bytes(header(most)).log_heights) == most
    for tables in (0, most + 1):
        with pytest.raises(cs.ProofFormatError, match="1 to 4096 tables"):
            cs.Proof.from_bytes(header(tables))
        with pytest.raises(cs.ProofFormatError, match="1 to 4096 tables"):
            cs.Proof(options, (3,) * tables, b"", b"")
    assert describes(lambda: cs.Machine({})) is None


def set_field(name, value):
    def change(key):
        key["tables"][0][name] = value

    return change


MOST = limits.MAX_COLUMNS


@pytest.mark.parametrize(
    ("at", "beyond", "change"),
    [
        (
            lambda: machine(table(columns=MOST)),
            lambda: machine(table(columns=MOST + 1)),
            set_field("width", MOST + 1),
        ),
        (
            lambda: machine(table(publics=MOST)),
            lambda: machine(table(publics=MOST + 1)),
            set_field("publics", MOST + 1),
        ),
        (
            lambda: machine(table(preprocessed=MOST, fixed=np.zeros((8, MOST), np.uint64))),
            lambda: machine(table(preprocessed=MOST + 1, fixed=np.zeros((8, MOST + 1), np.uint64))),
            set_field("preprocessed_width", MOST + 1),
        ),
        (
            lambda: machine(table(periodic={f"p{k}": [1] for k in range(MOST)})),
            lambda: machine(table(periodic={f"p{k}": [1] for k in range(MOST + 1)})),
            set_field("periodic", [[1]] * (MOST + 1)),
        ),
        (
            lambda: machine(table(columns=1)),
            lambda: machine(table(columns=0)),
            set_field("width", 0),
        ),
    ],
    ids=["width", "publics", "preprocessed", "periodic", "no column"],
)
def test_columns(at, beyond, change):
    agree(at, beyond, change)


def test_message_width():
    most = limits.MAX_MESSAGE_WIDTH

    def sends(width):
        return lambda: machine(table(lambda t: t.send("b", [t.now[0]] * width)))

    def change(key):
        key["tables"][0]["interactions"][0]["values"].append(0)
        key["buses"]["b"][1] += 1

    def empty(key):
        key["tables"][0]["interactions"][0]["values"] = []
        key["buses"]["b"][1] = 0

    agree(sends(most), sends(most + 1), change)
    agree(sends(1), sends(0), empty)
    with pytest.raises(cs.AirError, match="at most 65536 values, not 65537"):
        sends(most + 1)()


@pytest.mark.parametrize("max_log_height", [3, 5, 31])
def test_heights(max_log_height):
    """`rows` and periods: at most what the options allow."""
    most = 1 << max_log_height

    def fixed(rows):
        return lambda: machine(table(rows=rows), max_log_height=max_log_height)

    agree(fixed(most), fixed(2 * most), set_field("rows", 2 * most))
    agree(fixed(8), fixed(4), set_field("rows", 4))
    agree(fixed(8), fixed(12), set_field("rows", 12))
    if max_log_height == 31:
        return

    def period(length, rows=None):
        air = table(periodic={"p": [1] * length}, rows=rows)
        return lambda: machine(air, max_log_height=max_log_height)

    agree(period(most), period(2 * most), set_field("periodic", [[1] * 2 * most]))
    agree(period(8, 8), period(16, 8), set_field("periodic", [[1] * 16]))
    agree(period(4), period(3), set_field("periodic", [[1] * 3]))


def test_preprocessed_columns_fix_the_height():
    def change(key):
        key["tables"][0]["rows"] = None

    at = table(preprocessed=1, fixed=np.zeros((8, 1), np.uint64))
    beyond = table(preprocessed=1, fixed=np.zeros((8, 1), np.uint64), rows=16)
    agree(lambda: machine(at), lambda: machine(beyond), change)


# ---- degrees -------------------------------------------------------------------------------


@pytest.mark.parametrize("blowup", [2, 4, 64])
def test_degrees(blowup):
    def raised(power):
        return lambda: machine(table(lambda t: t.every_row.zero(power(t.now[0]))), blowup=blowup)

    def count(degree):
        def says(t):
            t.send("b", [1], count=t.now[0] ** degree, weight=1)

        return lambda: machine(table(says), blowup=blowup)

    def lower(key):
        key["options"]["blowup"] = blowup // 2

    if blowup == 2:
        return
    agree(raised(lambda x: x ** (blowup + 1 - 1) * x), raised(lambda x: x**blowup * x * x), lower)
    agree(count(blowup), count(blowup + 1), lower)


def test_degree_of_a_message():
    """A value that is a product, and a node of degree 2,048 that nothing may use."""

    def squared(key):
        nodes = key["tables"][0]["nodes"]
        nodes.append(["mul", 0, 0])
        key["tables"][0]["interactions"][0]["values"] = [len(nodes) - 1]
        key["tables"][0]["degree"] = 3

    agree(
        lambda: machine(table(lambda t: t.send("b", [t.now[0]]))),
        lambda: machine(table(lambda t: t.send("b", [t.now[0] ** 2]))),
        squared,
    )


# ---- options -------------------------------------------------------------------------------

OPTIONS = [
    ("blowup", 64, 128),
    ("blowup", 2, 1),
    ("blowup", 8, 12),
    ("queries", 1024, 1025),
    ("queries", 1, 0),
    ("grinding", 40, 41),
    ("grinding", 0, -1),
    ("final_length", 1 << 15, 1 << 16),
    ("final_length", 1, 0),
    ("final_length", 2, 3),
    ("fri_arity", 8, 16),
    ("fri_arity", 2, 1),
    ("coset_offset", cs.P - 2, cs.P),
    ("coset_offset", 3, 0),
    ("coset_offset", 3, cs.P - 1),  # which is in the domains of the traces
    ("max_log_height", 31, 32),
    ("max_log_height", 3, 2),
    ("hash", "sha256", "md5"),
]


@pytest.mark.parametrize(("name", "inside", "outside"), OPTIONS)
def test_options(name, inside, outside):
    def change(key):
        key["options"][name] = outside

    agree(lambda: machine(**{name: inside}), lambda: machine(**{name: outside}), change)
    at = bytearray(header_of(**{name: inside}))
    assert cs.Proof.from_bytes(bytes(at)).options.to_data()[name] == inside


def test_height_times_blowup():
    def change(key):
        key["options"]["max_log_height"] = 27

    agree(
        lambda: machine(blowup=64, max_log_height=26),
        lambda: machine(blowup=64, max_log_height=27),
        change,
    )


def header_of(**options):
    return cs.Proof(machine(**options).resolved, (3,), b"", b"").to_bytes()


OUTSIDE = {
    "blowup": (12, 7), "no blowup": (12, 0), "arity": (14, 4), "no arity": (14, 0),
    "final": (15, 16), "grinding": (16, 41), "max log height": (17, 32),
    "low max log height": (17, 2), "hash": (13, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_options_in_the_header(name):
    place, value = OUTSIDE[name]
    changed = bytearray(header_of())
    changed[place] = value
    with pytest.raises(cs.ProofFormatError):
        cs.Proof.from_bytes(bytes(changed))


@pytest.mark.parametrize(("queries", "good"), [(1024, True), (1025, False), (1, True), (0, False)])
def test_queries_in_the_header(queries, good):
    changed = bytearray(header_of())
    changed[18:20] = queries.to_bytes(2, "little")
    if good:
        assert cs.Proof.from_bytes(bytes(changed)).options.queries == queries
    else:
        with pytest.raises(cs.ProofFormatError):
            cs.Proof.from_bytes(bytes(changed))


# ---- claims --------------------------------------------------------------------------------


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


CLAIMS = {
    "bytes": ({"a": "x" * (limits.MAX_CLAIM_BYTES - 8)}, {"a": "x" * (limits.MAX_CLAIM_BYTES - 7)}),
    "depth": ({"a": nested(31)}, {"a": nested(32)}),
    "bits": ({"a": 2**4096 - 1}, {"a": 2**4096}),
    "negative": ({"a": 1 - 2**4096}, {"a": -(2**4096)}),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_claims(name):
    from cstark.workload.claim import encode_claim

    inside, outside = CLAIMS[name]
    key = key_of(machine())
    assert read_by_pure(key, inside)
    assert StatementFile.from_json(json.dumps(statement(key, inside)))
    assert len(encode_claim(inside)) <= limits.MAX_CLAIM_BYTES
    assert not read_by_pure(key, outside)
    for reader in (
        lambda: StatementFile.from_json(json.dumps(statement(key, outside))),
        lambda: encode_claim(outside),
    ):
        with pytest.raises(cs.StatementError):
            reader()


@pytest.mark.parametrize(("length", "good"), [(limits.MAX_CLAIM_BYTES, True), (2**20 + 1, False)])
def test_claims_of_proofs(length, good):
    """Raw bytes, as `prove` and `verify` take them, and as the file has them."""
    rows = {"t0000": np.zeros((8, 1), dtype=np.uint64)}
    made = machine()
    if not good:
        with pytest.raises(cs.StatementError, match="claim has 1048577 bytes"):
            made.prove(rows, claim=bytes(length))
        with pytest.raises(cs.ProofFormatError, match="longer than allowed"):
            cs.Proof(made.resolved, (3,), bytes(length), b"")
        return
    proof = made.prove(rows, claim=bytes(length))
    made.verify(proof.to_bytes(), min_security=0)
    changed = bytearray(proof.to_bytes())
    place = changed.index(length.to_bytes(4, "little"))
    changed[place : place + 4] = (length + 1).to_bytes(4, "little")
    with pytest.raises(cs.ProofFormatError, match="longer than allowed"):
        cs.Proof.from_bytes(bytes(changed))


# ---- a proof is its bytes ------------------------------------------------------------------


def test_an_object_is_verified_as_the_file_it_would_be():
    """What bytes cannot say, an object is not believed either."""
    rows = {"t0000": np.zeros((8, 1), dtype=np.uint64)}
    made = machine()
    proof = made.prove(rows)
    made.verify(proof, min_security=0)
    seen = []

    class Spied(cs.Proof):
        def reread(self):
            seen.append(self.to_bytes())
            return super().reread()

    spied = Spied(proof.options, proof.log_heights, proof.claim, proof.body)
    made.verify(spied, min_security=0)
    assert seen == [proof.to_bytes()]
    for name, value in (("log_heights", (2,)), ("log_heights", (25,)), ("claim", bytes(2**20 + 1))):
        other = cs.Proof(proof.options, proof.log_heights, proof.claim, proof.body)
        object.__setattr__(other, name, value)
        with pytest.raises(cs.ProofFormatError):
            made.verify(other, min_security=0)
