"""The command line from prove to verify, with small proofs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from cstark.cli.main import main
from cstark.kernels import _runtime

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--queries", "20", "--grinding", "0"]
WEAK = ["--min-security", "5"]

PROVE = {
    "fib_pair": ["fib_pair", "--log-rows", "4", "--sequences", "2"],
    "add_mul": ["add_mul", "--operations", "50", "--seed", "3"],
    "read_only_memory": ["read_only_memory", "--accesses", "30"],
}


@pytest.fixture(autouse=True)
def same_threads():
    threads = _runtime.threads()
    yield
    _runtime.set_threads(threads)


@pytest.fixture(scope="module")
def proofs(tmp_path_factory):
    """A proof file of each small machine."""
    folder = tmp_path_factory.mktemp("proofs")
    files = {}
    for name, words in PROVE.items():
        files[name] = folder / f"{name}.bin"
        assert main(["prove", *words, *SMALL, "-o", str(files[name]), "--json"]) == 0
    return files


def run(words, capsys):
    """Exit code, standard output, standard error."""
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def run_json(words, capsys):
    code, out, _ = run([*words, "--json"], capsys)
    return code, json.loads(out)


# --- prove -----------------------------------------------------------------------------------


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
    assert data["claim"] == {"cpu_rows": 64}
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
    assert "before, s  now, s  ratio" in out and "  extend " in out
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


# --- verify ----------------------------------------------------------------------------------


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
    assert data["claim"]["log_rows"] == 4
    assert data["claim"]["result"][0] == [832040, 1346269]  # F(30), F(31)
    assert data["options"]["queries"] == 20
    assert 5 < data["security_bits"] < 100


def test_expectations(proofs, capsys):
    words = ["verify", "fib_pair", proofs["fib_pair"], *WEAK, "--expect"]
    good = "result=[[832040,1346269],[2178309,3524578]]"
    assert run([*words, "log_rows=4", "--expect", good], capsys)[0] == 0
    code, out, err = run([*words, "log_rows=5"], capsys)
    assert (code, out) == (1, "")
    assert "refused: the claim says log_rows = 4, expected 5" in err
    code, data = run_json([*words, "rows=5"], capsys)
    assert code == 1
    assert data["verified"] is False
    assert data["reason"] == "STATEMENT"
    assert "log_rows, result, start" in data["message"]


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


# --- key -------------------------------------------------------------------------------------


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
        {"version": 2},
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


# --- inspect, security, check, info ------------------------------------------------------------


def test_inspect(proofs, capsys):
    code, out, _ = run(["inspect", proofs["add_mul"]], capsys)
    assert code == 0
    assert "not verified" in out
    assert "cpu_rows  64" in out
    code, data = run_json(["inspect", proofs["add_mul"]], capsys)
    assert data["log_heights"][0] == 6
    assert len(data["log_heights"]) == 3
    assert data["options"]["grinding"] == 0


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
    assert data["heights"]["cpu"] == 1 << 17
    assert data["heights"]["range"] == 1 << 16
    assert max(data["shape"]["log_heights"]) == 17


@pytest.mark.parametrize(
    ("workload", "heights", "message"),
    [
        ("fib_iterative", "cpu", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "=5", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "33", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "-1", "write 20, or TABLE=20,TABLE=16"),
        ("fib_iterative", "9,10", "each table once"),
        ("fib_iterative", "cpu=9,cpu=9", "each table once"),
        ("fib_iterative", "9,cpu=9", "each table once"),
        ("fib_iterative", "cpu=2", "cannot have 4 rows"),
        ("fib_iterative", "cpu=9,gpu=9", "no table 'gpu'"),
        ("fib_iterative", "cpu=9,range=9", "'range' always has 65536 rows"),
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
    assert circuit["trace_length"] == max(data["heights"].values())
    assert circuit["batch_size"] == data["shape"]["deep_terms"]
    (bus,) = circuit["lookups"]
    assert bus["rows_L"] == data["shape"]["fractions"]
    code, _, err = run([*words[:-1], tmp_path / "no" / "fib.toml"], capsys)
    assert code == 2
    assert "there is no directory" in err


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
    assert "changed in 4 ways each" in out
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


# --- a workload of the user's own --------------------------------------------------------------

USER = '''
import time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
import cstark as cs


class Counter(cs.Air):
    columns = ("n",)
    publics = ("end",)

    def constrain(self, t):
        t.first_row.zero(t.now.n)
        t.transition.equal(t.next.n, t.now.n + 1)
        t.last_row.equal(t.now.n, t.publics.end)


@dataclass(frozen=True)
class Count(cs.Workload):
    """Count to seven."""

    wrong: bool = cs.argument(False, help="count wrongly")
    sleep: bool = cs.argument(False, help="take a long time")

    def prepare(self):
        trace = np.arange(8, dtype=np.uint64).reshape(8, 1)
        trace[3] += np.uint64(self.wrong)
        if self.sleep:
            Path("ready").touch()
            time.sleep(60)
        return cs.Prepared({"end": 7}, {"counter": trace})

    @classmethod
    def statement(cls, claim):
        (end,) = cs.read_claim(claim, end=int)
        return cs.Statement({"counter": Counter()}, {"counter": [end]})
'''


@pytest.fixture
def user(tmp_path, monkeypatch):
    (tmp_path / "counting.py").write_text(USER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    sys.modules.pop("counting", None)


def test_a_users_workload(user, capsys):
    assert run(["prove", "counting:Count", "-o", "p.bin", *SMALL], capsys)[0] == 0
    code, out, _ = run(["verify", "counting:Count", "p.bin", *WEAK, "--expect", "end=7"], capsys)
    assert code == 0
    assert "end  7" in out


def test_free_cells(user, capsys):
    line = "        t.transition.equal(t.next.n, t.now.n + 1)\n"
    assert line in USER
    (user / "counting.py").write_text(USER.replace(line, ""))
    assert run(["check", "counting:Count"], capsys)[0] == 0
    code, out, _ = run(["check", "counting:Count", "--mutate", "1"], capsys)
    assert code == 1
    assert out.startswith("6 unexplained free cells in 1 column")
    code, data = run_json(["check", "counting:Count", "--mutate", "1"], capsys)
    assert code == 1 and not data["ok"] and data["mutations"]["free"][0]["rows"] == 6


def test_a_false_trace(user, capsys):
    words = ["counting:Count", "--wrong"]
    code, out, _ = run(["check", *words], capsys)
    assert code == 1
    assert "counter" in out
    assert run_json(["check", *words], capsys)[0] == 1
    code, _, err = run(["prove", *words, "-o", "p.bin", *SMALL], capsys)
    assert code == 1
    assert "counter" in err
    assert not Path("p.bin").exists()
    assert run(["prove", *words, "-o", "p.bin", "--no-check", *SMALL], capsys)[0] == 0
    code, _, err = run(["verify", "counting:Count", "p.bin", *WEAK], capsys)
    assert code == 1
    assert "refused" in err


def test_a_claim_that_is_false(user, capsys, monkeypatch):
    assert run(["prove", "counting:Count", "-o", "p.bin", *SMALL], capsys)[0] == 0
    data = Path("p.bin").read_bytes()
    assert data.count(b'{"end":7}') == 1
    Path("p.bin").write_bytes(data.replace(b'{"end":7}', b'{"end":8}'))
    assert run(["verify", "counting:Count", "p.bin", *WEAK], capsys)[0] == 1


def test_interrupt_leaves_nothing(user):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cstark", "prove", "counting:Count", "--sleep", "-o", "p.bin"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not Path("ready").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "cstark: interrupted\n"
    assert sorted(entry.name for entry in user.iterdir() if entry.name != "__pycache__") == [
        "counting.py",
        "ready",
    ]


# --- the workload's own methods ----------------------------------------------------------------


def test_workload_in_python(user, monkeypatch):
    monkeypatch.syspath_prepend(user)
    import cstark as cs
    from cstark.machines import load

    count = load("counting:Count")
    options = cs.Options(queries=20, grinding=0)
    proof = count().prove(options)
    assert count.verify(proof, options, min_security=5) == {"end": 7}
    blob = proof.to_bytes()
    assert count.verify(blob, options, claim={"end": 7}, min_security=5) == {"end": 7}
    assert count().check(options)
    assert not count(wrong=True).check(options)
    with pytest.raises(cs.VerificationError, match="another claim"):
        count.verify(blob, options, claim={"end": 8}, min_security=5)
    with pytest.raises(cs.VerificationError):
        count.verify(blob, cs.Options(queries=21, grinding=0), min_security=5)
    with pytest.raises(cs.VerificationError, match="the claim has no 'log_rows'"):
        load("fib_pair").verify(blob, options, min_security=5)
