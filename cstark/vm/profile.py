"""`Profile`: where the cells of a run went, by function."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cstark.text import table

__all__ = ["Profile"]


@dataclass(frozen=True)
class Profile:
    """Where the cells of a run went: its committed cells by call stack.

    Attributes
    ----------
    stacks : mapping of tuple of str to int
        For each stack, that is the names of its functions with the outermost first, the cells of
        the rows that the innermost function executed itself.

    Examples
    --------
    >>> profile = Profile({("main",): 100, ("main", "sort"): 300})
    >>> print(profile.folded(), end="")
    main 100
    main;sort 300
    >>> print(profile)
    function  own cells  share  with callees
    --------  ---------  -----  ------------
    sort            300  75.0%           300
    main            100  25.0%           400
    """

    stacks: Mapping[tuple[str, ...], int]

    @property
    def cells(self) -> int:
        """How many cells there are in all."""
        return sum(self.stacks.values())

    def folded(self) -> str:
        """Give a line for each stack, as flame-graph tools read it.

        Returns
        -------
        str
            Names joined by semicolons, then the cells.
        """
        return "".join(
            f"{';'.join(name.replace(';', ':') for name in stack)} {cells}\n"
            for stack, cells in sorted(self.stacks.items())
        )

    def functions(self) -> list[tuple[str, int, int]]:
        """Give what each function took, the one with most cells of its own first.

        Returns
        -------
        list of tuple
            Name, own cells, and cells together with those of the functions that it called.
        """
        own: Counter[str] = Counter()
        whole: Counter[str] = Counter()
        for stack, cells in self.stacks.items():
            own[stack[-1]] += cells
            for name in set(stack):  # a recursive function counts once
                whole[name] += cells
        return sorted(((n, own[n], whole[n]) for n in whole), key=lambda row: (-row[1], row[0]))

    def __str__(self) -> str:
        total = max(1, self.cells)
        return table(
            ["function", "own cells", "share", "with callees"],
            [
                [name, f"{own:,}", f"{own / total:.1%}", f"{whole:,}"]
                for name, own, whole in self.functions()
            ],
        )

    def html(self, title: str = "cells by function") -> str:
        """Draw a flame graph as one HTML page that needs nothing else.

        Widths are cells. Click on a function to see it alone, and on the lowest bar to see all.

        Parameters
        ----------
        title : str
            The heading of the page.

        Returns
        -------
        str
        """
        nodes = json.dumps(self._nodes()).replace("<", "\\u003c")  # no name ends the script
        return _PAGE.replace("TITLE", html.escape(title)).replace("NODES", nodes)

    def _nodes(self) -> list[tuple[str, int, int]]:
        """Name, own cells and the parent's place of each node of the tree, parents first.

        A flat list, because guests recurse deeper than JSON nests.
        """
        nodes = [("all", 0, -1)]
        places: dict[tuple[str, ...], int] = {(): 0}
        for stack, cells in sorted(self.stacks.items()):
            for depth in range(1, len(stack) + 1):
                if stack[:depth] not in places:
                    places[stack[:depth]] = len(nodes)
                    nodes.append((stack[depth - 1], 0, places[stack[: depth - 1]]))
            name, own, parent = nodes[places[stack]]
            nodes[places[stack]] = (name, own + cells, parent)
        return nodes


_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>TITLE</title>
<style>
body { font: 13px system-ui, sans-serif; margin: 1em }
#graph { position: relative; width: 100% }
#graph div { position: absolute; height: 18px; overflow: hidden; white-space: nowrap;
  box-sizing: border-box; border: 1px solid #fff; padding: 0 3px; cursor: pointer }
#graph div:hover { border-color: #000 }
#about { height: 1.4em; font-family: ui-monospace, monospace }
</style>
<h1>TITLE</h1>
<p id="about"></p><div id="graph"></div>
<script>
const nodes = NODES.map(([name, own, parent]) => [name, own, [], parent])
for (const node of nodes.slice(1).reverse()) {  // parents come first
  nodes[node[3]][1] += node[1]
  nodes[node[3]][2].unshift(node)
}
const tree = nodes[0]
const graph = document.getElementById("graph"), about = document.getElementById("about")
function color(name) {
  let h = 0
  for (const c of name) h = (h * 31 + c.codePointAt(0)) >>> 0
  return `hsl(${20 + h % 40} 85% ${60 + (h >> 8) % 15}%)`
}
function say(node) {
  about.textContent = `${node[0]}: ${node[1].toLocaleString("en")} cells, ` +
    `${(100 * node[1] / Math.max(1, tree[1])).toFixed(1)} % of all`
}
function show(top) {
  graph.replaceChildren()
  let depth = 0
  const pending = [[top, 0, 100, 0]]
  while (pending.length) {
    const [node, left, width, level] = pending.pop()
    depth = Math.max(depth, level)
    const box = document.createElement("div")
    box.style.left = left + "%"
    box.style.width = width + "%"
    box.dataset.level = level
    box.style.background = level ? color(node[0]) : "#ddd"
    box.textContent = node[0]
    box.onmouseover = () => say(node)
    box.onclick = () => show(node === top ? tree : node)
    graph.append(box)
    let x = left
    for (const child of node[2]) {
      const part = node[1] ? width * child[1] / node[1] : 0
      if (part > 0.05) pending.push([child, x, part, level + 1])
      x += part
    }
  }
  graph.style.height = 19 * (depth + 1) + "px"
  for (const box of graph.children) box.style.top = 19 * (depth - box.dataset.level) + "px"
  say(top)
}
show(tree)
</script>
"""
