"""The gallery's pages: each stands alone, and what several need is no page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cstark.machines
from cstark.machines import BUILT_IN

FOLDER = Path(cstark.machines.__file__).parent
PAGES = {where.partition(":")[0].split(".")[2] for where in BUILT_IN.values()}
GADGETS = {"range_check", "sorting", "read_write_memory", "register_machine", "hash_chain",
           "network", "stack_machine"}  # fmt: skip


def modules(page: str) -> list[Path]:
    return sorted((FOLDER / page).glob("*.py")) or [FOLDER / f"{page}.py"]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("page", sorted(PAGES))
def test_no_page_imports_from_another(page):
    for path in modules(page):
        for name in imported(path):
            if name.startswith("cstark.machines."):
                assert name.split(".")[2] not in PAGES - {page}, f"{path.name}: {name}"


def test_nothing_else_imports_from_a_page():
    """But the loader of workloads, which takes them by name."""
    for path in FOLDER.parent.rglob("*.py"):
        if FOLDER not in path.parents:
            pages = {f"cstark.machines.{page}" for page in PAGES}
            assert not imported(path) & pages, path


@pytest.mark.parametrize("page", sorted(GADGETS))
def test_what_is_ready_made_is_taken_from_the_gadgets(page):
    texts = "".join(path.read_text() for path in modules(page))
    assert "cstark.gadgets" in texts or "cs.gadgets." in texts


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_has_text_and_a_line_in_the_gallery(page):
    first = next(path for path in modules(page) if path.stem in (page, "__init__"))
    text = first.read_text()
    about = ast.get_docstring(ast.parse(text)) or ""
    assert len(about.splitlines()) >= 10
    assert page in (cstark.machines.__doc__ or "")
