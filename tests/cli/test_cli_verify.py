"""The command line: verifying, with small proofs."""

from __future__ import annotations

import pytest

from tests.cli.cli_support import WEAK, run, run_json


def test_verify_prints_the_claim(proofs, capsys):
    code, out, _ = run(["verify", "fib_pair", proofs["fib_pair"], *WEAK], capsys)
    assert code == 0
    assert "verified" in out
    assert "log_rows  4" in out
    assert "start     [[0, 1], [1, 2]]" in out
    assert "queries 20" in out
    assert "proven bits" in out


def test_verify_for_programs(proofs, capsys):
    words = ["verify", "fib_pair", proofs["fib_pair"], *WEAK]
    code, data = run_json(words, capsys)
    assert code == 0
    assert data["verified"] is True
    assert data["claim"]["log_rows"] == data["log_rows"] == "4"
    assert data["claim"]["result"][0] == ["832040", "1346269"]  # F(30), F(31)
    assert data["options"]["queries"] == 20
    assert 5 < data["security_bits"] < 100


def test_expectations(proofs, capsys):
    words = ["verify", "fib_pair", proofs["fib_pair"], *WEAK, "--expect"]
    good = "result=[[832040,1346269],[2178309,3524578]]"
    assert run([*words, "log_rows=4", "--expect", good], capsys)[0] == 0
    code, out, err = run([*words, "log_rows=5"], capsys)
    assert (code, out) == (1, "")
    assert "refused: the claim says log_rows = 4, expected 5" in err
    code, data = run_json([*words, "log_row=5"], capsys)
    assert code == 2, "a name that has been misspelt is no fault of the proof"
    assert data["verified"] is False
    assert "log_rows, result, start; did you mean 'log_rows'?" in data["message"]


def test_min_security(proofs, capsys):
    code, data = run_json(["verify", "fib_pair", proofs["fib_pair"]], capsys)
    assert code == 1
    assert data["reason"] == "SECURITY"


def test_another_workload_refuses_the_claim(proofs, capsys):
    code, _, err = run(["verify", "add_mul", proofs["fib_pair"], *WEAK], capsys)
    assert code == 1
    assert "refused: the claim has no 'cpu_rows'" in err


def test_flipped_bits_are_refused(proofs, tmp_path, capsys):
    data = proofs["add_mul"].read_bytes()
    path = tmp_path / "flipped.bin"
    step = max(1, len(data) // 60)
    for place in [*range(64), *range(64, len(data), step), len(data) - 1]:
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        code, out, err = run(["verify", "add_mul", path, *WEAK], capsys)
        assert (code, out) == (1, ""), place
        assert "refused: " in err


@pytest.mark.parametrize("change", ["empty", "cut", "longer", "text"])
def test_files_that_are_no_proof(change, proofs, tmp_path, capsys):
    data = proofs["fib_pair"].read_bytes()
    path = tmp_path / "bad.bin"
    path.write_bytes(
        {"empty": b"", "cut": data[:-1], "longer": data + b"\0", "text": b"hello" * 100}[change]
    )
    code, data = run_json(["verify", "fib_pair", path, *WEAK], capsys)
    assert code == 1
    assert data["verified"] is False
    assert data["error"] == "ProofFormatError"
    assert run(["verify", "fib_pair", path, *WEAK], capsys)[2].count("\n") == 1
    if change in ("empty", "text"):
        assert run(["inspect", path], capsys)[0] == 1


def test_arguments_in_any_order(proofs, capsys):
    path = proofs["fib_pair"]
    for words in (
        ["verify", "--min-security", "5", "fib_pair", path],
        ["verify", "fib_pair", "--min-security", "5", path],
        ["verify", "fib_pair", "--json", "--min-security=5", path],
    ):
        assert run(words, capsys)[0] == 0
