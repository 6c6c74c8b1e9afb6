"""Proofs from strangers: no work before the policy, and nothing but refusals."""

from __future__ import annotations

import dataclasses
import sys
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest

import cstark as cs
from cstark.cli.main import main
from cstark.protocol.commitment import Commitment
from cstark.protocol.layout import Layout
from cstark.protocol.length import least_bytes
from cstark.protocol.proving_key import ProvingKey

OPTIONS = cs.Options(queries=40, grinding=0)
ROWS = 64


class Listed(cs.Air):
    """The preprocessed column is what costs: it has to be committed to."""

    columns = ("x", "free")
    preprocessed = ("value",)
    publics = ("first",)

    def __init__(self, rows=ROWS):
        self.rows = rows

    def preprocessed_trace(self):
        return np.arange(self.rows, dtype=np.uint64).reshape(self.rows, 1)

    def constrain(self, t):
        t.every_row.equal(t.now.x, t.preprocessed.value)
        t.first_row.equal(t.now.free, t.publics.first)


class Open(cs.Air):
    columns = ("y",)

    def constrain(self, t):
        t.every_row.boolean(t.now.y)


@dataclass(frozen=True)
class List(cs.Workload):
    first: int = 7

    def prepare(self):
        trace = np.arange(ROWS, dtype=np.uint64)
        traces = {
            "listed": np.stack([trace, trace], axis=1),
            "open": np.zeros((8, 1), dtype=np.uint64),
        }
        traces["listed"][0, 1] = self.first
        return cs.Prepared({"first": self.first}, traces)

    @classmethod
    def statement(cls, claim):
        (first,) = cs.read_claim(claim, first=int)
        return cs.Statement({"listed": Listed(), "open": Open()}, {"listed": [first]})


@pytest.fixture(scope="module")
def proof():
    return List().prove(OPTIONS)


@pytest.fixture
def work(monkeypatch):
    """What has been committed to, as a list that grows."""
    done = []
    plain = ProvingKey._commit

    def commit(self, report):
        done.append(self)
        return plain(self, report)

    monkeypatch.setattr(ProvingKey, "_commit", commit)
    return done


def changed(proof, **fields):
    """The file with other options, heights, claim or body, as a stranger would write it."""
    options = dataclasses.replace(proof.options, **fields.pop("options", {}))
    values = {"log_heights": proof.log_heights, "claim": proof.claim, "body": proof.body, **fields}
    return cs.Proof(options, values["log_heights"], values["claim"], values["body"]).to_bytes()


def strangers(proof):
    """Files whose header or length is wrong, with the reason that is given."""
    return {
        "blowup": (changed(proof, options={"blowup": 64, "queries": 5}), "SECURITY"),
        "queries": (changed(proof, options={"queries": 1}), "SECURITY"),
        "fixed height": (changed(proof, log_heights=(7, 3)), "HEIGHTS"),
        "tables": (changed(proof, log_heights=(6, 3, 3)), "HEIGHTS"),
        "empty": (changed(proof, body=b""), "FORMAT"),
        "short": (changed(proof, body=proof.body[:500]), "FORMAT"),
        "long": (changed(proof, body=bytes(10**6)), "FORMAT"),
    }


# A key is of the options in the file, whatever they are worth.
WEAK = ("blowup", "queries")
WRONG = ("fixed height", "tables", "empty", "short", "long")
CASES = [
    *((command, name) for command in ("verify", "verify --pure", "verify --trace")
      for name in (*WEAK, *WRONG)),
    *(("key", name) for name in WRONG),
]  # fmt: skip


@pytest.mark.parametrize(("command", "name"), CASES)
def test_a_file_sets_off_no_work_before_the_policy(
    command, name, proof, work, tmp_path, capsys, monkeypatch
):
    data, reason = strangers(proof)[name]
    monkeypatch.setattr("cstark.machines.BUILT_IN", {"list": f"{__name__}:List"})
    (tmp_path / "p.bin").write_bytes(data)
    words = [*command.split(), "list", str(tmp_path / "p.bin")]
    if command == "key":
        words += ["-o", str(tmp_path / "k.json")]
    else:
        words += ["--min-security", "3" if reason in ("HEIGHTS", "FORMAT") else "90"]
    assert main(words) == 1
    assert "refused: " in capsys.readouterr().err
    assert not work and not (tmp_path / "k.json").exists()


@pytest.mark.parametrize("name", [*WEAK, *WRONG])
def test_nor_does_it_for_machine_or_workload(name, proof, work):
    data, _ = strangers(proof)[name]
    machine = List.machine({"first": 7}, OPTIONS)
    for verify in (
        lambda: machine.verify(data, {"listed": [7]}, min_security=3),
        lambda: List.verify(data, OPTIONS, min_security=3),
    ):
        with pytest.raises(cs.VerificationError):
            verify()
    assert not work
    assert List.verify(proof, OPTIONS, min_security=3) == {"first": 7}
    assert work


@pytest.mark.parametrize("demand", [{"heights": {"open": 16}}, {"min_security": 100}])
def test_a_policy_that_is_not_met_costs_nothing(demand, proof, work):
    with pytest.raises(cs.VerificationError):
        List.verify(proof, OPTIONS, **{"min_security": 3, **demand})
    assert not work


def test_the_least_length_is_one(proof):
    """Honest proofs are longer, with one query as well."""
    for queries in (1, 2, 40):
        found = List().prove(cs.Options(queries=queries, grinding=0))
        machine = List.machine({"first": 7}, cs.Options(queries=queries, grinding=0))
        layout = Layout(machine.proving_key.description, found.log_heights)
        assert least_bytes(layout) <= len(found) - len(found.claim)
    assert least_bytes(layout) > 500


def test_a_long_body_is_not_copied(proof):
    big = memoryview(bytearray(changed(proof, body=bytes(30 << 20))))
    objects = [big, cs.Proof.parse_header(big)]
    for given in objects:
        tracemalloc.start()
        try:
            with pytest.raises(cs.VerificationError, match="besides the claim, more than"):
                List.verify(given, OPTIONS, min_security=3)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 10 << 20


# ---- code of a workload that fails on a stranger's claim ----------------------------------------


def failing(error):
    def fail(*_):
        raise error

    return fail


ERRORS = [
    AttributeError("no x"), AssertionError(), RecursionError("too deep"), NotImplementedError(),
    StopIteration(), OSError("x"), KeyError("x"), MemoryError(), RuntimeError("x"), EOFError(),
    cs.AirError("x"), cs.TraceError("x"), cs.VerificationError("x"), Exception("x"),
]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_statement_raises_is_a_refusal(error, proof, monkeypatch):
    monkeypatch.setattr(List, "statement", failing(error))
    with pytest.raises(cs.VerificationError) as refused:
        List.verify(proof, OPTIONS, min_security=3)
    assert refused.value.reason is cs.Reason.STATEMENT
    if not isinstance(error, cs.CstarkError):
        assert type(error).__name__ in str(refused.value)
        with pytest.raises(cs.StatementError, match=type(error).__name__):
            List.read_statement(proof.claim)


class Recursive(cs.Air):
    columns = 1

    def constrain(self, t):
        self.constrain(t)


class Broken(cs.Air):
    columns = ("x",)

    def constrain(self, t):
        t.every_row.zero(t.now.x)
        return {}["missing"]


STATEMENTS = {
    "none": None,
    "a dict": {"listed": Listed()},
    "no tables": cs.Statement({}),
    "no mapping": cs.Statement(3),
    "no table": cs.Statement({"listed": 3}),
    "tokens": cs.Statement({"open": Open()}, tokens=3),
    "one token": cs.Statement({"open": Open()}, tokens=cs.Send("bus", [1])),
    "a token of no bus": cs.Statement({"open": Open()}, tokens=(cs.Send("bus", [1]),)),
    "publics": cs.Statement({"open": Open()}, {"open": [1]}),
    "publics of no table": cs.Statement({"open": Open()}, {"\x1b[2J": [1]}),
    "a public value": cs.Statement({"listed": Listed(), "open": Open()}, {"listed": [-1]}),
    "recursion": cs.Statement({"open": Recursive()}),
    "code that fails": cs.Statement({"open": Broken()}),
    "rows": cs.Statement({"listed": Listed(7), "open": Open()}, {"listed": [1]}),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_whatever_the_statement_is_the_proof_is_refused(name, proof, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(List, "statement", lambda claim: STATEMENTS[name])
    with pytest.raises(cs.VerificationError):
        List.verify(proof, OPTIONS, min_security=3)
    monkeypatch.setattr("cstark.machines.BUILT_IN", {"list": f"{__name__}:List"})
    path = tmp_path / "p.bin"
    path.write_bytes(proof.to_bytes())
    for words in (["verify", "list", path, "--min-security", "3"],
                  ["verify", "--pure", "list", path, "--min-security", "3"],
                  ["key", "list", path, "-o", tmp_path / "k.json"]):  # fmt: skip
        assert main([str(word) for word in words]) == 1
        err = capsys.readouterr().err
        assert "refused: " in err and "Traceback" not in err and "\x1b" not in err
    assert not (tmp_path / "k.json").exists()


def test_what_the_caller_got_wrong_is_no_refusal(proof):
    for wrong in ({"min_security": -1}, {"min_security": float("nan")}, {"regime": "list"},
                  {"heights": {"none": 8}}, {"claim": {"first": 1.5}}, {"nothing": 1}):  # fmt: skip
        with pytest.raises(cs.StatementError):
            List.verify(proof, OPTIONS, **wrong)
    with pytest.raises(cs.AirError, match=r"options must be cs\.Options"):
        List.verify(proof, 3)


def test_exits_and_interrupts_pass(proof, monkeypatch):
    for error in (SystemExit(0), KeyboardInterrupt()):
        monkeypatch.setattr(List, "statement", failing(error))
        with pytest.raises(type(error)):
            List.verify(proof, OPTIONS, min_security=3)


def test_commitments_are_what_is_counted():
    """The tests above count calls of this method: it is what makes a commitment."""
    assert "_commit" in ProvingKey.__dict__ and Commitment.__module__ in sys.modules
