"""What a verifier can be made to spend, and to raise, is bounded by the statement."""

from __future__ import annotations

import array
import json
import tracemalloc

import pytest

import cstark as cs
from cstark.protocol.layout import Layout
from cstark.protocol.length import most_bytes
from tests.oracles import zoo

MEGABYTE = 1_000_000

# (offset, bytes) of every number in the header that claims a size
CLAIMS = {
    "blowup": (12, 1),
    "FRI arity": (14, 1),
    "final length": (15, 1),
    "grinding": (16, 1),
    "max log height": (17, 1),
    "queries": (18, 2),
    "coset offset": (20, 8),
    "tables": (28, 2),
    "height": (30, 1),
    "claim length": (31, 4),
}


@pytest.fixture(scope="module")
def proved():
    case = zoo.fibonacci(4)
    machine = case.machine(max_log_height=31)
    data = case.prove(machine).to_bytes()
    case.verify(machine, data)  # once: modules are loaded and caches filled
    return case, machine, data


def refuse(case, machine, data, **settings):
    """The refusal, and the most memory it took."""
    tracemalloc.start()
    try:
        with pytest.raises(cs.VerificationError) as refused:
            case.verify(machine, data, **settings)
        return refused.value, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("value", [0x00, 0x1F, 0x20, 0x3C, 0x7F, 0xFF])
def test_a_header_that_claims_much_takes_little(proved, name, value):
    case, machine, data = proved
    offset, size = CLAIMS[name]
    changed = bytearray(data)
    changed[offset : offset + size] = bytes([value]) * size
    if changed == data:
        return
    _, peak = refuse(case, machine, bytes(changed))
    assert peak < MEGABYTE


@pytest.mark.parametrize("log_height", [3, 5, 16, 30, 31])
def test_a_tall_table_that_is_not_there(proved, log_height):
    """Heights that the machine allows: nothing is allocated for rows before they are read."""
    case, machine, data = proved
    changed = bytearray(data)
    changed[30] = log_height
    for length in (len(data), 40, 200):
        error, peak = refuse(case, machine, bytes(changed[:length]))
        assert peak < MEGABYTE, (error, length)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_long_file_is_not_copied(proved, kind):
    case, machine, data = proved
    long = kind(data + bytes(20 * MEGABYTE))
    error, peak = refuse(case, machine, long)
    assert isinstance(error, cs.ProofFormatError) and "more than" in str(error)
    assert peak < MEGABYTE


@pytest.mark.parametrize(
    "case",
    [
        zoo.fibonacci(3),
        zoo.together(zoo.fibonacci(9), zoo.lookup(3, 5, 4, tokens=True), zoo.cubic(4)),
    ],
    ids=["small", "mixed"],
)
@pytest.mark.parametrize("settings", [{}, {"final_length": 1, "fri_arity": 2}, {"queries": 200}])
def test_the_bound_is_one_and_no_loose_one(case, settings):
    machine = case.machine(**settings)
    proof = case.prove(machine)
    most = most_bytes(Layout(machine.verifying_key(), proof.log_heights))
    assert len(proof) - len(proof.claim) <= most
    # each query has a path of its own in the bound: at most as many digests as queries too much
    few = case.machine(**{**settings, "queries": 1})
    single = case.prove(few)
    assert most_bytes(Layout(few.verifying_key(), single.log_heights)) < 2 * len(single)


@pytest.mark.parametrize(
    "value", [None, "proof", 7, 2**60, [], {}, array.array("Q", [1, 2]), memoryview(b"ab")[::2]]
)
def test_no_bytes(proved, value):
    case, machine, _ = proved
    error, _ = refuse(case, machine, value)
    assert isinstance(error, cs.ProofFormatError)


def test_views_of_any_kind(proved):
    case, machine, data = proved
    doubled = bytearray(2 * len(data))
    doubled[::2] = data
    for view in (memoryview(data), bytearray(data), memoryview(doubled)[::2]):
        case.verify(machine, view)
    released = memoryview(data)
    released.release()
    assert isinstance(refuse(case, machine, released)[0], cs.ProofFormatError)


@pytest.mark.parametrize("bits", [float("nan"), "100", None, True, 1j])
def test_a_policy_that_is_none(proved, bits):
    """Nothing is less than NaN: it would let every proof pass."""
    case, machine, data = proved
    with pytest.raises(cs.StatementError, match="min_security"):
        case.verify(machine, data, min_security=bits)


def test_the_default_policy_is_100_proven_bits():
    case = zoo.fibonacci(4)
    for queries, grinding, enough in ((20, 0, False), (300, 0, True)):
        machine = case.machine(queries=queries, grinding=grinding)
        data = case.prove(machine)
        assert (machine.security({"fib": 16}).bits >= 100) == enough
        if enough:
            machine.verify(data, case.publics)
            continue
        with pytest.raises(cs.VerificationError) as refused:
            machine.verify(data, case.publics)
        assert refused.value.reason is cs.Reason.SECURITY


# ---- key files ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key(proved):
    return proved[1].verifying_key()


def read(text):
    """Read a key, or the error of a documented type; and the most memory it took."""
    tracemalloc.start()
    try:
        return cs.VerifyingKey.from_json(text), tracemalloc.get_traced_memory()[1]
    except cs.CstarkError as error:
        return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_key_in_another_encoding(key, encoding):
    """JSON readers guess these; the text would not be canonical, so it is no key."""
    assert isinstance(read(key.to_json().encode(encoding))[0], cs.CstarkError)


@pytest.mark.parametrize(
    "value", [None, 5, [], memoryview(b"{}"), b"\xff\xfe\xfa", b"", "[" * 10**5]
)
def test_no_key(value):
    assert isinstance(read(value)[0], cs.CstarkError)


def test_a_short_key_with_many_wide_tables_takes_little(key):
    """Columns have no names in a key, so a stated width costs nothing."""
    data = json.loads(key.to_json())
    wide = {**data["tables"][0], "width": 2**16, "publics": 2**16}
    data["tables"] = [{**wide, "name": f"t{i:02d}"} for i in range(50)]
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    found, peak = read(text)
    assert isinstance(found, cs.VerifyingKey) and len(text) < 30_000
    assert peak < 2 * MEGABYTE


@pytest.mark.parametrize("field", ["width", "preprocessed_width", "publics", "rows", "degree"])
def test_a_key_that_claims_much_takes_little(key, field):
    data = json.loads(key.to_json())
    data["tables"][0][field] = 2**60
    found, peak = read(json.dumps(data, sort_keys=True, separators=(",", ":")))
    assert isinstance(found, cs.AirError) and peak < MEGABYTE


def test_a_key_read_back_refuses_like_the_machine(proved, key):
    case, _, data = proved
    again = cs.VerifyingKey.from_json(key.to_json())
    again.verify(data, case.publics, min_security=0)
    for changed in (b"", data[:-1], data + b"\0", data[:40] + b"\1" + data[41:], bytes(len(data))):
        with pytest.raises(cs.VerificationError):
            again.verify(changed, case.publics, min_security=0)
