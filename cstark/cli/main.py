"""``cstark COMMAND ...``: find the command, run it, turn errors into exit codes.

===== ==========================================================================
0     done; for ``verify``: the proof is accepted
1     a proof is refused or cannot be parsed; a trace does not satisfy its tables
2     wrong usage, an unreadable file, a file that cannot be written
3     neither: the output is closed or full, memory ran out, the environment or
      the installation is faulty, code of a workload failed, a guest was stopped
130   interrupted
===== ==========================================================================

Only the module of the command that runs is imported, so that ``--help`` is quick.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from cstark.cli.common import CommandError, FailureError, Parser, UsageError
from cstark.cli.say import OutputError, begin, complain, finish, give_up, say, say_json
from cstark.errors import (
    CstarkError,
    ExecutionError,
    PaddingError,
    SettingError,
    TraceError,
    VerificationError,
)
from cstark.text import exact

__all__ = ["COMMANDS", "main"]

#: Command -> one line of help.  The module ``cstark.cli.COMMAND`` has ``configure(parser)`` and
#: ``run(arguments) -> int``.
COMMANDS = {
    "prove": "prove a workload and write the proof to a file",
    "verify": "verify a proof file and print what it proves",
    "key": "write all that a verifier needs, for the claim of a proof file",
    "check": "check a workload's traces without proving",
    "run": "execute a RISC-V program and say what a proof of the run would take",
    "inspect": "print what a proof file says about itself, without verifying it",
    "security": "print security, bytes, memory and time of proofs, and what options would change",
    "new": "write a file with a small machine, to start your own from",
    "guest": "write and compile guests in C: programs whose runs are proved",
    "list": "list the built-in workloads and their arguments",
    "info": "print versions, threads and instruction set",
}

REFUSED, USAGE, FAILED, INTERRUPTED = 1, 2, 3, 130
#: Characters of a refusal that are printed.
LONGEST = 2000


def usage() -> str:
    """What ``cstark --help`` prints."""
    lines = [
        "usage: cstark COMMAND ...",
        "",
        "STARK proofs: transparent proofs that tables satisfy their constraints.",
        "",
        "commands:",
        *(f"  {name:<10}{text}" for name, text in COMMANDS.items()),
        "",
        "cstark COMMAND --help explains a command; cstark prove WORKLOAD --help also a workload.",
        "A WORKLOAD is an ELF file, a name that `cstark list` prints, or module:attribute of your",
        "own; `cstark new my_machine.py` writes one to start from, `cstark guest new` a program.",
        "",
        "Exit codes: 0 yes; 1 a proof is refused, or a trace false; 2 wrong usage, or a file that",
        "cannot be used; 3 output, memory, environment or the code of a workload failed; 130 an",
        "interrupt.",
    ]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default ``sys.argv[1:]``.

    Returns
    -------
    int
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    begin()
    try:
        code = _dispatch(words)
        finish()
        return code
    except KeyboardInterrupt:
        complain("cstark: interrupted")
        return INTERRUPTED
    except (OutputError, BrokenPipeError) as error:  # the latter from code of a workload
        give_up()
        if isinstance(error, OutputError) and str(error):
            complain(f"cstark: {error}")
        return FAILED


def _dispatch(words: list[str]) -> int:
    if not words:
        complain(usage())
        return USAGE
    command, *rest = words
    if command in ("-h", "--help", "help"):
        say(usage())
        return 0
    if command in ("-V", "--version"):
        from cstark import __version__

        say(f"cstark {__version__}")
        return 0
    if command not in COMMANDS:
        import difflib

        near = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        complain(f"cstark: there is no command {command!r}{hint}\n\n{usage()}")
        return USAGE
    as_json = "--json" in rest
    try:
        module = importlib.import_module(f"cstark.cli.{command}")
        parser = Parser(prog=f"cstark {command}", description=module.__doc__)
        module.configure(parser)
        arguments = parser.parse(rest)
        if arguments.help:
            say(parser.format_help().rstrip("\n"))
            return 0
        if arguments.threads is not None:
            from cstark.runtime import set_num_threads

            set_num_threads(arguments.threads)
        code: int = module.run(arguments)
        return code
    except (OutputError, BrokenPipeError):
        raise
    except VerificationError as error:
        return _fail(command, error, REFUSED, as_json, reason=error.reason.name)
    except PaddingError as error:  # of --pad-to, and so of how the command was used
        return _fail(command, error, USAGE, as_json)
    except TraceError as error:
        return _fail(command, error, REFUSED, as_json)
    except (SettingError, FailureError) as error:
        return _fail(command, error, FAILED, as_json)
    except ExecutionError as error:
        return _fail(command, error, FAILED, as_json, about=exact(error.to_dict()))
    except (CommandError, CstarkError) as error:
        return _fail(command, error, USAGE, as_json)
    except MemoryError as error:
        return _fail(command, MemoryError(str(error) or "out of memory"), FAILED, as_json)
    except ImportError as error:  # a workload's own are `CommandError`s
        return _fail(command, error, FAILED, as_json)
    except SystemExit as error:
        # Ours do not exit: code of a workload did, and whatever its code, nothing was verified.
        return _fail(command, CommandError(_exited(error)), FAILED, as_json)
    except Exception as error:
        # A mistake in code of the workload, or in ours: its place is what its author needs.
        import traceback

        return _fail(command, error, FAILED, as_json, place=traceback.format_exc())


def _exited(error: SystemExit) -> str:
    return f"the workload's code ended the program: SystemExit({error.code!r})"


def _fail(
    command: str, error: BaseException, code: int, as_json: bool, *, place: str = "", **more: Any
) -> int:
    """Say what went wrong, to a person or to a program."""
    text = str(error)
    if place:
        complain(place.rstrip("\n"))
        text = f"{type(error).__name__}: {text}"
    if as_json:
        failure = {"error": type(error).__name__, "message": str(error), **more}
        if command == "verify":
            failure = {"verified": False, **failure}
        with contextlib.suppress(OutputError):  # the exit code tells as much
            say_json(failure)
        return code
    refused = isinstance(error, VerificationError)
    if refused and len(text) > LONGEST:  # it may quote a stranger's claim
        text = f"{text[:LONGEST]} ..."
    complain(f"cstark {command}: {'refused: ' if refused else ''}{text}")
    for note in getattr(error, "__notes__", ()):  # such as the line of constrain
        complain(f"    {note}")
    if isinstance(error, UsageError):
        complain(error.usage)
    return code
