"""Whole proofs: time, verification, memory."""

from __future__ import annotations

from pathlib import Path

from .common import HASHES, THREADS, Threaded
from .machines import make, workloads

ROOT = Path(__file__).resolve().parents[2]
WORKLOADS = workloads()


class Prove(Threaded):
    """From traces to a proof, without the check of the traces: ns per cell."""

    params = [WORKLOADS, HASHES, THREADS]
    param_names = ["workload", "hash", "threads"]
    repeat = (2, 5, 30.0)
    timeout = 600

    def setup(self, workload: str, hash: str, threads: int | str) -> None:
        self.use_threads(threads)
        self.case = make(workload, hash)
        self.case.machine.verifying_key()  # preprocessed columns are committed once, not here

    def elements(self, workload: str, hash: str, threads: int | str) -> int:
        return self.case.cells

    def time_prove(self, workload: str, hash: str, threads: int | str) -> None:
        self.case.prove().to_bytes()


class Verify(Threaded):
    """Verification of a proof in bytes, by a machine that has verified before."""

    params = [WORKLOADS, HASHES, [1]]
    param_names = ["workload", "hash", "threads"]
    timeout = 600

    def setup(self, workload: str, hash: str, threads: int | str) -> None:
        self.use_threads("all")
        self.case = make(workload, hash)
        self.proof = self.case.prove().to_bytes()
        self.use_threads(threads)
        self.case.verify(self.proof)

    def elements(self, workload: str, hash: str, threads: int | str) -> int:
        return 1

    def time_verify(self, workload: str, hash: str, threads: int | str) -> None:
        self.case.verify(self.proof)


class Memory:
    """Most memory of a process that makes one proof, interpreter and trace included."""

    params = [WORKLOADS, HASHES[1:2]]
    param_names = ["workload", "hash"]
    timeout = 600

    def setup(self, workload: str, hash: str) -> None:
        self.case = make(workload, hash)

    def peakmem_prove(self, workload: str, hash: str) -> None:
        self.case.prove()


class Startup:
    """What every process pays first."""

    def time_machine(self) -> None:
        """Describing, resolving the security target and compiling ``fib_iterative``."""
        case = make("fib_iterative 10", "blake3")
        for table in range(len(case.machine.descriptions)):
            case.machine.proving_key.programs.quotient(table)
            case.machine.proving_key.programs.lookup(table)

    def timeraw_import(self) -> str:
        # a process of its own, which finds the working tree where nothing is installed
        return f"import sys; sys.path.append({str(ROOT)!r}); import cstark"
