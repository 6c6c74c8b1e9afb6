"""Execution: a guest runs, is counted, or is recorded.

* `start`: a `Hart` for a program and its input, at the entry
* `run`: until the guest halts; whatever stops it is a `GuestError`
* `cstark.vm.executor.errors`: why guests are stopped
* `watch`, `watched`, `restore`: a part of a run is executed alone
* ``_executor``: the interpreter, compiled in four modes, `FAST`, `COUNT`, `RECORD` and
  `PROFILE`
"""

from __future__ import annotations

from cstark.vm.executor._executor import (
    COUNT,
    FAST,
    PROFILE,
    RECORD,
    Hart,
    restore,
    watch,
    watched,
)
from cstark.vm.executor.errors import ErrorKind, GuestError, guest_error
from cstark.vm.executor.start import run, start

__all__ = [
    "COUNT",
    "FAST",
    "PROFILE",
    "RECORD",
    "ErrorKind",
    "GuestError",
    "Hart",
    "guest_error",
    "restore",
    "run",
    "start",
    "watch",
    "watched",
]
