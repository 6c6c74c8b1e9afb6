"""Mutants of the verifier's source, one statement each: some test must fail.

    python tests/attacks/source_mutants.py [module ...] [--list] [--jobs N]

Each `require` and `raise` is deleted and inverted or its `if` inverted, each `absorb` deleted; the
mutant is compiled in the place of the module, in a process of its own, and the tests of `FAST` are
run until one fails. Survivors that `EQUIVALENT` does not explain make the script exit with 1.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = (
    "verifier",
    "fri",
    "merkle",
    "commitment",
    "proof",
    "stream",
    "transcript",
    "statement",
    "checks",
)
FAST = [
    "--ignore=tests/attacks/test_checks_removed.py",  # which comes here
    "--ignore=tests/attacks/test_overview.py",  # which reads text
    "tests/protocol/test_round_trips.py::test_bytes_are_read_as_written",
    "tests/protocol/test_merkle.py",
    "tests/protocol/test_transcript.py",
    "tests/protocol/test_bad_input.py",
    "tests/protocol/test_limits.py::test_a_policy_that_is_none",
    "tests/protocol/test_ledger.py",
    "tests/attacks",
    "tests/protocol/test_refusals.py",
    "tests/protocol/test_round_trips.py",
]
#: (module, text of the mutated statement): why no test can tell.
EQUIVALENT: dict[tuple[str, str], str] = {}


class Sites(ast.NodeTransformer):
    """Numbers the places to mutate, and mutates one of them."""

    def __init__(self, chosen: int | None = None) -> None:
        self.chosen = chosen
        self.found: list[str] = []

    def site(self, kind: str, node: ast.AST) -> bool:
        line = ast.unparse(node).splitlines()[0]
        self.found.append(f"{kind}: {line}")
        return len(self.found) - 1 == self.chosen

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if not isinstance(call, ast.Call):
            return node
        if isinstance(call.func, ast.Name) and call.func.id == "require":
            if self.site("delete", node):
                return ast.Pass()
            if self.site("invert", node):
                call.args[0] = ast.UnaryOp(ast.Not(), call.args[0])
        elif (
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "absorb"
            and self.site("delete", node)
        ):
            return ast.Pass()
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Pass() if self.site("delete", node) else node

    def visit_If(self, node: ast.If) -> ast.AST:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return node
        self.generic_visit(node)
        if self.site("invert", ast.Expr(node.test)):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node


def parsed(module: str) -> ast.Module:
    return ast.parse((ROOT / "cstark" / "protocol" / f"{module}.py").read_text())


def sites(module: str) -> list[str]:
    """What there is to mutate in a module."""
    finder = Sites()
    finder.visit(parsed(module))
    return finder.found


class Mutating(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module of the protocol with one site mutated."""

    def __init__(self, module: str, number: int) -> None:
        self.name = f"cstark.protocol.{module}"
        tree = ast.fix_missing_locations(Sites(number).visit(parsed(module)))
        self.code = compile(tree, f"<mutant {number} of {module}>", "exec")

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        return importlib.util.spec_from_loader(name, self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.code, module.__dict__)


def run_mutant(module: str, number: int) -> int:
    """In a process of its own: pytest's verdict on the mutant."""
    sys.meta_path.insert(0, Mutating(module, number))
    import pytest

    return pytest.main(["-x", "-q", "--tb=no", "-p", "no:cacheprovider", *FAST])


def survives(module: str, number: int) -> bool:
    command = [sys.executable, __file__, "--run", module, str(number)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return False  # an endless loop is noticed
    return done.returncode == 0


def survivors(modules: list[str], jobs: int) -> Iterator[tuple[str, str]]:
    with ThreadPoolExecutor(jobs) as pool:
        work = [(m, k, text) for m in modules for k, text in enumerate(sites(m))]
        verdicts = pool.map(lambda item: survives(item[0], item[1]), work)
        for (module, _, text), alive in zip(work, verdicts, strict=True):
            if alive:
                yield module, text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--list", action="store_true", help="print the sites, run nothing")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if arguments.run:
        return run_mutant(arguments.run[0], int(arguments.run[1]))
    modules = arguments.modules or list(MODULES)
    if arguments.list:
        for module in modules:
            for number, text in enumerate(sites(module)):
                print(f"{module} {number}: {text}")
        return 0
    unexplained = 0
    for module, text in survivors(modules, arguments.jobs):
        why = EQUIVALENT.get((module, text))
        unexplained += why is None
        print(f"{'SURVIVES' if why is None else 'equivalent'} {module}: {text}", why or "")
        sys.stdout.flush()
    total = sum(len(sites(module)) for module in modules)
    print(f"{total} mutants, {unexplained} survive unexplained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
