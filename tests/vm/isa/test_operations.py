"""The tables of operations, sequences and instructions hang together."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.vm import abi, isa
from cstark.vm.isa import code as codes
from cstark.vm.isa.operations import BLOCK, SLOTS
from tests.vm import encode


def test_codes_are_distinct_and_none_is_zero():
    rows = [c for operation in isa.OPERATIONS.values() for c in operation.rows]
    assert len(set(rows)) == len(rows) and min(rows) >= BLOCK
    assert set(isa.BY_CODE) == set(rows)
    assert all(isa.BY_CODE[c].name == o.name for o in isa.OPERATIONS.values() for c in o.rows)


# Operations whose rows one family proves: which of them is a matter of flags.
TOGETHER = [{"bltu", "blt"}, {"sltu", "slt"}, {"andi", "ori", "xori"}, {"slli", "srli"},
            {"sll", "srl"}, {"seln", "selp"}, {"lwu", "lw"}, {"lbu", "lb", "lhu", "lh"},
            {"sb", "sh"}]  # fmt: skip


def test_codes_of_a_family_have_a_block_of_their_own():
    """Operations share a block only where one family's flags choose between them."""
    blocks: dict[int, set[str]] = {}
    for code, operation in isa.BY_CODE.items():
        blocks.setdefault(code // BLOCK, set()).add(operation.name)
    assert all(len(names) == 1 or names in TOGETHER for names in blocks.values())
    assert all(names in blocks.values() for names in TOGETHER)


def test_slots_are_in_order():
    for operation in isa.OPERATIONS.values():
        assert list(operation.slots) == [s for s in SLOTS if s in operation.slots]
        assert ("next" in operation.slots) == (operation.name != "jr")


def test_every_instruction_becomes_something():
    assert {i.name for i in isa.INSTRUCTIONS} == set(encode.NAMES)
    for instruction in isa.INSTRUCTIONS:
        assert (instruction.operation in isa.OPERATIONS) != (instruction.operation in isa.SEQUENCES)


def test_sequences_use_operations_with_their_slots():
    for steps in isa.SEQUENCES.values():
        for step in steps:
            slots = isa.OPERATIONS[step.operation].slots
            for slot in ("rd", "rs1", "rs2"):
                assert (getattr(step, slot) is not None) == (slot in slots)
            assert set(slots) <= {"rd", "rs1", "rs2", "imm0", "imm1", "next"}


def test_layout_is_that_of_a_c_compiler():
    assert isa.OPERATION.itemsize == 56
    offsets = {name: isa.OPERATION.fields[name][1] for name in isa.OPERATION.names}
    assert offsets["target"] == 40 and offsets["code"] == 48 and offsets["last"] == 53


def words_of_everything() -> np.ndarray:
    rng = np.random.default_rng(5)
    words = rng.integers(0, 1 << 32, 4096, dtype=np.uint32)
    for k, name in enumerate(encode.NAMES * 20):
        rd, rs1, rs2 = (int(v) for v in rng.integers(0, 32, 3))
        imm = int(rng.integers(-64, 64)) * 4 if name not in encode.SHIFTS else int(rng.integers(64))
        imm = imm % 32 if name in encode.WORD_SHIFTS else imm
        words[k] = encode.word(name, rd, rs1, rs2, imm)
    rng.shuffle(words)
    return words


def test_expansion_of_a_text_is_that_of_its_words():
    """Operations in order, indices and following ones right, data without a row."""
    low, words = 0x2000, words_of_everything()
    code = isa.expand(words, low)
    labels = code.operations["label"].tolist()
    assert len(set(labels)) == len(labels)
    by_label = {label: k for k, label in enumerate(labels)}
    count = 0
    for k, word in enumerate(words.tolist()):
        alone = isa.expand([word], low + 4 * k)
        if not len(alone):
            assert code.index[k] == isa.NOWHERE
            continue
        assert code.index[k] == count
        mine = code.operations[count : count + len(alone)]
        for name in ("label", "imm", "imm0", "imm1", "next", "code", "rs1", "rs2", "rd", "last"):
            assert (mine[name] == alone.operations[name]).all(), name
        count += len(alone)
    assert count == len(code)
    for operation in code.operations:
        names = isa.BY_CODE[int(operation["code"])].slots
        follow = by_label.get(int(operation["next"]), isa.NOWHERE) if "next" in names else None
        assert operation["follow"] == (isa.NOWHERE if follow is None else follow)
        branch = isa.BY_CODE[int(operation["code"])].name in ("bne", "bnez", "bltu", "blt")
        target = by_label.get(int(operation["imm0"]), isa.NOWHERE) if branch else isa.NOWHERE
        assert operation["target"] == target
    assert code.high == low + 4 * len(words)


def test_rows_are_the_columns_of_the_program():
    code = isa.expand(words_of_everything(), 0x1000)
    rows = code.rows()
    assert rows.shape == (len(code), 8)
    for column, name in enumerate(codes.PROGRAM_COLUMNS):
        assert (rows[:, column] == code.operations[name]).all()
    assert (rows < np.uint64(2**64 - 2**32 + 1)).all()


def test_no_row_writes_x0_reads_the_sink_or_leaves_the_registers():
    code = isa.expand(words_of_everything(), 0x1000)
    for operation in code.operations:
        slots = isa.BY_CODE[int(operation["code"])].slots
        name = isa.BY_CODE[int(operation["code"])].name
        if "rd" in slots:
            assert 0 < operation["rd"] < abi.REGISTERS
        for slot in ("rs1", "rs2"):
            if slot in slots and not (slot == "rs2" and name in ("andi", "ori", "xori")):
                assert operation[slot] < abi.REGISTERS and operation[slot] != abi.SINK


def test_labels_of_later_operations_are_no_target():
    """Nothing but the operation before it leads to a later operation of a sequence."""
    code = isa.expand(words_of_everything(), 0x1000)
    operations = code.operations
    later = np.nonzero(operations["label"] >= abi.LABEL_STEP)[0]
    assert len(later) > 100
    for k in later:
        assert operations["label"][k] >= abi.LABEL_STEP + abi.IMAGE_LOW
        (sources,) = np.nonzero(operations["follow"] == k)
        assert sources.tolist() == [k - 1] and not (operations["target"] == k).any()
        assert operations["label"][k] == operations["label"][k - 1] + abi.LABEL_STEP


@pytest.mark.parametrize(
    ("words", "low"),
    [(1, 0x1002), (1, 0xFFC), (1, 0), (2, abi.STACK_TOP - 4), (1, abi.STACK_TOP), (1, -4)],
)
def test_a_text_must_lie_where_images_do(words, low):
    with pytest.raises(ValueError, match="must begin at a multiple of 4"):
        isa.expand([encode.NOP] * words, low)


def test_an_empty_text_and_one_without_instructions():
    assert len(isa.expand([], 0x1000)) == 0
    code = isa.expand([0] * 5, 0x1000)
    assert len(code) == 0 and (code.index == isa.NOWHERE).all() and code.rows().shape == (0, 8)


def test_constants_of_operations_are_halves():
    """What rows write or add of the program's constants is below 2^32, and a return address too."""
    rnd = np.random.default_rng(1)
    words = rnd.integers(0, 1 << 32, 60_000, dtype=np.uint32)
    words = words & ~np.uint32(0x7F) | rnd.choice(
        np.array([0x13, 0x1B, 0x17, 0x37, 0x6F, 0x67, 0x33], dtype=np.uint32), len(words)
    )
    words[-1] = 0x13
    code = isa.expand(words, 0x1000)
    half = 1 << 32
    halves = {
        "li": ("imm0", "imm1"), "addi": ("imm0", "imm1"), "addi_inplace": ("imm0", "imm1"),
        "sltiu": ("imm0", "imm1"), "addiw": ("imm0",), "slti": ("imm0",), "jalr": ("next",),
    }  # fmt: skip
    for name, slots in halves.items():
        rows = code.operations[code.operations["code"] == isa.OPERATIONS[name].code]
        assert len(rows) > 10, name
        for slot in slots:
            assert (rows[slot] < half).all(), (name, slot)
