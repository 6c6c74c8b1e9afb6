"""Which source files an extension is made of, a digest of their contents, how they are compiled.

``setup.py`` compiles the digest into each extension and the tests recompute it, so that an
extension older than its sources cannot go unnoticed.  Standard library only: it also runs
before anything is built.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

# GCC 12 sees an overflow in what Cython writes to release a view; clang does not know the name.
QUIET = ("-Wno-unused-function", "-Wno-unknown-warning-option", "-Wno-stringop-overflow")
#: How the kernels are compiled; -g0: no megabyte of debug information a module.
FLAGS = ("-O3", "-g0", "-fvisibility=hidden", *QUIET)
#: Directives of Cython; a debug build turns the checks on.
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "nonecheck": False,
    "cdivision": True,
    "embedsignature": True,
}
CHECKS = ("boundscheck", "initializedcheck", "nonecheck")

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
_FAMILY = re.compile(r'^\s*#\s*define\s+CSTARK_FAMILY\s+"([^"]+)"', re.M)
_EXTERN = re.compile(r'^\s*cdef\s+extern\s+from\s+"([^"]+)"', re.M)
_CIMPORT = re.compile(r"^\s*from\s+([\w.]+)\s+cimport[\s(]+(\w+)", re.M)


def extensions(root: Path) -> dict[str, Path]:
    """Dotted name and .pyx path of every extension under `root` (which holds the package)."""
    found = sorted((root / "cstark").rglob("*.pyx"))
    return {".".join(path.relative_to(root).with_suffix("").parts): path for path in found}


def source_files(root: Path, pyx: Path) -> list[Path]:
    """The .pyx, and every .pxd and C header it reaches, sorted."""
    kernels = root / "cstark" / "kernels"
    folders = [kernels / "include", kernels / "portable", kernels / "avx2", kernels]
    folders.insert(0, pyx.parent / "include")
    pending, seen = [pyx], set()
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        names = _INCLUDE.findall(text) + _FAMILY.findall(text) + _EXTERN.findall(text)
        for name in names:
            candidates = [folder / name for folder in [path.parent, *folders]]
            pending.extend(c.resolve() for c in candidates if c.is_file())
        for module, name in _CIMPORT.findall(text):
            # a name of a module, or a module of a package
            for dotted in (module, f"{module}.{name}"):
                pxd = root.joinpath(*dotted.split(".")).with_suffix(".pxd")
                if dotted.startswith("cstark.") and pxd.is_file():
                    pending.append(pxd)
        own_pxd = path.with_suffix(".pxd")
        if path.suffix == ".pyx" and own_pxd.is_file():
            pending.append(own_pxd)
    return sorted(seen)


def digest(root: Path, pyx: Path) -> str:
    """SHA-256 (first 16 hex digits) over the names and contents of `source_files`."""
    state = hashlib.sha256()
    for path in source_files(root, pyx):
        content = path.read_bytes()
        state.update(f"{path.relative_to(root)}:{len(content)}:".encode())
        state.update(content)
    return state.hexdigest()[:16]
