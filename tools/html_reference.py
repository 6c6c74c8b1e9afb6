"""Build the HTML reference of the package, and check every link in it.

    python tools/html_reference.py FOLDER

Pages are made by pdoc from the docstrings: one for each module of `PAGES`, with the names in its
``__all__``. `html_links` says which links must hold.
"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pdoc.doc
import pdoc.doc_types
import pdoc.docstrings
import pdoc.render
from html_links import Page, broken
from jinja2 import pass_context
from markupsafe import Markup
from numpydoc_markdown import markdown
from pdoc.render_helpers import linkify

import cstark as cs
from cstark.machines import BUILT_IN

# In the order in which they are listed below the page above them.
PAGES = {
    "cstark": ["guide", "gadgets", "machines", "vm", "air.rows", "check.rank", "cost.estimate",
               "cost.choices", "security", "arrays.goldilocks", "arrays.ext3", "arrays.fft",
               "arrays.polynomial", "arrays.hashing", "protocol", "pure"],
    "cstark.vm": ["abi", "buses", "statement", "tables", "guest"],
    "cstark.vm.tables": ["family"],
    "cstark.machines": [where.partition(":")[0].rpartition(".")[2] for where in BUILT_IN.values()],
}  # fmt: skip
# Pages of which not all is for users.
SHOWN = {
    "cstark.air.rows": ["RowSelector"],
    "cstark.check.rank": ["RankTest", "Undetermined", "HeldColumns"],
    "cstark.cost.choices": ["Choices", "Choice"],
    "cstark.cost.estimate": ["Estimate", "PlanMemory", "Timing"],
    "cstark.vm.statement": [],
    "cstark.vm.tables.family": ["Family"],
}
STYLE = """
.pdoc .docstring table td, .pdoc .docstring table th {padding: .15rem .8rem .15rem 0; border: 0;
  border-bottom: 1px solid var(--accent2); vertical-align: top; text-align: left}
.pdoc .docstring thead:not(:has(th:not(:empty))) {display: none}
.pdoc .docstring blockquote {border-left: .2rem solid var(--accent2); padding-left: .8rem}
.pdoc .docstring blockquote p {white-space: pre-wrap}
.pdoc .docstring li > p {margin: .2rem 0}
.pdoc h6 {font-size: 1rem; margin: 1rem 0 .3rem}
"""


def names(name: str = "cstark") -> Iterator[str]:
    """The modules that have pages."""
    yield name
    for child in PAGES.get(name, ()):
        yield from names(f"{name}.{child}")


def load(name: str) -> ModuleType:
    """A module with the names that it loads on first use."""
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        getattr(module, public)
    return module


class _Written(str):
    """An annotation as it stands in the source, without quotes around it."""

    def __repr__(self) -> str:
        return str(self)


def as_written(annotation: Any, *context: object) -> Any:
    """Annotations are shown as they were written; evaluated, aliases are a line long."""
    return _Written(annotation) if isinstance(annotation, str) else annotation


def link_public_names(page: str, name: str, places: set[str]) -> str:
    """Link what a page quotes without its module: `Machine.check`, `cs.fft`, and base classes.

    `places` are those of the page of `cstark`. What has none there leads to its class.
    """
    up = "../" * name.count(".")

    def linked(match: re.Match[str]) -> str:
        before, quoted, after = match.groups()
        public, _, member = quoted.removeprefix("cs.").removesuffix("()").partition(".")
        where, attribute = cs._NAMES.get(public, ("", None))
        if where and attribute is None and not member:
            href = f"{up}{where.replace('.', '/')}.html"
        elif public in places:
            place = f"{public}.{member}"
            href = f"{up}cstark.html#{place if place in places else public}"
        else:
            return match[0]
        return f'{before}<a href="{href}">{quoted}</a>{after}'

    page = re.sub(r'(<span class="base">)cstark\.[\w.]+\.(\w+)(</span>)', r"\1\2\3", page)
    return re.sub(r'(<code>|<span class="base">)((?:cs\.)?[\w.]+(?:\(\))?)(<)', linked, page)


def not_in_code(linkify: Any) -> Any:
    """Examples stay as they are: pdoc takes ``.check`` in them for a module beside this one."""

    @pass_context
    def outside(context: Any, html: str, *args: Any, **settings: Any) -> Markup:
        parts = re.split(r'(<div class="[^"]*codehilite">.*?</div>)', html, flags=re.S)
        parts[::2] = [linkify(context, part, *args, **settings) for part in parts[::2]]
        return Markup("".join(parts))

    return outside


def hide(name: str, module: pdoc.doc.Module) -> None:
    """Take out what a page does not show."""
    for member in list(module.members):
        if member not in SHOWN.get(name, module.members):
            del module.members[member]
    for one in [module, *module.members.values()]:
        for member, found in list(getattr(one, "members", {}).items()):
            descriptor = found.kind == "function" and not callable(found.obj)
            of_base_class = found.kind == "function" and not found.obj.__doc__
            of_tuple = found.docstring.startswith(("Alias for field", "Create new instance"))
            if descriptor or (of_base_class and member != "__init__") or of_tuple:
                del one.members[member]  # its class, or the base class, says what it is


def adopt(modules: dict[str, pdoc.doc.Module]) -> None:
    """Show what a class inherits from a class without a page as its own.

    Large classes are written in parts; whoever reads of them need not know.
    """
    classes = [one for m in modules.values() for one in m.members.values() if one.kind == "class"]
    shown = {(one.obj.__module__, one.obj.__qualname__) for one in classes}
    for one in classes:
        for name, member in one.members.items():
            module, qualified = member.taken_from
            if module.startswith("cstark.") and (module, qualified.rpartition(".")[0]) not in shown:
                member.taken_from = (one.modulename, f"{one.qualname}.{name}")


def explain(module: pdoc.doc.Module) -> None:
    """Values of the package itself are explained by its index."""
    for name, about in re.findall(r"(?m)^`(\w+)` +(.+)$", module.docstring):
        if name in module.members and not module.members[name].docstring:
            module.members[name].docstring = f"This is {about}."


def build(folder: Path) -> None:
    """Write the pages."""
    modules = {name: pdoc.doc.Module(load(name)) for name in names()}
    for name, module in modules.items():
        children = PAGES.get(name, ())
        module.__dict__["submodules"] = [modules[f"{name}.{child}"] for child in children]
        hide(name, module)
    adopt(modules)
    explain(modules["cstark"])
    pdoc.doc.safe_eval_type = pdoc.doc_types.safe_eval_type = as_written  # type: ignore[assignment]
    pdoc.docstrings.convert.cache_clear()
    pdoc.docstrings.numpy = markdown
    pdoc.docstrings.rst = lambda text, source: text
    pdoc.render.env.filters["linkify"] = not_in_code(linkify)
    templates = folder / "templates"
    templates.mkdir(parents=True)
    (templates / "custom.css").write_text(STYLE, encoding="utf-8")
    pdoc.render.configure(
        docformat="numpy", template_directory=templates, show_source=False,
        include_undocumented=False, footer_text=f"cstark {cs.__version__}",
    )  # fmt: skip
    texts = {name: pdoc.render.html_module(module, modules) for name, module in modules.items()}
    places = Page(texts["cstark"]).places
    for name, text in texts.items():
        page = folder / f"{name.replace('.', '/')}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(link_public_names(text, name, places), encoding="utf-8")
    (folder / "index.html").write_text(pdoc.render.html_index(modules), encoding="utf-8")
    (folder / "search.js").write_text(pdoc.render.search_index(modules), encoding="utf-8")
    shutil.rmtree(templates)


def main(folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    build(folder)
    wrong = list(broken(folder))
    for line in wrong:
        print(line, file=sys.stderr)
    count = sum(1 for _ in folder.rglob("*.html"))
    found = f"{len(wrong)} broken links" if wrong else "links hold"
    print(f"{count} pages in {folder}; {found}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
