"""Memory given back waits, page by page, for a request of any size."""

import sys

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _chunks, _runtime
from cstark.machines.fib_pair import FibPair
from tests.oracles import zoo

HUGE = _runtime.SYSTEM_BYTES
WORDS = HUGE // 8

moves = pytest.mark.skipif(sys.platform != "linux", reason="pages cannot move to new addresses")


@pytest.fixture(autouse=True)
def empty_pool():
    _runtime.release_memory()
    yield
    _runtime.release_memory()


@pytest.fixture
def touched(monkeypatch):
    """Bytes of the fresh memory that buffers were made of, in order."""
    found = []

    def touch(words):
        found.append(words.nbytes)
        words[:] = 0

    monkeypatch.setattr(_chunks, "touch", touch)
    return found


def test_a_smaller_request_takes_part_of_a_block(touched):
    large = _runtime.aligned(5 * WORDS)
    address = large.ctypes.data
    del large
    first, second = _runtime.aligned(2 * WORDS), _runtime.aligned(3 * WORDS)
    assert [first.ctypes.data, second.ctypes.data] == [address, address + 2 * HUGE]
    assert touched == [5 * HUGE] and _runtime.waiting_bytes() == 0
    del first, second  # neighbours, which are one block again
    again = _runtime.aligned(5 * WORDS)
    assert again.ctypes.data == address and touched == [5 * HUGE]


@moves
def test_a_larger_request_gathers_pages_of_several_blocks(touched):
    blocks = [_runtime.aligned(2 * WORDS) for _ in range(6)]
    kept = blocks[1::2]
    for number, block in enumerate(kept):
        block[:] = number
    del touched[:], blocks[::2]
    assert _runtime.waiting_bytes() == 6 * HUGE
    del blocks
    large = _runtime.aligned(5 * WORDS)
    assert touched == [] and _runtime.waiting_bytes() == HUGE
    large[:] = 7
    assert [np.unique(block).tolist() for block in kept] == [[0], [1], [2]]
    more = _runtime.aligned(4 * WORDS - 512)  # a page that waits, and new ones
    assert touched == [3 * HUGE - 4096] and _runtime.waiting_bytes() == 0
    more[:] = 8
    assert np.unique(large).tolist() == [7]


@moves
def test_what_waits_and_what_is_used_never_exceed_the_most_ever_used(touched):
    random = np.random.default_rng(5)
    live, most = {}, 0
    for step in range(600):
        if live and (len(live) == 12 or random.random() < 0.5):
            key = random.choice(list(live))
            array, value = live.pop(key)
            assert (array == value).all(), "somebody else wrote here"
            del array
        else:
            array = _runtime.aligned(int(random.integers(WORDS, 6 * WORDS)))
            assert array.ctypes.data % HUGE == 0
            array[:] = step
            live[step] = array, step
            del array
        used = sum(-(-array.nbytes // HUGE) * HUGE for array, _ in live.values())
        most = max(most, used)
        assert used + _runtime.waiting_bytes() <= most
    # Each page of the most that was used at once has been touched once.
    assert sum(-(-size // HUGE) * HUGE for size in touched) == most


def test_without_room_to_move_pages_memory_is_still_given(touched):
    """More blocks than the list of waiting pieces holds: the oldest go back to the system."""
    blocks = [_runtime.aligned(WORDS) for _ in range(520)]
    addresses = sorted(block.ctypes.data for block in blocks)
    assert len(set(addresses)) == 520
    order = np.argsort([block.ctypes.data for block in blocks])
    for number in order[::2]:  # no two are neighbours
        blocks[number] = None
    assert 0 < _runtime.waiting_bytes() <= 256 * HUGE
    del blocks
    assert _runtime.waiting_bytes() <= 520 * HUGE


@moves
def test_later_proofs_touch_no_fresh_memory(touched):
    """Tables of several heights: buffers of many sizes, of which none lives through a proof."""
    case = zoo.together(zoo.fibonacci(15), zoo.cubic(14), zoo.lookup(3, 15, 4))
    machine = case.machine()
    first = case.prove(machine)
    peak = first.report.root.peak_bytes
    assert 0 < sum(touched) <= peak + 64 * HUGE  # rounded up to huge pages
    del touched[:]
    assert case.prove(machine) == first
    assert touched == []


@moves
def test_a_trace_that_is_given_up_becomes_a_coset(touched):
    """A proof whose trace was made for it takes less fresh memory, by the size of the trace."""
    case = zoo.fibonacci(18)
    kept, machine = case.traces["fib"], case.machine(max_log_height=18)
    first = case.prove(machine)
    with_kept = sum(touched)
    _runtime.release_memory()
    del touched[:]
    case.traces["fib"] = kept.copy
    assert case.prove(machine) == first
    assert kept.nbytes <= with_kept - sum(touched) + HUGE


@moves
def test_later_proofs_of_a_workload_touch_no_fresh_memory(touched):
    """Not for their traces either."""
    workload = FibPair(log_rows=15)

    def prove():
        prepared = workload.prepare()
        _, statement = FibPair.read_statement(prepared.claim)
        machine = cs.Machine(statement.tables, cs.Options(queries=20, grinding=0))
        return machine.prove(prepared.traces, statement.publics)

    first = prove()
    rows = (1 << 15) * 8
    assert 64 * rows < sum(touched) < 80 * rows  # the trace is one of two cosets
    del touched[:]
    assert prove() == first
    assert touched == []


def test_serial_and_parallel_proofs_from_reused_memory_agree():
    case = zoo.together(zoo.fibonacci(13), zoo.lookup(3, 13, 4))
    machine = case.machine()
    proofs = []
    for count in (1, 2, 1):
        with cs.threads(count):
            proofs.append(case.prove(machine).to_bytes())
    assert len(set(proofs)) == 1
