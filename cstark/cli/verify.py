"""Verify a proof file and print the claim that it proves.

Either by a workload: `cstark verify WORKLOAD FILE`.  The workload's code makes the statement from
the claim in the file; the options are taken from the file as well, printed, and judged by
--min-security.  Or by a key file, made by `cstark key` from a workload that you trust:
`cstark verify --key key.json FILE`.  It holds the whole statement, options included.

--pure verifies with `cstark.pure`, a second verifier in plain Python that shares no code with the
first (slower). --trace prints everything that the verifier's transcript absorbs and draws; both
verifiers print the same.

The file never chooses what is verified.  What it claims is printed: read it, or say what it must
be with --expect.  The number of rows of a table is the prover's where the machine does not fix it:
say what it must be with --expect-height.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cstark.cli.common import (
    CommandError,
    Parser,
    Subject,
    claim_pairs,
    integer,
    parse_heights,
    read_bytes,
    subject_of_file,
    visible,
)
from cstark.cli.options import options_text
from cstark.cli.say import say, say_json
from cstark.errors import Reason, StatementError, VerificationError, as_python_reads, did_you_mean
from cstark.report import security_text
from cstark.text import bytes_text, exact, pairs, seconds_text

if TYPE_CHECKING:
    from cstark.protocol.key import MachineDescription
    from cstark.protocol.options import ResolvedOptions
    from cstark.protocol.policy import Policy
    from cstark.protocol.proof import Proof
    from cstark.protocol.verifier import Verifier
    from cstark.security import SecurityReport
    from cstark.workload import Workload
    from cstark.workload.statement_file import StatementFile

__all__ = ["configure", "run"]

#: Names in the claim with the values that the words after ``=`` may mean.
Expectations = list[tuple[str, list[Any]]]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.workload_arguments = "verifier"
    parser.name_workload = _first_of_two_words
    parser.add_argument(
        "words", nargs="*", metavar="WORKLOAD FILE", help="what was proved, and the proof file"
    )
    parser.add_argument("--key", metavar="KEY", help="verify FILE by this key, without a workload")
    parser.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="refuse another value in the claim; may be given several times",
    )
    parser.add_argument(
        "--expect-height",
        action="append",
        default=[],
        metavar="TABLE=ROWS",
        help="refuse another number of rows, where the machine leaves it to the prover; may be "
        "given several times",
    )
    parser.add_argument(
        "--min-security",
        type=_bits,
        default=100,
        metavar="BITS",
        help="refuse fewer proven bits (default: 100)",
    )
    parser.add_argument(
        "--regime",
        choices=("best", "unique"),
        default="best",
        help="which bounds prove them: the better of two, or those of unique decoding alone "
        "(default: best)",
    )
    parser.add_argument(
        "--pure", action="store_true", help="use the independent verifier in plain Python"
    )
    parser.add_argument(
        "--trace", action="store_true", help="print what the transcript absorbs and draws"
    )


def run(arguments: argparse.Namespace) -> int:
    """Verify, and print what is now known."""
    expected = [parse_expectation(text) for text in arguments.expect]
    words = arguments.words
    if arguments.key is not None:
        if len(words) != 1:
            raise CommandError("with --key, name one proof file and nothing else")
        [file], what = words, arguments.key
        if what == file == "-":
            raise CommandError("key and proof cannot both come from standard input")
        by: bytes | type[Workload] = read_bytes(what)
        held: dict[str, Any] = {}
    else:
        if len(words) != 2:
            raise CommandError("WORKLOAD and FILE are needed (or --key KEY and FILE)")
        what, file = words
        by, held = arguments.workload_class, arguments.workload_values
    if arguments.trace and arguments.json:
        raise CommandError("--trace prints lines of its own: leave out --json")
    data = read_bytes(file)
    heights = parse_heights(arguments.expect_height, "--expect-height")
    demands = Demands(arguments.min_security, arguments.regime, heights)
    verification = Verification(arguments.pure, arguments.trace, demands)

    from cstark.protocol.proof import Proof, is_sharded

    if is_sharded(data):
        from cstark.cli.shards import verify_in_shards

        return verify_in_shards(arguments, (what, by, held), file, data, expected)
    start = time.perf_counter()
    proof = Proof.parse_header(data)  # the rest is looked at when its length is known to be right
    if isinstance(by, bytes):
        claim, security = verify_by_key(by, what, proof, data, expected, verification)
    else:
        subject = subject_of_file(by, proof, held)
        claim, security = verify_by_workload(subject, proof, data, expected, verification)
    seconds = time.perf_counter() - start

    if arguments.json:
        shown = exact(claim)
        say_json(
            {
                **shown,  # at hand for programs; names of ours come first
                "verified": True,
                "by": what,
                "claim": shown,
                "security_bits": security.bits,
                "options": proof.options.to_data(),
                "proof_bytes": len(data),
                "seconds": seconds,
            }
        )
        return 0
    say(f"verified: {file} proves, by {what},")
    say(pairs(claim_pairs(claim)))
    say(
        pairs(
            [
                ("options", options_text(proof.options)),
                ("hidden", hidden_text(proof.options)),
                ("security", security_text(security.to_dict())),
                ("proof", bytes_text(len(data))),
                ("verified in", seconds_text(seconds)),
            ]
        )
    )
    return 0


def hidden_text(options: ResolvedOptions) -> str:
    """What a proof made with these options hides, for whoever has verified it."""
    return "the traces, but for their heights" if options.zk else "nothing"


class Demands(NamedTuple):
    """What is demanded: proven bits, by which bounds, and rows of tables."""

    min_security: int
    regime: str
    heights: dict[str, int | tuple[int, ...]]


@dataclass(frozen=True)
class Verification:
    """Which verifier checks a proof, whether it shows its transcript, and what it demands."""

    pure: bool
    trace: bool
    demands: Demands

    def by_workload(self, subject: Subject, data: bytes) -> None:
        """Return, or raise `VerificationError`; nothing is committed to before the policy."""
        description = subject.machine.proving_key.description
        verifier, policy = subject.verifier(data), self.policy(description)
        if self.pure:
            verifier.admit(policy)  # here too: the key that is made next costs work
            self.plainly(subject.file().to_json(), data)
        else:
            self.run(verifier, policy)

    def by_key(self, file: StatementFile, text: bytes, data: bytes) -> None:
        """Return, or raise `VerificationError`; `text` is the key file."""
        policy = self.policy(file.key)
        if self.pure:
            self.plainly(text, data)
            return
        from cstark.protocol.verifier import Verifier

        self.run(Verifier.begin(file.key, data, file.publics, file.tokens, file.claim), policy)

    def policy(self, key: MachineDescription) -> Policy:
        """The policy for the tables that there are."""
        from cstark.protocol.policy import Policy

        for table in self.demands.heights:
            if table not in key.names:
                names = visible(", ".join(key.names))
                raise CommandError(f"--expect-height: no table {table!r}; there are {names}")
        return Policy.of(key, *self.demands)

    def run(self, verifier: Verifier, policy: Policy) -> None:
        """Verify, and show the transcript if that is asked for."""
        if self.trace:
            verifier.stream.listen(_listener)
        verifier.verify(policy)

    def plainly(self, text: str | bytes, data: bytes) -> None:
        """Verify by the other verifier."""
        from cstark import pure

        try:
            pure.verify(
                pure.read_statement(text),
                data,
                **self.demands._asdict(),
                trace=(lambda event: _listener(*event)) if self.trace else None,
            )
        except pure.BadKey as error:
            raise CommandError(f"the pure verifier cannot read the key: {error}") from None
        except pure.Refused as error:
            reason = Reason[error.reason.upper().replace(" ", "_")]
            raise VerificationError(str(error), reason) from None


def _listener(kind: str, label: str, data: bytes) -> None:
    from cstark.pure import show

    if kind != "item":  # of the file: the transcript says what is absorbed
        say(show((kind, label, data)))


def _first_of_two_words(arguments: argparse.Namespace) -> str | None:
    given = arguments.key is None and len(arguments.words) >= 2
    return arguments.words[0] if given else None


def verify_by_workload(
    subject: Subject, proof: Proof, data: bytes, expected: Expectations, verification: Verification
) -> tuple[dict[str, Any], SecurityReport]:
    """The claim and the security, or `VerificationError`."""
    from cstark.workload.claim import decode_claim

    decoded = decode_claim(subject.claim)
    check_expected_names(decoded, expected)
    check_expectations(decoded, expected)
    verification.by_workload(subject, data)
    description, tokens = subject.machine.proving_key.description, len(subject.statement.tokens)
    return decoded, security_of(description, proof, tokens, verification)


def verify_by_key(
    text: bytes,
    name: str,
    proof: Proof,
    data: bytes,
    expected: Expectations,
    verification: Verification,
) -> tuple[dict[str, Any], SecurityReport]:
    """The claim and the security, or `VerificationError`."""
    from cstark.workload.claim import decode_claim
    from cstark.workload.statement_file import StatementFile

    try:
        file = StatementFile.from_json(text)
    except StatementError as error:
        raise CommandError(f"{name}: {error}") from None
    decoded = decode_claim(file.claim) if file.claim else {}
    check_expected_names(decoded, expected)
    verification.by_key(file, text, data)
    check_expectations(decoded, expected)
    return decoded, security_of(file.key, proof, len(file.tokens), verification)


def security_of(
    key: MachineDescription, proof: Proof, tokens: int, verification: Verification
) -> SecurityReport:
    """Proven security of a verified proof, at its heights, in the regime that was asked for."""
    from cstark.protocol.layout import proven_security

    return proven_security(key, proof.log_heights, tokens, verification.demands.regime)


def _bits(text: str) -> int:
    bits = integer(text)
    if bits < 0:
        raise argparse.ArgumentTypeError("must be at least 0")
    return bits


def parse_expectation(text: str) -> tuple[str, list[Any]]:
    """``name=value`` as the name and the values that it may mean: JSON, an integer, a string.

    Examples
    --------
    >>> parse_expectation("steps=0x10")
    ('steps', [16, '0x10'])
    >>> parse_expectation("result=[1,2]")
    ('result', [[1, 2], '[1,2]'])
    """
    name, equals, value = text.partition("=")
    if not (equals and name):
        raise CommandError(f"--expect {text}: write --expect NAME=VALUE")
    meanings: list[Any] = []
    try:
        meanings.append(json.loads(value))
    except (ValueError, RecursionError):
        with contextlib.suppress(ValueError):
            meanings.append(int(value, 0))
    return name, [*meanings, value]


def claim_names(claim: dict[str, Any]) -> str:
    """The names in a stranger's claim, not all of them if there are many."""
    names = sorted(claim)
    shown = ", ".join(visible(name) for name in names[:20])
    return f"{shown}, and {len(names) - 20:,} more" if len(names) > 20 else shown or "nothing"


def check_expected_names(claim: dict[str, Any], expected: Expectations) -> None:
    """Refuse to look for what the statement has no name for: it has been misspelt.

    Raises
    ------
    CommandError
    """
    known = {as_python_reads(name) for name in claim}
    for given, _ in expected:
        if given not in claim and as_python_reads(given) not in known:
            hint = did_you_mean(given, [visible(name) for name in claim])
            names = claim_names(claim)
            raise CommandError(f"--expect {given}=...: the claim has only {names}{hint}")


def check_expectations(claim: dict[str, Any], expected: Expectations) -> None:
    """Refuse a claim that differs from what was expected."""
    spelled = {as_python_reads(name): name for name in claim}
    for given, meanings in expected:
        name = given if given in claim else spelled.get(as_python_reads(given), given)
        if name not in claim:
            raise VerificationError(
                f"the claim has no {name!r}, only {claim_names(claim)}",
                Reason.STATEMENT,
            )
        # compared as text, because True == 1 in Python
        actual = json.dumps(claim[name], sort_keys=True)
        if all(json.dumps(meaning, sort_keys=True) != actual for meaning in meanings):
            shown = actual if len(actual) <= 200 else actual[:200] + "..."
            raise VerificationError(
                f"the claim says {name} = {shown}, expected {meanings[-1]}", Reason.STATEMENT
            )
