"""What the commands share: their parser, files, and how claims are printed."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from cstark.cli.say import OutputError, results_to_stderr
from cstark.cli.target import Target
from cstark.errors import (
    Reason,
    SettingError,
    StatementError,
    VerificationError,
    as_python_reads,
)
from cstark.limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from cstark.machine import Machine
    from cstark.protocol.proof import Proof
    from cstark.protocol.shards.proof import ShardedProof
    from cstark.protocol.verifier import Verifier
    from cstark.workload import Statement, Workload
    from cstark.workload.arguments import Argument
    from cstark.workload.statement_file import StatementFile

__all__ = [
    "CommandError",
    "FailureError",
    "Parser",
    "Subject",
    "UsageError",
    "add_workload",
    "argument_text",
    "check_apart",
    "check_writable",
    "claim_pairs",
    "find_workload",
    "load_workload",
    "parse_heights",
    "read_bytes",
    "subject_of_file",
    "visible",
    "write_atomically",
]

#: Digits of the most rows that there can be.
_ROWS_DIGITS = 10


class CommandError(Exception):
    """Wrong usage or a file that cannot be read or written: exit code 2."""


class FailureError(CommandError):
    """What went wrong is neither usage nor a file: exit code 3."""


class UsageError(CommandError):
    """Arguments that cannot be parsed; `usage` is what argparse prints above its complaint."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


# --- arguments --------------------------------------------------------------------------------


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal, which argparse would load `shutil` and three compressors to ask."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size(1).columns
        except (ValueError, OSError):
            columns = 0
        super().__init__(prog, width=(columns or 80) - 2)


class Parser(argparse.ArgumentParser):
    """An argument parser whose workload, once named, adds its own arguments.

    Abbreviated options are refused: they would change their meaning with the workload.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            allow_abbrev=False,
            add_help=False,
            formatter_class=_Formatter,
            **settings,
        )
        #: Which arguments of the workload the command takes: "none", "all", or the "verifier" ones.
        self.workload_arguments = "none"
        #: Where the command's words name the workload, if they do.
        self.name_workload = _named_workload
        self.required: list[tuple[str, str]] = []
        self.add_argument("-h", "--help", action="store_true", help="show this help")
        self.add_argument(
            "--json",
            action="store_true",
            help="print JSON, for programs; field elements and integers of claims are strings",
        )
        self.add_argument("--threads", type=_positive, metavar="N", help="number of threads")

    def need(self, attribute: str, shown: str) -> None:
        """Demand an argument that argparse must not demand while it looks for the workload."""
        self.required.append((attribute, shown))

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse `words`; ``arguments.workload_class`` and ``.workload_values`` are set.

        With ``--help`` among them nothing else is demanded, and neither of the two is set.

        Raises
        ------
        UsageError
        """
        words = [_normal(word) for word in words]
        # intermixed: options may stand between the workload and the file
        known, _ = self.parse_known_intermixed_args(words)
        workload: type[Workload] | None = None
        given: dict[str, Any] = {}
        items: tuple[Argument, ...] = ()
        name = self.name_workload(known)
        if self.workload_arguments != "none" and name is not None:
            workload, given = find_workload(name)
            all_items = workload.arguments()
            items = tuple(
                item
                for item in all_items
                if item.name not in given and (item.verifier or self.workload_arguments == "all")
            )
            self._add_workload_arguments(name, workload.describe(), items)
        if known.help:
            return known
        arguments = self.parse_intermixed_args(words)
        for attribute, shown in self.required:
            if getattr(arguments, attribute) is None:
                self.error(f"{shown} is missing")
        arguments.workload_class = workload
        arguments.workload_values = given | {
            item.name: getattr(arguments, _destination(item))
            for item in items
            if hasattr(arguments, _destination(item))
        }
        return arguments

    def error(self, message: str) -> NoReturn:
        """Argparse's way to complain; here the complaint also reaches programs, as JSON."""
        raise UsageError(message, self.format_usage().rstrip("\n"))

    def _add_workload_arguments(self, name: str, text: str, items: Sequence[Argument]) -> None:
        group = self.add_argument_group(f"arguments of {name}", text or None)
        for item in items:
            flag = "--" + as_python_reads(item.name).replace("_", "-")
            required = item.default is dataclasses.MISSING
            settings: dict[str, Any] = {
                "dest": _destination(item),
                "default": argparse.SUPPRESS,
                "required": required,
                "help": argument_text(item).replace("%", "%%"),
            }
            if item.type is bool:
                settings["action"] = argparse.BooleanOptionalAction
            else:
                settings["type"] = integer if item.type is int else item.type
                settings["metavar"] = item.type.__name__.upper()
                # `--flag` and `--no-flag` leave argparse nothing to compare with the choices of a
                # bool: the workload itself refuses the other one.
                if item.choices is not None:
                    settings["choices"] = item.choices
                    del settings["metavar"]
            try:
                group.add_argument(flag, **settings)
            except argparse.ArgumentError:
                raise CommandError(
                    f"workload {name}: its argument {flag} is an option of this command already"
                ) from None


def _named_workload(arguments: argparse.Namespace) -> str | None:
    name: str | None = getattr(arguments, "workload", None)
    return name


def argument_text(item: Argument) -> str:
    """What an argument means, with its default if that says anything."""
    text = item.help or item.name.replace("_", " ")
    silent = item.default is dataclasses.MISSING or item.default in (None, "")
    return text if silent else f"{text} (default: {item.default})"


def _normal(word: str) -> str:
    """A word of the command line, the name of an option written as Python reads names."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    return as_python_reads(name) + equals + value


def _destination(item: Argument) -> str:
    return "workload_argument_" + item.name


def integer(text: str) -> int:
    """An integer as Python writes it: ``1000``, ``1_000``, ``0x3e8``, ``-1``."""
    try:
        return int(text, 0)
    except ValueError:
        return int(text)  # leading zeros


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def add_workload(parser: Parser, *, arguments: str) -> None:
    """The WORKLOAD argument, and which of the workload's own the command takes."""
    parser.workload_arguments = arguments
    parser.add_argument(
        "workload",
        nargs="?",
        metavar="WORKLOAD",
        help="a name that `cstark list` prints, module:attribute, or an ELF file",
    )
    parser.need("workload", "WORKLOAD")


SOURCES = (".c", ".s", ".S", ".rs")
"""How the names of sources of guests end."""


def find_workload(name: str) -> tuple[type[Workload], dict[str, Any]]:
    """The workload class of a name, and the arguments that the name gives by itself.

    An ELF file is a guest of `cstark.vm`, which is given the file as its program.
    """
    if name.endswith(".elf") or _is_elf(name):
        from cstark.vm.workload import Guest

        return Guest, {"program": name}
    if name.endswith(SOURCES) and os.path.exists(name):
        raise CommandError(f"{name} is a source; compile it first: cstark guest build {name}")
    return load_workload(name), {}


def _is_elf(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except (OSError, ValueError):
        return False


def load_workload(name: str) -> type[Workload]:
    """The workload class of a name; modules are also looked for in the current directory."""
    from cstark.machines import load

    if ":" in name and "" not in sys.path:
        with contextlib.suppress(OSError):  # a directory that is gone has no modules
            if os.getcwd() not in sys.path:
                sys.path.insert(0, os.getcwd())
    try:
        return load(name)
    except (StatementError, SettingError, MemoryError, BrokenPipeError):
        raise
    except (Exception, SystemExit) as error:
        missing = getattr(error, "name", None) or "" if isinstance(error, ImportError) else ""
        if missing.partition(".")[0] in ("cstark", "numpy"):  # the installation's fault
            raise
        raise CommandError(
            f"workload {name!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error


# --- what a proof file says about itself ------------------------------------------------------
#
# All of it comes from a stranger: whatever is wrong with it refuses the proof.


class Subject(NamedTuple):
    """What a proof file is about: nothing of it has been committed to."""

    claim: bytes
    statement: Statement
    machine: Machine

    def verifier(self, proof: Proof | bytes) -> Verifier:
        """The verifier of a file, which commits to preprocessed columns after the first checks.

        Raises
        ------
        VerificationError
            The statement of the claim has impossible public values or tokens.
        """
        from cstark.protocol.verifier import Verifier

        try:
            return Verifier.begin(
                self.machine.proving_key.deferred_key(),
                proof,
                self.statement.publics,
                self.statement.tokens,
                self.claim,
            )
        except StatementError as error:
            raise VerificationError(str(error), Reason.STATEMENT) from error

    def verify(self, proof: ShardedProof, **demands: Any) -> None:
        """Return if a proof in shards holds.

        Parameters
        ----------
        proof : ShardedProof
        **demands
            `min_security` and `regime`, as for `Machine.verify`.

        Raises
        ------
        VerificationError
            It is refused, or the statement of the claim has impossible public values or tokens.
        """
        publics, tokens = self.statement.publics, self.statement.tokens
        try:
            self.machine.verify(proof, publics, tokens=tokens, claim=self.claim, **demands)
        except StatementError as error:
            raise VerificationError(str(error), Reason.STATEMENT) from error

    def file(self, *, shards: bool = False) -> StatementFile:
        """The statement as data; commits to the preprocessed columns.

        Parameters
        ----------
        shards : bool
            Whether it is for proofs in shards, whose key is another one.

        Raises
        ------
        VerificationError
            The statement of the claim has impossible public values or tokens.
        """
        publics, tokens = self.statement.publics, self.statement.tokens
        try:
            return self.machine.statement(publics, tokens=tokens, claim=self.claim, shards=shards)
        except StatementError as error:
            raise VerificationError(str(error), Reason.STATEMENT) from error


def subject_of_file(
    workload: type[Workload], proof: Proof | ShardedProof, held: Mapping[str, Any]
) -> Subject:
    """The claim in a proof file, the workload's statement of it, and the machine of both.

    Parameters
    ----------
    workload : type
    proof : Proof or ShardedProof
        Its claim and options are used, whatever they are.
    held : mapping
        What the verifier brings, `Workload.verifier_arguments`.

    Raises
    ------
    VerificationError
        If the workload does not accept the claim, or the machine cannot have these options.
    """
    from cstark.protocol.options import Options

    claim, statement = workload.statement_of(proof.claim, **held)
    # `Options` with a number of queries resolve to the same numbers.
    data: dict[str, Any] = {**proof.options.to_data(), "zk": bool(proof.options.zk)}
    names = {item.name for item in dataclasses.fields(Options)}
    options = Options(**{name: value for name, value in data.items() if name in names})
    return Subject(claim, statement, statement.machine(options))


# --- files ------------------------------------------------------------------------------------


def read_bytes(path: str) -> bytes:
    """A whole file, or standard input for ``-``.

    Raises
    ------
    CommandError
        If it cannot be read or is far too long.
    """
    try:
        if path == "-":
            if sys.stdin is None:  # Python starts so when the descriptor is closed
                raise CommandError("-: standard input is closed")
            data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_FILE_BYTES:
        raise CommandError(f"{path}: longer than {MAX_FILE_BYTES} bytes")
    return data


def check_writable(path: str) -> Target:
    """Find out before minutes of proving that the result could not be written.

    Results are printed on standard error when `path` is standard output.

    Raises
    ------
    CommandError
    OutputError
        It is standard output, which is closed.
    """
    target = Target(path)
    problem = target.problem()
    if problem and target.is_stdout:
        raise OutputError(f"standard output {problem}")
    if problem:
        raise CommandError(f"{path}: {problem}")
    if target.is_stdout:
        results_to_stderr()
    return target


def check_apart(*targets: Target | None) -> None:
    """Refuse two results that would be written to one place.

    Raises
    ------
    CommandError
    """
    there = [target for target in targets if target is not None]
    for number, one in enumerate(there):
        for other in there[:number]:
            if one.same_as(other):
                raise CommandError(f"{one.path} and {other.path} are one file: name two")


def write_atomically(path: str, data: bytes) -> None:
    """Write a file so that there is never a part of it: all of it appears, or nothing changes.

    Raises
    ------
    CommandError
        If it cannot be written.
    OutputError
        If it is standard output, which cannot be written.
    """
    try:
        Target(path).write(data)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None


# --- output -----------------------------------------------------------------------------------


def claim_pairs(claim: Mapping[str, Any], *, width: int = 400) -> list[tuple[str, str]]:
    """A claim as (name, text) lines; long values are cut in the middle."""
    if not claim:
        return [("  no claim", "")]
    lines = []
    for name, value in sorted(claim.items()):
        # ASCII only: a stranger's claim must not steer the terminal
        text = json.dumps(value, separators=(", ", ": "), ensure_ascii=True)
        if len(text) > width:
            head, tail = (width - 5) * 2 // 3, (width - 5) // 3
            text = f"{text[:head]} ... {text[-tail:]}"
        lines.append((f"  {visible(name)}", text))
    return lines


def visible(name: str) -> str:
    """A name from a claim: as it is if it is a plain one, as JSON otherwise, never a long one."""
    if name.isidentifier() and name.isascii() and len(name) <= 100:
        return name
    return json.dumps(name if len(name) <= 100 else f"{name[:90]} ...")


def parse_heights(texts: list[str], option: str) -> dict[str, int | tuple[int, ...]]:
    """Rows by table, from what an option was given; two of one table must agree."""
    heights: dict[str, int | tuple[int, ...]] = {}
    for text in texts:
        table, rows = parse_height(text, option)
        if heights.setdefault(table, rows) != rows:
            raise CommandError(
                f"{option}: table {table!r} has either {heights[table]} or {rows} rows"
            )
    return heights


def parse_height(text: str, option: str) -> tuple[str, int | tuple[int, ...]]:
    """``table=rows`` as the name of the table and the number, or numbers, one for each trace.

    Examples
    --------
    >>> parse_height("cpu=1024", "--pad-to")
    ('cpu', 1024)
    >>> parse_height("add=1024,512", "--pad-to")
    ('add', (1024, 512))
    """
    name, equals, rows = text.rpartition("=")
    listed = rows.replace("_", "").split(",")
    digits = all(n.isascii() and n.isdecimal() and len(n) <= _ROWS_DIGITS for n in listed)
    if not (name and equals and digits):
        raise CommandError(f"{option} {text}: write {option} TABLE=ROWS")
    return name, int(listed[0]) if len(listed) == 1 else tuple(map(int, listed))
