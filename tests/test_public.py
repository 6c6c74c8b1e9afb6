"""The public interface: its stub, its docstrings, and what editors and ``help`` show of it."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import pydoc
import re
import runpy
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import cstark as cs
from cstark.kernels import sources

HERE = Path(__file__).resolve().parent
PACKAGE = Path(cs.__file__).resolve().parent  # which may be installed
SECTIONS = ("Parameters", "Attributes", "Returns", "Yields", "Raises", "See Also", "Notes",
            "References", "Examples")  # fmt: skip


def public(module: types.ModuleType) -> list[str]:
    return [name for name in module.__all__ if not name.startswith("_")]


def callables() -> Iterator[tuple[str, object]]:
    """Every function and class that a user can name, and the public methods of the classes."""
    for name in public(cs):
        thing = getattr(cs, name)
        inside = [(f"{name}.{n}", getattr(thing, n)) for n in public(thing)] if isinstance(
            thing, types.ModuleType) else [(name, thing)]  # fmt: skip
        for path, value in inside:
            if not callable(value):
                continue
            yield path, value
            if isinstance(value, type):
                for member in vars(value):
                    found = getattr(value, member)
                    method = isinstance(found, (types.FunctionType, types.MethodType))
                    if method and not member.startswith("_"):
                        yield f"{path}.{member}", found


CALLABLES = dict(callables())


def sections(thing: object) -> dict[str, str]:
    """A numpydoc docstring by section, what comes before the first as "Summary"."""
    text = inspect.getdoc(thing) or ""
    parts = re.split(rf"(?m)^({'|'.join(SECTIONS)})\n-+$", text)
    return {"Summary": parts[0].strip(), **dict(zip(parts[1::2], parts[2::2], strict=True))}


def names(section: str) -> list[str]:
    """The names that a section describes: ``a, b : type`` at the margin, or names alone."""
    found = re.findall(r"(?m)^(?=\S)([*\w, ]+?)(?: : .*)?$", section)
    return [name.strip(" *") for line in found for name in line.split(",")]


def parameters(thing: object) -> list[str]:
    signature = inspect.signature(thing)
    return [name for name in signature.parameters if name not in ("self", "cls")]


def test_stub_and_lazy_names_agree():
    stub = {}
    for node in ast.parse((PACKAGE / "__init__.pyi").read_text()).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.asname == alias.name, f"{alias.name} is not exported"
                module = node.module in ("cstark", "cstark.arrays")
                stub[alias.name] = (
                    (f"{node.module}.{alias.name}", None) if module else (node.module, alias.name)
                )
    assert stub == cs._NAMES
    assert sorted([*stub, "__version__"]) == sorted(cs.__all__) == dir(cs)


def test_help_has_an_index_by_purpose():
    """Every public name stands once in the first column of a table."""
    rows = re.findall(r"(?m)^(`\w+`(?:, `\w+`)*) +(.+)$", cs.__doc__)
    named = [name for first, _ in rows for name in re.findall(r"`(\w+)`", first)]
    # a pair in one line: what the second is for, by its name
    named += re.findall(r"; `(\w+)` reads", " ".join(about for _, about in rows))
    assert sorted(named) == sorted(cs.__all__)
    assert len(re.findall(r"(?m)^-+$", cs.__doc__)) >= 5
    for _, about in rows:
        for name in re.findall(r"(?<!`)`(\w+)`", about):
            assert name in cs.__all__ or name == "constrain", name


# Users are handed these and never make one.
HANDED_OUT = ("Expression", "Proof", "Table", "View")


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_docstring(name):
    thing = CALLABLES[name]
    found = sections(thing)
    assert found["Summary"].split("\n\n")[0].endswith("."), "the summary is a sentence"
    described = names(found.get("Parameters", ""))
    if not isinstance(thing, type):
        assert sorted(described) == sorted(parameters(thing))
        nothing = ("None", "NoReturn", "Iterator[None]")
        if described and inspect.signature(thing).return_annotation not in nothing:
            assert "Returns" in found
    elif issubclass(thing, (enum.Enum, BaseException)):
        return
    elif name not in HANDED_OUT and thing.__init__ is not object.__init__:
        assert (described or names(found["Attributes"])) == parameters(thing)
    assert "Examples" in found or (inspect.isroutine(thing) and "." in name), "no example"


def test_completion_offers_what_the_modules_are_for():
    for name in public(cs):
        thing = getattr(cs, name)
        if isinstance(thing, types.ModuleType):
            assert dir(thing) == sorted(thing.__all__), name


@pytest.mark.parametrize("name", sorted(cs._NAMES))
def test_help_shows_names_that_are_loaded_on_first_use(name):
    thing = getattr(cs, name)
    shown = pydoc.plain(pydoc.render_doc(thing))
    assert (thing.__doc__ or "").strip().split("\n")[0] in shown
    assert name in dir(cs)
    if inspect.isfunction(thing):
        assert f"{name}{inspect.signature(thing)}" in shown


@pytest.mark.parametrize("module", sources.extensions(PACKAGE.parent))
def test_compiled_functions_show_signature_and_docstring(module):
    loaded = importlib.import_module(module)
    stub = ast.parse(Path(loaded.__file__).parent.joinpath(
        module.rsplit(".", 1)[1] + ".pyi").read_text())  # fmt: skip
    for node in stub.body:
        if isinstance(node, ast.FunctionDef):
            function = getattr(loaded, node.name)
            assert list(inspect.signature(function).parameters) == [a.arg for a in node.args.args]
            # Cython puts the signature first; the words follow
            assert function.__doc__.startswith(f"{node.name}(")
            assert function.__doc__.partition("\n\n")[2] or node.name == "source_digest"
        elif isinstance(node, ast.ClassDef):
            assert getattr(loaded, node.name).__doc__


def test_the_program_of_a_user_runs():
    """What `tools/lint` shows to a type checker is not only well typed."""
    runpy.run_path(str(HERE / "user_program.py"), run_name="__main__")
