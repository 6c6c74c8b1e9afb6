"""`Machine.prove_shards`: executors, folders, progress, memory, and what is refused before work."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.cost import memory
from cstark.protocol.policy import Policy
from cstark.protocol.shards import prover as shard_prover
from cstark.protocol.shards.verifier import ShardedVerifier, sharded_security
from cstark.protocol.statement import Instance
from cstark.report import Report
from cstark.shards.kept import KEPT
from tests.oracles import zoo
from tests.shards.shard_support import (
    COUNT,
    Told,
    machine,
    prove_anyway,
    sources,
    traces_of,
)


@pytest.fixture(scope="module")
def told():
    return Told(machine())


@pytest.fixture(scope="module")
def honest(told):
    return told.prove()


class Backwards(Executor):
    """Makes all calls when nothing more is submitted, the last one first."""

    def __init__(self):
        self.waiting = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.waiting.append((future, fn, args, kwargs))
        if len(self.waiting) == COUNT:
            for done, call, given, named in reversed(self.waiting):
                done.set_result(call(*given, **named))
            self.waiting = []
        return future


def test_the_proof_does_not_depend_on_who_makes_it(told, honest):
    told.verify(honest)
    assert told.prove([traces_of(index) for index in range(COUNT)]) == honest
    assert told.prove(executor=Backwards()) == honest
    with ThreadPoolExecutor(2) as pool:
        assert told.prove(executor=pool, keep=True) == honest
    with ProcessPoolExecutor(2) as pool:
        made = told.prove(executor=pool)
        assert made == honest
        told.verify(made.to_bytes(), executor=pool)
        bad = cs.ShardedProof(made.options, made.claim, [*made.shards[:2], made.shards[2][:-8]])
        with pytest.raises(cs.VerificationError):
            told.verify(bad, executor=pool)
    report = made.report
    assert len(report.shards) == COUNT and 1 <= report.workers <= 2
    assert report.to_dict()["proof_bytes"] == len(made)
    assert "3 shards by" in str(report)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_numbers_of_shards(told, count):
    proof = told.prove(sources(count))
    assert len(proof.shards) == count and not told.plain_refusal(proof)
    told.verify(proof)
    again = cs.ShardedProof.from_bytes(proof.to_bytes())
    assert again == proof and len(again) == len(proof.to_bytes()) == len(proof)
    assert pickle.loads(pickle.dumps(proof)) == proof
    assert hash(again) == hash(proof)
    shards, one = f"{count} shards", "1 shard"
    traces = {1: 5, 2: 7, 5: 19}[count]  # the second shard has no halves, unless it is the last
    assert f" {one if count == 1 else shards}, {traces} traces>" in repr(proof)
    assert str(proof.report).splitlines()[-1].startswith(one if count == 1 else shards)
    assert "by 1 worker in" in str(proof.report)


def test_tokens_belong_to_the_whole():
    """They are counted once, however many shards there are."""
    of_ring = cs.Machine({"halves": zoo.Halves(), "threes": zoo.Threes()}, machine().options)
    tokens = (cs.Send("three bits", [1, 0], count=5),)
    shards = [{"halves": [zoo.halves(8, k)], "threes": zoo.used_threes(zoo.halves(8, k))}
              for k in range(3)]  # fmt: skip
    shards[1]["threes"][1, 0] += np.uint64(5)
    told = Told(of_ring, {}, tokens, b"")
    proof = told.prove(shards)
    told.verify(proof)
    assert not told.plain_refusal(proof)
    assert told.but(tokens=tokens * 2).refused(proof)


def test_security_counts_all_shards(told, honest):
    bits = told.machine.security({"step": [16], "halves": [32, 8], "ledger": 8}).bits
    with pytest.raises(cs.VerificationError, match="fewer than min_security=100"):
        told.verify(honest, min_security=100)
    told.verify(honest, min_security=int(bits) - 1)


@pytest.mark.parametrize("tokens", [(), (cs.Send("cell", [1, 1]), cs.Receive("cell", [1, 1]))])
def test_a_verifier_counts_the_bits_that_are_reported(told, tokens):
    """By the messages of all shards and the tokens; each shard is looked at."""
    told = told.but(tokens=tokens)
    proof, key = told.prove(), told.machine.proving_key.sharded_key()
    instance = Instance.build(key, told.publics, tokens, told.claim)
    verifier = ShardedVerifier(key, proof, instance)
    verifier.admit(Policy.of(key, 0))
    for regime in ("best", "unique"):
        found = verifier.security(regime)
        assert found == sharded_security(key, proof, len(tokens), regime)
        terms = [shard.regime.terms["lookup"] for shard in found.shards]
        assert len(terms) == COUNT and max(terms) - min(terms) < 1e-6, "all count the same messages"
    alone = sharded_security(key, told.prove(sources(1)), len(tokens), regime)
    assert terms[0] < alone.shards[0].regime.terms["lookup"]
    assert found.bits == min(shard.bits for shard in found.shards)


def counted(path, index):
    """The traces of a shard; each call leaves a mark."""
    with Path(path).open("a") as file:
        file.write(f"{index}\n")
    return traces_of(index)


def calls(path):
    return [int(line) for line in Path(path).read_text().split()] if Path(path).exists() else []


def test_what_is_kept_is_not_made_again(told, honest, tmp_path):
    marks = tmp_path / "marks"
    shards = [partial(counted, marks, index) for index in range(COUNT)]
    assert told.prove(shards, keep=True) == honest
    assert calls(marks) == [0, 1, 2] and not len(KEPT)
    marks.unlink()
    assert told.prove(shards) == honest
    assert calls(marks) == [0, 1, 2] * 2
    marks.unlink()
    assert told.prove(shards, keep=1000) == honest  # not even one fits
    assert calls(marks) == [0, 1, 2] * 2


# ---- after a crash -----------------------------------------------------------------------


class Crash(Exception):
    pass


def crashing(at):
    """A progress callback that fails when so much is done."""

    def tell(what, done, total):
        assert total == 2 * COUNT
        if done == at:
            raise Crash(what)

    return tell


@pytest.mark.parametrize("at", range(1, 2 * COUNT + 1))
def test_a_run_goes_on_where_it_stopped(told, honest, tmp_path, at):
    folder, marks = tmp_path / "run", tmp_path / "marks"
    shards = [partial(counted, marks, index) for index in range(COUNT)]
    with pytest.raises(Crash):
        told.prove(shards, folder=folder, progress=crashing(at))
    assert len(calls(marks)) == at
    done = []
    proof = told.prove(shards, folder=folder, progress=lambda *now: done.append(now))
    assert proof == honest
    assert len(calls(marks)) == 2 * COUNT, "what was finished is not made again"
    assert done[-1][1:] == (2 * COUNT, 2 * COUNT)
    assert told.prove(shards, folder=folder) == honest  # all of it is there
    assert len(calls(marks)) == 2 * COUNT


def test_damaged_files_are_made_again(told, honest, tmp_path):
    told.prove(folder=tmp_path)
    for path in sorted(tmp_path.glob("*.head")) + sorted(tmp_path.glob("*.shard")):
        before = path.read_bytes()
        path.write_bytes(before[:20])
        assert told.prove(folder=tmp_path) == honest
        assert path.read_bytes() == before


def test_a_folder_of_another_run(told, tmp_path):
    told.prove(folder=tmp_path)
    for other in (
        told.but(claim=b"{ }"), told.but(machine=machine(queries=8)),
        told.but(publics={"ledger": [8]}),
    ):  # fmt: skip
        with pytest.raises(cs.StatementError, match="holds shards of another statement"):
            other.prove(folder=tmp_path)
    with pytest.raises(cs.StatementError, match="holds shards of another statement"):
        told.prove(sources(2), folder=tmp_path)


def killing(path, index):
    """Ends the worker, the first time it comes to this shard's second half."""
    if index == 1 and calls(path).count(1) == 1:
        with Path(path).open("a") as file:
            file.write("1\n")
        os._exit(9)
    return counted(path, index)


def test_a_worker_is_killed(told, honest, tmp_path):
    folder, marks = tmp_path / "run", tmp_path / "marks"
    shards = [partial(killing, marks, index) for index in range(COUNT)]
    with ProcessPoolExecutor(1) as pool, pytest.raises(Exception, match="terminated abruptly"):
        told.prove(shards, folder=folder, executor=pool)
    with ProcessPoolExecutor(1) as pool:
        assert told.prove(shards, folder=folder, executor=pool) == honest


# ---- what is refused ---------------------------------------------------------------------


def changing(path, index):
    """Other traces at the second call."""
    found = counted(path, index)
    if index == 1 and calls(path).count(1) == 2:
        found["step"] = [np.roll(found["step"][0], 1, axis=0)]
    return found


def test_traces_that_change_between_the_halves(told, tmp_path):
    shards = [partial(changing, tmp_path / "marks", index) for index in range(COUNT)]
    with pytest.raises(cs.TraceError, match=r"shard 2 of 3: its traces are others than"):
        told.prove(shards)


@pytest.mark.parametrize(
    ("shards", "kind", "message"),
    [
        ([], cs.StatementError, "there are 0 shards; a proof has 1 to 4096"),
        ([{}] * 4097, cs.StatementError, "there are 4097 shards"),
        ({}, cs.StatementError, "must be a sequence, of mappings"),
        ("shards", cs.StatementError, "must be a sequence"),
        (3, cs.StatementError, "must be a sequence"),
        ([{}, 3], cs.TraceError, "shard 2 of 2 is of type int"),
        ([lambda: 3], cs.TraceError, "traces are of type int"),
        ([{}], cs.TraceError, "no trace for table 'ledger'"),
        ([traces_of(2), traces_of(2)], cs.TraceError, "'ledger' stands once, in the last shard"),
    ],
)
def test_shards_that_are_none(told, shards, kind, message):
    with pytest.raises(kind, match=message):
        told.prove(shards)


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"executor": 3}, cs.CstarkError, r"executor must be a concurrent\.futures\.Executor"),
        ({"keep": -1}, cs.OptionsError, "keep=-1: must be a number of bytes"),
        ({"keep": "all"}, cs.OptionsError, "keep='all'"),
        ({"max_memory": 0}, cs.OptionsError, "max_memory"),
        ({"max_memory": 1000}, cs.OptionsError, "bytes"),
    ],
)
def test_settings_that_are_none(told, settings, kind, message):
    with pytest.raises(kind, match=message):
        told.prove(**settings)


def test_what_cannot_travel(told):
    unpicklable = [lambda: traces_of(0), *sources()[1:]]
    with (
        ProcessPoolExecutor(1) as pool,
        pytest.raises(cs.StatementError, match="shard 1 of 3 cannot be sent to another process"),
    ):
        told.prove(unpicklable, executor=pool)


def test_errors_come_from_other_processes(told):
    wrong = [traces_of(index) for index in range(COUNT)]
    wrong[1]["step"][0][0, 0] = 2
    with ProcessPoolExecutor(1) as pool, pytest.raises(cs.TraceError, match="'step'") as error:
        told.prove(wrong, executor=pool)
    assert error.value.__notes__ == ["in shard 2 of 3"]


def test_memory_is_bounded_by_shard(told, honest):
    assert told.prove(max_memory=1 << 26) == honest


# ---- verifying ---------------------------------------------------------------------------


def test_verifying_tells_how_far_it_is(told, honest):
    seen = []
    told.verify(honest, progress=lambda *now: seen.append(now))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1] == ("verify", 2 * COUNT, 2 * COUNT)

    def stop(what, done, total):
        raise Crash(what)

    with pytest.raises(Crash):
        told.verify(honest, progress=stop)


@pytest.mark.parametrize("wrong", [3, "pool", ThreadPoolExecutor])
def test_executors_that_are_none(told, honest, wrong):
    for use in (told.prove, lambda **settings: told.verify(honest, **settings)):
        with pytest.raises(cs.CstarkError, match=r"executor must be a concurrent\.futures\.Execu"):
            use(executor=wrong)


def test_heights_cannot_be_expected(told, honest):
    with pytest.raises(cs.StatementError, match="shards of a proof have heights of their own"):
        told.verify(honest, heights={"ledger": 8})


def test_keys_and_statements_are_data(told, honest):
    file = told.machine.statement(told.publics, claim=told.claim, shards=True)
    again = cs.StatementFile.from_json(file.to_json())
    again.verify(honest, min_security=0)
    again.verify(honest.to_bytes(), min_security=0)
    key = told.machine.proving_key.sharded_key()
    assert cs.VerifyingKey.from_json(key.to_json()) == key == again.key
    assert pickle.loads(pickle.dumps(key)) == key
    assert key.digest != told.machine.verifying_key().digest
    for text in (
        key.to_json().replace(key.shard_root.hex(), "00"),
        key.to_json().replace(f'"{key.shard_root.hex()}"', "null"),
    ):
        with pytest.raises(cs.CstarkError):
            cs.VerifyingKey.from_json(text)


# ---- what is not done twice --------------------------------------------------------------


class Times:
    """How often functions of modules are called meanwhile."""

    def __init__(self, **functions):
        self.functions, self.count, self._undo = functions, dict.fromkeys(functions, 0), []

    def __enter__(self):
        for name, module in self.functions.items():
            before = getattr(module, name)

            def counting(*arguments, name=name, before=before, **settings):
                self.count[name] += 1
                return before(*arguments, **settings)

            setattr(module, name, counting)
            self._undo.append((module, name, before))
        return self.count

    def __exit__(self, *error):
        for module, name, before in self._undo:
            setattr(module, name, before)


@pytest.mark.parametrize("keep", [True, False])
def test_pins_are_evaluated_once(told, honest, keep):
    """A shard that is committed to again takes them from its first half."""
    with Times(evaluate_pins=shard_prover) as count:
        assert told.prove(keep=keep) == honest
    assert count == {"evaluate_pins": COUNT}


def test_nobody_asks_how_far_a_shard_is(told, honest):
    """What is told of is finished shards; the work of none is counted for it."""
    with Times(expected_work=memory, Rehearsal=memory) as count:
        assert told.prove(progress=lambda *now: None) == honest
    assert count == {"expected_work": 0, "Rehearsal": 0}


def test_pins_of_a_first_half_that_is_too_short(told, honest):
    """They are evaluated then; and what comes out is another first half than was given."""
    with Times(evaluate_pins=shard_prover) as count:
        again = prove_anyway(told, [traces_of(index) for index in range(COUNT)], Before)
    assert again == honest and count == {"evaluate_pins": 3 * COUNT}


class Before(shard_prover.ShardProver):
    """Is given what no first half is, each time a new one."""

    def commit(self, before=b""):
        for wrong in (b"", b"\1" * 7):
            other = type(self).__mro__[1](
                self.proving_key, self.instance, self.traces, Report(), plan=self.plan
            )
            assert len(other.commit(wrong)) > 60
        return super().commit(b"")
