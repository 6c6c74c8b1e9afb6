"""Rows that claim something false: refused by both verifiers, accepted without the named rule.

All cells but those listed are those of the honest row, so nothing but the rule refuses.
"""

from __future__ import annotations

import pytest
from forged_tables import Attack, inverse, limbs, row_of

from cstark.air import P
from cstark.vm.tables import FAMILIES
from tests.vm import encode
from tests.vm.encode import word

X, L, f = 1 << 32, 1 << 16, (1 << 32) - 1
HALF = pow(2, -1, P)


def w(low: int, high: int = 0) -> int:
    """A value from its halves."""
    return low | high << 32


R3 = {"rd": 7, "rs1": 5, "rs2": 6}
BACK = 8  # a branch to the instruction after the next one


def three(name: str) -> int:
    return word(name, **R3)


def immediate(name: str, imm: int, rd: int = 7) -> int:
    return encode.shift(name, rd, 5, imm) if name[:3] in ("sll", "srl", "sra") else encode.i(
        name, rd, 5, imm)  # fmt: skip


def plus(h: dict, column: str, k: int | None = None, by: int = 1) -> dict:
    """One cell more than it was."""
    if k is None:
        return {column: h[column] + by}
    cells = list(h[column])
    cells[k] += by
    return {column: cells}


def shifted(name: str, value: int, factor: int, right: bool, moved: int = 0) -> dict:
    """r, k and the window of a value times a factor."""
    product = value * factor
    r = limbs(product, 5)
    window = FAMILIES[name]().windows(r, [int(moved == k) for k in (1, 2, 3)], right)
    return {"r": r, "k": (value % X) * factor >> 32, "c": window}


def complement(name: str, value: int, factor: int) -> dict:
    """The same of the complement, complemented."""
    cells = shifted(name, (1 << 64) - 1 - value, factor, True)
    return cells | {"c": [f - half for half in cells["c"]], "g": 1}


Z = [0, 0]
POSITIVE = {"ua": 0, "sa": 1}

CASES = {
    # family, instruction, x5, x6, changes, rule
    "li: another constant": (
        "li", encode.i("addi", 7, 0, 5), 0, 0, lambda h: plus(h, "imm0"), "fetch"),
    "jump: elsewhere": (
        "jump", encode.j(0, 4), 0, 0, lambda h: plus(h, "next", by=4), "fetch"),
    "mv: a register that nobody holds": (
        "mv", encode.i("addi", 7, 5, 0), 9, 0, lambda h: {"a": [8, 0]},
        ("rs1 taken", "rs1 put back")),
    "add: a limb of 17 bits": (
        "add", three("add"), f, 1, lambda h: {"c": [0, L, 0, 0]}, "limb of the sum 1"),
    "add: a low carry of 2^32 - 1": (
        "add", three("add"), w(5, 3), w(6, 4), lambda h: {"c": limbs(12) + limbs(6)},
        "carry of the low half"),
    "add: a high half too many": (
        "add", three("add"), 5, 6, lambda h: plus(h, "c", 2), "carry of the high half"),
    "add in place: a high half too many": (
        "add_inplace", word("add", 5, 5, 6), 5, 6, lambda h: plus(h, "c", 2),
        "carry of the high half"),
    "addi": (
        "addi", immediate("addi", -3), 5, 0, lambda h: plus(h, "c", 2), "carry of the high half"),
    "addi in place": (
        "addi_inplace", immediate("addi", -3, 5), 5, 0, lambda h: plus(h, "c", 2),
        "carry of the high half"),
    "sub: a low carry of 1 - 2^32": (
        "sub", three("sub"), 7, 6, lambda h: {"c": limbs(2) + limbs(f)}, "carry of the low half"),
    "sub: high": (
        "sub", three("sub"), 7, 6, lambda h: plus(h, "c", 3), "carry of the high half"),
    "sub in place": (
        "sub_inplace", word("sub", 5, 5, 6), 7, 6, lambda h: plus(h, "c", 3),
        "carry of the high half"),
    "addw": ("addw", three("addw"), 5, 6, lambda h: plus(h, "c", 0), "carry"),
    "addw: not extended": (
        "addw", three("addw"), 2**31 - 1, 1, lambda h: {"s": 0}, "upper limb of the result"),
    "subw": ("subw", three("subw"), 5, 3, lambda h: plus(h, "c", 0), "carry"),
    "addiw": ("addiw", immediate("addiw", 1), 5, 0, lambda h: plus(h, "c", 0), "carry"),
    # branches
    "bne: equal, taken": (
        "branch_eq", encode.b("bne", 5, 6, BACK), 9, 9, lambda h: {"to": h["imm0"]},
        "equal: not taken"),
    "bne: low halves differ, not taken": (
        "branch_eq", encode.b("bne", 5, 6, BACK), w(5, 7), w(6, 7),
        lambda h: {"to": h["next"], "i": 0}, "low halves differ: taken"),
    "bne: high halves differ, not taken": (
        "branch_eq", encode.b("bne", 5, 6, BACK), w(5, 7), w(5, 8),
        lambda h: {"to": h["next"], "i": 0}, "high halves differ: taken"),
    "bnez: zero, taken": (
        "branch_zero", encode.b("bne", 5, 0, BACK), 0, 0, lambda h: {"to": h["imm0"]},
        "zero: not taken"),
    "bnez: not zero, not taken": (
        "branch_zero", encode.b("bne", 5, 0, BACK), w(0, 1), 0,
        lambda h: {"to": h["next"], "i": 0}, "not zero: taken"),
    "bltu: less, not taken": (
        "branch_ltu", encode.b("bltu", 5, 6, BACK), w(5, 7), w(6, 8),
        lambda h: {"lt": 0, "m": Z}, "difference"),
    "bltu: decided by the low halves": (
        "branch_ltu", encode.b("bltu", 5, 6, BACK), w(5, 7), w(9, 6),
        lambda h: {"lt": 1, "far": 0, "m": limbs(X - 4)}, "near: the high halves are equal"),
    "blt: a sign that a has not": (
        "branch_lt", encode.b("blt", 5, 6, BACK), w(5, 7), w(3, 6),
        lambda h: {"sa": 1, "lt": 1, "m": [1, 0]}, "a: sign"),
    "blt: an upper limb that a has not": (
        "branch_lt", encode.b("blt", 5, 6, BACK), w(5, 7), w(3, 6),
        lambda h: {"ua": 0x8000, "sa": 1, "lt": 1, "m": [1, 0]}, "a: lower limb"),
    "blt: a sign that b has not": (
        "branch_lt", encode.b("blt", 5, 6, BACK), w(5, 6), w(3, 7),
        lambda h: {"sb": 1, "lt": 0, "m": limbs(X - 2)}, "b: sign"),
    "near bltu": (
        "near_branch", encode.b("bltu", 5, 6, BACK), w(5, 7), w(3, 7),
        lambda h: {"lt": 1, "m": 2}, "limb of the difference 1"),
    "near slt": (
        "near_set", three("slt"), w(5, 7), w(3, 7), lambda h: {"lt": 1, "m": 2},
        "limb of the difference 1"),
    "sltu": (
        "set_ltu", three("sltu"), w(5, 7), w(6, 8), lambda h: {"lt": 0, "m": Z}, "difference"),
    "slt": (
        "set_lt", three("slt"), w(5, 7), w(3, 6), lambda h: {"sa": 1, "lt": 1, "m": [1, 0]},
        "a: sign"),
    "sltiu": (
        "set_ltu_i", immediate("sltiu", 3), w(5, 7), 0, lambda h: {"lt": 1, "m": [8, 0]},
        "difference"),
    "slti": (
        "set_lt_i", immediate("slti", 3), w(5, 7), 0,
        lambda h: {"sa": 1, "lt": 1, "m": [7, 0]}, "a: sign"),
    # bitwise
    "and": ("and", three("and"), w(0x1234, 5), w(0xFF, 4), lambda h: plus(h, "z", 2), "byte 2"),
    "or": ("or", three("or"), w(0x1234, 5), w(0xFF, 4), lambda h: plus(h, "z", 7), "byte 7"),
    "xor": ("xor", three("xor"), w(0x1234, 5), w(0xFF, 4), lambda h: plus(h, "z", 0), "byte 0"),
    "andi by o = -2, e = 1": (
        "bitwise_i", immediate("andi", -3), w(0x1235, 5), 0,
        lambda h: {"o": -2, "e": 1,
                   "c": [2 * h["c"][0] - h["a"][0] - (X - 3), 2 * h["c"][1] - h["a"][1] - f]},
        "o is a bit"),
    "andi by e = -1/2": (
        "bitwise_i", immediate("andi", -3), w(0x1235, 5), 0,
        lambda h: {"o": 1, "e": -HALF,
                   "c": [(h["c"][0] + h["a"][0] + X - 3) * HALF,
                         (h["c"][1] + h["a"][1] + f) * HALF]},
        "e is a bit"),
    "xori": ("bitwise_i", immediate("xori", 5), 6, 0, lambda h: plus(h, "c", 0), "low half"),
    "ori": ("bitwise_i", immediate("ori", -5), 6, 0, lambda h: plus(h, "c", 1, -1), "high half"),
    "andi: another byte": (
        "and_small", immediate("andi", 3), 4, 0, lambda h: {"x": [5, 0], "z": [1, 0]},
        "upper limb of the low half"),
    # shifts
    "slli: windows that cancel": (
        "shift_i", immediate("slli", 17), w(5, 3), 0,
        lambda h: {"w": [0, -1, 1], "c": FAMILIES["shift_i"]().windows(h["r"], [0, -1, 1], False)},
        "one window"),
    "slli: both left and right": (
        "shift_i", immediate("slli", 17), w(5, 3), 0,
        lambda h: {"d": 2, "w": [0, 0, 0], "c": [
            2 * right - left for left, right in zip(
                FAMILIES["shift_i"]().windows(h["r"], [0, 0, 0], False),
                FAMILIES["shift_i"]().windows(h["r"], [0, 0, 0], True), strict=True)]},
        "d is a bit"),
    "slli: a limb below 0": (
        "shift_i", immediate("slli", 2), w(5, 3), 0,
        lambda h: {"r": [20, -L, 13, 0, 0], "k": 1, "c": [20 - X, 13]}, "limb of the product 1"),
    "srli": ("shift_i", immediate("srli", 1), w(5, 3), 0, lambda h: plus(h, "c", 1), "half 1"),
    "slli: another low product": (
        "shift_i", immediate("slli", 3), w(5, 3), 0,
        lambda h: plus(h, "r", 0) | plus(h, "c", 0), "low product"),
    "slli: another high product": (
        "shift_i", immediate("slli", 3), w(5, 3), 0,
        lambda h: plus(h, "r", 2) | plus(h, "c", 1), "high product"),
    "srai: a sign that a has not": (
        "sra_i", immediate("srai", 1), w(4, 6), 0,
        lambda h: complement("sra_i", w(4, 6), 1 << 15), "a: sign"),
    "sll by another amount": (
        "shift_r", three("sll"), w(5, 3), 1,
        lambda h: {"low": 2, "left": 4, "right": 1 << 14} | shifted("shift_r", w(5, 3), 4, False),
        "upper limb of the amount"),
    "sll by another power": (
        "shift_r", three("sll"), w(5, 3), 1,
        lambda h: {"left": 4} | shifted("shift_r", w(5, 3), 4, False), "the amount"),
    "sra by another power": (
        "sra_r", three("sra"), w(4, 6), 1,
        lambda h: {"right": 1 << 14} | shifted("sra_r", w(4, 6), 1 << 14, True), "the amount"),
    "slliw: 3 << 2 = 13": (
        "shift_w_i", immediate("slliw", 2), 3, 0, lambda h: {"x": limbs(13), "y": limbs(f)},
        "y is below X / 2"),
    "slliw: extended": (
        "shift_w_i", immediate("slliw", 2), 3, 0, lambda h: {"s": 1}, "sign of the result"),
    "srliw: 3 >> 2 = 2^32 - 1": (
        "srl_w_i", immediate("srliw", 2), 3, 0,
        lambda h: {"x": limbs(3 * 2**30 + 1), "y": limbs(f)}, "y is below X / 2"),
    "sraiw: a sign that a has not": (
        "sra_w_i", immediate("sraiw", 1), 4, 0,
        lambda h: {"g": 1, "x": limbs((f - 4 << 31) % X), "y": limbs(f - 4 >> 1),
                   "c": f - (f - 4 >> 1)}, "a: sign"),
    # products
    "mul: 3 * 5 = 16": (
        "mul", three("mul"), 3, 5,
        lambda h: {"c": limbs(16) + limbs(f), "h": limbs(f), "x": limbs(f), "y": Z, "v": Z,
                   "i": 0, "j": inverse(-f)}, "h and y are not f"),
    "mul: 3 * 5 X, off by one": (
        "mul", three("mul"), 3, w(0, 5),
        lambda h: {"c": [0, 0, *limbs(16)], "h": Z, "x": limbs(16), "y": limbs(f), "v": Z, "i": 0,
                   "j": inverse(-f)}, "h and y are not f"),
    "mul: 3 X * 5, off by one": (
        "mul", three("mul"), w(0, 3), 5,
        lambda h: {"c": [0, 0, *limbs(16)], "h": Z, "x": Z, "y": Z, "v": limbs(f),
                   "i": inverse(f * f), "j": 0}, "v is not f unless c1 is 0"),
    "mulhu: 0 * 0 = 2^64 - 2^32 + 1": (
        "mulhu", three("mulhu"), 0, 0, lambda h: {"d": [1, 0, *limbs(f)], "j2": 0},
        "not q: d1 is not f, nor both operands"),
    "mulhu: (2^64 - 1)^2, its high half modulo p": (
        "mulhu", three("mulhu"), 2**64 - 1, 2**64 - 1,
        lambda h: {"d": limbs((2**64 - 2) % P, 4)}, "q: d1 is f or f - 1"),
    "mulw: 3 * 5 = 16": (
        "mul_w", three("mulw"), 3, 5, lambda h: {"c": limbs(16), "h": limbs(f), "i": 0},
        "h is not f"),
    "mulw: extended": (
        "mul_w", three("mulw"), 3, 5, lambda h: {"s": 1}, "sign of the result"),
    # quotients
    "divu: (2^64 - 3 2^32 + 1) / (2^64 - 1) = 2^32 - 1": (
        "divu", three("divu"), w(1, X - 3), 2**64 - 1,
        lambda h: {"q": limbs(f, 4), "r": [0, 0, *limbs(f)], "h": limbs(f - 1),
                   "m": limbs(f - 1), "far": 0, "j": 0}, "h is not f, nor both q0 and b1"),
    "divu: (2^64 - 2^32 + 16) / 5 = 3": (
        "divu", three("divu"), w(16, f), 5,
        lambda h: {"q": [3, 0, 0, 0], "r": [0] * 4, "h": limbs(f), "m": [4, 0], "far": 0, "j": 0},
        "h is not f, nor both q0 and b1"),
    "divu: a remainder above the divisor": (
        "divu", three("divu"), 7, 2,
        lambda h: {"q": [0] * 4, "r": limbs(7, 4), "m": Z, "j": inverse(2 * f * f)},
        "r is below b"),
    "divu: 7 / 0 = 0": (
        "divu", three("divu"), 7, 0,
        lambda h: {"q": [0] * 4, "z": 0, "far": 1, "m": Z, "j": inverse(2 * f * f)},
        "r is below b"),
    "divu: 7 / 0 = 1": (
        "divu", three("divu"), 7, 0, lambda h: {"q": [1, 0, 0, 0],
                                                "j": inverse(-f * (1 - 2 * f))},
        ("z: q0 is f", "z: q1 is f")),
    "remu: a remainder above the divisor": (
        "remu", three("remu"), 7, 2,
        lambda h: {"q": [0] * 4, "r": limbs(7, 4), "m": Z, "j": inverse(2 * f * f)},
        "r is below b"),
    "divuw": (
        "divu_w", three("divuw"), 7, 2, lambda h: {"q": Z, "r": [7, 0], "m": Z}, "r is below b"),
    "remuw": (
        "remu_w", three("remuw"), 7, 2, lambda h: {"q": Z, "r": [7, 0], "m": Z}, "r is below b"),
    "divw: 7 / 2 = -3": (
        "div_w", three("divw"), 7, 2, lambda h: {"c": limbs(X - 3), "n": 1, "s": 1},
        "sign of the result"),
    "divw: 7 / 0 = 0": (
        "div_w", three("divw"), 7, 0, lambda h: {"c": Z, "s": 0, "big": 0}, "z: the result"),
    "divw: by a sign that b has not": (
        "div_w", three("divw"), 7, 7,
        lambda h: {"sb": 1, "c": Z, "s": 0, "big": 0, "o": [7, 0], "m": limbs(X - 15)},
        "b: sign"),
    "remw: -7 mod 2 = 1": (
        "rem_w", three("remw"), -7, 2, lambda h: {"c": [1, 0], "n": 0, "s": 0},
        "sign of the result"),
    # micro-operations: the first row of theirs in a sequence
    "seln of a positive number": (
        "select_negative", three("mulh"), w(5, 3), w(6, 4), lambda h: {"s": 1, "c": h["b"]},
        "a: sign"),
    "cneg by a positive number": (
        "negate_if", three("div"), w(5, 3), w(6, 4),
        lambda h: {"s": 1, "c": limbs(-w(*h["a"]) % 2**64, 4)}, "b: sign"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_forged(case):
    name, instruction, a, b, changes, culprits = CASES[case]
    honest = row_of(name, instruction, a, b)
    culprits = (culprits,) if isinstance(culprits, str) else culprits
    Attack(name, honest, changes(honest)).judge(*culprits)


EQUAL = {"a": [5, 7], "b": [3, 7], "lt": 0, "far": 0, "m": [2, 0]}
"""5 < 3 with equal high halves, which the interpreter sends to the fast family."""


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"lt": 1, "far": (1 + X * HALF) % P, "m": Z}, "far is a bit"),
        ({"lt": 1, "m": [2, L]}, "limb of the difference 1"),
        ({"lt": 1, "far": 1, "m": Z}, "difference"),
    ],
)
def test_comparison_of_equal_high_halves(changes, culprit):
    honest = row_of("branch_ltu", encode.b("bltu", 5, 6, BACK), w(5, 7), w(6, 8)) | EQUAL
    Attack("branch_ltu", honest, changes).judge(culprit)


@pytest.mark.parametrize(("name", "rd"), [("jalr", 7), ("jr", 0)])
def test_jump_elsewhere(name, rd):
    """`bit` is what RISC-V takes from an odd target, not an offset."""
    behind = 0x1_0000 + 4 * (2 + 2 + 1) + 4
    honest = row_of(name, encode.i("jalr", rd, 5, 0), behind, 0)
    Attack(name, honest, {"bit": -4}).judge("bit is a bit")


def test_every_family_with_rules_of_its_own_is_attacked():
    """Memory's families are in test_forged_memory.py; copies have no rules but the tokens."""
    attacked = {case[0] for case in CASES.values()} | {"jalr", "jr"}
    copies = {"half_up", "half_down", "zext_w"}
    calls = {"halt", "print"}
    memory = {name for name, family in FAMILIES.items() if family.memory}
    assert attacked == set(FAMILIES) - copies - calls - memory
