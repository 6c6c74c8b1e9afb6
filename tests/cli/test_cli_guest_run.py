"""ELF files on the command line: run, prove, verify, key, check, inspect, security."""

from __future__ import annotations

import json
import re

import pytest

from cstark.cli.main import main
from tests.vm import encode, summing
from tests.vm.make_elf import Load, build, words


@pytest.fixture
def guest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guest.elf").write_bytes(summing.ELF)
    (tmp_path / "n.bin").write_bytes(summing.number(20))
    return tmp_path


def test_run_says_what_happened_and_what_a_proof_would_take(guest, capsys):
    assert main(["run", "guest.elf", "--input", "n.bin", "--profile", "--flame", "f.html"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("sum\n\n")
    assert "exit code     210" in shown and "a proof is expected to take" in shown
    assert re.search(r" on (1 thread|\d+ threads)$", shown, re.MULTILINE)
    assert main(["run", "guest.elf", "--input", "n.bin", "--threads", "1"]) == 0
    assert re.search(r" on 1 thread$", capsys.readouterr().out, re.MULTILINE)
    assert "own cells" in shown
    assert "total" in (guest / "f.html").read_text()


def test_run_prints_one_json_object(guest, capsys):
    words = ["run", "guest.elf", "--input", "n.bin", "--json", "--profile"]
    assert main([*words, "--folded", "f.txt", "--write-output", "out.bin"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == "210" and found["output"] == "d2" + "00" * 7
    assert found["rows"] == sum(found["families"].values()) == found["instructions"]
    assert found["estimate"]["proof_bytes"] > 100_000
    assert found["shards"] == 1
    timing = found["estimate"]["timing"]
    once = timing["once"]
    assert set(once) == {"start", "compile", "commit preprocessed", "first touch", "execute"}
    assert all(seconds >= 0 for seconds in once.values()) and once["start"] > 0
    assert timing["first_seconds"] == pytest.approx(timing["seconds"] + sum(once.values()))
    assert timing["seconds"] == pytest.approx(sum(timing["phases"].values()))
    assert {f["name"] for f in found["functions"]} == {"_start", "total"}
    assert (guest / "out.bin").read_bytes() == (210).to_bytes(8, "little")
    assert (guest / "f.txt").read_text().startswith("_start ")


def test_run_foretells_shards_and_their_seconds(guest, capsys, monkeypatch):
    """Where a run does not fit into one process."""
    from cstark.vm.shards import runs

    monkeypatch.setattr(runs, "DEFAULT_MEMORY", 260_000_000)
    (guest / "many.bin").write_bytes(summing.number(9000))
    words = ["run", "guest.elf", "--input", "many.bin", "--max-steps", "100000"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    found = re.search(r"  or +(\d+) shards, of 3 GiB at most, one after another: ([\d.]+) s", shown)
    assert found and int(found[1]) > 1
    assert main([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["shards"] == int(found[1])
    timing = data["shards_timing"]
    assert timing["once"]["cut"] == timing["once"]["execute"]
    assert timing["seconds"] > data["estimate"]["timing"]["seconds"]


def test_a_proof_goes_from_one_end_to_the_other(guest, capsys):
    assert main(["prove", "guest.elf", "--input", "n.bin", "-o", "proof.bin"]) == 0
    assert main(["verify", "guest.elf", "proof.bin", "--expect", "exit_code=210"]) == 0
    assert main(["key", "guest.elf", "proof.bin", "-o", "key.json"]) == 0
    assert main(["verify", "--key", "key.json", "proof.bin"]) == 0
    capsys.readouterr()
    assert main(["verify", "guest.elf", "proof.bin", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verified"] and found["claim"]["exit_code"] == "210"
    assert (found["exit_code"], found["output"]) == ("210", "d2" + "00" * 7)
    assert str(found["rows"]) == found["claim"]["rows"]
    assert main(["inspect", "proof.bin"]) == 0
    assert main(["verify", "guest.elf", "proof.bin", "--expect", "exit_code=0"]) == 1
    (guest / "other.elf").write_bytes(build([Load(0x1000, words(encode.j(0, 0)))], e_entry=0x1000))
    assert main(["verify", "other.elf", "proof.bin"]) == 1
    assert "another program" in capsys.readouterr().err


def test_check_and_security_take_an_elf_file(guest, capsys):
    assert main(["check", "guest.elf", "--input", "n.bin"]) == 0
    assert main(["security", "guest.elf", "--input", "n.bin", "--no-time"]) == 0
    assert "proven" in capsys.readouterr().out


def test_a_guest_that_is_stopped_exits_with_3(guest, capsys):
    bad = words(encode.i("lw", 10, 0, 8))
    (guest / "bad.elf").write_bytes(build([Load(0x1000, bad)], e_entry=0x1000))
    assert main(["run", "bad.elf"]) == 3
    assert "access outside memory, at 0x8: lw a0,8(zero) at pc 0x1000" in capsys.readouterr().err
    assert main(["prove", "bad.elf", "-o", "p.bin", "--json"]) == 3
    about = json.loads(capsys.readouterr().out)["about"]
    assert (about["kind"], about["pc"], about["address"]) == ("OUTSIDE_MEMORY", "4096", "8")
    assert not (guest / "p.bin").exists()
    assert main(["run", "guest.elf", "--input", "n.bin", "--max-steps", "10"]) == 3


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["run", "none.elf"], "program none.elf: No such file"),
        (["run", "n.bin"], "there is no workload 'n.bin'"),
        (["run", "fake.elf"], "not an ELF file"),
        (["run", "fib_pair"], "fib_pair is no program to run"),
        (["run", "guest.elf", "--input", "none"], "input none: No such file"),
        (["run", "guest.elf", "--max-steps", "0"], "max_steps is 0"),
        (["prove", "guest.elf", "-o", "p", "--max-log-height", "27"], "sound up to"),
    ],
)
def test_wrong_usage_is_2(guest, capsys, command, message):
    (guest / "fake.elf").write_bytes(b"#!/bin/sh\n")
    assert main(command) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "prove", "check"])
def test_a_source_is_no_program_yet(guest, capsys, command):
    (guest / "main.c").write_text("int main(void) { return 0; }")
    assert main([command, "main.c"]) == 2
    assert "main.c is a source; compile it first: cstark guest build main.c" in (
        capsys.readouterr().err
    )
    assert main([command, "other.c"]) == 2  # there is none
    assert "no workload 'other.c'" in capsys.readouterr().err
