"""The verifier's value against the prover's quotient, and against the definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import program_support as support
import pytest

from cstark.air.description import Constraint, Interaction, assemble
from cstark.air.nodes import NodeList
from cstark.field import mul
from cstark.program import (
    Challenges,
    CosetPoints,
    Opened,
    Sources,
    check_program,
    lookup_program,
    periodic_at,
    point_values,
    quotient_program,
)

P = support.P


def interpolate(values, shift=1):
    """Coefficients of the polynomial with these values on shift * <g>: the definition."""
    rows = len(values)
    inverse_root = pow(support.root(rows), -1, P)
    result = []
    for k in range(rows):
        total = sum(v * pow(inverse_root, i * k, P) for i, v in enumerate(values))
        result.append(total * pow(rows, -1, P) * pow(shift, -k, P) % P)
    return result


def at(coefficients, x):
    result = (0, 0, 0)
    for coefficient in reversed(coefficients):
        result = support.ext_add(support.ext_mul(result, x), (coefficient, 0, 0))
    return result


def evaluate(coefficients, shift, rows):
    x, g, result = shift, support.root(rows), []
    for _ in range(rows):
        result.append(at(coefficients, (x, 0, 0))[0])
        x = x * g % P
    return result


def counter_table(rows, rng):
    """A true table with everything in it: (description, trace, publics)."""
    nodes = NodeList()
    node = nodes.operation
    n, double, kind = (nodes.column("main", i, 0) for i in range(3))
    n_next = nodes.column("main", 0, 1)
    fixed, fixed_next = (nodes.column("preprocessed", 0, k) for k in (0, 1))
    flag = nodes.column("periodic", 0, 0)
    start, end = nodes.public(0), nodes.public(1)
    one = nodes.constant(1)
    two_n = node("mul", n, nodes.constant(2))
    constraints = [
        Constraint("first", node("sub", n, start), 0),
        Constraint("last", node("sub", end, n), 0),
        Constraint("transition", node("sub", n_next, node("add", n, one)), 0),
        Constraint("every", node("sub", double, two_n), 0),
        Constraint("every", node("sub", node("mul", kind, kind), flag), 0),
        Constraint("cyclic", node("sub", node("add", fixed, one), fixed_next), 0),
        Constraint("every", node("mul", kind, node("sub", one, kind)), 0),
    ]
    interactions = [
        Interaction("a", 1, (n, double), one, 1),
        Interaction("a", -1, (n, two_n), one, 1),
        Interaction("b", 1, (kind, nodes.column("main", 1, 1)), node("mul", kind, n), 1),
        Interaction("b", -1, (flag, start), one, 1),
        Interaction("b", -1, (n_next,), start, 1),
    ]
    trace = np.zeros((rows, 3), dtype=np.uint64)
    trace[:, 0] = np.arange(5, rows + 5)
    trace[:, 1] = 2 * trace[:, 0]
    trace[:, 2] = np.arange(rows) % 4 == 1
    fixed_values = np.array([[(i - 3) % P] for i in range(rows)], dtype=np.uint64)
    description = assemble(
        name="counter",
        column_names=("n", "double", "kind"),
        preprocessed_names=("fixed",),
        public_names=("start", "end"),
        periodic_names=("flag",),
        periodic=((0, 1, 0, 0),),
        rows=rows,
        source=nodes,
        constraints=constraints,
        interactions=interactions,
        preprocessed=fixed_values,
    )
    return description, trace, [5, rows + 4]


def without_the_wrap(description):
    """The table's fixed column wraps around wrongly: its constraint, on all rows but the last."""
    return assemble(
        name="counter",
        column_names=description.column_names,
        preprocessed_names=description.preprocessed_names,
        public_names=description.public_names,
        periodic_names=description.periodic_names,
        periodic=description.periodic,
        rows=description.rows,
        source=NodeList.replay(description.nodes),
        constraints=[
            c if i != 5 else Constraint("transition", c.node, 0)
            for i, c in enumerate(description.constraints)
        ],
        interactions=list(description.interactions),
        preprocessed=description.preprocessed,
    )


def polynomials(matrix):
    return [interpolate(matrix[:, c].tolist()) for c in range(matrix.shape[1])]


def quotient_on(shift, description, groups, publics, drawn):
    """The prover's quotient on a coset, of columns given as polynomials: (rows, 3)."""
    rows, periodic = description.rows, interpolate(description.periodic[0])

    def values(group):
        columns = np.array([evaluate(c, shift, rows) for c in group], dtype=np.uint64)
        return np.ascontiguousarray(columns.T)

    period = evaluate(periodic, pow(shift, rows // 4, P), 4)
    sources = Sources(*map(values, groups), [np.array(period, dtype=np.uint64)])
    points = CosetPoints(shift, rows.bit_length() - 1, support.inverse_first(shift, rows))
    out = np.zeros((rows, 3), dtype=np.uint64)
    quotient_program(description).evaluate(points, sources, publics, drawn, out)
    return out


def over_f(columns, x):
    """The value at x of a column over F, from the polynomials of its coordinates."""
    result = (0, 0, 0)
    for column, basis in zip(columns, [(1, 0, 0), (0, 1, 0), (0, 0, 1)], strict=True):
        result = support.ext_add(result, support.ext_mul(at(column, x), basis))
    return result


def from_cosets(shifts, values, rows, zeta):
    """Q(zeta) by Lagrange: Q has degree below rows times the number of cosets."""
    quotient = (0, 0, 0)
    for shift, on_coset in zip(shifts, values, strict=True):
        own = (pow(shift, rows, P), 0, 0)
        weight = (1, 0, 0)
        for other in shifts:
            if other != shift:
                theirs = (pow(other, rows, P), 0, 0)
                top = support.ext_sub(support.ext_power(zeta, rows), theirs)
                bottom = support.ext_inverse(support.ext_sub(own, theirs))
                weight = support.ext_mul(weight, support.ext_mul(top, bottom))
        chunk = over_f([interpolate(on_coset[:, k].tolist(), shift) for k in range(3)], zeta)
        quotient = support.ext_add(quotient, support.ext_mul(weight, chunk))
    return quotient


def opened_at(zeta, description, main, fixed, looked):
    """All openings of columns given as polynomials."""
    following = support.ext_scale(zeta, support.root(description.rows))
    lookup = [looked[k : k + 3] for k in range(0, 3 * description.lookup_columns, 3)]
    return Opened(
        main=[at(c, zeta) for c in main],
        main_next=[at(main[i], following) for i in description.next_main],
        preprocessed=[at(c, zeta) for c in fixed],
        preprocessed_next=[at(fixed[i], following) for i in description.next_preprocessed],
        lookup=[over_f(columns, zeta) for columns in lookup],
        accumulator_next=over_f(lookup[-1], following),
    )


def test_point_value_is_the_quotient_of_the_prover():
    rows, log_rows = 16, 4
    rng = np.random.default_rng(2)
    description, trace, publics = counter_table(rows, rng)
    fixed = description.preprocessed
    wrong = check_program(description).violations(trace, fixed, publics)
    assert [v.constraint for v in wrong] == [5]
    description = without_the_wrap(description)
    assert not check_program(description).violations(trace, fixed, publics)

    z, alpha, beta, zeta = (support.triple(rng) for _ in range(4))
    lookup = np.zeros((rows, 9), dtype=np.uint64)
    drawn = Challenges(z, alpha, beta, bus_numbers=support.BUSES)
    total = lookup_program(description).evaluate(trace, fixed, publics, drawn, lookup)
    drawn = replace(drawn, mean=support.ext_scale(total, pow(rows, -1, P)))

    groups = [polynomials(matrix) for matrix in (trace, fixed, lookup)]
    # the quotient's chunks: each interpolates Q on a coset; degree 4 gives three of them
    shifts = [3 * pow(support.root(4 * rows), q, P) % P for q in range(description.degree - 1)]
    values = [quotient_on(shift, description, groups, publics, drawn) for shift in shifts]
    quotient = from_cosets(shifts, values, rows, zeta)

    opened = opened_at(zeta, description, *groups)
    assert point_values(description, opened, publics, drawn, zeta, log_rows) == quotient
    other = replace(opened, accumulator_next=mul(opened.accumulator_next, (2, 0, 0)))
    assert point_values(description, other, publics, drawn, zeta, log_rows) != quotient


@pytest.mark.parametrize("seed", range(20))
def test_point_value_of_random_tables(seed):
    """On openings that come from no trace."""
    rng = np.random.default_rng(seed)
    rows, log_rows = 32, 5
    description = support.random_table(
        rng, rows=rows, interactions=seed % 10, constraints=8, periods=(1, 4, 32),
        lookup_degree=3 + seed % 7,
    )  # fmt: skip
    publics = support.words(rng, description.publics).tolist()
    columns = len(support.groups(description))

    def elements(count):
        return [support.triple(rng) for _ in range(count)]

    opened = Opened(
        elements(description.width),
        elements(len(description.next_main)),
        elements(description.preprocessed_width),
        elements(len(description.next_preprocessed)),
        elements(columns),
        *elements(1),
    )
    z, alpha, beta, mean, zeta = elements(5)
    drawn = Challenges(z, alpha, beta, mean, support.BUSES)
    values = []
    for kind, *arguments in description.nodes:
        if kind == "constant":
            values.append((arguments[0], 0, 0))
        elif kind == "public":
            values.append((publics[arguments[0]], 0, 0))
        elif kind == "column":
            source, index, following = arguments
            if source == "periodic":
                column = description.periodic[index]
                x = support.ext_power(zeta, rows // len(column))
                values.append(at(interpolate(column), x))
            elif following:
                indices = getattr(description, f"next_{source}")
                values.append(getattr(opened, f"{source}_next")[indices.index(index)])
            else:
                values.append(getattr(opened, source)[index])
        else:
            a, b = (values[i] for i in arguments)
            apply = {"add": support.ext_add, "sub": support.ext_sub, "mul": support.ext_mul}
            values.append(apply[kind](a, b))

    parts = [(c.selector, values[c.node]) for c in description.constraints]
    parts += lookup_parts(description, values, opened, z, alpha, mean)
    expected = support.combine(parts, zeta, rows, beta)
    assert expected == point_values(description, opened, publics, drawn, zeta, log_rows)


def lookup_parts(description, values, opened, z, alpha, mean):
    interactions = description.interactions
    if not interactions:
        return []
    prints = {}
    for interaction in interactions:
        message, power = (support.BUSES[interaction.bus], 0, 0), alpha
        for node in interaction.values:
            message = support.ext_add(message, support.ext_mul(power, values[node]))
            power = support.ext_mul(power, alpha)
        prints[id(interaction)] = support.ext_sub(z, message)
    step = support.ext_add(support.ext_sub(opened.accumulator_next, opened.lookup[-1]), mean)
    for column in opened.lookup[:-1]:
        step = support.ext_sub(step, column)
    parts = []
    columns = [*opened.lookup[:-1], step]
    for k, (column, group) in enumerate(zip(columns, support.groups(description), strict=True)):
        # column - sum of fractions, times all denominators
        value = column
        for interaction in group:
            count = support.ext_scale(values[interaction.count], interaction.sign % P)
            fraction = support.ext_mul(count, support.ext_inverse(prints[id(interaction)]))
            value = support.ext_sub(value, fraction)
        for interaction in group:
            value = support.ext_mul(value, prints[id(interaction)])
        parts.append(("every" if k < len(columns) - 1 else "cyclic", value))
    return [*parts, ("first", opened.lookup[-1])]


@pytest.mark.parametrize("log_period", range(7))
def test_periodic_columns(log_period):
    rng = np.random.default_rng(log_period)
    values = support.words(rng, 1 << log_period).tolist()
    zeta = support.triple(rng)
    power = support.ext_power(zeta, 1 << (6 - log_period))
    assert periodic_at(values, zeta, 6) == at(interpolate(values), power)


def test_wrong_numbers_of_openings_are_refused():
    rng = np.random.default_rng(0)
    description, _, publics = counter_table(16, rng)
    one = (1, 0, 0)
    with pytest.raises(ValueError, match="main_next"):
        point_values(
            description,
            Opened([one] * 3, [one] * 9),
            publics,
            Challenges(one, one, one, one, support.BUSES),
            (0, 1, 0),
            4,
        )
