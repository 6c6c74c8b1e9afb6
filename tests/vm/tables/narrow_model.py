"""What each operation does, from the text of RISC-V, at halves of 2 w bits: inputs and outcomes.

At w = 16 these are the 64-bit instructions; at w = 1 and w = 2 a word has 4 and 8 bits and all
else shrinks with it. Nothing here is taken from the tables.
"""

from __future__ import annotations

import itertools
import random

import numpy as np
from narrow import labels

from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables import FAMILIES

__all__ = ["NEXT", "TAKEN", "inputs", "result", "taken"]

NEXT, TAKEN = 1, 2
"""The labels of the row that follows, and of the target of a branch."""

OUTCOME = ("label", "R0", "R1", "crosses", "refused")

WORD = 8
"""Address of the word that loads and stores access."""

BYTES = {"ld": 8, "sd": 8, "lw": 4, "lwu": 4, "sw": 4, "lh": 2, "lhu": 2, "sh": 2, "lb": 1,
         "lbu": 1, "sb": 1}  # fmt: skip


def signed(x: int, bits: int) -> int:
    return x - (1 << bits) if x >> bits - 1 else x


def towards_zero(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def result(op: str, a: int, b: int, w: int) -> int:
    """What is written, of operands of 4 w bits; `b` is the second register or the immediate."""
    bits, half = 4 * w, 2 * w
    full, low = (1 << bits) - 1, (1 << half) - 1

    def word(x):
        return signed(x & low, half) & full

    a32, b32 = a & low, b & low
    s, s32 = signed(a, bits), signed(a32, half)
    t, t32 = signed(b, bits), signed(b32, half)
    shift = b % bits
    if op in ("sll", "srl", "sra"):
        shift = (b % (1 << w)) % bits  # what the low limb holds of the amount
    values = {
        "li": lambda: b, "mv": lambda: a, "zext": lambda: a32,
        "slli32": lambda: a << half & full, "srli32": lambda: a >> half,
        "addi": lambda: a + b & full, "add": lambda: a + b & full, "sub": lambda: a - b & full,
        "addw": lambda: word(a + b), "subw": lambda: word(a - b), "addiw": lambda: word(a + b),
        "sltu": lambda: int(a < b), "slt": lambda: int(s < t),
        "and": lambda: a & b, "or": lambda: a | b, "xor": lambda: a ^ b,
        "sll": lambda: a << shift & full, "srl": lambda: a >> shift,
        "sra": lambda: s >> shift & full,
        "slliw": lambda: word(a << b), "srliw": lambda: word(a32 >> b),
        "sraiw": lambda: s32 >> b & full,
        "mul": lambda: a * b & full, "mulhu": lambda: a * b >> bits, "mulw": lambda: word(a * b),
        "divu": lambda: a // b if b else full, "remu": lambda: a % b if b else a,
        "divuw": lambda: word(a32 // b32) if b32 else full,
        "remuw": lambda: word(a32 % b32) if b32 else word(a32),
        "divw": lambda: word(towards_zero(s32, t32)) if t32 else full,
        "remw": lambda: word(s32 - t32 * towards_zero(s32, t32)) if t32 else word(a32),
        "seln": lambda: b if s < 0 else 0, "selp": lambda: 0 if s < 0 else b,
        "cneg": lambda: -a & full if t < 0 else a,
    }  # fmt: skip
    alike = {"addi_inplace": "addi", "add_inplace": "add", "sub_inplace": "sub", "sltiu": "sltu",
             "slti": "slt", "andi": "and", "ori": "or", "xori": "xor", "andi_small": "and",
             "slli": "sll", "srli": "srl", "srai": "sra"}  # fmt: skip
    if op in ("slli", "srli", "srai"):
        shift = b
    return values[alike.get(op, op)]()


def taken(op: str, a: int, b: int, w: int) -> bool:
    """Whether a branch goes to its target."""
    s, t = signed(a, 4 * w), signed(b, 4 * w)
    return {"bne": a != b, "bnez": a != 0, "bltu": a < b, "blt": s < t}[op]


def seconds(op: str, w: int) -> list[int] | None:
    """The constants that an operation may hold; None if its second operand is a register."""
    whole, limb = 1 << 4 * w, 1 << w
    if op in ("li", "addi", "addi_inplace", "sltiu", "slti"):
        return list(range(whole))
    if op == "addiw":
        return list(range(1 << 2 * w))
    if op in ("andi", "ori", "xori"):
        return [*range(limb // 2), *range(whole - limb // 2, whole)]
    if op == "andi_small":
        return list(range(limb))
    if op in ("slli", "srli", "srai"):
        return list(range(4 * w))
    if op in ("slliw", "srliw", "sraiw"):
        return list(range(op != "slliw", 2 * w))
    if op in ("jump", "mv", "zext", "slli32", "srli32", "bnez"):
        return [0]
    if op in ("jalr", "jr"):
        return [-2, -1, 0, 1]
    return None


def fetched(op: str, b: int, w: int, p: int) -> list[int]:
    """Code, rs1, rs2, rd, imm0, imm1 and next label, as the decoder makes them."""
    half, byte = 1 << 2 * w, 1 << w // 2
    slots = {"rs1": 5, "rs2": 6, "rd": 7, "next": NEXT}
    code = OPERATIONS[op].code
    if op in ("li", "addi", "addi_inplace", "sltiu"):
        slots |= {"imm0": b % half, "imm1": b // half}
    elif op == "slti":
        slots |= {"imm0": b % half, "imm1": signed(b // half, 2 * w) % p}
    elif op == "addiw":
        slots["imm0"] = b % half
    elif op in ("andi", "ori", "xori", "andi_small"):
        slots |= {"rs2": b >> 4 * w - 1, "imm0": b % byte, "imm1": b // byte % byte}
    elif op in ("slli", "srli", "srai"):
        t, window = b % w, b // w
        slots["imm0"] = 1 << (t if op == "slli" else w - t)
        code += OPERATIONS[op].step * window
    elif op in ("slliw", "srliw", "sraiw"):
        slots["imm0"] = 1 << (b if op == "slliw" else 2 * w - b)
    elif op in ("bne", "bnez", "bltu", "blt"):
        slots["imm0"] = TAKEN
    elif op in ("jalr", "jr"):
        slots |= {"imm0": b % p, "next": NEXT if op == "jalr" else 0}
    elif op == "ecall":
        slots |= {"rs1": 17, "rs2": 10}
    used = OPERATIONS[op].slots
    return [code, *(slots.get(s, 0) if s in used else 0 for s in
                    ("rs1", "rs2", "rd", "imm0", "imm1", "next"))]  # fmt: skip


def access(op: str, place: int, b: int, m: int, n: int, w: int) -> tuple[int, int, int, bool]:
    """Result of a load, the two words after it, and whether the second was accessed."""
    byte, size = w // 2, BYTES[op]
    bits = 4 * w
    both = m | n << bits
    mask = (1 << byte * size) - 1
    crosses = place + size > 8
    if op[0] == "s":
        both = both & ~(mask << byte * place) | (b & mask) << byte * place
        return 0, both % (1 << bits), both >> bits, crosses
    value = both >> byte * place & mask
    if op in ("lw", "lh", "lb"):
        value = signed(value, byte * size) & (1 << bits) - 1
    return value, m, n, crosses


def pairs(name: str, op: str, w: int):
    """All operands of an operation that the family takes."""
    whole, half = 1 << 4 * w, 1 << 2 * w
    constants = seconds(op, w)
    for a, b in itertools.product(range(whole), range(whole) if constants is None else constants):
        if name.startswith("near") and a // half != b // half:
            continue
        if op == "li" and a:
            continue
        if op == "ecall" and a % half != {"halt": 93, "print": 64}[name] % half and a > 2:
            continue  # another call: two of them are enough
        yield op, a, b


def takes(name: str, op: str, place: int) -> bool:
    """Whether a family takes an access at this place of its word."""
    return name.startswith("mis") or place % BYTES[op] == 0


def outcome(name: str, op: str, a: int, b: int, w: int, p: int) -> tuple[int, int, bool]:
    """The next label, what is written, and whether there is no row."""
    if op in ("bne", "bnez", "bltu", "blt"):
        return TAKEN if taken(op, a, b, w) else NEXT, 0, False
    if op in ("jalr", "jr"):
        to = (a + b) % (1 << 4 * w) & ~1
        return to, NEXT if op == "jalr" else 0, to not in labels(w)[0]
    if op == "ecall":
        number = {"halt": 93, "print": 64}[name] % (1 << 2 * w)
        return (1 << 48) % p if name == "halt" else NEXT, b, a != number
    return NEXT, 0 if op == "jump" else result(op, a, b, w), False


def inputs(name: str, w: int, p: int, limit: int | None = None, seed: int = 1):
    """Inputs and outcomes of a family, all of them or `limit` an operation, drawn at random.

    Returns
    -------
    inputs, want : dict of str to ndarray
        As `Search` and `Search.wrong` take them.
    """
    family, rnd = FAMILIES[name], random.Random(f"{name} {seed}")
    half, whole = 1 << 2 * w, 1 << 4 * w
    rows: dict[str, list[int]] = {}

    def add(**cells):
        for key, value in cells.items():
            rows.setdefault(key, []).append(value)

    for op in family.operations.split():
        if family.memory:
            stores = op[0] == "s"
            size = limit or 4096
            for k in range(size):
                place = k % 8
                m, n, b = (rnd.randrange(whole) for _ in range(3))
                if k < 64:  # the ends of bytes, where a spill would show
                    m, n, b = (rnd.choice([0, whole - 1, whole // 2]) for _ in range(3))
                imm = rnd.choice([0, 0, 1, -2])
                value, m_, n_, crosses = access(op, place, b, m, n, w)
                slots = {"rs1": 5, "rs2": 6, "rd": 7, "imm0": imm % p, "next": NEXT}
                used = OPERATIONS[op].slots
                f = [OPERATIONS[op].code]
                f += [slots.get(s, 0) if s in used else 0 for s in
                      ("rs1", "rs2", "rd", "imm0", "imm1", "next")]  # fmt: skip
                b = b if stores else 0
                add(A0=WORD + place - imm, A1=0, B0=b % half, B1=b // half, W=WORD,
                    M0=m % half, M1=m // half, N0=n % half, N1=n // half, label=NEXT,
                    R0=value % half, R1=value // half, crosses=int(crosses),
                    refused=int(not takes(name, op, place)),
                    **{f"F{k}": x for k, x in enumerate(f)},
                    **{"M0'": m_ % half, "M1'": m_ // half, "N0'": n_ % half,
                       "N1'": n_ // half})  # fmt: skip
            continue
        cases = list(pairs(name, op, w))
        if limit is not None and len(cases) > limit:
            cases = rnd.sample(cases, limit)
        for _, a, b in cases:
            label, value, refused = outcome(name, op, a, b, w, p)
            add(A0=a % half, A1=a // half, B0=b % half, B1=b // half, label=label,
                R0=value % half, R1=value // half, refused=int(refused),
                **{f"F{k}": x for k, x in enumerate(fetched(op, b, w, p))})  # fmt: skip
    arrays = {key: np.array(values, dtype=np.int64) for key, values in rows.items()}
    want = {key: arrays.pop(key) for key in list(arrays) if key in OUTCOME
            or key.endswith("'")}  # fmt: skip
    return arrays, want
