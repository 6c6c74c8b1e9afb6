"""What is printed, and what happens when it cannot be: exit code 1 is for refusals alone."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cstark.cli import say as output
from cstark.cli.common import claim_pairs
from cstark.cli.main import main
from cstark.text import printable
from tests.cli.cli_support import SMALL, WEAK, run, run_json

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cstark"

NASTY = "\x1b[2J\x07\u202e\ud800\r\x9b"

STRANGE = """
from dataclasses import dataclass
import numpy as np
import cstark as cs


class Zero(cs.Air):
    columns = ("n",)

    def constrain(self, t):
        t.every_row.zero(t.now.n)


@dataclass(frozen=True)
class Strange(cs.Workload):
    refuse: str = ""

    def prepare(self):
        claim = {"\\x1b[2J name\\n": "\\x1b]0;title\\x07", "plain": "a\\u202eb", "\\ud800": 1}
        return cs.Prepared(claim, {"zero": np.zeros((8, 1), dtype=np.uint64)})

    @classmethod
    def statement(cls, claim):
        if "plain" not in claim:
            raise cs.StatementError("raw: " + next(iter(claim)))
        return cs.Statement({"zero": Zero()})


@dataclass(frozen=True)
class Other(Strange):
    @classmethod
    def statement(cls, claim):
        raise cs.StatementError("raw: " + "".join(claim) + "\\nverified: all is well")


@dataclass(frozen=True)
class Named(Strange):
    @classmethod
    def statement(cls, claim):
        return cs.Statement({"zero": Zero()}, {claim["plain"]: [1]})


@dataclass(frozen=True)
class Exits(Strange):
    @classmethod
    def statement(cls, claim):
        raise SystemExit(0)


@dataclass(frozen=True)
class Fails(Strange):
    def prepare(self):
        return {}["missing"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A proof whose claim is nasty, its key, and a proof of a built-in workload."""
    place = tmp_path_factory.mktemp("strange")
    (place / "strange.py").write_text(STRANGE)
    (place / "exiting.py").write_text("import sys; sys.exit(0)")
    command = [sys.executable, "-m", "cstark"]
    for words in (
        ["prove", "strange:Strange", "-o", "s.bin", *SMALL],
        ["key", "strange:Strange", "s.bin", "-o", "s.json"],
        ["prove", "fib_pair", "--log-rows", "4", "-o", "f.bin", *SMALL],
        ["key", "fib_pair", "f.bin", "-o", "f.json"],
    ):
        done = subprocess.run([*command, *words], cwd=place, env=environment(), capture_output=True)
        assert done.returncode == 0, done.stderr
    (place / "bad.bin").write_bytes((place / "f.bin").read_bytes()[:-1] + b"\0")
    return place


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def shell(command, folder, **more):
    """A line of bash in which ``$cstark`` and ``$pure`` are the two commands."""
    prefix = f"cstark='{sys.executable} -m cstark'; pure='{sys.executable} -m cstark.pure'; "
    return subprocess.run(
        ["bash", "-c", prefix + command], cwd=folder, env=environment(**more),
        capture_output=True, timeout=120,
    )  # fmt: skip


# ---- foreign text ----------------------------------------------------------------------------


def harmless(text):
    return all(c in "\n\t" or c.isprintable() for c in text)


def test_printable():
    assert printable("plain\n\ttext – ∑") == "plain\n\ttext – ∑"
    assert printable(NASTY) == r"\x1b[2J\x07\u202e\ud800\r\x9b"
    assert all(harmless(printable(chr(c))) for c in range(0x3000))


@pytest.fixture
def there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield folder
    sys.modules.pop("strange", None)


@pytest.mark.parametrize("words", [
    ["prove", "strange:Strange", "-o", "again.bin", *SMALL],
    ["verify", "strange:Strange", "s.bin", *WEAK],
    ["verify", "strange:Strange", "s.bin", *WEAK, "--expect", "nothing=1"],
    ["verify", "strange:Strange", "s.bin", *WEAK, "--expect", "plain=1"],
    ["verify", "strange:Strange", "s.bin", *WEAK, "--expect", f"plain={NASTY}"],
    ["verify", "strange:Strange", "s.bin", *WEAK, "--pure"],
    ["verify", "strange:Strange", "s.bin", *WEAK, "--trace"],
    ["verify", "strange:Other", "s.bin", *WEAK],
    ["verify", "strange:Named", "s.bin", *WEAK],
    ["verify", "fib_pair", "s.bin", *WEAK],
    ["verify", "--key", "s.json", "s.bin", *WEAK],
    ["verify", "--key", "s.json", "s.bin", *WEAK, "--expect", "nothing=1"],
    ["verify", f"no{NASTY}", "s.bin"],
    ["verify", "strange:Strange", f"no{NASTY[:3]}"],
    ["key", "strange:Strange", "s.bin", "-o", "again.json"],
    ["key", "strange:Other", "s.bin", "-o", "again.json"],
    ["inspect", "s.bin"],
    ["check", f"--{NASTY}"],
    [NASTY],
])  # fmt: skip
def test_no_command_prints_a_strangers_text_raw(words, there, capsys):
    code, out, err = run(words, capsys)
    assert code in (0, 1, 2)
    assert harmless(out + err)
    assert not [line for line in (out + err).splitlines() if line.startswith("verified: all")]


def test_names_in_a_claim_are_shown_by_one_function(there, capsys):
    words = ["verify", "strange:Strange", "s.bin", *WEAK, "--expect", "nothing=1"]
    code, _, err = run(words, capsys)
    assert code == 2
    assert r'only "\u001b[2J name\n", plain, "\ud800"' in err
    many = {f"name{i:06}": 0 for i in range(100)} | {"x" * 10**5: 0}
    assert len(max(dict(claim_pairs(many)), key=len)) < 150
    data = run_json(words, capsys)[1]
    assert harmless(data["message"])


def test_a_long_refusal_is_cut(capsys, monkeypatch):
    from cstark.errors import VerificationError

    def refuse(_):
        raise VerificationError("x" * 10**6)

    monkeypatch.setattr("cstark.cli.list.run", refuse)
    assert main(["list"]) == 1
    assert len(capsys.readouterr().err) < 2100


WRITERS = {"print", "write", "writelines", "print_help", "print_usage", "exit"}


def test_nothing_else_prints():
    """In the command line only `say` writes to a stream; the plain verifier has its own."""
    found = []
    for path in [*(PACKAGE / "cli").glob("*.py"), *(PACKAGE / "pure").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in WRITERS or (name == "format_exc" and path.name != "main.py"):
                    found.append((path.parent.name, path.stem, name))
            if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"):
                found.append((path.parent.name, path.stem, node.attr))
    allowed = {("cli", "say"), ("pure", "__main__")}
    rest = {item for item in found if item[:2] not in allowed}
    files = {("cli", "new", "write"), ("cli", "target", "write"), ("cli", "target", "stderr"),
             ("cli", "common", "write")}  # fmt: skip
    assert rest == files, "but for the files that are asked for"


# ---- output that cannot be written ------------------------------------------------------------

NOWHERE = {"closed": ">&-", "full": ">/dev/full"}
COMMANDS = {
    "verify": "verify fib_pair f.bin --min-security 5",
    "verify --json": "verify fib_pair f.bin --min-security 5 --json",
    "verify --trace": "verify --key f.json f.bin --min-security 5 --trace",
    "verify --help": "verify --help",
    "inspect": "inspect f.bin",
    "list": "list",
    "info": "info --json",
    "check": "check fib_pair --log-rows 4",
    "prove": "prove fib_pair --log-rows 4 --queries 9 --grinding 0 -o full.bin",
    "version": "--version",
}


@pytest.mark.parametrize("where", NOWHERE)
@pytest.mark.parametrize("command", ["verify", "verify --json", "verify --help", "inspect"])
def test_output_closed_or_full(command, where, folder):
    done = shell(f"$cstark {COMMANDS[command]} {NOWHERE[where]}", folder)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.count(b"\n") == 1 and done.stderr.startswith(b"cstark: standard output")


class Nowhere(io.StringIO):
    """A stream that fails as a full disk does."""

    def write(self, text):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("command", COMMANDS)
def test_output_full_in_every_command(command, there, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Nowhere())
    assert main(COMMANDS[command].split()) == 3
    assert capsys.readouterr().err == "cstark: standard output: No space left on device\n"
    monkeypatch.setattr(sys, "stdout", None)
    assert main(COMMANDS[command].split()) == 3
    assert capsys.readouterr().err == "cstark: standard output is closed\n"


def test_a_refusal_stays_one_when_it_cannot_be_told(there, monkeypatch, capsys):
    words = ["verify", "fib_pair", "bad.bin", *WEAK]
    monkeypatch.setattr(sys, "stdout", None)
    assert main(words) == 1
    assert main([*words, "--json"]) == 1
    monkeypatch.setattr(sys, "stderr", None)
    assert main(words) == 1
    monkeypatch.setattr(sys, "stderr", Nowhere())
    assert main(words) == 1
    assert main(["verify", "fib_pair"]) == 2


def test_a_reader_that_goes_away(folder):
    done = shell("$cstark list | head -c 1; exit ${PIPESTATUS[0]}", folder)
    assert (done.returncode, done.stderr) in ((0, b""), (3, b""))
    done = shell("$cstark verify --key f.json f.bin --min-security 5 | exec 0<&-; "
                 "exit ${PIPESTATUS[0]}", folder)  # fmt: skip
    assert (done.returncode, done.stderr) == (3, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_output_in_another_encoding(encoding, folder):
    name = "é☃.bin"
    (folder / name).write_bytes((folder / "f.bin").read_bytes())
    done = shell(f"$cstark verify fib_pair {name} --min-security 5", folder,
                 PYTHONIOENCODING=encoding, PYTHONUTF8="0")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    shown = {"ascii": r"\xe9\u2603.bin", "latin-1": r"é\u2603.bin", "utf-16": name}[encoding]
    assert shown in done.stdout.decode(encoding)


def test_a_file_name_that_is_no_text(folder):
    done = shell(r"cp f.bin $'\xff.bin'; $cstark verify fib_pair $'\xff.bin' --min-security 5",
                 folder)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\udcff.bin" in done.stdout


def test_standard_input_is_closed(folder):
    done = shell("$cstark verify fib_pair - --min-security 5 <&-", folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"cstark verify: -: standard input is closed\n"


def test_the_plain_verifier(folder):
    words = "$pure f.json f.bin --min-security 5"
    assert shell(words, folder).returncode == 0
    for more in (">&-", ">/dev/full", "--trace >/dev/full"):
        done = shell(f"{words} {more}", folder)
        assert (done.returncode, done.stderr) == (
            3, b"error: standard output cannot be written\n")  # fmt: skip
    assert shell("$pure f.json bad.bin --min-security 5 >&-", folder).returncode == 1
    done = shell("$pure f.json $'no\\x1bthing'", folder)
    assert done.returncode == 2 and b"\x1b" not in done.stderr


def test_a_mistake_in_the_plain_verifier_is_no_refusal(there, monkeypatch, capsys):
    from cstark.pure import __main__ as plain

    for error, text in ((RuntimeError("x"), "error: RuntimeError: x\n"),
                        (MemoryError(), "error: out of memory\n")):  # fmt: skip

        def fail(*_, error=error, **more):
            raise error

        monkeypatch.setattr(plain, "verify", fail)
        assert plain.main(["f.json", "f.bin"]) == 3
        assert capsys.readouterr().err == text


# ---- other failures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["verify", "strange:Exits", "s.bin", *WEAK], 3, "ended the program: SystemExit(0)"),
        (["verify", "exiting:Anything", "s.bin"], 2, "cannot be imported: SystemExit"),
        (["prove", "strange:Fails", "-o", "none.bin"], 3, "KeyError: 'missing'"),
    ],
)
def test_code_of_a_workload_that_fails(words, code, message, there, capsys):
    assert main(words) == code
    assert message in capsys.readouterr().err
    assert main([*words, "--json"]) == code
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]
    assert not (there / "none.bin").exists()


@pytest.mark.parametrize("error", [MemoryError(), ImportError("x.so: wrong ELF class")])
def test_memory_and_installation(error, monkeypatch, capsys):
    def fail(_):
        raise error

    monkeypatch.setattr("cstark.cli.list.run", fail)
    assert main(["list", "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert data["error"] == type(error).__name__ and data["message"]
    assert main(["list"]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_wrong_usage_for_programs_is_json_too(capsys):
    for words in (["prove", "fib_pair", "--nothing", "1"], ["list", "--threads", "x"], ["prove"]):
        code, data = run_json(words, capsys)
        assert code == 2 and data["error"] == "UsageError" and data["message"]


@pytest.mark.parametrize("variable", ["CSTARK_ISA", "CSTARK_NUM_THREADS"])
def test_a_faulty_environment(variable, folder):
    done = shell("$cstark verify fib_pair f.bin --min-security 5", folder, **{variable: "bad"})
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.count(b"\n") == 1 and f"{variable}='bad'".encode() in done.stderr
    done = shell("$cstark verify fib_pair f.bin --min-security 5 --json", folder,
                 **{variable: "bad"})  # fmt: skip
    assert done.returncode == 3 and json.loads(done.stdout)["error"] == "SettingError"
    done = shell("$cstark verify fib_pair f.bin --min-security 5", folder, **{variable: ""})
    assert done.returncode == 0


def test_results_on_standard_error_are_of_one_call(capsys):
    output.begin()
    output.results_to_stderr()
    output.say("there")
    output.begin()
    output.say("here")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("here\n", "there\n")
