"""What became of a job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cstark.batch.job import Job
from cstark.protocol.proof import Proof
from cstark.text import bytes_text

__all__ = ["JobResult"]


@dataclass(frozen=True, repr=False)
class JobResult:
    """What became of a job: a proof, or the reason why there is none. True without an error.

    Attributes
    ----------
    index : int
        The job's place among the jobs.
    job : Job
        The job itself.
    proof : Proof or None
        Without a `Proof.report` when it came from the folder. A proof that could not be written
        to the folder is here nevertheless, beside the `OSError`.
    error : Exception or None
        What `prepare`, the prover or the executor raised, or why the folder has no file.
    traceback : str
        Where it was raised, in the worker; empty without an error.
    path : Path or None
        The proof's file in the folder.
    reused : bool
        Whether the file was there before, and verified.

    Examples
    --------
    >>> import cstark as cs
    >>> from cstark.machines.fib_pair import FibPair
    >>> [result] = cs.prove_many([FibPair(log_rows=3, sequences=1)])
    >>> bool(result), result.index, result.error
    (True, 0, None)
    """

    index: int
    job: Job
    proof: Proof | None = None
    error: Exception | None = None
    traceback: str = ""
    path: Path | None = None
    reused: bool = False

    def __bool__(self) -> bool:
        return self.error is None

    def raise_for_failure(self) -> None:
        """Raise `JobResult.error`, if there is one."""
        if self.error is not None:
            raise self.error

    def __repr__(self) -> str:
        if self.proof is not None and self.error is None:
            size = bytes_text(len(self.proof))
            what = f"{size}, found in {self.path}" if self.reused else size
        else:
            message = str(self.error).partition("\n")[0]
            what = f"failed: {type(self.error).__name__}: {message}"
        return f"<JobResult {self.index}: {self.job}: {what}>"
