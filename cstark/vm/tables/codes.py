"""The numbers of the operations, which name a family and a variant on the bus ``fetch``."""

from __future__ import annotations

__all__ = ["CODES", "STEPS"]

CODES: dict[str, int] = {
    "jump": 16, "li": 32, "mv": 48, "addi": 64, "addi_inplace": 80, "add": 96, "add_inplace": 112,
    "sub": 128, "sub_inplace": 144, "addw": 160, "subw": 176, "addiw": 192, "bne": 208,
    "bnez": 224, "bltu": 240, "blt": 241, "sltu": 256, "slt": 257, "sltiu": 272, "slti": 288,
    "and": 304, "or": 320, "xor": 336, "andi": 352, "ori": 353, "xori": 354, "andi_small": 368,
    "slli": 384, "srli": 385, "srai": 400, "sll": 416, "srl": 417, "sra": 432, "slli32": 448,
    "srli32": 464, "zext": 480, "slliw": 496, "srliw": 512, "sraiw": 528, "mul": 544,
    "mulhu": 560, "mulw": 576, "divu": 592, "remu": 608, "divuw": 624, "remuw": 640, "divw": 656,
    "remw": 672, "jalr": 688, "jr": 704, "seln": 720, "selp": 721, "cneg": 736, "ld": 752,
    "lwu": 768, "lw": 769, "lbu": 784, "lb": 785, "lhu": 786, "lh": 787, "sd": 800, "sw": 816,
    "sb": 832, "sh": 833, "ecall": 848,
}  # fmt: skip

STEPS = {"slli": range(0, 8, 2), "srli": range(0, 8, 2), "srai": range(4)}
"""What is added to the code of a shift by a constant for the amounts from 16 w on."""
