"""What the height of a table means in a proof: rows that are coded, and rows that are opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstark.protocol.hiding import code_log_height, least_log_height

if TYPE_CHECKING:
    from cstark.protocol.key import MachineDescription
    from cstark.protocol.options import ResolvedOptions

__all__ = ["TableSizes"]


@dataclass(frozen=True)
class TableSizes:
    """How tall the codes of tables are, and how often one is opened.

    Attributes
    ----------
    options : ResolvedOptions
    mask_length : int
        Random coefficients of a column, where proofs hide.
    least : int
        Log2 of the least code height of these.
    """

    options: ResolvedOptions
    mask_length: int
    least: int

    @classmethod
    def of(cls, machine: MachineDescription) -> TableSizes:
        """Those of proofs of a machine, or of their shards."""
        h = machine.mask_length
        least = least_log_height(machine.tables, h) if machine.options.zk else 0
        return cls(machine.options, h, least)

    def coded(self, rows: int) -> int:
        """The rows that a table of so many has for the work of encoding and hashing it.

        Parameters
        ----------
        rows : int
            A power of two.
        """
        log_rows = rows.bit_length() - 1
        return 1 << code_log_height(self.options, self.mask_length, self.least, log_rows)

    def opened(self, rows: int) -> float:
        """How many rows of a table are opened: different queries often open the same one.

        Parameters
        ----------
        rows : int
            A power of two.
        """
        return self._distinct(self.options.blowup * self.coded(rows))

    def opened_plainly(self, rows: int) -> float:
        """The same where nothing is hidden, with as many queries."""
        return self._distinct(self.options.blowup * rows)

    def _distinct(self, places: int) -> float:
        return float(places * (1 - (1 - 1 / places) ** self.options.queries))
