"""Idle threads sleep soon, unless the user has said how they shall wait."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cstark.kernels import _runtime
from cstark.kernels.waiting import SPINS, short_waits

SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def shown(**variables: str) -> tuple[str | None, str]:
    """What GCC's OpenMP says of its waiting loop, and the environment that is left."""
    code = f"import os, cstark.kernels._field; print([os.environ.get(x) for x in {SETTINGS}])"
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "OMP_DISPLAY_ENV": "verbose", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split("'") for line in done.stderr.splitlines() if "GOMP_SPINCOUNT" in line]
    return (lines[0][1] if lines else None), done.stdout.strip()


needs_gcc = pytest.mark.skipif(
    _runtime.openmp() == 0 or shown(GOMP_SPINCOUNT="77")[0] != "77",
    reason="not GCC's OpenMP",
)


@needs_gcc
def test_the_default_is_short_and_leaves_no_trace():
    assert shown() == (str(SPINS), "[None, None]")
    assert shown(GOMP_SPINCOUNT="") == (str(SPINS), "[None, '']")


@needs_gcc
def test_what_the_user_has_set_stays():
    assert shown(GOMP_SPINCOUNT="77") == ("77", "[None, '77']")
    spins, left = shown(OMP_WAIT_POLICY="passive")
    assert (spins, left) == ("0", "['passive', None]")
    spins, left = shown(OMP_WAIT_POLICY="active")
    assert int(spins or 0) > SPINS and left == "['active', None]"


def test_the_environment_is_restored_after_an_error(monkeypatch):
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(KeyError), short_waits():
        assert os.environ["GOMP_SPINCOUNT"] == str(SPINS)
        raise KeyError
    assert "GOMP_SPINCOUNT" not in os.environ
