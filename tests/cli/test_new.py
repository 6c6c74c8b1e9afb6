"""``cstark new``: the file that it writes works, as printed, from where it is."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import cstark as cs
from cstark.cli.main import main
from cstark.machines import load, skeleton


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(file: str, capsys) -> tuple[int, str, str]:
    code = main(["new", file])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def shell(tmp_path_factory):
    """Runs commands as a person would: ``cstark`` is a script elsewhere, the folder on no path."""
    scripts = tmp_path_factory.mktemp("bin")
    main_program = "import sys; from cstark.cli.main import main; sys.exit(main())"
    (scripts / "cstark").write_text(f"#!{sys.executable}\n{main_program}\n")
    (scripts / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    for script in scripts.iterdir():
        script.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        # what an installation would do, and no more
        "PYTHONPATH": str(Path(cs.__file__).parents[1]),
    }

    def run(commands: str, where: Path) -> str:
        done = subprocess.run(
            ["sh", "-ec", commands], cwd=where, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_what_is_printed_works(folder, shell):
    """Written, run, checked, proved, verified, by the very commands that are printed."""
    where = folder / "a folder"
    where.mkdir()
    out = shell("cstark new 'a folder/squares_2.py'", folder)
    commands = [line.partition("  #")[0].strip() for line in out.splitlines() if "  # " in line]
    assert commands[0] == "cd 'a folder'"
    assert "cstark prove squares_2:Squares2 -o proof.bin" in commands
    assert "cstark verify squares_2:Squares2 proof.bin" in commands
    more = ["cstark key squares_2:Squares2 proof.bin -o key.json",
            "cstark verify --key key.json proof.bin"]  # fmt: skip
    out = shell("\n".join([*commands, *more]), folder)
    assert out.count("Nothing wrong: sum (16 rows), squares (16 rows)") == 2
    assert out.count("verified: {'rows': 16, 'total': 1496}") == 1
    assert out.count("verified: proof.bin proves, by ") == 2
    assert "A sum of squares; `cstark prove squares_2:Squares2 --help`" in out
    assert sorted(path.name for path in where.iterdir() if path.name != "__pycache__") == [
        "key.json", "proof.bin", "squares_2.py",
    ]  # fmt: skip


def test_the_skeleton_itself():
    workload = skeleton.MyMachine(log_rows=3)
    assert workload.check(mutate=10_000)
    options = cs.Options(queries=8, grinding=0)
    proof = workload.prove(options)
    rows = 8
    total = sum(n * n for n in range(1, rows + 1))
    claim = skeleton.MyMachine.verify(proof, options, min_security=0)
    assert claim == {"rows": rows, "total": total}
    for changed in ({"rows": 12}, {"total": cs.P}, {"total": -1}, {"more": 1}):
        with pytest.raises(cs.StatementError):
            skeleton.MyMachine.read_statement({**claim, **changed})


def test_an_existing_file_is_left_alone(folder, capsys):
    (folder / "mine.py").write_text("precious = 1\n")
    code, out, err = new("mine.py", capsys)
    assert (code, out) == (2, "")
    assert err == (
        "cstark new: mine.py exists already and has been left as it is; name another file\n"
    )
    assert (folder / "mine.py").read_text() == "precious = 1\n"
    # a link to nowhere is a file as well
    (folder / "link.py").symlink_to(folder / "target.py")
    assert new("link.py", capsys)[0] == 2
    assert not (folder / "target.py").exists()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("my-machine.py", "'my-machine' is no name that Python can import; try my_machine.py"),
        ("2fast.py", "'2fast' is no name that Python can import; try machine_2fast.py"),
        ("class.py", "'class' is no name that Python can import; try machine_class.py"),
        ("a b.py", "try a_b.py"),
        ("my.machine.py", "try my_machine.py"),
        ("machine", "machine: the name of a Python module ends in .py; try machine.py"),
        ("machine.txt", "try machine_txt.py"),
        ("json.py", "it would hide the module 'json' that there is; try machine_json.py"),
        ("numpy.py", "it would hide the module 'numpy' that there is; try machine_numpy.py"),
        ("cstark.py", "it would hide the module 'cstark'"),
        ("__main__.py", "it would hide the module '__main__'"),
        ("no/such/folder.py", "there is no directory"),
        (".", "is a directory; try my_machine.py"),
    ],
)
def test_names_that_will_not_do(file, message, folder, capsys):
    code, out, err = new(file, capsys)
    assert (code, out) == (2, "")
    assert message in err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "file", ["sum.py", "none.py", "_.py", "x.py", "_2.py", "any.py", "größe.py", "MyMachine2.py"]
)
def test_every_name_that_will_do_gives_a_module(file, folder, capsys, monkeypatch):
    code, out, _ = new(file, capsys)
    assert code == 0
    module_name = file.removesuffix(".py")
    workload = out.partition(f"cstark prove {module_name}:")[2].split()[0]
    monkeypatch.syspath_prepend(str(folder))
    found = load(f"{module_name}:{workload}")
    assert f"cstark verify {module_name}:{workload} proof.bin" in (folder / file).read_text()
    assert found(log_rows=3).check()
    del sys.modules[module_name]


def test_for_programs(folder, capsys):
    assert main(["new", "one.py", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["workload"] == "one:One"
    assert data["file"] == "one.py"
    assert "cstark prove one:One -o proof.bin" in data["next"]
    assert all(shlex.split(command) for command in data["next"])
    assert main(["new", "one.py", "--json"]) == 2
    assert "exists already" in json.loads(capsys.readouterr().out)["message"]
