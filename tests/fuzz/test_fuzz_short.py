"""The fuzzing target on a few thousand mutated inputs, without atheris; long runs: tools/fuzz."""

from __future__ import annotations

import random
from collections import Counter
from unittest import mock

import pytest

import cstark as cs
from cstark import pure
from cstark.vm import image
from cstark.vm.errors import ElfError
from tests.fuzz.mutations import mutate
from tests.fuzz.target import (
    ELF,
    KEY,
    PERSISTENT,
    PROOF,
    STATEMENT,
    Finding,
    run_one,
    seeds,
    subjects,
)


def test_the_corpus_is_accepted():
    for data in seeds():
        run_one(data)


@pytest.mark.parametrize("mode", [PROOF, PERSISTENT, KEY, STATEMENT, ELF])
def test_mutated_inputs(mode, request):
    rng = random.Random(mode)
    corpus = [data for data in seeds() if data[1] == mode]
    for _ in range(50_000 if request.config.getoption("--nightly") else 1_000):
        data = rng.choice(corpus)
        for _ in range(rng.randrange(1, 4)):
            data = mutate(data, rng)
        run_one(data)


def test_mutations_get_past_the_header():
    """Refusals come from all over the verifier, so the mutations reach it."""
    rng = random.Random(1)
    reasons = set()
    for _ in range(1500):
        number = rng.randrange(len(subjects()))
        subject = subjects()[number]
        data = mutate(bytes([number, PROOF]) + subject.proof, rng)[2:]
        try:
            subject.key.verify(
                data, subject.case.publics, tokens=subject.case.tokens, min_security=0
            )
        except cs.VerificationError as error:
            reasons.add(error.reason)
    wanted = ("FORMAT", "OPTIONS", "BUS_SUM", "CONSTRAINTS", "GRINDING")
    assert reasons >= {cs.Reason[name] for name in (*wanted, "MERKLE")}


@pytest.mark.parametrize("place", [1, 2])
def test_mutations_get_into_shards(place):
    """So do those of proofs in shards, whose subjects are the last, in both verifiers."""
    rng = random.Random(3)
    number = len(subjects()) - place
    subject = subjects()[number]
    assert subject.sharded and bool(subject.key.options.zk) == (place == 2)
    statement, reasons, plain = pure.read_statement(subject.text(STATEMENT)), set(), set()
    for _ in range(600):
        data = mutate(bytes([number, PROOF]) + subject.proof, rng)[2:]
        try:
            subject.key.verify(data, subject.case.publics, min_security=0)
        except cs.VerificationError as error:
            reasons.add(error.reason.name)
        try:
            pure.verify(statement, data, min_security=0)
        except pure.Refused as error:
            plain.add(error.reason)
    assert reasons >= {"FORMAT", "OPTIONS", "MERKLE", "HEIGHTS"}, reasons
    assert reasons & {"BUS_SUM", "CONSTRAINTS"}, reasons  # one in a hundred bytes is theirs
    assert len(plain) >= 4, plain


def test_mutated_programs_are_loaded_or_refused_for_many_reasons():
    """Neither the loader nor the refusals are out of reach of the mutations."""
    rng = random.Random(2)
    fields = Counter()
    corpus = [data for data in seeds() if data[1] == ELF]
    for _ in range(3000):
        try:
            image.load(mutate(rng.choice(corpus), rng)[2:])
            fields["none"] += 1
        except ElfError as error:
            fields[error.field] += 1
    assert fields["none"] > 300 and len(fields) > 20, fields


def test_what_counts_as_a_finding():
    """An accepted forgery and an undocumented exception: the target is not blind."""
    data = seeds()[0]
    changed = data[:-1] + bytes([data[-1] ^ 1])
    with mock.patch("cstark.protocol.verifier.Verifier.verify"), pytest.raises(Finding):
        run_one(changed)
    program = next(data for data in seeds() if data[1] == ELF)
    with mock.patch("cstark.vm.image.read_elf", side_effect=KeyError), pytest.raises(Finding):
        run_one(program)
    with (
        mock.patch("cstark.protocol.verifier.Verifier.round_1_main", side_effect=IndexError),
        pytest.raises(Finding, match="IndexError"),
    ):
        run_one(data)
