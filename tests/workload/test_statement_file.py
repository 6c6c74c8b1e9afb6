"""Statements as data: made by a machine, read by both verifiers, refused where they are none."""

from __future__ import annotations

import json
import pickle

import pytest

import cstark as cs
from cstark import pure
from cstark.cli.main import main as cstark
from cstark.pure.__main__ import main as pure_cstark
from tests.oracles import zoo

CLAIMS = {"none": b"", "empty object": b"{}", "an object": cs.encode_claim({"steps": [1, 2]})}
WEAK = ["--min-security", "0"]


@pytest.fixture(scope="module")
def case():
    return zoo.together(zoo.fibonacci(4), zoo.lookup(2, 3, 5, tokens=True))


@pytest.fixture(scope="module")
def machine(case):
    return case.machine(queries=5)


def statement_of(case, machine, claim):
    return machine.statement(case.publics, tokens=case.tokens, claim=claim)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_it_holds_all_that_a_verifier_needs(case, machine, claim):
    proof = case.prove(machine, claim=claim)
    statement = statement_of(case, machine, claim)
    text = statement.to_json()
    again = cs.StatementFile.from_json(text)
    assert again == statement == pickle.loads(pickle.dumps(statement))
    assert again.to_json() == text
    for form in (proof, proof.to_bytes()):
        again.verify(form, min_security=0)
    pure.verify(pure.read_statement(text), proof.to_bytes(), min_security=0)
    with pytest.raises(cs.VerificationError) as refusal:
        again.verify(proof)  # five queries
    assert refusal.value.reason is cs.Reason.SECURITY


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_command_lines_read_it(case, machine, claim, tmp_path, capsys):
    proof, key = tmp_path / "proof.bin", tmp_path / "key.json"
    proof.write_bytes(case.prove(machine, claim=claim).to_bytes())
    key.write_text(statement_of(case, machine, claim).to_json())
    assert cstark(["verify", "--key", str(key), str(proof), *WEAK]) == 0
    assert ("no claim" in capsys.readouterr().out) == (claim in (b"", b"{}"))
    assert cstark(["verify", "--pure", "--key", str(key), str(proof), *WEAK]) == 0
    assert pure_cstark([str(key), str(proof), *WEAK]) == 0


@pytest.mark.parametrize("made", CLAIMS)
@pytest.mark.parametrize("stated", CLAIMS)
def test_another_claim_is_refused_by_both(case, machine, made, stated):
    proof = case.prove(machine, claim=CLAIMS[made]).to_bytes()
    statement = statement_of(case, machine, CLAIMS[stated])
    read = pure.read_statement(statement.to_json())
    if made == stated:
        statement.verify(proof, min_security=0)
        pure.verify(read, proof, min_security=0)
        return
    with pytest.raises(cs.VerificationError) as refusal:
        statement.verify(proof, min_security=0)
    assert refusal.value.reason is cs.Reason.STATEMENT
    with pytest.raises(pure.Refused):
        pure.verify(read, proof, min_security=0)


def test_other_public_values_and_tokens_are_refused_by_both(case, machine):
    proof = case.prove(machine).to_bytes()
    data = json.loads(statement_of(case, machine, b"").to_json())
    name = next(iter(data["publics"]))
    for change in ({"publics": {**data["publics"], name: [2, 3, 4]}}, {"tokens": []}):
        text = json.dumps({**data, **change})
        with pytest.raises(cs.VerificationError):
            cs.StatementFile.from_json(text).verify(proof, min_security=0)
        with pytest.raises(pure.Refused):
            pure.verify(pure.read_statement(text), proof, min_security=0)


@pytest.mark.parametrize("claim", [b"x", b"[]", b'{"a": 1}', b"\xff", "text", None])
def test_a_claim_that_no_file_can_hold(case, machine, claim):
    with pytest.raises(cs.StatementError, match="claim"):
        statement_of(case, machine, claim)


@pytest.mark.parametrize("publics", [{}, {"nobody": [1]}, {"fib_0": [1]}])
def test_public_values_that_do_not_suit_the_machine(machine, publics):
    with pytest.raises(cs.StatementError):
        machine.statement(publics)


def test_a_key_alone_is_no_statement_and_the_other_way_round(case, machine, tmp_path, capsys):
    key, statement = machine.verifying_key().to_json(), statement_of(case, machine, b"").to_json()
    with pytest.raises(cs.StatementError, match=r"a verifying key alone.*machine\.statement"):
        cs.StatementFile.from_json(key)
    with pytest.raises(cs.CstarkError, match=r"this is a statement.*StatementFile"):
        cs.VerifyingKey.from_json(statement)
    with pytest.raises(pure.BadKey, match="a verifying key alone"):
        pure.read_statement(key)
    path = tmp_path / "key.json"
    path.write_text(key)
    (tmp_path / "proof.bin").write_bytes(case.prove(machine).to_bytes())
    assert cstark(["verify", "--key", str(path), str(tmp_path / "proof.bin")]) == 2
    assert "a verifying key alone" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, 5, ["x"], b"\xff", "", "[]"])
def test_what_is_no_text(text):
    with pytest.raises(cs.StatementError, match="not a key file"):
        cs.StatementFile.from_json(text)
