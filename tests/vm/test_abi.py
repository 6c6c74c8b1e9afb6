"""The memory map and the limits hang together as the tables need it."""

from __future__ import annotations

from cstark.vm import abi


def test_memory_keeps_clear_of_both_ends():
    """Address arithmetic on the low half alone: 4096 from 0 and from 2^32."""
    assert abi.IMAGE_LOW >= 4096
    assert abi.END <= (1 << 32) - 4096


def test_the_regions_follow_one_another():
    assert abi.IMAGE_LOW < abi.STACK_TOP == abi.INPUT < abi.OUTPUT < abi.END
    for edge in (abi.IMAGE_LOW, abi.STACK_TOP, abi.INPUT, abi.OUTPUT, abi.END):
        assert edge % abi.WORD == 0


def test_windows_hold_what_is_allowed():
    """The length and the bytes; and a table of all rows does not reach the next window."""
    for low, high, most in (
        (abi.INPUT, abi.OUTPUT, abi.MAX_INPUT),
        (abi.OUTPUT, abi.END, abi.MAX_OUTPUT),
    ):
        assert low + abi.WORD + most <= high
        assert high - low >= abi.WINDOW_ROWS * abi.WORD
        assert abi.WORD + most <= abi.WINDOW_ROWS * abi.WORD


def test_the_image_leaves_room_for_the_stack():
    assert abi.IMAGE_LOW + abi.MAX_IMAGE < abi.STACK_TOP


def test_labels_of_sequences_are_out_of_reach():
    """A computed jump reaches at most 2^32 + 2047; labels of later operations lie above."""
    assert abi.LABEL_STEP + abi.IMAGE_LOW > (1 << 32) + 2047
    assert abi.HALT > 16 * abi.LABEL_STEP


def test_registers():
    assert abi.SINK == 32
    assert list(abi.TEMPORARIES) == list(range(abi.SINK + 1, abi.REGISTERS))
