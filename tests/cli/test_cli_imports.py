"""A command loads what it needs and nothing else: start-up is most of a short command's time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Of the standard library and NumPy, what takes milliseconds to load and has a cheaper way.
SLOW = {"asyncio", "decimal", "difflib", "html", "lzma", "numpy.ma", "numpy.testing", "pathlib",
        "random", "secrets", "shutil", "statistics", "tempfile"}  # fmt: skip
#: What only a prover needs.
PROVING = {"cstark.check", "cstark.cost", "cstark.proving", "cstark.protocol.prover",
           "cstark.program.check", "cstark.program.lookup", "cstark.program.quotient",
           "cstark.program.compile", "cstark.report.progress", "cstark.report.tree"}  # fmt: skip
#: What only the author of a machine, or whoever has it, needs.
DESCRIBING = {"cstark.machine", "cstark.machines", "cstark.protocol.proving_key"}

PROGRAM = """
import sys
from cstark.cli.main import main
code = main(sys.argv[2:])
import json
with open(sys.argv[1], "w") as file:
    json.dump([code, sorted(sys.modules)], file)
"""


def loaded(folder, *words):
    """The modules that a command has loaded when it has succeeded."""
    listing = folder / "modules.json"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(listing), *map(str, words)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    code, modules = json.loads(listing.read_text())
    assert code == 0
    return set(modules)


def parts(modules):
    """The modules with all packages that they are in, so that a package stands for its parts."""
    return modules | {name.rpartition(".")[0] for name in modules}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A proof of `range_check`, which has preprocessed columns and a bus, and its key."""
    folder = tmp_path_factory.mktemp("imports")
    loaded(folder, "prove", "range_check", "-o", folder / "proof.bin")
    loaded(folder, "key", "range_check", folder / "proof.bin", "-o", folder / "key.json")
    return folder


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["verify", "--help"],
                                   ["prove", "--help"], ["run", "--help"]])  # fmt: skip
def test_help_loads_no_numpy_and_no_heavy_part(words, tmp_path):
    modules = loaded(tmp_path, *words)
    assert not {"numpy", "cstark.air", "cstark.protocol", "cstark.kernels"} & parts(modules)
    assert not SLOW & modules


def test_verifying_with_a_key_loads_a_verifier(files):
    modules = parts(loaded(files, "verify", "--key", files / "key.json", files / "proof.bin"))
    assert "cstark.protocol.verifier" in modules
    assert not modules & (SLOW | PROVING | DESCRIBING)


def test_verifying_with_a_workload_loads_no_prover_and_no_compiler(files):
    modules = parts(loaded(files, "verify", "range_check", files / "proof.bin"))
    assert {"cstark.protocol.verifier", "cstark.machine"} <= modules
    assert not modules & (SLOW | PROVING)


def test_verifying_json_loads_no_more(files):
    words = ["verify", "--json", "--key", files / "key.json", files / "proof.bin"]
    assert not parts(loaded(files, *words)) & (SLOW | PROVING | DESCRIBING)


@pytest.mark.parametrize("words", [("fib_pair", "--log-rows", "3"), ("range_check",)])
def test_proving_loads_nothing_slow(words, tmp_path):
    modules = parts(loaded(tmp_path, "prove", *words, "-o", tmp_path / "proof.bin"))
    assert "cstark.proving" in modules
    assert not modules & SLOW


def test_the_pure_verifier_is_the_standard_library_alone(files):
    code = "import runpy, sys; sys.argv[0] = 'cstark.pure'\n"
    code += "try: runpy.run_module('cstark.pure', run_name='__main__')\n"
    code += "except SystemExit as error: assert not error.code, error.code\n"
    code += "print('\\n'.join(sys.modules), file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", code, str(files / "key.json"), str(files / "proof.bin")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = set(result.stderr.split())
    ours = {name for name in modules if name.startswith("cstark.")}
    small = ("cstark.pure", "cstark.runtime", "cstark.errors")  # the package's own start
    assert all(name.startswith(small) for name in ours), ours
    assert not {"numpy", "asyncio", "random", "pathlib", "decimal"} & modules


def test_a_key_spares_the_preprocessed_columns(files, monkeypatch):
    """With a workload their root is computed, to be compared; with a key it is in the key."""
    from cstark.cli.main import main
    from cstark.protocol.domain import Domain

    extended = []
    plain = Domain.lde
    monkeypatch.setattr(Domain, "lde", lambda *a, **k: extended.append(1) or plain(*a, **k))
    assert main(["verify", "--key", str(files / "key.json"), str(files / "proof.bin")]) == 0
    assert not extended
    assert main(["verify", "range_check", str(files / "proof.bin")]) == 0
    assert extended
