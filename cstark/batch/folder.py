"""A folder of finished proofs: one file a job, under a name that the next run finds again."""

from __future__ import annotations

import os
from pathlib import Path

from cstark.batch.job import Job
from cstark.files import write_whole
from cstark.protocol.proof import Proof

__all__ = ["Folder"]


class Folder:
    """Finished proofs.

    Parameters
    ----------
    path : path
        Made if need be.

    Raises
    ------
    OSError
        If it cannot be made, or not be written to.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._path.mkdir(parents=True, exist_ok=True)
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise PermissionError(f"the folder {self._path} cannot be written to")

    def path(self, job: Job) -> Path:
        """The job's file: the workload's name, and enough of the digest to be the only one."""
        return self._path / f"{type(job.workload).__name__}-{job.digest()[:32]}.proof"

    def read(self, job: Job) -> bytes | None:
        """What is in the job's file, whatever that is; None if there is no file."""
        try:
            return self.path(job).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, job: Job, proof: Proof) -> Path:
        """Keep a proof."""
        path = self.path(job)
        write_whole(path, proof.to_bytes())
        return path
