"""The machines that come with cstark: a gallery, to be read in this order.

Each is a workload, proved by ``cstark prove NAME``, and a page that says what is proved, why each
constraint is there and what could be proved without it.

================= ================================================== ===========================
machine           what is proved                                     what it teaches
================= ================================================== ===========================
fib_pair          steps of Fibonacci sequences                       rows, transitions, publics
add_mul           a list of sums and products                        buses, counts, padding
range_check       a 32-bit random number generator                   lookups, sizes, carries
sorting           the median of that generator's numbers             permutations, tokens
read_only_memory  reads of a memory                                  a table that looks itself up
read_write_memory Van Eck's sequence, which remembers all its terms  time, order, flags, inverses
register_machine  a program with four registers                      fetching, branches, halting
sudoku            a solved Sudoku                                    sets on a bus, fixed tables
hash_chain        the Poseidon2 digest of a message                  a gadget with equations more
network           the scores of a small neural network               matrices, signs, shifts
stack_machine     a program with a stack in memory                   four gadgets and a processor
fib_iterative     a RISC-V program (`cstark.vm`)                     a table per kind of instruction
keccak            the Keccak-256 digest of a file                    bits, degrees, a sponge
================= ================================================== ===========================

``lookup_bench`` is a benchmark and teaches nothing else.  ``cstark new my_machine.py`` copies
`cstark.machines.skeleton`, to start your own from.

Four questions to ask of a machine, answered on every page:

* *What does the claim say, and which constraint binds each word of it?*  Heights as well: without
  ``rows``, a prover chooses.
* *Who decides a count?*  A row that is true may be used any number of times, and its count be the
  prover's.  A row that stands for an event is sent or received exactly once, by a constant or a
  flag that is constrained to be one.
* *Does an equation hold among the integers, or only modulo p?*  Differences wrap, sizes are not
  equations, and p is smaller than 2^64: whatever has to be small is looked up in a list.
* *What fills the table up?*  Rows behind the last one satisfy the same constraints and talk to the
  same buses.

``cstark check NAME --mutate 10000`` asks a fifth: which cells could be changed, and nothing would
notice?

Nothing is imported before it is asked for: `load` takes a name of `BUILT_IN` or
``module:attribute`` and returns the `Workload` class.

Examples
--------
>>> load("fib_pair").__name__
'FibPair'
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cstark.errors import StatementError, quoted

if TYPE_CHECKING:
    from cstark.workload import Workload

__all__ = ["BUILT_IN", "load"]

#: Name on the command line -> where the class is; in the order to read them.
BUILT_IN = {
    "fib_pair": "cstark.machines.fib_pair:FibPair",
    "add_mul": "cstark.machines.add_mul:AddMul",
    "range_check": "cstark.machines.range_check:RangeCheck",
    "sorting": "cstark.machines.sorting:Sorting",
    "read_only_memory": "cstark.machines.read_only_memory:ReadOnlyMemory",
    "read_write_memory": "cstark.machines.read_write_memory:ReadWriteMemory",
    "register_machine": "cstark.machines.register_machine:RegisterMachine",
    "sudoku": "cstark.machines.sudoku:Sudoku",
    "hash_chain": "cstark.machines.hash_chain:HashChain",
    "network": "cstark.machines.network:Network",
    "stack_machine": "cstark.machines.stack_machine:StackMachine",
    "fib_iterative": "cstark.machines.fib_iterative:FibIterative",
    "keccak": "cstark.machines.keccak:Keccak256",
    "lookup_bench": "cstark.machines.lookup_bench:LookupBench",
}


def load(name: str) -> type[Workload]:
    """The workload called `name`.

    Parameters
    ----------
    name : str
        A built-in name, or ``module:attribute`` of a `Workload` subclass.

    Returns
    -------
    type
        A subclass of `Workload`.

    Raises
    ------
    StatementError
        If there is no such workload.  What a module raises while it is imported passes through,
        a missing module excepted.
    """
    from cstark.workload import Workload

    if not isinstance(name, str):
        raise StatementError(f"a workload's name is a string, not {quoted(name)}")
    where = BUILT_IN.get(name, name)
    module_name, colon, attribute = where.partition(":")
    if not (module_name and colon and attribute):
        raise StatementError(
            f"there is no workload {quoted(name)}; built in are {', '.join(BUILT_IN)}; "
            "one of your own is module:attribute"
        )
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # A module that the workload's own imports miss is another matter.
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise
        raise StatementError(
            f"workload {name!r}: there is no module {error.name!r} in this directory or where "
            "Python looks for modules"
        ) from None
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise StatementError(
                f"workload {name!r}: {module_name} has no {attribute!r}{_workloads_in(module)}"
            )
        found = getattr(found, part)
    if not (isinstance(found, type) and issubclass(found, Workload) and found is not Workload):
        raise StatementError(f"workload {name!r}: not a subclass of cstark.Workload")
    return found


def _workloads_in(module: ModuleType) -> str:
    """The workloads that a module defines, for a message."""
    from cstark.workload import Workload

    names = [
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Workload)
        and value.__module__ == module.__name__
    ]
    return f", only {', '.join(names)}" if names else ""
