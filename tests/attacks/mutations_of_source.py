"""Places of the verifiers' source to mutate, and modules with one of them mutated."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.util
import re
import sys
import types
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NOWHERE = 10**6  # a place to mutate that is none

#: What must stand in its order: it absorbs, draws, reads or writes.
ORDERED = re.compile(
    r"absorb\(|\.extension|\.round_\d|reader\.|stream\.|positions\(|self\._root\(|proof_of_work"
)


#: A function that does nothing but refuse, or absorb.
CHECKING = re.compile(r"_?(check|refuse|admit)(_|$)|absorb$")


def called(call: ast.Call) -> str:
    """The name of the function or method."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


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
        elif CHECKING.match(called(call)) and self.site("delete", node):
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
        self.code = compiled(module, number)

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        return importlib.util.spec_from_loader(name, self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.code, module.__dict__)


# ---- in a process that has imported the module --------------------------------------------


def codes(code: types.CodeType, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    """What each scope of compiled source does itself, by its path of names."""
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    plain = tuple(repr(c) for c in code.co_consts if not isinstance(c, types.CodeType))
    found: dict[tuple[str, ...], object] = {path: (code.co_code, plain, code.co_names)}
    for const in inner:
        found |= codes(const, (*path, f"{const.co_name} {const.co_firstlineno}"))
    return found


def compiled(module: str, number: int) -> types.CodeType:
    tree = ast.fix_missing_locations(Sites(number).visit(parsed(module)))
    return compile(tree, f"<mutant {number} of {module}>", "exec")


def replaced_code(module: str, number: int) -> bool:
    """Give a function of an imported module the code of the mutant; whether there is one."""
    name = full_name(module)
    mutant = types.ModuleType(name)
    mutant.__dict__.update(__package__=name.rpartition(".")[0])
    keep = sys.modules[name]
    sys.modules[name] = mutant  # where dataclasses look for names
    try:
        exec(compiled(module, number), mutant.__dict__)
    finally:
        sys.modules[name] = keep
    before, after = compiled(module, NOWHERE), compiled(module, number)
    outside = {path: what for path, what in codes(before).items() if len(path) < 1}
    if any(codes(after)[path] != what for path, what in outside.items()):
        return False
    return move_code(vars(mutant), vars(keep), name) == 1 or number == NOWHERE


def move_code(source: Mapping[str, object], target: Mapping[str, object], module: str) -> int:
    """Replace the functions that differ: how many."""
    moved = 0
    for name, new in list(source.items()):
        old = target.get(name)
        if isinstance(new, type) and isinstance(old, type) and new.__module__ == module:
            moved += move_code(vars(new), vars(old), module)
            continue
        for a, b in zip(functions_of(new), functions_of(old), strict=False):
            is_ours = a.__module__ == module and a.__code__.co_filename.startswith("<mutant")
            if is_ours and codes(a.__code__) != codes(b.__code__):
                b.__code__ = a.__code__
                moved += 1
    return moved


def functions_of(value: object) -> list[types.FunctionType]:
    """The functions in what a name of a module or class stands for."""
    if isinstance(value, property):
        return [f for f in (value.fget, value.fset) if isinstance(f, types.FunctionType)]
    for name in ("__func__", "__wrapped__", "func"):
        value = getattr(value, name, value)
    return [value] if isinstance(value, types.FunctionType) else []
