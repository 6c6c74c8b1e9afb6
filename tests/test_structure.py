"""The shape of the package: which part may import which, and what a build must be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cstark.kernels import _runtime, sources
from cstark.protocol import refusals

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "cstark"

# A part may import itself and the parts named beside it, which stand above it in this list: what
# stands above knows nothing of what stands below.
BASE = {"distinct", "errors", "field", "lazy", "limits"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "limits": set(),
    "distinct": set(),
    "lazy": set(),
    "field": set(),
    "unwind": set(),
    "text": set(),
    "files": {"errors"},
    "kernels": set(),
    "runtime": {"errors", "kernels"},
    "report": {"errors", "lazy", "text", "kernels"},
    "arrays": {*BASE, "kernels"},
    "air": BASE,
    "program": {*BASE, "kernels", "air"},
    "security": BASE,
    "protocol": {*BASE, "kernels", "air", "program", "security", "report", "text"},
    "cost": {*BASE, "kernels", "air", "program", "protocol", "security", "text", "report",
             "unwind"},
    "check": {*BASE, "kernels", "air", "program", "text", "arrays"},
    "proving": {*BASE, "kernels", "air", "protocol", "cost", "report", "unwind",
                "check"},
    "appraisal": {"cost", "protocol", "security"},
    "checked": {"air", "check", "errors", "protocol", "proving"},
    "machine": {*BASE, "air", "appraisal", "checked", "protocol", "proving", "report", "shards",
                "workload"},
    "workload": {*BASE, "unwind", "air", "protocol", "machine", "check", "text"},
    "batch": {"air", "errors", "cost", "files", "limits", "protocol", "report", "runtime", "text",
              "unwind", "workload"},
    "gadgets": {*BASE, "air", "arrays"},
    "vm": {"distinct", "errors", "kernels", "text", "files", "air", "cost", "field", "arrays"},
    "machines": {"errors", "limits", "kernels", "air", "workload", "arrays", "vm", "gadgets"},
    "guide": set(),
    "pure": set(),
    "shards": {*BASE, "air", "batch", "check", "cost", "files", "protocol", "proving", "report",
               "runtime", "text", "unwind"},
    "cli": {"errors", "files", "limits", "workload", "machines", "machine", "protocol", "report",
            "text", "runtime", "security", "pure", "vm"},
    "__main__": {"cli"},
    "__init__": {"runtime"},
}  # fmt: skip
# `Machine.statement` makes what the workloads are made of, and `Machine.prove_shards` runs on the
# executors of batches: late, and against the order.
UPWARDS = {("machine", "workload"), ("machine", "shards")}
# Imported by annotations and inside functions alone, so that what is not used is not loaded.
ONLY_LATE = {("proving", "check"), ("machine", "proving"),
             ("appraisal", "cost"), ("checked", "check"), ("checked", "proving"),
             ("machine", "shards"),
             ("workload", "check"), ("workload", "machine"), ("machine", "workload")}  # fmt: skip


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def later(tree: ast.AST) -> set[int]:
    """Nodes inside functions, and those that only a type checker reads."""
    late = set()
    for node in ast.walk(tree):
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if function or typing:
            late.update(id(inner) for inner in ast.walk(node))
    return late


def imports(path: Path):
    """(part imported, whether at import time) for every import of the package itself."""
    tree = ast.parse(path.read_text())
    late = later(tree)
    package = ("cstark", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [module]
            if module == "cstark":
                names = [f"cstark.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("cstark."):
                yield name.split(".")[1], id(node) not in late


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_point_one_way(path):
    part = part_of(path)
    for imported, at_import in imports(path):
        if imported == "__version__" or imported[0].isupper():
            continue  # a public name, loaded on first use
        if imported == part:
            continue
        assert imported in ALLOWED[part], f"{path}: {part} must not import {imported}"
        if at_import:
            assert (part, imported) not in ONLY_LATE, f"{path}: import {imported} late"


def test_the_list_is_in_order():
    order = {part: place for place, part in enumerate(ALLOWED)}
    upwards = {
        (part, imported)
        for part, allowed in ALLOWED.items()
        for imported in allowed
        if order[imported] > order[part]
    }
    assert upwards == UPWARDS <= ONLY_LATE


def test_nothing_is_allowed_that_nobody_imports():
    used = {(part_of(path), name) for path in PACKAGE.rglob("*.py") for name, _ in imports(path)}
    used |= {(part, name) for part in ALLOWED for name in BASE}
    used.add(("__init__", "runtime"))  # by its name: importlib
    assert {(part, name) for part, names in ALLOWED.items() for name in names} <= used
    assert used >= ONLY_LATE


def test_every_extension_has_a_stub():
    for pyx in sources.extensions(ROOT).values():
        assert pyx.with_suffix(".pyi").exists(), pyx


def test_openmp_is_on():
    assert _runtime.openmp() >= 201511


def test_only_one_file_starts_threads():
    users = [p.name for p in PACKAGE.rglob("*.pyx") if "prange" in p.read_text()]
    assert users == ["_chunks.pyx"]


def test_every_kernel_can_be_interrupted():
    """Only `run_long` hears signals; who calls `run` must look for them itself."""
    callers = [
        p.name
        for p in PACKAGE.rglob("*.pyx")
        if re.search(r"(?<![\w.])(?<!def )(_chunks\.)?run\(", p.read_text())
    ]
    assert sorted(callers) == ["_chunks.pyx", "_hash.pyx"]


def test_no_numpy_c_api():
    for path in [*PACKAGE.rglob("*.pyx"), *PACKAGE.rglob("*.pxd")]:
        assert "cimport numpy" not in path.read_text(), path


def reached(name: str, folder: Path = PACKAGE / "protocol") -> set[str]:
    """A module of the protocol, and those that it imports when it runs, however far away."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in found or not (folder / f"{module}.py").exists():
            continue
        found.add(module)
        late = later(tree := ast.parse((folder / f"{module}.py").read_text()))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 1 and id(node) not in late:
                waiting += [node.module] if node.module else [a.name for a in node.names]
    return found


VERIFYING = sorted(reached("verifier"))


def test_what_a_verifier_is_made_of():
    assert {"fri", "merkle", "commitment", "proof", "stream", "transcript"} < set(VERIFYING)
    assert not {"prover", "proving_key", "logup", "traces"} & set(VERIFYING), "the prover's"


def test_refusals_go_through_named_checks():
    """What refuses a proof can be listed, and taken out by tests.

    Modules with checks of their own raise nothing else; the others never raise a refusal, but for
    `refuse_short`, which only spares work: the reader refuses the same files, by name.
    """
    for name in set(VERIFYING) - {"refusals", "length"}:
        text = (PACKAGE / "protocol" / f"{name}.py").read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Raise):
                where = f"{name}.py:{node.lineno}: {ast.unparse(node)[:60]}"
                assert "import require" not in text, where
                assert "VerificationError" not in where and "ProofFormatError" not in where, where
    used = []
    for path in (PACKAGE / "protocol").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
                used.append(ast.literal_eval(node.args[1]))
    assert sorted(used) == sorted(refusals.CHECKS)


def test_verifier_has_no_assert_and_no_loose_zip():
    for name in VERIFYING:
        check_strict(PACKAGE / "protocol" / f"{name}.py")
    for path in [*(PACKAGE / "pure").glob("*.py"), *(PACKAGE / "protocol/shards").glob("*.py")]:
        check_strict(path)


def check_strict(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Assert), path
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "zip":
            assert any(k.arg == "strict" for k in node.keywords), (path, node.lineno)


def test_files_hold_one_concept():
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyx"), *PACKAGE.rglob("*.h")]:
        assert len(path.read_text().splitlines()) <= 520, path


def test_importing_is_cheap():
    code = "import sys, cstark; print([m for m in ('numpy', 'cstark.machine') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
