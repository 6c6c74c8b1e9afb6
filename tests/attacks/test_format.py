"""Files that are not quite proofs, and second files of one proof."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import Reason
from cstark.limits import MAX_CLAIM_BYTES
from cstark.protocol.proof import MAGIC
from tests.attacks import false_statements
from tests.attacks.toolkit import P, Tampering, forge, refused, show, stated, without
from tests.oracles import zoo

# Where things stand in the header.
VERSION, _ZK, SALT, BLOWUP, HASH, ARITY, FINAL, GRINDING, MAX_HEIGHT = 8, *range(10, 18)
QUERIES, OFFSET, TABLES, HEIGHTS = 18, 20, 28, 30


@pytest.fixture(scope="module")
def pair():
    return false_statements.fibonacci()


def altered(data: bytes, position: int, new: bytes) -> bytes:
    return data[:position] + new + data[position + len(new) :]


@pytest.mark.holds("magic", "version", "reserved")
@pytest.mark.parametrize(
    ("check", "position", "new"),
    [
        ("magic", 0, b"C"),
        ("magic", len(MAGIC) - 1, b"\r"),
        ("version", VERSION, b"\x01"),
        ("version", VERSION + 1, b"\x01"),
        ("reserved", SALT, b"\x10"),
        ("reserved", SALT, b"\x01"),
    ],
)
def test_second_files_of_one_proof(pair, check, position, new):
    honest = pair.honest().to_bytes()
    second = altered(honest, position, new)
    assert second != honest
    show(pair.true, honest, pair.true, second, Reason.FORMAT, without(check))


@pytest.mark.holds("end")
@pytest.mark.parametrize("extra", [b"\0", b"anything", bytes(1000)])
def test_bytes_after_the_end(pair, extra):
    honest = pair.honest().to_bytes()
    show(pair.true, honest, pair.true, honest + extra, Reason.FORMAT, without("end", "body length"))


@pytest.mark.holds("body length")
def test_a_body_out_of_proportion_is_not_kept(pair):
    honest = pair.honest().to_bytes()
    pair.true.verify(honest)
    with pytest.raises(cs.ProofFormatError, match="the most that a proof of this statement"):
        pair.true.verify(honest + bytes(1 << 22))


def not_canonical(data: bytes, word: int) -> bytes:
    """One word v of the data as v + p."""
    start = 8 * word
    value = int.from_bytes(data[start : start + 8], "little")
    assert value + P < 1 << 64, "no small word there"
    return altered(data, start, (value + P).to_bytes(8, "little"))


class Verbose(Tampering):
    """Writes a word v as v + p."""

    item, word = "", 0

    def tampered(self, item, data):
        return not_canonical(data, self.word) if item == self.item else data


@pytest.mark.holds("canonical")
@pytest.mark.parametrize("item", ["openings", "table sums"])
def test_words_that_are_not_canonical(item):
    """A second proof of the same true statement: the numbers are the same, the bytes are not."""
    case = zoo.cubic(4) if item == "openings" else zoo.ring(4)
    true = stated(case)
    honest = case.prove(true.machine)
    # the column `ring` of Cubic is constantly 4, and so is its opening; the sum of Ring is 0
    word = 3 * 4 if item == "openings" else 0
    second = forge(Verbose, true, case.traces, item=item, word=word)
    assert second != honest
    show(true, honest, true, second, Reason.FORMAT, without("canonical"))


@pytest.mark.holds("bytes")
@pytest.mark.parametrize("thing", [None, 5, "text", [1, 2], {}, 1.5])
def test_not_bytes(pair, thing):
    pair.true.verify(pair.honest())
    refused(pair.true, thing, Reason.FORMAT)
    with without("bytes"), pytest.raises((TypeError, ValueError)) as error:
        pair.true.verify(thing)  # what Python makes of it: `bytes(5)` is five zeros
    assert "magic" in str(error.value) or not isinstance(error.value, cs.CstarkError)


@pytest.mark.holds("length")
def test_short_files(pair):
    """Without the check, the slice would be shorter and the arithmetic fail."""
    honest = pair.honest().to_bytes()
    pair.true.verify(honest)
    for length in (0, 5, 9, 11, 15, 29, 33, 40, len(honest) // 2, len(honest) - 1):
        message = str(refused(pair.true, honest[:length], Reason.FORMAT))
        assert "ends inside" in message
    with without("length"), pytest.raises(Exception) as error:
        pair.true.verify(honest[:-1])
    assert not isinstance(error.value, cs.CstarkError)


@pytest.mark.holds("option range", "option values")
@pytest.mark.parametrize("position", [BLOWUP, HASH, ARITY, FINAL, GRINDING, MAX_HEIGHT])
@pytest.mark.parametrize("value", [41, 64, 255])
def test_options_out_of_range(pair, position, value):
    honest = pair.honest().to_bytes()
    pair.true.verify(honest)
    forged = altered(honest, position, bytes([value]))
    refused(pair.true, forged, Reason.FORMAT)
    wide = position in (BLOWUP, HASH, ARITY, FINAL)
    with without("option range" if wide else "option values"):
        # what follows is no refusal, or another one
        with pytest.raises(Exception) as error:
            pair.true.verify(forged)
        refusal = isinstance(error.value, cs.VerificationError)
        wide_or_none = ("impossible:", "no proof has such options")
        assert not refusal or any(text in str(error.value) for text in wide_or_none)


@pytest.mark.holds("option values")
@pytest.mark.parametrize(
    ("position", "new"),
    [
        (QUERIES, bytes(2)), (QUERIES, b"\xff\xff"), (BLOWUP, b"\0"), (ARITY, b"\0"),
        (OFFSET, bytes(8)), (OFFSET, (1).to_bytes(8, "little")), (OFFSET, b"\xff" * 8),
        (MAX_HEIGHT, b"\x20"),
    ],
)  # fmt: skip
def test_options_with_impossible_values(pair, position, new):
    honest = pair.honest().to_bytes()
    pair.true.verify(honest)
    forged = altered(honest, position, new)
    assert "impossible" in str(refused(pair.true, forged, Reason.FORMAT))
    with without("option values"), pytest.raises(cs.ProofFormatError, match="no proof has such"):
        pair.true.verify(forged)
    with without("option values", "fields"), pytest.raises(Exception) as error:
        pair.true.verify(forged)
    assert not isinstance(error.value, cs.CstarkError)


WRONG_FIELDS = {
    "options": {"options": "blowup 2"},
    "options as data": {"options": {}},
    "claim": {"claim": "a claim"},
    "no claim": {"claim": None},
    "body": {"body": [1, 2]},
    "negative height": {"log_heights": (-1,)},
    "tall": {"log_heights": (256,)},
    "overflow": {"log_heights": (np.int64(2**62),)},
}


@pytest.mark.holds("fields")
@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_fields_that_no_file_could_hold(pair, name):
    """A proof that is an object: what is wrong with it is said when it is made."""
    honest = pair.honest()
    pair.true.verify(honest)
    fields = {
        "options": honest.options, "log_heights": honest.log_heights, "claim": honest.claim,
        "body": honest.body,
    }  # fmt: skip
    assert cs.Proof(**fields) == honest

    with pytest.raises(cs.ProofFormatError, match="no proof has such"):
        cs.Proof(**{**fields, **WRONG_FIELDS[name]})


NO_NUMBERS = [
    (5.0,), ("5",), (True,), (5, 5.0), (5, 5, True), ("5", 5), (None, 5), 5, None, "5", b"\5", (),
]  # fmt: skip


@pytest.mark.parametrize("heights", NO_NUMBERS)
def test_heights_that_are_no_numbers(pair, heights):
    honest = pair.honest()
    with pytest.raises(cs.ProofFormatError, match="1 to 4096 tables, not 0"):
        cs.Proof(honest.options, heights, honest.claim, honest.body)


@pytest.mark.parametrize("heights", [(256,), (5, 256), (256, 5), (5, -1, 5), (5, 5, 1 << 70)])
def test_heights_of_more_than_a_byte(pair, heights):
    honest = pair.honest()
    with pytest.raises(cs.ProofFormatError, match="log heights: each is one byte"):
        cs.Proof(honest.options, heights, honest.claim, honest.body)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64, int])
def test_heights_of_numpy(pair, kind):
    """They become Python's: a shift by np.uint8(5) is one of eight bits."""
    honest = pair.honest()
    heights = [kind(h) for h in honest.log_heights]
    same = cs.Proof(honest.options, heights, honest.claim, honest.body)
    assert all(type(h) is int for h in same.log_heights)
    assert same.to_bytes() == honest.to_bytes()
    pair.true.verify(same)


@pytest.mark.holds("number of tables")
@pytest.mark.parametrize("count", [0, 5000, 65535])
def test_impossible_number_of_tables(pair, count):
    honest = pair.honest().to_bytes()
    pair.true.verify(honest)
    forged = altered(honest, TABLES, count.to_bytes(2, "little")) + bytes([5]) * 70000
    message = str(refused(pair.true, forged, Reason.FORMAT))
    assert "tables, not" in message
    with without("number of tables"):
        assert "tables, not" not in str(refused(pair.true, forged, *Reason))


@pytest.mark.holds("number of tables", "claim length")
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("log_heights", ((),), "1 to 4096 tables, not 0"),
        ("log_heights", ((),) * 4096 + (3,), "1 to 4096 tables, not 4097"),
        ("log_heights", ((3,) * 4097,), "1 to 4096 tables, not 4097"),
        ("claim", bytes(MAX_CLAIM_BYTES + 1), "longer than allowed"),
    ],
)
def test_sizes_that_no_file_could_hold(pair, field, value, message):
    """A proof that is an object: tables, their traces and the claim are counted as in a file."""
    honest = pair.honest()
    fields = {name: getattr(honest, name) for name in ("options", "log_heights", "claim", "body")}
    with pytest.raises(cs.ProofFormatError, match=message):
        cs.Proof(**{**fields, field: value})
    with without("number of tables", "claim length"):
        cs.Proof(**{**fields, field: value})


@pytest.mark.holds("header heights")
@pytest.mark.parametrize("log_height", [0, 2, 17, 255])
def test_impossible_height(pair, log_height):
    honest = pair.honest().to_bytes()
    pair.true.verify(honest)
    forged = altered(honest, HEIGHTS, bytes([log_height]))
    refused(pair.true, forged, Reason.FORMAT)
    with without("header heights"):
        refused(pair.true, forged, Reason.HEIGHTS)


@pytest.mark.holds("header heights")
@pytest.mark.parametrize("place", range(3))
def test_impossible_height_of_one_of_several(place):
    case = zoo.together(zoo.fibonacci(3), zoo.fibonacci(4), zoo.fibonacci(3))
    true = stated(case, max_log_height=16)
    honest = case.prove(true.machine).to_bytes()
    true.verify(honest)
    for log_height in (0, 2, 17, 255):
        forged = altered(honest, HEIGHTS + place, bytes([log_height]))
        refused(true, forged, Reason.FORMAT)
        with without("header heights"):
            refused(true, forged, Reason.HEIGHTS)


@pytest.mark.holds("claim length")
def test_claim_too_long(pair):
    """Longer than a caller may ask for: refused before it is read."""
    honest = pair.honest().to_bytes()
    pair.true.verify(honest)
    length = MAX_CLAIM_BYTES + 1
    forged = altered(honest, HEIGHTS + 1, length.to_bytes(4, "little")) + bytes(length)
    for file in (forged, forged[: HEIGHTS + 5]):  # of the second one nothing is there to be read
        assert "longer than allowed" in str(refused(pair.true, file, Reason.FORMAT))
    with without("claim length"), pytest.raises(cs.StatementError):
        pair.true.verify(forged)  # the file's fault, said to be the caller's
