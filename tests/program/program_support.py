"""Random tables, and exact values of what programs compute, with Python integers.

Extension elements are multiplied here by the schoolbook rule, not with the package's functions.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from cstark.air.description import Constraint, Interaction, assemble
from cstark.air.nodes import NodeList
from cstark.kernels import _runtime

P = 2**64 - 2**32 + 1
EDGES = [0, 1, 2, P - 1, P - 2, 2**32, 2**32 - 1, 2**32 + 1, P - 2**32, (P + 1) // 2]
SELECTORS = ["first", "last", "transition", "every", "cyclic"]


@contextmanager
def settings(isa=None, threads=None):
    """Kernels with this instruction set and number of threads."""
    before = _runtime.isa(), _runtime.threads()
    try:
        _runtime.set_isa(isa or before[0])
        _runtime.set_threads(threads or before[1])
        yield
    finally:
        _runtime.set_isa(before[0])
        _runtime.set_threads(before[1])


# ---- extension field ----


def ext_mul(a, b):
    t = [0] * 5
    for i in range(3):
        for j in range(3):
            t[i + j] += a[i] * b[j]
    return ((t[0] + 2 * t[3]) % P, (t[1] + 2 * t[4]) % P, t[2] % P)


def ext_add(a, b):
    return tuple((x + y) % P for x, y in zip(a, b, strict=True))


def ext_sub(a, b):
    return tuple((x - y) % P for x, y in zip(a, b, strict=True))


def ext_scale(a, b):
    return tuple(x * b % P for x in a)


def ext_power(a, exponent):
    result = (1, 0, 0)
    for bit in bin(exponent)[2:]:
        result = ext_mul(result, result)
        if bit == "1":
            result = ext_mul(result, a)
    return result


def ext_inverse(a):
    """a^(p^3 - 2)."""
    return ext_power(a, P**3 - 2)


def root(order):
    return pow(7, (P - 1) // order, P)


# ---- random tables ----


def words(rng, shape):
    """Random canonical words, edge values among them."""
    array = rng.integers(0, P, size=shape, dtype=np.uint64)
    edges = rng.choice(np.array(EDGES, dtype=np.uint64), size=shape)
    return np.where(rng.random(shape) < 0.3, edges, array)


def triple(rng):
    return tuple(int(v) for v in words(rng, 3))


def random_table(
    rng,
    *,
    rows=16,
    width=6,
    preprocessed_width=2,
    publics=3,
    periods=(1, 2, 8),
    constraints=10,
    interactions=5,
    size=40,
    max_degree=4,
    lookup_degree=3,
):
    """A random description with everything in it, whose constraints hold nowhere."""
    nodes = NodeList()
    columns = [nodes.column("main", i, n) for i in range(width) for n in (0, 1)]
    columns += [
        nodes.column("preprocessed", i, n) for i in range(preprocessed_width) for n in (0, 1)
    ]
    columns += [nodes.column("periodic", i, 0) for i in range(len(periods))]
    scalars = [nodes.public(i) for i in range(publics)]
    scalars += [nodes.constant(int(v)) for v in (*rng.choice(EDGES, 3), *words(rng, 2))]
    pool = columns + scalars
    for _ in range(size):
        kind = rng.choice(["add", "sub", "mul"])
        a, b = (int(v) for v in rng.choice(pool, 2))
        if kind == "mul" and nodes.degrees[a] + nodes.degrees[b] > max_degree:
            kind = "add"
        pool.append(nodes.operation(str(kind), a, b))
    linear = [node for node in pool if nodes.degrees[node] <= 1]
    chosen = [
        Constraint(str(rng.choice(SELECTORS)), int(rng.choice(pool[-2 * size :])), 0)
        for _ in range(constraints)
    ]
    counts = [
        *(int(v) for v in rng.choice(pool, 4)),
        nodes.constant(1),
        nodes.constant(-1),
        nodes.constant(0),
        nodes.constant(3),
    ]
    messages = [
        Interaction(
            str(rng.choice(["a", "b"])),
            int(rng.choice([1, -1])),
            tuple(int(v) for v in rng.choice(linear, int(rng.integers(1, 6)))),
            int(rng.choice(counts)),
            1,
        )
        for _ in range(interactions)
    ]
    preprocessed = None
    if preprocessed_width:
        preprocessed = words(rng, (rows, preprocessed_width))
        preprocessed.flags.writeable = False
    return assemble(
        name="random",
        column_names=tuple(f"c{i}" for i in range(width)),
        preprocessed_names=tuple(f"p{i}" for i in range(preprocessed_width)),
        public_names=tuple(f"v{i}" for i in range(publics)),
        periodic_names=tuple(f"r{i}" for i in range(len(periods))),
        periodic=tuple(tuple(int(v) for v in words(rng, period)) for period in periods),
        rows=None,
        source=nodes,
        constraints=chosen,
        interactions=messages,
        preprocessed=preprocessed,
    ).with_lookups(lookup_degree)


BUSES = {"a": 1, "b": 2}


# ---- exact values ----


def row_values(description, main, preprocessed, periodic, publics, row):
    """Value of every node at a row of any matrices (of a trace, or of a coset)."""
    rows = len(main)
    values = []
    for kind, *arguments in description.nodes:
        if kind == "constant":
            values.append(arguments[0])
        elif kind == "public":
            values.append(publics[arguments[0]])
        elif kind == "column":
            source, index, following = arguments
            if source == "periodic":
                values.append(int(periodic[index][row % len(periodic[index])]))
            else:
                matrix = main if source == "main" else preprocessed
                values.append(int(matrix[(row + following) % rows][index]))
        else:
            a, b = values[arguments[0]], values[arguments[1]]
            values.append({"add": a + b, "sub": a - b, "mul": a * b}[kind] % P)
    return values


def fingerprint(interaction, values, z, alpha, buses=BUSES):
    message, power = (buses[interaction.bus], 0, 0), alpha
    for node in interaction.values:
        message = ext_add(message, ext_scale(power, values[node]))
        power = ext_mul(power, alpha)
    return ext_sub(z, message)


def groups(description):
    """Interactions by lookup column, each as long as its constraint has the table's degree."""
    degrees = description.node_degrees
    found = [[]]
    for interaction in description.interactions:
        taken = [*found[-1], interaction]
        whole = len(taken)  # a fingerprint has degree 1
        parts = [degrees[i.count] + whole - 1 for i in taken]
        if found[-1] and max(1 + whole, *parts) > description.degree:
            found.append([interaction])
        else:
            found[-1] = taken
    return found if found[0] else []


def added(fractions):
    """Numerator and denominator of a sum of (numerator, denominator)."""
    numerator, denominator = fractions[0]
    for more, over in fractions[1:]:
        numerator = ext_add(ext_mul(numerator, over), ext_mul(more, denominator))
        denominator = ext_mul(denominator, over)
    return numerator, denominator


def residuals(description, values, lookup_row, accumulator_next, z, alpha, mean, buses=BUSES):
    """(selector, extension value) of all constraints, from the values of the nodes at a row."""
    result = [(c.selector, (values[c.node], 0, 0)) for c in description.constraints]
    if not description.interactions:
        return result
    step = ext_add(ext_sub(accumulator_next, lookup_row[-1]), mean)
    for column in lookup_row[:-1]:
        step = ext_sub(step, column)
    for k, group in enumerate(groups(description)):
        column = [*lookup_row[:-1], step][k]
        prints = [fingerprint(i, values, z, alpha, buses) for i in group]
        counts = [i.sign * values[i.count] % P for i in group]
        numerators = [(count, 0, 0) for count in counts]
        numerator, denominator = added(list(zip(numerators, prints, strict=True)))
        selector = "every" if k < len(lookup_row) - 1 else "cyclic"
        result.append((selector, ext_sub(ext_mul(column, denominator), numerator)))
    result.append(("first", lookup_row[-1]))
    return result


def combine(parts, x, rows, beta):
    """Sum of beta^j C_j selector_j / Z_H at an extension point x."""
    last = pow(root(rows), P - 2, P)
    zerofier = ext_inverse(ext_sub(ext_power(x, rows), (1, 0, 0)))
    factors = {"every": zerofier, "cyclic": zerofier}
    factors["transition"] = ext_mul(zerofier, ext_sub(x, (last, 0, 0)))
    factors["first"] = ext_inverse(ext_sub(x, (1, 0, 0)))
    factors["last"] = ext_inverse(ext_sub(x, (last, 0, 0)))
    result, power = (0, 0, 0), (1, 0, 0)
    for selector, value in parts:
        result = ext_add(result, ext_mul(power, ext_mul(value, factors[selector])))
        power = ext_mul(power, beta)
    return result


def padded(matrix, stride):
    out = np.zeros((len(matrix), stride), dtype=np.uint64)
    out[:, : matrix.shape[1]] = matrix
    return out


def inverse_first(shift, rows):
    g, x, result = root(rows), shift, []
    for _ in range(rows):
        result.append(pow(x - 1, -1, P))
        x = x * g % P
    return np.array(result, dtype=np.uint64)
