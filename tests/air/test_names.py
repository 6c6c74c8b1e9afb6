"""Names are read as Python reads them, and anything that is a mapping is one."""

from __future__ import annotations

from collections import OrderedDict
from types import MappingProxyType

import numpy as np
import pytest

import cstark as cs

TRACE = np.zeros((8, 3), dtype=np.uint64)


class Ligature(cs.Air):
    """The names hold a ligature, a bold letter and a full-width one, in strings and in code."""

    columns = {"\ufb01eld": (), "\U0001d431s": (2,)}
    publics = ("\uff41",)
    preprocessed = ("ﬁxed",)
    rows = 8

    def __init__(self):
        self.periodic = {"\u2126": [0, 1]}

    def preprocessed_trace(self):
        return [[0]] * 8

    def constrain(self, t):
        t.first_row.equal(t.now.ﬁeld, t.publics.ａ)
        t.every_row.zero(t.now.field + t.now["\ufb01eld"])
        t.every_row.zero(t.now.𝐱s[0] + t.now.xs[1])
        t.every_row.zero(t.periodic.Ω * t.now.field + t.preprocessed.fixed * t.now.field)

    def free_cells(self, cells):
        return [cs.FreeCells(("\ufb01eld",), np.zeros(8, dtype=bool), "an example")]


def test_names_are_normalised_where_they_are_declared_and_read():
    machine = cs.Machine({"t": Ligature()})
    assert machine.descriptions[0].column_names == ("field", "xs[0]", "xs[1]")
    assert machine.descriptions[0].public_names == ("a",)
    free = machine.check({"t": TRACE}, {"t": [0]}, mutate=1)  # reads `free_cells`
    assert not free.violations and free.mutations is not None
    view = Ligature().view(TRACE.copy())
    view.ﬁeld = np.arange(8)
    assert view["field"][3] == view["\ufb01eld"][3] == 3
    assert "\ufb01eld" in view and "field" in view


@pytest.mark.parametrize("attribute", ["columns", "publics", "preprocessed", "periodic"])
def test_two_names_that_fall_together(attribute):
    names = ("field", "\ufb01eld")
    values = {name: [0, 1] for name in names} if attribute == "periodic" else names
    air = type("Twice", (cs.Air,), {
        "columns": ("x",), attribute: values,
        "preprocessed_trace": lambda self: [[0, 0]] * 8,
        "constrain": lambda self, t: t.every_row.zero(t.now[0])})  # fmt: skip
    with pytest.raises(cs.AirError, match=r"'ﬁeld' \(read as 'field'\) twice"):
        cs.Machine({"t": air()})


@pytest.mark.parametrize(
    ("name", "message"), [("\U0001d422\U0001d41f", "not a Python identifier"),
                          ("\uff3f\uff3fx", "reserved"), ("ａ ", "not a Python identifier")]
)  # fmt: skip
def test_what_a_name_is_read_as_is_checked(name, message):
    air = type("Odd", (cs.Air,), {"columns": (name,)})
    with pytest.raises(cs.AirError, match=message):
        cs.Machine({"t": air()})


@pytest.mark.parametrize("name", ["mro", "register", "keys", "items", "copy", "dtype", "T"])
def test_what_only_classes_have_may_name_a_column(name):
    """`type` gives every class an `mro`, which its instances do not have."""

    class Free(cs.Air):
        columns = (name, "other")

        def constrain(self, t):
            t.every_row.zero(getattr(t.now, name) - t.now.other)

    assert cs.Machine({"t": Free()}).check({"t": TRACE[:, :2]})
    view = Free().view(TRACE[:, :2].copy())
    setattr(view, name, 5)
    assert getattr(view, name)[0] == 5


@pytest.mark.parametrize("kind", [MappingProxyType, OrderedDict])
def test_every_mapping_declares(kind):
    class Mapped(cs.Air):
        columns = kind({"x": (), "y": (2,)})
        periodic = kind({"p": [0, 1]})
        publics = kind({"a": ()})

        def constrain(self, t):
            t.every_row.zero(t.periodic.p * t.now.x + t.now.y[1])
            t.first_row.equal(t.now.x, t.publics.a)

    machine = cs.Machine(kind({"t": Mapped()}), cs.Options(queries=5, grinding=0))
    proof = machine.prove(kind({"t": TRACE}), kind({"t": [0]}))
    machine.verify(proof, kind({"t": [0]}), min_security=0)


def test_adding_to_what_is_shared_changes_nothing_behind_ones_back():
    """A group of expressions is one array for all who read it; `+=` would change it for all."""

    class Shared(cs.Air):
        columns = {"x": (3,)}

        def constrain(self, t):
            group = t.now.x
            with pytest.raises(ValueError, match="read-only"):
                group += 1
            first = t.now.x[0]
            first += 1  # an expression of one's own
            t.every_row.equal(first, t.now.x[1] + 1)
            t.every_row.zero(t.now.x)

    machine = cs.Machine({"t": Shared()})
    assert machine.check({"t": TRACE})
    view = Shared().view(TRACE.copy())
    view.x += 1
    assert view.x.tolist() == [[1, 1, 1]] * 8
    column = view[0]
    column += 1
    assert view.x[:, 0].tolist() == [2] * 8
