"""Results that go to something else than a plain file, and names that cannot be opened."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cstark as cs
from cstark.cli import common
from cstark.cli.main import main
from cstark.cli.target import Target, descriptor_of
from cstark.machines.fib_pair import FibPair
from tests.cli.cli_support import SMALL, run

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = cs.Options(queries=20, grinding=0)
PROVE = "prove fib_pair --log-rows 4 --sequences 1 --queries 20 --grinding 0"


@pytest.fixture(scope="module")
def expected():
    """The bytes of the proof, which is the same wherever it goes."""
    return FibPair(log_rows=4, sequences=1).prove(OPTIONS).to_bytes()


@pytest.fixture
def folder(tmp_path, expected):
    (tmp_path / "p.bin").write_bytes(expected)
    return tmp_path


def shell(command, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", f"cstark='{sys.executable} -m cstark'; {command}"],
        cwd=folder, env=environment, capture_output=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("place", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_a_proof_to_a_pipe(place, folder, expected):
    (folder / "link").symlink_to("/dev/stdout")
    done = shell(f"$cstark {PROVE} -o {place} | cat; exit ${{PIPESTATUS[0]}}", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected
    assert b"written to" in done.stderr, "what is printed goes elsewhere then"
    assert {path.name for path in folder.iterdir()} == {"p.bin", "link"}


def test_a_proof_to_other_descriptors_and_processes(folder, expected):
    done = shell(
        f"exec 5>five; echo before >&5; $cstark {PROVE} -o /dev/fd/5; echo after >&5;"
        f"$cstark {PROVE} -o >(cat > process) > said; wait $!; sleep 0.1;"
        f"$cstark {PROVE} --json -o - > plain;"
        f"mkfifo pipe; cat pipe > read & $cstark {PROVE} -o pipe; wait;"
        f"$cstark {PROVE} -o /dev/stderr 2> standard_error > said_too",
        folder,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "five").read_bytes() == b"before\n" + expected + b"after\n"
    for name in ("process", "plain", "read", "standard_error"):
        assert (folder / name).read_bytes() == expected, name
    assert b"written to" in (folder / "said").read_bytes()
    assert b"written to" in (folder / "said_too").read_bytes()
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


def test_the_other_commands(folder, expected):
    done = shell("$cstark key fib_pair p.bin -o - | tee key.json | head -c 10", folder)
    assert done.stdout == b'{"claim":{', done.stderr
    assert json.loads((folder / "key.json").read_text())["format"] == "cstark statement"
    done = shell(f"$cstark {PROVE} -o q.bin --report - --json | cat", folder)
    assert json.loads(done.stdout)["phases"]["children"]
    assert json.loads(done.stderr)["file"] == "q.bin"
    assert (folder / "q.bin").read_bytes() == expected
    done = shell(f"$cstark {PROVE} -o q.bin --report >(cat > r.json); sleep 0.1", folder)
    assert json.loads((folder / "r.json").read_text())["phases"]["children"], done.stderr
    done = shell("$cstark new - | cat", folder)
    compile(done.stdout, "my_machine.py", "exec")
    assert b"cstark prove my_machine:MyMachine" in done.stderr
    assert shell("$cstark new /dev/stdout | cat", folder).stdout == done.stdout
    (folder / "my_machine.py").write_bytes(done.stdout)
    done = shell("$cstark check my_machine:MyMachine", folder)
    assert done.returncode == 0, done.stderr
    done = shell("$cstark security fib_pair --no-time --soundcalc /dev/stdout | cat", folder)
    assert tomllib.loads(done.stdout.decode())["zkevm"]["name"] and b"proven bits" in done.stderr


def test_standard_output_that_is_closed_or_full(folder):
    for command in (f"{PROVE} -o -", "key fib_pair p.bin -o /dev/stdout", "new -"):
        done = shell(f"$cstark {command} >&-", folder)
        assert (done.returncode, done.stderr) == (3, b"cstark: standard output is not open\n")
        done = shell(f"$cstark {command} > /dev/full", folder)
        assert done.returncode == 3 and b"No space left on device" in done.stderr
    done = shell(f"$cstark {PROVE} -o - | exec 0<&-; exit ${{PIPESTATUS[0]}}", folder)
    assert (done.returncode, done.stderr) == (3, b"")


# ---- before the work --------------------------------------------------------------------------


@pytest.fixture
def no_work(monkeypatch, tmp_path):
    """Any work is a failure of the test."""

    def work(*_):
        raise AssertionError("the work has begun")

    monkeypatch.setattr(FibPair, "prepare", work)
    monkeypatch.setattr("cstark.cli.key.subject_of_file", work)
    monkeypatch.setattr("cstark.cli.new.class_name", work)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder):
    """What cannot be opened, and what is said of it."""
    (folder / "loop").symlink_to("loop")
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    (folder / "file").touch()
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "socket"))
    server.close()
    return {
        "x" * 256: "File name too long",
        "é" * 128: "File name too long",
        "loop": "Too many levels of symbolic links",
        "one": "Too many levels of symbolic links",
        "loop/p.bin": "Too many levels of symbolic links",
        "file/p.bin": "Not a directory",
        "none/p.bin": "there is no directory",
        "new/": "there is no directory",
        "/": "is a directory",
        "": "the name of the file is empty",
        "socket": "is a socket",
        "/dev/fd/77": "is not open",
        "/dev/fd/99999999999999999999": "is not open",
        "/dev/stdin": "is not open for writing",
        "/proc/p.bin": "the directory /proc cannot be written to",
    }


def test_what_cannot_be_opened_is_refused_before_the_work(no_work, capsys):
    (no_work / "p.bin").write_bytes(b"no proof")
    with open(os.devnull) as nothing:
        before = os.dup(0)
        os.dup2(nothing.fileno(), 0)
    try:
        for name, message in names(no_work).items():
            for words in (
                ["prove", "fib_pair", "-o", name],
                ["prove", "fib_pair", "-o", "good.bin", "--report", name],
                ["key", "fib_pair", "p.bin", "-o", name],
                ["security", "fib_pair", "--soundcalc", name],
                ["new", name],
            ):
                suffix = name.endswith(("p.bin", "new/", "x", "é", "/", "file")) or not name
                if words[0] == "new" and (suffix or "/" not in name):
                    continue  # refused for what it is called
                code, out, err = run(words, capsys)
                assert (code, out) == (2, ""), words
                assert message in err and err.count("\n") == 1, err
    finally:
        os.dup2(before, 0)
        os.close(before)
    assert not (no_work / "good.bin").exists()


@pytest.mark.parametrize("length", [229, 240, 249, 255])
def test_the_longest_names(length, tmp_path, capsys, monkeypatch, expected):
    monkeypatch.chdir(tmp_path)
    name = "n" * length
    words = ["prove", "fib_pair", "--log-rows", "4", "--sequences", "1", *SMALL, "-o", name]
    assert main(words) == 0
    assert (tmp_path / name).read_bytes() == expected
    assert main(["key", "fib_pair", name, "-o", f"{name[:-1]}k"]) == 0
    module = f"{name[:-3]}.py"
    assert main(["new", module]) == 0
    assert main(["new", module]) == 2
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name[:-1]}k", module}
    capsys.readouterr()


def test_two_results_in_one_place(no_work, capsys):
    (no_work / "link.json").symlink_to("r.json")
    for one, other in (("-", "-"), ("-", "/dev/stdout"), ("r.json", "./r.json"),
                       ("r.json", "link.json"), ("/dev/fd/1", "-")):  # fmt: skip
        words = ["prove", "fib_pair", "-o", one, "--report", other]
        code, out, err = run(words, capsys)
        assert (code, out) == (2, "") and "are one file: name two" in err


def test_new_leaves_no_part_of_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    class Full:
        def __init__(self, descriptor, mode):
            self.descriptor = descriptor

        def __enter__(self):
            return self

        def __exit__(self, *_):
            os.close(self.descriptor)

        def write(self, data):
            os.write(self.descriptor, data[:9])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("cstark.cli.new.open", Full, raising=False)
    assert main(["new", "machine_one.py"]) == 2
    assert not list(tmp_path.iterdir())


def test_descriptors():
    assert descriptor_of("-") == descriptor_of("/dev/stdout") == descriptor_of("/dev/fd/1") == 1
    assert descriptor_of(f"/proc/{os.getpid()}/fd/7") == 7
    assert descriptor_of("/proc/1/fd/7") is None, "of another process"
    for plain in ("1", "fd/1", "/dev/null", "/dev/fd", "/dev/fd/x", "", "\0"):
        assert descriptor_of(plain) is None


def test_devices(tmp_path):
    null = Target("/dev/null")
    assert null.streams and not null.is_stdout and null.problem() is None
    null.write(b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(common.CommandError, match="No space left on device"):
        common.write_atomically("/dev/full", b"x")
    assert not Target(str(tmp_path)).streams


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o604])
def test_a_file_that_is_replaced_keeps_its_mode(mode, tmp_path):
    """A proof shows parts of a trace: who could not read the file before cannot now."""
    path, link = tmp_path / "p.bin", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(mode)
    link.symlink_to(path)
    for place in (path, link):
        common.write_atomically(str(place), b"new")
        assert stat.S_IMODE(path.stat().st_mode) == mode
        assert path.read_bytes() == b"new"
    fresh, plain = tmp_path / "fresh", tmp_path / "plain"
    common.write_atomically(str(fresh), b"new")
    plain.touch()
    assert fresh.stat().st_mode == plain.stat().st_mode
