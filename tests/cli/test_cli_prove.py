"""The command line: proving, with small proofs."""

from __future__ import annotations

import json
import re

import pytest

import cstark as cs
from cstark.machines import load
from cstark.protocol.options import PRESETS
from tests.cli.cli_support import PROVE, SMALL, WEAK, run, run_json


@pytest.mark.parametrize("name", PROVE)
def test_prove_prints_its_tables(name, tmp_path, capsys):
    code, out, _ = run(["prove", *PROVE[name], "-o", tmp_path / "p.bin"], capsys)
    assert code == 0
    size = (tmp_path / "p.bin").stat().st_size
    assert "phase" in out
    assert "peak memory" in out
    assert "total" in out
    assert f"proof     {size:,} bytes" in out
    assert "proven bits" in out
    assert "grinding" in out
    assert "binds" in out
    assert f"claim of {name}" in out
    code, out, _ = run(["verify", name, tmp_path / "p.bin"], capsys)
    assert code == 0


def test_prove_for_programs(tmp_path, capsys):
    words = ["prove", *PROVE["add_mul"], *SMALL, "--threads", "1", "-o", tmp_path / "p.bin"]
    code, data = run_json(words, capsys)
    assert code == 0
    assert data["workload"] == "add_mul"
    assert data["claim"] == {"cpu_rows": "64"}
    assert data["proof_bytes"] == (tmp_path / "p.bin").stat().st_size
    assert data["options"]["queries"] == 20
    assert [item["name"] for item in data["facts"]["tables"]] == ["cpu", "add", "mul"]
    assert data["facts"]["tables"][0]["log_height"] == 6
    assert data["facts"]["security"]["bits"] > 0
    assert data["phases"]["children"]
    assert data["peak_bytes"] > 0
    assert data["resident_bytes"] > data["peak_bytes"]


def test_profile_shows_what_is_inside(tmp_path, capsys):
    words = ["prove", *PROVE["fib_pair"], *SMALL, "-o", tmp_path / "p.bin"]
    _, short, _ = run(words, capsys)
    code, long, _ = run([*words, "--profile"], capsys)
    assert code == 0
    assert "commit main" in short and "  extend " not in short and "buffers made" not in short
    assert "commit main" in long and "\n  extend " in long and "buffers made" in long


def test_reports_in_files_and_against_each_other(tmp_path, capsys):
    words = ["prove", *PROVE["fib_pair"], *SMALL, "-o", tmp_path / "p.bin"]
    code, out, _ = run([*words, "--report", tmp_path / "r.json"], capsys)
    assert code == 0
    assert f"report in   {tmp_path / 'r.json'}" in out
    code, out, _ = run([*words, "--against", tmp_path / "r.json"], capsys)
    assert code == 0
    # how wide the columns are depends on the times
    assert re.search("before, s +now, s +ratio", out) and "  extend " in out
    (tmp_path / "printed.json").write_text(out := run([*words, "--json"], capsys)[1])
    code, data = run_json([*words, "--against", tmp_path / "printed.json"], capsys)
    assert code == 0
    assert data["comparison"]["names"] == ["before", "now"]
    assert data["comparison"]["phases"][-1]["seconds"] == [
        json.loads(out)["phases"]["seconds"], data["phases"]["seconds"],
    ]  # fmt: skip
    code, _, _ = run([*words, "--report", tmp_path / "r.html"], capsys)
    assert code == 0
    assert "<details>" in (tmp_path / "r.html").read_text()


def test_report_files_that_cannot_be_are_refused_before_the_proof(tmp_path, capsys):
    words = ["prove", *PROVE["fib_pair"], *SMALL, "-o", tmp_path / "p.bin"]
    (tmp_path / "no.json").write_text("{}")
    (tmp_path / "proof.bin").write_bytes(b"\x80 no text")
    for more, what in (
        (["--report", tmp_path / "r.txt"], "ends in .json"),
        (["--report", tmp_path / "none" / "r.json"], "no directory"),
        (["--against", tmp_path / "missing.json"], "No such file"),
        (["--against", tmp_path / "no.json"], "not the data of a report"),
        (["--against", tmp_path / "proof.bin"], "proof.bin: no report, which is JSON"),
    ):
        code, _, err = run([*words, *more], capsys)
        assert code == 2
        assert what in err
    assert {path.name for path in tmp_path.iterdir()} == {"no.json", "proof.bin"}


@pytest.mark.parametrize("option", [
    "--hash=sha256", "--hash=keccak256", "--blowup=4", "--fri-arity=4", "--max-log-height=5",
])  # fmt: skip
def test_options_reach_the_proof(option, tmp_path, capsys):
    path = tmp_path / "p.bin"
    code, data = run_json(["prove", *PROVE["fib_pair"], *SMALL, option, "-o", path], capsys)
    name, value = option[2:].replace("-", "_").split("=")
    assert str(data["options"][name]) == value
    code, data = run_json(["verify", "fib_pair", path, *WEAK], capsys)
    assert code == 0
    assert str(data["options"][name]) == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hash", "md5"], "hash"),
        (["--blowup", "3"], "blowup"),
        (["--fri-arity", "3"], "fri_arity"),
        (["--max-log-height", "2"], "max_log_height"),
        (["--security", "129"], "security"),
        (["--log-rows", "99"], "FibPair: log_rows is 99, but it is at most 26"),
        (["--sequences", "0"], "FibPair: sequences is 0, but it is at least 1"),
        (["--pad-to", "fib"], "--pad-to fib: write --pad-to TABLE=ROWS"),
        (["--pad-to", "none=64"], "pad_to: the machine has no table 'none'"),
        (["--pad-to", "fib=8"], "pad_to of table 'fib': it always has"),
    ],
)
def test_values_that_are_not_allowed(words, message, tmp_path, capsys):
    path = tmp_path / "p.bin"
    code, _, err = run(["prove", "fib_pair", *words, "-o", path], capsys)
    assert code == 2
    assert message in err
    assert not path.exists()


def test_an_output_that_cannot_be_written(tmp_path, capsys):
    code, _, err = run(["prove", *PROVE["fib_pair"], "-o", tmp_path / "no" / "p.bin"], capsys)
    assert code == 2
    assert "there is no directory" in err


def test_max_memory(proofs, tmp_path, capsys):
    path = tmp_path / "p.bin"
    words = ["prove", *PROVE["fib_pair"], *SMALL, "-o", path]
    code, data = run_json([*words, "--max-memory", "1.5G"], capsys)
    assert code == 0 and data["facts"]["plan"] == "full"
    code, _, err = run([*words, "--max-memory", "1K"], capsys)
    assert code == 2
    assert "max_memory=1024: the leanest plan, 'spill', needs" in err
    assert run([*words, "--max-memory", "much"], capsys)[0] == 2


def test_hiding_is_as_in_python(tmp_path, capsys):
    """The length of the last layer that is best with masks, and not that without."""
    path = tmp_path / "p.bin"
    code, data = run_json(["prove", *PROVE["fib_pair"], "--zk", "-o", path], capsys)
    assert code == 0
    workload = load("fib_pair")
    proof = workload(log_rows=data["facts"]["tables"][0]["log_height"]).prove(cs.Options(zk=True))
    assert data["options"] == proof.options.to_data()
    assert data["options"]["final_length"] > cs.Options().final_length
    assert run(["verify", "fib_pair", path], capsys)[0] == 0


def test_presets(tmp_path, capsys):
    """They change what they say, and options given beside them come first."""
    path = tmp_path / "p.bin"
    words = ["prove", *PROVE["fib_pair"], "-o", path, "--grinding", "0", "--preset"]
    for name, options in PRESETS.items():
        _, data = run_json([*words, name], capsys)
        assert {**data["options"], **options, "grinding": 0} == data["options"]
    code, _, err = run([*words, "tiny"], capsys)
    assert code == 2
    assert "--preset tiny: the presets are fast or small" in err
