"""What a build does on other compilers, and when something changed."""

from __future__ import annotations

import importlib.machinery
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cstark.kernels import _runtime, sources

ROOT = Path(__file__).resolve().parent.parent


def copy_of_the_sources(folder: Path) -> Path:
    project = folder / "project"
    shutil.copytree(
        ROOT / "cstark", project / "cstark", ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project / name)
    return project


def build(project: Path, **environment: str) -> subprocess.CompletedProcess:
    only = {"CSTARK_ONLY": "_runtime,_chunks", **environment}
    return subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=project,
        capture_output=True,
        text=True,
        env={**{k: v for k, v in os.environ.items() if k != "CSTARK_REQUIRE_OPENMP"}, **only},
    )


def built(project: Path) -> dict[str, float]:
    return {p.name: p.stat().st_mtime_ns for p in (project / "cstark" / "kernels").glob("*.so")}


def test_without_openmp_the_build_is_serial_and_says_so(tmp_path):
    project = copy_of_the_sources(tmp_path)
    compiler = tmp_path / "cc"
    compiler.write_text(
        '#!/bin/sh\nfor a in "$@"; do [ "$a" = -fopenmp ] && exit 1; done\nexec cc "$@"\n'
    )
    compiler.chmod(0o755)
    refused = build(project, CC=str(compiler), CSTARK_REQUIRE_OPENMP="1")
    assert refused.returncode != 0 and "OpenMP" in refused.stderr
    done = build(project, CC=str(compiler))
    assert done.returncode == 0 and "no OpenMP" in done.stderr
    show = "from cstark.kernels import _runtime as r; print(r.openmp(), r.threads())"
    shown = subprocess.run(
        [sys.executable, "-c", show], cwd=project, capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == ["0", "1"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="no AVX-512 to leave out")
def test_a_compiler_without_avx512_builds_the_rest_and_says_so(tmp_path):
    project = copy_of_the_sources(tmp_path)
    compiler = tmp_path / "cc"
    compiler.write_text(
        '#!/bin/sh\nfor a in "$@"; do case "$a" in *.c)\n'
        '  grep -q avx512ifma "$a" 2>/dev/null && exit 1\n'
        '  grep -q "TARGET_BEGIN(TARGET_AVX512)" "$a" && case " $* " in\n'
        '    *" -DCSTARK_WITHOUT_AVX512 "*) ;; *) exit 1;; esac;; esac; done\nexec cc "$@"\n'
    )
    compiler.chmod(0o755)
    done = build(project, CC=str(compiler), CSTARK_ONLY="_runtime,_chunks,_matmul")
    assert done.returncode == 0, done.stderr
    assert "cannot build AVX-512 code: AVX2 is the best there will be" in done.stderr
    show = (
        "from cstark.kernels import _matmul, _runtime as r; print(*r.built())\n"
        "import numpy as np; a = np.eye(9, dtype=np.uint64); out = np.empty_like(a)\n"
        "_matmul.multiply(a, a, out); print((a == out).all())"
    )
    shown = subprocess.run(
        [sys.executable, "-c", show], cwd=project, capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == ["portable", "avx2", "True"]
    refused = subprocess.run(
        [sys.executable, "-c", "from cstark.kernels import _runtime"],
        cwd=project, capture_output=True, text=True, env={**os.environ, "CSTARK_ISA": "avx512"},
    )  # fmt: skip
    assert "CSTARK_ISA='avx512': it was left out when cstark was built" in refused.stderr


def test_only_what_changed_is_built_again(tmp_path):
    project = copy_of_the_sources(tmp_path)
    # Left by a build for one version only: the import would prefer it to the new one.
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    (project / "cstark" / "kernels" / f"_chunks{suffix}").write_bytes(b"")
    assert build(project).returncode == 0
    first = built(project)
    assert sorted(first) == ["_chunks.abi3.so", "_runtime.abi3.so"]
    build(project)
    assert built(project) == first
    header = project / "cstark" / "kernels" / "_openmp.pxd"
    header.write_text(header.read_text() + "\n# changed\n")
    build(project)
    second = built(project)
    assert {name.split(".")[0] for name in first if first[name] != second[name]} == {"_runtime"}
    build(project, CSTARK_CFLAGS="-DCHANGED_FLAG")
    third = built(project)
    assert all(third[name] != second[name] for name in second)


def test_a_source_distribution_holds_what_the_tree_holds(tmp_path):
    folders = ("cstark", "tests", "tools", "asv_bench")
    made = shutil.ignore_patterns("*.so", "__pycache__", ".*")
    project = tmp_path / "project"
    for name in folders:
        shutil.copytree(ROOT / name, project / name, ignore=made)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project / name)
    (project / "tests" / "__pycache__").mkdir()
    (project / "tests" / "__pycache__" / "junk.pyc").touch()
    wanted = {
        str(path.relative_to(project))
        for path in project.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    command = [sys.executable, "setup.py", "--quiet", "sdist", "--dist-dir", str(tmp_path)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        held = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    made_by_setuptools = {n for n in held if n.startswith("cstark.egg-info/")}
    assert held - made_by_setuptools - {"PKG-INFO", "setup.cfg"} == wanted


def test_a_wheel_holds_what_guests_are_built_from(tmp_path):
    project = copy_of_the_sources(tmp_path)
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(tmp_path / "lib")],
        cwd=project,
        check=True,
        capture_output=True,
        env={**os.environ, "CSTARK_ONLY": "_runtime"},
    )

    def files(root: Path) -> set[str]:
        folder = root / "cstark" / "vm" / "guest"
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert files(tmp_path / "lib") == files(project)
    assert {"kit/link.ld", "kit/lib/crt0.S", "kit/include/cstark.h", "kit/template/input.txt"} <= (
        files(project)
    )


@pytest.mark.nightly
def test_pip_installs_into_a_new_environment(tmp_path):
    project = copy_of_the_sources(tmp_path)
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(project)], check=True)
    done = subprocess.run(
        [environment / "bin" / "cstark", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "fib_iterative" in done.stdout


def test_a_family_is_a_unit_for_each_instruction_set():
    """Each unit is what `sources.unit` writes; no table is missing, and no set from a list."""
    families = ROOT / "cstark/kernels/families"
    header = (ROOT / "cstark/kernels/lanes/isa.h").read_text()
    lists = re.findall(r"#define EACH_ISA\(X, family\)(.*)", header)
    listed = re.findall(r"X\((\w+), family\)", " ".join(lists))
    assert set(listed) == set(sources.ISAS)
    assert set(_runtime.isas()) <= set(sources.ISAS)
    names = {path.name.removesuffix("_types.h") for path in families.glob("*_types.h")}
    units = set()
    for family in names:
        types = (families / f"{family}_types.h").read_text()
        for isa in sources.ISAS:
            if f"#define {family}_{isa} " in types:
                continue  # it uses the table of another set
            path = families / f"{family}_{isa}.c"
            lanes = "hash_lanes.h" if family == "hash" else "lanes.h"
            wanted = sources.unit(family, isa, lanes).split("\n")
            assert path.read_text().split("\n")[1:] == wanted[1:], path
            units.add(path)
    used = {unit for pyx in sources.extensions(ROOT).values() for unit in sources.units(ROOT, pyx)}
    assert used == set(families.glob("*.c")) == units | {families / "hash_sha.c"}


def test_a_digest_covers_units_lanes_and_parts(tmp_path):
    project = copy_of_the_sources(tmp_path)
    kernels = project / "cstark" / "kernels"
    before = {path.name: sources.digest(project, path) for path in kernels.glob("*.pyx")}
    changes = {
        "families/fri_avx2.c": {"_fri.pyx"},
        "families/scan.h": {"_field.pyx"},
        "families/accumulator.h": {"_lookup.pyx"},
        "families/hash_sha.c": {"_hash.pyx"},
        "lanes/avx2/hash_lanes.h": {"_hash.pyx"},
        "lanes/avx2/transpose.h": {
            f"_{name}.pyx"
            for name in ("field", "fri", "lookup", "matmul", "ntt", "openings", "program")
        },
        "pool.h": {"_runtime.pyx"},
        "shares.h": {"_chunks.pyx"},
        "digest.pxi": set(before),
    }  # fmt: skip
    for name, changed in changes.items():
        path = kernels / name
        text = path.read_text()
        path.write_text(text + "\n")
        after = {pyx: sources.digest(project, kernels / pyx) for pyx in before}
        assert {pyx for pyx in before if after[pyx] != before[pyx]} == changed, name
        path.write_text(text)


def test_a_digest_covers_what_is_cimported():
    """Also a module that is cimported from its package: `from cstark.kernels cimport _chunks`."""
    users = 0
    for path in sources.extensions(ROOT).values():
        if re.search(r"cimport.*\b_chunks\b|_chunks cimport", path.read_text()):
            users += 1
            assert ROOT / "cstark/kernels/_chunks.pxd" in sources.source_files(ROOT, path), path
    assert users > 8
