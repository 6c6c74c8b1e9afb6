"""A proof of a true statement loads of the checker only what it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cstark.check

SLOW = ("numpy.ma", "cstark.check.report", "cstark.check.mutate", "cstark.check.rank")


def test_a_proof_loads_no_report():
    code = (
        "import sys, cstark as cs\n"
        "from cstark.machines import load\n"
        "load('fib_pair')(log_rows=3).prove(cs.Options(queries=20, grinding=0))\n"
        f"print([name for name in {SLOW} if name in sys.modules])\n"
        "from cstark.check import CheckReport, check\n"
        "print(CheckReport.__name__, check.__name__, 'cstark.check.report' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "CheckReport check True"]


def test_every_public_name_has_a_home():
    for name in cstark.check.__all__:
        assert getattr(cstark.check, name).__name__ == name
    assert dir(cstark.check) == sorted(cstark.check.__all__)
    with pytest.raises(AttributeError, match=r"cstark\.check.*'unheard_of'"):
        _ = cstark.check.unheard_of
