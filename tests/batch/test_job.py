"""What a job is, what it is called, and what is refused before any work."""

from __future__ import annotations

import dataclasses
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

import cstark as cs
from cstark.batch.job import read_jobs
from cstark.machines.fib_pair import FibPair
from tests.batch.workloads import QUICK, Count


def test_three_ways_to_write_a_job():
    jobs = read_jobs([Count(), (Count(log_rows=4), cs.Options()), cs.Job(Count(5))], QUICK)
    assert [job.options for job in jobs] == [QUICK, cs.Options(), cs.Options()]
    assert [job.workload.log_rows for job in jobs] == [3, 4, 5]
    assert read_jobs(iter([Count()]), None) == [cs.Job(Count(), cs.Options())]
    assert read_jobs([], None) == []


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ([Count(), Count], r"job 1: Count is a class: call it with its arguments, as in Count\(\)"),
        ([Count(), 3], r"job 1: expected a workload, \(workload, options\) or cs.Job, not int"),
        ([Count(), (Count(), {"blowup": 4})], "job 1: options must be cs.Options, not dict"),
        ([(Count(), QUICK, 1)], "job 0: expected a workload"),
        ([(QUICK, Count())], "job 0: expected a workload"),
        (Count(), "jobs must be a list of workloads, not Count"),
        (3, "jobs must be a list of workloads, not int"),
    ],
)
def test_what_is_no_job(jobs, message, monkeypatch, tmp_path):
    monkeypatch.setattr(Count, "prepare", lambda self: pytest.fail("work was done"))
    with pytest.raises(cs.CstarkError, match=message):
        cs.prove_many(jobs, folder=tmp_path / "none")
    assert not list(tmp_path.iterdir())


def test_a_class_that_is_no_frozen_dataclass_is_no_job():
    class Bare(Count):
        def __post_init__(self):
            pass

    with pytest.raises(cs.StatementError, match=r"job 0: Bare: decorate the class with @dataclass"):
        cs.prove_many([Bare()])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"options": {"blowup": 4}}, "options must be cs.Options, not dict"),
        ({"threads": 0}, "threads=0"),
        ({"threads": "2"}, "the number of threads must be an int"),
        ({"max_memory": -1}, "max_memory=-1"),
        ({"buffersize": 0}, "buffersize=0"),
        ({"buffersize": True}, "buffersize=True"),
        ({"progress": "yes"}, "progress='yes'"),
        ({"executor": 4}, r"not int: for example concurrent.futures.ProcessPoolExecutor\(4\)"),
    ],
)
def test_settings_are_checked(settings, message, monkeypatch):
    monkeypatch.setattr(Count, "prepare", lambda self: pytest.fail("work was done"))
    with pytest.raises(cs.CstarkError, match=message):
        cs.prove_many([Count()], **settings)


def test_a_dask_client_is_told_how():
    class Client:
        def get_executor(self):
            pytest.fail("not ours to call")

    with pytest.raises(cs.CstarkError, match=r"not Client: call its get_executor\(\)"):
        cs.prove_many([Count()], Client())


def test_what_cannot_be_sent_is_named_and_threads_need_not_send():
    @dataclass(frozen=True)
    class Local(Count):
        pass

    with (
        ProcessPoolExecutor(1) as pool,
        pytest.raises(cs.StatementError, match=r"job 1: .*Local\(.* cannot be sent"),
    ):
        cs.prove_many([Count(), Local()], pool, options=QUICK)
    with ThreadPoolExecutor(1) as pool:
        assert all(cs.prove_many([Count(), Local()], pool, options=QUICK))


def test_digests_outlast_the_process():
    """They name files: with the format's version or the options, these change on purpose."""
    digest = "625b98c98bd97050a4cc35a59a90076fb7c38b4a7f5cf4d99926d179f0a622af"
    assert cs.Job(FibPair(log_rows=4)).digest() == digest


def test_everything_that_decides_a_proof_is_in_the_digest():
    @dataclass(frozen=True)
    class Other(Count):
        pass

    options = {
        "blowup": 4, "security": 90, "regime": "unique", "hash": "sha256", "grinding": 15,
        "queries": 30, "fri_arity": 4, "final_length": 64, "coset_offset": 5, "max_log_height": 20,
        "zk": True,
    }  # fmt: skip
    assert set(options) == {item.name for item in dataclasses.fields(cs.Options)}
    jobs = [cs.Job(Count()), cs.Job(Count(4)), cs.Job(Count(mode="x")), cs.Job(Other())]
    jobs += [cs.Job(Count(), cs.Options(**{name: value})) for name, value in options.items()]
    assert len({job.digest() for job in jobs}) == len(jobs)


def test_jobs_pickle_and_print():
    job = cs.Job(Count(mode="m" * 500), cs.Options(hash="sha256"))
    assert pickle.loads(pickle.dumps(job)) == job
    assert len(str(job)) < 250 and str(job).endswith("hash='sha256'")
