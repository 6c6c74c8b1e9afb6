"""The command line: parameters and their cost, before any proof."""

from __future__ import annotations

import tomllib

import pytest

from tests.cli.cli_support import run, run_json


def test_security(capsys):
    words = ["security", "fib_pair", "--log-rows", "12", "--no-time"]
    code, out, _ = run(words, capsys)
    assert code == 0
    for text in ("proven bits", "16 bits of grinding in the query term", "blowup=4", "peak memory"):
        assert text in out
    assert "±" not in out
    code, data = run_json(["security", "add_mul", "--operations", "5", "--queries", "9"], capsys)
    assert code == 0
    assert data["heights"] == {"cpu": 8, "add": 8, "mul": 8}
    assert data["queries"] == 9
    assert data["bits"] < 30
    own = data["choices"][0]
    assert own["change"] == "as it is"
    assert own["bits"] == data["bits"]
    assert own["seconds"] == data["estimate"]["timing"]["seconds"] > 0


def test_security_at_other_heights(capsys):
    words = ["security", "fib_iterative", "--iterations", "9", "--no-time", "--log-heights", "17"]
    code, data = run_json(words, capsys)
    assert code == 0
    assert data["heights"]["mv"] == [1 << 17]
    assert data["heights"]["range"] == 1 << 16
    assert max(data["shape"]["log_heights"]) == 17


@pytest.mark.parametrize(
    ("workload", "heights", "message"),
    [
        ("fib_iterative", "mv", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "=5", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "33", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "-1", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "9,10", "each table once"),
        ("fib_iterative", "mv=9,mv=9", "each table once"),
        ("fib_iterative", "9,mv=9", "each table once"),
        ("fib_iterative", "mv=2", "cannot have 4 rows"),
        ("fib_iterative", "mv=9,gpu=9", "no table 'gpu'"),
        ("fib_iterative", "mv=9,range=9", "'range' always has 65536 rows"),
        ("fib_pair", "9", "fixes the height of every table"),
    ],
)
def test_security_at_heights_that_are_wrong(workload, heights, message, capsys):
    words = ["security", workload, f"--log-heights={heights}", "--no-time"]
    code, out, err = run(words, capsys)
    assert code == 2
    assert message in err
    assert out == ""


def test_security_for_soundcalc(tmp_path, capsys):
    """The file is TOML and holds the numbers of the report."""
    path = tmp_path / "fib.toml"
    words = ["security", "fib_iterative", "--iterations", "9", "--no-time", "--soundcalc", path]
    code, data = run_json([*words, "--grinding", "11"], capsys)
    assert code == 0
    parameters = tomllib.loads(path.read_text())
    assert parameters["zkevm"]["name"] == "fib_iterative"
    (circuit,) = parameters["circuits"]
    assert circuit["num_queries"] == data["queries"]
    assert circuit["grinding_query_phase"] == 11
    assert circuit["rho"] == 1 / data["shape"]["blowup"]
    heights = [h if isinstance(h, list) else [h] for h in data["heights"].values()]
    assert circuit["trace_length"] == max(max(some) for some in heights if some)
    assert circuit["batch_size"] == data["shape"]["deep_terms"]
    (bus,) = circuit["lookups"]
    assert bus["rows_L"] == data["shape"]["fractions"]
    code, _, err = run([*words[:-1], tmp_path / "no" / "fib.toml"], capsys)
    assert code == 2
    assert "there is no directory" in err
