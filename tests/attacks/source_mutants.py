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
are run until one fails, which is printed. Survivors that `equivalent_mutants.EQUIVALENT` does not
explain make the script exit with 1.

What a process needs in any case (pytest, NumPy, the compiled kernels) is imported once, and each
mutant's process is forked from there. Which test noticed a mutant is remembered in `MEMORY`; the
next run tries that one first, then those that noticed most mutants of the module, then all.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import importlib
import importlib.abc
import importlib.util
import json
import os
import re
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.attacks.equivalent_mutants import EQUIVALENT  # noqa: E402

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
#: Module, mutant, and the test that noticed it last time. Built things are kept there, not sources.
MEMORY = ROOT / "build" / "source_mutants.json"
HINTS = 4
NOWHERE = 10**6  # a place to mutate that is none
CPU_SECONDS = 240  # of one mutant
MEMORY_BYTES = 8 << 30  # of one mutant

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
    seen: Counter[str] = Counter()
    texts = []
    for text in finder.found:
        seen[text] += 1
        texts.append(text if seen[text] == 1 else f"{text} #{seen[text]}")
    return texts


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


class Watcher:
    """A pytest plugin that notes the first test that fails, collecting included."""

    def __init__(self) -> None:
        self.first = ""

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            self.first = self.first or report.nodeid

    pytest_collectreport = pytest_runtest_logreport


def run_mutant(module: str, number: int, hints: list[str]) -> str:
    """In a process of its own: the first test that fails, "" if none does."""
    import pytest

    sys.meta_path.insert(0, Mutating(module, number))
    tests = FAST_PURE if module.startswith("pure.") else FAST
    for some in [*([hint] for hint in hints), tests]:
        watcher = Watcher()
        options = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider"]
        code = pytest.main([*options, *some], plugins=[watcher])
        if watcher.first:
            return watcher.first.removeprefix("tests/")
        if code in (0, 5) or some is not tests:  # a hint may name a test that is no more
            continue
        return "import"
    return ""


def warm() -> None:
    """Import what every mutant's process needs, and nothing that may be mutated."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.dont_write_bytecode = False
    sys.pycache_prefix = tempfile.mkdtemp(prefix="source-mutants-")
    atexit.register(shutil.rmtree, sys.pycache_prefix, ignore_errors=True)
    for name in ("hypothesis.strategies", "numpy", "pytest", "_pytest.assertion.rewrite"):
        importlib.import_module(name)
    for path in sorted((ROOT / "cstark" / "kernels").glob("_*.pyx")):
        importlib.import_module(f"cstark.kernels.{path.stem}")
    mutated = {full_name(module) for module in MODULES}
    if mutated & set(sys.modules):
        raise RuntimeError(f"the kernels import {mutated & set(sys.modules)}")


def start(module: str, number: int, hints: list[str]) -> tuple[int, int]:
    """Fork a mutant's process: its id, and the end of the pipe where its verdict arrives."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.setsid()
    os.chdir(ROOT)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    try:
        verdict = run_mutant(module, number, hints)
    except BaseException as error:  # a test that ends the process
        verdict = f"ends with {type(error).__name__}"
    os.write(writing, f"={verdict}"[:4000].encode())
    os._exit(0)


def verdicts(work: list[tuple[str, int, str]], jobs: int) -> Iterator[tuple[str, str, str]]:
    """Module, mutant, and the test that notices it, "" for a survivor; in the order they end."""
    memory = Memory()
    waiting, running = list(reversed(work)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            module, number, text = waiting.pop()
            child, reading = start(module, number, memory.hints(module, text))
            running[child] = (module, text, reading)
        child, _ = os.wait()
        if child not in running:
            continue
        module, text, reading = running.pop(child)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        verdict = said[1:] if said else "an endless loop, or a crash"
        memory.note(module, text, verdict)
        yield module, text, verdict


class Memory:
    """Which test noticed which mutant, over several runs."""

    def __init__(self) -> None:
        known = json.loads(MEMORY.read_text()) if MEMORY.exists() else {}
        self.known: dict[str, dict[str, str]] = known

    def hints(self, module: str, text: str) -> list[str]:
        """Tests worth trying first, as pytest takes them."""
        known = {k: v for k, v in self.known.get(module, {}).items() if "::" in v}
        often = [test for test, _ in Counter(known.values()).most_common(HINTS)]
        first = [known[text]] if text in known else []
        return [f"tests/{test}" for test in dict.fromkeys([*first, *often])]

    def note(self, module: str, text: str, verdict: str) -> None:
        self.known.setdefault(module, {})[text] = verdict
        MEMORY.parent.mkdir(exist_ok=True)
        MEMORY.write_text(json.dumps(self.known, indent=1, sort_keys=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=[])
    parser.add_argument("--list", action="store_true", help="print the sites, run nothing")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="mutants whose text starts so: a kind, or more"
    )
    parser.add_argument(
        "--original", action="store_true", help="mutate nothing: all tests must pass"
    )
    arguments = parser.parse_args()
    modules = arguments.modules or list(MODULES)
    for module in set(modules) - set(MODULES):
        parser.error(f"no such module: {module}; there are {', '.join(MODULES)}")
    work = [(m, k, t) for m in modules for k, t in enumerate(sites(m))]
    work = [item for item in work if item[2].startswith(arguments.only)]
    if arguments.original:
        work = [(module, NOWHERE, "the original") for module in modules]
    if arguments.list:
        for module, number, text in work:
            print(f"{module} {number}: {text}")
        return 0
    warm()
    total = unexplained = 0
    for module, text, test in verdicts(work, arguments.jobs):
        why = EQUIVALENT.get((module, text))
        total += 1
        unexplained += not test and why is None
        print(f"{module}: {text}\n    {test or why or 'SURVIVES'}", flush=True)
    print(f"{total} mutants, {unexplained} survive unexplained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
