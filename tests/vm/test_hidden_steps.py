"""Proofs that hide say nothing of how many operations a run had."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

import cstark as cs
from cstark import Reason, pure, vm
from cstark.vm.tables import Rare

OPTIONS = cs.Options(queries=4, grinding=0, max_log_height=16, zk=True)
PLAIN = cs.Options(queries=4, grinding=0, max_log_height=16)


def counting(rounds: int) -> vm.Program:
    """Counts down from the input's length, then halts with 7."""
    words = [
        0x00000537 | rounds << 12,  # lui a0, rounds: 4096 times as many
        0x00C55513,                 # srli a0, a0, 12
        0xFFF50513,                 # addi a0, a0, -1
        0xFE051EE3,                 # bnez a0, -4
        0x00700513,                 # li a0, 7
        0x05D00893,                 # li a7, 93
        0x00000073,                 # ecall
    ]  # fmt: skip
    return vm.Program(vm.Image.from_text(words))


@pytest.fixture(scope="module")
def proved():
    program = counting(3)
    run = program.run()
    return program, run, run.prove(OPTIONS)


def test_a_proof_says_all_but_the_steps(proved):
    program, run, proof = proved
    result = program.verify(proof, OPTIONS, min_security=0)
    assert (result.exit_code, result.output, result.steps) == (7, b"", None)
    claim = cs.decode_claim(proof.claim)
    assert claim == {"exit_code": 7, "output": "", "program": program.id}
    assert run.steps not in claim.values()
    said = program.statement(claim)
    text = program.machine(OPTIONS).statement(tokens=said.tokens, claim=proof.claim).to_json()
    assert [token[1] for token in json.loads(text)["tokens"]].count("state") == 1
    pure.verify(pure.read_statement(text), proof.to_bytes(), min_security=0)
    cs.StatementFile.from_json(text).verify(proof, min_security=0)


def test_what_stays_public_is_said(proved):
    """Heights; of families, that several traces tell the rows more closely than one would."""
    program, _, _ = proved
    shown = str(program.machine(OPTIONS))
    assert "zero-knowledge: proofs hide the traces; public are the public values" in shown
    assert "each of its traces, which together tell its rows more closely" in shown
    once = str(cs.Machine({"bytes": cs.gadgets.RangeTable(8)}, cs.Options(zk=True)))
    assert "to the next power of two" in once and "each of its traces" not in once
    assert "zero-knowledge" not in str(program.machine(PLAIN))
    run = counting(2**15 + 2**10).run()
    family = max(run.rows, key=run.rows.__getitem__)
    split = run.plan_for(OPTIONS).heights[family]
    assert len(split) > 1 and sum(split) < 1.1 * run.rows[family], "which is what is said"
    assert run.plan_for(OPTIONS, {family: 2**16}).heights[family] == (2**16,)


def test_runs_of_different_lengths_have_one_statement():
    """Heights apart, which are public, and here the same."""
    claims = []
    for rounds in (6, 8):
        run = counting(rounds).run()
        claim = run.claim_for(OPTIONS)
        del claim["program"]
        claims.append((claim, run.plan_for(OPTIONS).heights, run.steps))
    assert claims[0][:2] == claims[1][:2]
    assert claims[0][2] != claims[1][2]


def test_plain_proofs_say_them(proved):
    program, run, _ = proved
    proof = run.prove(PLAIN)
    assert program.verify(proof, PLAIN, min_security=0).steps == run.steps
    assert cs.decode_claim(proof.claim)["rows"] == run.steps


def test_a_claim_of_the_other_kind(proved):
    program, run, _ = proved
    for options, claimed in ((OPTIONS, PLAIN), (PLAIN, OPTIONS)):
        claim = run.claim_for(claimed)
        said = program.statement(claim)
        machine = cs.Machine(said.tables, options)
        proof = machine.prove(run.traces(), tokens=said.tokens, claim=cs.encode_claim(claim))
        machine.verify(proof, tokens=said.tokens, min_security=0)
        with pytest.raises(cs.VerificationError, match=r"claim\.rows") as refusal:
            program.verify(proof, options, min_security=0)
        assert refusal.value.reason is Reason.STATEMENT


def test_options_of_the_other_kind(proved):
    """Who forgets the options is told so, and not of what the claim lacks for others."""
    program, run, proof = proved
    shards = run.prove_shards(OPTIONS, cells=1 << 22)
    for found, options in ((proof, PLAIN), (proof, None), (shards, None), (bytes(shards), PLAIN)):
        with pytest.raises(cs.VerificationError, match=r"zk=True.* say zk=False: .*options") as no:
            program.verify(found, options, min_security=0)
        assert no.value.reason is Reason.OPTIONS
    with pytest.raises(cs.VerificationError, match="zk=False, and the options given say zk=True"):
        program.verify(run.prove(PLAIN), OPTIONS, min_security=0)


def test_another_exit_code_is_refused(proved):
    program, _, proof = proved
    claim = {**cs.decode_claim(proof.claim), "exit_code": 8}
    said = program.statement(claim)
    with pytest.raises(cs.VerificationError):
        program.machine(OPTIONS).verify(proof, tokens=said.tokens, min_security=0)
    text = program.machine(OPTIONS).statement(tokens=said.tokens, claim=proof.claim).to_json()
    with pytest.raises(pure.Refused):
        pure.verify(pure.read_statement(text), proof.to_bytes(), min_security=0)


def tokens(program, run):
    return program.statement(run.claim_for(OPTIONS)).tokens


def test_a_run_must_halt_and_only_once(proved):
    """What ends a run is the row that halts: without it, or with two, buses are not balanced."""
    program, run, _ = proved
    machine = program.machine(OPTIONS)
    honest = run.traces()
    assert machine.check(honest, tokens=tokens(program, run))

    [halting] = honest["halt"]
    stopped, twice = halting.copy(), halting.copy()
    stopped[0, 0] = 0
    twice[1] = twice[0]
    for changed in (stopped, twice):
        report = machine.check({**honest, "halt": [changed]}, tokens=tokens(program, run))
        assert {"state", "halt"} <= {item.bus for item in report.imbalances}


def test_the_table_that_ends_a_run_is_the_only_other_one():
    """But for the second table for rows of any family."""
    program = counting(2)
    counted, hidden = program.tables(), program.tables(counted=False)
    assert isinstance(hidden.pop("rare_narrow"), Rare) and list(counted) == list(hidden)
    assert [name for name in counted if type(counted[name]) is not type(hidden[name])] == ["halt"]
    assert counted["halt"].columns == hidden["halt"].columns


def test_a_workload_prepares_for_its_options():
    """Through the ends that know no execution: `Workload.prove`, and what a verifier is given."""

    class Ends(cs.Workload):
        asked: ClassVar[list[bool]] = []

        def prepare_for(self, options, tell=None):
            self.asked.append(options.zk)
            raise InterruptedError

    for zk in (False, True):
        with pytest.raises(InterruptedError):
            Ends().prove(cs.Options(zk=zk))
    assert Ends.asked == [False, True]
