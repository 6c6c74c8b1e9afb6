"""Write a file with a small machine that works, to start your own from.

FILE is a Python module, such as my_machine.py: two tables, a bus between them, a workload with an
argument, and a main program that checks, proves and verifies.  An existing file is left alone;
with `-` for FILE, or a pipe, the module is written there.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import keyword
import os
import re
import shlex
import sys
from importlib import resources
from pathlib import Path

from cstark.cli.common import CommandError, Parser, check_writable, write_atomically
from cstark.cli.say import say, say_json
from cstark.cli.target import Target
from cstark.text import pairs

__all__ = ["class_name", "configure", "run"]

#: The module in `cstark.machines` that is copied, and the names in it that stand for the user's.
TEMPLATE = "skeleton.py"
MODULE, CLASS = "my_machine", "MyMachine"


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="the file to write: my_machine.py")
    parser.need("file", "FILE")


def run(arguments: argparse.Namespace) -> int:
    """Write the file; print what can be done with it."""
    streams = Target(arguments.file).streams
    path = Path(MODULE + ".py" if streams else arguments.file)
    if not streams:
        check_module_name(path)
    check_writable(arguments.file)
    text = resources.files("cstark.machines").joinpath(TEMPLATE).read_text(encoding="utf-8")
    name = class_name(path.stem, text)
    names = {MODULE: path.stem, CLASS: name}
    text = re.sub("|".join(names), lambda found: names[found.group()], text)
    if streams:
        write_atomically(arguments.file, text.encode())
    else:
        write_new(path, text.encode())

    workload = f"{path.stem}:{name}"
    steps = [
        ("python " + path.name, "check, prove, verify"),
        (f"cstark check {workload} --mutate 10000", "look for what nothing constrains"),
        (f"cstark prove {workload} -o proof.bin", "write a proof to a file"),
        (f"cstark verify {workload} proof.bin", "verify it"),
        (f"cstark prove {workload} --help", "see its arguments"),
    ]
    if path.parent.resolve() != Path.cwd():
        steps.insert(0, (f"cd {shlex.quote(str(path.parent))}", "where the module is found"))
    if arguments.json:
        commands = [command for command, _ in steps]
        say_json({"file": arguments.file, "workload": workload, "next": commands})
        return 0
    say(f"written: {arguments.file}, with the workload {name}.  Next:\n")
    say(pairs([(f"    {command}", f"# {why}") for command, why in steps]))
    say("\nThen change what it proves.  Machines to learn from: python -m pydoc cstark.machines")
    return 0


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet.

    Raises
    ------
    CommandError
        There is something of this name, or it cannot be written; nothing is left then.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        raise CommandError(
            f"{path} exists already and has been left as it is; name another file"
        ) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CommandError(f"{path}: {error.strerror or error}") from None
        raise


def check_module_name(path: Path) -> None:
    """Refuse a file that could not be imported, or would be imported for another module.

    Raises
    ------
    CommandError
        With a name that will do.
    """
    if path.is_dir():
        raise CommandError(f"{path} is a directory; try {path / (MODULE + '.py')}")
    stem = path.stem if path.suffix == ".py" else path.name
    better = re.sub(r"\W", "_", stem)
    if not better.isidentifier() or keyword.iskeyword(better) or is_taken(better):
        better = f"machine_{better}".rstrip("_")
    advice = f"; try {path.with_name(better + '.py')}"
    if path.suffix != ".py":
        raise CommandError(f"{path}: the name of a Python module ends in .py{advice}")
    if not stem.isidentifier() or keyword.iskeyword(stem):
        raise CommandError(f"{path}: {stem!r} is no name that Python can import{advice}")
    if is_taken(stem):
        raise CommandError(f"{path}: it would hide the module {stem!r} that there is{advice}")


def is_taken(module: str) -> bool:
    """Whether a module of this name is installed, not counting files in this directory."""
    if module in sys.stdlib_module_names:
        return True
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):  # such as __main__
        return True
    if found is None:
        return False
    places = [found.origin] if found.origin else list(found.submodule_search_locations or [])
    return any(Path.cwd() not in Path(place).resolve().parents for place in places)


def class_name(module: str, text: str = "") -> str:
    """The name of the workload's class, which is no other name in the program `text`.

    Examples
    --------
    >>> class_name("my_machine"), class_name("fib2"), class_name("_"), class_name("none")
    ('MyMachine', 'Fib2', 'Machine', 'NoneMachine')
    >>> class_name("sum", "class Sum: pass")
    'SumMachine'
    """
    name = "".join(word[0].upper() + word[1:] for word in module.split("_") if word)
    if not name.isidentifier():
        name = f"Machine{name}"
    nodes = list(ast.walk(ast.parse(text)))
    used = {getattr(node, "id", getattr(node, "name", CLASS)) for node in nodes} - {CLASS}
    return f"{name}Machine" if keyword.iskeyword(name) or name in used else name
