"""One run of the RISC-V machine, proved in shards or whole: bytes, seconds, memory.

Each measurement has a process of its own, so that its peak of memory is its own. ``python task.py
JSON`` takes a `Task` and prints what was measured as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cstark as cs
from cstark.machines.fib_iterative import LOOP, fibonacci_program
from cstark.vm.abi import MAX_LOG_HEIGHT
from cstark.vm.shards.fitting import memory_of
from cstark.vm.shards.shard import Shard

__all__ = ["HOW", "Killing", "Task", "main", "measure"]

HOW = ("whole", "loop", "keep", "processes", "dask")


@dataclass(frozen=True)
class Task:
    """What is measured.

    Attributes
    ----------
    steps : int
        Operations of the run, about.
    how : str
        ``whole``: one proof. ``loop``: shards one after another, nothing kept between the two maps;
        ``keep``: with what was committed kept. ``processes``, ``dask``: on workers.
    memory : int
        Bytes of a process that proves one shard.
    workers : int
    kill : bool
        Whether the worker of the shard in the middle is killed once, in the second map.
    threads : int
        Of each worker.
    zk : bool
        Whether the proof hides the traces.
    """

    steps: int
    how: str = "loop"
    memory: int = 3 << 30
    workers: int = 1
    kill: bool = False
    threads: int = 1
    zk: bool = False


class Killing:
    """A shard whose worker is killed, once, when its traces are made for the second time."""

    def __init__(self, shard: Shard, folder: str) -> None:
        self.shard, self.folder = shard, Path(folder)

    def __call__(self) -> Any:
        for name in ("first", "second"):
            try:
                (self.folder / name).touch(exist_ok=False)
            except FileExistsError:
                continue
            if name == "second":
                os.kill(os.getpid(), signal.SIGKILL)
            break
        return self.shard()


def peak_bytes(who: int = resource.RUSAGE_SELF) -> int:
    """Most memory of this process so far, or of the largest of its children that has ended."""
    peak = resource.getrusage(who).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def executor_of(task: Task, peaks: list[int]) -> Iterator[Executor | None]:
    """Where the shards are proved; the peaks of the workers are put into the list."""
    if task.how == "processes":
        with ProcessPoolExecutor(task.workers, mp_context=get_context("spawn")) as pool:
            yield pool
        peaks.append(peak_bytes(resource.RUSAGE_CHILDREN))
    elif task.how == "dask":
        import distributed

        with (
            distributed.LocalCluster(
                n_workers=task.workers, threads_per_worker=1, dashboard_address=None,
                memory_limit=task.memory,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):  # fmt: skip
            yield client.get_executor()
            peaks += client.run(peak_bytes).values()
    else:
        yield None
        peaks.append(peak_bytes())


def measure(task: Task) -> dict[str, Any]:
    """Execute, prove, verify.

    Parameters
    ----------
    task : Task

    Returns
    -------
    dict
        The task, and: ``rows``, ``shards``, ``proof_bytes``; ``execute``, ``cut``, ``prove``,
        ``verify`` in seconds of wall time; ``processor``, seconds of all processes while proving;
        ``coordinator`` and ``worker``, peaks of memory in bytes; ``expected``, what the estimator
        says of the largest worker; ``padding``, committed over used cells.
    """
    cs.set_num_threads(task.threads)
    program = fibonacci_program(max(1, task.steps // LOOP))
    clock = time.perf_counter
    start = clock()
    options = cs.Options(zk=True, max_log_height=MAX_LOG_HEIGHT) if task.zk else None
    run = program.run(max_steps=task.steps + 64)
    executed = clock()
    parts: list[Any] = [] if task.how == "whole" else [*run.shards(options, memory=task.memory)]
    cut = clock()
    cells = program.row_cells(counted=not task.zk)
    plans = [part.plan for part in parts] or [run.plan]
    claimed = run.claim_for(options)
    said, claim = program.statement(claimed), cs.encode_claim(claimed)
    peaks: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        if task.kill:
            middle = len(parts) // 2
            parts[middle] = Killing(parts[middle], folder)
        spent = processor_seconds()
        if task.how == "whole":
            proof: Any = run.prove(options)
            peaks.append(peak_bytes())
        else:
            with executor_of(task, peaks) as executor:
                proof = program.machine(options).prove_shards(
                    parts, tokens=said.tokens, claim=claim, executor=executor,
                    keep=task.how == "keep", memory=task.memory,
                )  # fmt: skip
        spent = processor_seconds() - spent
        killed = (Path(folder) / "second").exists()
    proved = clock()
    data = proof.to_bytes()
    result = program.verify(data, options)
    verified = clock()
    if result.steps != (None if task.zk else run.steps) or killed != task.kill:
        raise RuntimeError("the run was proved wrongly, or no worker was killed")
    return {
        **asdict(task),
        "rows": run.steps,
        "shards": len(parts),
        "proof_bytes": len(data),
        "execute": executed - start,
        "cut": cut - executed,
        "prove": proved - cut,
        "verify": verified - proved,
        "processor": spent,
        "coordinator": peak_bytes(),
        "worker": max(peaks),
        "expected": max(memory_of(program.machine(options), plan) for plan in plans),
        "padding": sum(p.committed(cells) for p in plans) / sum(p.used(cells) for p in plans),
    }


def main(text: str) -> None:
    """Measure what the text says, and print it."""
    print(json.dumps(measure(replace(Task(1), **json.loads(text)))))


if __name__ == "__main__":
    main(sys.argv[1])
