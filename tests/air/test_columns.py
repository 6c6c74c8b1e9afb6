"""Declarations, namespaces, groups and views."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from air_support import inside, make, table, texts
from hypothesis import given
from hypothesis import strategies as st

from cstark.air import Air, Namespace, describe
from cstark.errors import AirError, TraceError, UnknownColumnError
from cstark.limits import MAX_COLUMNS

GROUPED = {"pc": (), "a": (2, 3), "flags": (4,), "last": ()}


def boolean(t):
    t.every_row.boolean(t.now[0])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((), r"`columns` declares no columns.*columns = \(\"a\", \"b\"\)"),
        (0, "declares no columns"),
        ({}, "declares no columns"),
        (None, "declares no columns"),
        (-1, "cannot be negative"),
        ("ab", r"is the string 'ab'; write \('ab',\)"),
        (2.5, "must be an int, a tuple of names, or a dict"),
        (True, "must be an int, a tuple of names, or a dict"),
        ({"a"}, "must be an int, a tuple of names, or a dict"),
        (("a", 3), "3, which is no name"),
        (("a", "a"), "'a' twice"),
        (("a b",), "'a b', which is not a Python identifier"),
        (("1a",), "not a Python identifier"),
        (("",), "not a Python identifier"),
        (("lambda",), "'lambda', which is not a Python identifier"),
        (("_column",), "'_column', which is reserved"),
        (("_trace",), "reserved"),
        (("__len__",), "reserved"),
        (("__odd",), "reserved"),
        ({"a": "x"}, "gives 'a' the shape 'x'"),
        ({"a": (0,)}, "positive integers"),
        ({"a": -1}, "positive integers"),
        ({"a": (2, 1.5)}, "positive integers"),
        ({"a": None}, "gives 'a' the shape None"),
        (MAX_COLUMNS + 1, f"more than {MAX_COLUMNS}"),
        ({"a": (2**20, 2**40)}, f"more than {MAX_COLUMNS}"),
    ],
)
def test_bad_declarations(columns, message):
    with pytest.raises(AirError, match=message) as caught:
        table(boolean, columns)
    assert "table 'demo'" in str(caught.value)


def test_declarations_of_other_kinds_are_checked_too():
    with pytest.raises(AirError, match="`publics` holds the name 'x' twice"):
        table(boolean, publics=("x", "x"))
    with pytest.raises(AirError, match="`preprocessed` is the string"):
        table(boolean, preprocessed="x")
    with pytest.raises(AirError, match="`periodic` holds the name 'a b'"):
        table(boolean, periodic={"a b": [1]})


def test_labels():
    description = table(boolean, GROUPED, publics=2, periodic={"rc": [1, 2]})
    assert description.column_names[:4] == ("pc", "a[0,0]", "a[0,1]", "a[0,2]")
    assert description.column_names[7:] == (
        "flags[0]",
        "flags[1]",
        "flags[2]",
        "flags[3]",
        "last",
    )
    assert description.width == 12
    assert description.public_names == ("[0]", "[1]")
    assert description.periodic_names == ("rc",)


def test_access():
    def action(t):
        n = t.now
        assert isinstance(n, Namespace)
        assert len(n) == 12
        assert [str(e) for e in n][:2] == ["now.pc", "now.a[0,0]"]
        assert str(n["pc"]) == str(n.pc) == str(n[0]) == "now.pc"
        assert n.pc is n[0]
        assert str(n[-1]) == str(n[np.int64(11)]) == "now.last"
        assert n.a.shape == n["a"].shape == (2, 3)
        assert n.a.dtype == object
        assert n.a is n["a"]
        assert not n.a.flags.writeable
        assert [str(e) for e in n[1:3]] == ["now.a[0,0]", "now.a[0,1]"]
        assert [str(e) for e in n[::-11]] == ["now.last", "now.pc"]
        assert n[5:5].shape == (0,)
        assert "a" in n and "b" not in n
        assert set(dir(n)) == set(GROUPED)
        assert "pc, a[2, 3], flags[4], last" in repr(n)
        assert not hasattr(n, "nothing")
        assert np.array(n).shape == (12,)
        with pytest.raises(ValueError, match="read-only"):
            n.a[0, 0] = n.pc
        with pytest.raises((AirError, AttributeError)):
            copy.copy(n)
        return True

    assert inside(action, columns=GROUPED)


def test_every_namespace_has_its_prefix():
    def action(t):
        return " ".join(
            str(e)
            for e in (
                t.now.x,
                t.next.x,
                t.preprocessed.f[1],
                t.preprocessed_next.f[0],
                t.periodic.rc,
                t.publics.k,
                t.now[0],
            )
        )

    assert texts(
        action,
        columns=("x",),
        publics=("k",),
        preprocessed={"f": (2,)},
        periodic={"rc": [1, 2]},
        fixed=np.zeros((8, 2), dtype=np.uint64),
    ) == ("now.x next.x preprocessed.f[1] preprocessed_next.f[0] periodic.rc publics.k now.x")


def test_numbered_columns():
    assert texts(lambda t: t.now[3] + t.next[0] * t.publics[1], columns=4, publics=2) == (
        "now[3] + next[0] * publics[1]"
    )


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda t: t.now.lft, "has no column 'lft'; did you mean 'left'?"),
        (lambda t: t.next["rihgt"], "did you mean 'right'?"),
        (lambda t: t.publics.strat, "has no public value 'strat'; did you mean 'start'?"),
        (lambda t: t.now.start, "has no column 'start'; did you mean t.publics.start?"),
        (lambda t: t.now.rc, "did you mean t.periodic.rc?"),
        (lambda t: t.publics.left, "did you mean t.now.left?"),
        (lambda t: t.now.zzz, "has no column 'zzz': there are left, right"),
        (lambda t: t.preprocessed.q, "has no preprocessed column 'q': it declares no `prepro"),
        (lambda t: t.left, "the argument of constrain has no 'left'; did you mean t.now.left?"),
        (lambda t: t.zzz, "has no 'zzz': there are now, next, .*first_row.*send, receive"),
        (lambda t: t.now[2], "has no column 2: there are 2"),
        (lambda t: t.now[-3], "has no column -3"),
        (lambda t: t.now[1.0], "by its name or its number, not by 1.0"),
        (lambda t: t.now[True], "not by True"),
        (lambda t: t.now[0, 1], "by its name or its number"),
        (lambda t: t.now[t.now.left], "by its name or its number, not by now.left"),
    ],
)
def test_unknown_columns(action, message):
    with pytest.raises(UnknownColumnError) as caught:
        inside(action, columns=("left", "right"), publics=("start",), periodic={"rc": [1]})
    assert isinstance(caught.value, AttributeError)
    assert isinstance(caught.value, AirError)
    import re

    assert re.search(message.replace("?", r"\?"), str(caught.value))
    assert "table 'demo'" in str(caught.value)


def test_unknown_name_of_numbered_columns():
    with pytest.raises(UnknownColumnError, match=r"they have numbers, now\[0\] to now\[3\]"):
        inside(lambda t: t.now.left, columns=4)


def test_columns_cannot_be_assigned():
    def by_name(t):
        t.now.a = 3

    def by_number(t):
        t.next[0] = 3

    with pytest.raises(AirError, match=r"now.a cannot be assigned.*every_row.equal\(now.a"):
        inside(by_name)
    with pytest.raises(AirError, match=r"next\[0\] cannot be assigned"):
        inside(by_number)


def test_declarations_are_read_from_the_instance():
    class Wide(Air):
        def __init__(self, width):
            self.columns = {"x": (width,)}
            self.rows = 2 * width

        def constrain(self, t):
            t.every_row.boolean(t.now.x)

    description = describe("wide", Wide(8))
    assert (description.width, description.rows, len(description.constraints)) == (8, 16, 8)


def test_view():
    air = make(boolean, GROUPED)
    trace = np.arange(8 * 12, dtype=np.uint64).reshape(8, 12)
    view = air.view(trace)
    assert len(view) == 12
    assert view.pc.shape == (8,)
    assert view.a.shape == (8, 2, 3)
    assert view["flags"].shape == (8, 4)
    assert np.shares_memory(view.a, trace) and np.shares_memory(view.pc, trace)
    assert view.a[5, 1, 2] == trace[5, 6]
    assert (view[3] == trace[:, 3]).all() and (view[-1] == trace[:, 11]).all()
    assert [column[0] for column in view] == list(range(12))
    view.last = 7
    view.flags[:, 2] = 9
    view["a"] = np.zeros((2, 3), dtype=np.uint64)
    view.pc += np.uint64(1)
    view[10] = np.arange(8)
    assert (trace[:, 11] == 7).all() and (trace[:, 9] == 9).all() and not trace[:, 1:7].any()
    assert trace[1, 0] == 13 and trace[7, 10] == 7
    with pytest.raises(UnknownColumnError, match="did you mean 'flags'"):
        view.flag  # noqa: B018
    with pytest.raises(UnknownColumnError, match="did you mean 'flags'"):
        view.flag = 3
    assert "pc, a[2, 3]" in repr(view)


@pytest.mark.parametrize("order", ["C", "F"])
def test_views_of_any_layout_share_memory(order):
    trace = np.zeros((8, 12), dtype=np.int64, order=order)[::2]
    trace.flags.writeable = False
    view = make(boolean, GROUPED).view(trace)
    assert np.shares_memory(view.a, trace)
    with pytest.raises(ValueError, match="read-only"):
        view.pc = 1


@given(st.slices(12))
def test_slices(s):
    trace = np.arange(8 * 12, dtype=np.uint64).reshape(8, 12)
    view = make(boolean, GROUPED).view(trace)
    assert np.array_equal(view[s], trace[:, s])
    names = [f"x{k}" for k in range(12)]
    found = texts(lambda t: t.now[s], columns=tuple(names))
    assert found == [f"now.{name}" for name in names[s]]


def test_views_of_wrong_traces():
    air = make(boolean, GROUPED)
    with pytest.raises(TraceError, match="trace is list, not a NumPy array"):
        air.view([[1, 2]])
    for shape in [(8, 11), (12,), (8, 12, 1)]:
        with pytest.raises(TraceError, match=r"12 columns need \(rows, 12\)") as caught:
            air.view(np.zeros(shape))
    assert caught.value.table == "Demo"
