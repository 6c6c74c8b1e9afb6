"""What the compiler makes of expressions: sums, sharing, depth, slots."""

from __future__ import annotations

from collections import Counter

import numpy as np
import program_support as support
import pytest

from cstark.air.description import Constraint, Interaction, assemble
from cstark.air.nodes import NodeList
from cstark.kernels import _runtime
from cstark.kernels._program import OPERATIONS
from cstark.program import (
    Challenges,
    CosetPoints,
    Sources,
    check_program,
    lookup_program,
    quotient_program,
)
from cstark.program.encode import SLOT_BUDGET

P = support.P
NAMES = {number: name for name, number in OPERATIONS.items()}


def table(nodes, width, constraints, interactions=(), publics=0):
    return assemble(
        name="t",
        column_names=tuple(f"c{i}" for i in range(width)),
        preprocessed_names=(),
        public_names=tuple(f"v{i}" for i in range(publics)),
        periodic_names=(),
        periodic=(),
        rows=None,
        source=nodes,
        constraints=[Constraint(selector, node, 0) for selector, node in constraints],
        interactions=list(interactions),
        preprocessed=None,
    )


def operations(program):
    return Counter(NAMES[number] for number in program.code[:, 0].tolist())


def check_quotient(description, seed=0, rows=32):
    """The quotient of random values, on both instruction sets, against Python integers."""
    rng = np.random.default_rng(seed)
    main = support.words(rng, (rows, description.width))
    publics = support.words(rng, description.publics).tolist()
    beta, shift = support.triple(rng), 3**9
    points = CosetPoints(shift, rows.bit_length() - 1, support.inverse_first(shift, rows))
    program = quotient_program(description)
    zero = (0, 0, 0)
    for isa in _runtime.isas():
        out = np.zeros((rows, 3), dtype=np.uint64)
        with support.settings(isa):
            program.evaluate(points, Sources(main), publics, Challenges(beta=beta), out)
        for row in (0, 1, rows - 1):
            values = support.row_values(description, main, None, (), publics, row)
            parts = support.residuals(description, values, [], zero, zero, zero, zero)
            x = shift * pow(support.root(rows), row, P) % P
            expected = support.combine(parts, (x, 0, 0), rows, beta)
            assert tuple(out[row].tolist()) == expected
    return program.program


def packed(nodes, columns, factors):
    total = nodes.constant(0)
    for column, factor in zip(columns, factors, strict=True):
        total = nodes.operation("add", total, nodes.operation("mul", column, factor))
    return total


@pytest.mark.parametrize("count", [2, 3, 8, 256, 257, 300])
def test_sums_with_factors(count):
    nodes = NodeList()
    columns = [nodes.column("main", i, i % 2) for i in range(count)]
    factors = [nodes.constant(pow(256, i, P)) for i in range(count)]
    value = packed(nodes, columns, factors)
    square = nodes.operation("mul", value, value)
    program = check_quotient(table(nodes, count, [("every", square)]))
    assert operations(program)["linear"] == (3 <= count <= 256)


def test_sums_with_public_factors_signs_and_offsets():
    nodes = NodeList()
    columns = [nodes.column("main", i, 0) for i in range(6)]
    factors = [nodes.public(i) for i in range(6)]
    value = packed(nodes, columns, factors)
    value = nodes.operation("sub", nodes.operation("add", nodes.constant(P - 5), factors[0]), value)
    value = nodes.operation("mul", nodes.constant(7), value)
    product = nodes.operation("mul", columns[0], columns[1])
    value = nodes.operation("sub", nodes.operation("sub", value, product), columns[3])
    cube = nodes.operation("mul", value, nodes.operation("mul", value, value))
    program = check_quotient(table(nodes, 6, [("transition", cube), ("last", value)], publics=6))
    assert operations(program)["linear"] == 1


def test_shared_sums_are_computed_once():
    nodes = NodeList()
    columns = [nodes.column("main", i, 0) for i in range(8)]
    factors = [nodes.constant(3**i) for i in range(8)]
    shared = packed(nodes, columns[:6], factors[:6])
    whole = nodes.operation("add", shared, packed(nodes, columns[6:], factors[6:]))
    squares = [nodes.operation("mul", v, v) for v in (shared, whole)]
    program = check_quotient(table(nodes, 8, [("every", s) for s in squares]))
    sums = program.code[program.code[:, 0] == OPERATIONS["linear"]]
    assert sorted(sums[:, 3].tolist()) == [3, 6]  # the shared one is a term of the other


def test_affine_constraints_cost_no_operation():
    nodes = NodeList()
    columns = [nodes.column("main", i, 0) for i in range(3)]
    public = nodes.public(0)
    first = nodes.operation("sub", columns[0], public)
    second = nodes.operation("sub", public, nodes.operation("mul", columns[1], nodes.constant(9)))
    third = nodes.operation("mul", nodes.operation("add", second, columns[2]), public)
    program = check_quotient(
        table(nodes, 3, [("first", first), ("last", second), ("every", third)], publics=1)
    )
    assert operations(program)["add"] + operations(program)["add_canonical"] == 1
    assert not operations(program)["mul_constant"] > 1


def test_constraints_without_columns():
    nodes = NodeList()
    a, b = nodes.public(0), nodes.public(1)
    difference = nodes.operation("sub", a, b)
    column = nodes.column("main", 0, 0)
    description = table(
        nodes, 1, [("first", difference), ("every", column), ("last", difference)], publics=2
    )
    check_quotient(description)
    program = check_program(description)
    trace = np.zeros((8, 1), dtype=np.uint64)
    assert program.violations(trace, None, (3, 3)) == []
    assert program.violations(trace, None, (3, 4)) == [(0, 1, 0), (2, 1, 7)]


@pytest.mark.parametrize("shape", ["left", "right", "product"])
def test_deep_expressions(shape):
    nodes = NodeList()
    a, b = nodes.column("main", 0, 0), nodes.column("main", 1, 1)
    total = nodes.operation("mul", a, b)
    for i in range(5000):
        if shape == "left":
            other = b if i % 2 else a
            total = nodes.operation("sub", total, nodes.operation("add", other, nodes.constant(i)))
        elif shape == "right":
            total = nodes.operation("add", nodes.operation("sub", a, nodes.constant(i)), total)
        elif i < 500:
            total = nodes.operation("mul", nodes.operation("sub", total, b), a)
    program = check_quotient(table(nodes, 2, [("every", total)]), rows=8)
    assert program.slots < 20


def test_columns_are_loaded_again_rather_than_kept():
    """Each constraint needs columns far apart, twice, with everything else in between."""
    width = 2000
    nodes = NodeList()
    columns = [nodes.column("main", i, 0) for i in range(width)]
    constraints = [
        ("every", nodes.operation("mul", columns[i], columns[(i * stride + 1) % width]))
        for stride in (1, 7)
        for i in range(width)
    ]
    program = check_quotient(table(nodes, width, constraints), rows=16)
    assert program.slots <= SLOT_BUDGET
    counts = operations(program)
    assert counts["load"] + counts["load4"] > width // 4


def test_many_live_values_exceed_the_budget_and_stay_right():
    nodes = NodeList()
    columns = [nodes.column("main", i, 0) for i in range(40)]
    products = [nodes.operation("mul", a, b) for a in columns for b in columns[:20]]
    total = products[0]
    for p in products[1:]:
        total = nodes.operation("add", total, p)
    again = products[-1]
    for p in reversed(products[:-1]):
        again = nodes.operation("sub", again, p)
    program = check_quotient(table(nodes, 40, [("every", total), ("cyclic", again)]))
    assert program.slots > SLOT_BUDGET


def test_packed_messages():
    nodes = NodeList()
    columns = [nodes.column("main", i, 0) for i in range(17)]
    factors = [nodes.constant(1 << 8 * (i % 4)) for i in range(16)]
    limbs = [packed(nodes, columns[i : i + 4], factors[i : i + 4]) for i in range(0, 16, 4)]
    one = nodes.constant(1)
    messages = [
        Interaction("a", 1, tuple(limbs), one, 1),
        Interaction("b", -1, (limbs[0], columns[16]), columns[16], 1),
    ]
    description = table(nodes, 17, [], messages)
    program = lookup_program(description)
    assert operations(program.program)["linear"] == 4
    rng = np.random.default_rng(4)
    trace = support.words(rng, (16, 17))
    z, alpha = support.triple(rng), support.triple(rng)
    out = np.zeros((16, 3), dtype=np.uint64)
    total = program.evaluate(
        trace, None, (), Challenges(z=z, alpha=alpha, bus_numbers=support.BUSES), out
    )
    expected = (0, 0, 0)
    for row in range(16):
        values = support.row_values(description, trace, None, (), (), row)
        for interaction in description.interactions:
            print_ = support.fingerprint(interaction, values, z, alpha)
            count = interaction.sign * values[interaction.count] % P
            expected = support.ext_add(
                expected, support.ext_scale(support.ext_inverse(print_), count)
            )
    assert total == expected
