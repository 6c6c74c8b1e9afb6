"""Rows of `rare` that claim something false: what the families refuse, and what is its own."""

from __future__ import annotations

import numpy as np
import pytest
from forged_tables import Attack, messages, row_of, trace_of, verdict, without
from rare_rows import VARIANTS, laid
from test_forged_memory import CASES as MEMORY
from test_forged_memory import DATA, VALUE
from test_forged_rows import BACK, CASES

import cstark as cs
from cstark.air import P
from cstark.vm.tables import FAMILIES, Rare
from tests.vm import encode

BESIDE = ("add", "li", "branch_eq", "sub_load")
"""Families that share the table with the one that is attacked."""


def table_with(name):
    return Rare({one: FAMILIES[one]() for one in dict.fromkeys((name, *BESIDE))})


def rules_of(rare, name, culprits):
    """How the table calls rules of a family."""
    shared = rare.sharing.families[name]
    equations = {what for what, _ in shared.form.constraints}
    for culprit in culprits:
        if culprit in equations:
            yield f"{name}: {culprit}"
            continue
        (found,) = (
            f"{slot.name} (slot {k})" for k, slot in enumerate(rare.sharing.slots)
            if name in slot.members and slot.members[name].name == culprit
        )  # fmt: skip
        yield found


def judge(attack, culprits):
    """As `Attack.judge`, with the rows laid into the table."""
    name, family = attack.name, FAMILIES[attack.name]()
    rare = table_with(name)
    assert attack.claims(attack.forged) != attack.claims(attack.honest), "the claim is true"
    weaker = without(family, *culprits)
    for row, alone, air, accepted in (
        (attack.honest, family, rare, True),
        (attack.forged, family, rare, False),
        (attack.forged, weaker, without(rare, *rules_of(rare, name, culprits)), True),
    ):
        trace = laid(rare, name, row[0])
        said = verdict({"rare": air}, {"rare": trace}, attack.tokens(alone, row))
        assert (said == "") == accepted, said or "accepted"


@pytest.mark.parametrize("case", CASES)
def test_what_families_refuse(case):
    name, instruction, a, b, changes, culprits = CASES[case]
    honest = row_of(name, instruction, a, b)
    culprits = (culprits,) if isinstance(culprits, str) else culprits
    judge(Attack(name, honest, changes(honest)), culprits)


@pytest.mark.parametrize("case", MEMORY)
def test_what_families_of_memory_refuse(case):
    name, instruction, changes, culprit = MEMORY[case]
    honest = row_of(name, instruction, VALUE, 0, DATA)
    judge(Attack(name, honest, changes(honest)), (culprit,))


# ---- what is the table's own ---------------------------------------------------------------------


def tokens_of(name, row, times=1):
    """What a verifier sends and receives for a row that counts so often; facts are facts."""
    found = []
    for bus, sign, values, _ in messages(name, VARIANTS[name], trace_of(name, row)):
        kind = cs.Receive if sign * times > 0 else cs.Send
        found.append(kind(bus, values, abs(times)))
    return found



def addition():
    return row_of("add", encode.r("add", 7, 5, 6), 5, 6)


def twins():
    """Two families with the same cells."""
    return Rare({"add": FAMILIES["add"](), "again": FAMILIES["add"]()})


def test_two_selectors():
    """One row that is executed twice at one time: with two tokens of the state."""
    rare, row = twins(), addition()
    trace = laid(rare, "add", trace_of("add", row)[0])
    assert verdict({"rare": rare}, {"rare": trace}, tokens_of("add", row)) == ""
    trace[0, :2] = 1
    twice = tokens_of("add", row, 2)
    assert verdict({"rare": rare}, {"rare": trace}, twice) == "constraints"
    weaker = without(rare, "one family at most")
    assert verdict({"rare": weaker}, {"rare": trace}, twice) == ""


@pytest.mark.parametrize("selector", [2, -1])
def test_a_selector_that_is_no_bit(selector):
    """With -1 a row runs backwards: it takes the sum and gives the operands back."""
    rare, row = twins(), addition()
    trace = laid(rare, "add", trace_of("add", row)[0])
    trace[0, 0] = selector % P
    tokens = tokens_of("add", row, selector)
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "constraints"
    one = without(rare, "one family at most")
    assert verdict({"rare": one}, {"rare": trace}, tokens) == "constraints"
    both = without(rare, "one family at most", "is_add is a bit")
    assert verdict({"rare": both}, {"rare": trace}, tokens) == ""


def test_selectors_that_cancel():
    """2 and -1 are no bits, though their sum is one."""
    rare, row = twins(), addition()
    trace = laid(rare, "add", trace_of("add", row)[0])
    trace[0, :2] = 2, P - 1
    tokens = tokens_of("add", row)
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "constraints"
    one = without(rare, "is_add is a bit")
    assert verdict({"rare": one}, {"rare": trace}, tokens) == "constraints"
    both = without(rare, "is_add is a bit", "is_again is a bit")
    assert verdict({"rare": both}, {"rare": trace}, tokens) == ""


def test_counts_without_a_family():
    """A row that belongs to nobody sends nothing, whatever its cells hold."""
    rare, row = table_with("add"), addition()
    trace = laid(rare, "add", trace_of("add", row)[0])
    trace[0, : rare.first] = 0
    assert verdict({"rare": rare}, {"rare": trace}, []) == ""
    assert verdict({"rare": rare}, {"rare": trace}, tokens_of("add", row)) == "bus_sum"


def copy_at(rare, name, column):
    """The name of the rule that holds a word in a column to what the family sends."""
    copies = list(rare.sharing.families[name].copies)
    _, message = rare.sharing.families[name].copies[column - rare.first]
    return f"{name}: {message}, copy {copies.index(column - rare.first)}"


def test_a_row_of_one_family_by_the_rules_of_another():
    """5 + 6 = -1: the rules are those of `sub`, what is fetched is `add`."""
    rare = Rare({"add": FAMILIES["add"](), "sub": FAMILIES["sub"]()})
    row = addition()
    forged = row | {"c": [0xFFFF] * 4}
    trace = laid(rare, "sub", trace_of("sub", forged)[0])
    tokens = tokens_of("add", forged)  # the verifier has an `add` there
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "bus_sum"
    (slot,) = (slot for slot in rare.sharing.slots if slot.bus == "fetch")
    code = rare.first + slot.words[1]
    trace[0, code] = FAMILIES["add"]().code
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "constraints"
    weaker = without(rare, copy_at(rare, "sub", code))
    assert verdict({"rare": weaker}, {"rare": trace}, tokens) == ""


def test_a_result_that_is_no_copy():
    """What is put back into rd is a word of the slot; the limbs are another number's."""
    rare, row = table_with("add"), addition()
    trace = laid(rare, "add", trace_of("add", row)[0])
    (slot,) = (slot for slot in rare.sharing.slots if slot.name == "rd put back")
    high = rare.first + slot.words[2]
    assert trace[0, high] == 0
    trace[0, high] = 1
    tokens = [
        cs.Receive(t.bus, [*t.values[:2], 1, t.values[3]], t.count)
        if t.bus == "register" and isinstance(t, cs.Receive) and t.values[1] == 11 else t
        for t in tokens_of("add", row)
    ]  # fmt: skip
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "constraints"
    weaker = without(rare, copy_at(rare, "add", high))
    assert verdict({"rare": weaker}, {"rare": trace}, tokens) == ""


def test_a_product_that_is_none():
    """`bne` of equal operands, taken: the norm of their difference is said not to be 0."""
    rare = table_with("branch_eq")
    row = row_of("branch_eq", encode.b("bne", 5, 6, BACK), 9, 9)
    forged = row | {"to": row["imm0"], "i": row["imm0"] - row["next"]}
    trace = laid(rare, "branch_eq", trace_of("branch_eq", forged)[0])
    (norm,) = rare.sharing.families["branch_eq"].products.values()
    tokens = tokens_of("branch_eq", forged)
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "constraints"
    trace[0, rare.first + norm] = 1
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "constraints"
    weaker = without(rare, "branch_eq: product 0")
    assert verdict({"rare": weaker}, {"rare": trace}, tokens) == ""


def test_a_word_that_the_family_does_not_have():
    """`li` has no rs1: in its place it fetches 0, and nothing else."""
    rare = table_with("li")
    row = row_of("li", encode.i("addi", 7, 0, 5), 0, 0)
    trace = laid(rare, "li", trace_of("li", row)[0])
    place = rare.first + list(rare.sharing.base).index("rs1")
    assert trace[0, place] == 0
    trace[0, place] = 3
    tokens = [
        cs.Receive("fetch", [*t.values[:2], 3, *t.values[3:]]) if t.bus == "fetch" else t
        for t in tokens_of("li", row)
    ]
    assert verdict({"rare": rare}, {"rare": trace}, tokens) == "constraints"
    weaker = without(rare, copy_at(rare, "li", place))
    assert verdict({"rare": weaker}, {"rare": trace}, tokens) == ""


def test_cells_are_noticed_or_explained():
    """Of an honest row of every family that is attacked above; see test_free_cells.py."""
    names = list(dict.fromkeys(case[0] for case in CASES.values()))
    rare = Rare({name: FAMILIES[name]() for name in names})
    rows, tokens = {}, []
    for name, instruction, a, b, *_ in CASES.values():
        if name not in rows:
            row = row_of(name, instruction, a, b)
            rows[name] = trace_of(name, row)[:1]
            tokens += tokens_of(name, row)
    trace = np.zeros((cs.padded_rows(len(names)), rare.width), dtype=np.uint64)
    rare.lay(rows, trace)
    machine = cs.Machine({"rare": rare}, cs.Options(queries=2, grinding=0))
    report = machine.check({"rare": trace}, tokens=tokens, mutate=8000)
    assert not report.violations and not report.imbalances
    assert report.mutations.cells > 4000
    assert not report.mutations.unexplained, report.mutations.unexplained
