"""The format is pinned: proofs of today are, byte for byte, those that were recorded.

A change of the protocol fails here until `cstark.protocol.version.VERSION` is raised and the
digests are recorded anew, on purpose::

    python -m tests.golden.test_golden
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

import cstark as cs
from cstark import pure
from cstark.cli.main import main
from cstark.protocol.version import VERSION
from cstark.workload.statement_file import StatementFile
from tests.oracles import zoo
from tests.shards.shard_support import Told, hidden, sources
from tests.shards.shard_support import machine as sharded_machine

RECORD = Path(__file__).with_name("digests.json")
HASHES = ("blake3", "keccak256", "sha256")


def everything() -> zoo.Case:
    return zoo.together(
        zoo.fibonacci(9), zoo.lookup(3, 5, 4, tokens=True), zoo.cubic(4), zoo.ring(6)
    )


def tall() -> zoo.Case:
    """Codes as high as their tables, from 2^11 rows on, and one that is higher."""
    return zoo.together(zoo.lookup(3, 11, 5, tokens=True), zoo.fibonacci(11))


CASES = {
    "one table, no fold": (zoo.fibonacci(3), {}),
    "folds to a constant": (zoo.fibonacci(10), {"final_length": 1, "fri_arity": 2}),
    "preprocessed and periodic": (zoo.cubic(8), {"blowup": 4, "grinding": 3}),
    "buses and tokens": (zoo.lookup(3, 5, 4, tokens=True), {"coset_offset": 7}),
    "several traces": (zoo.several(6, 4, 4, 3), {}),
    "every feature": (everything(), {"fri_arity": 4, "final_length": 8}),
    "hidden, one table": (zoo.fibonacci(3), {"zk": True, "queries": 20}),
    "hidden, every feature": (everything(), {"zk": True, "queries": 20, "blowup": 4}),
    "hidden, tall and short": (tall(), {"zk": True, "queries": 5, "final_length": 16}),
}


def digests(name: str, hash: str) -> dict[str, str]:
    """SHA-256 of the key and of the proof of a case."""
    case, settings = CASES[name]
    machine = case.machine(hash=hash, **settings)
    seed = {"insecure_seed": bytes(range(32))} if machine.resolved.zk else {}
    proof = case.prove(machine, **seed)
    case.verify(machine, proof)
    key = machine.verifying_key().to_json().encode()
    return {"key": sha256(key).hexdigest(), "proof": sha256(proof.to_bytes()).hexdigest()}


SHARDED = {
    "shards": lambda hash: (Told(sharded_machine(hash=hash)), sources()),
    "hidden shards": lambda hash: (hidden(hash=hash), sources()),
    "hidden shard, alone": lambda hash: (hidden(hash=hash), sources(1)),
    "hidden shards, tall and short": lambda hash: (
        hidden(hash=hash, tall=True, final_length=16), sources(2, 64),
    ),
}  # fmt: skip


def sharded_digests(name: str, hash: str) -> dict[str, str]:
    """The same of a proof in shards."""
    told, shards = SHARDED[name](hash)
    proof = told.prove(shards)
    told.verify(proof)
    assert not told.plain_refusal(proof)
    key = told.machine.proving_key.sharded_key().to_json().encode()
    return {"key": sha256(key).hexdigest(), "proof": sha256(proof.to_bytes()).hexdigest()}


def record() -> dict[str, object]:
    found = {f"{name}, {hash}": digests(name, hash) for name in CASES for hash in HASHES}
    found |= {f"{name}, {hash}": sharded_digests(name, hash) for name in SHARDED for hash in HASHES}
    return {"version": VERSION, "digests": found}


@pytest.mark.parametrize("hash", HASHES)
@pytest.mark.parametrize("name", CASES)
def test_bytes_are_those_of_this_version(name, hash):
    recorded = json.loads(RECORD.read_text())
    assert recorded["version"] == VERSION, "a new version: record its digests"
    assert digests(name, hash) == recorded["digests"][f"{name}, {hash}"], (
        "the bytes changed: raise VERSION, then record the digests anew"
    )


@pytest.mark.parametrize("hash", HASHES)
@pytest.mark.parametrize("name", SHARDED)
def test_bytes_of_shards_are_those_of_this_version(name, hash):
    recorded = json.loads(RECORD.read_text())["digests"]
    assert sharded_digests(name, hash) == recorded[f"{name}, {hash}"], "the bytes of shards changed"


def test_everything_recorded_is_tried():
    recorded = json.loads(RECORD.read_text())["digests"]
    names = [*CASES, *SHARDED]
    assert sorted(recorded) == sorted(f"{name}, {hash}" for name in names for hash in HASHES)


@pytest.mark.parametrize("name", ["add_mul"])
def test_a_recorded_file_is_still_accepted(name):
    """The file was written once; nothing here can make it again by mistake."""
    folder = RECORD.parent
    file = StatementFile.from_json((folder / f"{name}.key.json").read_bytes())
    data = (folder / f"{name}.bin").read_bytes()
    file.key.verify(data, file.publics, tokens=file.tokens, claim=file.claim, min_security=8)
    changed = bytearray(data)
    changed[-1] ^= 1
    with pytest.raises(cs.VerificationError):
        file.key.verify(
            bytes(changed), file.publics, tokens=file.tokens, claim=file.claim, min_security=8
        )


def test_files_of_version_1_are_refused_with_that_word(tmp_path, capsys):
    """By both verifiers and the command line: a quotient for each table is another protocol."""
    folder = RECORD.parent
    old, new = ((folder / f"{name}.bin").read_bytes() for name in ("version_1", "add_mul"))
    old_key, new_key = (
        (folder / f"{name}.key.json").read_text() for name in ("version_1", "add_mul")
    )
    file = StatementFile.from_json(new_key)
    with pytest.raises(cs.ProofFormatError, match="the proof has version 1; this is version 2"):
        file.verify(old)
    with pytest.raises(cs.StatementError, match=r"of version 2: .* version 1$"):
        StatementFile.from_json(old_key)
    with pytest.raises(cs.CstarkError, match=r"of version 2: .* version 1$"):
        cs.VerifyingKey.from_json(json.dumps(json.loads(old_key)["key"]))
    inner = {**json.loads(new_key), "key": json.loads(old_key)["key"]}
    with pytest.raises(cs.StatementError, match=r"of version 2: .* version 1$"):
        StatementFile.from_json(json.dumps(inner))

    plain = pure.read_statement(new_key)
    pure.verify(plain, new, min_security=8)
    with pytest.raises(pure.Refused, match="version 1, not 2"):
        pure.verify(plain, old, min_security=8)
    for text in (old_key, json.dumps(inner)):
        with pytest.raises(pure.BadKey, match="has version 1, not 2"):
            pure.read_statement(text)

    key, proof = folder / "add_mul.key.json", folder / "version_1.bin"
    assert main(["verify", "--key", str(key), str(proof)]) == 1
    assert "version 1" in capsys.readouterr().err


if __name__ == "__main__":
    RECORD.write_text(json.dumps(record(), indent=1) + "\n")
