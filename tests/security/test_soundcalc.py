"""Against https://github.com/ethereum/soundcalc.

``soundcalc.json`` holds what that tool gives for these parameter sets, at the commit named there,
from the TOML that `cstark.security.toml` writes: ``levels``, the whole bits that it reports, and
``bits``, its errors before rounding. ``tools/soundcalc`` makes the file.
"""

import importlib.machinery
import importlib.util
import json
import math
import tomllib
from pathlib import Path

import pytest

from cstark.security import (
    MAX_MULTIPLICITY,
    MIN_MULTIPLICITY,
    Shape,
    johnson,
    security_report,
    toml,
    unique,
)
from cstark.security.soundcalc import gap_to_radius, level_name
from cstark.security.terms import round_terms

FILE = json.loads((Path(__file__).parent / "soundcalc.json").read_text())
SETS = FILE["sets"]
every_set = pytest.mark.parametrize("case", SETS, ids=range(len(SETS)))


def regime_of(case, name):
    blowup = case["shape"]["blowup"]
    return unique(blowup) if name == "unique" else johnson(blowup, case["multiplicity"])


def terms(case, name, **mode):
    found = round_terms(
        Shape(**case["shape"]),
        regime_of(case, name),
        case["queries"],
        case["grinding"],
        case["grinding_elsewhere"],
        **mode,
    )
    return {level_name(term): bits for term, bits in found.items()}


@every_set
@pytest.mark.parametrize("name", ["unique", "list"])
def test_equal_in_its_own_mode(case, name):
    expected, ours = case["bits"][name], terms(case, name, as_soundcalc=True)
    assert ours == pytest.approx(expected, abs=1e-6)
    for term, bits in ours.items():
        if abs(bits - round(bits)) > 1e-6:
            assert math.floor(bits) == case["levels"][name][term]
    assert math.floor(min(ours.values()) + 1e-6) == case["levels"][name]["total"]


@every_set
@pytest.mark.parametrize("name", ["unique", "list"])
def test_never_above_it_in_strict_mode(case, name):
    strict, theirs = terms(case, name), case["bits"][name]
    assert all(bits <= theirs[term] + 1e-6 for term, bits in strict.items())
    assert min(strict.values()) <= min(theirs.values()) + 1e-6
    if name == "list" and case["shape"]["fractions"]:
        lists = regime_of(case, name).list_size
        assert strict["bus"] == pytest.approx(theirs["bus"] - math.log2(lists), abs=1e-6)


@every_set
def test_the_report_has_these_numbers(case):
    result = security_report(
        Shape(**case["shape"]),
        queries=case["queries"],
        grinding=case["grinding"],
        grinding_elsewhere=case["grinding_elsewhere"],
    )
    assert result.list_decoding.multiplicity == case["multiplicity"]
    for name, part in (("unique", result.unique_decoding), ("list", result.list_decoding)):
        assert part.bits <= min(128, min(case["bits"][name].values())) + 1e-6
    written = tomllib.loads(toml(result))
    (circuit,) = written["circuits"]
    assert circuit["num_queries"] == case["queries"]
    assert circuit["batch_size"] == case["shape"]["deep_terms"]
    assert circuit["fri_folding_factors"] == case["shape"]["fold_arities"]
    domain = circuit["trace_length"] * case["shape"]["blowup"]
    assert circuit["fri_early_stop_degree"] * math.prod(circuit["fri_folding_factors"]) == domain
    lookups = circuit.get("lookups", [])
    assert sum(lookup["rows_L"] for lookup in lookups) == case["shape"]["fractions"]


def test_the_sets_cover_what_there_is():
    shapes = [Shape(**case["shape"]) for case in SETS]
    assert {s.blowup for s in shapes} >= {2, 4, 8, 16, 64}
    assert {k for s in shapes for k in s.fold_arities} == {2, 4, 8}
    assert any(len(set(s.log_heights)) > 3 for s in shapes)
    assert any(joins for s in shapes for *_, joins in s.folds)
    assert {s.batching for s in shapes} == {"powers", "independent"}
    assert any(not s.fold_arities for s in shapes) and max(max(s.log_heights) for s in shapes) == 26
    assert {c["levels"]["list"]["total"] for c in SETS} >= {128} and len(SETS) > 40
    assert len(FILE["commit"]) == 40


@pytest.mark.parametrize("blowup", [2, 4, 8, 16, 32, 64])
def test_the_gap_gives_the_multiplicity(blowup):
    """In the tool's own floating point arithmetic, which goes there and back."""
    root = math.sqrt(1 / blowup)
    shape = Shape(log_heights=(10,), blowup=blowup, deep_terms=5, constraints=1, degree=2)
    for m in range(MIN_MULTIPLICITY, MAX_MULTIPLICITY + 1):
        radius = 1 - root - gap_to_radius(shape, m)
        assert max(math.ceil(root / (2 * (1 - root - radius))), 3) == m


def test_names_cannot_break_the_text():
    shape = Shape(log_heights=(10,), blowup=2, deep_terms=5, constraints=1, degree=2)
    text = toml(security_report(shape, queries=9), 'a"\\\n[x]')
    assert tomllib.loads(text)["circuits"][0]["name"] == "a___[x]"


def test_the_tool_makes_these_sets():
    """It needs a checkout of soundcalc to run; that it knows this package's names shows here."""
    path = Path(__file__).resolve().parents[2] / "tools" / "soundcalc"
    loader = importlib.machinery.SourceFileLoader("tools_soundcalc", str(path))
    spec = importlib.util.spec_from_loader("tools_soundcalc", loader)
    assert spec is not None
    tool = importlib.util.module_from_spec(spec)
    loader.exec_module(tool)
    made = list(tool.cases())
    assert len(made) == len(SETS)
    for (shape, queries, grinding, elsewhere), case in zip(made, SETS, strict=True):
        assert shape == Shape(**case["shape"])
        assert (queries, grinding, elsewhere) == (
            case["queries"], case["grinding"], case["grinding_elsewhere"],
        )  # fmt: skip
    shape, queries, grinding, elsewhere = made[0]
    report = tool.security_report(
        shape, queries=queries, grinding=grinding, grinding_elsewhere=elsewhere
    )
    assert tool.toml(report) == toml(report)
