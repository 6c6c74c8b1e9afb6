"""Poseidon2: published vectors, the rounds in plain integers, and false permutations."""

from __future__ import annotations

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import Poseidon2, poseidon2
from cstark.gadgets.poseidon_constants import CONSTANTS

P = cs.P

# Plonky3, goldilocks/src/poseidon2.rs, test_default_goldilocks_poseidon2_width_8 and _12
VECTORS = {
    8: "020cf04a1b214d14 84e14aaaeacaed25 1ae0f640e81c7457 a4d204cbaeb0d8a5 0cf637b627b3a7ff "
    "788d304d948b486b 7327133ea1949af4 f415abb924da395b",
    12: "f292ab67c0f14b03 0a32f1b37656544c 053c61ab895498de 02ff92e55b196ffb 58176e8f6f58cab2 "
    "b0aa1206e7aec0f8 e90c13f3dce83ca4 f4da15333edf39c2 23b701c053c2ca6c d233d593dcdfbf58 "
    "4effa5f9516fb52e 0aaf4489f1f40166",
}
WIDTHS = pytest.mark.parametrize("width", [8, 12])


@WIDTHS
def test_published_vector(width):
    expected = [int(word, 16) for word in VECTORS[width].split()]
    assert poseidon2(np.arange(width)).tolist() == expected
    assert poseidon2([list(range(width))] * 3).tolist() == [expected] * 3


def plain(state: list[int]) -> list[int]:
    """The permutation as the paper writes it, with M_4 as a matrix and sums of blocks."""
    width, given = len(state), CONSTANTS[len(state)]

    def external(x):
        rows = ((2, 3, 1, 1), (1, 2, 3, 1), (1, 1, 2, 3), (3, 1, 1, 2))
        y = [sum(m * x[b + j] for j, m in enumerate(row)) for b in range(0, width, 4)
             for row in rows]  # fmt: skip
        return [(v + sum(y[i % 4 :: 4])) % P for i, v in enumerate(y)]

    def full(x, constants):
        for r in range(4):
            x = external([pow(v + constants[width * r + i], 7, P) for i, v in enumerate(x)])
        return x

    state = full(external(state), given["begin"])
    for constant in given["partial"]:
        state = [pow(state[0] + constant, 7, P), *state[1:]]
        state = [(sum(state) + d * v) % P for d, v in zip(given["diagonal"], state, strict=True)]
    return full(state, given["end"])


@WIDTHS
def test_against_plain_integers(width):
    states = cs.goldilocks.random((20, width), rng=width)
    states[0], states[1] = 0, P - 1
    assert poseidon2(states).tolist() == [plain(s) for s in states.tolist()]
    assert poseidon2(states.reshape(4, 5, width)).shape == (4, 5, width)
    assert poseidon2(np.zeros((0, width), dtype=np.uint64)).shape == (0, width)


def grain(width: int) -> list[int]:
    """The round constants by the Grain LFSR, with rejection, in the order in which they come."""
    fields = ((1, 2), (0, 4), (64, 12), (width, 12), (8, 10), (22, 10), (2**30 - 1, 30))
    bits = [int(b) for value, size in fields for b in f"{value:0{size}b}"]

    def step():
        new = bits[62] ^ bits[51] ^ bits[38] ^ bits[23] ^ bits[13] ^ bits[0]
        bits.append(new)
        del bits[0]
        return new

    def random_bit():
        while True:
            keep, bit = step(), step()
            if keep:
                return bit

    for _ in range(160):
        step()
    found = []
    while len(found) < 8 * width + 22:
        value = int("".join(str(random_bit()) for _ in range(64)), 2)
        if value < P:
            found.append(value)
    return found


@WIDTHS
def test_constants_come_from_the_grain_generator(width):
    given = CONSTANTS[width]
    assert [*given["begin"], *given["partial"], *given["end"]] == grain(width)


class Hashed(cs.Air):
    """Inputs and outputs, the last output in public."""

    publics = ("digest",)

    def __init__(self, width: int) -> None:
        self.columns = {"input": (width,), "output": (width,)}

    def constrain(self, t: cs.Table) -> None:
        t.send("poseidon2", [*t.now.input, *t.now.output], name="lookup")
        t.last_row.equal(t.now.output[0], t.publics.digest)


def case(width: int) -> Case:
    inputs = cs.goldilocks.random((8, width), rng=3)
    outputs = poseidon2(inputs)
    table = Poseidon2(width)
    return Case(
        {"hashed": Hashed(width), "poseidon2": table},
        {"hashed": np.concatenate([inputs, outputs], axis=1), "poseidon2": table.trace(inputs)},
        {"hashed": [int(outputs[-1, 0])]},
    )


def rerun(table: Poseidon2, trace: np.ndarray, row: int, start: str, index: int) -> None:
    """The rest of a row's permutation, correct, from the round after one that is false."""
    width = table.width_of_state
    view, given = table.view(trace), CONSTANTS[width]
    blocks = width // 4
    m4 = [[2, 3, 1, 1], [1, 2, 3, 1], [1, 1, 2, 3], [3, 1, 1, 2]]
    kron = np.kron(np.ones((blocks, blocks), int) + np.eye(blocks, dtype=int), m4).astype(object)
    inner = np.ones((width, width), dtype=object) + np.diag(np.array(given["diagonal"], object))
    state = kron @ view.input[row].astype(object) % P
    begun = False
    for name, rounds in (("begin", 4), ("partial", 22), ("end", 4)):
        constants = np.array(given[name], dtype=object).reshape(rounds, -1)
        for r in range(rounds):
            here = (name, r) == (start, index)
            x = state[: constants.shape[1]] + constants[r]
            if begun:
                view[f"{name}_cube"][row, r] = np.squeeze(x**3 % P)
            box = view[f"{name}_cube"][row, r].astype(object) ** 2 * x % P
            if name == "partial":
                if begun:
                    view.partial[row, r] = box[0]
                state = inner @ np.array([int(view.partial[row, r]), *state[1:]], object) % P
            else:
                if begun:
                    view[name][row, r] = kron @ box % P
                state = view[name][row, r].astype(object)
            begun = begun or here


@WIDTHS
@pytest.mark.parametrize(
    ("name", "index"), [("begin", 0), ("begin", 3), ("partial", 0), ("partial", 21), ("end", 3)]
)
def test_a_false_round(width, name, index):
    """One element of the state is changed after a round; all that follows is right again."""
    honest = case(width)
    traces = honest.traces()
    table, trace = honest.tables["poseidon2"], traces["poseidon2"]
    rerun(table, trace, 7, name, index)
    assert (trace == honest.honest["poseidon2"]).all(), "of the true round nothing changes"
    cell = table.view(trace)[name][7, index : index + 1].reshape(-1)
    cell[0] ^= np.uint64(1)
    rerun(table, trace, 7, name, index)
    traces["hashed"][7, width:] = table.output(table.view(trace))[7]
    digest = int(traces["hashed"][7, width])
    assert digest != honest.publics["hashed"][0]
    honest.forged(traces, f"{name} round", publics={"hashed": [digest]})


@WIDTHS
def test_a_false_output(width):
    honest = case(width)
    traces = honest.traces()
    traces["hashed"][-1, width] = 5
    unused = traces["poseidon2"].copy()
    unused[:, -1] = 0
    honest.forged(
        traces, "lookup", bus="poseidon2", publics={"hashed": [5]}, repaired={"poseidon2": unused}
    )


def test_padding_and_repeats():
    table = Poseidon2(8)
    inputs = np.array([[1] * 8, [2] * 8, [1] * 8])
    trace = table.trace(inputs)
    assert trace.shape == (8, 17 * 8 + 45)
    assert table.view(trace)["count"].tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    assert table.output(table.view(trace))[:3].tolist() == poseidon2(inputs).tolist()
    assert table.trace(np.zeros((9, 8), dtype=int)).shape[0] == 16


def test_a_table_is_filled_up_with_the_permutation_of_zeros():
    honest = case(8)
    machine = cs.Machine(honest.tables, cs.Options(queries=6, grinding=0))
    proof = machine.prove(honest.honest, honest.publics, pad_to={"poseidon2": 32})
    machine.verify(proof, honest.publics, min_security=0, heights={"poseidon2": 32})
    table = Poseidon2(8)
    inputs = np.arange(72).reshape(9, 8)
    assert np.array_equal(table.fill(table.trace(inputs[:9])[:9], 16), table.trace(inputs))


def test_bad_arguments_are_named():
    for width in (4, 16, True, "8", 8.0):
        with pytest.raises(cs.AirError, match="width must be 8 or 12"):
            Poseidon2(width)
    with pytest.raises(cs.TraceError, match="must have 8 or 12 elements"):
        poseidon2(np.zeros((3, 9), dtype=int))
    with pytest.raises(cs.TraceError, match="must have 8 or 12 elements"):
        poseidon2(5)
    with pytest.raises(cs.TraceError, match="not below p"):
        poseidon2([P] + [0] * 7)
    with pytest.raises(cs.TraceError, match="negative"):
        poseidon2([-1] + [0] * 7)
    with pytest.raises(cs.TraceError, match="not integers"):
        poseidon2(np.zeros(8))
    with pytest.raises(cs.TraceError, match=r"not \(n, 12\)"):
        Poseidon2(12).trace(np.zeros((3, 8), dtype=int))


def test_without_a_bus_nothing_is_received():
    table = Poseidon2(8, bus=None)
    inputs = np.arange(64, dtype=np.uint64).reshape(8, 8)
    trace = table.trace(inputs)
    assert table.width == trace.shape[1] == Poseidon2(8).width - 1
    assert np.array_equal(trace, Poseidon2(8).trace(inputs)[:, :-1])
    assert np.array_equal(table.output(table.view(trace)), poseidon2(inputs))
    machine = cs.Machine({"permutations": table})
    assert machine.check({"permutations": trace})
    trace[3, -1] ^= np.uint64(1)
    assert not machine.check({"permutations": trace})
