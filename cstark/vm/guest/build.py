"""Compiling guests: C and assembler sources in, an ELF file for the machine out."""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TypeAlias, overload

from cstark.files import write_whole
from cstark.vm.errors import BuildError
from cstark.vm.guest.compilers import Compiler, find
from cstark.vm.guest.purity import check_guest

__all__ = ["INCLUDE", "KIT", "build"]

Source: TypeAlias = str | PathLike[str]

#: The folder with the linker script, the headers and the library's sources.
KIT = Path(__file__).resolve().parent / "kit"
#: The folder with ``cstark.h``, for an editor.
INCLUDE = KIT / "include"

_SUFFIXES = (".c", ".S", ".s")
_LEVELS = ("0", "1", "2", "3", "s", "z", "fast")
_NAME = re.compile(r"[A-Za-z_]\w*(\([\w, ]*\))?")


@overload
def build(
    sources: Source | Iterable[Source],
    output: None = None,
    *,
    compiler: str | None = None,
    optimize: str | int = "2",
    define: Mapping[str, str | int] | None = None,
    include: Iterable[Source] = (),
    debug: bool = True,
    library: bool = True,
    flags: Sequence[str] = (),
) -> bytes: ...
@overload
def build(
    sources: Source | Iterable[Source],
    output: Source,
    *,
    compiler: str | None = None,
    optimize: str | int = "2",
    define: Mapping[str, str | int] | None = None,
    include: Iterable[Source] = (),
    debug: bool = True,
    library: bool = True,
    flags: Sequence[str] = (),
) -> Path: ...
def build(
    sources: Source | Iterable[Source],
    output: Source | None = None,
    *,
    compiler: str | None = None,
    optimize: str | int = "2",
    define: Mapping[str, str | int] | None = None,
    include: Iterable[Source] = (),
    debug: bool = True,
    library: bool = True,
    flags: Sequence[str] = (),
) -> bytes | Path:
    """Compile and link a guest.

    The result is a static ELF file of RV64IM instructions, linked at 0x10000, with its symbols:
    the function's name can be said where a run stops, and where its time goes.  It is looked at
    after linking, and refused if it holds any other instruction.  The same sources, options and
    compiler give the same bytes.

    Parameters
    ----------
    sources : path or iterable of paths
        C (``.c``) and assembler (``.S``, ``.s``) files.
    output : path, optional
        The file to write, whole or not at all; default none, and the bytes are returned.
    compiler : str, optional
        ``"zig"``, ``"clang"``, ``"gcc"`` or the path of one; default the first that is there
        (`cstark.vm.guest.available`).
    optimize : str, optional
        What follows ``-O``: ``0``, ``1``, ``2``, ``3``, ``s``, ``z`` or ``fast``.
    define : mapping of str to str or int, optional
        Macros, as ``-DNAME=VALUE`` defines them; an empty string defines the name alone.
    include : iterable of paths, optional
        Folders where ``#include`` looks, after the sources' own and before the library's.
    debug : bool, optional
        Keep line numbers, which are said where a run stops; the file is larger, the image, and so
        the program's id, as it is without.
    library : bool, optional
        False for a program that brings its own ``_start`` and everything else.
    flags : sequence of str, optional
        Further options of the compiler.

    Returns
    -------
    bytes or Path
        The ELF file; with `output`, the path to it.

    Raises
    ------
    BuildError
        If there is no compiler, an option or a file is not right, the compiler or the linker
        reports an error (which the message ends with), or the program is not RV64IM.

    Examples
    --------
    >>> build("guest.py")
    Traceback (most recent call last):
    ...
    cstark.vm.errors.BuildError: guest.py: a source of a guest ends in .c, .S or .s
    """
    paths = _check_sources(sources)
    options = _options(optimize, define or {}, include, debug, flags)
    target = None if output is None else Path(output)
    if target is not None and target.is_dir():
        raise BuildError(f"{target} is a directory, not a file to write")
    if target is not None and target.resolve() in [path.resolve() for path in paths]:
        raise BuildError(f"{target} is one of the sources")
    chosen = find(compiler)
    with tempfile.TemporaryDirectory(prefix="cstark-guest-") as scratch:
        folder = Path(scratch)
        objects = _compile(chosen, paths, folder, options)
        if library:
            for name, data in _library(chosen):
                (folder / name).write_bytes(data)
                objects.append(name)
        _link(chosen, objects, folder)
        program = (folder / "guest.elf").read_bytes()
    check_guest(program)
    if target is None:
        return program
    try:
        write_whole(target, program)
    except OSError as error:
        raise BuildError(f"{target}: {error.strerror or error}") from None
    return target


def _check_sources(sources: Source | Iterable[Source]) -> list[Path]:
    given = [sources] if isinstance(sources, (str, PathLike)) else list(sources)
    paths = [Path(source) for source in given]
    if not paths:
        raise BuildError("no sources: name at least one .c file")
    for path in paths:
        if path.suffix not in _SUFFIXES:
            raise BuildError(f"{path}: a source of a guest ends in .c, .S or .s")
        if not path.is_file():
            raise BuildError(f"{path}: there is no such file")
    return paths


def _options(
    optimize: str | int,
    define: Mapping[str, str | int],
    include: Iterable[Source],
    debug: bool,
    flags: Sequence[str],
) -> list[str]:
    if str(optimize) not in _LEVELS:
        raise BuildError(f"optimize is {optimize!r}; it is one of {', '.join(_LEVELS)}")
    if isinstance(flags, str):
        raise BuildError(f"flags is the text {flags!r}; it is a list of options")
    for name in define:
        if not _NAME.fullmatch(name):
            raise BuildError(f"define: {name!r} is no name of a macro")
    if isinstance(include, (str, PathLike)):
        include = [include]
    folders = [Path(folder) for folder in include]
    for folder in folders:
        if not folder.is_dir():
            raise BuildError(f"include: there is no folder {folder}")
    return [
        f"-O{optimize}",
        "-Wall",
        "-Werror=return-type",  # in a freestanding program main has no implicit `return 0`
        "-Werror=implicit-function-declaration",
        "-g" if debug else "-g0",  # zig would keep them
        *(f"-D{name}={value}" if value != "" else f"-D{name}" for name, value in define.items()),
        *(f"-I{folder.resolve()}" for folder in folders),
        *flags,
    ]


def _compile(
    compiler: Compiler, sources: Sequence[Path], folder: Path, options: Sequence[str]
) -> list[str]:
    """Compile each source; returns the names of the objects in `folder`."""
    objects = []
    for number, source in enumerate(sources):
        name = f"{number}-{source.stem}.o"
        # Run where the source is, and name it as it is there: no path gets into the object.
        command = [
            *compiler.compile,
            *options,
            "-isystem",
            str(INCLUDE),
            f"-ffile-prefix-map={source.resolve().parent}=.",
            "-c",
            source.name if not source.name.startswith("-") else f"./{source.name}",
            "-o",
            str(folder / name),
        ]
        _tool(compiler, command, f"{source} does not compile", source.resolve().parent)
        objects.append(name)
    return objects


@functools.cache
def _library(compiler: Compiler) -> tuple[tuple[str, bytes], ...]:
    """Names and contents of the library's object files, compiled once in a process."""
    sources = sorted(path for path in (KIT / "lib").iterdir() if path.suffix in _SUFFIXES)
    # no-builtin: or strlen would be compiled to a call of strlen
    options = ["-O2", "-g0", "-Wall", "-Wextra", "-fno-builtin"]
    with tempfile.TemporaryDirectory(prefix="cstark-guest-") as scratch:
        folder = Path(scratch)
        objects = _compile(compiler, sources, folder, options)
        return tuple(
            (f"library-{source.stem}.o", (folder / name).read_bytes())
            for source, name in zip(sources, objects, strict=True)
        )


def _link(compiler: Compiler, objects: Sequence[str], folder: Path) -> None:
    options = [
        f"--script={KIT / 'link.ld'}",
        "--gc-sections",
        "--build-id=none",
        "--no-dynamic-linker",
        "-zmax-page-size=4096",
    ]
    prefix = compiler.linker_prefix
    command = [*compiler.link, *(prefix + option for option in options), *objects]
    command += ["-o", "guest.elf"]
    _tool(compiler, command, "the guest does not link", folder)


def _tool(compiler: Compiler, command: Sequence[str], what: str, folder: Path) -> None:
    """Run a compiler or linker in `folder`."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise BuildError(f"{compiler.version}: cannot run {command[0]}: {error.strerror}") from None
    said = done.stderr.strip() or done.stdout.strip()
    if done.returncode:
        said = said or f"exit code {done.returncode}"
        raise BuildError(f"{what} ({compiler.version}):\n{said}{_advice(said)}")
    if said:
        warnings.warn(f"{compiler.version}:\n{said}", stacklevel=4)


def _advice(said: str) -> str:
    """What a guest's author may not know of the error."""
    if re.search(r"\b(stdio|math|time|errno|pthread|unistd)\.h[':].*(not found|No such)", said):
        return (
            "\nA guest has no operating system: of the C library there are stdlib.h, string.h and "
            "assert.h, and cstark.h has print."
        )
    if re.search(r"undefined (symbol|reference).*\bmain\b", said):
        return "\nA guest needs a function main (or, with library=False, its own _start)."
    return ""
