"""The error tree: everything cstark raises on purpose.

Every error is a `CstarkError` and a `ValueError`, so ``except ValueError`` keeps working for
callers who do not know this package.  The subclasses say whose input was wrong:

===================== =================================================================
`AirError`            the description of a table or of a machine
`TraceError`          the rows handed to the prover
`ExecutionError`      a guest program (`cstark.vm`), which was stopped
`StatementError`      the caller's public values, tokens, claim or options
`VerificationError`   the proof is refused; `VerificationError.reason` says why
`ProofFormatError`    ... because its bytes do not parse
===================== =================================================================
"""

from __future__ import annotations

import reprlib
import unicodedata
from collections.abc import Iterable
from enum import Enum
from numbers import Integral
from typing import TypeGuard

__all__ = [
    "AirError",
    "ArgumentsError",
    "CstarkError",
    "ExecutionError",
    "OptionsError",
    "PaddingError",
    "ProofFormatError",
    "Reason",
    "SettingError",
    "StatementError",
    "TraceError",
    "UnknownColumnError",
    "VerificationError",
    "as_python_reads",
    "did_you_mean",
    "is_integer",
    "nearest",
    "quoted",
]


class CstarkError(ValueError):
    """Base of every error that cstark raises on purpose."""


class AirError(CstarkError):
    """The description of a table (an `Air`) or of a machine is wrong.

    The message names the table and says how to write what was meant.
    """


class UnknownColumnError(AirError, AttributeError):
    """A column, public value or periodic column that the table does not have."""


class OptionsError(CstarkError):
    """An option has an impossible value, or the security target cannot be reached."""


class ExecutionError(CstarkError):
    """Code that was to be executed for a proof did what cannot be proved."""

    def to_dict(self) -> dict[str, object]:
        """What else is known, as plain data."""
        return {}


class TraceError(CstarkError):
    """A trace has the wrong shape or values, or does not satisfy its table.

    Attributes
    ----------
    table : str or None
        Name of the table in the machine.
    row : int or None
        First row concerned.
    column : str or None
        Name of the column concerned.
    constraint : str or None
        The violated constraint, as written.
    """

    def __init__(
        self,
        message: str,
        *,
        table: str | None = None,
        row: int | None = None,
        column: str | None = None,
        constraint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.table = table
        self.row = row
        self.column = column
        self.constraint = constraint


class PaddingError(TraceError):
    """`pad_to` asks for rows that a table cannot have; nothing is said of the traces."""


class StatementError(CstarkError):
    """The caller's public values, tokens, claim or heights are wrong."""


class ArgumentsError(StatementError, TypeError):
    """The fields of a workload's class cannot be arguments; the message names class and field."""


class SettingError(CstarkError):
    """An environment variable that sets up the package has an impossible value."""


class Reason(Enum):
    """Why a proof was refused."""

    FORMAT = "the bytes are not a proof of this format"
    OPTIONS = "the proof was made with other options"
    SECURITY = "the proof has fewer proven bits than the caller demands"
    STATEMENT = "the proof is about another statement"
    HEIGHTS = "a table height is not allowed"
    MULTIPLICITY = "multiplicities could wrap around the field"
    BUS_SUM = "the buses do not balance"
    CONSTRAINTS = "the constraints do not hold at the out-of-domain point"
    GRINDING = "the proof of work is missing"
    MERKLE = "an opening does not match its commitment"
    FRI = "a fold is inconsistent"
    FINAL_POLYNOMIAL = "the final polynomial does not match"


class VerificationError(CstarkError):
    """The proof is refused.

    Attributes
    ----------
    reason : Reason
        The check that failed.
    """

    def __init__(self, message: str, reason: Reason = Reason.FORMAT) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type[VerificationError], tuple[str, Reason]]:
        return (type(self), (self.args[0], self.reason))


class ProofFormatError(VerificationError):
    """The bytes do not parse as a proof of this statement."""


class _Quoter(reprlib.Repr):
    """`repr`, cut short; integers beyond what Python writes in digits are described."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 8
        self.maxstring, self.maxlong, self.maxother = 120, 120, 200

    def repr_int(self, x: int, level: int) -> str:
        if x.bit_length() <= _MAX_QUOTED_BITS:
            return super().repr_int(x, level)
        return f"{'a negative' if x < 0 else 'an'} integer of {x.bit_length():,} bits"


#: Python refuses to write integers of more than some 4,300 digits (and less where it is told to).
_MAX_QUOTED_BITS = 2048
_QUOTER = _Quoter()


def quoted(value: object) -> str:
    """A value as the messages of errors show it: its `repr`, but short, and whatever it is.

    Everything that a caller may have given is quoted by this function: the repr of a long integer
    raises, alone or in a list, and so may that of an object of the caller's.

    Examples
    --------
    >>> quoted("x"), quoted([1, 2]), quoted(10**5000)
    ("'x'", '[1, 2]', 'an integer of 16,610 bits')
    """
    try:
        if isinstance(value, Integral) and not isinstance(value, bool):
            return _QUOTER.repr(int(value))  # NumPy's integers too
        return _QUOTER.repr(value)
    except Exception:  # whatever a __repr__ raises
        return f"<{type(value).__name__}>"


def is_integer(value: object) -> TypeGuard[int]:
    """Whether what a caller has given is an int, NumPy's included; a bool is none.

    Examples
    --------
    >>> is_integer(2**70), is_integer(True), is_integer(2.0)
    (True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool)


def as_python_reads(name: str) -> str:
    """A name as Python reads it in a program: normalised to NFKC.

    What is declared as a string and read as an attribute or a keyword would differ otherwise.

    Examples
    --------
    >>> as_python_reads("ﬁeld") == "field"
    True
    """
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like an unknown one, or "" if none is."""
    import difflib  # takes milliseconds, and most of the time nothing is misspelt

    return next(iter(difflib.get_close_matches(name, list(known), n=1)), "")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The end of a message about an unknown name, or "" if no known one is like it.

    Examples
    --------
    >>> did_you_mean("eqal", ["equal", "zero"]), did_you_mean("minus", ["equal", "zero"])
    ("; did you mean 'equal'?", '')
    """
    near = nearest(name, known) if isinstance(name, str) else ""
    return f"; did you mean {near!r}?" if near else ""
