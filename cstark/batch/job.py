"""Jobs: what is to be proved, checked before anything is, and a name that outlasts the process."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias

from cstark.air.fill import PadTo, plain_pad_to
from cstark.errors import CstarkError, OptionsError, StatementError
from cstark.protocol.options import Options
from cstark.protocol.version import VERSION
from cstark.text import canonical_json
from cstark.workload import Workload

__all__ = ["Job", "JobLike", "read_jobs"]


@dataclass(frozen=True)
class Job:
    """A workload and the options of its proof.

    Parameters
    ----------
    workload : Workload
        An instance: the class with its arguments.
    options : Options
        What the proof is made with; by default the workload's `default_options`.
    pad_to : mapping of str to (int or sequence of int), optional
        Rows that tables are to have, as for `Machine.prove`.

    Raises
    ------
    StatementError, OptionsError, TraceError
        If workload, options or rows are something else.

    Examples
    --------
    >>> import cstark as cs
    >>> from cstark.machines.fib_pair import FibPair
    >>> job = cs.Job(FibPair(log_rows=4), cs.Options(blowup=4))
    >>> print(job)
    FibPair(log_rows=4, sequences=16), blowup=4
    >>> len(job.digest())
    64
    """

    workload: Workload
    options: Options = None  # type: ignore[assignment]  # never None once the job is made
    pad_to: PadTo | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        if not isinstance(self.workload, Workload):
            raise StatementError(_no_workload(self.workload))
        self.workload.arguments()
        if self.options is None:
            object.__setattr__(self, "options", self.workload.default_options())
        if not isinstance(self.options, Options):
            raise OptionsError(f"options must be cs.Options, not {type(self.options).__name__}")
        if self.pad_to is not None:
            object.__setattr__(self, "pad_to", plain_pad_to(self.pad_to))

    def __str__(self) -> str:
        default = self.workload.default_options()
        changed = [
            f"{item.name}={getattr(self.options, item.name)!r}"
            for item in dataclasses.fields(Options)
            if getattr(self.options, item.name) != getattr(default, item.name)
        ]
        workload = repr(self.workload)
        if len(workload) > 200:  # an argument may be a text
            workload = f"{workload[:150]} ... {workload[-45:]}"
        if self.pad_to:
            changed.append(f"pad_to={dict(self.pad_to)!r}")
        return ", ".join([workload, *changed])

    def digest(self) -> str:
        """SHA-256, as hexadecimal digits, of the canonical JSON of all that decides the proof.

        That is module and name of the workload's class, its arguments, the options, the rows that
        tables are filled up to, and the version of the proof format. Equal jobs have equal digests
        in every process.
        """
        kind = type(self.workload)
        data: dict[str, Any] = {
            "workload": f"{kind.__module__}:{kind.__qualname__}",
            "arguments": {
                item.name: getattr(self.workload, item.name) for item in kind.arguments()
            },
            "options": dataclasses.asdict(self.options),
            "version": VERSION,
        }
        if self.pad_to:
            data["pad_to"] = dict(self.pad_to)
        return sha256(canonical_json(data).encode("ascii")).hexdigest()


#: What `prove_many` takes for a job.
JobLike: TypeAlias = Job | Workload | tuple[Workload, Options]


def _no_workload(value: object) -> str:
    if isinstance(value, type) and issubclass(value, Workload):
        return f"{value.__name__} is a class: call it with its arguments, as in {value.__name__}()"
    return (
        f"expected a workload, (workload, options) or cs.Job, not {type(value).__name__}; "
        "to prove bare traces of a machine, write a cs.Workload that makes them"
    )


def read_jobs(jobs: Iterable[JobLike], options: Options | None) -> list[Job]:
    """All jobs, each with its options.

    Raises
    ------
    CstarkError
        Naming the first job that is none.
    """
    if isinstance(jobs, (Job, Workload)) or not isinstance(jobs, Iterable):
        raise StatementError(f"jobs must be a list of workloads, not {type(jobs).__name__}")
    if options is not None and not isinstance(options, Options):
        raise OptionsError(f"options must be cs.Options, not {type(options).__name__}")
    found = []
    for index, item in enumerate(jobs):
        try:
            if isinstance(item, Job):
                found.append(item)
            elif isinstance(item, tuple) and len(item) == 2:
                found.append(Job(*item))
            else:
                found.append(Job(item) if options is None else Job(item, options))
        except CstarkError as error:
            raise type(error)(f"job {index}: {error}") from None
    return found
