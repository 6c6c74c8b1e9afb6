"""Integers that Python does not write in digits: an error names them all the same.

Python refuses to write integers of more than 4,300 digits, with a bare ValueError, and an f-string
of an error message is where that is met.  Every entry point is handed such integers, alone and in
containers, and has to raise what it raises for other nonsense, in a message of bounded length.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.errors import quoted
from cstark.machines import BUILT_IN, load
from cstark.machines.fib_pair import FibPair

LONG = 10**5000
NONSENSE = [
    LONG, -LONG, [LONG], (LONG,), {"a": LONG}, {LONG: 1}, {"a": [LONG]},
    np.array([LONG], dtype=object), "10" * 3000,
]  # fmt: skip
FAST = cs.Options(queries=5, grinding=0)


class Count(cs.Air):
    columns = ("x",)
    publics = ("start",)

    def constrain(self, t):
        t.first_row.equal(t.now.x, t.publics.start)
        t.transition.equal(t.next.x, t.now.x + 1)
        t.send("bus", [t.now.x])
        t.receive("bus", [t.now.x])


MACHINE = cs.Machine({"a": Count()}, FAST)
TRACES = {"a": np.arange(8, dtype=np.uint64).reshape(8, 1)}
PUBLICS = {"a": [0]}
PROOF = MACHINE.prove(TRACES, PUBLICS)
KEY = MACHINE.verifying_key()
FIB = FibPair(log_rows=3, sequences=1)
FIB_PROOF = FIB.prove(FAST).to_bytes()


def described(**attributes):
    """A machine of one table, with these attributes of its class."""
    attributes.setdefault("columns", ("x",))
    attributes.setdefault("constrain", lambda self, t: t.every_row.equal(t.now[0], t.now[0] ** 2))
    return cs.Machine({"a": type("Odd", (cs.Air,), attributes)()}, FAST)


def constrained(statement):
    return lambda v: described(constrain=lambda self, t: statement(t, v))


def workload(argument):
    bases = (cs.Workload,)
    return dataclasses.make_dataclass("Odd", [("n", int, argument)], bases=bases, frozen=True)()


CALLS: dict[str, Callable[[object], object]] = {
    "Machine": lambda v: cs.Machine(v),
    "Machine options": lambda v: cs.Machine({"a": Count()}, v),
    "Machine table name": lambda v: cs.Machine({v: Count()}),
    "Machine table": lambda v: cs.Machine({"a": v}),
    "with_options": MACHINE.with_options,
    **{f"Options {f.name}": lambda v, n=f.name: cs.Machine({"a": Count()}, cs.Options(**{n: v}))
       for f in dataclasses.fields(cs.Options)},
    **{f"ResolvedOptions {f.name}":
       lambda v, n=f.name: dataclasses.replace(MACHINE.resolved, **{n: v})
       for f in dataclasses.fields(cs.ResolvedOptions)},
    **{f"Air {name}": lambda v, n=name: described(**{n: v})
       for name in ("columns", "publics", "preprocessed", "periodic", "rows", "free_cells")},
    "shape": lambda v: described(columns={"x": v}),
    "column name": lambda v: described(columns=(v,)),
    "preprocessed": lambda v: described(preprocessed=1, preprocessed_trace=lambda self: v),
    "preprocessed cell": lambda v: described(
        preprocessed=1, preprocessed_trace=lambda self: [[v]] * 8),
    "periodic": lambda v: described(periodic={"p": v}),
    "periodic value": lambda v: described(periodic={"p": [v, v]}),
    "periodic name": lambda v: described(periodic={v: [1, 2]}),
    "add": constrained(lambda t, v: t.every_row.equal(t.now.x + v, 0)),
    "sub": constrained(lambda t, v: t.every_row.equal(v - t.now.x, 0)),
    "mul": constrained(lambda t, v: t.every_row.equal(v * t.now.x, 0)),
    "div": constrained(lambda t, v: t.every_row.equal(t.now.x / v, 0)),
    "pow": constrained(lambda t, v: t.every_row.equal(t.now.x**v, 0)),
    "less": constrained(lambda t, v: t.now.x < v),
    "same": constrained(lambda t, v: t.now.x == v),
    "index": constrained(lambda t, v: t.now[v]),
    "public": constrained(lambda t, v: t.publics[v]),
    "equal": constrained(lambda t, v: t.every_row.equal(t.now.x, v)),
    "zero": constrained(lambda t, v: t.every_row.zero(v)),
    "boolean": constrained(lambda t, v: t.every_row.boolean(v)),
    "when": constrained(lambda t, v: t.every_row.when(v)),
    "name": constrained(lambda t, v: t.every_row.equal(t.now.x, 0, name=v)),
    "bus": constrained(lambda t, v: t.send(v, [1])),
    "values": constrained(lambda t, v: t.send("b", v)),
    "count": constrained(lambda t, v: t.send("b", [1], count=v)),
    "weight": constrained(lambda t, v: t.send("b", [1], weight=v)),
    "message name": constrained(lambda t, v: t.send("b", [1], name=v)),
    "pack": constrained(lambda t, v: cs.pack(v, 8)),
    "pack bits": constrained(lambda t, v: cs.pack([t.now.x], v)),
    **{f"{kind.__name__} {what}": call for kind in (cs.Send, cs.Receive) for what, call in {
        "bus": lambda v, kind=kind: kind(v, [1]),
        "values": lambda v, kind=kind: kind("bus", v),
        "value": lambda v, kind=kind: kind("bus", [v]),
        "count": lambda v, kind=kind: kind("bus", [1], v)}.items()},
    **{f"{name} {what}": call for name, run in (("prove", MACHINE.prove), ("check", MACHINE.check))
       for what, call in {
        "traces": lambda v, run=run: run(v, PUBLICS),
        "trace": lambda v, run=run: run({"a": v}, PUBLICS),
        "cell": lambda v, run=run: run({"a": [[v]] * 8}, PUBLICS),
        "publics": lambda v, run=run: run(TRACES, v),
        "publics of a": lambda v, run=run: run(TRACES, {"a": v}),
        "public value": lambda v, run=run: run(TRACES, {"a": [v]}),
        "tokens": lambda v, run=run: run(TRACES, PUBLICS, tokens=v),
        "token": lambda v, run=run: run(TRACES, PUBLICS, tokens=[v])}.items()},
    **{f"prove {name}": lambda v, n=name: MACHINE.prove(TRACES, PUBLICS, **{n: v})
       for name in ("claim", "progress", "max_memory")},
    **{f"check {name}": lambda v, n=name: MACHINE.check(TRACES, PUBLICS, **{"mutate": 1, n: v})
       for name in ("mutate", "seed")},
    **{f"{name} {what}": call for name, run in (("verify", MACHINE.verify), ("key", KEY.verify))
       for what, call in {
        "proof": lambda v, run=run: run(v, PUBLICS),
        "publics": lambda v, run=run: run(PROOF, v, min_security=0),
        "public value": lambda v, run=run: run(PROOF, {"a": [v]}, min_security=0),
        "tokens": lambda v, run=run: run(PROOF, PUBLICS, tokens=v, min_security=0),
        "claim": lambda v, run=run: run(PROOF, PUBLICS, claim=v, min_security=0),
        "min_security": lambda v, run=run: run(PROOF, PUBLICS, min_security=v)}.items()},
    **{f"{name} heights": getattr(MACHINE, name) for name in ("security", "estimate", "choices")},
    **{f"{name} height": lambda v, n=name: getattr(MACHINE, n)({"a": v})
       for name in ("security", "estimate", "choices")},
    "key text": cs.VerifyingKey.from_json,
    "key number": lambda v: cs.VerifyingKey.from_json('{"format":' + "1" * 5000 + "}"),
    "key version": lambda v: cs.VerifyingKey.from_json(
        KEY.to_json().replace('"version":2', '"version":' + "2" * 4200)),
    "proof bytes": cs.Proof.from_bytes,
    **{f"{name} {item.name}": lambda v, name=name, n=item.name: load(name)(**{n: v})
       for name in BUILT_IN for item in load(name).arguments() if item.type is not str},
    **{f"FibPair claim {name}": lambda v, n=name: FibPair.statement(
        {"log_rows": 3, "start": [[1, 1]], "result": [[1, 1]], n: v})
       for name in ("log_rows", "start", "result")},
    "workload options": FIB.prove,
    "workload claim": lambda v: FibPair.verify(FIB_PROOF, FAST, claim=v, min_security=0),
    "workload bits": lambda v: FibPair.verify(FIB_PROOF, FAST, min_security=v),
    "minimum": lambda v: workload(cs.argument(1, minimum=v)),
    "maximum": lambda v: workload(cs.argument(LONG + 1, maximum=v)),
    "choices": lambda v: workload(cs.argument(1, choices=v)),
    "choice": lambda v: workload(cs.argument(1, choices=[v])),
    "workload name": load,
    "claim": cs.encode_claim,
    "claim value": lambda v: cs.encode_claim({"a": v}),
    "claim key": lambda v: cs.encode_claim({v: 1}),
    "claim bytes": cs.decode_claim,
    "claim digits": lambda v: cs.decode_claim(b'{"a":' + b"1" * 5000 + b"}"),
    "claim type": lambda v: cs.read_claim({"a": v}, a=bool),
    "jobs": lambda v: list(cs.prove_many(v)),
    "job": lambda v: list(cs.prove_many([v])),
    "job options": lambda v: list(cs.prove_many([(FIB, v)])),
    **{f"prove_many {name}": lambda v, n=name: list(cs.prove_many([FIB], **{n: v}))
       for name in ("threads", "progress", "buffersize", "max_memory", "options")},
    "executor": lambda v: cs.prove_many([FIB], v),
    "set_num_threads": cs.set_num_threads,
    "comparison": lambda v: PROOF.report.compare(PROOF.report, (v, v)),
}  # fmt: skip


def array_calls():
    """Each argument of each function on arrays in turn, the others being good."""
    for name in ("goldilocks", "ext3", "fft", "hashing", "polynomial"):
        module = getattr(cs, name)
        for function in module.__all__:
            call = getattr(module, function)
            if not inspect.isfunction(call) or function == "random":  # NumPy's generator refuses
                continue
            found = inspect.signature(call).parameters.values()
            needed = [p.name for p in found if p.default is p.empty]
            for parameter in found:
                for number, good in enumerate(([2], [[1, 2, 3]] * 2, 8)):

                    def run(v, call=call, needed=needed, good=good, name=parameter.name):
                        values = {**dict.fromkeys(needed, good), name: v}
                        return call(*(values.pop(n) for n in needed), **values)

                    yield f"{name}.{function} {parameter.name} {number}", run


CALLS.update(array_calls())


@pytest.mark.parametrize("name", CALLS)
def test_whatever_is_given_the_error_is_typed_and_short(name):
    for value in NONSENSE:
        try:
            CALLS[name](value)
        except cs.CstarkError as error:
            assert len(str(error)) < 1500
        except (TypeError, ZeroDivisionError, KeyError):
            pass  # Python's or NumPy's own: an unhashable name, a division by it
        except ValueError as error:
            assert "Exceeds the limit" not in str(error)


def test_there_are_calls_of_every_kind():
    assert len(CALLS) > 500


def test_values_are_quoted():
    assert quoted(LONG) == "an integer of 16,610 bits"
    assert quoted(-LONG) == "a negative integer of 16,610 bits"
    assert quoted([LONG, 1]) == "[an integer of 16,610 bits, 1]"
    assert quoted({"a": (LONG,)}) == "{'a': (an integer of 16,610 bits,)}"
    assert (quoted(True), quoted(np.uint64(7)), quoted(-3), quoted(1.5)) == (
        "True",
        "7",
        "-3",
        "1.5",
    )
    assert quoted("\x1b[31m\u202e") == "'\\x1b[31m\\u202e'"
    assert len(quoted("x" * 10**6)) < 200
    assert len(quoted([["x" * 1000] * 1000] * 1000)) < 12_000
    assert len(quoted(10**600)) < 200
    loop: list[object] = []
    loop.append(loop)
    assert "..." in quoted(loop)

    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert "Broken" in quoted(Broken())


def test_messages_quote_values_by_the_one_function():
    """No f-string of the package has ``value!r``: a repr that fails hides the message."""
    package = Path(cs.__file__).resolve().parent
    found = []
    for path in package.rglob("*.py"):
        if "pure" in path.parts:  # on its own; its numbers come from JSON
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
                last = getattr(node.value, "id", getattr(node.value, "attr", ""))
                if last in ("value", "values", "number", "n", "size", "bits", "count", "token",
                            "tokens", "weight", "index", "shape", "declaration", "choices",
                            "rows", "height", "heights", "options", "limbs"):  # fmt: skip
                    found.append((path.name, node.lineno, last))
    assert not found
