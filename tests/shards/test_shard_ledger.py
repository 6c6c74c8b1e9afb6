"""The table of proof items against what provers and verifier of shards really do."""

from __future__ import annotations

import pytest

from cstark.protocol import refusals
from cstark.protocol.ledger import (
    ITEMS,
    SHARD_ITEMS,
    SHARD_STATEMENT,
    SHARDS_STATEMENT,
    item_of,
)
from cstark.protocol.policy import Policy
from cstark.protocol.proof import Reader
from cstark.protocol.shards.proof import ShardedProof, ShardProof
from cstark.protocol.shards.prover import ShardProver
from cstark.protocol.shards.verifier import ShardedVerifier
from cstark.protocol.standing import encode_heights
from cstark.protocol.statement import Instance
from cstark.protocol.transcript import Transcript
from tests.attacks.toolkit import changed, swapped
from tests.protocol.proof_items import recorded_items
from tests.protocol.test_ledger import changed_at, number_of, refusing_checks
from tests.shards.shard_support import COUNT, Told, machine, prove_anyway, traces_of

BEFORE_HEADS = ("main root", "pins")


def taken(read):
    """(name, bytes) of all that a `Reader` takes meanwhile."""
    found = []
    honest = Reader.take

    def take(self, count, what):
        data = honest(self, count, what)
        found.append((what, bytes(data)))
        return data

    with changed(Reader, "take", take):
        read()
    return found


class ShardBooks:
    """A proof in shards, and what its provers and its verifier noted, transcript by transcript."""

    def __init__(self, zk):
        self.told = Told(machine(final_length=8, grinding=3, queries=7, zk=zk), claim=b'{"a":1}')
        self.key = self.told.machine.proving_key.sharded_key()
        self.instance = Instance.build(
            self.key, self.told.publics, self.told.tokens, self.told.claim
        )
        self.proved = [[] for _ in range(COUNT)]
        proved = self.proved

        class Aloud(ShardProver):
            def __init__(self, *arguments, **settings):
                super().__init__(*arguments, **settings)
                entries = proved[self.place.index]
                self.stream.listen(lambda *entry: entries.append(entry))

        self.proof = prove_anyway(self.told, [traces_of(k) for k in range(COUNT)], Aloud)
        self.data = self.proof.to_bytes()
        self.verified, self.joint, self.heads = self.listened(self.data)

    @property
    def rows(self):
        """The rows of the ledger that such a file has."""
        hidden, rows = self.key.options.zk, (*ITEMS, *SHARD_ITEMS)
        return [item for item in rows if hidden or item.name != "salts of {}"]

    def verifier(self, data):
        verifier = ShardedVerifier(self.key, ShardedProof.from_bytes(data), self.instance)
        verifier.admit(Policy.of(self.key, 0))
        return verifier

    def listened(self, data):
        """What each shard's transcript heard, what the common one did, and the heads' states."""
        verifier = self.verifier(data)
        entries = [[] for _ in verifier.shards]
        for shard, mine in zip(verifier.shards, entries, strict=True):
            shard.stream.listen(lambda *entry, mine=mine: mine.append(entry))
        joint, heads = [], []

        class Loud(Transcript):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                heads.extend(shard.transcript.state for shard in verifier.shards)
                self.listener = lambda *entry: joint.append(entry)

        with swapped(Transcript, Loud):
            verifier.begin()
        for shard in verifier.shards:
            shard.finish()
        return entries, joint, heads

    def heard(self, data):
        """Verify, for `refusing_checks`."""
        verifier = self.verifier(data)
        verifier.begin()
        for shard in verifier.shards:
            shard.finish()

    def items(self):
        """(name, bytes) of the file, in its order."""
        found = taken(lambda: ShardedProof.from_bytes(self.data))
        first = next(k for k, (name, _) in enumerate(found) if name == "length of shard 1")
        items = found[:first]
        lengths = [entry for entry in found if entry[0].startswith("length of shard")]
        for length, shard, entries in zip(lengths, self.proof.shards, self.verified, strict=True):
            items.append(length)
            items += taken(lambda shard=shard: ShardProof.parse(shard, self.proof.options))
            items += recorded_items(entries)
        return items


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "hidden"])
def books(request):
    return ShardBooks(request.param)


def test_the_file_of_shards_is_its_items(books):
    assert b"".join(data for _, data in books.items()) == books.data


def test_provers_write_what_the_verifier_reads(books):
    assert books.proved == books.verified
    assert all(recorded_items(entries) for entries in books.verified)


def test_every_item_of_shards_has_a_row(books):
    seen = {item_of(name) for name, _ in books.items()}
    assert seen == set(books.rows)
    for item in SHARD_ITEMS:
        assert (item.absorbed_before is None) != (item.compared is None), item
        assert item.compared is None or item.compared in refusals.CHECKS, item
        assert item.why, item


def test_what_shards_are_said_to_absorb_they_do(books):
    """Under its own name, all of it, once, and before the challenge of the table."""
    for entries in books.verified:
        spoken = [entry for entry in entries if entry[0] != "item"]
        labels = [entry[:2] for entry in spoken]
        joined = labels.index(("absorb", "shared"))
        for name, data in recorded_items(entries):
            item = item_of(name)
            if item.absorbed_before is None:
                assert ("absorb", name) not in labels, name
                continue
            places = [k for k, entry in enumerate(spoken) if entry == ("absorb", name, data)]
            assert len(places) == 1, name
            if name in BEFORE_HEADS:
                assert item.absorbed_before == "z" and places[0] < joined, name
                continue
            assert places[0] > joined, name
            draw = next(label for kind, label, _ in spoken[places[0] :] if kind == "draw")
            assert draw == item.absorbed_before.format(number_of(name)), name


def test_heads_are_absorbed_before_the_common_challenges(books):
    """All of them, in order: the states of the shards when their pins have been absorbed."""
    labels = [entry[:2] for entry in books.joint]
    statement = [("absorb", label.name) for label in SHARDS_STATEMENT]
    assert labels == [*statement, *[("absorb", "head")] * (COUNT - 1), ("draw", "z"),
                      ("draw", "alpha")]  # fmt: skip
    heads = [data for _, label, data in books.joint if label == "head"]
    assert heads == books.heads and len(set(heads)) == COUNT
    z, alpha = (data for kind, _, data in books.joint if kind == "draw")
    states = set()
    for entries in books.verified:
        [shared] = [data for kind, label, data in entries if (kind, label) == ("absorb", "shared")]
        assert shared[32:] == z + alpha and len(shared) == 32 + 2 * 24
        states.add(shared[:32])
        labels = [entry[:2] for entry in entries]
        assert labels.index(("absorb", "pins")) + 1 == labels.index(("absorb", "shared"))
    assert len(states) == 1


def test_the_statement_of_shards_is_absorbed_first(books):
    for index, entries in enumerate(books.verified):
        absorbed = [(kind, label) for kind, label, _ in entries if kind != "item"]
        wanted = [("absorb", label.name) for label in SHARD_STATEMENT]
        assert absorbed[: len(wanted)] == wanted
        found = {label: data for kind, label, data in entries if kind == "absorb"}
        assert found["log heights"] == encode_heights(books.proof.log_heights[index])
        assert found["shard"] == COUNT.to_bytes(8, "little") + index.to_bytes(8, "little")
        assert found["key"] == books.key.digest
    joint = {label: data for kind, label, data in books.joint if kind == "absorb"}
    assert joint["claim"] == books.told.claim and joint["key"] == books.key.digest
    assert joint["shards"] == COUNT.to_bytes(8, "little")


def test_shards_absorb_nothing_else(books):
    for entries in books.verified:
        known = {label.name for label in SHARD_STATEMENT} | {"shared"}
        known |= {name for name, _ in recorded_items(entries)}
        assert {label for kind, label, _ in entries if kind == "absorb"} <= known


def test_what_shards_are_said_to_compare_is_compared(books):
    """Another value is refused by that check, which is seen by taking all others out."""
    position = 0
    tried = set()
    for name, data in books.items():
        item = item_of(name)
        if item.compared is not None and data and item not in tried:
            tried.add(item)
            found = refusing_checks(books, changed_at(books.data, position, item))
            assert item.compared in found, (name, found)
        position += len(data)
    assert tried == {item for item in books.rows if item.compared is not None}
