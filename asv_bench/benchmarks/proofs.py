"""Whole proofs: time, verification, memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cstark as cs
from cstark.kernels import _chunks, _runtime

from .common import HASHES, THREADS, Threaded, empty_words, height
from .machines import Pairs, make, workloads

ROOT = Path(__file__).resolve().parents[2]
WORKLOADS = workloads()
COMMANDS = [f"fib_pair --log-rows {height(19)}", f"fib_iterative --iterations {25 << height(13)}"]
SHOT = """
import resource, sys
sys.path.insert(0, sys.argv[1])
def usage():
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime, found.ru_minflt
before = 0.0, 0
from cstark.cli.main import main
for number in range(int(sys.argv[2])):
    if number:
        before = usage()
    if main(sys.argv[3:]):
        sys.exit(1)
print(*(now - then for now, then in zip(usage(), before)))
"""


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


class FreshMemory:
    """Memory that a proof is the first to touch, in bytes: of a process without any, and later."""

    params = [["first", "later"], WORKLOADS, HASHES[1:2]]
    param_names = ["proof", "workload", "hash"]
    timeout = 600

    def setup(self, proof: str, workload: str, hash: str) -> None:
        self.case = make(workload, hash)

    def track_fresh_bytes(self, proof: str, workload: str, hash: str) -> int:
        touched: list[int] = []
        touch = _chunks.touch
        _chunks.touch = lambda words: touched.append(words.nbytes) or touch(words)
        try:
            _runtime.release_memory()
            self.case.prove()
            if proof == "later":
                del touched[:]
                self.case.prove()
        finally:
            _chunks.touch = touch
        return sum(touched)


class OneShot:
    """`cstark prove` as a process of its own, and the same command in one that has proved before.

    Processor milliseconds, which a busy machine changes least, and pages that were not there.
    """

    params = [["process", "again"], COMMANDS, THREADS]
    param_names = ["where", "command", "threads"]
    timeout = 600

    def setup(self, where: str, command: str, threads: int | str) -> None:
        words = ["prove", *command.split(), "-o", "/dev/null"]
        words += [] if threads == "all" else ["--threads", str(threads)]
        self.command = [sys.executable, "-c", SHOT, str(ROOT), str(1 + (where == "again")), *words]

    def _usage(self) -> tuple[float, int]:
        """Of the last time that the command ran, or of the whole process if there is but one."""
        done = subprocess.run(self.command, check=True, capture_output=True, text=True)
        seconds, faults = done.stdout.split()[-2:]
        return float(seconds), int(faults)

    def track_processor_ms(self, where: str, command: str, threads: int | str) -> float:
        return min(1000.0 * self._usage()[0] for _ in range(3))

    def track_page_faults(self, where: str, command: str, threads: int | str) -> int:
        return self._usage()[1]


class ManyTables(Threaded):
    """Twenty tables of 2^10 rows, and one table with the same cells: ns per cell."""

    params = [[1, 20], THREADS]
    param_names = ["tables", "threads"]

    def setup(self, tables: int, threads: int | str) -> None:
        self.use_threads(threads)
        rows, columns = 1 << height(10), 320 // tables
        air = Pairs(columns // 2)
        self.machine = cs.Machine({f"table{k}": air for k in range(tables)}, cs.Options(grinding=0))
        self.traces = {f"table{k}": empty_words(rows, columns) for k in range(tables)}
        for trace in self.traces.values():
            trace[:] = 0  # Fibonacci sequences that never leave 0
        self.machine.verifying_key()

    def elements(self, tables: int, threads: int | str) -> int:
        return sum(trace.size for trace in self.traces.values())

    def time_prove_tables(self, tables: int, threads: int | str) -> None:
        self.machine.prove(self.traces)


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

    def timeraw_prove(self) -> str:
        """The whole of a command line's shortest proof, but for the interpreter's own start."""
        return (
            f"import sys; sys.path.append({str(ROOT)!r})\n"
            "from cstark.cli.main import main\n"
            "main(['prove', 'fib_pair', '--log-rows', '3', '-o', '/dev/null'])"
        )
