"""Ctrl-C in the middle of a proof that would take hours: on a terminal, and in a script.

Waits end by what is seen, never by a measured time; a kernel that heard no signal would run into
the timeout.
"""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120  # seconds until a hang is called one


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "COLUMNS": "90"}


def read_until(descriptor: int, text: bytes) -> bytes:
    """What a terminal shows until `text` is there."""
    seen = b""
    while text not in seen:
        more = os.read(descriptor, 1000)
        assert more, seen
        seen += more
    return seen


@pytest.mark.parametrize("threads", ["1", "2"])
def test_on_a_terminal(threads, tmp_path, environment):
    # 2^40 hashes; the phases before are over at once
    words = ["fib_pair", "--log-rows", "4", "--queries", "20", "--grinding", "40"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cstark", "prove", *words, "-o", "p.bin", "--threads", threads],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        shown = read_until(ours, b"grinding")
        process.send_signal(signal.SIGINT)
        shown += read_until(ours, b"interrupted\r\n")
        assert process.wait(LIMIT) == 130
    finally:
        process.kill()
        output = process.communicate()[0]
        os.close(ours)
    lines = shown.decode().split("\r")
    assert "grinding" in lines[1] and "%  [" in lines[1] and " left  " in lines[1]
    assert lines[-3].isspace(), lines
    assert lines[-2:] == ["cstark: interrupted", "\n"]
    assert output == b""
    assert list(tmp_path.iterdir()) == [], "neither the proof nor a part of it"


IMPORTER = """
import builtins, os, signal, sys

at, sys.argv = sys.argv[1], ["cstark", *sys.argv[2:]]
plain = builtins.__import__

def importing(name, *more):
    global at
    found = plain(name, *more)
    if name == at:
        at = None
        os.kill(os.getpid(), signal.SIGINT)
    return found

builtins.__import__ = importing
from cstark.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("module", [
    "argparse", "cstark.cli.common", "traceback", "cstark.machines", "cstark.workload", "numpy",
    "cstark.protocol.proof",
])  # fmt: skip
def test_while_modules_are_imported(module, tmp_path, environment):
    (tmp_path / "p.bin").write_bytes(b"no proof")
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER, module, "verify", "fib_pair", "p.bin"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "cstark: interrupted\n")


SCRIPT = """
import gc
import threading
import numpy as np
import cstark as cs
from cstark.kernels import _runtime
from tests.oracles import zoo

cs.set_num_threads(2)
case = zoo.together(zoo.fibonacci(8), zoo.lookup(2, 6, 4))
case.prove(case.machine())
machine = case.machine(grinding=40)
machine.verifying_key()
gc.collect()  # the first machine, of which a few tables are in a cycle
before = _runtime.live_bytes()

def tell(phase, done, total):
    if phase == "grinding":
        print(phase, flush=True)

try:
    case.prove(machine, progress=tell)
except KeyboardInterrupt as error:
    kept = error  # as an interactive session keeps it
print("held", _runtime.live_bytes() - before, "threads", threading.active_count(),
      "regions", _runtime.regions())
again = machine.with_options(cs.Options(grinding=2))
case.verify(again, case.prove(again))
print("verified")
"""


def test_in_a_script(tmp_path, environment):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "grinding\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
    lines = [line for line in out.splitlines() if line != "grinding"]
    assert (lines, err) == (["held 0 threads 1 regions 0", "verified"], "")
    assert list(tmp_path.iterdir()) == []


WRITER = """
import sys
from pathlib import Path
from cstark import files
from cstark.cli import common, target as writing

folder = Path(sys.argv[1])
target = folder / "p.bin"
stop = 0
while True:
    calls = 0

    def interrupt(frame, event, argument):
        global calls
        if frame.f_code.co_filename in (common.__file__, writing.__file__, files.__file__):
            calls += 1
            if calls == stop:
                raise KeyboardInterrupt
        return interrupt

    sys.settrace(interrupt)
    try:
        common.write_atomically(str(target), b"proof")
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    left = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert left in ({}, {"p.bin": b"proof"}), (stop, left)
    if calls < stop:
        break
    target.unlink(missing_ok=True)
    stop += 1
print(stop)
"""


def test_while_the_file_is_written(tmp_path, environment):
    """Interrupted at any line of the writing: the file is all there, or nothing is."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
    assert (tmp_path / "p.bin").read_bytes() == b"proof"
