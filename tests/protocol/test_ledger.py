"""The table of proof items against what prover and verifier really do."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark.protocol import refusals
from cstark.protocol.ledger import ITEMS, STATEMENT, Item, item_of
from tests.attacks.toolkit import swapped, without
from tests.oracles import zoo
from tests.oracles.forging import prover_for, verify_aloud
from tests.protocol.proof_items import header_items, recorded_items


class Books:
    """A proof of a machine that has every kind of item, and what both sides noted."""

    def __init__(self, zk: bool) -> None:
        self.zk = zk
        self.case = zoo.together(zoo.fibonacci(7), zoo.lookup(3, 5, 4, tokens=True), zoo.cubic(4))
        self.machine = self.case.machine(final_length=8, grinding=3, queries=7, zk=zk)
        self.claim = b"a claim"
        self.proved: list[tuple[str, str, bytes]] = []
        self.proof = prover_for(
            self.machine, self.case.traces, self.case.publics, self.case.tokens, self.claim,
            listener=lambda *entry: self.proved.append(entry),
        ).prove()  # fmt: skip
        self.data = self.proof.to_bytes()
        self.header = header_items(self.data)
        self.verified = self.heard(self.data)

    def heard(self, data: bytes) -> list[tuple[str, str, bytes]]:
        entries: list[tuple[str, str, bytes]] = []
        verify_aloud(
            self.machine.verifying_key(), data, self.case.publics,
            lambda *entry: entries.append(entry), tokens=self.case.tokens, claim=self.claim,
        )  # fmt: skip
        return entries


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "hidden"])
def books(request):
    return Books(request.param)


def rows_of_the_ledger(books) -> list[Item]:
    """Salts are for proofs that hide."""
    return [item for item in ITEMS if books.zk or item.name != "salts of {}"]


def test_the_file_is_its_items_and_nothing_else(books):
    assert b"".join(data for _, data in books.header + recorded_items(books.verified)) == books.data


def test_prover_writes_what_the_verifier_reads(books):
    """Every name and every byte, in order."""
    assert recorded_items(books.proved) == recorded_items(books.verified)


def test_both_absorb_and_draw_the_same(books):
    def spoken(entries):
        return [entry for entry in entries if entry[0] != "item"]

    assert spoken(books.proved) == spoken(books.verified)


def test_every_item_has_a_row_and_every_row_an_item(books):
    seen = [item_of(name) for name, _ in books.header + recorded_items(books.verified)]
    items = rows_of_the_ledger(books)
    assert set(seen) == set(items)
    first = [seen.index(item) for item in items]
    per_tree = {"salts of {}", "rows of {}", "siblings of {}"}
    order = [item for item in sorted(items, key=seen.index) if item.name not in per_tree]
    assert order == [item for item in items if item.name not in per_tree], first
    with pytest.raises(LookupError):
        item_of("another root")
    with pytest.raises(LookupError):
        item_of("rows of anything")


def test_rows_say_one_thing():
    for item in ITEMS:
        assert (item.absorbed_before is None) != (item.compared is None), item
        assert item.compared is None or item.compared in refusals.CHECKS, item
        assert item.why, item


def number_of(name: str) -> str:
    return name.rpartition(" ")[2]


def test_what_is_said_to_be_absorbed_is(books):
    """Under its own name, all of it, and before the challenge of the table."""
    spoken = [entry for entry in books.verified if entry[0] != "item"]
    for name, data in recorded_items(books.verified):
        item = item_of(name)
        if item.absorbed_before is None:
            assert not any(kind == "absorb" and label == name for kind, label, _ in spoken), name
            continue
        places = [k for k, entry in enumerate(spoken) if entry == ("absorb", name, data)]
        assert len(places) == 1, name
        draw = next(label for kind, label, _ in spoken[places[0] :] if kind == "draw")
        assert draw == item.absorbed_before.format(number_of(name)), name


def test_the_statement_is_absorbed_first(books):
    absorbed = [(kind, label) for kind, label, _ in books.verified if kind != "item"]
    assert absorbed[: len(STATEMENT)] == [("absorb", label.name) for label in STATEMENT]
    found = {label: data for kind, label, data in books.verified if kind == "absorb"}
    assert found["log heights"] == bytes(books.proof.log_heights)
    assert found["claim"] == books.claim
    assert found["key"] == books.machine.verifying_key().digest


def test_nothing_else_is_absorbed(books):
    known = {label.name for label in STATEMENT} | {
        name for name, _ in recorded_items(books.verified)
    }
    for kind, label, _ in books.verified:
        assert kind != "absorb" or label in known, label


def test_what_is_said_to_be_compared_is(books):
    """Another value is refused, and by that check: seen by taking all other checks out."""
    position = 0
    tried: set[str] = set()
    for name, data in books.header + recorded_items(books.verified):
        item = item_of(name)
        if item.compared is not None and data and item.name not in tried:
            tried.add(item.name)
            assert refusing_checks(books, changed_at(books.data, position, item)), name
            assert item.compared in refusing_checks(
                books, changed_at(books.data, position, item)
            ), (name, refusing_checks(books, changed_at(books.data, position, item)))
        position += len(data)
    items = rows_of_the_ledger(books)
    assert tried == {item.name for item in items if item.compared is not None}


def changed_at(data: bytes, position: int, item: Item) -> bytes:
    """Another value of an item, one that is possible where only some are."""
    possible = {
        "option blowup": b"\x02", "option hash": b"\x00", "option FRI arity": b"\x02",
        "option max log height": b"\x0f", "option coset offset": b"\x07",
        "option zk": b"\x10",
    }  # fmt: skip
    new = possible.get(item.name, bytes([data[position] ^ 1]))
    assert new != data[position : position + 1]
    return data[:position] + new + data[position + 1 :]


def refusing_checks(books: Books, data: bytes) -> set[str]:
    """The first check that refuses, and the next when that one is taken out, and so on."""
    found: set[str] = set()
    while True:
        failed: list[str] = []
        with without(*found), swapped(refusals.require, noting(failed)):
            try:
                books.heard(data)
            except cs.VerificationError:
                found.add(failed[-1])
            except (ValueError, ArithmeticError, LookupError, TypeError):
                return found  # nothing refuses it any more, and the arithmetic does not work out
            else:
                return found


def noting(failed: list[str]):
    """`require` as it is, which notes the checks that refuse."""
    before = refusals.require

    def require(condition: object, check: str, message: str) -> None:
        try:
            before(condition, check, message)
        except cs.VerificationError:
            failed.append(check)
            raise

    return require
