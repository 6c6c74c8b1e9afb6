"""Executors that are no dependency: a dask cluster that loses a worker, loky. Nightly."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import pytest

import cstark as cs
from tests.batch.workloads import QUICK, Count

pytestmark = pytest.mark.nightly


def test_a_dask_cluster_loses_a_worker_and_no_job(tmp_path):
    from distributed import Client, LocalCluster

    # Tall enough that every worker is at work when one of them dies.
    jobs = [Count(10 + n % 6, mode=f"job {n}") for n in range(40)]
    expected = {n: Count(n).prove(QUICK).to_bytes() for n in range(10, 16)}
    cluster = LocalCluster(
        n_workers=3, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
    )
    killed = []
    with cluster, Client(cluster) as client:

        def kill_one(what, done, total):
            if done == 6:
                killed.append(min(client.run(os.getpid).values()))
                os.kill(killed[0], signal.SIGKILL)

        before = set(client.run(os.getpid).values())
        with client.get_executor() as pool:
            results = list(cs.prove_many(jobs, pool, options=QUICK, progress=kill_one))
        client.wait_for_workers(3, timeout=60)
        after = set(client.run(os.getpid).values())
    assert [result.error for result in results] == [None] * len(jobs)
    for result in results:
        assert result.proof.to_bytes() == expected[result.job.workload.log_rows]
    assert len(before) == len(after) == 3 and before - after == set(killed)


def test_loky_takes_classes_of_functions_and_breaks_like_the_standard_pool(tmp_path):
    from loky import ProcessPoolExecutor

    @dataclass(frozen=True)
    class Local(Count):
        """Sent by value."""

    gate = tmp_path / "gate"
    jobs = [Local(4), Count(3), Count(5, gate=str(gate))]
    pool = ProcessPoolExecutor(2)

    def kill_all(what, done, total):
        if done == 2:
            for pid in list(pool._processes):
                os.kill(pid, signal.SIGKILL)

    settings = {"options": QUICK, "folder": tmp_path / "proofs"}
    broken = list(cs.prove_many(jobs, pool, progress=kill_all, **settings))
    assert [bool(result) for result in broken] == [True, True, False]
    assert "terminated" in str(broken[2].error)
    gate.touch()
    with ProcessPoolExecutor(2) as pool:
        whole = list(cs.prove_many(jobs, pool, **settings))
    assert [result.reused for result in whole] == [True, True, False]
    assert all(result.proof == result.job.workload.prove(QUICK) for result in whole)
