"""What the two ends of a workload hand over: a claim with traces, and a statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cstark.errors import AirError, OptionsError, Reason, VerificationError

if TYPE_CHECKING:
    from cstark.air import Air, Token
    from cstark.air.fill import PadTo
    from cstark.machine import Machine
    from cstark.protocol.options import Options
    from cstark.protocol.publics import Publics
    from cstark.protocol.traces import Trace

__all__ = ["Prepared", "Statement"]


@dataclass(frozen=True)
class Prepared:
    """What `Workload.prepare` returns: the claim and the traces that witness it.

    Attributes
    ----------
    claim : mapping
        Plain data, see `encode_claim`.
    traces : mapping of str to (array or callable)
        Table name to a (rows, columns) uint64 array, or to a callable without arguments that
        returns one (it is called when the prover needs the rows).
    padded : callable, optional
        What gives the traces for a ``pad_to`` of `Machine.prove`, by a workload that fills its
        tables together; without it, each is filled up as its `Air.fill` says.

    Examples
    --------
    >>> import numpy as np
    >>> trace = np.zeros((8, 1), dtype=np.uint64)
    >>> Prepared({"rows": 8}, {"zeros": trace}).claim
    {'rows': 8}
    """

    claim: Mapping[str, Any]
    traces: Mapping[str, Trace]
    padded: Callable[[PadTo], Mapping[str, Trace]] | None = None

    def traces_for(self, pad_to: PadTo | None) -> tuple[Mapping[str, Trace], PadTo | None]:
        """Give the traces for `Machine.prove`, and what it is left to fill up.

        Parameters
        ----------
        pad_to : mapping of str to (int or sequence of int) or None

        Returns
        -------
        mapping of str to (array or callable)
        mapping or None

        Raises
        ------
        TraceError
            If the workload has no such heights.
        """
        if pad_to and self.padded is not None:
            return self.padded(pad_to), None
        return self.traces, pad_to


@dataclass(frozen=True)
class Statement:
    """What `Workload.statement` returns: everything a verifier needs to know.

    Attributes
    ----------
    tables : mapping of str to Air
        The machine's tables, in order.
    publics : mapping of str to (sequence or mapping)
        Public values by table, in order or by name; tables without any may be left out.
    tokens : sequence of Send or Receive
        Bus contributions that the verifier makes itself.

    Examples
    --------
    >>> from cstark.machines.fib_pair import FibonacciPairs
    >>> Statement({"fib": FibonacciPairs(8, 1)}, {"fib": [1, 1, 1597, 2584]}).tokens
    ()
    """

    tables: Mapping[str, Air]
    publics: Publics = field(default_factory=dict)
    tokens: Sequence[Token] = ()

    def machine(self, options: Options) -> Machine:
        """The machine that judges a stranger's proof of this statement.

        Nothing is committed to. The tables come from the claim in the file: whatever goes wrong
        with them, in code of the workload as well, refuses the proof.

        Parameters
        ----------
        options : Options

        Returns
        -------
        Machine

        Raises
        ------
        VerificationError
            If the tables cannot be described, do not fit together, or not with the options.
        """
        from cstark.machine import Machine

        try:
            return Machine(self.tables, options)
        except OptionsError as error:
            raise VerificationError(str(error), Reason.OPTIONS) from error
        except AirError as error:
            raise VerificationError(str(error), Reason.STATEMENT) from error
        except MemoryError:  # no fault of the proof's that is known
            raise
        except Exception as error:
            raise VerificationError(
                f"the claim makes no machine: {type(error).__name__}: {error}", Reason.STATEMENT
            ) from error
