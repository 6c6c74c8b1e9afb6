"""The README is true: its examples run, its commands work, its screens are what is printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.S | re.M)
PYTHON = [number for number, (kind, _) in enumerate(BLOCKS) if kind == "python"]
COMMANDS = [
    line[2:].partition("  #")[0].strip()
    for kind, text in BLOCKS
    if kind == "console"
    for line in text.splitlines()
    if line.startswith("$ ")
]


def run(command, folder, **settings):
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **settings},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shape(text):
    """What stays the same from run to run: words, not measurements or their padding.

    What memory was for, at the peak, depends on the number of threads; the code on the processor.
    """
    text = re.sub(r"^(memory|threads) .*$", r"\1", text, flags=re.M)
    return re.sub(r"[-\s]+", " ", re.sub(r"\d[\d,.]*( ([KMG]i)?B)?|%|±", "", text)).strip()


def test_every_block_has_a_kind():
    assert {kind for kind, _ in BLOCKS} <= {"python", "console", "text", ""}  # "": the figure
    assert len(PYTHON) >= 2


@pytest.mark.parametrize("number", PYTHON)
def test_an_example_runs_when_pasted(number, tmp_path):
    """And prints what the block after it shows: exactly, or (with times in it) in its words."""
    script = tmp_path / "example.py"
    script.write_text(BLOCKS[number][1])
    printed = run([sys.executable, str(script)], tmp_path).replace(f"{tmp_path}{os.sep}", "")
    kind, screen = BLOCKS[number + 1] if number + 1 < len(BLOCKS) else ("", "")
    if kind == "text":
        if "seconds" in screen:
            printed, screen = shape(printed), shape(screen)
        assert screen.strip() in printed.strip()


def test_the_command_line_works_as_written(tmp_path):
    """The commands are one session: a later one reads the files of those before."""
    start = {"cstark": [sys.executable, "-m", "cstark"], "python": [sys.executable]}
    mine = [words for command in COMMANDS if (words := shlex.split(command))[0] in start]
    assert len(mine) >= 10
    for first, *rest in mine:
        run([*start[first], *rest], tmp_path)


def test_the_tools_exist():
    named = set(re.findall(r"\btools/\w+", README))
    assert len(named) >= 6
    for name in named:
        assert os.access(ROOT / name, os.X_OK), name


def test_the_folders_exist():
    for name in set(re.findall(r"`((?:cstark|tests|asv_bench)/[\w/.]+)`", README)):
        assert (ROOT / name).exists(), name
