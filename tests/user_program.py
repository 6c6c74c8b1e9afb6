"""What a user writes, fully annotated: it runs, and ``mypy --strict`` knows what everything is.

`mistakes` is never called. Each of its lines is wrong, and a type checker must say so: an ignore
that hides nothing is itself an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_type

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cstark as cs

SIZE = 8


class Memory(cs.Air):
    """Cells that are read where `flag` is 1; the first value is public."""

    columns = {"address": (), "value": (4,), "flag": ()}
    publics = ("first",)
    preprocessed = 1
    periodic = {"even": [1, 0], "group": [[1, 2], [3, 4]]}
    rows = SIZE

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.names = names

    def preprocessed_trace(self) -> NDArray[np.uint64]:
        return np.arange(SIZE, dtype=np.uint64).reshape(-1, 1)

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        flag: cs.Expression = now.flag
        assert_type(2 * flag + 1 - flag / 3, cs.Expression)
        assert_type(-(flag**2), cs.Expression)
        assert_type([1 - cell for cell in now], list[cs.Expression])
        t.every_row.boolean(flag)
        t.every_row.equal(now.address, t.preprocessed[0], name="in order")
        t.first_row.equal(now.value[0], t.publics.first)
        t.every_row.when(1 - flag).zero(now["value"][1:])
        t.every_row.when(flag).equal(now.value, [now.value[0], 0, 0, 0])
        t.cyclic.equal(t.next[0] * t.periodic.even, (now[0] + 1) * t.periodic.even)
        t.send("memory", [now.address, [now.value]], count=flag)
        t.receive("memory", [now.address, cs.pack(now.value[1:], 16), 0, 0, now.value[0]], weight=1)

    def free_cells(self, cells: cs.View) -> list[cs.FreeCells]:
        return [cs.FreeCells(("value",), cells.flag == 0, "nothing reads it")]


class List(cs.Air):
    """Numbers below eight, to be asked for."""

    columns = ("used",)
    preprocessed = ("number",)

    def preprocessed_trace(self) -> NDArray[np.uint64]:
        return np.arange(SIZE, dtype=np.uint64).reshape(-1, 1)

    def constrain(self, t: cs.Table) -> None:
        t.receive("list", [t.preprocessed.number], count=t.now.used)


LISTED = [cs.Send("list", [1], count=2)]


def trace() -> NDArray[np.uint64]:
    """A callable may stand for an array."""
    air = Memory()
    assert_type(air.width, int)
    cells: NDArray[np.uint64] = air.zeros()
    view = air.view(cells)
    view.address = np.arange(SIZE)
    return cells


@dataclass(frozen=True)
class Job(cs.Workload):
    """A workload of two tables."""

    first: int = cs.argument(0, help="first value", minimum=0)

    def prepare(self) -> cs.Prepared:
        return cs.Prepared({"first": self.first}, {"memory": trace})

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        (first,) = cs.read_claim(claim, first=int)
        tokens = tuple(cs.Send("memory", [k, 0, 0, 0, 0]) for k in range(SIZE))
        return cs.Statement({"memory": Memory()}, {"memory": [first]}, tokens)


def main() -> None:
    options = cs.Options(security=100, hash="sha256", grinding=0)
    tokens = [cs.Send("memory", np.array([k, 0, 0, 0, 0])) for k in range(SIZE)]
    machine = cs.Machine({"memory": Memory(("a",))}, options)
    report = machine.check({"memory": trace}, {"memory": (0,)}, tokens=tokens)
    assert_type(report, cs.CheckReport)
    assert report, [violation.expression for violation in report.violations]
    proof = machine.prove({"memory": trace()}, {"memory": [0]}, tokens=tokens)
    assert_type(proof, cs.Proof)
    machine.verify(proof.to_bytes(), {"memory": {"first": 0}}, tokens=tokens)
    counts: NDArray[np.uint64] = cs.Machine({"list": List()}).count({}, "list", tokens=LISTED)
    assert counts.tolist() == [0, 2, 0, 0, 0, 0, 0, 0]
    key = cs.VerifyingKey.from_json(machine.verifying_key().to_json())
    assert_type(key, cs.VerifyingKey)
    try:
        key.verify(proof, {"memory": [1]}, tokens=tokens)
    except cs.VerificationError as error:
        assert_type(error.reason, cs.Reason)
    assert_type(machine.security().bits, float)
    assert_type(Job(first=0).prove(options), cs.Proof)
    word: NDArray[np.uint64] = cs.fft.ntt(np.arange(SIZE))
    sums: NDArray[np.uint64] = cs.ext3.add(cs.ext3.random(2, rng=1), 1, out=None)
    assert word.shape == (SIZE,) and sums.shape == (2, 3) and cs.goldilocks.add(1, 2) < cs.P
    arrays(3)
    with cs.threads(1):
        assert_type(cs.get_num_threads(), int)


def arrays(unknown: ArrayLike) -> None:
    """Of elements alone comes an element; as soon as one operand is an array, an array."""
    gl, row, out = cs.goldilocks, np.arange(SIZE), np.zeros(SIZE, dtype=np.uint64)
    assert_type(gl.add(3, np.uint64(4)), np.uint64)
    assert_type(gl.mul(row, 3), NDArray[np.uint64])
    assert_type(gl.sub(3, [1, 2]), NDArray[np.uint64])
    assert_type(gl.div(unknown, 3, out=out), NDArray[np.uint64])
    assert_type(gl.power(3, 5), np.uint64)
    assert_type(gl.power([3], [[1], [2]]), NDArray[np.uint64])
    assert_type(gl.inverse(7), np.uint64)
    assert_type(gl.neg([[1]]), NDArray[np.uint64])
    assert_type(gl.square(row, out), NDArray[np.uint64])
    assert_type(gl.batch_inverse([1, 2]), NDArray[np.uint64])
    assert_type(gl.residues(-1), np.uint64)
    assert_type(gl.residues([-1]), NDArray[np.uint64])
    assert_type(gl.random(rng=1), np.uint64)
    assert_type(gl.random((2, 3), rng=1), NDArray[np.uint64])
    assert_type(gl.sum(row), np.uint64)
    assert_type(gl.sum([[1], [2]], axis=0, keepdims=True), NDArray[np.uint64])
    assert_type(gl.prod(row[1:]), np.uint64)
    assert_type(gl.cumsum(row), NDArray[np.uint64])
    assert_type(gl.dot(row, row), np.uint64)
    assert_type(gl.powers(2, SIZE), NDArray[np.uint64])
    assert_type(cs.ext3.mul([1, 2, 3], 4), NDArray[np.uint64])
    assert_type(cs.fft.lde(row, blowup=2), NDArray[np.uint64])
    assert_type(cs.fft.root(SIZE), int)
    assert_type(cs.hashing.blake3(b"x"), bytes)
    assert_type(Memory().zeros(), NDArray[np.uint64])
    assert_type(Memory().width, int)


def mistakes(t: cs.Table, machine: cs.Machine, flag: cs.Expression) -> None:
    t.evry_row.zero(flag)  # type: ignore[attr-defined]
    t.every_row.eqal(flag, 1)  # type: ignore[attr-defined]
    t.every_row(flag)  # type: ignore[operator]
    t.every_row.equal(flag, 0.5)  # type: ignore[arg-type]
    t.send("memory", {1: flag})  # type: ignore[arg-type]
    flag + "1"  # type: ignore[operator]
    flag / 2.5  # type: ignore[operator]
    cs.Options(blowup="2")  # type: ignore[arg-type]
    cs.Send("memory", 7)  # type: ignore[arg-type]
    cs.pack([flag], 1.5)  # type: ignore[arg-type]
    count: int = cs.argument("8")  # type: ignore[assignment]
    machine.prove({"memory": [[1, 2]]})  # type: ignore[list-item]
    machine.verify("proof.bin")  # type: ignore[arg-type]
    cs.set_num_threads(str(count))  # type: ignore[arg-type]
    print(cs.Macine)  # type: ignore[attr-defined]
    cs.goldilocks.ad(1, 2)  # type: ignore[attr-defined]
    cs.goldilocks.add([1], 2, out=3)  # type: ignore[call-overload]
    cs.goldilocks.add(1)  # type: ignore[call-overload]
    text: str = cs.goldilocks.mul(1, 2)  # type: ignore[assignment]
    print(cs.goldilocks.mul(2, 3).append(text))  # type: ignore[attr-defined]
    cs.ext3.mul([1, 2, 3], 4).append(5)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
