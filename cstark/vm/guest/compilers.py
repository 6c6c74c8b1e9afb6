"""The compilers that can make a guest: which there are, and how each is asked for the same thing.

=========================== ====================================================================
``zig``                     ``pip install ziglang``: Clang and its linker as a Python
                            package, no system package
``clang``                   Clang with LLD, if it was built for RISC-V; Apple's was not
``gcc``                     a cross compiler: ``riscv64-unknown-elf-gcc`` and its other names
=========================== ====================================================================

They are tried in this order.  All of them compile for RV64IM alone (no compressed, atomic or
floating-point instructions), static, at a fixed address, with the 64-bit integer calling
convention, and link with the same script and the same library, none of their own.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cstark.vm.errors import BuildError

__all__ = ["COMPILERS", "Compiler", "available", "find"]

#: Names of the compilers, in the order in which they are tried.
COMPILERS = ("zig", "clang", "gcc")

_GCC = tuple(
    f"{target}-gcc"
    for target in (
        "riscv64-unknown-elf",
        "riscv64-elf",
        "riscv64-none-elf",
        "riscv-none-elf",
        "riscv64-linux-gnu",
        "riscv64-unknown-linux-gnu",
    )
)

_INSTALL = """\
Any of these will do:
    pip install ziglang                         clang as a Python package, nothing else needed
    apt install clang lld                       clang with LLD
    apt install gcc-riscv64-unknown-elf         gcc
    brew install llvm lld                       clang with LLD, on macOS
    brew install riscv64-elf-gcc                gcc, on macOS"""

#: Where nothing can get to, Clang puts nothing: what got there nevertheless (a function without a
#: return, say) would run into the next function and be proved.  An instruction that stops the run
#: costs nothing.  GCC has this from version 13 on.
_TRAPS_OF_CLANG = ("-mllvm", "-trap-unreachable")
_TRAPS_OF_GCC = ("-funreachable-traps",)

#: What each is told, besides the target: code that runs without an operating system, at a fixed
#: address below 2^31, which does not test for the end of its stack.
_COMMON = (
    "-mabi=lp64",
    "-ffreestanding",
    "-fno-pic",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-fno-common",
    # 0 is an address like any other, where a run stops; not a licence to leave out what follows.
    "-fno-delete-null-pointer-checks",
    "-fomit-frame-pointer",
    "-ffunction-sections",
    "-fdata-sections",
)


@dataclass(frozen=True)
class Compiler:
    """A compiler that is installed here.

    Attributes
    ----------
    name : str
        ``"zig"``, ``"clang"`` or ``"gcc"``.
    version : str
        What it says of itself, in a line.
    compile : tuple of str
        Command that compiles, with everything that does not depend on the sources.
    link : tuple of str
        Command that links, before the linker's own options.
    linker_prefix : str
        What must stand before each option that is meant for the linker.
    """

    name: str
    version: str
    compile: tuple[str, ...]
    link: tuple[str, ...]
    linker_prefix: str = ""


def _run(command: Sequence[str], text: str = "") -> str | None:
    """Standard output of a command, or None if it cannot run or fails."""
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _accepted(command: Sequence[str], *options: str) -> tuple[str, ...]:
    """`options` if the compiler takes them all, and none of them otherwise."""
    probe = [*command, *options, "-x", "c", "-c", "-", "-o", os.devnull]
    return options if _run(probe) is not None else ()


@functools.cache
def _zig() -> Compiler | None:
    if importlib.util.find_spec("ziglang") is not None:
        zig = [sys.executable, "-m", "ziglang"]
    elif path := shutil.which("zig"):
        zig = [path]
    else:
        return None
    version = _run([*zig, "version"])
    if version is None:
        return None
    target = ["-target", "riscv64-freestanding-none"]
    # A misaligned access works on the machine, and is cheaper than single bytes.
    cpu = "-mcpu=generic_rv64+m+unaligned_scalar_mem"
    return Compiler(
        "zig",
        f"zig {_first_line(version)}",
        (
            *zig,
            "cc",
            *target,
            cpu,
            *_COMMON,
            "-mcmodel=medlow",
            "-fno-sanitize=all",
            "-Wno-atomic-alignment",
            *_TRAPS_OF_CLANG,
            "-UNDEBUG",  # which it defines when it optimises
        ),
        (*zig, "ld.lld"),
    )


def _is_clang(path: str) -> bool:
    targets = _run([path, "--print-targets"])
    return targets is not None and "riscv64" in targets


@functools.cache
def _clang(given: str | None = None) -> Compiler | None:
    places = [given] if given else ["clang", "/opt/homebrew/opt/llvm/bin/clang",
                                    "/usr/local/opt/llvm/bin/clang"]  # fmt: skip
    for place in places:
        path = shutil.which(place)
        if path is None or not _is_clang(path):
            continue
        linker = _lld_of(path)
        if linker is None:
            continue
        version = _first_line(_run([path, "--version"]) or "clang")
        # nostdlibinc: no headers of a C library for this computer
        command = (path, "--target=riscv64-unknown-elf", "-march=rv64im", *_COMMON,
                   "-mcmodel=medlow", "-nostdlibinc", "-Wno-atomic-alignment",
                   *_TRAPS_OF_CLANG)  # fmt: skip
        unaligned = _accepted(command, "-mno-strict-align")
        return Compiler("clang", version, (*command, *unaligned), (linker,))
    return None


def _lld_of(clang: str) -> str | None:
    """The linker that belongs to a clang: of its own version if that is there."""
    own = _run([clang, "--print-prog-name=ld.lld"])
    number = re.search(r"-(\d+)$", clang)
    places = [
        *([own.strip()] if own else []),
        *([f"ld.lld-{number[1]}"] if number else []),
        "ld.lld",
        "/opt/homebrew/opt/lld/bin/ld.lld",
        "/usr/local/opt/lld/bin/ld.lld",
    ]
    return next((path for place in places if (path := shutil.which(place))), None)


@functools.cache
def _gcc(given: str | None = None) -> Compiler | None:
    for name in [given] if given else _GCC:
        path = shutil.which(name)
        if path is None:
            continue
        machine = _run([path, "-dumpmachine"])
        version = _run([path, "--version"])
        if machine is None or version is None or not machine.startswith("riscv"):
            continue
        # Its own headers, but not those of a C library that may be beside it.
        own = _run([path, "-print-file-name=include"]) or ""
        command = (path, "-march=rv64im", *_COMMON, "-mcmodel=medlow", "-nostdinc",
                   "-isystem", own.strip())  # fmt: skip
        # Before version 13 the way to say that misaligned accesses are fast is to name a
        # processor where they are.
        unaligned = _accepted(command, "-mno-strict-align", "-mtune=thead-c906")
        unaligned += _accepted(command, *_TRAPS_OF_GCC)
        link = (path, "-march=rv64im", "-mabi=lp64", "-nostdlib", "-static", "-no-pie")
        return Compiler("gcc", _first_line(version), (*command, *unaligned), link, "-Wl,")
    return None


def available() -> list[Compiler]:
    """The compilers that are installed here, in the order in which they are tried.

    Returns
    -------
    list of Compiler
        Empty if there is none.
    """
    found = (_zig(), _clang(), _gcc())
    return [compiler for compiler in found if compiler is not None]


def find(name: str | None = None) -> Compiler:
    """The compiler to use.

    Parameters
    ----------
    name : str, optional
        ``"zig"``, ``"clang"`` or ``"gcc"``, or the path or name of an executable of Clang or GCC;
        default the first that is installed.

    Returns
    -------
    Compiler

    Raises
    ------
    BuildError
        If it is not installed, or does not compile for 64-bit RISC-V; says what to install.
    """
    found: Compiler | None
    if name is None:
        found = _zig() or _clang() or _gcc()
        if found is None:
            raise BuildError(f"no compiler for RISC-V was found.  {_INSTALL}")
        return found
    if name in COMPILERS:
        found = {"zig": _zig, "clang": _clang, "gcc": _gcc}[name]()
        if found is None:
            others = [other.name for other in available()]
            instead = f"; there is {', '.join(others)}" if others else ""
            raise BuildError(f"no {name} for RISC-V was found{instead}.  {_INSTALL}")
        return found
    if shutil.which(name) is None:
        raise BuildError(
            f"compiler {name!r}: there is no such program, and it is none of the names "
            f"{', '.join(COMPILERS)}"
        )
    stem = Path(name).name
    found = _clang(name) if "clang" in stem else _gcc(name)
    if found is None:
        raise BuildError(
            f"compiler {name!r}: it is no GCC for RISC-V, and no Clang that has RISC-V and LLD"
        )
    return found
