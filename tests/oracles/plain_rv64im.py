"""RV64IM in plain Python, written from the specification alone: the oracle of cstark.vm.

Source: The RISC-V Instruction Set Manual, volume I: the chapters on RV32I, RV64I and M, and the
instruction listings. Nothing here knows the package: it takes words and numbers only.

A misaligned access works. `ecall`, `ebreak` and what is no instruction stop: `Stop` says why.
"""

from __future__ import annotations

M32 = (1 << 32) - 1
M64 = (1 << 64) - 1


class Stop(Exception):
    """Execution cannot go on; `reason` is "illegal", "ebreak", "ecall" or "memory"."""

    def __init__(self, reason: str, address: int = 0) -> None:
        super().__init__(f"{reason} at {address:#x}")
        self.reason = reason
        self.address = address


def bits(word: int, high: int, low: int) -> int:
    """word[high:low], both included, as the manual writes it."""
    return word >> low & (1 << (high - low + 1)) - 1


def sext(value: int, width: int) -> int:
    """The signed number that the low `width` bits spell."""
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def imm_i(w: int) -> int:
    return sext(bits(w, 31, 20), 12)


def imm_s(w: int) -> int:
    return sext(bits(w, 31, 25) << 5 | bits(w, 11, 7), 12)


def imm_b(w: int) -> int:
    value = bits(w, 31, 31) << 12 | bits(w, 7, 7) << 11 | bits(w, 30, 25) << 5
    return sext(value | bits(w, 11, 8) << 1, 13)


def imm_u(w: int) -> int:
    return sext(bits(w, 31, 12) << 12, 32)


def imm_j(w: int) -> int:
    value = bits(w, 31, 31) << 20 | bits(w, 19, 12) << 12 | bits(w, 20, 20) << 11
    return sext(value | bits(w, 30, 21) << 1, 21)


def divide(a: int, b: int, width: int) -> tuple[int, int]:
    """Signed quotient towards zero and remainder, with the manual's table of special cases."""
    if b == 0:
        return -1, a
    if a == -(1 << (width - 1)) and b == -1:
        return a, 0
    quotient = abs(a) // abs(b)
    if (a < 0) != (b < 0):
        quotient = -quotient
    return quotient, a - b * quotient


class Memory:
    """Bytes at addresses; a byte that nobody stored is 0. `allowed(address)` bounds it."""

    def __init__(self, allowed=lambda address: True) -> None:
        self.bytes: dict[int, int] = {}
        self.allowed = allowed
        self.touched: set[int] = set()

    def load(self, address: int, size: int) -> int:
        value = 0
        for k in range(size):
            at = address + k & M64
            if not self.allowed(at):
                raise Stop("memory", address)
            self.touched.add(at)
            value |= self.bytes.get(at, 0) << 8 * k
        return value

    def store(self, address: int, size: int, value: int) -> None:
        for k in range(size):
            if not self.allowed(address + k & M64):
                raise Stop("memory", address)
        for k in range(size):
            at = address + k & M64
            self.touched.add(at)
            self.bytes[at] = value >> 8 * k & 0xFF


class Hart:
    """Registers, pc and memory; `step(word)` executes one instruction that was fetched at pc."""

    def __init__(self, pc: int = 0, memory: Memory | None = None) -> None:
        self.x = [0] * 32
        self.pc = pc
        self.memory = memory or Memory()

    def set(self, rd: int, value: int) -> None:
        if rd:
            self.x[rd] = value & M64

    def step(self, w: int) -> None:
        after = self.pc + 4 & M64
        opcode, rd, funct3 = bits(w, 6, 0), bits(w, 11, 7), bits(w, 14, 12)
        a, b = self.x[bits(w, 19, 15)], self.x[bits(w, 24, 20)]
        if opcode == 0b0110111:  # LUI
            self.set(rd, imm_u(w))
        elif opcode == 0b0010111:  # AUIPC
            self.set(rd, self.pc + imm_u(w))
        elif opcode == 0b1101111:  # JAL
            self.set(rd, after)
            after = self.pc + imm_j(w) & M64
        elif opcode == 0b1100111 and funct3 == 0:  # JALR
            self.set(rd, after)
            after = a + imm_i(w) & M64 & ~1
        elif opcode == 0b1100011:  # BRANCH
            if self.branch(funct3, a, b):
                after = self.pc + imm_b(w) & M64
        elif opcode == 0b0000011:  # LOAD
            self.load(funct3, rd, a + imm_i(w) & M64)
        elif opcode == 0b0100011:  # STORE
            if funct3 > 3:
                raise Stop("illegal", self.pc)
            self.memory.store(a + imm_s(w) & M64, 1 << funct3, b)
        elif opcode == 0b0010011:  # OP-IMM
            self.set(rd, self.immediate(w, funct3, a))
        elif opcode == 0b0011011:  # OP-IMM-32
            self.set(rd, self.immediate_word(w, funct3, a))
        elif opcode == 0b0110011:  # OP
            self.set(rd, self.register(bits(w, 31, 25), funct3, a, b))
        elif opcode == 0b0111011:  # OP-32
            self.set(rd, self.register_word(bits(w, 31, 25), funct3, a, b))
        elif opcode == 0b0001111 and funct3 == 0:  # FENCE
            pass
        elif w == 0x00000073:
            raise Stop("ecall", self.pc)
        elif w == 0x00100073:
            raise Stop("ebreak", self.pc)
        else:
            raise Stop("illegal", self.pc)
        self.pc = after

    def branch(self, funct3: int, a: int, b: int) -> bool:
        if funct3 == 0b000:
            return a == b
        if funct3 == 0b001:
            return a != b
        if funct3 == 0b100:
            return sext(a, 64) < sext(b, 64)
        if funct3 == 0b101:
            return sext(a, 64) >= sext(b, 64)
        if funct3 == 0b110:
            return a < b
        if funct3 == 0b111:
            return a >= b
        raise Stop("illegal", self.pc)

    def load(self, funct3: int, rd: int, address: int) -> None:
        if funct3 == 7:
            raise Stop("illegal", self.pc)
        size = 1 << (funct3 & 3)
        value = self.memory.load(address, size)
        self.set(rd, value if funct3 & 4 else sext(value, 8 * size))

    def immediate(self, w: int, funct3: int, a: int) -> int:
        imm = imm_i(w)
        if funct3 == 0b000:
            return a + imm
        if funct3 == 0b010:
            return int(sext(a, 64) < imm)
        if funct3 == 0b011:
            return int(a < imm & M64)
        if funct3 == 0b100:
            return a ^ imm
        if funct3 == 0b110:
            return a | imm
        if funct3 == 0b111:
            return a & imm
        amount, kind = bits(w, 25, 20), bits(w, 31, 26)
        if funct3 == 0b001 and kind == 0:
            return a << amount
        if funct3 == 0b101 and kind == 0:
            return a >> amount
        if funct3 == 0b101 and kind == 0b010000:
            return sext(a, 64) >> amount
        raise Stop("illegal", self.pc)

    def immediate_word(self, w: int, funct3: int, a: int) -> int:
        amount, kind = bits(w, 24, 20), bits(w, 31, 25)
        if funct3 == 0b000:
            return sext(a + imm_i(w), 32)
        if funct3 == 0b001 and kind == 0:
            return sext(a << amount, 32)
        if funct3 == 0b101 and kind == 0:
            return sext((a & M32) >> amount, 32)
        if funct3 == 0b101 and kind == 0b0100000:
            return sext(a, 32) >> amount
        raise Stop("illegal", self.pc)

    def register(self, funct7: int, funct3: int, a: int, b: int) -> int:
        s, t = sext(a, 64), sext(b, 64)
        key = (funct7, funct3)
        if key == (0, 0b000):
            return a + b
        if key == (0b0100000, 0b000):
            return a - b
        if key == (0, 0b001):
            return a << (b & 63)
        if key == (0, 0b010):
            return int(s < t)
        if key == (0, 0b011):
            return int(a < b)
        if key == (0, 0b100):
            return a ^ b
        if key == (0, 0b101):
            return a >> (b & 63)
        if key == (0b0100000, 0b101):
            return s >> (b & 63)
        if key == (0, 0b110):
            return a | b
        if key == (0, 0b111):
            return a & b
        if funct7 == 1:
            return self.multiply(funct3, a, b)
        raise Stop("illegal", self.pc)

    def multiply(self, funct3: int, a: int, b: int) -> int:
        s, t = sext(a, 64), sext(b, 64)
        if funct3 == 0b000:  # MUL
            return s * t
        if funct3 == 0b001:  # MULH
            return s * t >> 64
        if funct3 == 0b010:  # MULHSU
            return s * b >> 64
        if funct3 == 0b011:  # MULHU
            return a * b >> 64
        if funct3 == 0b100:  # DIV
            return divide(s, t, 64)[0]
        if funct3 == 0b101:  # DIVU
            return a // b if b else M64
        if funct3 == 0b110:  # REM
            return divide(s, t, 64)[1]
        return a % b if b else a  # REMU

    def register_word(self, funct7: int, funct3: int, a: int, b: int) -> int:
        u, v = a & M32, b & M32
        key = (funct7, funct3)
        if key == (0, 0b000):
            return sext(a + b, 32)
        if key == (0b0100000, 0b000):
            return sext(a - b, 32)
        if key == (0, 0b001):
            return sext(u << (b & 31), 32)
        if key == (0, 0b101):
            return sext(u >> (b & 31), 32)
        if key == (0b0100000, 0b101):
            return sext(a, 32) >> (b & 31)
        if key == (1, 0b000):  # MULW
            return sext(u * v, 32)
        if key == (1, 0b100):  # DIVW
            return sext(divide(sext(a, 32), sext(b, 32), 32)[0], 32)
        if key == (1, 0b101):  # DIVUW
            return sext(u // v if v else M32, 32)
        if key == (1, 0b110):  # REMW
            return sext(divide(sext(a, 32), sext(b, 32), 32)[1], 32)
        if key == (1, 0b111):  # REMUW
            return sext(u % v if v else u, 32)
        raise Stop("illegal", self.pc)
