"""Guests on the machine itself: it does what the emulator does, and the runs are proved."""

from __future__ import annotations

import json
import random

import pytest

import cstark as cs
from cstark import vm
from cstark.cli.main import main
from cstark.vm import abi, guest
from cstark.vm.guest import examples
from tests.vm.guest.emulator import execute

OPTIONS = cs.Options(queries=10, grinding=0, max_log_height=abi.MAX_LOG_HEIGHT)


def compare(elf: bytes, data: bytes):
    """One run on both; returns the machine's."""
    here = vm.Program.from_elf(elf).run(data)
    there = execute(elf, data, most=50_000_000)
    assert (here.exit_code, here.output, here.log) == (there.exit_code, there.output, there.log)
    assert here.instructions == there.steps
    return here


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_the_examples(name, compiler):
    example = examples.load(name)
    elf = example.build(compiler=compiler)
    for size in (1, 2):
        run = compare(elf, example.make_input(size))
        assert (run.output, run.exit_code) == example.reference(example.make_input(size))
    compare(elf, b"")
    compare(elf, example.make_input(1)[:-1])


@pytest.mark.parametrize("name", ["wide", "memory", "float", "heap", "strings", "io", "start"])
def test_the_library(name, program):
    source = random.Random(name)
    data = source.randbytes(32 * 20)
    if name == "memory":
        records = [(k % 4, source.randrange(300), source.randrange(300), source.randrange(100))
                   for k in range(100)]  # fmt: skip
        records = [(1 if what == 0 else what, *more) for what, *more in records]
        data = b"".join(number.to_bytes(2, "little") for record in records for number in record)
    elif name == "strings":
        data = bytes([7, 98]) + b"abcdefghijk\0ghi\0"
    elif name == "io":
        data = b"".join(size.to_bytes(4, "little") for size in (3, 0, 70, 1000)) + bytes(8)
    compare(program(f"{name}.c"), data)


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_small_proofs_of_the_examples(name):
    """At 128 bits: 0.49 MB to 1.00 MB, the largest for the tables of json_field."""
    example = examples.load(name)
    run = vm.Program.from_elf(example.build()).run(example.make_input(2))
    small = run.estimate(cs.Options.small(max_log_height=abi.MAX_LOG_HEIGHT)).proof_bytes
    assert small < (1_010_000 if name == "json_field" else 1_000_000)
    assert small < 0.7 * run.estimate().proof_bytes


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_the_examples_are_proved(name):
    example = examples.load(name)
    program = vm.Program.from_elf(example.build())
    data = example.make_input(1)
    output, exit_code = example.reference(data)
    proof = program.prove(data, OPTIONS)
    result = program.verify(
        proof.to_bytes(), OPTIONS, exit_code=exit_code, output=output, min_security=0
    )
    assert result.output == output and result.steps == program.run(data).steps
    with pytest.raises(cs.VerificationError, match="another output"):
        program.verify(proof, OPTIONS, output=output + b"\0", min_security=0)
    # The claim with another output in it: what the proof itself says is not believed either.
    claim = cs.decode_claim(proof.claim)
    changed = bytes([output[0] ^ 1]) + output[1:]
    assert claim["output"] == output.hex()
    claim["output"] = changed.hex()
    forged = cs.Proof.from_bytes(proof.to_bytes())
    object.__setattr__(forged, "claim", cs.encode_claim(claim))
    with pytest.raises(cs.VerificationError):
        program.verify(forged, OPTIONS, min_security=0)


def test_a_failed_check_is_proved_too():
    example = examples.load("sudoku")
    program = vm.Program.from_elf(example.build())
    data = bytearray(example.make_input(1))
    data[81:83] = data[82], data[81]
    proof = program.prove(bytes(data), OPTIONS)
    assert program.verify(proof, OPTIONS, min_security=0).exit_code == 1
    with pytest.raises(cs.VerificationError, match="exit code 1, not 0"):
        program.verify(proof, OPTIONS, exit_code=0, min_security=0)


def test_cells_an_instruction():
    """The mean of the eight is what the machine's design promises, by the usual compiler."""
    cells = []
    for name in examples.EXAMPLES:
        example = examples.load(name)
        run = vm.Program.from_elf(example.build()).run(example.make_input(1))
        cells.append(run.cells / run.instructions)
    assert sum(cells) / len(cells) < 42.5 and max(cells) < 48


def test_the_benchmark_has_five_instructions_a_step():
    program = vm.Program.from_c(examples.FIB_ITERATIVE, define={"ITERATIONS": 3000}, library=False)
    run = program.run()
    assert run.exit_code == execute(examples_elf(3000)).exit_code
    assert run.instructions == run.steps == 5 * 3000 + 6


def examples_elf(n: int) -> bytes:
    return guest.build(examples.FIB_ITERATIVE, define={"ITERATIONS": n}, library=False)


def test_a_person_from_nothing_to_a_proof(tmp_path, monkeypatch, capsys):
    """The commands that `cstark guest new` prints, one after the other."""
    monkeypatch.chdir(tmp_path)

    def cstark(line: str, *more: str):
        code = main([*line.split()[1:], *more, "--json"])
        captured = capsys.readouterr()
        assert code == 0, captured.err
        return json.loads(captured.out)

    steps = cstark("cstark guest new mine")["next"]
    assert steps.pop(0) == "cd mine"
    monkeypatch.chdir(tmp_path / "mine")
    build, run, prove, verify = steps
    weak = ["--queries", "10", "--grinding", "0"]
    assert cstark(build)["file"] == "main.elf"
    words = len((tmp_path / "mine" / "input.txt").read_text().split())
    ran = cstark(run, "--no-estimate")
    assert ran["exit_code"] == "0" and ran["output"] == words.to_bytes(8, "little").hex()
    cstark(prove, *weak)
    verified = cstark(verify, "--min-security", "0")
    assert verified["verified"] is True and verified["exit_code"] == "0"
    assert verified["output"] == ran["output"]
