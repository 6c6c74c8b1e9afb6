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
_FAMILY = re.compile(r"^\s*ISA_TABLES\((\w+)\)", re.M)
_PXI = re.compile(r'^include "([^"]+)"', re.M)
_EXTERN = re.compile(r'^\s*cdef\s+extern\s+from\s+"([^"]+)"', re.M)
_CIMPORT = re.compile(r"^\s*from\s+([\w.]+)\s+cimport[\s(]+(\w+)", re.M)


#: For each instruction set, as lanes/isa.h lists them: its folder of lanes, and the target that the
#: compiler must be told of.
ISAS = {
    "portable": ("portable", None),
    "avx2": ("avx2", "AVX2"),
    "avx512vl": ("avx2", "AVX512VL"),  # the compiler makes the difference
    "avx512": ("avx512", "AVX512"),
}


def unit(family: str, isa: str, lanes: str = "lanes.h") -> str:
    """The translation unit of a family for an instruction set.

    Those of the package stand in ``families/`` for people to read, equal to this but for their
    first line; whoever has families of his own need not write them.
    """
    folder, target = ISAS[isa]
    body = f'#include "{folder}/{lanes}"\n#define TABLE {family}_{isa}\n#include "{family}.h"\n'
    if target is not None:
        have = "AVX512" if target == "AVX512VL" else target
        body = f"#if CSTARK_HAVE_{have}\nTARGET_BEGIN(TARGET_{target})\n{body}TARGET_END\n#endif\n"
    return f'/* The family {family} for {isa}. */\n#include "isa.h"\n{body}'


def extensions(root: Path) -> dict[str, Path]:
    """Dotted name and .pyx path of every extension under `root` (which holds the package)."""
    found = sorted((root / "cstark").rglob("*.pyx"))
    return {".".join(path.relative_to(root).with_suffix("").parts): path for path in found}


def include_folders(root: Path, pyx: Path) -> list[Path]:
    """Where the compiler looks for headers: the extension's own, then those of the kernels."""
    kernels = root / "cstark" / "kernels"
    return [pyx.parent / "include", kernels / "lanes", kernels / "families", kernels]


def units(root: Path, pyx: Path) -> list[Path]:
    """The translation units of an extension besides its own: one for each instruction set.

    An extension whose C says ``ISA_TABLES(field);`` is linked with ``families/field_*.c``.
    """
    families = root / "cstark" / "kernels" / "families"
    names = _FAMILY.findall(pyx.read_text(encoding="utf-8"))
    return sorted(unit for name in names for unit in families.glob(f"{name}_*.c"))


def source_files(root: Path, pyx: Path) -> list[Path]:
    """The .pyx, and all it is made of: units, and every .pxd, .pxi and C header reached; sorted."""
    folders = include_folders(root, pyx)
    pending, seen = [pyx, *units(root, pyx)], set()
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        for name in _INCLUDE.findall(text) + _EXTERN.findall(text) + _PXI.findall(text):
            # As the compiler does: the folder of the file itself comes first, and the first wins.
            found = (folder / name for folder in [path.parent, *folders])
            pending.extend(c.resolve() for c in [*filter(Path.is_file, found)][:1])
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
