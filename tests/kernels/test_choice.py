"""Which instruction set is taken, and what is said of one that cannot be."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import cstark as cs
from cstark.kernels import _runtime, choice, sources

ROOT = Path(__file__).resolve().parent.parent.parent


def first_use(isa: str) -> str:
    code = (
        "import cstark as cs\n"
        "try:\n"
        "    print(cs.get_num_threads() and cs.runtime.config()['isa'])\n"
        "except cs.CstarkError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, "CSTARK_ISA": isa},
    )  # fmt: skip
    return done.stdout.strip()


def test_the_widest_set_that_runs_is_taken():
    assert choice.best(("portable", "avx2")) == "avx2"
    assert choice.best(tuple(sources.ISAS)) == "avx512"
    assert first_use("") == _runtime.isas()[-1]


def test_sixteen_lanes_hash_where_they_were_quicker():
    assert not choice.prefers_sha("avx512", "GenuineIntel")
    assert choice.prefers_sha("avx512", "AuthenticAMD")
    assert choice.prefers_sha("avx512vl", "GenuineIntel")
    assert choice.prefers_sha("avx2", "GenuineIntel")


def test_sha_instructions_are_a_choice_beside_the_set():
    before = _runtime.isa()
    try:
        for isa in _runtime.isas():
            _runtime.set_isa(isa, sha=False)
            assert not _runtime.sha()
            _runtime.set_isa(isa, sha=True)
            asked = _runtime.sha()
            _runtime.set_isa(isa)
            wanted = choice.prefers_sha(isa, _runtime.processor()[0])
            assert _runtime.sha() == (asked and wanted)
            assert isa != "portable" or not asked
    finally:
        _runtime.set_isa(before)


def test_the_sets_of_this_build_in_the_order_of_the_list():
    known = tuple(sources.ISAS)
    built, running = _runtime.built(), _runtime.isas()
    assert built == known[: len(built)] and built[0] == "portable"
    assert running == tuple(isa for isa in built if isa in running)
    if platform.machine() in ("x86_64", "AMD64"):
        assert "avx2" in built and len(_runtime.processor()[0]) == 12
    config = cs.runtime.config()
    assert config["isa"] in config["isas"] == list(running)
    assert config["sha256"] in ("lanes", "SHA instructions")


@pytest.mark.parametrize(
    ("wanted", "built", "reason"),
    [
        ("avx512", ("portable", "avx2", "avx512vl", "avx512"), "this processor cannot run it"),
        ("avx512", ("portable", "avx2"), "it was left out when cstark was built"),
        ("avx1024", ("portable", "avx2"), "the instruction sets available here are portable, avx2"),
    ],
)
def test_why_a_set_cannot_be_used(wanted, built, reason):
    said = choice.refusal(wanted, ("portable", "avx2"), built, tuple(sources.ISAS))
    assert said.startswith(reason)
    assert said.endswith("leave it empty for the best")


@pytest.mark.parametrize("isa", sources.ISAS)
def test_each_set_runs_or_says_why_not(isa):
    said = first_use(isa)
    if isa in _runtime.isas():
        assert said == isa
    elif isa in _runtime.built():
        assert f"CSTARK_ISA='{isa}': this processor cannot run it" in said
    else:
        assert f"CSTARK_ISA='{isa}': it was left out when cstark was built" in said
