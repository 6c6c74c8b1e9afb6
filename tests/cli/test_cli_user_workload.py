"""The command line and a workload of the user's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.cli_support import SMALL, WEAK, run, run_json

ROOT = Path(__file__).resolve().parents[2]


USER = '''
import time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
import cstark as cs


class Counter(cs.Air):
    columns = ("n",)
    publics = ("end",)

    def constrain(self, t):
        t.first_row.zero(t.now.n)
        t.transition.equal(t.next.n, t.now.n + 1)
        t.last_row.equal(t.now.n, t.publics.end)


@dataclass(frozen=True)
class Count(cs.Workload):
    """Count to seven."""

    wrong: bool = cs.argument(False, help="count wrongly")
    sleep: bool = cs.argument(False, help="take a long time")

    def prepare(self):
        trace = np.arange(8, dtype=np.uint64).reshape(8, 1)
        trace[3] += np.uint64(self.wrong)
        if self.sleep:
            Path("ready").touch()
            time.sleep(60)
        return cs.Prepared({"end": 7}, {"counter": trace})

    @classmethod
    def statement(cls, claim):
        (end,) = cs.read_claim(claim, end=int)
        return cs.Statement({"counter": Counter()}, {"counter": [end]})
'''


@pytest.fixture
def user(tmp_path, monkeypatch):
    (tmp_path / "counting.py").write_text(USER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    sys.modules.pop("counting", None)


def test_a_users_workload(user, capsys):
    assert run(["prove", "counting:Count", "-o", "p.bin", *SMALL], capsys)[0] == 0
    code, out, _ = run(["verify", "counting:Count", "p.bin", *WEAK, "--expect", "end=7"], capsys)
    assert code == 0
    assert "end  7" in out


def test_free_cells(user, capsys):
    line = "        t.transition.equal(t.next.n, t.now.n + 1)\n"
    assert line in USER
    (user / "counting.py").write_text(USER.replace(line, ""))
    assert run(["check", "counting:Count"], capsys)[0] == 0
    code, out, _ = run(["check", "counting:Count", "--mutate", "1"], capsys)
    assert code == 1
    assert out.startswith("6 unexplained free cells in 1 column")
    code, data = run_json(["check", "counting:Count", "--mutate", "1"], capsys)
    assert code == 1 and not data["ok"] and data["mutations"]["free"][0]["rows"] == 6


def test_a_false_trace(user, capsys):
    words = ["counting:Count", "--wrong"]
    code, out, _ = run(["check", *words], capsys)
    assert code == 1
    assert "counter" in out
    assert run_json(["check", *words], capsys)[0] == 1
    code, _, err = run(["prove", *words, "-o", "p.bin", *SMALL], capsys)
    assert code == 1
    assert "counter" in err
    assert not Path("p.bin").exists()
    assert run(["prove", *words, "-o", "p.bin", "--no-check", *SMALL], capsys)[0] == 0
    code, _, err = run(["verify", "counting:Count", "p.bin", *WEAK], capsys)
    assert code == 1
    assert "refused" in err


def test_a_claim_that_is_false(user, capsys, monkeypatch):
    assert run(["prove", "counting:Count", "-o", "p.bin", *SMALL], capsys)[0] == 0
    data = Path("p.bin").read_bytes()
    assert data.count(b'{"end":7}') == 1
    Path("p.bin").write_bytes(data.replace(b'{"end":7}', b'{"end":8}'))
    assert run(["verify", "counting:Count", "p.bin", *WEAK], capsys)[0] == 1


def test_interrupt_leaves_nothing(user):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cstark", "prove", "counting:Count", "--sleep", "-o", "p.bin"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not Path("ready").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "cstark: interrupted\n"
    assert sorted(entry.name for entry in user.iterdir() if entry.name != "__pycache__") == [
        "counting.py",
        "ready",
    ]


def test_workload_in_python(user, monkeypatch):
    monkeypatch.syspath_prepend(user)
    import cstark as cs
    from cstark.machines import load

    count = load("counting:Count")
    options = cs.Options(queries=20, grinding=0)
    proof = count().prove(options)
    assert count.verify(proof, options, min_security=5) == {"end": 7}
    blob = proof.to_bytes()
    assert count.verify(blob, options, claim={"end": 7}, min_security=5) == {"end": 7}
    assert count().check(options)
    assert not count(wrong=True).check(options)
    with pytest.raises(cs.VerificationError, match="another claim"):
        count.verify(blob, options, claim={"end": 8}, min_security=5)
    with pytest.raises(cs.VerificationError):
        count.verify(blob, cs.Options(queries=21, grinding=0), min_security=5)
    with pytest.raises(cs.VerificationError, match="the claim has no 'log_rows'"):
        load("fib_pair").verify(blob, options, min_security=5)
