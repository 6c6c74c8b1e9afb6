"""``python -m cstark.pure`` and ``cstark verify --pure``, and that nothing else is needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cstark as cs
from cstark.cli.main import main as cstark
from cstark.pure.__main__ import main as pure

ROOT = Path(__file__).resolve().parents[2]

# Refuse NumPy and every compiled module of the package, and list what was imported of it.
ALONE = """
import importlib.abc, runpy, sys
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numpy", "ctypes", "subprocess", "threading", "_thread_refused"):
            raise ImportError(f"refused: {name}")
        if name.startswith("cstark.kernels"):
            raise ImportError(f"refused: {name}")
        return None
sys.meta_path.insert(0, Refuse())
try:
    runpy.run_module("cstark.pure", run_name="__main__", alter_sys=True)
finally:
    used = {name for name in sys.modules if name.startswith("cstark.") and "pure" not in name}
    print("used", sorted(used), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pure")
    proof, key = folder / "proof.bin", folder / "key.json"
    words = ["add_mul", "--operations", "50", "--queries", "4", "--grinding", "1"]
    assert cstark(["prove", *words, "--hash", "sha256", "-o", str(proof), "--json"]) == 0
    assert cstark(["key", "add_mul", str(proof), "-o", str(key)]) == 0
    bad = bytearray(proof.read_bytes())
    bad[-1] ^= 1
    (folder / "bad.bin").write_bytes(bad)
    (folder / "noise.bin").write_bytes(b"noise")
    return folder


def test_exit_codes(files, capsys):
    key, proof = str(files / "key.json"), str(files / "proof.bin")
    assert pure([key, proof, "--min-security", "0"]) == 0
    assert pure([key, proof]) == 1  # four queries are not 100 bits
    assert pure([key, str(files / "bad.bin"), "--min-security", "0"]) == 1
    assert pure([key, str(files / "noise.bin")]) == 1
    assert pure([str(files / "none.json"), proof]) == 2
    assert pure([key, str(files / "none.bin")]) == 2
    assert pure([proof, proof]) == 2
    with pytest.raises(SystemExit) as wrong:
        pure([key, proof, "--min-security", "nan"])
    assert wrong.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_it_stands_alone(files):
    command = [sys.executable, "-c", ALONE, str(files / "key.json"), str(files / "proof.bin")]
    for extra, code in ((["--min-security", "0"], 0), ([], 1)):
        result = subprocess.run([*command, *extra], cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == code, result.stderr
        # what `import cstark` itself needs, and none of what the other verifier is made of
        assert result.stderr.strip() == "used ['cstark.errors', 'cstark.runtime']"


def test_the_folder_may_be_copied(files, tmp_path):
    shutil.copytree(ROOT / "cstark" / "pure", tmp_path / "pure")
    command = [sys.executable, "-S", "-m", "pure", str(files / "key.json")]
    command += [str(files / "proof.bin"), "--min-security", "0"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "verified\n"), result.stderr


def test_both_commands_print_one_trace(files, capsys):
    key, proof = str(files / "key.json"), str(files / "proof.bin")

    def trace(run, words):
        assert run([*words, "--min-security", "0", "--trace"]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if "\t" in line]

    expected = trace(pure, [key, proof])
    assert expected[0].startswith("absorb\tprotocol\t")
    assert expected[-1].startswith("draw\tpositions\t")
    assert trace(cstark, ["verify", "--key", key, proof]) == expected
    assert trace(cstark, ["verify", "--key", key, proof, "--pure"]) == expected
    assert trace(cstark, ["verify", "add_mul", proof, "--pure"]) == expected


def test_cstark_verify_pure(files, capsys):
    key, bad = str(files / "key.json"), str(files / "bad.bin")
    words = ["verify", "--pure", "--key", key, "--min-security", "0", "--json"]
    assert cstark([*words, str(files / "proof.bin")]) == 0
    assert json.loads(capsys.readouterr().out)["claim"] == {"cpu_rows": "64"}
    assert cstark([*words, bad]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "FRI"
    assert cstark(["verify", "--pure", "--key", key, bad]) == 1
    assert "proven bits" in capsys.readouterr().err
    assert cstark([*words, "--trace", bad]) == 2
    wrong = json.loads((files / "key.json").read_text())
    wrong["publics"] = {"cpu": [None]}
    (files / "wrong.json").write_text(json.dumps(wrong))
    for more in ([], ["--pure"]):
        command = ["verify", *more, "--key", str(files / "wrong.json"), str(files / "proof.bin")]
        assert cstark(command) == 2
    assert cstark([*words, "--expect", "cpu_rows=65", str(files / "proof.bin")]) == 1


def ways(files, more):
    """The same demands on all three commands that verify: their exit codes."""
    key, proof = str(files / "key.json"), str(files / "proof.bin")
    words = ["verify", "--key", key, proof, *more]
    own = ["verify", "add_mul", proof, *more]
    codes = [cstark(words), cstark([*words, "--pure"]), cstark(own), cstark([*own, "--pure"])]
    try:
        codes.append(pure([key, proof, *more]))
    except SystemExit as usage:
        codes.append(usage.code)
    return set(codes)


@pytest.mark.parametrize(
    ("demand", "code"),
    [
        (["--expect-height", "cpu=64"], 0),
        (["--expect-height", "cpu=32"], 1),
        (["--expect-height", "cpu=128", "--expect-height", "add=64"], 1),
        (["--expect-height", "add=16", "--expect-height", "cpu=64"], 0),
        (["--expect-height", "cpu=64", "--expect-height", "cpu=64"], 0),
        (["--expect-height", "cpu=32", "--expect-height", "cpu=64"], 2),
        (["--expect-height", "cpu=64", "--expect-height", "cpu=32"], 2),
        (["--expect-height", "cpus=64"], 2),
        (["--expect-height", "cpu"], 2),
        (["--expect-height", "cpu=-64"], 2),
        (["--expect-height", "cpu=" + "9" * 5000], 2),
        (["--expect-height", "=64"], 2),
        (["--regime", "best"], 0),
        (["--regime", "unique"], 0),
        (["--regime", "list"], 2),
        (["--min-security", "-1"], 2),
    ],
)
def test_every_command_makes_the_same_demands(files, demand, code, capsys):
    weak = [] if "--min-security" in demand else ["--min-security", "0"]
    assert ways(files, [*weak, *demand]) == {code}
    assert "Traceback" not in capsys.readouterr().err


def test_the_regime_decides_what_is_enough(files, capsys):
    """Four queries at blowup 2 and a bit of grinding: 3.0 bits by list decoding, 2.6 by unique."""
    assert ways(files, ["--min-security", "2", "--regime", "unique"]) == {0}
    assert ways(files, ["--min-security", "3", "--regime", "unique"]) == {1}
    assert "fewer than" in capsys.readouterr().err


def test_the_api_makes_them_too(files):
    from cstark.pure import Refused, read_statement, verify

    statement = read_statement((files / "key.json").read_text())
    proof = (files / "proof.bin").read_bytes()
    verify(statement, proof, min_security=0, heights={"cpu": 64}, regime="unique")
    rows = [1 << k for k in cs.Proof.from_bytes(proof).log_heights]
    names = [table.name for table in statement.tables]
    verify(statement, proof, min_security=0, heights=dict(zip(names, rows, strict=True)))
    for name, count in zip(names, rows, strict=True):  # the last table's as well
        with pytest.raises(Refused, match=f"table {name}"):
            verify(statement, proof, min_security=0, heights={name: 2 * count})
    for demands, reason in (
        ({"heights": {"cpu": 8}}, "heights"),
        ({"heights": {"none": 8}}, "heights"),
        ({"regime": "conjectured"}, "security"),
        ({"min_security": -1}, "security"),
        ({"min_security": float("nan")}, "security"),
        ({"min_security": float("inf")}, "security"),
    ):
        with pytest.raises(Refused) as refusal:
            verify(statement, proof, **{"min_security": 0, **demands})
        assert refusal.value.reason == reason, demands


def test_files_without_an_end_are_not_read(files, capsys, monkeypatch):
    monkeypatch.setattr("cstark.pure.__main__.MAX_FILE_BYTES", 1 << 20)
    for words in (["/dev/zero", "x"], [str(files / "key.json"), "/dev/zero"]):
        assert pure(words) == 2
        assert "/dev/zero: longer than" in capsys.readouterr().err
