"""ATTACKS.md names tests that exist, and all tests of forged rows and runs."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
PAGE = (Path(__file__).parent / "ATTACKS.md").read_text()
NAMED = re.findall(r"`([\w/]+\.py)::(\*|\w+)(?:\[([^`]*)\])?`", PAGE)
"""(file, test, case) of every test that is named."""


@functools.cache
def defined_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_test_that_is_named_exists():
    assert len(NAMED) > 100
    for file, name, case in NAMED:
        path = TESTS / file
        assert path.is_file(), file
        assert name == "*" or name in defined_in(path), (file, name)
        assert not case or f'"{case}"' in path.read_text(), (file, case)


def test_every_forged_row_and_run_is_named():
    named = {(file, name) for file, name, _ in NAMED}
    for path in sorted((TESTS / "vm").glob("*/test_forged_*.py")):
        file = path.relative_to(TESTS).as_posix()
        missing = {name for name in defined_in(path) if (file, name) not in named}
        assert not missing, (file, missing)


def test_every_line_says_what_tries_it():
    """Lines are numbered without a gap, and have a test or say that they do not apply."""
    lines = re.findall(r"^\| (\d+|[VB]\d+) \|(.*)\|$", PAGE, re.MULTILINE)
    expected = [*map(str, range(1, 43)), *(f"V{k}" for k in range(1, 21)),
                *(f"B{k}" for k in range(1, 6))]  # fmt: skip
    assert [number for number, _ in lines] == expected
    for number, text in lines:
        assert "::" in text or "does not apply" in text, number
