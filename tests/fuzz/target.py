"""What is fuzzed: bytes that claim to be a proof or a program, texts that claim to be a key.

An input starts with two bytes that choose the subject and the mode, so that one corpus serves all::

    byte 0    which subject (a machine with an honest proof), modulo their number
    byte 1    mode, modulo 5:
                0  the rest is a proof: Machine.verify
                1  the rest is a proof for a verifier that goes on after failed equations: what
                   lies behind the first failed check meets hostile values too (a proof in
                   shards is for the second verifier instead)
                2  the rest is a verifying key: VerifyingKey.from_json, and if that accepts, its
                   verify
                3  the rest is a key file, a whole statement: both verifiers read it or both
                   refuse it, and what is read judges the honest proof
                4  the rest is an ELF file: the loader and the decoder of the RISC-V machine

`run_one` raises `Finding` for anything a verifier must not do: an undocumented exception, or the
acceptance of anything but the honest proof.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import cache

import cstark as cs
from cstark import pure
from cstark.protocol.key import VerifyingKey
from cstark.protocol.layout import Layout
from cstark.protocol.policy import Policy
from cstark.protocol.proof import Proof
from cstark.protocol.statement import Instance
from cstark.protocol.verifier import Verifier
from cstark.vm import abi, image
from cstark.vm.errors import ElfError
from cstark.workload.claim import encode_claim
from cstark.workload.statement_file import StatementFile
from tests.oracles import zoo
from tests.shards.shard_support import PUBLICS, sources
from tests.shards.shard_support import machine as sharded_machine
from tests.vm.make_elf import EXIT, RW, Load, R, Symbol, build

__all__ = ["MODES", "Finding", "Subject", "programs", "run_one", "seeds", "subjects"]

PROOF, PERSISTENT, KEY, STATEMENT, ELF = range(5)
MODES = 5
CLAIM = encode_claim({"c": 1})


class Finding(Exception):
    """The verifier did what it must never do."""


@dataclass(frozen=True)
class Subject:
    """A machine, an honest proof of it, and where the fields of that proof are.

    Attributes
    ----------
    key : VerifyingKey
    case : zoo.Case
    proof : bytes
    spans : tuple of (int, int, str)
        Offset in the file, length and name of each field that the verifier takes, in order.
    sharded : bool
        Whether it is a proof in shards, with the key of one.
    """

    key: VerifyingKey
    case: zoo.Case
    proof: bytes
    spans: tuple[tuple[int, int, str], ...]
    sharded: bool = False

    def text(self, mode: int) -> str:
        """The honest key, or the honest key file."""
        if mode == KEY:
            return self.key.to_json()
        return StatementFile(self.key, self.case.publics, self.case.tokens, CLAIM).to_json()


class PersistentVerifier(Verifier):
    """A verifier that goes on after a failed equation; only what cannot be read stops it."""

    def check_policy(self, policy: Policy) -> None:
        super().check_policy(Policy.of(self.key, 0))

    def verify(self, policy: Policy) -> None:
        self.check_policy(policy)
        rounds = (
            "round_0_statement",
            "round_1_main",
            "round_2_lookup",
            "round_3_quotient",
            "round_4_openings",
            "round_5_fri",
            "round_6_queries",
            "check_constraints",
            "check_queries",
        )
        self.layout = Layout(self.key, self.proof.log_heights)
        self.check_length()
        for name in rounds:
            try:
                getattr(self, name)()
            except cs.ProofFormatError:
                raise
            except cs.VerificationError:
                if name == "round_6_queries":  # a missing nonce: nothing after it has been read
                    raise


@cache
def subjects() -> tuple[Subject, ...]:
    """Machines that together use every feature, small enough for thousands of runs a minute."""
    settings = [
        (zoo.fibonacci(3), {}),
        (zoo.fibonacci(6), {"final_length": 1, "fri_arity": 2, "hash": "sha256", "grinding": 3}),
        (zoo.cubic(4), {"final_length": 4, "hash": "keccak256", "blowup": 4}),
        (zoo.lookup(3, 5, 4, tokens=True), {"final_length": 2, "fri_arity": 4}),
        (zoo.ring(3), {"coset_offset": 7}),
        (
            zoo.together(zoo.fibonacci(7), zoo.lookup(2, 4, 3), zoo.cubic(3)),
            {"final_length": 1, "grinding": 1},
        ),
        (zoo.several(5, 3, 3), {"blowup": 4}),
        (zoo.lookup(2, 4, 3), {"zk": True, "queries": 2}),
    ]
    found = []
    for case, options in settings:
        machine = case.machine(**{"queries": 3, **options})
        seed = {"insecure_seed": bytes(32)} if "zk" in options else {}  # a corpus outlives a run
        data = case.prove(machine, claim=CLAIM, **seed).to_bytes()
        found.append(Subject(machine.verifying_key(), case, data, _spans(machine, case, data)))
    return (*found, _in_shards(zk=True), _in_shards(zk=False))


def _in_shards(*, zk: bool) -> Subject:
    """Three shards, with a preprocessed column where tables stand once."""
    machine = sharded_machine(queries=2, zk=zk)
    seed = {"insecure_seed": bytes(32)} if zk else {}
    proof = machine.prove_shards(sources(), PUBLICS, claim=CLAIM, **seed)
    case = zoo.Case(dict(machine.tables), {}, PUBLICS)
    ends = 8 + 2 + 18
    spans = [(0, 8, "magic"), (8, 2, "version"), (10, 18, "options"), (ends, 4, "shards")]
    spans.append((ends + 4, 4, "claim"))
    at = ends + 8 + len(CLAIM)
    for shard in proof.shards:
        spans += [(at, 8, "length"), (at + 8, 16, "heights"), (at + 8, 64, "head")]
        spans.append((at + 8, len(shard), "shard"))
        at += 8 + len(shard)
    key = machine.proving_key.sharded_key()
    return Subject(key, case, proof.to_bytes(), tuple(spans), sharded=True)


def _spans(machine: cs.Machine, case: zoo.Case, data: bytes) -> tuple[tuple[int, int, str], ...]:
    proof = Proof.from_bytes(data)
    key = machine.verifying_key()
    verifier = Verifier(key, proof, Instance.build(key, case.publics, case.tokens, proof.claim))
    head = len(data) - len(proof.body)
    spans: list[tuple[int, int, str]] = []

    def note(kind: str, name: str, item: bytes) -> None:
        if kind == "item":
            start = spans[-1][0] + spans[-1][1] if spans else head
            spans.append((start, len(item), name))

    verifier.stream.listen(note)
    verifier.verify(Policy.of(key, 0))
    fields = ((0, 8, "magic"), (8, 2, "version"), (10, 18, "options"), (28, head - 28, "heights"))
    return (*fields, *spans)


def seeds() -> list[bytes]:
    """The corpus to start from: every subject in every mode, honest."""
    result = []
    for number, subject in enumerate(subjects()):
        for mode in range(MODES):
            if mode == ELF:
                data = programs()[number % len(programs())]
            elif mode in (KEY, STATEMENT):
                data = subject.text(mode).encode()
            else:
                data = subject.proof
            result.append(bytes([number, mode]) + data)
    return result


@cache
def programs() -> tuple[bytes, ...]:
    """ELF files: the shortest, one of three segments with symbols, one with two texts."""
    symbols = [Symbol("_start", 0x10000), Symbol("end", 0x10004, size=4), Symbol("x", 0x20000)]
    text, data = Load(0x10000, EXIT), Load(0x2000B, bytes(range(24)), RW, 100)
    return (
        build(),
        build([text, data, Load(0x18000, b"const", R)], symbols=symbols),
        build([text, Load(0x10012, bytes(2) + EXIT), data], e_flags=1),
    )


def run_one(data: bytes) -> None:
    """Give one input to what it is for.

    Raises
    ------
    Finding
    """
    if len(data) < 2:
        return
    subject = subjects()[data[0] % len(subjects())]
    mode, rest = data[1] % MODES, data[2:]
    try:
        if mode == PROOF:
            _verify(subject, rest)
        elif mode == PERSISTENT and subject.sharded:
            _verify_plainly(subject, rest)
        elif mode == PERSISTENT:
            _verify_persistently(subject, rest)
        elif mode == KEY:
            _read_key(subject, rest)
        elif mode == ELF:
            _load(rest)
        else:
            _read_statement(subject, rest)
    except Finding:
        raise
    except Exception as error:
        raise Finding(f"mode {mode}: {type(error).__name__}: {error}") from error


def _verify(subject: Subject, data: bytes) -> None:
    try:
        subject.key.verify(data, subject.case.publics, tokens=subject.case.tokens, min_security=0)
    except cs.VerificationError as error:
        if not isinstance(error.reason, cs.Reason) or not str(error):
            raise Finding("a refusal without a reason") from error
        return
    if _without_nonce(subject, data) != _without_nonce(subject, subject.proof):
        raise Finding("something else than the honest proof was accepted")


def _verify_plainly(subject: Subject, data: bytes) -> None:
    """The second verifier, which has no rounds to go on with."""
    statement = pure.read_statement(subject.text(STATEMENT))
    try:
        pure.verify(statement, data, min_security=0)
    except pure.Refused:
        return
    if data != subject.proof:
        raise Finding("the second verifier accepted something else than the honest proof")


def _without_nonce(subject: Subject, data: bytes) -> bytes:
    """The proof but its nonce: any nonce that works, and draws the same positions, will do."""
    if subject.sharded:
        return data  # nothing to grind: each nonce is 0
    [start] = [start for start, _, name in subject.spans if name == "nonce"]
    return data[:start] + data[start + 8 :]


def _verify_persistently(subject: Subject, data: bytes) -> None:
    try:
        proof = Proof.from_bytes(data)
        instance = Instance.build(
            subject.key, subject.case.publics, subject.case.tokens, proof.claim
        )
        PersistentVerifier(subject.key, proof, instance).verify(Policy.of(subject.key, 0))
    except cs.VerificationError:
        pass


def _read_key(subject: Subject, data: bytes) -> None:
    try:
        key = VerifyingKey.from_json(data)
    except cs.CstarkError:
        return
    if key.to_json().encode() != data.strip():
        raise Finding("a key that is not in canonical form was accepted")
    if json.loads(key.to_json()) != json.loads(data):
        raise Finding("a key says something else when it is written again")
    try:
        key.verify(subject.proof, subject.case.publics, tokens=subject.case.tokens, min_security=0)
    except (cs.VerificationError, cs.StatementError):
        return
    if key != subject.key:
        raise Finding("another key accepted the proof")


def _read_statement(subject: Subject, data: bytes) -> None:
    """Both readers refuse, each with its own error, or both read, and accept the same proofs."""
    file = statement = None
    with contextlib.suppress(cs.StatementError):
        file = StatementFile.from_json(data)
    with contextlib.suppress(pure.BadKey):
        statement = pure.read_statement(data)
    if (file is None) != (statement is None):
        raise Finding("one reader takes a key file that the other refuses")
    accepted = False
    if file is not None:
        try:
            file.key.verify(
                subject.proof, file.publics, tokens=file.tokens, claim=file.claim, min_security=0
            )
            accepted = True
        except (cs.VerificationError, cs.StatementError):
            pass
    if accepted and file != StatementFile.from_json(subject.text(STATEMENT)):
        raise Finding("another statement accepted the proof")
    if statement is not None:
        try:
            pure.verify(statement, subject.proof, min_security=0)
        except pure.Refused:
            if accepted:
                raise Finding("the second verifier refuses what the first accepts") from None
        else:
            if not accepted:
                raise Finding("the second verifier accepts what the first refuses")


def _load(data: bytes) -> None:
    """A program that lies where programs may, and decodes; or a refusal that names the field."""
    try:
        made = image.load(data)
    except ElfError as error:
        if not error.field or not str(error).startswith(error.field):
            raise Finding("a refusal that names no field") from error
        return
    low, high = made.text
    if not abi.IMAGE_LOW <= made.low <= low <= made.entry < high <= made.end < abi.STACK_TOP:
        raise Finding("an image outside its part of memory was accepted")
    code = made.expand()
    if code.at(made.entry) == 0xFFFF_FFFF or len(image.program_id(made, code)) != 64:
        raise Finding("a program that cannot begin was accepted")
    for address in (low - 4, low, made.entry, high - 4, high, 0, 2**64 - 1):
        made.symbols.show(address)
        made.symbols.line(address)
