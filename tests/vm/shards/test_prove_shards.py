"""Runs in shards, proved by a loop, by processes and by dask; verified as any proof."""

from __future__ import annotations

import os
import pickle
import signal
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import cstark as cs
from cstark import pure, vm
from cstark.vm.shards.shard import Shard
from cstark.vm.tables import RARE
from tests.vm import summing

PROGRAM = vm.Program.from_elf(summing.ELF)
RUN = PROGRAM.run(summing.number(6000))
OPTIONS = cs.Options(queries=4, grinding=0, max_log_height=26)
CELLS = 1_300_000
"""Of a shard: the run has some 2.6 million, and each shard 0.6 million of tables of its own."""


@pytest.fixture(scope="module")
def proof() -> cs.ShardedProof:
    return RUN.prove_shards(OPTIONS, cells=CELLS)


def test_a_run_in_shards_says_what_the_run_says(proof):
    assert len(proof.shards) > 2
    for shown in (proof, proof.to_bytes(), cs.ShardedProof.from_bytes(proof.to_bytes())):
        result = PROGRAM.verify(shown, OPTIONS, min_security=0)
        assert (result.exit_code, result.output) == (RUN.exit_code, RUN.output)
        assert (result.steps, result.program) == (RUN.steps, PROGRAM.id)
    whole = RUN.prove(OPTIONS)
    assert PROGRAM.verify(whole, OPTIONS, min_security=0) == result
    with pytest.raises(cs.VerificationError, match="another output"):
        PROGRAM.verify(proof, OPTIONS, output=b"else", min_security=0)
    with pytest.raises(cs.VerificationError, match="exit code"):
        PROGRAM.verify(proof, OPTIONS, exit_code=1, min_security=0)
    with pytest.raises(cs.ProofFormatError):
        PROGRAM.verify(proof.to_bytes()[:-1], OPTIONS, min_security=0)


def test_the_second_verifier_accepts_it(proof):
    said = PROGRAM.statement(RUN.claim)
    file = PROGRAM.machine(OPTIONS).statement(tokens=said.tokens, claim=proof.claim, shards=True)
    pure.verify(pure.read_statement(file.to_json()), proof.to_bytes(), min_security=0)
    other = PROGRAM.statement({**RUN.claim, "exit_code": 1})
    file = PROGRAM.machine(OPTIONS).statement(tokens=other.tokens, claim=proof.claim, shards=True)
    with pytest.raises(pure.Refused):
        pure.verify(pure.read_statement(file.to_json()), proof.to_bytes(), min_security=0)


def test_tables_of_memory_stand_in_the_last_shard(proof):
    once = [k for k, table in enumerate(PROGRAM.tables().values()) if table.stands == "once"]
    for heights in proof.log_heights[:-1]:
        assert all(heights[k] == () for k in once)
    assert all(isinstance(proof.log_heights[-1][k], int) for k in once)


@pytest.mark.parametrize("changes", [{"zk": True}, {"blowup": 8}])
def test_families_with_few_rows_in_a_shard_are_gathered(changes):
    """By the rows of each shard; a worker makes the table from the program alone."""
    options = cs.Options(queries=4, grinding=0, max_log_height=26, **changes)
    assert all(plan.gathered == {} for plan in RUN.cut(OPTIONS, cells=CELLS))
    plans = RUN.cut(options, cells=CELLS)
    assert len(plans) > 1 and plans[-1].gathered  # a loop of few families goes before
    parts = pickle.loads(pickle.dumps(RUN.shards(options, cells=CELLS)))
    for part, plan in zip(parts, plans, strict=True):
        found = part()
        for table, families in plan.gathered.items():
            assert tuple(map(len, found[table])) == plan.heights[table]
            assert all(tuple(map(len, found[name])) == plan.heights[name] for name in families)
    proof = RUN.prove_shards(options, cells=CELLS)
    names = list(PROGRAM.tables(counted=not options.zk))
    for heights, plan in zip(proof.log_heights, plans, strict=True):
        standing = {names.index(name) for name in plan.gathered}
        assert {k for k, name in enumerate(names) if name in RARE and heights[k]} == standing
    result = PROGRAM.verify(proof, options, min_security=0)
    assert (result.exit_code, result.output) == (RUN.exit_code, RUN.output)
    assert RUN.cut(options, memory=1 << 30)[-1].gathered


def test_processes_make_the_same_proof(proof):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert RUN.prove_shards(OPTIONS, cells=CELLS, executor=executor) == proof


def test_what_is_kept_makes_no_difference(proof, tmp_path):
    assert RUN.prove_shards(OPTIONS, cells=CELLS, keep=True) == proof


class Stops(Exception):
    pass


def test_a_run_is_taken_up_again_where_it_stopped(proof, tmp_path, monkeypatch):
    """Each shard is executed once for each of its two parts, whatever happens in between."""
    executed: list[int] = []
    honest = Shard.__call__

    def counted(self):
        executed.append(self.snapshot.rows)
        return honest(self)

    def stop(_what: str, done: int, _total: int) -> None:
        if done == len(proof.shards) + 1:
            raise Stops

    monkeypatch.setattr(Shard, "__call__", counted)
    with pytest.raises(Stops):
        RUN.prove_shards(OPTIONS, cells=CELLS, folder=tmp_path / "kept", progress=stop)
    assert RUN.prove_shards(OPTIONS, cells=CELLS, folder=tmp_path / "kept") == proof
    assert len(executed) == 2 * len(proof.shards)


def test_a_shard_of_another_input_is_no_part_of_the_run():
    """A worker that executes something else is found out by the sums of the buses."""
    parts = [*RUN.shards(cells=CELLS)]
    other = PROGRAM.run(summing.number(6001)).shards(cells=CELLS)
    said = PROGRAM.statement(RUN.claim)
    with pytest.raises(cs.TraceError, match="do not balance"):
        PROGRAM.machine(OPTIONS).prove_shards(
            [other[0], *parts[1:]], tokens=said.tokens, claim=cs.encode_claim(RUN.claim)
        )


def test_a_damaged_shard_names_its_place():
    parts = [*RUN.shards(cells=CELLS)]
    broken = pickle.loads(pickle.dumps(parts[1]))
    object.__setattr__(broken.snapshot, "packed", b"nothing")
    with pytest.raises(ValueError, match="snapshot is damaged") as error:
        PROGRAM.machine(OPTIONS).prove_shards([parts[0], broken, *parts[2:]])
    assert any("shard 2" in note for note in error.value.__notes__)


def test_a_run_in_shards_is_hidden(proof):
    """The claim does not say how long it took; both verifiers accept it."""
    options = cs.Options(queries=4, grinding=0, max_log_height=26, zk=True)
    hidden = RUN.prove_shards(options, cells=CELLS)
    result = PROGRAM.verify(hidden, options, min_security=0)
    assert len(hidden.shards) == len(proof.shards) and hidden.options.zk
    assert (result.exit_code, result.output, result.steps) == (RUN.exit_code, RUN.output, None)
    claim = cs.decode_claim(hidden.claim)
    assert "rows" not in claim
    said = PROGRAM.statement(claim)
    file = PROGRAM.machine(options).statement(tokens=said.tokens, claim=hidden.claim, shards=True)
    pure.verify(pure.read_statement(file.to_json()), hidden.to_bytes(), min_security=0)
    for shown, other in ((hidden, OPTIONS), (proof, options)):
        with pytest.raises(cs.VerificationError):
            PROGRAM.verify(shown, other, min_security=0)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        again = RUN.prove_shards(options, cells=CELLS, executor=executor)
    PROGRAM.verify(again, options, min_security=0)
    assert not set(hidden.shards) & set(again.shards)


def test_a_program_is_proved_in_shards(proof):
    made = PROGRAM.prove_shards(summing.number(6000), OPTIONS, cells=CELLS)
    assert made == proof


# ---- workers that die --------------------------------------------------------------------------


def _end_of_a_worker(marker: str) -> None:
    """The first worker that gets here is killed as by the system when memory is short."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class Killing:
    """A shard whose worker is killed when it is executed for the first time."""

    def __init__(self, shard: Shard, marker: str) -> None:
        self.shard, self.marker = shard, marker

    def __call__(self):
        _end_of_a_worker(self.marker)
        return self.shard()


@pytest.mark.nightly
def test_a_pool_that_breaks_is_taken_up_again_elsewhere(proof, tmp_path):
    """A pool gives up when a process dies; the same call does the rest, in a loop if need be."""
    parts = [*RUN.shards(cells=CELLS)]
    parts[1] = Killing(parts[1], str(tmp_path / "killed"))
    machine, said = PROGRAM.machine(OPTIONS), PROGRAM.statement(RUN.claim)
    settings = {"tokens": said.tokens, "claim": proof.claim, "folder": tmp_path / "kept"}
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor,
        pytest.raises(BrokenExecutor),
    ):
        machine.prove_shards(parts, executor=executor, **settings)
    assert (tmp_path / "killed").exists()
    assert machine.prove_shards(parts, **settings) == proof


@pytest.mark.nightly
def test_dask_workers_prove_it_though_one_is_killed(proof, tmp_path):
    distributed = pytest.importorskip("distributed")
    parts = [*RUN.shards(cells=CELLS)]
    marker = tmp_path / "killed"
    parts[1] = Killing(parts[1], str(marker))
    said = PROGRAM.statement(RUN.claim)
    with (
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        made = PROGRAM.machine(OPTIONS).prove_shards(
            parts, tokens=said.tokens, claim=proof.claim, executor=client.get_executor()
        )
    assert marker.exists()
    assert made == proof
