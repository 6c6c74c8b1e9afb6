"""The tour of CONTRIBUTING.md: every path it names exists, and holds what is said to be there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = {name: (ROOT / name).read_text() for name in ("CONTRIBUTING.md", "asv_bench/README.md")}
TEXT = PAGES["CONTRIBUTING.md"]
PATHS = sorted(set(re.findall(r"`((?:cstark|tests|tools)(?:/[\w./]+)?)`", TEXT)))
# `path` (`name`, ...): the names stand in the file
HELD = re.findall(r"`(cstark/[\w/]+\.(?:py|pyx|h))`\s+\(((?:`\w+`(?:, )?)+)\)", TEXT)
QUESTIONS = re.findall(r"^\*\*([^*]+\?)\*\* (.*?)(?=^\*\*|^## )", TEXT, re.S | re.M)


def test_the_tour_has_ten_questions_with_a_file_each():
    assert len(QUESTIONS) == 10
    for question, answer in QUESTIONS:
        assert re.search(r"`cstark/[\w./]+`", answer), question


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "names"), HELD)
def test_a_file_holds_what_is_said(path, names):
    for name in re.findall(r"\w+", names):
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text()), name


def test_every_folder_of_the_package_is_on_the_map():
    table = TEXT[TEXT.index("| folder | holds |") : TEXT.index("## A tour")]
    for folder in (ROOT / "cstark").iterdir():
        if (folder / "__init__.py").exists():
            assert f"`cstark/{folder.name}`" in table, folder.name


def test_the_tools_exist():
    for text in PAGES.values():
        for name in set(re.findall(r"\btools/\w+", text)):
            assert os.access(ROOT / name, os.X_OK), name


def test_the_map_of_the_benchmarks():
    bench = ROOT / "asv_bench"
    for path in re.findall(r"`([\w/]+(?:\.py)?)`", PAGES["asv_bench/README.md"]):
        if "/" in path or path.endswith(".py"):
            assert (bench / path).exists() or (ROOT / path).exists(), path
    named = PAGES["asv_bench/README.md"]
    for item in bench.iterdir():
        if item.suffix == ".py" or (item / "__init__.py").exists():
            assert item.stem.removesuffix("_numba") in named, item.name
