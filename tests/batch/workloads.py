"""Workloads that worker processes import by name: small ones, and ones that fail in every way."""

from __future__ import annotations

import os
import signal
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import cstark as cs

QUICK = cs.Options(queries=6, grinding=1, max_log_height=16)
#: Of jobs in threads of this process.
started, go_on = threading.Event(), threading.Event()
#: References to traces of failed jobs.
kept: list[weakref.ref] = []


class Counter(cs.Air):
    """0, 1, 2, ..."""

    columns = ("x",)

    def __init__(self, rows):
        self.rows = rows

    def constrain(self, t):
        t.first_row.equal(t.now.x, 0)
        t.transition.equal(t.next.x, t.now.x + 1)


class Unpicklable(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.lock = threading.Lock()


class Unloadable(Exception):
    """Pickles, but its constructor takes more than its message."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


@dataclass(frozen=True)
class Count(cs.Workload):
    """Count to 2^log_rows."""

    log_rows: int = cs.argument(3, minimum=3, maximum=16)
    mode: str = "fine"
    gate: str = cs.argument("", help="a file to wait for")

    def prepare(self):
        trace = np.arange(1 << self.log_rows, dtype=np.uint64).reshape(-1, 1)
        match self.mode:
            case "false":
                trace[5] = 77
                kept.append(weakref.ref(trace))
            case "kept":
                kept.append(weakref.ref(trace))
                raise ArithmeticError("no luck")
            case "raise":
                raise ArithmeticError("no luck")
            case "unpicklable":
                raise Unpicklable("with a lock")
            case "unloadable":
                raise Unloadable("one", "two")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "interrupt":
                raise KeyboardInterrupt
            case "touch":
                Path(self.gate).touch()
            case "events":
                started.set()
                assert go_on.wait(60)
        while self.gate and not Path(self.gate).exists():
            time.sleep(0.02)
        return cs.Prepared(self.claim(), {"count": trace})

    def claim(self):
        return {"log_rows": self.log_rows}

    @classmethod
    def statement(cls, claim):
        log_rows = claim["log_rows"]
        if not 3 <= log_rows <= 16:
            raise cs.StatementError("log_rows is out of range")
        return cs.Statement({"count": Counter(1 << log_rows)})


@dataclass(frozen=True)
class Threads(Count):
    """Claims the number of threads it was prepared with."""

    def claim(self):
        return {"log_rows": self.log_rows, "threads": cs.get_num_threads()}
