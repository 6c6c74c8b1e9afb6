"""The comparison with other provers, from what their programs once printed: no cargo here."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from compare.errors import BenchError
from compare.machine import Load, describe
from peers import __main__ as program
from peers.arguments import parse
from peers.contests import CONTESTS, OURS, contests
from peers.programs import SOURCE, Programs, build
from peers.runs import KEYS, command, measure, read, run_once, variables
from peers.show import Comparison, Line
from peers.statements import Exchange, Pairs

import cstark as cs
from cstark.machines.fib_pair import FibonacciPairs, FibPair
from cstark.machines.lookup_bench import LookupBench

#: For each peer, the words its program was called with, and on the next line what it printed.
RECORDED = Path(__file__).with_name("recorded")
SMALL = Pairs(10, 4)
LOOKUPS = Exchange(4, Path("/nowhere"))
WITHOUT_LOOKUPS = ("keccak256", "blake3", "best")
QUIET = Load(0.1, 0.0, 0.0)
MACHINE = {**describe(), "processors": 2, "rustc": "rustc 1"}
PROGRAMS = Programs(Path("/nowhere"), "rustc 1")


def held():
    """The contests over the Fibonacci pairs."""
    made = contests(SMALL, LOOKUPS)
    return [made[name] for name in WITHOUT_LOOKUPS]


def every():
    return [one for contest in held() for one in contest.contenders]


def printed(contender, statement=SMALL):
    """What the contender's program printed for the words that `command` gives it."""
    lines = (RECORDED / f"{contender.prover}.txt").read_text().splitlines()
    wanted = "# " + " ".join(contender.words(statement, 2))
    return lines[lines.index(wanted) + 1]


def found(factor=1.0):
    """A stand-in for processes: recorded lines; cstark's own times divided by `factor`."""

    def run(contender):
        if contender.prover != OURS:
            return read(contender, printed(contender))
        peer = next(one for one in every() if one.prover != OURS)
        line = json.loads(printed(peer))
        facts = {"prover": OURS, "hash": contender.hash, "isa": "avx2"}
        times = {name: line[name] / factor for name in KEYS if name.endswith("seconds")}
        return {**line, **facts, **times}

    return run


def comparison(run, *, runs=3, threads=1, load=QUIET, notes=()):
    results = iter(measure(every(), runs, run, lambda line: None))
    pairs = [(one, [Line(who, next(results)) for who in one.contenders]) for one in held()]
    return Comparison(threads, "native", pairs, list(notes), load, MACHINE)


# --- what is compared -------------------------------------------------------------------------


def test_arguments_as_documented():
    chosen = parse([])
    assert (chosen.pairs, chosen.threads, chosen.runs) == (Pairs(19, 32), 1, 5)
    assert str(chosen.pairs) == "Fibonacci pairs, 2^19 rows x 32 columns"
    assert chosen.exchange.scale == 0 and "2^18, 2^16, 2^15, 2^12 rows" in str(chosen.exchange)
    assert chosen.only == tuple(CONTESTS) and chosen.target_cpu == "native"
    assert parse(["--only", "best", "--columns", "6"]).only == ("best",)


@pytest.mark.parametrize(
    "words",
    [
        "--columns 5",
        "--log-rows 2",
        "--log-rows 25",
        "--runs 0",
        "--only x",
        "--target-cpu ../x",
        "--scale 10",
    ],
)
def test_wrong_usage_is_refused(words, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(words.split())
    assert stop.value.code == 2
    assert words.split()[0] in capsys.readouterr().err


@pytest.mark.parametrize("size", [SMALL, Pairs(16, 32)], ids=str)
@pytest.mark.parametrize("scale", [0, 4])
def test_the_estimator_sees_the_machine_that_is_proved(size, scale):
    proved = {
        Pairs: {"fib": FibonacciPairs(1 << size.log_rows, size.columns // 2)},
        Exchange: LookupBench.statement({"scale": scale}).tables,
    }
    for name, contest in contests(size, Exchange(scale, Path("/nowhere"))).items():
        ours, tables = contest.contenders[0], proved[type(contest.statement)]
        assert ours.prover == OURS
        machine = cs.Machine(tables, ours.options)
        actual = machine.security({name: air.rows for name, air in tables.items()})
        assert actual.shape == ours.security(contest.statement).shape
        assert actual.bits == ours.security(contest.statement).bits
        if name.endswith("best"):
            assert cs.Machine(tables, cs.Options()).resolved == machine.resolved


def test_contenders_of_a_contest_are_equally_strong():
    for name, contest in contests(Pairs(19, 32), Exchange(0, Path("/nowhere"))).items():
        bits = [contender.security(contest.statement).bits for contender in contest.contenders]
        assert max(bits) - min(bits) < 0.5, name
        for contender in contest.contenders if name.endswith("best") else ():
            assert contender.security(contest.statement).bits >= 128
            queries = contender.parameters.queries - 1
            weaker = replace(contender, parameters=replace(contender.parameters, queries=queries))
            assert weaker.security(contest.statement).bits < 128


def test_who_cannot_take_part_is_left_out_and_named():
    chosen, notes = program.choose(parse(["--columns", "256"]))
    assert [contest.title for contest in chosen] == [
        CONTESTS[name] for name in CONTESTS if name != "blake3"
    ]
    assert not any(one.prover == "winterfell" for contest in chosen for one in contest.contenders)
    assert len(notes) == 2 and "256 columns" in notes[0]
    assert notes[1] == "winterfell has no lookups"
    chosen, notes = program.choose(parse(["--log-rows", "7", "--scale", "5"]))
    assert [contest.title for contest in chosen] == [
        CONTESTS[name] for name in CONTESTS if name != "lookups-best"
    ]
    assert notes[0].startswith("plonky3 is left out: its final polynomial of 128 coefficients")
    assert all(one.prover != "plonky3" for one in chosen[2].contenders)
    with pytest.raises(BenchError, match="winterfell is left out"):
        program.choose(parse(["--columns", "256", "--only", "blake3"]))


# --- processes --------------------------------------------------------------------------------


def test_contenders_take_turns_and_rounds_turn_around():
    order = []

    def run(contender):
        order.append(contender)
        return found()(contender)

    results = measure(every(), 2, run, lambda line: None)
    assert order == every() + every()[::-1]
    assert [len(runs) for runs in results] == [2] * len(every())


def test_proofs_of_different_things_are_not_compared():
    def run(contender):
        line = found()(contender)
        return {**line, "result": line["result"][::-1]} if contender.prover != OURS else line

    with pytest.raises(BenchError, match="plonky3 and cstark differ in result"):
        measure(every(), 1, run, lambda line: None)


def test_the_programs_prove_what_the_workload_claims():
    result = FibPair(log_rows=10, sequences=2).prepare().claim["result"]
    for contender in every():
        if contender.prover != OURS:
            line = read(contender, printed(contender))
            assert line["result"] == [pair[side] for side in (0, 1) for pair in result]
            assert set(line) == set(KEYS)


def test_the_programs_know_every_word_they_are_given():
    source = (SOURCE / "harness/src/request.rs").read_text()
    known = {*re.findall(r'"(\w+)" =>', source), *re.findall(r'name == "(\w+)"', source)}
    given = set()
    for statement in (SMALL, LOOKUPS):
        for contender in every():
            words = [word.partition("=")[0] for word in contender.words(statement, 2)]
            assert set(words) <= known and len(words) == len(set(words))
            given |= set(words)
    assert given == known


def test_our_side_prints_the_same_things():
    ours, plonky3, *_ = contests(SMALL, LOOKUPS)["best"].contenders
    words = command(ours, SMALL, 1, 1, PROGRAMS)
    line = run_once(ours, words, variables(1))
    assert set(line) == set(KEYS)
    peer = json.loads(printed(plonky3))
    same = ("rows", "columns", "threads", "result")
    assert [line[name] for name in same] == [peer[name] for name in same]
    assert line["prove_seconds"] > 0 and line["own_bits"]["list"] == 128
    assert line["proof_bytes"] > 10_000 and line["peak_bytes"] > 1_000_000


def test_what_cannot_be_read_is_named():
    plonky3, winterfell = every()[1], every()[3]
    with pytest.raises(BenchError, match="plonky3 printed no JSON object: 'oh no'"):
        read(plonky3, "oh no")
    line = json.loads(printed(plonky3))
    del line["verify_seconds"]
    with pytest.raises(BenchError, match="plonky3 did not print verify_seconds"):
        read(plonky3, json.dumps(line))
    with pytest.raises(BenchError, match="winterfell with blake3 was started, plonky3 with"):
        read(winterfell, printed(plonky3))
    with pytest.raises(BenchError, match="plonky3 ended with exit code 3\nnever"):
        run_once(plonky3, ["sh", "-c", "echo never >&2; exit 3"], variables(1))


# --- the build --------------------------------------------------------------------------------


def test_without_cargo_it_says_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program.main(["--log-rows", "8"]) == 2
    said = capsys.readouterr()
    assert "error: no cargo: comparing with Plonky3 and winterfell needs Rust" in said.err
    assert said.out == ""


def fake_cargo(monkeypatch, folder, script):
    path = folder / "cargo"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (folder / "rustc").write_text("#!/bin/sh\necho rustc 1.99.0\n")
    (folder / "rustc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("threads", "kind", "features"), [(1, "serial", ""), (2, "parallel", " --features parallel")]
)
def test_cargo_builds_under_the_folder_with_our_flags(
    monkeypatch, tmp_path, threads, kind, features
):
    log = tmp_path / "log"
    fake_cargo(monkeypatch, tmp_path, f'echo "$PWD $CARGO_TARGET_DIR $RUSTFLAGS: $*" > {log}')
    monkeypatch.setenv("RUSTFLAGS", "-C opt-level=0")
    programs = build(tmp_path / "b", "x86-64-v3", threads, lambda line: None)
    target = tmp_path / "b" / f"{kind}-x86-64-v3"
    flags = "-C target-cpu=x86-64-v3: build --release --locked --quiet --workspace"
    assert log.read_text() == f"{SOURCE} {target} {flags}{features}\n"
    assert programs.of("plonky3") == target / "release" / "peer-plonky3"
    assert programs.compiler == "rustc 1.99.0"


def test_a_build_that_fails_says_how(monkeypatch, tmp_path):
    fake_cargo(monkeypatch, tmp_path, "echo error: no such crate >&2; exit 101")
    with pytest.raises(BenchError, match="do not build\nerror: no such crate"):
        build(tmp_path / "b", "native", 1, lambda line: None)


def test_the_lock_file_has_what_the_manifests_ask_for():
    lock = (SOURCE / "Cargo.lock").read_text()
    for manifest in SOURCE.glob("*/Cargo.toml"):
        text = manifest.read_text().partition("[dependencies]\n")[2]
        for name, version in re.findall(r'^([\w-]+) = "([\d.]+)"$', text, re.M):
            assert f'name = "{name}"\nversion = "{version}' in lock, name


# --- the table --------------------------------------------------------------------------------


def test_ratios_are_times_by_those_of_cstark():
    made = comparison(found(factor=2.0))
    lines = made.contests[0][1]  # cstark stands in for that very line, twice as fast
    assert made.ratio(lines, 0) is None
    assert made.ratio(lines, 1).value == pytest.approx(2.0)
    assert made.judged == "prove_cpu_seconds"
    assert comparison(found(), threads=1).warnings == []


def test_threads_are_judged_by_the_wall_clock():
    def run(contender):
        line = found()(contender)
        return {**line, "threads": 2, "prove_cpu_seconds": 2 * line["prove_seconds"]}

    made = comparison(run, threads=2)
    assert made.judged == "prove_seconds"
    assert "2 threads (medians of 3)" in made.markdown()
    assert "ratio: seconds of the line" in made.markdown()


def test_markdown_has_a_line_a_contender():
    text = comparison(found(factor=2.0)).markdown()
    for contest in held():
        assert contest.title in text
    rows = [line for line in text.splitlines() if re.match(r"\| (cstark|plonky3|winterfell)", line)]
    assert len(rows) == len(every())
    assert "plonky3, 4-ary trees" in text
    assert rows[0].split(" | ")[6] == "1" and rows[1].split(" | ")[6].startswith("2.000 [")
    line = json.loads(printed(every()[1]))
    assert f"{line['proof_bytes']:,} B" in rows[1]
    assert f"plonky3 {line['version']}" in text.split("versions: ")[1]


def test_busy_machines_and_scattered_times_are_warned_about():
    seconds = iter([1.0, 1.0, 1.3] * len(every()))

    def run(contender):
        return {**found()(contender), "prove_cpu_seconds": next(seconds)}

    made = comparison(run, load=Load(2.0, 0.4, 0.0), notes=["left out"])
    assert made.warnings[0] == "left out"
    assert any("spread by" in line for line in made.warnings)
    assert any("other processes used 40%" in line for line in made.warnings)


def test_data_has_every_run_and_is_json():
    data = json.loads(json.dumps(comparison(found(factor=2.0)).to_dict()))
    lines = [line for contest in data["contests"] for line in contest["lines"]]
    assert len(lines) == len(every()) and all(len(line["runs"]) == 3 for line in lines)
    assert lines[0]["ratio"] is None and lines[1]["ratio"]["value"] == pytest.approx(2.0)
    assert lines[-1]["security"]["bits"] >= 128
