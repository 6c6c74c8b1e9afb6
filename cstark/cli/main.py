"""``cstark COMMAND ...``: find the command, run it, turn errors into exit codes.

===== ==========================================================================
0     done; for ``verify``: the proof is accepted
1     a proof is refused or cannot be parsed; a trace does not satisfy its tables
2     wrong usage, an unreadable file, a file that cannot be written
130   interrupted
===== ==========================================================================

Only the module of the command that runs is imported, so that ``--help`` is quick.
"""

from __future__ import annotations

import difflib
import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from cstark.cli.common import CommandError, Parser
from cstark.errors import CstarkError, TraceError, VerificationError

__all__ = ["COMMANDS", "main"]

#: Command -> one line of help.  The module ``cstark.cli.COMMAND`` has ``configure(parser)`` and
#: ``run(arguments) -> int``.
COMMANDS = {
    "prove": "prove a workload and write the proof to a file",
    "verify": "verify a proof file and print what it proves",
    "key": "write all that a verifier needs, for the claim of a proof file",
    "check": "check a workload's traces without proving",
    "inspect": "print what a proof file says about itself, without verifying it",
    "security": "print security, bytes, memory and time of proofs, and what options would change",
    "new": "write a file with a small machine, to start your own from",
    "list": "list the built-in workloads and their arguments",
    "info": "print versions, threads and instruction set",
}

REFUSED, USAGE, INTERRUPTED = 1, 2, 130


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
        "A WORKLOAD is a name that `cstark list` prints, or module:attribute of your own;",
        "`cstark new my_machine.py` writes one to start from.",
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
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code
    except SystemExit as exit:  # argparse has printed why
        return exit.code if isinstance(exit.code, int) else USAGE
    except KeyboardInterrupt:
        print("cstark: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone.  Nothing is left to say, also not at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED


def _dispatch(words: list[str]) -> int:
    if not words:
        print(usage(), file=sys.stderr)
        return USAGE
    command, *rest = words
    if command in ("-h", "--help", "help"):
        print(usage())
        return 0
    if command in ("-V", "--version"):
        from cstark import __version__

        print(f"cstark {__version__}")
        return 0
    if command not in COMMANDS:
        near = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        print(f"cstark: there is no command {command!r}{hint}\n\n{usage()}", file=sys.stderr)
        return USAGE
    module = importlib.import_module(f"cstark.cli.{command}")
    parser = Parser(prog=f"cstark {command}", description=module.__doc__)
    module.configure(parser)
    as_json = "--json" in rest
    try:
        arguments = parser.parse(rest)
        if arguments.threads is not None:
            from cstark.runtime import set_num_threads

            set_num_threads(arguments.threads)
        code: int = module.run(arguments)
        return code
    except VerificationError as error:
        return _fail(command, error, REFUSED, as_json, reason=error.reason.name)
    except TraceError as error:
        return _fail(command, error, REFUSED, as_json)
    except (CommandError, CstarkError) as error:
        return _fail(command, error, USAGE, as_json)
    except MemoryError as error:
        return _fail(command, MemoryError(str(error) or "out of memory"), REFUSED, as_json)


def _fail(command: str, error: Exception, code: int, as_json: bool, **more: Any) -> int:
    """Say what went wrong, to a person or to a program."""
    if as_json:
        failure = {"error": type(error).__name__, "message": str(error), **more}
        if command == "verify":
            failure = {"verified": False, **failure}
        print(json.dumps(failure))
    else:
        refused = isinstance(error, VerificationError)
        print(f"cstark {command}: {'refused: ' if refused else ''}{error}", file=sys.stderr)
        for note in getattr(error, "__notes__", ()):  # such as the line of constrain
            print(f"    {note}", file=sys.stderr)
    return code
