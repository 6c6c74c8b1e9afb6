"""Eight guests to learn from, each explained in its C file, with what it must compute in Python.

============== ======================================================== =========================
example        what is proved                                           what it teaches
============== ======================================================== =========================
fibonacci      F(n) for a private n                                     input, output, secrets
sha256         the digest of a private file                             commitments, cost
search         ranks among private numbers                              lengths, memory, help
json_field     a field of a private document                            ambiguity, parsing
network        the classes of private images                            constants, integers
sudoku         the knowledge of a solution                              checking, exit codes
merkle_path    membership in a set                                      separation of domains
decompress     the checksum of a compressed file                        bounds
============== ======================================================== =========================

``search`` exists in Rust as well (``cstark/vm/guest/rust/search``).  `FIB_ITERATIVE` is the
assembler source of the benchmark ``fib_iterative``.

Examples
--------
>>> example = load("sudoku")
>>> data = example.make_input(1)
>>> output, exit_code = example.reference(data)
>>> exit_code, output == data[:81]
(0, True)
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cstark.errors import did_you_mean
from cstark.vm.errors import BuildError

__all__ = ["EXAMPLES", "FIB_ITERATIVE", "Example", "load"]

_FOLDER = Path(__file__).resolve().parent

#: Names of the examples, in the order to read them, with the headers beside them that they need.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "fibonacci": (),
    "sha256": ("sha256.h",),
    "search": (),
    "json_field": ("sha256.h",),
    "network": ("network_weights.h",),
    "sudoku": (),
    "merkle_path": ("sha256.h",),
    "decompress": (),
}

#: Source of the benchmark; built with ``define={"ITERATIONS": n}, library=False``.
FIB_ITERATIVE = _FOLDER / "fib_iterative.S"


@dataclass(frozen=True)
class Example:
    """A guest, and what it must compute.

    Attributes
    ----------
    name : str
    title : str
        What it is, in a line: the first of the C file.
    source : Path
        The C file.
    headers : tuple of Path
        What it includes from its own folder.
    make_input : callable
        ``make_input(size) -> bytes``: an input with which the guest halts with exit code 0, the
        same for the same size; 1 is a small one, and the instructions grow with the size.
    reference : callable
        ``reference(data) -> (output, exit code)`` in plain Python, for any bytes.
    """

    name: str
    title: str
    source: Path
    headers: tuple[Path, ...]
    make_input: Callable[[int], bytes]
    reference: Callable[[bytes], tuple[bytes, int]]

    def build(self, **options: Any) -> bytes:
        """Compile it: `cstark.vm.guest.build` of its source, with these options."""
        from cstark.vm.guest.build import build

        program: bytes = build(self.source, **options)
        return program


def load(name: str) -> Example:
    """The example called `name`.

    Parameters
    ----------
    name : str
        One of `EXAMPLES`.

    Returns
    -------
    Example

    Raises
    ------
    BuildError
        If there is no such example.
    """
    if name not in EXAMPLES:
        raise BuildError(
            f"there is no example {name!r}{did_you_mean(name, EXAMPLES)}; "
            f"there are {', '.join(EXAMPLES)}"
        )
    module = importlib.import_module(f"cstark.vm.guest.examples.{name}")
    headers = tuple(_FOLDER / header for header in EXAMPLES[name])
    source = _FOLDER / f"{name}.c"
    title = source.read_text(encoding="utf-8").partition("\n")[0].removeprefix("/* ")
    return Example(name, title.rstrip("."), source, headers, module.make_input, module.reference)
