"""A cell of an honest row that is changed is noticed, or its table says why it is free.

One row of a family each, with the verifier for all other tables; see forging.py.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from forged_tables import OPTIONS, Attack, row_of
from test_forged_memory import CASES as MEMORY
from test_forged_memory import DATA, VALUE
from test_forged_rows import CASES

import cstark as cs
from cstark.vm.tables import FAMILIES
from tests.vm import encode


def instructions(name):
    """What is executed, and with which operands; at most four rows a family."""
    found = [case[1:4] for case in CASES.values() if case[0] == name]
    found += [(case[1], VALUE, 0) for case in MEMORY.values() if case[0] == name]
    more = {
        "half_up": encode.shift("slli", 7, 5, 32),
        "half_down": encode.shift("srli", 7, 5, 32),
        "ld": encode.i("ld", 7, 28, 0),
        "sd": encode.s("sd", 5, 28, 0),
        "sw": encode.s("sw", 5, 28, 0),
    }
    if name in more:
        found.append((more[name], VALUE, 0))
    return found[:4]


@pytest.mark.parametrize("name", [n for n in FAMILIES if instructions(n)])
def test_no_cell_goes_unnoticed(name):
    table = FAMILIES[name]()
    attacks = [Attack(name, row_of(name, *case, DATA), {}) for case in instructions(name)]
    trace = np.zeros((8, attacks[0].honest.shape[1]), dtype=np.uint64)
    tokens: Counter = Counter()
    for k, attack in enumerate(attacks):
        trace[k] = attack.honest[0]
        for token in attack.tokens(table, attack.honest):
            tokens[type(token), token.bus, token.values] += token.count
    machine = cs.Machine({name: table}, OPTIONS)
    statement = [kind(bus, values, count) for (kind, bus, values), count in tokens.items()]
    report = machine.check({name: trace}, tokens=statement, mutate=4 * trace.size)
    assert not report.violations and not report.imbalances
    assert report.mutations is not None and report.mutations.cells > 0
    assert not report.mutations.unexplained, report.mutations.unexplained


def test_which_families_are_left():
    """Rows of sequences and of calls are changed in whole runs, by tests of traces."""
    assert {n for n in FAMILIES if not instructions(n)} == {"zext_w", "jalr", "jr", "halt", "print"}
