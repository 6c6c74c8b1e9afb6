"""Proofs in shards on the command line: prove, verify, key."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from cstark import vm
from cstark.cli.main import main
from tests.vm import summing

PROVE = ["prove", "guest.elf", "--input", "n.bin", "--max-steps", "100000", "--queries", "4",
         "--grinding", "0"]  # fmt: skip
SHARDS = ["--shards", "--memory", "260M"]
WEAK = ["--min-security", "0"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    (folder / "guest.elf").write_bytes(summing.ELF)
    (folder / "n.bin").write_bytes(summing.number(9000))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main([*PROVE, *SHARDS, "-o", "proof.bin", "--folder", "kept"]) == 0
    return folder


@pytest.fixture
def here(made, monkeypatch, capsys):
    monkeypatch.chdir(made)
    capsys.readouterr()
    return made


def test_a_proof_in_shards_goes_from_one_end_to_the_other(here, capsys):
    assert main(["verify", "guest.elf", "proof.bin", *WEAK]) == 0
    shown = capsys.readouterr().out
    assert "verified: proof.bin proves, by guest.elf" in shown and " shards" in shown
    assert "hidden       nothing" in shown and "shards together (the query term of" in shown
    assert main(["verify", "guest.elf", "proof.bin", *WEAK, "--json", "--pure"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verified"] and found["exit_code"] == str(9000 * 9001 // 2)
    assert found["shards"] > 1 and 1 < found["security_bits"] < 3
    assert main(["key", "guest.elf", "proof.bin", "-o", "key.json"]) == 0
    assert main(["verify", "--key", "key.json", "proof.bin", *WEAK]) == 0
    assert main(["verify", "--key", "key.json", "proof.bin", *WEAK, "--pure"]) == 0


def test_inspect_shows_every_shard(here, capsys):
    assert main(["inspect", "proof.bin"]) == 0
    shown = capsys.readouterr().out
    assert "tables of shard 1 " in shown and "tables of shard 2 " in shown
    assert main(["inspect", "proof.bin", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["log_heights"]) > 1 and found["claim"]["exit_code"]


def test_what_is_refused_is_refused(here, capsys):
    assert main(["verify", "guest.elf", "proof.bin"]) == 1  # 4 queries are too few
    assert main(["verify", "guest.elf", "proof.bin", *WEAK, "--expect", "exit_code=1"]) == 1
    data = bytearray((here / "proof.bin").read_bytes())
    data[-100] ^= 1
    (here / "bad.bin").write_bytes(data)
    assert main(["verify", "guest.elf", "bad.bin", *WEAK]) == 1
    assert main(["verify", "guest.elf", "bad.bin", *WEAK, "--pure"]) == 1
    (here / "short.bin").write_bytes(data[:200])
    assert main(["verify", "guest.elf", "short.bin", *WEAK]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_the_folder_has_what_is_finished(here, capsys):
    """The same command again proves nothing anew, and gives the same bytes."""
    assert any((here / "kept").iterdir())
    assert main([*PROVE, *SHARDS, "-o", "again.bin", "--folder", "kept", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["shards"] == len(found["report"]["shards"]) > 1
    assert {shard["worker"] for shard in found["report"]["shards"]} == {"found in the folder"}
    assert (here / "again.bin").read_bytes() == (here / "proof.bin").read_bytes()


def test_shards_that_hide(here, capsys):
    """What is printed does not say how many operations were executed, and nor does the file."""
    made = [*PROVE, "--zk", "--shards", "--memory", "400M", "-o", "hidden.bin"]
    made += ["--folder", "secret"]
    assert main(made) == 0
    shown = capsys.readouterr().out
    assert "exit_code" in shown and "\n  rows" not in shown
    assert not (here / "secret" / "secret").exists()
    assert main(["verify", "guest.elf", "hidden.bin", *WEAK, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verified"] and found["exit_code"] == str(9000 * 9001 // 2)
    assert main(["verify", "guest.elf", "hidden.bin", *WEAK, "--pure"]) == 0
    assert main(["key", "guest.elf", "hidden.bin", "-o", "hidden.json"]) == 0
    assert main(["verify", "--key", "hidden.json", "hidden.bin", *WEAK, "--pure"]) == 0
    assert "hidden       the traces, but for their heights" in capsys.readouterr().out
    assert main(["verify", "--key", "hidden.json", "proof.bin", *WEAK]) == 1
    capsys.readouterr()
    assert main([*made, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "rows" not in found["claim"] and found["options"]["zk"]
    assert main(["inspect", "hidden.bin"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--memory", "1G"], "--memory is for proofs in shards: add --shards"),
        (["--workers", "2"], "--workers is for proofs in shards: add --shards"),
        (["--folder", "f"], "--folder is for proofs in shards: add --shards"),
        ([*SHARDS, "--workers", "0"], "must be from 1 to 1024"),
        ([*SHARDS, "--profile"], "--profile is for proofs that are not in shards"),
        ([*SHARDS, "--folder", "n.bin"], "--folder n.bin is no directory"),
        ([*SHARDS, "--folder", ""], "--folder is empty"),
        (["--shards", "--memory", "20M"], "too few"),
        ([*SHARDS, "--pad-to", "none=64"], "pad_to: the machine has no table 'none'"),
        ([*SHARDS, "--pad-to", "li=9"], "pad_to of table 'li': 9 rows"),
    ],
)
def test_wrong_usage_of_shards(here, capsys, words, message):
    try:
        code = main([*PROVE, "-o", "other.bin", *words])
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert message in capsys.readouterr().err
    assert not (here / "other.bin").exists()


def test_other_workloads_are_not_cut(here, capsys):
    assert main(["prove", "fib_pair", "-o", "other.bin", "--shards"]) == 2
    assert "runs of ELF files" in capsys.readouterr().err
    for words in (["--trace"], ["--expect-height", "li=8"]):
        assert main(["verify", "guest.elf", "proof.bin", *WEAK, *words]) == 2


def test_a_folder_is_tried_before_the_run(here, capsys, monkeypatch):
    monkeypatch.setattr(vm.Program, "run", None)
    for folder in ("n.bin/kept", "/proc/kept", "a\0b", "n" * 300):
        assert main([*PROVE, *SHARDS, "-o", "other.bin", "--folder", folder]) == 2
        assert "cannot be used: " in capsys.readouterr().err


def test_a_process_that_is_ended(here, capsys, monkeypatch):
    """What the pool says of it is no mistake of the command, and shows no lines of its code."""

    class Broken(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            raise BrokenProcessPool("A process in the process pool was terminated abruptly")

    monkeypatch.setattr("cstark.cli.shards._workers", lambda count: Broken())
    made = [*PROVE, *SHARDS, "-o", "other.bin"]
    for words, again in (([], "--folder keeps what is done"), (["--folder", "b"], "same command")):
        assert main([*made, *words]) == 3
        shown = capsys.readouterr().err
        assert "a process that was proving a shard has been ended" in shown and again in shown
        assert "Traceback" not in shown and not (here / "other.bin").exists()


def test_a_full_disk(here, capsys, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cstark.files.os.fsync", full)
    assert main([*PROVE, *SHARDS, "-o", "other.bin", "--folder", "full"]) == 2
    shown = capsys.readouterr().err
    assert shown.rstrip().endswith("full/statement: No space left on device")
    assert "Traceback" not in shown
