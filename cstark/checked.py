"""What is wrong with traces, and how often each message is sent: without proving anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cstark.air import Tables
from cstark.air.tokens import Token
from cstark.errors import StatementError, quoted
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.publics import Publics
from cstark.protocol.statement import Instance
from cstark.protocol.traces import Traces, read_standing

if TYPE_CHECKING:
    from cstark.check import CheckReport

__all__ = ["Checked"]


class Checked:
    """The part of `cstark.Machine` that looks at traces."""

    @property
    def tables(self) -> Tables:
        """The tables by name, read only; what they say is what they said then."""
        raise NotImplementedError

    @property
    def proving_key(self) -> ProvingKey:
        """What all proofs of the machine share."""
        raise NotImplementedError

    def check(
        self,
        traces: Mapping[str, Traces],
        publics: Publics | None = None,
        *,
        tokens: Sequence[Token] = (),
        mutate: int = 0,
        seed: int = 0,
    ) -> CheckReport:
        """Check traces without proving: which constraints fail where, which buses are unbalanced.

        Messages are counted exactly, with at most 1 GiB of memory: when there are more different
        ones at a time than fit, the traces are gone through more than once.

        Parameters
        ----------
        traces, publics, tokens
            As for `prove`.
        mutate : int
            Change so many cells of valid traces (all, if there are at most 2^14), one at a time,
            each in five ways, and report the changes that no constraint and no bus notices.
            Cells that a table leaves open on purpose (`Air.free_cells`) count as explained.
            Beside that, some rows of every kind are tested for cells that can be changed
            together: what is declared in `Air.inputs` is taken as given, and everything else
            must be determined, see ``python -m pydoc cstark.check.rank``.
        seed : int
            The seed of the choice of cells and values.

        Returns
        -------
        CheckReport
            True when nothing is wrong. A false trace never raises; a malformed one does.

        Raises
        ------
        TraceError, StatementError
            If the input is malformed (shapes, dtypes, values not below p), or the counts of the
            statement could wrap around p.
        AirError
            If a table's `free_cells` is wrong.
        """
        for name, value in (("mutate", mutate), ("seed", seed)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
                raise StatementError(f"{name} is {quoted(value)}; it must be an int of at least 0")
        described = self.proving_key.description
        from cstark.proving import check_traces

        instance = Instance.build(described, publics, tokens, b"")
        heights, arrays = read_standing(described, traces)
        key = self.proving_key.standing(heights)
        instance = instance.at(key.description)
        instance.refuse_wrapping(key.description)
        report = check_traces(key, arrays, instance)
        if not mutate or not report:
            return report
        from cstark.check.mutate import find_free_cells
        from cstark.check.rank import rank_test

        airs, standing = list(self.tables.values()), key.description
        mine = [airs[place] for place in standing.places]
        tables = list(zip(mine, standing.tables, arrays, instance.publics, strict=True))
        mutations = find_free_cells(tables, int(mutate), int(seed))
        return replace(report, mutations=mutations, rank=rank_test(tables, int(seed)))

    def count(
        self,
        traces: Mapping[str, Traces],
        bus: str,
        publics: Publics | None = None,
        *,
        table: str | None = None,
        tokens: Sequence[Token] = (),
    ) -> NDArray[np.uint64]:
        """Say how often each row of a list is asked for: the counts of a table that receives.

        Parameters
        ----------
        traces : mapping of str to (rows, columns) array_like of integers
            The traces of the tables that use the bus; that of the list itself may be left out when
            its messages read no main column.
        bus : str
            Name of the bus.
        publics, tokens
            As for `prove`; publics may be left out where no message on the bus reads one.
        table : str, optional
            Name of the table to count for, where several have a column that says how often.

        Returns
        -------
        ndarray
            ``(rows,)`` or ``(rows, receives)`` uint64; of equal rows, the first has the count.

        Raises
        ------
        TraceError
            If a message is not in the list (with table, row, values), or a trace is malformed.
        StatementError
            If no or several tables could be meant, or for malformed publics or tokens.

        Examples
        --------
        >>> import cstark as cs
        >>> class Bytes(cs.Air):
        ...     columns = ("byte",)
        ...     def constrain(self, t):
        ...         t.send("range", [t.now.byte])
        >>> machine = cs.Machine({"bytes": Bytes(), "range": cs.gadgets.RangeTable(8)})
        >>> traces = {"bytes": [1, 7, 7, 1, 7, 2, 2, 3]}
        >>> counts = machine.count(traces, "range")
        >>> counts[:8].tolist()
        [0, 2, 2, 1, 0, 0, 0, 3]
        >>> traces["range"] = counts
        >>> bool(machine.check(traces))
        True
        """
        described = self.proving_key.description
        from cstark.proving import count_messages

        return count_messages(described, traces, bus, publics, table=table, tokens=tokens)
