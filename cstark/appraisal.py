"""What proofs of a machine cost and are worth, before any is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cstark.protocol.layout import Layout, proven_security, tallest
from cstark.protocol.options import Options
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.statement import checked_log_heights
from cstark.security import SecurityReport

if TYPE_CHECKING:
    from cstark.cost.choices import Choices
    from cstark.cost.estimate import Estimate

__all__ = ["Appraised"]


class Appraised:
    """The part of `cstark.Machine` that needs no traces: security, memory, bytes and seconds."""

    @property
    def options(self) -> Options:
        """The options, as they were given."""
        raise NotImplementedError

    @property
    def proving_key(self) -> ProvingKey:
        """What all proofs of the machine share."""
        raise NotImplementedError

    def security(self, heights: Mapping[str, int | Sequence[int]] | None = None) -> SecurityReport:
        """Give the proven security of proofs, term by term.

        Parameters
        ----------
        heights : mapping of str to (int or sequence of int), optional
            Rows of each table; by default the most that are allowed, and two such traces of a
            table that may stand any number of times.

        Returns
        -------
        SecurityReport
        """
        described = self.proving_key.description
        log_heights = (
            tallest(described) if heights is None else checked_log_heights(described, heights)
        )
        return proven_security(described, log_heights, regime=self.options.counted_regime)

    def estimate(
        self, heights: Mapping[str, int | Sequence[int]] | None = None, *, time: bool = False
    ) -> Estimate:
        """Say what a proof will cost: memory of each plan by phase, bytes, cells and seconds.

        The peaks are upper bounds of what is measured, within a tenth of it for tables from
        about 2^12 rows on.

        Parameters
        ----------
        heights : mapping of str to (int or sequence of int), optional
            Rows of each table; tables of a fixed height may be left out. Of a table that may stand
            any number of times, the rows of each trace, in any order.
        time : bool
            Whether to estimate the time as well, from runs of the prover at lower heights that
            take about a second.

        Returns
        -------
        Estimate

        Raises
        ------
        StatementError
            If a height is missing or impossible.
        """
        from cstark.cost.estimate import estimate

        described = self.proving_key.description
        log_heights = checked_log_heights(described, {} if heights is None else heights)
        timing = None
        if time:
            from cstark.cost.seconds import measure

            timing = measure(self.proving_key, log_heights)  # first, for it compiles the programs
        key = self.proving_key.standing(log_heights)
        return replace(estimate(key, Layout(described, log_heights)), timing=timing)

    def choices(
        self, heights: Mapping[str, int | Sequence[int]] | None = None, *, time: bool = True
    ) -> Choices:
        """Say what changing each option would do to bytes, memory, time and security.

        Parameters
        ----------
        heights : mapping of str to (int or sequence of int), optional
            Rows of each table; tables of a fixed height may be left out. Of a table that may stand
            any number of times, the rows of each trace, in any order.
        time : bool
            Whether to estimate the time too, which takes some seconds.

        Returns
        -------
        Choices
            Printed, a table; ``rows`` and ``to_dict()`` for programs.

        Raises
        ------
        StatementError
            If a height is missing or impossible.
        """
        from cstark.cost.choices import choices_at

        return choices_at(self.proving_key, self.options, heights or {}, time=time)
