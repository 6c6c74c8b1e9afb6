"""What the operations of the machine mean, in plain Python, from the cells of their rows alone.

The cells are what the tables prove: (code, rs1, rs2, rd, imm0, imm1, next). The column `imm`, which
the executor uses, must say the same: it is held against them.
"""

from __future__ import annotations

from tests.oracles.plain_rv64im import M32, M64, Memory, divide, sext

P = 2**64 - 2**32 + 1


def small(cell: int) -> int:
    """A signed number of small size from its field element."""
    return cell if cell < P // 2 else cell - P


def word(value: int) -> int:
    return sext(value, 32) & M64


def negative(value: int) -> bool:
    return value >> 63 == 1


def quotient(a: int, b: int) -> int:
    return a // b if b else M64


def remainder(a: int, b: int) -> int:
    return a % b if b else a


def words(a: int, b: int) -> tuple[int, int]:
    """Quotient and remainder of low halves without signs."""
    a, b = a & M32, b & M32
    return word(quotient(a, b)), word(remainder(a, b))


def signed_words(a: int, b: int) -> tuple[int, int]:
    both = divide(sext(a, 32), sext(b, 32), 32)
    return word(both[0]), word(both[1])


TWO = {  # of two registers
    96: lambda a, b: a + b, 112: lambda a, b: a + b,
    128: lambda a, b: a - b, 144: lambda a, b: a - b,
    160: lambda a, b: word(a + b), 176: lambda a, b: word(a - b),
    256: lambda a, b: int(a < b), 257: lambda a, b: int(sext(a, 64) < sext(b, 64)),
    304: lambda a, b: a & b, 320: lambda a, b: a | b, 336: lambda a, b: a ^ b,
    416: lambda a, b: a << b % 64, 417: lambda a, b: a >> b % 64,
    432: lambda a, b: sext(a, 64) >> b % 64,
    544: lambda a, b: a * b, 560: lambda a, b: a * b >> 64, 576: lambda a, b: word(a * b),
    592: quotient, 608: remainder,
    624: lambda a, b: words(a, b)[0], 640: lambda a, b: words(a, b)[1],
    656: lambda a, b: signed_words(a, b)[0], 672: lambda a, b: signed_words(a, b)[1],
    720: lambda a, b: b if negative(a) else 0, 721: lambda a, b: 0 if negative(a) else b,
    736: lambda a, b: -a if negative(b) else a,
}  # fmt: skip
ONE = {48: lambda a: a, 448: lambda a: a << 32, 464: lambda a: a >> 32, 480: lambda a: a & M32}
CONDITION = {
    208: lambda a, b: a != b, 224: lambda a, b: a != 0,
    240: lambda a, b: a < b, 241: lambda a, b: sext(a, 64) < sext(b, 64),
}  # fmt: skip
LOADS = {752: (8, 0), 768: (4, 0), 769: (4, 1), 784: (1, 0), 785: (1, 1), 786: (2, 0), 787: (2, 1)}
STORES = {800: 8, 816: 4, 832: 1, 833: 2}
IN_PLACE = (80, 112, 144)


def with_immediate(row: dict[str, int], a: int) -> int | None:
    """The result of an operation on a register and an immediate; None if it is none of these."""
    code, low, high = row["code"], row["imm0"], row["imm1"]
    if code in (64, 80, 272):
        value = low | high << 32
        assert value == row["imm"]
        return a + value if code != 272 else int(a < value)
    if code == 32:
        assert low | high << 32 == row["imm"]
        return row["imm"]
    if code == 192:
        assert row["imm"] & M32 == low
        return word(a + low)
    if code == 288:
        value = low + (small(high) << 32)
        assert value & M64 == row["imm"]
        return int(sext(a, 64) < value)
    if code in (352, 353, 354, 368):
        assert low < 256 and high < 256
        value = low | high << 8
        if code != 368 and row["rs2"]:
            assert row["rs2"] == 1
            value |= M64 << 16
        assert value & M64 == row["imm"]
        if code == 353:
            return a | value
        return a ^ value if code == 354 else a & value
    if 384 <= code < 404:
        return shifted(row, a)
    if code in (496, 512, 528):
        amount = low.bit_length() - 1 if code == 496 else 33 - low.bit_length()
        assert low & low - 1 == 0 and amount == row["imm"] and 0 < amount < 32
        if code == 496:
            return word(a << amount)
        return word((a & M32) >> amount) if code == 512 else sext(a, 32) >> amount
    return None


def shifted(row: dict[str, int], a: int) -> int:
    """As ShiftI and SraI do: times a power of two, then a window of 16-bit limbs."""
    code, power = row["code"], row["imm0"]
    assert power & power - 1 == 0 and 1 <= power <= 1 << 16
    if code < 400:
        limbs, right = (code - 384) // 2, code % 2
    else:
        limbs, right = code - 400, 1
    exponent = power.bit_length() - 1
    assert row["imm"] == 16 * limbs + (16 - exponent if right else exponent)
    source = sext(a, 64) if code >= 400 else a
    return source * power >> 16 * (limbs + 1) if right else source * power << 16 * limbs


def execute(row: dict[str, int], x: list[int], memory: Memory) -> int:
    """Execute one operation; returns the label where execution goes on.

    Parameters
    ----------
    row : dict
        The cells, and `imm`.
    x : list of 48 int
        Registers, changed.
    """
    code, rd = row["code"], row["rd"]
    a = x[rd] if code in IN_PLACE else x[row["rs1"]]
    to = row["next"]
    if code in CONDITION:
        return row["imm0"] if CONDITION[code](a, x[row["rs2"]]) else to
    if code in (688, 704):
        target = a + small(row["imm0"]) & M64 & ~1
        assert sext(row["imm"], 64) == small(row["imm0"])
        if code == 688:
            x[rd] = to
        return target
    if code in LOADS or code in STORES:
        assert sext(row["imm"], 64) == small(row["imm0"])
        address = a + small(row["imm0"]) & M64
        if code in STORES:
            memory.store(address, STORES[code], x[row["rs2"]])
        else:
            size, signed = LOADS[code]
            value = memory.load(address, size)
            x[rd] = (sext(value, 8 * size) if signed else value) & M64
    elif code != 16:
        result = with_immediate(row, a)
        if result is None:
            result = ONE[code](a) if code in ONE else TWO[code](a, x[row["rs2"]])
        assert rd != 0
        x[rd] = result & M64
    return to
