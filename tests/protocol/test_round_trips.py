"""Honest proofs of many shapes verify, and only as what they are."""

from __future__ import annotations

import re

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _runtime
from cstark.protocol.layout import Layout
from tests.oracles import zoo
from tests.oracles.forging import prove_anyway

CASES = {
    "fibonacci": lambda: zoo.fibonacci(3),
    "fibonacci, taller": lambda: zoo.fibonacci(9),
    "preprocessed and periodic": lambda: zoo.cubic(6),
    "lookup, 1 lane": lambda: zoo.lookup(1, 4, 3),
    "lookup, 2 lanes, tokens": lambda: zoo.lookup(2, 3, 5, tokens=True),
    "lookup, 3 lanes": lambda: zoo.lookup(3, 5, 5),
    "lookup, 4 lanes": lambda: zoo.lookup(4, 7, 4),
    "lookup, 7 lanes": lambda: zoo.lookup(7, 4, 8),
    "ring": lambda: zoo.ring(5),
    "many heights": lambda: zoo.together(
        zoo.fibonacci(10),
        zoo.cubic(9),
        zoo.ring(7),
        zoo.fibonacci(3),
        zoo.lookup(3, 6, 4),
        zoo.cubic(3),
        zoo.fibonacci(8),
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("blowup", [2, 4, 8])
def test_honest_proofs_verify(name, blowup):
    case = CASES[name]()
    machine = case.machine(blowup=blowup)
    proof = case.prove(machine, claim=b"a claim")
    case.verify(machine, proof.to_bytes())
    case.verify(machine, proof, claim=b"a claim")
    with pytest.raises(cs.VerificationError, match="claim"):
        case.verify(machine, proof, claim=b"another claim")


@pytest.mark.parametrize("hash_name", ["blake3", "keccak256", "sha256"])
def test_every_hash(hash_name):
    case = CASES["many heights"]()
    machine = case.machine(hash=hash_name, grinding=3)
    proof = case.prove(machine)
    case.verify(machine, proof.to_bytes())


@pytest.mark.parametrize("zk", [False, True])
@pytest.mark.parametrize("arity", [2, 4, 8])
@pytest.mark.parametrize("final_length", [1, 8, 128])
def test_every_fold_schedule(arity, final_length, zk):
    for name in ("fibonacci", "many heights"):
        case = CASES[name]()
        # masks leave no rate below 1 where two coefficients are sent of a layer of height 1
        blowup = 4 if zk and final_length == 1 else 2
        machine = case.machine(
            fri_arity=arity, final_length=final_length, zk=zk, tall=zk, blowup=blowup
        )
        case.verify(machine, case.prove(machine).to_bytes())


def test_zero_folds():
    case = zoo.fibonacci(5)
    machine = case.machine(final_length=32)
    proof = case.prove(machine)
    case.verify(machine, proof.to_bytes())
    layout = Layout(machine.verifying_key(), proof.log_heights)
    assert (layout.schedule.folds, layout.schedule.final_length) == (0, 32)


def test_tables_that_join_at_every_layer():
    case = zoo.together(*(zoo.fibonacci(k) for k in range(12, 2, -1)))
    machine = case.machine(final_length=4)
    case.verify(machine, case.prove(machine).to_bytes())


@pytest.mark.parametrize("log_height", [3, 4, 7, 11, 14])
def test_heights(log_height):
    case = zoo.fibonacci(log_height)
    machine = case.machine()
    case.verify(machine, case.prove(machine).to_bytes())


def test_bytes_do_not_depend_on_threads_or_instruction_set():
    case = CASES["many heights"]()
    case = zoo.together(case, zoo.fibonacci(13), zoo.lookup(5, 12, 10))
    before = _runtime.isa()
    reference = None
    try:
        for isa in _runtime.isas():
            _runtime.set_isa(isa)
            for threads in (1, 2, 3, 7):
                with cs.threads(threads):
                    machine = case.machine(grinding=5)
                    data = case.prove(machine).to_bytes()
                reference = data if reference is None else reference
                assert data == reference, (isa, threads)
    finally:
        _runtime.set_isa(before)
    case.verify(machine, reference)


def test_options_must_agree():
    case = zoo.fibonacci(4)
    proof = case.prove(case.machine())
    for other in (
        {"queries": 21},
        {"hash": "sha256"},
        {"blowup": 4},
        {"grinding": 1},
        {"coset_offset": 7},
        {"fri_arity": 4},
        {"final_length": 64},
    ):
        with pytest.raises(cs.VerificationError) as refused:
            case.verify(case.machine(**other), proof)
        assert refused.value.reason is cs.Reason.OPTIONS
        [(name, value)] = other.items()
        assert re.fullmatch(
            f"the proof was made with {name}=[^,]*, the machine has {name}={value!r}",
            str(refused.value),
        )


def test_what_is_proved_must_agree():
    """The likeliest mistakes of an honest caller show as lost work: the message says so."""
    case = zoo.fibonacci(4)
    machine = case.machine(grinding=16)
    proof = case.prove(machine)
    with pytest.raises(cs.VerificationError, match="other public values or another machine"):
        machine.verify(proof, {"fib": [1, 1, 1]}, min_security=0)


def test_security_is_demanded():
    case = zoo.fibonacci(4)
    machine = case.machine()
    proof = case.prove(machine)
    with pytest.raises(cs.VerificationError) as refused:
        machine.verify(proof, case.publics)
    assert refused.value.reason is cs.Reason.SECURITY
    strong = cs.Machine(case.tables, cs.Options(max_log_height=16))
    strong.verify(case.prove(strong), case.publics, min_security=128)


def test_wrong_publics_are_refused():
    case = zoo.fibonacci(6)
    machine = case.machine()
    proof = case.prove(machine).to_bytes()
    for position in range(3):
        wrong = list(case.publics["fib"])
        wrong[position] = (wrong[position] + 1) % cs.P
        with pytest.raises(cs.VerificationError):
            machine.verify(proof, {"fib": wrong}, min_security=0)


def test_wrong_tokens_are_refused():
    case = zoo.lookup(2, 3, 5, tokens=True)
    machine = case.machine()
    proof = case.prove(machine)
    for tokens in (
        (),
        case.tokens[:1],
        case.tokens[::-1],
        (cs.Send("range", [5, 6], count=2), *case.tokens[1:]),
    ):
        with pytest.raises(cs.VerificationError):
            machine.verify(proof, tokens=tokens, min_security=0)


def test_a_key_verifies_alone():
    case = CASES["many heights"]()
    machine = case.machine()
    proof = case.prove(machine).to_bytes()
    text = machine.verifying_key().to_json()
    key = cs.VerifyingKey.from_json(text)
    assert key == machine.verifying_key()
    key.verify(proof, case.publics, tokens=case.tokens, min_security=0)


def test_forced_proofs_of_false_traces_are_refused():
    for name, build in CASES.items():
        case = build()
        machine = case.machine()
        rng = np.random.default_rng(1)
        for table, trace in case.traces.items():
            wrong = trace.copy()
            row, column = int(rng.integers(len(trace))), int(rng.integers(trace.shape[1]))
            wrong[row, column] = (int(wrong[row, column]) + 1) % cs.P
            traces = {**case.traces, table: wrong}
            assert not machine.check(traces, case.publics, tokens=case.tokens), (name, table)
            with pytest.raises(cs.TraceError):
                machine.prove(traces, case.publics, tokens=case.tokens)
            proof = prove_anyway(machine, traces, case.publics, case.tokens, b"")
            with pytest.raises(cs.VerificationError) as refused:
                case.verify(machine, proof.to_bytes())
            assert refused.value.reason in (cs.Reason.CONSTRAINTS, cs.Reason.BUS_SUM), (name, table)


def test_pickling():
    import pickle

    case = CASES["lookup, 3 lanes"]()
    machine = pickle.loads(pickle.dumps(case.machine()))
    proof = pickle.loads(pickle.dumps(case.prove(machine)))
    key = pickle.loads(pickle.dumps(machine.verifying_key()))
    key.verify(proof, min_security=0)


def test_bytes_are_read_as_written():
    """One proof that passes every check of the verifier once."""
    case = zoo.together(zoo.lookup(2, 3, 5, tokens=True), zoo.fibonacci(5), zoo.cubic(4))
    machine = case.machine(grinding=2, final_length=4)
    data = case.prove(machine, claim=b"a claim").to_bytes()
    assert cs.Proof.from_bytes(data).to_bytes() == data
    case.verify(machine, data, claim=b"a claim")
    size = f"{len(data):,}"
    shown = repr(cs.Proof.from_bytes(data))
    assert shown == f"<Proof: {size} bytes, tables of 2^3, 2^5, 2^5, 2^4 rows>"
    several = zoo.several(5, 4, 4)
    proof = several.prove(several.machine())
    logs = [h for item in proof.log_heights for h in (item if isinstance(item, tuple) else [item])]
    assert len(logs) > len(proof.log_heights)
    rows = ", ".join(f"2^{h}" for h in logs)
    assert repr(proof) == f"<Proof: {len(proof.to_bytes()):,} bytes, tables of {rows} rows>"
