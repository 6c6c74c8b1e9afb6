"""Check the links of a folder of HTML pages about the package.

A link to another page or to a place on one must lead somewhere, and so must every name of the
package that is quoted as code, as in `cstark.check.rank` or `cs.Options`. Addresses elsewhere are
not visited.
"""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cstark as cs

__all__ = ["Page", "broken", "exists"]


class Page(HTMLParser):
    """What a page can be linked to, what it links to, and the names that it quotes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()
        self.code: set[str] = set()
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.places |= {given[key] or "" for key in ("id", "name") if given.get(key)}
        self.links |= {given[key] or "" for key in ("href", "src") if given.get(key)}
        if tag == "code":
            self._open.append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "code" and self._open:
            self.code.add(self._open.pop())


def broken(folder: Path) -> Iterator[str]:
    """A line for each link that leads nowhere, and for each quoted name that there is not."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    quoted: dict[str, list[str]] = defaultdict(list)
    for path, page in pages.items():
        where = str(path.relative_to(folder))
        for link in sorted(page.links):
            if re.match(r"https?://[\w.-]+/?|data:|mailto:", link):
                continue
            target, _, place = link.partition("#")
            found = (path.parent / target).resolve() if target else path
            if found not in pages and not found.is_file():
                yield f"{where}: {link} leads to no page"
            elif place and found in pages and place not in pages[found].places:
                yield f"{where}: {link} leads to no place on the page"
        for code in page.code:
            if re.fullmatch(r"(cs|cstark)(\.\w+)+", code) and code != "cstark.h":  # for C
                quoted[code].append(where)
    for name, places in sorted(quoted.items()):
        if not exists(name):
            yield f"{', '.join(places)}: there is no {name}"


def exists(name: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one."""
    first, *rest = name.split(".")
    found: Any = cs
    path = "cstark"
    for part in rest:
        path = f"{path}.{part}"
        try:
            found = importlib.import_module(path)
        except ModuleNotFoundError:
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", ())
            found = getattr(found, part)
    return first in ("cs", "cstark")
