"""The table of proof items against what prover and verifier really do."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark.protocol import checks
from cstark.protocol.ledger import ITEMS, STATEMENT, Item, item_of
from cstark.protocol.proof import Proof, Reader
from cstark.protocol.verifier import verify
from tests.oracles import zoo


class Books:
    """A proof of a machine that has every kind of item, and what both sides noted."""

    def __init__(self) -> None:
        self.case = zoo.together(zoo.fibonacci(7), zoo.lookup(3, 5, 4, tokens=True), zoo.cubic(4))
        self.machine = self.case.machine(final_length=4, grinding=3, queries=7)
        self.claim = b"a claim"
        self.proved: list[tuple[str, str, bytes]] = []
        self.proof = self.machine._prove(
            self.case.traces, self.case.publics, self.case.tokens, self.claim, True, None,
            ledger=lambda *entry: self.proved.append(entry),
        )  # fmt: skip
        self.data = self.proof.to_bytes()
        self.header = header_items(self.data)
        self.verified = self.heard(self.data)

    def heard(self, data: bytes) -> list[tuple[str, str, bytes]]:
        entries: list[tuple[str, str, bytes]] = []
        verify(
            self.machine.verifying_key(), data, self.case.publics, tokens=self.case.tokens,
            claim=self.claim, min_security=0, ledger=lambda *entry: entries.append(entry),
        )  # fmt: skip
        return entries


def header_items(data: bytes) -> list[tuple[str, bytes]]:
    """The items that `Proof.from_bytes` reads, in order."""
    read: list[tuple[str, bytes]] = []
    honest = Reader.take

    def take(self, count, what):
        taken = honest(self, count, what)
        read.append((what, bytes(taken)))
        return taken

    Reader.take = take
    try:
        Proof.from_bytes(data)
    finally:
        Reader.take = honest
    return read


@pytest.fixture(scope="module")
def books():
    return Books()


def items(entries):
    return [(label, data) for kind, label, data in entries if kind == "item"]


def test_the_file_is_its_items_and_nothing_else(books):
    assert b"".join(data for _, data in books.header + items(books.verified)) == books.data


def test_prover_writes_what_the_verifier_reads(books):
    """Every name and every byte, in order."""
    assert items(books.proved) == items(books.verified)


def test_both_absorb_and_draw_the_same(books):
    def spoken(entries):
        return [entry for entry in entries if entry[0] != "item"]

    assert spoken(books.proved) == spoken(books.verified)


def test_every_item_has_a_row_and_every_row_an_item(books):
    seen = [item_of(name) for name, _ in books.header + items(books.verified)]
    assert set(seen) == set(ITEMS)
    first = [seen.index(item) for item in ITEMS]
    per_tree = {"rows of {}", "siblings of {}"}
    order = [item for item in sorted(ITEMS, key=seen.index) if item.name not in per_tree]
    assert order == [item for item in ITEMS if item.name not in per_tree], first
    with pytest.raises(LookupError):
        item_of("another root")
    with pytest.raises(LookupError):
        item_of("rows of anything")


def test_rows_say_one_thing():
    for item in ITEMS:
        assert (item.absorbed_before is None) != (item.compared is None), item
        assert item.compared is None or item.compared in checks.CHECKS, item
        assert item.why, item


def number_of(name: str) -> str:
    return name.rpartition(" ")[2]


def test_what_is_said_to_be_absorbed_is(books):
    """Under its own name, all of it, and before the challenge of the table."""
    spoken = [entry for entry in books.verified if entry[0] != "item"]
    for name, data in items(books.verified):
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
    known = {label.name for label in STATEMENT} | {name for name, _ in items(books.verified)}
    for kind, label, _ in books.verified:
        assert kind != "absorb" or label in known, label


def test_what_is_said_to_be_compared_is(books):
    """Another value is refused, and by that check: seen by taking all other checks out."""
    position = 0
    tried: set[str] = set()
    for name, data in books.header + items(books.verified):
        item = item_of(name)
        if item.compared is not None and data and item.name not in tried:
            tried.add(item.name)
            assert refusing_checks(books, changed_at(books.data, position, item)), name
            assert item.compared in refusing_checks(
                books, changed_at(books.data, position, item)
            ), (name, refusing_checks(books, changed_at(books.data, position, item)))
        position += len(data)
    assert tried == {item.name for item in ITEMS if item.compared is not None}


def changed_at(data: bytes, position: int, item: Item) -> bytes:
    """Another value of an item, one that is possible where only some are."""
    possible = {
        "option blowup": b"\x02", "option hash": b"\x00", "option FRI arity": b"\x02",
        "option max log height": b"\x0f", "option coset offset": b"\x07",
    }  # fmt: skip
    new = possible.get(item.name, bytes([data[position] ^ 1]))
    assert new != data[position : position + 1]
    return data[:position] + new + data[position + 1 :]


def refusing_checks(books: Books, data: bytes) -> set[str]:
    """The first check that refuses, and the next when that one is taken out, and so on."""
    from tests.attacks.toolkit import without

    found: set[str] = set()
    before = checks.require
    for _ in range(len(checks.CHECKS)):
        failed = []

        def require(condition, check, message, failed=failed):
            if not condition:
                failed.append(check)
            before(condition, check, message)

        from tests.attacks.toolkit import swapped

        with swapped(before, require):
            try:
                if found:
                    with without(*found):
                        books.heard(data)
                else:
                    books.heard(data)
            except cs.VerificationError:
                found.add(failed[-1])
                continue
            except (ValueError, ArithmeticError, LookupError, TypeError):
                break  # nothing left to refuse it, and the arithmetic does not work out
        break
    return found
