"""Mutants of the verifiers' source, one place each: some test must fail.

    python tests/attacks/source_mutants.py [module ...] [--list] [--jobs N] [--only KIND]

Modules are those of `cstark.protocol`, by name, and of `cstark.pure`, as ``pure.verify``. Mutated
are

=========  =====================================================================================
delete     each `require`, `raise` and `absorb`
invert     each condition of a `require`, and of an `if`
first      each loop and comprehension goes over the first item only
cut        and over all but the last
shorten    what is absorbed loses its last byte
swap       two neighbouring statements that absorb, draw, read or write change places
=========  =====================================================================================

The mutant is compiled in the place of the module, in a process of its own, and the tests of `FAST`
are run until one fails, which is printed. Survivors that `EQUIVALENT` does not explain make the
script exit with 1.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = ("verifier", "fri", "merkle", "commitment", "proof", "transcript", "statement",
           "refusals", "stream", "policy", "pure.verify", "pure.constraints", "pure.fri",
           "pure.merkle", "pure.transcript", "pure.proof")  # fmt: skip
FAST = [
    "--ignore=tests/attacks/test_checks_removed.py",  # which comes here
    "--ignore=tests/attacks/test_overview.py",  # which reads text
    "tests/protocol/test_round_trips.py::test_bytes_are_read_as_written",
    "tests/attacks/test_binding_statement.py",
    "tests/attacks/test_every_place.py",
    "tests/attacks/test_policy.py",
    "tests/protocol/test_bad_input.py",
    "tests/protocol/test_merkle.py",
    "tests/protocol/test_transcript.py",
    "tests/protocol/test_limits.py::test_a_policy_that_is_none",
    "tests/protocol/test_ledger.py",
    "tests/attacks",
    "tests/protocol/test_refusals.py",
    "tests/protocol/test_round_trips.py",
]
FAST_PURE = [
    "tests/pure/test_agreement.py",
    "tests/attacks/test_every_place.py",
    "tests/attacks/test_binding_statement.py",
    "tests/pure",
]
#: (module, text of the mutated statement): why no test can tell.
_ZK = "a message names the options that differ; the last, zk, is False in every file"
EQUIVALENT: dict[tuple[str, str], str] = {
    ("verifier", "cut: for f in fields(options)"): _ZK,
    ("stream", "shorten: self.transcript.absorb(item, b'')"): "nothing is absorbed there",
    ("verifier", "cut: for name, value, theirs in pairs if value != theirs"): _ZK,
}


#: What must stand in its order: it absorbs, draws, reads or writes.
ORDERED = re.compile(
    r"absorb\(|\.extension|\.round_\d|reader\.|stream\.|positions\(|self\._root\(|proof_of_work"
)


class Sites(ast.NodeTransformer):
    """Numbers the places to mutate, and mutates one of them."""

    def __init__(self, chosen: int | None = None) -> None:
        self.chosen = chosen
        self.found: list[str] = []

    def site(self, kind: str, node: ast.AST) -> bool:
        lines = ast.unparse(node).strip().splitlines()
        self.found.append(f"{kind}: {' / '.join(lines[:2]) if kind == 'swap' else lines[0]}")
        return len(self.found) - 1 == self.chosen

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Neighbours first, then what is inside."""
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                self.swap_in(block)
        return super().generic_visit(node)

    def swap_in(self, block: list[ast.stmt]) -> None:
        for k in range(len(block) - 1):
            pair = block[k : k + 2]
            if all(ORDERED.search(ast.unparse(s)) for s in pair) and all(
                isinstance(s, ast.Expr | ast.Assign) for s in pair
            ):
                both = ast.Module(pair, [])
                if self.site("swap", both):
                    block[k : k + 2] = pair[::-1]

    def shortened(self, iterable: ast.expr, node: ast.AST) -> ast.expr:
        for kind, text in (("first", "list(_)[:1]"), ("cut", "list(_)[:-1]")):
            if self.site(kind, node):
                tree = ast.parse(text, mode="eval").body
                tree.value.args[0] = iterable  # type: ignore[attr-defined]
                return tree
        return iterable

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = self.shortened(node.iter, ast.comprehension(node.target, node.iter, [], 0))
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.iter = self.shortened(node.iter, node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_absorb = isinstance(node.func, ast.Attribute) and node.func.attr == "absorb"
        if is_absorb and len(node.args) == 2 and self.site("shorten", node):
            node.args[1] = ast.Subscript(
                node.args[1], ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1))), ast.Load()
            )
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        self.generic_visit(node)
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
        self.generic_visit(node)
        return ast.Pass() if self.site("delete", node) else node

    def visit_If(self, node: ast.If) -> ast.AST:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return node
        self.generic_visit(node)
        if self.site("invert", ast.Expr(node.test)):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node


def parsed(module: str) -> ast.Module:
    return ast.parse((ROOT / f"{full_name(module).replace('.', '/')}.py").read_text())


def full_name(module: str) -> str:
    """The module's name in the package."""
    return f"cstark.{module}" if "." in module else f"cstark.protocol.{module}"


def sites(module: str) -> list[str]:
    """What there is to mutate in a module."""
    finder = Sites()
    finder.visit(parsed(module))
    return finder.found


class Mutating(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module of the protocol with one site mutated."""

    def __init__(self, module: str, number: int) -> None:
        self.name = full_name(module)
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

    tests = FAST_PURE if module.startswith("pure.") else FAST
    return pytest.main(["-x", "-q", "--tb=no", "-p", "no:cacheprovider", *tests])


def killer(module: str, number: int) -> str:
    """The test that notices a mutant, "" if none does."""
    command = [sys.executable, __file__, "--run", module, str(number)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return "an endless loop"
    if done.returncode == 0:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found[1].removeprefix("tests/") if found else "import"


def survives(module: str, number: int) -> bool:
    return not killer(module, number)


def verdicts(modules: list[str], jobs: int, only: str = "") -> Iterator[tuple[str, str, str]]:
    """Module, mutant, and the test that notices it."""
    with ThreadPoolExecutor(jobs) as pool:
        work = [(m, k, text) for m in modules for k, text in enumerate(sites(m))]
        work = [item for item in work if item[2].startswith(only)]
        found = pool.map(lambda item: killer(item[0], item[1]), work)
        for (module, _, text), test in zip(work, found, strict=True):
            yield module, text, test


def survivors(modules: list[str], jobs: int) -> Iterator[tuple[str, str]]:
    return ((module, text) for module, text, test in verdicts(modules, jobs) if not test)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--list", action="store_true", help="print the sites, run nothing")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", metavar="KIND", help="mutants of this kind")
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
    total = unexplained = 0
    for module, text, test in verdicts(modules, arguments.jobs, arguments.only):
        why = EQUIVALENT.get((module, text))
        total += 1
        unexplained += not test and why is None
        print(f"{module}: {text}\n    {test or why or 'SURVIVES'}", flush=True)
    print(f"{total} mutants, {unexplained} survive unexplained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
