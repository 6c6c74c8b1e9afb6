"""Runs whose tables are filled up: heights then tell neither what was executed nor how much."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import vm
from cstark.cli.main import main
from tests.vm import summing

# a0 = the length of the input, three additions, a store to zero-filled memory, halt
WORDS = [
    0x40000537,  # lui a0, 0x40000
    0x00053503,  # ld a0, 0(a0)
    0x00150513, 0x00150513, 0x00150513,  # addi a0, a0, 1
    0x200002B7,  # lui t0, 0x20000
    0x00A2B023,  # sd a0, 0(t0)
    0x05D00893,  # li a7, 93
    0x00000073,  # ecall
]  # fmt: skip
PROGRAM = vm.Program(vm.Image.from_text(WORDS))
OPTIONS = cs.Options(zk=True, queries=3, grinding=0, max_log_height=vm.abi.MAX_LOG_HEIGHT)
PLAIN = cs.Options(queries=3, grinding=0, max_log_height=vm.abi.MAX_LOG_HEIGHT)
ADDI = next(name for name in PROGRAM.run().rows if name.startswith("addi"))


def heights_of(proof, options):
    names = [d.name for d in PROGRAM.machine(options).descriptions]
    return dict(zip(names, proof.log_heights, strict=True))


@pytest.mark.parametrize("options", [OPTIONS, PLAIN], ids=["zk", "plain"])
def test_every_table_that_a_run_fills_can_be_filled_further(options):
    """Families, once and several times, rows without any use, memory, input, output."""
    pad_to = {
        ADDI: (32, 16), "li": 64, "halt": 8, "rare": (16,), "refresh": (8, 8), "fresh": 64,
        "input": 128, "output": 32,
    }  # fmt: skip
    if options.zk:
        pad_to["rare_narrow"] = (16, 8)
    run = PROGRAM.run(b"hello")
    proof = run.prove(options, pad_to=pad_to)
    assert PROGRAM.verify(proof, options, min_security=0).exit_code == 8
    found = heights_of(proof, options)
    for name, rows in pad_to.items():
        listed = (rows,) if isinstance(rows, int) else rows
        logs = tuple(height.bit_length() - 1 for height in listed)
        assert found[name] == (logs if isinstance(found[name], tuple) else logs[0]), name
    estimate = run.estimate(options, pad_to=pad_to)
    plain = run.estimate(options)
    assert estimate.cells > plain.cells


def test_two_inputs_give_proofs_of_one_shape():
    pad_to = {"input": 64, "fresh": 16}
    short, long = (PROGRAM.run(b"x" * count) for count in (1, 400))
    assert short.plan.heights["input"] != long.plan.heights["input"]
    heights = {run.prove(OPTIONS, pad_to=pad_to).log_heights for run in (short, long)}
    assert len(heights) == 1


@pytest.mark.parametrize(
    ("pad_to", "problem"),
    [
        ({"registers": 64}, "'registers': it always has 64 rows"),
        ({"range": 1 << 17}, "'range': it always has 65536 rows"),
        ({"program": 32}, "'program': it always has"),
        ({"no": 32}, "no table 'no'"),
        ({"input": 16}, "'input': 16 rows, fewer than the 51 that are needed"),
        ({"input": (64,)}, "'input': .*give one number"),
        ({"li": ()}, "'li': 0 rows, fewer than"),
        ({"li": 12}, "'li': 12 rows; .*power of two"),
        ({"li": (8, 16)}, "'li': .*tallest first"),
        ({"li": 1 << 27}, r"'li': .*more than 2\^26"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(pad_to, problem):
    run = PROGRAM.run(b"x" * 400)
    for call in (run.prove, run.estimate, run.plan_for, run.shards, run.cut, run.prove_shards):
        with pytest.raises(cs.TraceError, match=problem):
            call(OPTIONS, pad_to=pad_to)


def test_a_family_with_rows_of_its_own_is_not_gathered():
    run = PROGRAM.run(b"hello")
    assert run.plan_for(OPTIONS).elsewhere(ADDI)
    planned = run.plan_for(OPTIONS, {ADDI: 16})
    assert not planned.elsewhere(ADDI) and planned.heights[ADDI] == (16,)
    assert planned.gathered


@pytest.mark.parametrize("options", [OPTIONS, PLAIN], ids=["zk", "plain"])
def test_shards_of_a_run(options):
    """Families in each shard, memory, input and output in the last, whatever a row of theirs is."""
    pad_to = {"li": 64, "rare": (16,), "fresh": 64, "input": 128, "output": 32}
    proof = PROGRAM.run(b"hello").prove_shards(options, pad_to=pad_to)
    assert PROGRAM.verify(proof, options, min_security=0).exit_code == 8
    names = [d.name for d in PROGRAM.machine(options).descriptions]
    found = dict(zip(names, proof.log_heights[0], strict=True))
    assert {name: found[name] for name in pad_to} == {
        "li": (6,), "rare": (4,), "fresh": 6, "input": 7, "output": 5
    }  # fmt: skip


def test_shards_end_before_a_table_needs_more():
    program = vm.Program.from_elf(summing.ELF)
    run = program.run(summing.number(1500))
    [whole] = run.cut(PLAIN)
    pad_to = {"li": 512, "ld": (1024, 256), "output": 16}
    assert whole.height("li") > 512
    plans = run.cut(PLAIN, pad_to=pad_to)
    assert len(plans) > 2 and sum(plan.total for plan in plans) == run.steps
    for plan in plans:
        assert plan.heights["li"] == (512,) and plan.heights["ld"] == (1024, 256)
        assert plan.heights.get("output") == (16 if plan is plans[-1] else None)
    shards = run.shards(PLAIN, pad_to=pad_to)
    assert tuple(shard.plan for shard in shards) == plans
    assert [len(trace) for trace in shards[1]()["ld"]] == [1024, 256]
    with pytest.raises(cs.TraceError, match="'li': 8 rows, fewer than") as refused:
        run.shards(PLAIN, pad_to={"li": 8})
    assert refused.value.__notes__ == ["in the shard that begins at row 0 of the run"]
    with pytest.raises(cs.TraceError, match="'fresh': 8 rows, fewer than") as refused:
        run.prove_shards(PLAIN, pad_to={"fresh": 8})
    assert refused.value.table == "fresh"


def test_what_fills_a_table_counts_as_memory():
    """So a budget that a shard fits without it is too small with it, which is said."""
    run = PROGRAM.run(b"hello")
    with pytest.raises(cs.StatementError, match="too few for a shard"):
        run.cut(PLAIN, pad_to={"li": 1 << 22}, memory=500 << 20)
    [plan] = run.cut(PLAIN, pad_to={"li": 1 << 22})
    assert plan.heights["li"] == (1 << 22,)


def test_workloads_jobs_and_the_command_line(tmp_path, capsys):
    from cstark.machines.add_mul import AddMul
    from cstark.machines.fib_iterative import FibIterative

    options = cs.Options(queries=3, grinding=0)
    proof = AddMul(operations=20).prove(options, pad_to={"add": 64})
    assert AddMul.verify(proof, options, min_security=0, heights={"add": 64})
    job = cs.Job(AddMul(operations=20), options, {"add": 64})
    [result] = cs.prove_many(
        [
            job,
        ],
        folder=tmp_path,
    )
    assert result.proof == proof and hash(job) == hash(cs.Job(AddMul(operations=20), options))
    assert job.digest() != cs.Job(AddMul(operations=20), options).digest() and "pad_to" in str(job)
    for wrong in ([("add", 64)], {"add": "64"}, {3: 64}):
        with pytest.raises(cs.TraceError, match="pad_to"):
            cs.Job(AddMul(operations=20), options, wrong)
    run = FibIterative(iterations=5).prove(PLAIN, pad_to={"fresh": 32})
    FibIterative.verify(run, PLAIN, min_security=0, heights={"fresh": 32})

    file = str(tmp_path / "proof")
    words = ["prove", "add_mul", "--operations", "20", "-o", file, "--queries", "3"]
    assert main([*words, "--pad-to", "add=64", "--pad-to", "mul=32"]) == 0
    assert cs.Proof.from_bytes((tmp_path / "proof").read_bytes()).log_heights[1:] == (6, 5)
    for text, problem in (
        ("add", "write --pad-to TABLE=ROWS"),
        ("add=63", "power of two"),
        ("cpu=64", "always has"),
        ("nothing=64", "no table 'nothing'"),
    ):
        capsys.readouterr()
        assert main([*words, "--pad-to", text]) != 0
        assert problem in capsys.readouterr().err
