"""A folder of finished proofs: a file for each job, under a name that the next run finds again."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from cstark.batch.job import Job
from cstark.files import write_whole
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
        kind = type(job.workload).__name__.encode()[:LONGEST_KIND].decode(errors="ignore")
        return self._path / f"{kind}-{job.digest()[:32]}.proof"

    def read(self, job: Job) -> bytes | None:
        """What is in the job's file, whatever that is; None if there is no file.

        Raises
        ------
        OSError
            There is something in its place that is no file, or it cannot be read.
        """
        path = self.path(job)
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for ever
                raise OSError(errno.EEXIST, "what is in the proof's place is no file", str(path))
            return path.read_bytes()
        except FileNotFoundError:
            return None

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
