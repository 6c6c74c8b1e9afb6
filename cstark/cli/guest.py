"""Write and compile guests: programs for the RISC-V machine, whose runs are proved.

    cstark guest new DIR                      a folder with a small guest in C, to start from
    cstark guest new DIR --example sha256     ... with one of the examples
    cstark guest new DIR --rust               ... in Rust
    cstark guest build FILE.c -o FILE.elf     compile it
    cstark guest build DIR -o FILE.elf        compile a Cargo package
    cstark guest list                         the examples, and the compilers that are here

`build` takes the first of these that is installed: zig (pip install ziglang, no system
package), clang with lld, gcc for riscv64.
"""

from __future__ import annotations

import argparse
import shlex
import warnings
from collections.abc import Callable
from pathlib import Path

from cstark.cli.common import CommandError, Parser, check_writable, write_atomically
from cstark.cli.say import complain, say, say_json
from cstark.text import pairs

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", nargs="?", choices=tuple(_ACTIONS), help="see above")
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="new: the folder; build: sources (.c, .S), or a Cargo package",
    )
    parser.need("action", "new, build or list")
    new = parser.add_argument_group("options of new")
    new.add_argument("--example", metavar="NAME", help="copy this example; see cstark guest list")
    new.add_argument("--rust", action="store_true", default=None, help="a Cargo package")
    build = parser.add_argument_group("options of build")
    build.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the ELF file, - for standard output (default: the first source, as .elf)",
    )
    build.add_argument("--compiler", metavar="NAME", help="zig, clang, gcc, or the path of one")
    build.add_argument(
        "-O", dest="optimize", metavar="LEVEL", help="0, 1, 2 (default), 3, s, z or fast"
    )
    build.add_argument(
        "-D", dest="define", metavar="NAME[=VALUE]", action="append", help="define a macro"
    )
    build.add_argument(
        "-I", dest="include", metavar="DIR", action="append", help="look for headers here too"
    )
    build.add_argument(
        "--no-debug", action="store_true", default=None, help="leave out the line numbers"
    )
    build.add_argument(
        "--no-library",
        action="store_true",
        default=None,
        help="link nothing but the sources: they have a _start of their own",
    )


_OF_NEW = ("example", "rust")
_OF_C = ("optimize", "define", "include", "no_debug", "no_library")
_OF_BUILD = ("output", "compiler", *_OF_C)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    allowed = {"new": _OF_NEW, "build": _OF_BUILD}.get(arguments.action, ())
    for name in (*_OF_NEW, *_OF_BUILD):
        if name not in allowed and getattr(arguments, name) is not None:
            flag = "-" + {"optimize": "O", "define": "D", "include": "I"}.get(
                name, "-" + name.replace("_", "-")
            )
            raise CommandError(f"{flag} is no option of cstark guest {arguments.action}")
    return _ACTIONS[arguments.action](arguments)


def _new(arguments: argparse.Namespace) -> int:
    from cstark.vm.guest import new

    if len(arguments.paths) != 1:
        raise CommandError("name one folder: cstark guest new DIR")
    folder = Path(arguments.paths[0])
    written = new(folder, arguments.example, rust=bool(arguments.rust))
    first = written[0].relative_to(folder)
    source = "." if arguments.rust else str(first)
    data = next(path.name for path in written if path.stem == "input")
    elf = first.with_suffix(".elf").name
    steps = [
        (f"cd {shlex.quote(str(folder))}", ""),
        (f"cstark guest build {source} -o {elf}", "compile it"),
        (f"cstark run {elf} --input {data}", "execute it, and see what a proof would cost"),
        (f"cstark prove {elf} --input {data} -o proof.bin", "write a proof to a file"),
        (f"cstark verify {elf} proof.bin", "verify it"),
    ]
    library = "the crate cstark-guest" if arguments.rust else "cstark.h"
    if arguments.json:
        say_json({"files": [str(path) for path in written], "next": [step for step, _ in steps]})
        return 0
    say(
        f"written: {', '.join(str(path) for path in written)}.  Next:\n",
        pairs([(f"    {command}", f"# {why}" if why else "") for command, why in steps]),
        f"\nThen change {first}.  What it can call: {library}, explained there.",
    )
    return 0


def _build(arguments: argparse.Namespace) -> int:
    from cstark.vm.guest import build_rust, find
    from cstark.vm.guest.purity import check_guest

    if not arguments.paths:
        raise CommandError("name a source: cstark guest build FILE.c -o FILE.elf")
    first = Path(arguments.paths[0])
    package = first.is_dir()
    output = arguments.output or str(
        first / f"{first.resolve().name}.elf" if package else first.with_suffix(".elf")
    )
    if any(Path(output).resolve() == Path(path).resolve() for path in arguments.paths):
        raise CommandError(f"{output} is one of the sources: name another file with -o")
    check_writable(output)
    compiler = find(arguments.compiler)
    said: list[str] = []
    if package:
        if len(arguments.paths) > 1 or any(getattr(arguments, name) for name in _OF_C):
            raise CommandError("a Cargo package is built alone, with what its Cargo.toml says")
        program = build_rust(first, compiler=arguments.compiler)
    else:
        program, said = _compile(arguments)
    for warning in said:
        complain(warning)
    write_atomically(output, program)
    instructions = check_guest(program)
    by = "cargo" if package else compiler.version
    if arguments.json:
        say_json({"file": output, "compiler": by, "code": instructions, "warnings": said})
        return 0
    say(f"written: {output}, {instructions:,} instructions of code, by {by}")
    return 0


def _compile(arguments: argparse.Namespace) -> tuple[bytes, list[str]]:
    """The program, and what the compiler warned of."""
    from cstark.vm.guest import build

    define = {}
    for item in arguments.define or ():
        name, equals, value = item.partition("=")
        define[name] = value if equals else "1"  # as -D NAME does
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        program = build(
            arguments.paths,
            compiler=arguments.compiler,
            optimize=arguments.optimize or "2",
            define=define,
            include=arguments.include or (),
            debug=not arguments.no_debug,
            library=not arguments.no_library,
        )
    return program, [str(warning.message) for warning in said]


def _list(arguments: argparse.Namespace) -> int:
    from cstark.vm.guest import available
    from cstark.vm.guest.examples import EXAMPLES, load

    if arguments.paths:
        raise CommandError("cstark guest list takes no path")
    examples = {name: load(name).title for name in EXAMPLES}
    compilers = {compiler.name: compiler.version for compiler in available()}
    if arguments.json:
        say_json({"examples": examples, "compilers": compilers})
        return 0
    say("examples, for cstark guest new DIR --example NAME:")
    say(pairs([(f"    {name}", title) for name, title in examples.items()]))
    say("compilers that are here, the first of which is used:")
    none = [("    none", "pip install ziglang")]
    say(pairs([(f"    {name}", version) for name, version in compilers.items()] or none))
    return 0


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "new": _new,
    "build": _build,
    "list": _list,
}
