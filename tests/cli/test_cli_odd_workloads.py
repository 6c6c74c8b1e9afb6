"""The command line and workloads whose arguments are odd: a line, and exit code 2."""

from __future__ import annotations

import sys

import pytest

from tests.cli.cli_support import SMALL, WEAK, run

MODULE = """
from dataclasses import InitVar, dataclass
from enum import Enum
from pathlib import Path
import numpy as np
import cstark as cs


class Counter(cs.Air):
    columns = ("n",)

    def constrain(self, t):
        t.first_row.zero(t.now.n)
        t.transition.equal(t.next.n, t.now.n + 1)


class Colour(Enum):
    RED = 1


class Base(cs.Workload):
    def prepare(self):
        return cs.Prepared({}, {"counter": np.arange(8, dtype=np.uint64).reshape(8, 1)})

    @classmethod
    def statement(cls, claim):
        return cs.Statement({"counter": Counter()})


@dataclass(frozen=True)
class WithEnum(Base):
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class WithPath(Base):
    file: Path = Path("x")


@dataclass
class Thawed(Base):
    n: int = 1


class Bare(Base):
    pass


@dataclass(frozen=True)
class WithInitVar(Base):
    n: InitVar[int] = 1


@dataclass(frozen=True)
class Method(Base):
    verify: int = 1


@dataclass(frozen=True)
class Bounded(Base):
    level: float = cs.argument(0.5, minimum=0, maximum=1)
    maybe: float | None = cs.argument(None, minimum=0, maximum=1)


@dataclass(frozen=True)
class Ligature(Base):
    \ufb01eld: int = 1
    mro: int = 2

    def prepare(self):
        return cs.Prepared({"\ufb01eld": self.field}, super().prepare().traces)


@dataclass(frozen=True)
class Flag(Base):
    sure: bool = cs.argument(True, choices=(True,))
    depth: int = cs.argument(1, choices=(1, 2))
"""


@pytest.fixture
def odd(tmp_path, monkeypatch):
    (tmp_path / "odd_ones.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    sys.modules.pop("odd_ones", None)


COMMANDS = {
    "prove": ["-o", "p.bin", *SMALL],
    "check": [],
    "security": ["--no-time"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("WithEnum", "WithEnum.colour: an argument is an int"),
        ("WithPath", "WithPath.file: an argument is an int"),
        ("Thawed", "Thawed: decorate the class with @dataclass(frozen=True)"),
        ("Bare", "Bare: decorate the class with @dataclass(frozen=True)"),
        ("WithInitVar", "WithInitVar.n: an argument is a field that is kept"),
        ("Method", "Method.verify: every workload has a method of this name"),
    ],
)
def test_classes_that_are_no_workloads(command, name, message, odd, capsys):
    code, out, err = run([command, f"odd_ones:{name}", *COMMANDS[command]], capsys)
    assert (code, out) == (2, "")
    assert message in err and len(err.splitlines()) == 1
    assert not (odd / "p.bin").exists()


def test_bounds_and_choices_on_the_command_line(odd, capsys):
    for words, message in (
        (["odd_ones:Bounded", "--level", "nan"], "level is nan, but it is at least 0"),
        (["odd_ones:Bounded", "--maybe", "nan"], "maybe is nan, but it is at least 0"),
        (["odd_ones:Flag", "--no-sure"], "sure is False, but it is one of True"),
        (["odd_ones:Flag", "--depth", "3"], "invalid choice"),
    ):
        code, _, err = run(["check", *words], capsys)
        assert code == 2 and message in err
    prove = ["prove", "odd_ones:Flag", "--sure", "--depth", "2", "-o", "p.bin", *SMALL]
    assert run(prove, capsys)[0] == 0
    assert run(["verify", "odd_ones:Flag", "p.bin", *WEAK], capsys)[0] == 0
    code, out, _ = run(["prove", "odd_ones:Flag", "--help"], capsys)
    assert code == 0 and "--no-sure" in out


def test_names_on_the_command_line_are_read_as_python_reads_them(odd, capsys):
    for flag in ("--\ufb01eld", "--field"):
        words = ["prove", "odd_ones:Ligature", flag, "7", "--mro=3", "-o", "p.bin", *SMALL]
        code, out, _ = run(words, capsys)
        assert code == 0 and "7" in out
    verify = ["verify", "odd_ones:Ligature", "p.bin", *WEAK, "--expect"]
    assert run([*verify, "field=7"], capsys)[0] == 0
    assert run([*verify, "\ufb01eld=7"], capsys)[0] == 0
    assert run([*verify, "field=8"], capsys)[0] == 1


def test_one_standard_input_is_not_two_files(capsys):
    code, out, err = run(["verify", "--key", "-", "-"], capsys)
    assert (code, out) == (2, "") and "cannot both come from standard input" in err
