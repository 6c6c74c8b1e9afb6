"""Many proofs at once, on any `concurrent.futures.Executor`.

======================== ======================================================================
`cstark.batch.job`       what is to be proved: a workload and options, checked, and its digest
`cstark.batch.worker`    what runs where the proof is made
`cstark.batch.executors` what is known of an executor: its workers, what travels to them
`cstark.batch.folder`    finished proofs on disk
`cstark.batch.result`    what became of a job
`cstark.batch.run`       hands jobs out, takes results in, keeps the order
======================== ======================================================================
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import Executor

from cstark.batch.executors import check_executor, default_threads, packer
from cstark.batch.job import Job, JobLike, read_jobs
from cstark.batch.result import JobResult
from cstark.batch.run import Run, Settings, read_buffersize
from cstark.cost.memory import check_max_memory
from cstark.protocol.options import Options
from cstark.report.progress import ProgressCallback
from cstark.runtime import checked_threads

__all__ = ["Job", "JobResult", "Run", "prove_many"]


def prove_many(
    jobs: Iterable[JobLike],
    executor: Executor | None = None,
    *,
    options: Options | None = None,
    threads: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: bool | ProgressCallback | None = None,
    buffersize: int | None = None,
    check: bool = True,
    max_memory: int | None = None,
) -> Run:
    """Prove many workloads on the workers of an executor.

    A job is small: a workload's arguments and options travel to the worker, which makes the traces
    and the proof; only the proof comes back. Proofs are the same, byte for byte, wherever and
    however many at a time they are made.

    Parameters
    ----------
    jobs : iterable of Workload, (Workload, Options) or Job
        All are read and checked before the first is proved.
    executor : concurrent.futures.Executor, optional
        `ThreadPoolExecutor`, `ProcessPoolExecutor`, loky's, ``Client.get_executor()`` of dask,
        mpi4py's: where the proofs are made. It is neither started nor shut down here. By default
        they are made one after another by the caller's thread.
    options : Options, optional
        The options of jobs that come without; by default each workload's `default_options`.
    threads : int, optional
        How many threads each proof has. By default this thread's `get_num_threads`, shared among
        the workers (or the jobs, when these are fewer); 1 where the executor does not say how many
        workers it has, as with dask, whose slots stand for a processor each.
    folder : path, optional
        Where finished proofs are kept, made if need be, one file for each job, named after a digest
        of workload, arguments, options and proof version. A file appears whole or not at all. A job
        with a file already is not proved again if that file verifies, under the job's options,
        for the claim that the workload makes today (its ``prepare`` is run again to know it);
        otherwise the file is proved anew and replaced.
    progress : bool or callable, optional
        True for a bar. A callable gets (job as text, done, total) after each job, in the caller's
        thread, and may raise to stop everything.
    buffersize : int, optional
        Most jobs handed out whose results have not been taken, as in `Executor.map`: ten thousand
        proofs never wait in memory for a slow first one. By default 256, or four for each worker; a
        dask cluster with more slots than that wants more.
    check, max_memory
        As for `Machine.prove`, for each proof. What several workers need adds up.

    Returns
    -------
    Run
        An iterator over one `JobResult` for each job, in the order of the jobs. Jobs are handed
        out at once, up to `buffersize`, and further ones as results are taken;
        ``list(...)`` takes all.
        ``close()``, leaving a ``with`` statement, or an exception (Ctrl-C too) cancels what has
        not begun and keeps in the folder what is finished. Proofs in threads of this process stop
        within a second, once their traces are made, and so do those in processes that get the
        terminal's Ctrl-C; other processes finish what they have been given.

    Raises
    ------
    CstarkError
        A job or setting is wrong: no workload, no options, not to be pickled for another process;
        the message names the job. Before any proof is made.
    OSError
        The folder cannot be made or written to.

    Notes
    -----
    What goes wrong with one job is that job's `JobResult.error`; the others go on. So does a file
    that cannot be read or written in the folder; a proof that is made already is in
    `JobResult.proof` then. When a worker
    process dies, the executor decides: `ProcessPoolExecutor` and loky give up, so that every
    unfinished job fails with `BrokenProcessPool` (with a folder, the same call on a new pool does
    the rest), while dask runs the job elsewhere.

    Workers that are started afresh (spawn, dask, MPI) import the workload's module by name: define
    the class in a module, or in a script that guards its work by ``if __name__ == "__main__":``.

    With threads, `Report.peak_bytes` counts the buffers of all proofs in the process.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> import cstark as cs
    >>> from cstark.machines.fib_pair import FibPair
    >>> jobs = [FibPair(log_rows=log_rows, sequences=1) for log_rows in (3, 4, 5)]
    >>> with ThreadPoolExecutor(2) as pool:
    ...     for result in cs.prove_many(jobs, pool, options=cs.Options(grinding=4)):
    ...         print(result.job, "-", result.error or result.proof.log_heights)
    FibPair(log_rows=3, sequences=1), grinding=4 - (3,)
    FibPair(log_rows=4, sequences=1), grinding=4 - (4,)
    FibPair(log_rows=5, sequences=1), grinding=4 - (5,)
    """
    check_executor(executor)
    if threads is not None:
        threads = checked_threads(threads)
    check_max_memory(max_memory)
    listed = read_jobs(jobs, options)
    pack = packer(executor)
    settings = Settings(
        threads=default_threads(executor, len(listed)) if threads is None else threads,
        buffersize=read_buffersize(buffersize, executor),
        check=check,
        max_memory=max_memory,
    )
    cargo = [pack(index, job) for index, job in enumerate(listed)]
    return Run(listed, cargo, executor, settings, folder, progress)
