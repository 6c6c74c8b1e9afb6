"""The command line without proofs: parsing, files, exit codes of wrong usage."""

from __future__ import annotations

import argparse
import io
import json
import os
import stat
import subprocess
import sys

import pytest

from cstark.cli.common import (
    CommandError,
    check_writable,
    claim_pairs,
    integer,
    read_bytes,
    write_atomically,
)
from cstark.cli.main import COMMANDS, main
from cstark.cli.prove import size
from cstark.cli.security import read_log_heights
from cstark.cli.verify import check_expectations, parse_expectation
from cstark.errors import AirError, VerificationError
from cstark.text import bytes_text, pairs, seconds_text, table

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("64000000", 64_000_000), ("64_000", 64_000), ("12b", 12), ("600M", 600 << 20),
        ("600m", 600 << 20), ("1.5G", 3 << 29), ("2KiB", 2048), ("3MB", 3_000_000), ("1T", 1 << 40),
    ],
)  # fmt: skip
def test_sizes(text, count):
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "-1", "M", "1e9", "6 M", "5X", "1.M"])
def test_sizes_that_are_none(text):
    with pytest.raises(argparse.ArgumentTypeError, match="not a size"):
        size(text)


# --- usage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help(words, capsys):
    assert main(words) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"usage: cstark {command}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["fib_pair", "--help"], ["-h", "fib_pair"]])
def test_help_of_a_workload(words, capsys):
    assert main(["prove", *words]) == 0
    out = capsys.readouterr().out
    assert "arguments of fib_pair" in out
    assert "--log-rows" in out
    assert "(default: 16)" in out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("cstark ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "usage: cstark"),
        (["verfy"], "did you mean 'verify'?"),
        (["prove"], "WORKLOAD is missing"),
        (["prove", "fib_pair"], "-o FILE is missing"),
        (["prove", "nothing", "-o", "x"], "there is no workload 'nothing'"),
        (["prove", "no_such_module:X", "-o", "x"], "there is no module 'no_such_module'"),
        (["prove", "fib_pair", "--log-row", "3", "-o", "x"], "unrecognized arguments: --log-row"),
        (["prove", "fib_pair", "--seed", "3", "-o", "x"], "unrecognized arguments: --seed"),
        (["prove", "fib_pair", "--log-rows", "x", "-o", "x"], "argument --log-rows: invalid"),
        (["prove", "fib_pair", "--threads", "0", "-o", "x"], "0 is not positive"),
        (["prove", "fib_pair", "--queries", "x", "-o", "x"], "argument --queries: invalid"),
        (["verify"], "WORKLOAD and FILE are needed"),
        (["verify", "fib_pair"], "WORKLOAD and FILE are needed"),
        (["verify", "fib_pair", "a", "b"], "WORKLOAD and FILE are needed"),
        (["verify", "nothing", "/dev/null"], "there is no workload 'nothing'"),
        (["verify", "fib_pair", "/no/such/file"], "/no/such/file: No such file or directory"),
        (["verify", "fib_pair", "/"], "/: Is a directory"),
        (["verify", "fib_pair", "x", "--expect", "a"], "--expect a: write --expect NAME=VALUE"),
        (["verify", "--key", "/no/key", "x"], "/no/key: No such file or directory"),
        (["verify", "--key", "k", "fib_pair", "x"], "name one proof file"),
        (["key", "fib_pair"], "FILE is missing"),
        (["key", "fib_pair", "x"], "-o KEY is missing"),
        (["inspect"], "FILE is missing"),
        (["inspect", "/no/such/file"], "No such file"),
        (["check"], "WORKLOAD is missing"),
        (["list", "more"], "unrecognized arguments: more"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(words, message, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_wrong_usage_for_programs(capsys):
    assert main(["verify", "--json", "fib_pair", "/no/such/file"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["verified"] is False
    assert "No such file" in data["message"]


def test_list(capsys):
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert "fib_pair\n" in text
    assert "--sequences" in text
    assert main(["list", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    arguments = {item["name"]: item for item in data["add_mul"]["arguments"]}
    assert arguments["operations"]["default"] == 1000
    assert data["add_mul"]["summary"].startswith("Random additions")


WORKLOAD_FILE = '''
"""A user's module."""
from dataclasses import dataclass
import cstark as cs

@dataclass(frozen=True)
class Taken(cs.Workload):
    json: bool = False

@dataclass(frozen=True)
class Many(cs.Workload):
    """Arguments of every type; 100% of them."""
    count: int
    name: str = cs.argument("x", help="a name, 100%", choices=("x", "y"))
    ratio: float = 0.5
    fast: bool = True
    limit: int | None = None

    def prepare(self):
        raise cs.StatementError(repr(self))

broken = 3
'''


@pytest.fixture
def user_module(tmp_path, monkeypatch):
    """A workload in the current directory, which is not on the path."""
    (tmp_path / "user_workload.py").write_text(WORKLOAD_FILE)
    (tmp_path / "user_broken.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    sys.modules.pop("user_workload", None)


def test_arguments_of_every_type(user_module, capsys):
    words = ["prove", "user_workload:Many", "-o", "p.bin", "--count", "0x10"]
    assert main([*words, "--name", "y", "--ratio", "2", "--no-fast", "--limit", "1_000"]) == 2
    err = capsys.readouterr().err
    assert "Many(count=16, name='y', ratio=2.0, fast=False, limit=1000)" in err
    assert main(words) == 2
    assert "Many(count=16, name='x', ratio=0.5, fast=True, limit=None)" in capsys.readouterr().err
    assert main([*words, "--help"]) == 0
    assert "a name, 100% (default: x)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["user_workload:Many"], "the following arguments are required: --count"),
        (["user_workload:Many", "--count", "1", "--name", "z"], "argument --name: invalid choice"),
        (["user_workload:Taken"], "its argument --json is an option of this command already"),
        (["user_workload:broken"], "not a subclass of cstark.Workload"),
        (["user_workload:nothing"], "user_workload has no 'nothing'"),
        (["user_broken:X"], "cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_wrong_usage_of_a_users_workload(words, message, user_module, capsys):
    assert main(["prove", *words, "-o", "p.bin"]) == 2
    assert message in capsys.readouterr().err


def test_interrupt_is_exit_130(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cstark.cli.list.run", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "cstark: interrupted\n"


def test_notes_are_printed(monkeypatch, capsys):
    """They say on which line of `constrain` an author's mistake is."""

    def mistaken(_):
        error = AirError("table 'a' has no column 'z'")
        error.add_note("in constrain of table 'a', file \"a.py\", line 3")
        raise error

    monkeypatch.setattr("cstark.cli.list.run", mistaken)
    assert main(["list"]) == 2
    assert capsys.readouterr().err == (
        "cstark list: table 'a' has no column 'z'\n"
        "    in constrain of table 'a', file \"a.py\", line 3\n"
    )


def test_out_of_memory(monkeypatch, capsys):
    def greedy(_):
        raise MemoryError

    monkeypatch.setattr("cstark.cli.list.run", greedy)
    assert main(["list"]) == 3
    assert capsys.readouterr().err == "cstark list: out of memory\n"


def test_a_reader_that_goes_away():
    script = f"{sys.executable} -m cstark list | head -c 1"
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_help_imports_no_numpy():
    script = (
        "import sys; from cstark.cli.main import main; main(['--help']);"
        "sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, check=True)


# --- parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("-3", -3), ("1_000", 1000), ("0x1F", 31), ("007", 7)]
)
def test_integers(text, value):
    assert integer(text) == value


def test_table():
    assert table(["name", "n"], []) == "name  n\n----  -"
    text = table(["name", "n", "what"], [["a", 1234567, "x"], ["bcdef", None, "yz"]], left=(0, 2))
    assert text.splitlines() == [
        "name           n  what",
        "-----  ---------  ----",
        "a      1,234,567  x",
        "bcdef             yz",
    ]


def test_units():
    assert [bytes_text(n) for n in (0, 1023, 1024, 1_048_000, 2**40)] == [
        "0 B", "1023 B", "1.00 KiB", "1023 KiB", "1.00 TiB",
    ]  # fmt: skip
    assert [seconds_text(s) for s in (0, 9.9999, 99.9, 100, 3600)] == [
        "0.000 s", "10.0 s", "99.9 s", "100 s", "3600 s",
    ]  # fmt: skip
    assert pairs([]) == ""


def test_claims_are_printed_short_and_harmless():
    lines = dict(claim_pairs({"a": list(range(1000)), "b": "\x1b[31mé", "\x1bname": 1}))
    assert len(lines["  a"]) <= 400
    assert " ... " in lines["  a"]
    assert all(" " <= c <= "~" for name, text in lines.items() for c in name + text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=0x10", 16),
        ("a=[1, 2]", [1, 2]),
        ('a={"y": 2, "x": 1}', {"x": 1, "y": 2}),
        ("a=true", True),
        ("a=null", None),
        ("a=text", "text"),
        ("a=1", "1"),
        ("a=", ""),
        ("a=b=c", "b=c"),
    ],
)
def test_expectations_that_hold(text, value):
    check_expectations({"a": value}, [parse_expectation(text)])


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=1", 2), ("a=1", True), ("a=true", 1), ("a=[1]", [1, 2]), ("a=x", "y"), ("b=1", 1)],
)
def test_expectations_that_do_not_hold(text, value):
    with pytest.raises(VerificationError, match="the claim "):
        check_expectations({"a": value}, [parse_expectation(text)])


@pytest.mark.parametrize(
    ("text", "heights"),
    [(None, {}), ("20", {"": 20}), ("a=1, b = 0x10", {"a": 1, "b": 16}), ("a=b=3", {"a=b": 3})],
)
def test_log_heights(text, heights):
    assert read_log_heights(text) == heights


# --- files -----------------------------------------------------------------------------------


def test_write_atomically(tmp_path):
    path = tmp_path / "p.bin"
    write_atomically(str(path), b"one")
    write_atomically(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.bin"]
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_changes_nothing(tmp_path, monkeypatch, error):
    path = tmp_path / "p.bin"
    path.write_bytes(b"old")

    def fail(_):
        raise error

    monkeypatch.setattr("cstark.cli.common.os.fsync", fail)
    with pytest.raises((CommandError, KeyboardInterrupt)) as raised:
        write_atomically(str(path), b"new")
    if isinstance(error, OSError):
        assert "No space left on device" in str(raised.value)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.bin"]


def test_links_and_devices_are_written_through(tmp_path):
    path, link = tmp_path / "p.bin", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    write_atomically(str(link), b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    check_writable("/dev/null")
    write_atomically("/dev/null", b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(CommandError, match="is a directory"):
        check_writable(str(tmp_path))
    with pytest.raises(CommandError, match="there is no directory"):
        check_writable(str(tmp_path / "no" / "p.bin"))
    check_writable(str(tmp_path / "p.bin"))
    assert not list(tmp_path.iterdir())


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"proof")))
    assert read_bytes("-") == b"proof"


def test_files_that_never_end(monkeypatch):
    monkeypatch.setattr("cstark.cli.common.MAX_FILE_BYTES", 1000)
    with pytest.raises(CommandError, match="longer than 1000 bytes"):
        read_bytes("/dev/zero")
