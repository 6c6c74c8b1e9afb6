"""Describing tables: columns, equations on their rows, and messages on buses.

An `Air` is run once by `describe`, which keeps what it stated as a `TableDescription`: plain
data that the compiler, the prover, the verifier, the checker and the printer all read.  Nothing
here computes with a trace, and no kernel is imported.
"""

from cstark.air.air import Air
from cstark.air.buses import number_buses
from cstark.air.columns import Namespace, View
from cstark.air.describe import Table, describe
from cstark.air.description import Constraint, Interaction, TableDescription
from cstark.air.expression import Expression, Expressions
from cstark.air.free import FreeCells
from cstark.air.height import padded_rows
from cstark.air.nodes import P
from cstark.air.one_sided import one_sided
from cstark.air.pack import pack
from cstark.air.rows import RowSelector
from cstark.air.tables import Tables
from cstark.air.tokens import Receive, Send, Token, check_tokens

__all__ = [
    "Air",
    "Constraint",
    "Expression",
    "Expressions",
    "FreeCells",
    "Interaction",
    "Namespace",
    "P",
    "Receive",
    "RowSelector",
    "Send",
    "Table",
    "TableDescription",
    "Tables",
    "Token",
    "View",
    "check_tokens",
    "describe",
    "number_buses",
    "one_sided",
    "pack",
    "padded_rows",
]
