"""Proofs in shards on the command line: what `cstark prove --shards` and `cstark verify` do."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cstark.cli.common import (
    CommandError,
    FailureError,
    check_apart,
    check_writable,
    claim_pairs,
    subject_of_file,
    write_atomically,
)
from cstark.cli.options import options_text
from cstark.cli.say import say, say_json
from cstark.errors import StatementError
from cstark.files import made_directory, try_directory
from cstark.report.progress import ProgressBar, StatusLine
from cstark.text import bytes_text, counted, exact, pairs, seconds_text

if TYPE_CHECKING:
    from cstark.cli.verify import Demands
    from cstark.protocol.options import Options
    from cstark.protocol.shards.proof import ShardedProof
    from cstark.security import JointReport
    from cstark.workload import Workload

__all__ = ["prove_in_shards", "verify_in_shards"]

_NOT_FOR_SHARDS = ("profile", "report", "against")


def prove_in_shards(
    arguments: argparse.Namespace,
    workload: Workload,
    options: Options | None,
    pad_to: dict[str, int | tuple[int, ...]] | None = None,
) -> int:
    """Execute, cut, prove every part, write, print who did what.

    Parameters
    ----------
    arguments : Namespace
        Of `cstark prove`.
    workload : Workload
        A run of an ELF file; others cannot be cut.
    options : Options or None
    pad_to : dict of str to (int or tuple of int), optional
        Rows of tables, in every shard where they may stand.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    CommandError
        The workload is no such run, or an option is for single proofs.
    CstarkError
        No shard fits the memory, or a shard cannot be proved.
    """
    execute = getattr(workload, "execute", None)
    if execute is None:
        raise CommandError(f"--shards is for runs of ELF files; {arguments.workload} is none")
    for name in _NOT_FOR_SHARDS:
        if getattr(arguments, name):
            raise CommandError(f"--{name} is for proofs that are not in shards")
    output = check_writable(arguments.output)
    check_apart(output, None)
    folder = None if arguments.folder is None else _folder(arguments.folder)

    start = time.perf_counter()
    with StatusLine(None) as status:
        execution = execute(status.say)
    ready = time.perf_counter()
    with (
        _failures(folder),
        _workers(arguments.workers) as executor,
        ProgressBar(None) as progress,
    ):
        proof = execution.prove_shards(
            options,
            memory=arguments.memory,
            executor=executor,
            folder=folder,
            check=not arguments.no_check,
            progress=progress,
            max_memory=arguments.max_memory,
            pad_to=pad_to,
        )
    proved = time.perf_counter()
    data = proof.to_bytes()
    write_atomically(arguments.output, data)

    report, claim = proof.report, execution.claim_for(options)
    if arguments.json:
        say_json(
            {
                "workload": arguments.workload,
                "claim": exact(claim),
                "file": arguments.output,
                "proof_bytes": len(data),
                "shards": len(proof.shards),
                "prepare_seconds": ready - start,
                "prove_seconds": proved - ready,
                "options": proof.options.to_data(),
                **_as_data(report),
            }
        )
        return 0
    say(str(report))
    say(f"\nclaim of {arguments.workload}")
    say(pairs(claim_pairs(claim)))
    say("")
    times = f"{seconds_text(proved - ready)}, after {seconds_text(ready - start)} of preparation"
    workers = counted(arguments.workers, "process", "processes")
    say(
        pairs(
            [
                ("options", options_text(proof.options)),
                ("shards", f"{len(proof.shards)}, on {workers}"),
                ("proved in", times),
                ("written to", f"{arguments.output} ({bytes_text(len(data))})"),
                *([] if folder is None else [("kept in", str(folder))]),
            ]
        )
    )
    return 0


def _folder(path: str) -> Path:
    """A directory that can be written to, before there is anything to write."""
    if not path:
        raise CommandError("--folder is empty; it must be the path of a directory")
    try:
        if Path(path).exists() and not Path(path).is_dir():
            raise CommandError(f"--folder {path} is no directory")
        made = made_directory(path)
        try_directory(made)
    except (OSError, ValueError) as error:  # too long, a null byte
        raise CommandError(
            f"--folder {path} cannot be used: {getattr(error, 'strerror', None) or error}"
        ) from None
    return made


@contextmanager
def _failures(folder: Path | None) -> Iterator[None]:
    """What goes wrong with processes and files, in the words of who has called the command."""
    again = "; the same command again does the rest" if folder else "; --folder keeps what is done"
    try:
        yield
    except BrokenExecutor:
        failure: CommandError = FailureError(
            "a process that was proving a shard has been ended, perhaps for want of memory" + again
        )
    except OSError as error:
        if error.filename is None:
            raise
        failure = CommandError(f"{error.filename}: {error.strerror or error}")
    else:
        return
    raise failure


def verify_in_shards(
    arguments: argparse.Namespace,
    subject: tuple[str, bytes | type[Workload], dict[str, Any]],
    file: str,
    data: bytes,
    expected: list[tuple[str, list[Any]]],
) -> int:
    """Verify a proof in shards, and print what is now known.

    Parameters
    ----------
    arguments : Namespace
        Of `cstark verify`.
    subject : (str, bytes or type, dict)
        What it is verified by: a name; a key file, or a workload with what the verifier holds.
    file : str
        Name of the proof file.
    data : bytes
        The proof.
    expected : list
        Values that the claim must have, from `cstark.cli.verify.parse_expectation`.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    CommandError
        An option is for proofs that are not in shards, or the key cannot be read.
    VerificationError
        The proof is refused.
    """
    from cstark.cli.verify import Demands, Verification, check_expectations, check_expected_names
    from cstark.protocol.shards.proof import ShardedProof
    from cstark.workload.claim import decode_claim

    if arguments.expect_height:
        raise CommandError("--expect-height: the shards of a proof have heights of their own")
    if arguments.trace:
        raise CommandError("--trace is for proofs that are not in shards")
    start = time.perf_counter()
    proof = ShardedProof.from_bytes(data)
    demands = Demands(arguments.min_security, arguments.regime, {})
    stated = _stated(subject, proof, data, demands)
    claim = decode_claim(stated.claim) if stated.claim else {}
    check_expected_names(claim, expected)
    check_expectations(claim, expected)
    if arguments.pure:
        Verification(True, False, demands).plainly(stated.key(), data)
    else:
        stated.verify()
    seconds = time.perf_counter() - start
    _say_verified(arguments, subject[0], file, proof, len(data), claim, stated.security(), seconds)
    return 0


class _Stated(NamedTuple):
    """What a proof in shards is to prove, and how that is verified."""

    claim: bytes
    key: Callable[[], str | bytes]  # of a workload, it commits to columns: only if need be
    verify: Callable[[], None]
    security: Callable[[], JointReport]  # of a proof that holds


def _stated(
    subject: tuple[str, bytes | type[Workload], dict[str, Any]],
    proof: ShardedProof,
    data: bytes,
    demands: Demands,
) -> _Stated:
    from cstark.protocol.shards.verifier import sharded_security
    from cstark.workload.statement_file import StatementFile

    what, by, held = subject
    demanded: dict[str, Any] = {"min_security": demands.min_security, "regime": demands.regime}
    if not isinstance(by, bytes):
        about = subject_of_file(by, proof, held)
        return _Stated(
            about.claim,
            key=lambda: about.file(shards=True).to_json(),
            verify=lambda: about.verify(proof, **demanded),
            security=lambda: sharded_security(
                about.machine.proving_key.for_shards().deferred_key(), proof,
                len(about.statement.tokens), demands.regime,
            ),
        )  # fmt: skip
    try:
        statement = StatementFile.from_json(by)
    except StatementError as error:
        raise CommandError(f"{what}: {error}") from None
    return _Stated(
        statement.claim,
        key=lambda: by,
        verify=lambda: statement.verify(data, **demanded),
        security=lambda: sharded_security(
            statement.key, proof, len(statement.tokens), demands.regime
        ),
    )


def _say_verified(
    arguments: argparse.Namespace,
    what: str,
    file: str,
    proof: ShardedProof,
    size: int,
    claim: dict[str, Any],
    security: JointReport,
    seconds: float,
) -> None:
    from cstark.cli.verify import hidden_text

    if arguments.json:
        shown = exact(claim)
        say_json(
            {
                **shown,
                "verified": True,
                "by": what,
                "claim": shown,
                "security_bits": security.bits,
                "shards": len(proof.shards),
                "options": proof.options.to_data(),
                "proof_bytes": size,
                "seconds": seconds,
            }
        )
        return
    say(f"verified: {file} proves, by {what},")
    say(pairs(claim_pairs(claim)))
    say(
        pairs(
            [
                ("options", options_text(proof.options)),
                ("hidden", hidden_text(proof.options)),
                ("security", str(security)),
                ("proof", f"{bytes_text(size)} in {counted(len(proof.shards), 'shard')}"),
                ("verified in", seconds_text(seconds)),
            ]
        )
    )


def _workers(count: int) -> AbstractContextManager[Executor | None]:
    """Processes that prove shards; None for one, which is this process."""
    if count == 1:
        return nullcontext()
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def _as_data(report: Any) -> dict[str, Any]:
    return {} if report is None else {"report": report.to_dict()}
