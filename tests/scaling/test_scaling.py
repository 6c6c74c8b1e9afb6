"""Speed-up by threads: what is fitted, drawn and said, from made-up runs and from a small one."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest
from compare.errors import BenchError
from scaling import __main__ as program
from scaling.arguments import COUNTS, WORKLOADS, parse
from scaling.bandwidth import copy_rate
from scaling.model import Model, Part, fit, fit_part
from scaling.plot import LEFT, TOP, Curve, svg
from scaling.sample import REST, measure

#: Two phases: seconds that one thread does, seconds that all share, bytes.
TRUTH = {"commit main/extend": Part(0.25, 8.0, 4_000_000_000), "queries": Part(0.5, 0.0, 0)}


def made_up(subject, threads, hash):
    """What `sample` would print on a machine that scales as TRUTH says."""
    phases = {name: part.seconds(threads) for name, part in TRUTH.items()}
    return {
        "threads": threads,
        "isa": "avx2",
        "seconds": sum(phases.values()),
        "cpu_seconds": 8.75,
        "phases": phases,
        "bytes": {name: part.bytes for name, part in TRUTH.items()},
    }


@pytest.fixture(autouse=True)
def known_memory(monkeypatch):
    """Four GB/s, without copying anything."""
    monkeypatch.setattr(program, "copy_rate", lambda threads: 4e9)


def scaled(words, cores):
    return program.hold(parse(words), made_up, cores)


# --- the model --------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(1, 2), (1, 2, 4), (1, 3, 16)])
def test_serial_and_shared_parts_are_found_again(counts):
    for part in TRUTH.values():
        found = fit_part({n: part.seconds(n) for n in counts}, part.bytes)
        assert found.serial == pytest.approx(part.serial)
        assert found.shared == pytest.approx(part.shared, abs=1e-12)
        assert found.bytes == part.bytes


def test_no_part_is_below_zero():
    assert fit_part({1: 1.0, 2: 1.5, 4: 2.0}) == Part(1.5, 0.0)  # threads are in each other's way
    faster = fit_part({1: 8.0, 2: 3.0})  # more than twice as fast: caches
    assert faster.serial == 0 and 7 < faster.shared < 8
    assert fit_part({1: -1e-6, 2: 0.0}) == Part(0.0, 0.0)  # the rest of a sum


def test_one_number_of_threads_tells_nothing_of_serial_parts():
    assert fit_part({1: 3.0}) == Part(0.0, 3.0)
    text = scaled(["--only", "pairs"], cores=1).markdown()
    assert "one number of threads tells nothing of serial parts" in text


def test_memory_bounds_the_lower_curve_alone():
    model = Model(TRUTH, bandwidth=4e9)  # the first phase takes a second at least
    assert model.seconds(1) == 8.75 and model.serial == pytest.approx(0.75 / 8.75)
    assert model.speedup(16) == pytest.approx(8.75 / (0.25 + 0.5 + 0.5))
    assert model.speedup(16, bounded=True) == pytest.approx(8.75 / (1.0 + 0.5))
    assert model.speedup(1, bounded=True) == 1
    assert Part(0.0, 1.0, 100).seconds(4, math.inf) == 0.25
    assert model.slowest(16, 1) == ["commit main/extend"]


def test_phases_that_only_some_thread_counts_have_count_as_nothing_elsewhere():
    model = fit({1: {"a": 2.0, "b": 1.0}, 2: {"a": 1.0}}, {"a": 7}, 1e9)
    assert model.parts["a"] == Part(0.0, 2.0, 7)
    assert model.parts["b"].serial == 0


# --- what is measured, and what is modelled ---------------------------------------------------


def test_counts_with_processors_are_measured_and_the_others_modelled():
    counted = Counter()

    def counting(subject, threads, hash):
        counted[subject.name, threads] += 1
        return made_up(subject, threads, hash)

    made = program.hold(parse(["--runs", "2"]), counting, 6)
    assert counted == {(name, n): 2 for name in WORKLOADS for n in (1, 2, 3, 4, 6)}
    for result in made.results:
        curve = result.curve(16)
        assert [n for n, _ in curve.measured] == [1, 2, 3, 4, 6]
        assert [n for n, *_ in curve.modelled] == [6, 8, 12, 16]
        for n, speedup in curve.measured:
            assert speedup == pytest.approx(Model(TRUTH, math.inf).speedup(n))
        for n, lower, upper in curve.modelled:
            assert lower <= upper == pytest.approx(Model(TRUTH, math.inf).speedup(n))


def test_where_there_are_enough_processors_nothing_is_modelled_in_the_picture():
    made = scaled([], cores=16)
    assert all(result.curve(16).modelled == [] for result in made.results)


def test_the_table_says_what_is_a_model():
    text = scaled(["--only", "pairs", "--up-to", "8"], cores=2).markdown()
    assert "fib_pair, 2^21 rows x 32 columns (medians of 3)" in text
    rows = {line.split(" | ")[0]: line for line in text.splitlines() if re.match(r"\| \d", line)}
    assert list(rows) == ["| 1", "| 2", "| 3", "| 4", "| 6", "| 8"]
    assert "| 1.84 |" in rows["| 2"]  # 8.75 / 4.75
    assert "|  |  |  |" in rows["| 3"]  # no time where none was measured
    assert rows["| 8"].endswith(" | 5.00 |")  # 8.75 / 1.75
    assert "not a measurement" in text
    assert "8.6% of one thread's time is serial by the model" in text
    assert "on 8 threads it goes to commit main/extend 71%, queries 29%" in text


def test_a_statement_that_varies_is_warned_about():
    times = iter([1.0, 1.0, 1.5, 1.5, 1.0, 1.0])

    def varying(subject, threads, hash):
        return {**made_up(subject, threads, hash), "seconds": next(times)}

    made = program.hold(parse(["--only", "vm"]), varying, 2)
    assert any("with 1 thread spread by 50%" in line for line in made.warnings)


def test_data_has_every_run_and_is_json():
    data = json.loads(json.dumps(scaled([], cores=2).to_dict()))
    assert [len(result["runs"]["2"]) for result in data["results"]] == [3, 3]
    assert set(data["results"][0]["model"]["speedup"]) == {str(n) for n in COUNTS if n <= 16}
    assert data["results"][0]["model"]["is"].startswith("a model")


# --- the picture ------------------------------------------------------------------------------


def test_the_picture_has_the_points_where_they_belong():
    curve = Curve("a <b>", [(1, 1.0), (2, 1.5)], [(2, 1.5, 1.5), (3, 1.8, 2.2)])
    root = ElementTree.fromstring(svg([curve], 3, "threads & times"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == "threads & times"
    lines = [item.get("points") for item in root.iter(f"{space}polyline")]
    corner, end = lines[0].split()
    left, bottom = map(float, corner.split(","))
    right, top = map(float, end.split(","))
    assert (left, top) == (LEFT, TOP)
    middle = lines[-1].split()[-1]  # 2 of 1 to 3 threads, half a step up
    assert middle == f"{(left + right) / 2:.1f},{bottom - (bottom - top) / 4:.1f}"
    assert len(list(root.iter(f"{space}polygon"))) == 1
    assert any(item.text == "a <b>" for item in root.iter(f"{space}text"))


def test_main_writes_the_picture_and_prints_the_table(monkeypatch, tmp_path, capsys):
    made = scaled(["--only", "vm"], cores=4)
    monkeypatch.setattr(program, "hold", lambda arguments: made)
    target = tmp_path / "new" / "speed.svg"
    assert program.main(["--svg", str(target), "--only", "vm"]) == 0
    assert ElementTree.parse(target).getroot().tag.endswith("svg")
    assert "RISC-V run of 4,000,000 steps" in capsys.readouterr().out


# --- the runs themselves ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "size"), [("pairs", (10, 4)), ("vm", (500,))])
def test_phases_add_up_to_the_proof(name, size):
    found = measure({"name": name, "size": size, "threads": 1, "hash": "blake3"})
    assert sum(found["phases"].values()) == pytest.approx(found["seconds"])
    assert found["seconds"] > 0 and found["cpu_seconds"] > 0 and found["threads"] == 1
    assert {"commit main/extend", "DEEP", REST} <= set(found["phases"])
    assert set(found["bytes"]) <= set(found["phases"])  # a phase of another name has no bytes
    assert found["bytes"]["DEEP"] > 0


def test_a_process_that_fails_is_named(monkeypatch, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no memory')")
    monkeypatch.setattr(program, "SCRIPT", script)
    with pytest.raises(BenchError, match="steps, threads: 2: exit code 1\nno memory"):
        program.sampled(parse(["--only", "vm"]).subjects[0], 2, "blake3")


def test_copies_have_a_rate():
    assert copy_rate(2, piece=1 << 16) > 1e6


@pytest.mark.parametrize("words", ["--columns 3", "--steps 3", "--up-to 0", "--only x", "--runs 0"])
def test_wrong_usage_of_scaling_is_refused(words, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(words.split())
    assert stop.value.code == 2
    assert words.split()[0] in capsys.readouterr().err
