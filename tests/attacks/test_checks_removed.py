"""The scripts that take checks out of the verifier, run as they are from the command line."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks import mutations_of_source as mutations
from tests.attacks import source_mutants

HERE = Path(__file__).resolve().parent


def test_every_check_is_noticed_when_it_is_taken_out():
    done = subprocess.run(
        [sys.executable, str(HERE / "remove_checks.py"), "--quick"],
        cwd=HERE.parent.parent, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks, 0 loose" in done.stdout


def run_mutants(*arguments):
    """Exit code and output of the script."""
    done = subprocess.run(
        [sys.executable, str(HERE / "source_mutants.py"), *arguments],
        cwd=HERE.parent.parent, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(
    "CSTARK_SANITIZE" in os.environ,
    reason="a sanitizer reserves more addresses than the limit on what a mutant may take",
)
def test_a_mutant_is_noticed():
    texts = mutations.sites("admission")
    [bus_sum] = [t for t in texts if t.startswith("delete") and "'bus sum'" in t]
    code, said = run_mutants("admission", "--only", bus_sum)
    assert code == 0 and "1 mutants, 0 survive" in said
    assert "::test_" in said
    assert len(texts) > 30


@pytest.mark.parametrize("module", source_mutants.MODULES)
def test_every_mutant_is_another_program(module):
    """Each place is one that the mutation changes, and each has a text of its own."""
    texts = mutations.sites(module)
    assert len(set(texts)) == len(texts)
    original = ast.unparse(mutations.parsed(module))
    for number in range(len(texts)):
        tree = mutations.Sites(number).visit(mutations.parsed(module))
        assert ast.unparse(ast.fix_missing_locations(tree)) != original
    known = {text for where, text in source_mutants.EQUIVALENT if where == module}
    assert known <= set(texts), "an explained mutant that is no more"


@pytest.mark.nightly
@pytest.mark.parametrize("module", ["verifier", "pure.verify"])
def test_the_original_is_not_noticed(module):
    """The instrument itself: without a mutation all its tests pass."""
    code, said = run_mutants(module, "--original")
    assert code == 1 and "SURVIVES" in said


@pytest.mark.nightly
@pytest.mark.parametrize("module", source_mutants.MODULES)
def test_no_mutant_of_the_source_survives(module):
    code, said = run_mutants(module, "--jobs", "2")
    assert code == 0, said
