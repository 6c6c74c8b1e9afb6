"""Write README's Python examples to a folder, for a type checker.

    python tools/readme_examples.py FOLDER

Each is written twice: as it stands, to the package ``as_it_stands``, and to ``annotated`` with the
methods that users write annotated, so that a checker sees what their arguments are. Lines keep
their numbers in README.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
ANNOTATED = {
    "(self, t):": "(self, t: cs.Table) -> None:",
    "preprocessed_trace(self):": "preprocessed_trace(self) -> np.ndarray:",
    "free_cells(self, cells):": "free_cells(self, cells: cs.View) -> list[cs.FreeCells]:",
    "prepare(self):": "prepare(self) -> cs.Prepared:",
    "statement(cls, claim):": "statement(cls, claim: dict[str, object]) -> cs.Statement:",
}


def annotated(block: str) -> str:
    """The example with those methods annotated."""
    for plain, typed in ANNOTATED.items():
        block = block.replace(plain, typed)
    return block


def main(folder: Path) -> int:
    text = README.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S))
    for kind in ("as_it_stands", "annotated"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for old in (folder / kind).glob("*.py"):
            old.unlink()
        (folder / kind / "__init__.py").touch()
    for number, block in enumerate(blocks, 1):
        above = "\n" * text.count("\n", 0, block.start(1))
        for kind, example in (("as_it_stands", block[1]), ("annotated", annotated(block[1]))):
            (folder / kind / f"example_{number}.py").write_text(above + example, encoding="utf-8")
    print(f"{len(blocks)} examples of {README.name} in {folder}")
    return 0 if blocks else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
