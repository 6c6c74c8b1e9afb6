"""Only what nobody else can see is overwritten."""

import mmap
import weakref

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _runtime
from cstark.protocol.possession import is_last_holder
from tests.oracles import zoo


class Other(np.ndarray):
    """Who knows what else it refers to."""


def alone(array):
    return [array]


def test_an_array_of_its_own():
    arrays = alone(np.zeros((8, 2), dtype=np.uint64))
    assert is_last_holder(arrays, 0)
    arrays = alone(_runtime.aligned((8, 2)))
    assert is_last_holder(arrays, 0)


@pytest.mark.parametrize("make", [lambda: np.zeros(8, np.uint64), lambda: _runtime.aligned(8)])
def test_an_array_that_somebody_else_sees(make):
    arrays = alone(make())
    name = arrays[0]
    assert not is_last_holder(arrays, 0)
    del name
    assert is_last_holder(arrays, 0)
    for look in (
        lambda a: a[:2],
        lambda a: a.view(np.int64),
        memoryview,
        lambda a: a.base if a.base is not None else a,
        weakref.ref,
        iter,
    ):
        kept = look(arrays[0])
        assert not is_last_holder(arrays, 0), look
        del kept
        assert is_last_holder(arrays, 0), look
    other = list(arrays)
    assert not is_last_holder(arrays, 0) and other


def test_an_array_of_the_memory_of_others(tmp_path):
    np.save(tmp_path / "trace.npy", np.zeros(8, dtype=np.uint64))
    mapped = mmap.mmap(-1, 64)
    for make in (
        lambda: np.load(tmp_path / "trace.npy", mmap_mode="r+"),
        lambda: np.frombuffer(bytearray(64), dtype=np.uint64),
        lambda: np.frombuffer(mapped, dtype=np.uint64),
        lambda: np.zeros(16, dtype=np.uint64)[8:],
        lambda: np.zeros(8, dtype=np.int64).view(np.uint64),
        lambda: np.zeros(16, dtype=np.uint64).reshape(8, 2),
        lambda: np.zeros((8, 2), dtype=np.uint64, order="F"),
        lambda: Other((8, 2), dtype=np.uint64),
    ):
        assert not is_last_holder(alone(make()), 0)
    locked = np.zeros(8, dtype=np.uint64)
    locked.flags.writeable = False
    arrays = alone(locked)
    del locked
    assert not is_last_holder(arrays, 0)


def keepers(trace, folder):
    """Callables that hand out a trace which somebody keeps, and what sees it then."""
    cached = trace.copy()
    yield lambda: cached, lambda: cached
    viewed = trace.copy()
    yield lambda: viewed[:], lambda: viewed
    np.save(folder / "trace.npy", trace)
    yield (
        lambda: np.load(folder / "trace.npy", mmap_mode="r+"),
        lambda: np.load(folder / "trace.npy"),
    )
    pooled = _runtime.aligned(trace.shape)
    pooled[:] = trace
    yield lambda: pooled, lambda: pooled
    parts = _runtime.aligned((2, *trace.shape))
    parts[:] = trace
    yield lambda: parts[0], lambda: parts[0]
    weak = weakref.WeakValueDictionary()

    def remembered():
        return weak.setdefault("trace", trace.copy())

    yield remembered, lambda: weak.get("trace", trace)


@pytest.mark.parametrize("options", [{}, {"blowup": 4}, {"zk": True, "queries": 8}])
def test_no_trace_that_is_kept_is_written(options, tmp_path):
    case = zoo.fibonacci(6)
    trace, machine = case.traces["fib"].copy(), case.machine(tall="zk" in options, **options)
    seed = {"insecure_seed": bytes(32)} if "zk" in options else {}
    first = case.prove(machine, **seed)
    for number, (give, seen) in enumerate(keepers(trace, tmp_path)):
        states = []

        def watch(*_, seen=seen, states=states):
            states.append(np.array_equal(seen(), trace))

        case.traces["fib"] = give
        assert case.prove(machine, progress=watch, **seed) == first, number
        assert np.array_equal(seen(), trace), number
        assert states and all(states), number


@pytest.mark.parametrize("options", [{}, {"blowup": 4}, {"zk": True, "queries": 8}])
def test_the_same_proof_from_traces_that_are_given_up(options):
    case = zoo.together(zoo.fibonacci(9), zoo.cubic(7), zoo.fibonacci(3))
    machine = case.machine(tall="zk" in options, **options)
    seed = {"insecure_seed": bytes(32)} if "zk" in options else {}
    first = case.prove(machine, **seed)
    given = {name: trace.copy for name, trace in case.traces.items()}
    second = machine.prove(given, case.publics, **seed)
    assert second == first
    used = second.report.root.find("commit main").buffers["main LDE"]
    before = first.report.root.find("commit main").buffers["main LDE"]
    assert used < before
    case.verify(machine, second)


def test_an_imbalance_is_explained_although_traces_were_given_up():
    case = zoo.together(zoo.fibonacci(4), zoo.lookup(3, 5, 4, tokens=True))
    given = {name: trace.copy for name, trace in case.traces.items()}
    with pytest.raises(cs.TraceError, match="bus"):
        case.machine().prove(given, case.publics, tokens=case.tokens[1:])


def test_an_imbalance_of_tokens_alone_is_explained():
    """The only table with a bus does not stand in the proof, so that there are no sums."""
    case = zoo.fibonacci(4)
    machine = cs.Machine({"fib": zoo.Fibonacci(), "halves": zoo.Halves()}, cs.Options(queries=8))
    given = {"fib": case.traces["fib"].copy, "halves": []}
    assert machine.prove(given, case.publics)
    with pytest.raises(cs.TraceError, match="bus 'three bits'"):
        machine.prove(given, case.publics, tokens=[cs.Send("three bits", (1, 0))])
