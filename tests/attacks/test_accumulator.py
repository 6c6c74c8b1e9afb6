"""acc[0] = 0 makes the lookup columns unique; the sums hold without it."""

from __future__ import annotations

import numpy as np
import pytest

from cstark import Reason, field
from cstark.program import point
from tests.attacks import false_statements
from tests.attacks.toolkit import (
    CheatingProver,
    P,
    Tampering,
    changed,
    forge,
    refused,
    show,
    without,
)

honest_residuals = point._lookup_residuals


def residuals_without_first(*args):
    return [pair for pair in honest_residuals(*args) if pair[0] != "first"]


class Shifted(CheatingProver):
    """All accumulators moved by a constant, and the constraint on their first row left out."""

    shift = (11, 22, 33)

    def _commit(self, name, sources):
        if name == "lookup":
            for table, matrix in sources.items():
                last = 3 * (self.key.tables[table].lookup_columns - 1)
                for row in matrix:
                    old = tuple(row[last : last + 3].tolist())
                    row[last : last + 3] = field.add(old, self.shift)
        super()._commit(name, sources)

    def _quotients(self):
        self.calls = []
        chunks = super()._quotients()
        for arguments in self.calls:
            self.leave_out(*arguments)
        return chunks

    def _quotient_call(self, *arguments):
        self.calls.append(arguments)
        return super()._quotient_call(*arguments)

    def leave_out(self, table, sources, points, out, add):
        """Take the constraint out of the quotient, when it has been evaluated."""
        description = self.key.tables[table]
        # it is the table's last constraint: beta^j acc / (x - 1)
        number = len(description.constraints) + description.lookup_columns
        weight = field.mul(self._weights[table], field.power(self.beta, number))
        last = 3 * (description.lookup_columns - 1)
        domain = self.proving_key.domain(self.log_heights[table])
        for i in range(domain.height):
            x = points.shift * pow(domain.generator, i, P) % P
            accumulator = tuple(sources.lookup[i, last : last + 3].tolist())
            term = field.mul(weight, field.scale(accumulator, pow(x - 1, -1, P)))
            out[i, :3] = field.sub(tuple(out[i, :3].tolist()), term)


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_accumulator_that_does_not_begin_with_zero(lanes):
    """A second proof of the same true statement."""
    pair = false_statements.lookup(lanes)
    second = forge(Shifted, pair.true, pair.traces)
    show(
        pair.true, pair.honest(), pair.true, second, Reason.CONSTRAINTS,
        changed(point, "_lookup_residuals", residuals_without_first),
    )  # fmt: skip


def test_it_is_for_uniqueness_only():
    """Without the constraint a false sum is refused all the same."""
    pair = false_statements.lookup(1)

    class FalseAndShifted(Tampering, Shifted):
        def tampered(self, item, data):
            if item == "table sums":
                first = next(iter(self.sums))
                self.sums[first] = field.add(self.sums[first], (1, 0, 0))
                data = np.array(list(self.sums.values()), dtype="<u8").tobytes()
            return data

    forged = forge(FalseAndShifted, pair.true, pair.traces)
    with changed(point, "_lookup_residuals", residuals_without_first), without("bus sum"):
        refused(pair.true, forged, Reason.CONSTRAINTS)
