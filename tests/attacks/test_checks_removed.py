"""The scripts that take checks out of the verifier, run as they are from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks import source_mutants

HERE = Path(__file__).resolve().parent
NOWHERE = 10**6


def test_every_check_is_noticed_when_it_is_taken_out():
    done = subprocess.run(
        [sys.executable, str(HERE / "remove_checks.py"), "--quick"],
        cwd=HERE.parent.parent, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks, 0 loose" in done.stdout


def test_a_mutant_is_noticed():
    texts = source_mutants.sites("verifier")
    bus_sum = next(k for k, t in enumerate(texts) if t.startswith("delete") and "'bus sum'" in t)
    assert not source_mutants.survives("verifier", bus_sum)
    assert len(texts) > 30


@pytest.mark.nightly
def test_the_original_is_not_noticed():
    """The instrument itself: without a mutation all its tests pass."""
    assert source_mutants.survives("verifier", NOWHERE)


@pytest.mark.nightly
@pytest.mark.parametrize("module", source_mutants.MODULES)
def test_no_mutant_of_the_source_survives(module):
    alive = [
        text
        for where, text in source_mutants.survivors([module], 2)
        if (where, text) not in source_mutants.EQUIVALENT
    ]
    assert alive == []
