"""What a machine says is fixed when it is made: nothing that changes afterwards reaches it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import cstark as cs
from cstark.air import describe

SMALL = cs.Options(queries=20, grinding=0, max_log_height=8)


class Multiples(cs.Air):
    """x is one of eight preprocessed numbers, in their order."""

    columns = ("x",)
    preprocessed = ("value",)

    def __init__(self, values) -> None:
        self.values = values

    def preprocessed_trace(self):
        return self.values

    def constrain(self, t):
        t.every_row.equal(t.now.x, t.preprocessed.value)


def multiples(factor):
    return factor * np.arange(8, dtype=np.uint64).reshape(8, 1)


def states(machine, factor):
    """Whether the machine proves and verifies the multiples of a factor."""
    try:
        proof = machine.prove({"table": multiples(factor)})
    except cs.TraceError:
        return False
    machine.verify(proof, min_security=0)
    return True


def own_array(path):
    values = multiples(1)
    return values, values


def view_of_views(path):
    whole = np.zeros((16, 3), dtype=np.uint64)
    part = whole[4:12, :][:, 1:2]
    part[:] = multiples(1)
    return part.view(), part


def read_only_view(path):
    values = multiples(1)
    view = values.view()
    view.flags.writeable = False
    return view, values


def signed(path):
    values = multiples(1).astype(np.int64)
    return values, values


def mapped_file(path):
    values = np.memmap(path / "values", dtype=np.uint64, mode="w+", shape=(8, 1))
    values[:] = multiples(1)
    values.flush()
    return np.memmap(path / "values", dtype=np.uint64, mode="r", shape=(8, 1)), values


def nested_list(path):
    values = multiples(1).tolist()
    return values, values


KINDS = [own_array, view_of_views, read_only_view, signed, mapped_file, nested_list]


@pytest.mark.parametrize("kind", KINDS)
def test_a_buffer_used_again(kind, tmp_path):
    given, buffer = kind(tmp_path)
    first = cs.Machine({"table": Multiples(given)}, SMALL)
    for row in range(8):
        buffer[row][0] = 2 * row
    second = cs.Machine({"table": Multiples(given)}, SMALL)
    assert states(first, 1) and not states(first, 2)
    assert states(second, 2) and not states(second, 1)
    assert first.verifying_key().digest != second.verifying_key().digest


def test_the_values_belong_to_the_machine():
    values = multiples(1)
    machine = cs.Machine({"table": Multiples(values)}, SMALL)
    values[0, 0] = 7  # the author's array stays writable
    for description in (*machine.descriptions, *pickle.loads(pickle.dumps(machine)).descriptions):
        assert np.array_equal(description.preprocessed, multiples(1))
        with pytest.raises(ValueError, match="read-only"):
            description.preprocessed[0, 0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            description.preprocessed.flags.writeable = True


class Steps(cs.Air):
    """x grows by what the instance says, and by periodic values."""

    columns = ("x",)

    def __init__(self, step, periodic) -> None:
        self.step = step
        self.periodic = periodic

    def constrain(self, t):
        t.first_row.zero(t.now.x)
        t.transition.equal(t.next.x, t.now.x + self.step + t.periodic.more)


def steps(step, more):
    increments = [step + more[k % len(more)] for k in range(7)]
    return np.cumsum([0, *increments]).astype(np.uint64).reshape(8, 1)


@pytest.mark.parametrize("make", [list, np.array])
def test_periodic_values_changed_later(make):
    more = make([1, 5])
    periodic = {"more": more}
    machine = cs.Machine({"steps": Steps(3, periodic)}, SMALL)
    more[1] = 6
    periodic["more"] = [9, 9]
    proof = machine.prove({"steps": steps(3, [1, 5])})
    machine.verify(proof, min_security=0)
    assert machine.descriptions[0].periodic == ((1, 5),)


def test_a_table_changed_later():
    air = Steps(3, {"more": [1, 5]})
    tables = {"steps": air}
    machine = cs.Machine(tables, SMALL)
    digest = machine.verifying_key().digest
    air.step = 4
    air.columns = ("x", "y")
    tables["more"] = air
    for again in (
        machine,
        pickle.loads(pickle.dumps(machine)),
        machine.with_options(SMALL),
        pickle.loads(pickle.dumps(machine.with_options(SMALL))),
    ):
        assert again.verifying_key().digest == digest and list(again.tables) == ["steps"]
        proof = again.prove({"steps": steps(3, [1, 5])})
        machine.verify(proof, min_security=0)
        with pytest.raises(cs.TraceError):
            again.prove({"steps": steps(4, [1, 5])})
    # what the table says of its own cells is asked when it is checked, and is of no other columns
    with pytest.raises(cs.AirError, match=r"'steps'.*changed since the machine was made"):
        machine.check({"steps": steps(3, [1, 5])}, mutate=1)


def test_a_machine_is_not_changed_by_assignment():
    machine = cs.Machine({"steps": Steps(3, {"more": [1, 5]})}, SMALL)
    for name in ("tables", "options", "proving_key", "descriptions", "resolved"):
        with pytest.raises(AttributeError):
            setattr(machine, name, getattr(machine, name))
    with pytest.raises(TypeError):
        machine.tables["steps"] = Steps(4, {"more": [1, 5]})
    with pytest.raises(AttributeError):
        machine.tables.descriptions = ()


def test_inputs_changed_later():
    class Free(cs.Air):
        columns = ("x", "y")
        inputs = ["x"]

        def constrain(self, t):
            t.every_row.equal(t.now.x, t.now.y)

    description = describe("free", Free())
    Free.inputs.append("y")
    assert description.inputs == {0}
    assert pickle.loads(pickle.dumps(description)).inputs == {0}
