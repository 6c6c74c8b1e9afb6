"""Loads and stores that claim something false; see test_forged_rows.py."""

from __future__ import annotations

import pytest
from forged_tables import Attack, row_of, trace_of, verdict, without

import cstark as cs
from cstark.air import P
from cstark.vm.tables import FAMILIES
from tests.vm import encode

X, L, f = 1 << 32, 1 << 16, (1 << 32) - 1
DATA = [0x8182_8384_0506_0708, 0x9192_9394_1516_1718]
VALUE = 0xA1A2_A3A4_B5B6_B7B8


def load(op, offset):
    """x7 = what is at an offset of the data."""
    return encode.i(op, 7, 28, offset)


def store(op, offset):
    """x5 to an offset of the data."""
    return encode.s(op, 5, 28, offset)


def cells(h, **changes):
    """Columns with some cells of groups replaced: ``c_4=1`` is cell 4 of c."""
    out = {}
    for key, value in changes.items():
        column, _, k = key.rpartition("_")
        if column in h and isinstance(h[column], list):
            out.setdefault(column, list(h[column]))[int(k)] = value
        else:
            out[key] = value
    return out


def sub_load(h, q, p=None, **more):
    """Another byte q, of a byte load."""
    return {"q": q, "r": q, "p": h["p"] if p is None else p, **more}


def half(h):
    return h["m"][h["h"]]


CASES = {
    # family, instruction, changes, rule
    "lw: a sign that is not there": (
        "lw", load("lw", 0), lambda h: {"fill": 1}, "sign"),
    "lw: no sign, by a lower limb that is none": (
        "lw", load("lw", 4), lambda h: {
            "high": 0x7FFF, "low": half(h) - 0x7FFF * L, "fill": 0}, "lower limb"),
    "lw: another half": (
        "lw", load("lw", 0), lambda h: {"low": h["low"] + 1}, "the half"),
    "lwu: filled": (
        "lw", load("lwu", 4), lambda h: {"fill": 1}, "unsigned is filled with 0"),
    "lb: no sign": (
        "sub_load", load("lb", 7), lambda h: {"fill": 0, "r": h["q"]}, "sign"),
    "lbu: filled": (
        "sub_load", load("lbu", 7), lambda h: {"fill": 1, "r": h["q"] + X - 256},
        "unsigned is filled with 0"),
    "lbu: another byte": (
        "sub_load", load("lbu", 2), lambda h: sub_load(h, h["q"] + 1), "limbs of the half"),
    "lbu: a byte of 9 bits": (
        "sub_load", load("lbu", 2), lambda h: sub_load(h, h["q"] + 256, h["p"] - 1),
        "bytes of the limb"),
    "lbu: another byte, and a limb that is none beside it": (
        "sub_load", load("lbu", 0), lambda h: sub_load(
            h, h["q"] + 1, other=h["other"] - pow(L, -1, P)), "the other limb"),
    "lh: another result": (
        "sub_load", load("lh", 2), lambda h: {"r": h["r"] + 1}, "result"),
    "sb: another byte is written": (
        "sub_store", store("sb", 2), lambda h: {"d": h["d"] + L}, "difference"),
    "sb: an old byte that is not there": (
        "sub_store", store("sb", 2), lambda h: {"r": h["r"] + 1, "d": h["d"] - L},
        "limbs of the half"),
    "sb: an old byte of 9 bits, so that its neighbour changes": (
        "sub_store", store("sb", 2),
        lambda h: {"r": h["r"] + 256, "k": h["k"] - 1, "d": h["d"] - 256 * L},
        "bytes of the limb"),
    "sb: a value of 9 bits, so that the neighbour changes": (
        "sub_store", store("sb", 2),
        lambda h: {"y": h["y"] + 256, "y2": h["y2"] - 1, "d": h["d"] + 256 * L},
        "bytes of the value"),
    "sb: another value": (
        "sub_store", store("sb", 2), lambda h: {"y": h["y"] + 1, "d": h["d"] + L},
        "upper limb of the value"),
    "sh: one byte of two": (
        "sub_store", store("sh", 2), lambda h: {"d": (h["y"] - h["r"]) * L}, "difference"),
    "misaligned lw: another low half": (
        "mis_load", load("lw", 1), lambda h: cells(h, r_0=h["r"][0] + 1), "result: low half"),
    "misaligned lw: another high half": (
        "mis_load", load("lw", 1), lambda h: cells(h, r_1=1), "result: high half"),
    "misaligned lw: a sign that is not there": (
        "mis_load", load("lw", 1), lambda h: {
            "fill": 1 - h["fill"], "r": [h["r"][0], f * (1 - h["fill"])]}, "sign"),
    "misaligned lh: a sign that is not there": (
        "mis_load", load("lh", 1), lambda h: {
            "fill": 1, "r": [h["r"][0] + X - L, f]}, "sign"),
    "misaligned lwu: filled": (
        "mis_load", load("lwu", 1), lambda h: {"fill": 1, "r": [h["r"][0], f]},
        "unsigned is filled with 0"),
    "misaligned lw: another top byte": (
        "mis_load", load("lw", 1), lambda h: {
            "top": 0x80 - h["top"] // 128 * 128, "fill": 1 - h["fill"],
            "r": [h["r"][0], f * (1 - h["fill"])]}, "top byte"),
    "misaligned ld: bytes that are not there": (
        "mis_load", load("ld", 1), lambda h: cells(
            h, c_1=h["c"][1] + 1, r_0=h["r"][0] + 1), "bytes of half 0"),
    "misaligned ld: bytes of 9 bits": (
        "mis_load", load("ld", 1), lambda h: cells(
            h, c_0=h["c"][0] + 256, c_1=h["c"][1] - 1, r_0=h["r"][0] - 1), "bytes 0 and 1"),
    "misaligned ld that does not cross": (
        "mis_load", load("ld", 4), lambda h: cells(
            h, cross=0, w_0=h["w"][0] + 1, c_4=h["c"][4] + 1, r_1=h["r"][1] + 1), "crosses"),
    "misaligned sd: the second word stays": (
        "mis_store", store("sd", 4), lambda h: cells(h, x_1=0), "crosses with h = 1"),
    "misaligned sd: the second word stays, h = 0": (
        "mis_store", store("sd", 1), lambda h: cells(h, x_0=0), "crosses with h = 0"),
    "misaligned sw: another half": (
        "mis_store", store("sw", 1), lambda h: cells(h, d_0=h["d"][0] + 1), "new half 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_forged(case):
    name, instruction, changes, culprit = CASES[case]
    honest = row_of(name, instruction, VALUE, 0, DATA)
    Attack(name, honest, changes(honest)).judge(culprit)


def test_two_bytes_from_an_odd_address():
    """With e = 0 the bytes of a limb would be read in the wrong order, one place lower."""
    honest = row_of("sub_load", load("lhu", 2), VALUE, 0, DATA)
    q, p = DATA[0] >> 32 & 255, DATA[0] >> 40 & 255
    odd = honest | {"imm0": 3}
    forged = odd | {"h": 1, "g": 0, "e": 0, "p": p, "q": q, "r": p + 256 * q,
                    "other": DATA[0] >> 48}  # fmt: skip
    attack = Attack("sub_load", odd, forged)
    table = FAMILIES["sub_load"]()
    for air, accepted in ((table, False), (without(table, "two bytes are a limb"), True)):
        word = [honest["a"], *honest["m"], honest["m_time"]]  # it is there
        tokens = [*attack.tokens(air, attack.forged), cs.Send("memory", word)]
        said = verdict({"sub_load": air}, {"sub_load": attack.forged}, tokens)
        assert (said == "") == accepted, said


@pytest.mark.parametrize(("s8", "s4", "culprit"), [(1, -1, "s4"), (1, 0, "s2"), (-1, 1, "s8")])
def test_a_row_that_executes_nothing_writes_nothing(s8, s4, culprit):
    """Sizes that cancel would give a filling row a second word, which it could change.

    With a count of -1 it would send what it seems to receive, and the other way round.
    """
    time, address, upper, written = 1000, 0x2000_0000, 7, 5
    row = {
        "real": 0, "time": time, "a": address + 1, "s8": s8, "s4": s4, "f": [1, 0, 0],
        "x": [s8, 0], "b": [0, s8 * written << 24], "w": [0, upper], "w_time": 900,
        "w_gap": time + 3 - 900 - 1, "d": [0, 0, written],
    }  # fmt: skip
    cells = {column: 0 if not shape else [0] * shape[0] for column, shape in
             FAMILIES["mis_store"].columns.items()}  # fmt: skip
    trace = trace_of("mis_store", cells | row)
    give, take = (cs.Send, cs.Receive) if s8 == 1 else (cs.Receive, cs.Send)
    tokens = [
        give("memory", [address + 8, 0, upper, 900]),
        take("memory", [address + 8, written, upper, time + 3]),
        take("range", [row["w_gap"]]),
        take("range", [0]),
    ]
    table = FAMILIES["mis_store"]()
    assert verdict({"mis_store": table}, {"mis_store": trace}, tokens) == "constraints"
    weaker = without(table, f"{culprit} is a bit")
    assert verdict({"mis_store": weaker}, {"mis_store": trace}, tokens) == ""


def test_every_family_of_memory_is_attacked():
    """`ld`, `sd` and `sw` have no rules but tokens and the bit that names a half."""
    attacked = {case[0] for case in CASES.values()}
    memory = {name for name, family in FAMILIES.items() if family.memory}
    assert memory - attacked == {"ld", "sd", "sw"}
