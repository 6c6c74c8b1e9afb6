"""The workloads that come with cstark, by name.

Nothing is imported before it is asked for: `load` takes a name of `BUILT_IN` or
``module:attribute`` and returns the `Workload` class.

Examples
--------
>>> load("fib_pair").__name__
'FibPair'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cstark.errors import StatementError

if TYPE_CHECKING:
    from cstark.workload import Workload

__all__ = ["BUILT_IN", "load"]

#: Name on the command line -> where the class is.
BUILT_IN = {
    "add_mul": "cstark.machines.add_mul:AddMul",
    "fib_iterative": "cstark.machines.fib_iterative:FibIterative",
    "fib_pair": "cstark.machines.fib_pair:FibPair",
    "keccak": "cstark.machines.keccak:Keccak256",
    "range_check": "cstark.machines.range_check:RangeCheck",
    "lookup_bench": "cstark.machines.lookup_bench:LookupBench",
    "read_only_memory": "cstark.machines.read_only_memory:ReadOnlyMemory",
    "read_write_memory": "cstark.machines.read_write_memory:ReadWriteMemory",
    "register_machine": "cstark.machines.register_machine:RegisterMachine",
    "sorting": "cstark.machines.sorting:Sorting",
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

    where = BUILT_IN.get(name, name)
    module_name, colon, attribute = where.partition(":")
    if not (module_name and colon and attribute):
        raise StatementError(
            f"there is no workload {name!r}; built in are {', '.join(BUILT_IN)}; "
            "one of your own is module:attribute"
        )
    try:
        found = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # A module that the workload's own imports miss is another matter.
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise
        raise StatementError(f"workload {name!r}: there is no module {error.name!r}") from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise StatementError(f"workload {name!r}: {module_name} has no {attribute!r}")
        found = getattr(found, part)
    if not (isinstance(found, type) and issubclass(found, Workload) and found is not Workload):
        raise StatementError(f"workload {name!r}: not a subclass of cstark.Workload")
    return found
