"""Lookup columns against exact fractions."""

from __future__ import annotations

import pickle

import numpy as np
import program_support as support
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.kernels import _runtime
from cstark.program import Challenges, ZeroDenominator, lookup_program

P = support.P


class Case:
    def __init__(self, seed, rows=16, **options):
        rng = np.random.default_rng(seed)
        options.setdefault("periods", (1, 8))
        self.rows = rows
        self.description = support.random_table(rng, rows=rows, **options)
        self.trace = support.words(rng, (rows, self.description.width))
        self.publics = [int(v) for v in support.words(rng, self.description.publics)]
        self.z, self.alpha = support.triple(rng), support.triple(rng)
        self.columns = len(support.groups(self.description))

    def run(self, program=None, z=None):
        out = np.full((self.rows, 3 * self.columns), 99, dtype=np.uint64)
        arguments = (
            self.trace,
            self.description.preprocessed,
            self.publics,
            Challenges(z=z or self.z, alpha=self.alpha, bus_numbers=support.BUSES),
            out,
        )
        program = program or lookup_program(self.description)
        return program.evaluate(*arguments), out

    def values(self, row):
        return support.row_values(
            self.description,
            self.trace,
            self.description.preprocessed,
            self.description.periodic,
            self.publics,
            row,
        )

    def fractions(self, row):
        """Column values of a row, the sum of the absorbed fractions last."""
        values = self.values(row)
        columns = []
        for group in support.groups(self.description):
            columns.append((0, 0, 0))
            for interaction in group:
                print_ = support.fingerprint(interaction, values, self.z, self.alpha)
                count = interaction.sign * values[interaction.count]
                fraction = support.ext_scale(support.ext_inverse(print_), count % P)
                columns[-1] = support.ext_add(columns[-1], fraction)
        return columns

    def check(self, total, out):
        assert out.max() < P
        accumulator, mean = (0, 0, 0), support.ext_scale(total, pow(self.rows, -1, P))
        expected_total = (0, 0, 0)
        for row in range(self.rows):
            cells = out[row].tolist()
            fractions = self.fractions(row)
            for k, fraction in enumerate(fractions[:-1]):
                assert tuple(cells[3 * k : 3 * k + 3]) == fraction, (row, k)
            start = 3 * (self.columns - 1)
            assert tuple(cells[start : start + 3]) == accumulator, row
            for fraction in fractions:
                accumulator = support.ext_add(accumulator, fraction)
                expected_total = support.ext_add(expected_total, fraction)
            accumulator = support.ext_sub(accumulator, mean)
        assert total == expected_total
        assert accumulator == (0, 0, 0)  # cyclic


@pytest.mark.parametrize("isa", _runtime.isas())
@pytest.mark.parametrize("interactions", range(1, 10))
@pytest.mark.parametrize("rows", [8, 32])
def test_columns(isa, interactions, rows):
    case = Case(interactions, rows=rows, interactions=interactions, constraints=0)
    with support.settings(isa):
        case.check(*case.run())


@given(
    seed=st.integers(0, 2**32), interactions=st.integers(1, 12), lookup_degree=st.integers(1, 17)
)
def test_random_tables(seed, interactions, lookup_degree):
    case = Case(seed, rows=8, interactions=interactions, lookup_degree=lookup_degree)
    case.check(*case.run())


@pytest.mark.parametrize("isa", _runtime.isas())
@pytest.mark.parametrize("degree", [2, 3, 4, 6, 9, 65])
def test_columns_of_every_size(isa, degree):
    """Counts of degree 1 at most: so many interactions, less one, share each column."""
    case = Case(
        degree, interactions=2 * degree + 1, constraints=0, size=0, lookup_degree=degree
    )  # fmt: skip
    assert len(case.description.groups[0]) == max(degree, 2) - 1
    with support.settings(isa):
        case.check(*case.run())


@pytest.mark.parametrize("interactions", [1, 4, 37])
def test_threads_and_isas_agree(interactions):
    case = Case(interactions, rows=4096, interactions=interactions)
    program = lookup_program(case.description)
    results = []
    for isa in _runtime.isas():
        for threads in (1, 2, 3, 7):
            with support.settings(isa, threads):
                results.append(case.run(program))
    total, out = results[0]
    for other_total, other in results[1:]:
        assert other_total == total
        assert np.array_equal(other, out)
    case.rows = 300  # exact values of the first rows only
    accumulator = (0, 0, 0)
    mean = support.ext_scale(total, pow(4096, -1, P))
    for row in range(case.rows):
        start = 3 * (case.columns - 1)
        assert tuple(out[row, start : start + 3].tolist()) == accumulator, row
        for fraction in case.fractions(row):
            accumulator = support.ext_add(accumulator, fraction)
        accumulator = support.ext_sub(accumulator, mean)


@pytest.mark.parametrize("isa", _runtime.isas())
@pytest.mark.parametrize("rows", [8, 2048])
@pytest.mark.parametrize("interactions", [1, 2, 3, 6])
def test_zero_denominator_is_found(isa, rows, interactions):
    rng = np.random.default_rng(rows + interactions)
    case = Case(rows, rows=rows, interactions=interactions)
    with support.settings(isa, 3):
        for _ in range(5):
            row, index = int(rng.integers(rows)), int(rng.integers(interactions))
            values = case.values(row)
            zero = (0, 0, 0)
            message = support.fingerprint(
                case.description.interactions[index], values, zero, case.alpha
            )
            z = support.ext_sub(zero, message)
            # The same message may occur earlier, or in an earlier interaction of the row.
            first = next(
                (r, i)
                for r in range(rows)
                for i, other in enumerate(case.description.interactions)
                if support.fingerprint(other, case.values(r), z, case.alpha) == zero
            )
            with pytest.raises(ZeroDenominator) as caught:
                case.run(z=z)
            assert (caught.value.row, caught.value.interaction) == first


def test_long_messages():
    from cstark.air.description import Interaction, assemble
    from cstark.air.nodes import NodeList

    nodes = NodeList()
    columns = [nodes.column("main", i, 0) for i in range(600)]
    one = nodes.constant(1)
    interactions = [
        Interaction("a", 1, tuple(columns), one, 1),
        Interaction("b", -1, tuple(columns[:257]), columns[3], 1),
        Interaction("b", -1, (one, one), one, 1),
    ]
    rng = np.random.default_rng(0)
    case = Case(0)
    case.description = assemble(
        name="long",
        column_names=tuple(f"c{i}" for i in range(600)),
        preprocessed_names=(),
        public_names=(),
        periodic_names=(),
        periodic=(),
        rows=None,
        source=nodes,
        constraints=[],
        interactions=interactions,
        preprocessed=None,
    )
    case.trace, case.publics, case.columns = support.words(rng, (case.rows, 600)), [], 2
    case.check(*case.run())


def test_program_survives_pickling():
    case = Case(3)
    program = lookup_program(case.description)
    first, second = case.run(program), case.run(pickle.loads(pickle.dumps(program)))
    assert first[0] == second[0]
    assert np.array_equal(first[1], second[1])


def test_trace_may_be_read_only_and_strided():
    case = Case(4)
    expected = case.run()
    wide = np.zeros((case.rows, case.trace.shape[1] + 5), dtype=np.uint64)
    wide[:, : case.trace.shape[1]] = case.trace
    wide.flags.writeable = False
    case.trace = wide[:, : case.trace.shape[1]]
    again = case.run()
    assert expected[0] == again[0]
    assert np.array_equal(expected[1], again[1])
