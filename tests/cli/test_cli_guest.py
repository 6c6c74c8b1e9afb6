"""``cstark guest``: what it writes, compiles, lists, and refuses."""

from __future__ import annotations

import tomllib

import pytest

from cstark.vm import guest
from cstark.vm.guest import examples
from tests.cli.cli_support import run, run_json


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("example", [None, *examples.EXAMPLES])
def test_new(example, folder, capsys):
    words = [] if example is None else ["--example", example]
    code, data = run_json(["guest", "new", "mine", *words], capsys)
    assert code == 0 and sorted(data["files"]) == sorted(
        str(path.relative_to(folder)) for path in (folder / "mine").iterdir()
    )
    # It compiles where it is, without the package's folder of examples.
    source = folder / data["files"][0]
    assert guest.build(source)[:4] == b"\x7fELF"
    flags = (folder / "mine" / "compile_flags.txt").read_text()
    assert str(guest.INCLUDE) in flags and (guest.INCLUDE / "cstark.h").exists()


def test_new_in_rust(folder, capsys):
    code, data = run_json(["guest", "new", "mine", "--rust"], capsys)
    assert code == 0 and data["files"] == ["mine/src/main.rs", "mine/Cargo.toml", "mine/input.bin"]
    assert "cstark guest build . -o main.elf" in data["next"]
    manifest = tomllib.loads((folder / "mine" / "Cargo.toml").read_text())
    assert manifest["dependencies"]["cstark-guest"]["path"] == str(guest.CRATE)
    assert (guest.CRATE / "src" / "lib.rs").exists()
    assert (folder / "mine" / "input.bin").read_bytes() == examples.load("search").make_input(1)


def test_new_leaves_what_is_there(folder, capsys):
    (folder / "mine").mkdir()
    (folder / "mine" / "input.txt").write_text("mine")
    code, _, err = run(["guest", "new", "mine"], capsys)
    assert code == 2 and "mine/input.txt exists already" in err
    assert [path.name for path in (folder / "mine").iterdir()] == ["input.txt"]
    (folder / "mine" / "input.txt").rename(folder / "mine" / "notes.txt")
    assert run(["guest", "new", "mine"], capsys)[0] == 0
    assert run(["guest", "new", "mine"], capsys)[0] == 2
    (folder / "file").write_text("")
    code, _, err = run(["guest", "new", "file"], capsys)
    assert code == 2 and "file is a file; name a folder" in err
    assert run(["guest", "new", "file/below"], capsys)[0] == 2


def test_build(folder, capsys):
    run(["guest", "new", "mine"], capsys)
    code, out, err = run(["guest", "build", "mine/main.c"], capsys)
    assert code == 0 and out.startswith("written: mine/main.elf, ") and not err
    assert (folder / "mine" / "main.elf").read_bytes() == guest.build("mine/main.c")
    words = ["guest", "build", "-o", "out.elf", "mine/main.c", "-Os", "--no-debug", "-D", "A=1",
             "-DB", "-I", "mine", "--compiler", guest.find().name]  # fmt: skip
    code, data = run_json(words, capsys)
    assert code == 0 and data["file"] == "out.elf" and data["warnings"] == []
    assert data["compiler"] == guest.find().version and 100 < data["code"] < 1000
    assert (folder / "out.elf").read_bytes() == guest.build(
        "mine/main.c", optimize="s", debug=False, define={"A": 1, "B": 1}
    )
    code, data = run_json(
        ["guest", "build", examples.FIB_ITERATIVE, "-DITERATIONS=9", "--no-library", "-o", "fib"],
        capsys,
    )
    assert code == 0 and data["code"] == 12


def test_a_warning_is_printed(folder, capsys):
    (folder / "a.c").write_text("int main(void) { int unused; return 0; }\n")
    code, out, err = run(["guest", "build", "a.c"], capsys)
    assert code == 0 and "unused variable" in err and "Warning:" not in err and "a.elf" in out


def test_list(capsys):
    code, data = run_json(["guest", "list"], capsys)
    assert code == 0 and list(data["examples"]) == list(examples.EXAMPLES)
    assert list(data["compilers"]) == [compiler.name for compiler in guest.available()]
    code, out, _ = run(["guest", "list"], capsys)
    assert code == 0 and all(name in out for name in (*data["examples"], *data["compilers"]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "new, build or list is missing"),
        (["make"], "invalid choice"),
        (["new"], "name one folder"),
        (["new", "a", "b"], "name one folder"),
        (["new", "a", "--example", "sha257"], "did you mean 'sha256'"),
        (["new", "a", "-o", "b"], "--output is no option of cstark guest new"),
        (["new", "a", "-O3"], "-O is no option of cstark guest new"),
        (["list", "a"], "takes no path"),
        (["list", "--no-debug"], "--no-debug is no option of cstark guest list"),
        (["build"], "name a source"),
        (["build", "absent.c"], "absent.c: there is no such file"),
        (["build", "a.c", "--example", "sha256"], "--example is no option of cstark guest build"),
        (["build", "a.c", "-o", "absent/a.elf"], "there is no directory"),
        (["build", "a.c", "-o", "./a.c"], "is one of the sources"),
        (["build", "a.c", "-D", "1A"], "no name of a macro"),
        (["build", "a.c"], "a.c does not compile"),
        (["build", "."], "there is no Cargo.toml"),
        (["build", ".", "-O2"], "a Cargo package is built alone"),
        (["build", ".", "a.c"], "a Cargo package is built alone"),
        (["new", "a", "--rust", "--example", "sha256"], "only 'search'"),
        (["build", "a.c", "--rust"], "--rust is no option of cstark guest build"),
        (["build", "a.c", "-O9"], "optimize is '9'"),
        (["build", "a.c", "--compiler", "cc-of-nobody"], "there is no such program"),
    ],
)
def test_refusals(words, said, folder, capsys):
    (folder / "a.c").write_text("int main(void) { return missing; }\n")
    code, _, err = run(["guest", *words], capsys)
    assert code == 2 and said in err
    assert sorted(path.name for path in folder.iterdir()) == ["a.c"]
