"""The command line: inspect, check and info."""

from __future__ import annotations

import pytest

from tests.cli.cli_support import PROVE, run, run_json


def test_inspect(proofs, capsys):
    code, out, _ = run(["inspect", proofs["add_mul"]], capsys)
    assert code == 0
    assert "not verified" in out
    assert "cpu_rows  64" in out
    code, data = run_json(["inspect", proofs["add_mul"]], capsys)
    assert data["log_heights"][0] == 6
    assert len(data["log_heights"]) == 3
    assert data["options"]["grinding"] == 0


@pytest.mark.parametrize("name", PROVE)
def test_check(name, capsys):
    code, out, _ = run(["check", *PROVE[name]], capsys)
    assert code == 0
    assert out
    code, _ = run_json(["check", *PROVE[name]], capsys)
    assert code == 0


def test_check_with_mutations(capsys):
    words = ["check", "add_mul", "--operations", "20", "--mutate", "10"]
    code, out, _ = run(words, capsys)
    assert code == 0
    assert "changed in 5 ways each" in out
    assert "'cpu', column 'a'" in out and "a row without a flag sends nothing" in out
    code, data = run_json([*words, "--mutate-seed", "5"], capsys)
    assert code == 0
    assert data["mutations"]["seed"] == 5
    assert {entry["table"] for entry in data["mutations"]["free"]} == {"cpu", "mul"}


def test_info(capsys):
    code, out, _ = run(["info", "--threads", "1"], capsys)
    assert code == 0
    assert "isa" in out
    assert "threads" in out
    code, data = run_json(["info", "--threads", "1"], capsys)
    assert data["threads"] == 1
