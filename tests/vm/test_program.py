"""Programs, runs and proofs, as somebody uses them who never sees a table."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import cstark as cs
from cstark import vm
from cstark.vm import abi
from tests.vm import encode, summing
from tests.vm.guests import exit_with, li
from tests.vm.make_elf import EXIT, Load, build, words


@pytest.fixture(scope="module")
def program():
    return vm.Program.from_elf(summing.ELF)


@pytest.fixture(scope="module")
def proof(program):
    return program.prove(summing.number(20))


def test_a_run_is_proved_and_verified(program, proof):
    result = program.verify(proof)
    assert result.exit_code == 210
    assert result.output == (210).to_bytes(8, "little")
    assert result.program == program.id
    run = program.run(summing.number(20))
    assert (run.exit_code, run.output, run.steps) == (210, result.output, result.steps)
    assert run.log == b"sum\n"
    again = vm.Program.from_elf(summing.ELF)
    assert again.verify(proof.to_bytes(), exit_code=210, output=result.output) == result


def test_what_is_expected_of_the_result_is_compared(program, proof):
    with pytest.raises(cs.VerificationError, match="exit code 210, not 0") as refused:
        program.verify(proof, exit_code=0)
    assert refused.value.reason is cs.Reason.STATEMENT
    with pytest.raises(cs.VerificationError, match="another output"):
        program.verify(proof, output=b"")


def test_a_proof_is_of_one_program(proof):
    other = bytearray(summing.ELF)
    at = other.index(words(encode.i("addi", 10, 10, -1)))
    other[at : at + 4] = words(encode.i("addi", 10, 10, -2))
    with pytest.raises(cs.VerificationError, match="the claim is about another program") as refused:
        vm.Program.from_elf(bytes(other)).verify(proof)
    assert refused.value.reason is cs.Reason.STATEMENT


@pytest.mark.parametrize(
    ("field", "value"),
    [("exit_code", 209), ("output", "d3" + "00" * 7), ("rows", 5), ("program", "0" * 64)],
)
def test_an_edited_claim_is_refused(program, proof, field, value):
    claim = {**cs.decode_claim(proof.claim), field: value}
    data = proof.to_bytes()
    encoded = cs.encode_claim(claim)
    at = data.index(proof.claim)
    size = len(proof.claim).to_bytes(4, "little")
    head = data[:at]
    where = head.rindex(size)
    changed = (
        head[:where]
        + len(encoded).to_bytes(4, "little")
        + head[where + 4 :]
        + encoded
        + data[at + len(proof.claim) :]
    )
    assert cs.Proof.from_bytes(changed).claim == encoded
    with pytest.raises(cs.VerificationError):
        program.verify(changed)


def test_traces_satisfy_the_tables(program):
    run = program.run(summing.number(3))
    assert run.check()


def test_every_exit_code_is_proved():
    code = (1 << 64) - 5
    text = words(*li(5, code), *exit_with(5))
    program = vm.Program.from_elf(build([Load(0x1000, text)], e_entry=0x1000))
    run = program.run()
    assert f"exit code     {code} (-5)" in str(run)
    assert program.verify(run.prove(), exit_code=code).output == b""


def test_options_that_allow_taller_tables_than_are_sound_are_refused(program):
    with pytest.raises(cs.AirError, match="sound up to"):
        program.prove(summing.number(1), cs.Options(max_log_height=27))
    proof = program.prove(summing.number(1), cs.Options(queries=4, max_log_height=20))
    with pytest.raises(cs.VerificationError, match="made with queries=4"):
        program.verify(proof)


def test_c_is_compiled_and_run(tmp_path):
    source = tmp_path / "add.c"
    source.write_text("int main(void) { return 40 + 2; }\n")
    program = vm.Program.from_c(source)
    assert program.run().exit_code == 42
    source.write_text("int main(void) { return }\n")
    with pytest.raises(vm.BuildError, match=r"add\.c"):
        vm.Program.from_c(source)


def test_equal_programs_have_one_id(program):
    again = vm.Program.from_elf(summing.ELF)
    assert again == program and hash(again) == hash(program)
    assert vm.Program.from_elf(build([Load(0x1000, EXIT)], e_entry=0x1000)) != program
    plan = again.run(summing.number(2)).plan
    assert pickle.loads(pickle.dumps(plan)) == plan == program.run(summing.number(2)).plan


def test_the_estimate_is_of_the_run(program):
    run = program.run(summing.number(40))
    estimate = run.estimate()
    proof = run.prove()
    assert estimate.heights == run.plan.heights
    assert abs(len(proof.to_bytes()) / estimate.proof_bytes - 1) < 0.25
    made = [found if isinstance(found, list) else [found] for found in run.traces().values()]
    assert run.trace_bytes == sum(array.nbytes for tables in made for array in tables)


def test_a_run_keeps_its_input_whatever_becomes_of_the_caller_s(program):
    data = bytearray(summing.number(3))
    run = program.run(data)
    data[0] = 4
    assert program.verify(run.prove()).exit_code == 6
    with pytest.raises(cs.StatementError, match="input is str; it must be bytes"):
        program.run("3")


def test_a_trace_may_be_read_again(program):
    traces = program.run(summing.number(3)).prepared().traces
    reads = [
        read
        for found in traces.values()
        for read in (found if isinstance(found, list) else [found])
    ]
    first = [read() for read in reads]
    for read, expected in reversed([*zip(reads, first, strict=True)]):
        assert np.array_equal(read(), expected)
        assert np.array_equal(read(), expected)


def test_a_run_that_does_not_end_is_stopped():
    program = vm.Program.from_elf(build([Load(0x1000, words(encode.j(0, 0)))], e_entry=0x1000))
    with pytest.raises(vm.GuestError, match="after 1000 rows, as many as max_steps") as stopped:
        program.run(max_steps=1000)
    assert stopped.value.kind is vm.ErrorKind.STEP_LIMIT
    assert stopped.value.pc == 0x1000


def test_progress_is_told_and_can_stop_a_run():
    program = vm.Program.from_elf(build([Load(0x1000, words(encode.j(0, 0)))], e_entry=0x1000))
    seen = []

    def tell(steps):
        seen.append(steps)
        if len(seen) == 2:
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        program.run(progress=tell)
    assert 0 < seen[0] < seen[1]


def test_printing_shows_instructions_with_symbols(program):
    text = str(program)
    assert f"{summing.FUNCTIONS['total']:08x} <total>:" in text
    assert "ecall" in text
    assert program.id[:16] in repr(program)
    run = program.run(summing.number(20))
    assert f"{run.instructions:,} in {run.steps:,} rows" in str(run)
    assert "exit code 210" in repr(run)


def test_cells_are_those_of_the_committed_rows(program):
    run = program.run(summing.number(20))
    machine = program.machine()
    cells = {d.name: d.width + 3 * d.lookup_columns for d in machine.verifying_key().tables}
    assert program.row_cells() == cells
    assert sum(run.rows.values()) == run.steps
    fixed = {"program", "image", "registers", "range", "bytes", "shifts"}
    assert run.cells == sum(n * cells[t] for t, n in run.plan.rows.items() if t not in fixed)


def test_a_profile_follows_calls_and_returns(program):
    depth = 12
    run = program.run(summing.number(depth))
    profile = run.profile()
    cells = program.row_cells()
    assert profile.cells == sum(n * cells[name] for name, n in run.rows.items())
    stacks = dict(profile.stacks)
    deeper = {("_start", *("total",) * k) for k in range(1, depth + 2)}
    assert set(stacks) == {("_start",), *deeper}
    # Every level but the last does the same.
    middle = {stacks[("_start", *("total",) * k)] for k in range(1, depth + 1)}
    assert len(middle) == 1
    functions = {name: (own, whole) for name, own, whole in profile.functions()}
    assert functions["_start"] == (stacks[("_start",)], profile.cells)
    assert functions["total"][0] == functions["total"][1]  # recursion counts once
    assert f"_start;total {middle.pop()}\n" in profile.folded()


def test_deep_recursion_is_profiled_as_far_as_it_is_shown(program):
    run = program.run(summing.number(2000))
    profile = run.profile()
    cells = program.row_cells()
    assert profile.cells == sum(n * cells[name] for name, n in run.rows.items())
    assert max(len(stack) for stack in profile.stacks) == 512
    page = profile.html("cells of <this>")
    assert "&lt;this&gt;" in page and "<this>" not in page


@pytest.mark.parametrize(
    "claim",
    [
        {},
        {"exit_code": 0, "output": "", "rows": 5},
        {"exit_code": 0, "output": "", "program": "x", "rows": 5},
        {"exit_code": -1, "output": "", "program": None, "rows": 5},
        {"exit_code": 1 << 64, "output": "", "program": None, "rows": 5},
        {"exit_code": 0, "output": "0", "program": None, "rows": 5},
        {"exit_code": 0, "output": "AA", "program": None, "rows": 5},
        {"exit_code": 0, "output": " aa", "program": None, "rows": 5},
        {"exit_code": 0, "output": "00" * (abi.MAX_OUTPUT + 1), "program": None, "rows": 5},
        {"exit_code": 0, "output": "", "program": None, "rows": 0},
        {"exit_code": 0, "output": "", "program": None, "rows": abi.MAX_ROWS + 1},
        {"exit_code": True, "output": "", "program": None, "rows": 5},
        {"exit_code": 0, "output": "", "program": None, "rows": 5, "more": 1},
    ],
)
def test_claims_that_say_nothing_possible_are_refused(program, claim):
    if "program" in claim and claim["program"] is None:
        claim = {**claim, "program": program.id}
    with pytest.raises(cs.StatementError):
        program.statement(claim)


def test_the_limits_of_claims_are_inclusive(program):
    claim = {
        "exit_code": (1 << 64) - 1,
        "output": "00" * abi.MAX_OUTPUT,
        "program": program.id,
        "rows": abi.MAX_ROWS,
    }
    tokens = program.statement(claim).tokens
    assert len(tokens) == 3 + 1 + abi.MAX_OUTPUT // 8
