"""A RISC-V machine: an ELF file in, a proof of its run out.

::

    from cstark import vm

    program = vm.Program.from_elf("guest.elf")    # or vm.Program.from_c("guest.c")
    run = program.run(input=b"...")               # an Execution: print(run) is a table
    proof = run.prove(progress=True)
    result = program.verify(proof)                # exit_code, output, steps

What is proved
--------------
*The program with this id, started at its entry with zero registers, on some input, executed T
operations, wrote this output and halted with this exit code.* The input is the prover's and in no
part of the proof's claim; but without ``Options(zk=True)`` proofs reveal parts of the rows of a
run. With it T is in no part of the statement, and what stays public besides is the height of every
table, a power of two. Every exit code is provable: look at it.

The machine is RV64IM, little endian, one hart, without privileged mode. What a guest may not do is
an error before any proof (`GuestError`): an instruction that is none, ``ebreak``, an unknown
system call, an access outside memory, a store into the text, a jump out of it, a run that does not
end. Misaligned accesses work. Code is no memory: what is executed is the text of the file.

Runs of any length
------------------
`Program.prove` needs memory in proportion to the run. `Program.prove_shards` cuts the run into
shards that fit a budget of memory and proves them one after another, or on any
`concurrent.futures.Executor`; `Program.verify` takes what comes of it like any proof. The families,
which know no order of their rows, stand in every shard; the tables of memory and registers stand
in the last one, so that each word has one first value.

How it is proved
----------------
There is no table of the processor. Each executed operation is one row in the table of its family
(`cstark.vm.tables`), which fetches, reads, computes, writes and goes on; buses tie the rows to one
run (`cstark.vm.buses` lists them). Where short tables would cost many bytes, with ``zk=True`` and
in small proofs, families of which a run executes few operations have their rows in one table, with
what is left of others when their tables are full (`cstark.vm.tables.rare`). Pages to read, in this
order: `cstark.vm.abi`, `cstark.vm.tables.family`, `cstark.vm.buses`, `cstark.vm.statement`.
`cstark.vm.guest` is for programs in C: what they are linked with, and examples.

=================== ==============================================================================
`Program`           what a prover runs and a verifier brings
`Execution`         a run: what it took, what a proof of it would take
`Result`            what a verified proof says
`Shard`             a part of a run that is proved by itself, in any process
`Profile`           where the cells of a run went, by function
`Guest`             a run as a workload, for `cs.prove_many` and the command line
`Image`             memory before the first instruction
`default_options`   the options of proofs of runs
`BuildError`        sources that are no program for this machine
`ElfError`          a file that is no program for this machine
`GuestError`        a guest that was stopped, and where
`ErrorKind`         why it was stopped
=================== ==============================================================================

Names are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cstark.vm.errors import BuildError, ElfError
    from cstark.vm.execution import Execution
    from cstark.vm.executor.errors import ErrorKind, GuestError
    from cstark.vm.image import Image
    from cstark.vm.profile import Profile
    from cstark.vm.program import Program, Result, default_options
    from cstark.vm.shards.shard import Shard
    from cstark.vm.workload import Guest

__all__ = [
    "BuildError",
    "ElfError",
    "ErrorKind",
    "Execution",
    "Guest",
    "GuestError",
    "Image",
    "Profile",
    "Program",
    "Result",
    "Shard",
    "default_options",
]

_MODULES = {
    "BuildError": "errors",
    "ElfError": "errors",
    "ErrorKind": "executor.errors",
    "Execution": "execution",
    "Guest": "workload",
    "GuestError": "executor.errors",
    "Image": "image",
    "Profile": "profile",
    "Program": "program",
    "Result": "program",
    "Shard": "shards.shard",
    "default_options": "program",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
