"""A folder of finished proofs: a file for each job, under a name that the next run finds again."""

from __future__ import annotations

import os
from pathlib import Path

from cstark.batch.job import Job
from cstark.files import made_directory, read_regular, write_whole
from cstark.limits import MAX_FILE_BYTES
from cstark.protocol.proof import Proof

__all__ = ["Folder"]

LONGEST_KIND = 150  # bytes of the workload's name in a file's: no system allows more than 255


class Folder:
    """Finished proofs.

    Parameters
    ----------
    path : path
        Made if need be.

    Raises
    ------
    StatementError
        If it is no path.
    OSError
        If it cannot be made, or not be written to.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = made_directory(path)
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise PermissionError(f"the folder {self._path} cannot be written to")

    def path(self, job: Job) -> Path:
        """The job's file: the workload's name, and enough of the digest to be the only one."""
        kind = type(job.workload).__name__.encode()[:LONGEST_KIND].decode(errors="ignore")
        return self._path / f"{kind}-{job.digest()[:32]}.proof"

    def read(self, job: Job) -> bytes | None:
        """What is in the job's file, whatever that is; None if there is no file.

        Raises
        ------
        OSError
            There is something in its place that is no file, or it cannot be read.
        """
        return read_regular(self.path(job), MAX_FILE_BYTES, "the proof")

    def write(self, job: Job, proof: Proof) -> Path:
        """Keep a proof.

        Raises
        ------
        OSError
            It cannot be written; what was there before is there still.
        """
        path = self.path(job)
        write_whole(path, proof.to_bytes())
        return path
