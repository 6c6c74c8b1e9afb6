"""Arguments, revisions, builds and processes of the bench report, in small repositories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from compare import __main__ as program
from compare.arguments import parse
from compare.builds import Build, Workshop
from compare.errors import BenchError
from compare.revisions import Revision, choose, git
from compare.runs import Task, run_once

ROOT = Path(__file__).resolve().parent.parent.parent

PYPROJECT = """\
[build-system]
requires = []
[project]
name = "toy"
version = "1"
"""
SETUP = "import pathlib; pathlib.Path('built.txt').write_text('VERSION')\n"


class Toy:
    """A repository whose build writes a file and needs no package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "T")
        self.git("config", "user.email", "t@example.org")
        self.write(".gitignore", "build/\n")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def commit(self, setup: str, subject: str, pyproject: str | None = PYPROJECT) -> str:
        self.write("setup.py", setup)
        if pyproject is not None:
            self.write("pyproject.toml", pyproject)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    return Toy(tmp_path / "toy")


def workshop(toy, said=None):
    return Workshop(
        toy.folder, toy.folder / "build" / "bench", ([] if said is None else said).append
    )


# --- arguments --------------------------------------------------------------------------------


def test_arguments_as_documented():
    chosen = parse(["3", "--against", "HEAD~1", "--workload", "fib_pair", "log-rows=12", "--json"])
    assert chosen.task == Task("fib_pair", {"log_rows": "12"}, 1)
    assert (chosen.pairs, chosen.against, chosen.head) == (3, "HEAD~1", None)
    assert chosen.json and not chosen.growth
    assert parse(["--threads", "2", "4"]).task.threads == 2
    assert parse([]).pairs % 2 == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["0"], "0 runs"),
        (["1000"], "1000 runs"),
        (["3", "4"], "'4'"),
        (["x"], "'x'"),
        (["a=1", "a=2"], "given twice"),
        (["=2"], "not name=value"),
        (["--threads", "0"], "--threads 0"),
        (["--agai", "HEAD"], "--agai"),
    ],
)
def test_wrong_usage(words, named, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(words)
    assert stop.value.code == 2
    assert named in capsys.readouterr().err


# --- revisions --------------------------------------------------------------------------------


def test_the_base_is_where_the_branch_left_main(toy):
    first = toy.commit("1", "one")
    second = toy.commit("2", "two")
    base, head, notes = choose(toy.folder, None, None)  # on main: the parent
    assert (base.commit, head.commit, notes) == (first, second, [])
    toy.git("checkout", "-q", "-b", "work")
    toy.commit("3", "three")
    fourth = toy.commit("4", "four")
    base, head, _ = choose(toy.folder, None, None)
    assert (base.commit, head.commit, head.subject) == (second, fourth, "four")
    base, head, _ = choose(toy.folder, "main~1", "work~1")
    assert (base.commit, head.subject) == (first, "three")


def test_a_revision_that_does_not_exist(toy):
    toy.commit("1", "one")
    for name in ("nothing", "HEAD~9", "--all", "", "HEAD:setup.py"):
        with pytest.raises(BenchError, match="there is no revision"):
            choose(toy.folder, name, "HEAD") if name else choose(toy.folder, "HEAD", "gone")
    with pytest.raises(BenchError, match="there is no revision"):
        choose(toy.folder, None, None)  # one commit has no parent


def test_a_tree_with_changes_is_refused(toy):
    toy.commit("1", "one")
    toy.write("new.txt", "unknown")
    *_, notes = choose(toy.folder, "HEAD", None)
    assert any("new.txt" in note for note in notes) and any("noise" in note for note in notes)
    toy.write("setup.py", "changed")
    with pytest.raises(BenchError, match=r"setup\.py.*--head HEAD"):
        choose(toy.folder, "HEAD", None)
    choose(toy.folder, "HEAD", "HEAD")


def test_no_repository(tmp_path):
    with pytest.raises(BenchError, match="not a git repository"):
        choose(tmp_path, None, None)


# --- builds -----------------------------------------------------------------------------------


def revision(toy, name="HEAD"):
    return Revision(toy.git("rev-parse", name), "subject", name)


def test_revisions_are_built_apart_and_reused(toy):
    toy.commit(SETUP.replace("VERSION", "old"), "old")
    toy.commit(SETUP.replace("VERSION", "new"), "new")
    said = []
    shop = workshop(toy, said)
    old, new = shop.build(revision(toy, "HEAD~1")), shop.build(revision(toy))
    assert (old.source / "built.txt").read_text() == "old"
    assert (new.source / "built.txt").read_text() == "new"
    assert old.python == new.python and old.python.exists()
    assert len(said) == 3  # one environment, two builds
    again = workshop(toy, said)
    assert again.build(revision(toy)) == new and len(said) == 3
    assert toy.git("worktree", "list").count("\n") == 0 and toy.git("status", "--porcelain") == ""


def test_a_build_that_fails_leaves_a_log_and_no_folder(toy):
    toy.commit("raise SystemExit('cannot compile this')", "broken")
    shop = workshop(toy)
    with pytest.raises(BenchError, match="does not build") as error:
        shop.build(revision(toy))
    assert "cannot compile this" in str(error.value)
    left = sorted(path.name for path in (shop.folder / "commits").iterdir())
    commit = revision(toy).commit
    assert left == [f"{commit}.lock", f"{commit}.log"]


def test_a_half_finished_build_is_not_reused(toy):
    toy.commit(SETUP, "one")
    shop = workshop(toy)
    build = shop.build(revision(toy))
    (build.source / "finished.json").unlink()  # as if the machine had gone down
    (build.source / "rest.txt").write_text("left over")
    assert shop.build(revision(toy)) == build
    assert (build.source / "built.txt").exists() and not (build.source / "rest.txt").exists()
    (build.source / "finished.json").write_text('{"comm')  # or while it wrote
    assert shop.build(revision(toy)) == build


def test_other_flags_are_another_build(toy, monkeypatch):
    toy.commit("import os; open('built.txt', 'w').write(os.environ.get('CFLAGS', ''))", "one")
    shop = workshop(toy)
    shop.build(revision(toy))
    monkeypatch.setenv("CFLAGS", "-O1")
    build = workshop(toy).build(revision(toy))
    assert (build.source / "built.txt").read_text() == "-O1"


def test_an_interruption_leaves_nothing(toy, monkeypatch):
    toy.commit(SETUP, "one")
    shop = workshop(toy)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shop, "_export", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shop.build(revision(toy))
    assert not (shop.folder / "commits" / revision(toy).commit).exists()


@pytest.mark.parametrize("text", [None, "[project", "[project]\nname = 'x'"])
def test_a_revision_without_a_usable_pyproject(toy, text):
    toy.commit(SETUP, "one", pyproject=text)
    with pytest.raises(BenchError, match=r"pyproject\.toml"):
        workshop(toy).build(revision(toy))


def test_no_compiler(toy, monkeypatch):
    toy.commit(SETUP, "one")
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(BenchError, match="no-such-compiler"):
        workshop(toy).build(revision(toy))


def test_errors_are_exit_code_two(toy, monkeypatch, capsys):
    toy.commit(SETUP, "one")
    monkeypatch.setattr(program.bench, "__defaults__", (None, toy.folder))
    monkeypatch.setattr(sys, "argv", ["bench", "--against", "nothing"])
    assert program.main() == 2
    output = capsys.readouterr()
    assert output.out == "" and "there is no revision 'nothing'" in output.err


# --- processes --------------------------------------------------------------------------------


@pytest.fixture
def here():
    return Build(Revision("c" * 40, "this tree", "HEAD"), ROOT, Path(sys.executable), "cc")


def test_a_run_of_this_tree(here):
    task = Task("fib_pair", {"log_rows": "4"}, 1)
    first, second = run_once(here, task), run_once(here, task)
    assert first["proof_sha256"] == second["proof_sha256"]
    assert first["proof_bytes"] == second["proof_bytes"] > 1000
    assert first["rows"] == 16 and first["steps"] is None
    for key in ("prove_seconds", "prove_cpu_seconds", "verify_seconds", "buffer_bytes"):
        assert first[key] > 0
    assert first["peak_bytes"] > first["buffer_bytes"]
    assert run_once(here, Task("fib_iterative", {"iterations": "3"}, 1))["steps"] == 21


@pytest.mark.parametrize(
    ("workload", "arguments", "named"),
    [
        ("nothing", {}, "nothing"),
        ("nomodule:Thing", {}, "nomodule"),
        ("fib_pair", {"rows": "4"}, "there is no argument 'rows'; those of the workload: log_rows"),
        ("fib_pair", {"log_rows": "many"}, "log_rows=many: not of type int"),
        ("fib_pair", {"log_rows": "-1"}, "log_rows"),
    ],
)
def test_what_a_revision_cannot_prove(here, workload, arguments, named):
    with pytest.raises(BenchError, match=r"HEAD \(cccccccccc\) cannot prove") as error:
        run_once(here, Task(workload, arguments, 1))
    assert named in str(error.value)


def test_a_workload_of_the_callers(here, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "from cstark.machines.fib_pair import FibPair as Mine\nprint('a line of its own')\n"
    )
    monkeypatch.chdir(tmp_path)
    assert run_once(here, Task("mine:Mine", {"log_rows": "3"}, 1))["rows"] == 8


def test_a_run_takes_the_package_of_its_revision(here, tmp_path):
    with pytest.raises(BenchError, match="exit code 1"):
        run_once(Build(here.revision, tmp_path, here.python, "cc"), Task("fib_pair", {}, 1))


def test_git_failures_are_none(tmp_path):
    assert git(tmp_path, "rev-parse", "HEAD") is None
