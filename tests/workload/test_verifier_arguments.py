"""What a verifier brings himself: `argument(verifier=True)`, in Python and on the command line."""

from __future__ import annotations

import json

import pytest

import cstark as cs
from cstark.cli.main import main
from tests.workload.keeper import Keeper

NAME = "tests.workload.keeper:Keeper"


def test_a_proof_is_judged_by_what_the_verifier_holds():
    proof = Keeper(start=5, limit=20).prove()
    assert proof.options.max_log_height == 10  # the workload's default
    assert Keeper.verify(proof, limit=13) == {"last": 12}
    with pytest.raises(cs.VerificationError, match="not below the limit 12") as refused:
        Keeper.verify(proof, limit=12)
    assert refused.value.reason is cs.Reason.STATEMENT
    with pytest.raises(cs.StatementError, match="not below"):
        Keeper(start=5, limit=12).prove()
    assert Keeper(start=5, limit=20).check()


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({}, "the verifier needs limit"),
        ({"limit": "12"}, "limit is '12', expected int"),
        ({"limit": 7}, "limit is 7, but it is at least 8"),
        ({"limit": 12, "start": 0}, "a verifier brings no 'start'"),
        ({"limits": 12}, "brings no 'limits'; did you mean 'limit'"),
    ],
)
def test_what_the_caller_gets_wrong_is_no_fault_of_the_proof(held, message):
    for call in (Keeper.verify, Keeper.read_statement, Keeper.machine):
        argument = b"" if call == Keeper.verify else {"last": 7}
        with pytest.raises(cs.StatementError, match=message):
            call(argument, **held)


def test_many_proofs_are_found_again_with_what_they_hold(tmp_path):
    jobs = [Keeper(start=k, limit=20) for k in range(2)]
    first = list(cs.prove_many(jobs, folder=tmp_path))
    again = list(cs.prove_many(jobs, folder=tmp_path))
    assert [r.proof.to_bytes() for r in first] == [r.proof.to_bytes() for r in again]
    assert all(r.reused for r in again)


def test_the_command_line_asks_the_verifier_for_his_arguments_alone(tmp_path, capsys):
    proof, key = str(tmp_path / "proof.bin"), str(tmp_path / "key.json")
    assert main(["prove", NAME, "--start", "5", "--limit", "20", "-o", proof]) == 0
    assert main(["verify", NAME, proof, "--limit", "13"]) == 0
    capsys.readouterr()
    assert main(["verify", NAME, proof, "--limit", "12", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "STATEMENT"
    assert main(["verify", NAME, proof]) == 2
    assert "--limit" in capsys.readouterr().err
    assert main(["verify", NAME, proof, "--limit", "13", "--start", "5"]) == 2
    assert main(["key", NAME, proof, "--limit", "12", "-o", key]) == 1
    assert main(["key", NAME, proof, "--limit", "13", "-o", key]) == 0
    assert main(["verify", "--key", key, proof]) == 0
    assert main(["check", NAME, "--limit", "20"]) == 0
