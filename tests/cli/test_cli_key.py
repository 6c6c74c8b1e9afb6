"""The command line: key files."""

from __future__ import annotations

import json

import pytest

from tests.cli.cli_support import PROVE, SMALL, WEAK, run, run_json


@pytest.mark.parametrize("name", PROVE)
def test_key_files(name, proofs, tmp_path, capsys):
    key = tmp_path / "key.json"
    code, out, _ = run(["key", name, proofs[name], "-o", key], capsys)
    assert code == 0
    assert "key digest" in out
    code, data = run_json(["verify", "--key", key, proofs[name], *WEAK], capsys)
    assert code == 0
    assert data["verified"] is True
    assert data["claim"] == run_json(["inspect", proofs[name]], capsys)[1]["claim"]
    # the same key again
    text = key.read_bytes()
    assert run(["key", name, "-o", key, proofs[name]], capsys)[0] == 0
    assert key.read_bytes() == text


def test_a_key_is_for_one_statement_and_one_set_of_options(proofs, tmp_path, capsys):
    key, other = tmp_path / "key.json", tmp_path / "p.bin"
    assert run(["key", "fib_pair", proofs["fib_pair"], "-o", key], capsys)[0] == 0
    claim = ["fib_pair", "--log-rows", "5", "--sequences", "2", *SMALL]
    options = [*PROVE["fib_pair"], "--queries", "21", "--grinding", "0"]
    for words in (claim, options, [*PROVE["add_mul"], *SMALL]):
        assert run(["prove", *words, "-o", other], capsys)[0] == 0
        code, out, err = run(["verify", "--key", key, other, *WEAK], capsys)
        assert (code, out) == (1, "")
        assert "refused" in err


def test_a_key_with_another_public_value(proofs, tmp_path, capsys):
    key = tmp_path / "key.json"
    assert run(["key", "fib_pair", proofs["fib_pair"], "-o", key], capsys)[0] == 0
    data = json.loads(key.read_text())
    data["publics"]["fib"][0] += 1
    key.write_text(json.dumps(data))
    assert run(["verify", "--key", key, proofs["fib_pair"], *WEAK], capsys)[0] == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": "cstark statement"}'])
def test_files_that_are_no_key(text, proofs, tmp_path, capsys):
    key = tmp_path / "key.json"
    key.write_text(text)
    code, _, err = run(["verify", "--key", key, proofs["fib_pair"]], capsys)
    assert code == 2
    assert "not a key file" in err


def test_key_files_that_were_edited(proofs, tmp_path, capsys):
    key = tmp_path / "key.json"
    assert run(["key", "add_mul", proofs["add_mul"], "-o", key], capsys)[0] == 0
    good = json.loads(key.read_text())
    for change in (
        {"version": 1},
        {"format": "x"},
        {"publics": []},
        {"tokens": {}},
        {"tokens": [["give", "add", [1, 2, 3], 1]]},
        {"tokens": [["send", "add"]]},
        {"claim": 1},
        {"claim": {"a": 1.5}},
        {"key": {}},
        {"key": {**good["key"], "tables": []}},
        {"key": {**good["key"], "tables": good["key"]["tables"][:1] * 2}},
    ):
        key.write_text(json.dumps({**good, **change}))
        code, _, err = run(["verify", "--key", key, proofs["add_mul"], *WEAK], capsys)
        assert code == 2, change
        assert "not a key file" in err or "claim" in err, change
