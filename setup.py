"""Build of the compiled modules; everything declarative is in pyproject.toml.

Environment variables
---------------------
CSTARK_REQUIRE_OPENMP=1   fail when the compiler has no OpenMP (default: warn, build serial)
CSTARK_DEBUG=1            bounds checks in Cython, no optimisation of the checks away
CSTARK_ONLY=a,b           build only extensions whose last name is listed (edit loop)
CSTARK_CFLAGS="..."       extra compiler and linker flags (sanitizers)

The modules use CPython's stable ABI alone: what one version built runs on 3.11 and every later
one, in place and as a wheel. The free-threaded interpreter has no stable ABI to offer; there the
build is for that version only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from Cython import __version__ as cython_version
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / "build"
OLDEST = (3, 11)  # as requires-python in pyproject.toml
BUILDING = ("build", "bdist", "install", "develop", "editable")  # commands that compile
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
STABLE_ABI = sys.implementation.name == "cpython" and not FREE_THREADED


def load_sources():
    """`cstark.kernels.sources`, without importing the package."""
    path = ROOT / "cstark" / "kernels" / "sources.py"
    spec = importlib.util.spec_from_file_location("cstark_sources", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def builds(program: str, compile_args=(), link_args=None, include_dirs=()) -> bool:
    """Whether the C compiler takes a program, and links it where `link_args` are given; silent."""
    from setuptools._distutils.ccompiler import new_compiler
    from setuptools._distutils.sysconfig import customize_compiler

    compiler = new_compiler()
    customize_compiler(compiler)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.c"
        source.write_text(program)
        saved = os.dup(2)
        quiet = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(quiet, 2)
            objects = compiler.compile(
                [str(source)],
                output_dir=folder,
                include_dirs=list(include_dirs),
                extra_postargs=list(compile_args),
            )
            if link_args is not None:
                compiler.link_executable(
                    objects, str(Path(folder) / "probe"), extra_postargs=list(link_args)
                )
            return True
        except Exception:
            return False
        finally:
            os.dup2(saved, 2)
            os.close(quiet)
            os.close(saved)


def openmp_flags() -> tuple[list[str], list[str]]:
    """Compile and link flags of the first way in which an OpenMP program links; else empty."""
    ways = [(["-fopenmp"], ["-fopenmp"])]
    if sys.platform == "darwin":
        # Apple's clang knows the pragmas; the library comes from Homebrew, on Arm and on Intel.
        usual = ["/opt/homebrew/opt/libomp", "/usr/local/opt/libomp"]
        prefixes = [os.environ["LIBOMP_PREFIX"]] if "LIBOMP_PREFIX" in os.environ else usual
        ways[:0] = [
            (["-Xpreprocessor", "-fopenmp", f"-I{prefix}/include"], [f"-L{prefix}/lib", "-lomp"])
            for prefix in prefixes
        ]
    program = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
    for compile_args, link_args in ways:
        if builds(program, compile_args, link_args):
            return compile_args, link_args
    if os.environ.get("CSTARK_REQUIRE_OPENMP") == "1":
        sys.exit("error: CSTARK_REQUIRE_OPENMP=1, but the C compiler cannot build OpenMP programs")
    print("*" * 79, file=sys.stderr)
    print("warning: no OpenMP: cstark will run on ONE thread.", file=sys.stderr)
    print("*" * 79, file=sys.stderr)
    return [], []


def avx512_flags() -> list[str]:
    """The flag that leaves AVX-512 out, where this is x86-64 and the compiler cannot build it.

    Asked with the lanes themselves: a compiler may know the name of a target and lack one of its
    intrinsics, and an assembler may lack an instruction.
    """
    kernels = ROOT / "cstark" / "kernels"
    program = """#include "isa.h"
#if CSTARK_HAVE_AVX512
TARGET_BEGIN(TARGET_AVX512)
#include "avx512/lanes.h"
void probe(uint64_t *p) {
    products s = products_zero();
    products_add(&s, v_load(p), v_load(p + 8));
    const digits d = d_power_of_two(products_value(&s), 41);
    v_store(p, v_canonical(d_value(d)));
}
TARGET_END
#endif
"""
    if builds(program, include_dirs=[str(kernels / "lanes")]):
        return []
    message = "the C compiler cannot build AVX-512 code: AVX2 is the best there will be"
    print(f"warning: {message}", file=sys.stderr)
    return ["-DCSTARK_WITHOUT_AVX512"]


def compiler_version() -> str:
    """First line of the compiler's version: part of what makes an object file stale."""
    command = [*shlex.split(os.environ.get("CC", "cc")), "--version"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0]
    except OSError:
        return "unknown"


def stamp(settings: dict) -> tuple[Path, bool]:
    """Write `settings` to a file only when they changed, so that it can be a dependency.

    Returns the path, and whether it changed: changed flags rebuild everything, which
    timestamps of sources alone would miss.
    """
    path = BUILD / "flags.json"
    text = json.dumps(settings, indent=1, sort_keys=True)
    changed = not path.exists() or path.read_text() != text
    if changed:
        BUILD.mkdir(exist_ok=True)
        path.write_text(text)
    return path, changed


def drop_stale(generated: Path, reached: list[Path]) -> None:
    """Delete what Cython wrote from older declarations: it looks for fewer of them than we do."""
    declared = [path.stat().st_mtime for path in reached if path.suffix == ".pxd"]
    if generated.exists() and generated.stat().st_mtime < max(declared, default=0.0):
        generated.unlink()


class BuildExt(build_ext):
    """Gives every extension the digest of its sources as CSTARK_SOURCE_DIGEST."""

    def finalize_options(self):
        super().finalize_options()
        if self.parallel is None:  # `pip install` cannot say -j
            self.parallel = os.cpu_count()

    def build_extension(self, ext):
        ext.define_macros = [
            *ext.define_macros,
            ("CSTARK_SOURCE_DIGEST", f'"{SOURCES.digest(ROOT, PYX[ext.name])}"'),
        ]
        super().build_extension(ext)

    def copy_extensions_to_source(self):
        super().copy_extensions_to_source()
        # A module of another ABI beside this one may come first in the order of the import.
        for ext in self.extensions:
            built = Path(self.get_ext_filename(self.get_ext_fullname(ext.name)))
            for other in PYX[ext.name].parent.glob(f"{PYX[ext.name].stem}.*.so"):
                if other.name != built.name:
                    other.unlink()


class Sdist(sdist):
    """Adds what the tests and scripts need, which is not part of the package."""

    def make_distribution(self):
        for folder in ("tests", "tools", "asv_bench"):
            for path in sorted((ROOT / folder).rglob("*")):
                name = path.relative_to(ROOT)
                made = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
                if path.is_file() and not made:
                    self.filelist.append(str(name))
        super().make_distribution()


def make_extensions() -> list[Extension]:
    debug = os.environ.get("CSTARK_DEBUG") == "1"
    extra = shlex.split(os.environ.get("CSTARK_CFLAGS", ""))
    compile_args, link_args = openmp_flags()
    compile_args = [*compile_args, *SOURCES.FLAGS, *avx512_flags(), *extra]
    link_args = [*link_args, *extra]
    directives = {**SOURCES.DIRECTIVES, **dict.fromkeys(SOURCES.CHECKS, debug)}
    settings = {
        "compile": compile_args,
        "link": link_args,
        "directives": directives,
        "cython": cython_version,
        "compiler": compiler_version(),
        "python": sys.version,
        "stable ABI": STABLE_ABI,
        "what a digest covers": hashlib.sha256(Path(SOURCES.__file__).read_bytes()).hexdigest(),
    }
    path, changed = stamp(settings)
    extensions = []
    only = [name for name in os.environ.get("CSTARK_ONLY", "").split(",") if name]
    for name, pyx in PYX.items():
        if only and name.rsplit(".", 1)[1] not in only:
            continue
        reached = SOURCES.source_files(ROOT, pyx)
        drop_stale(BUILD / "cython" / pyx.relative_to(ROOT).with_suffix(".c"), reached)
        depends = [str(p.relative_to(ROOT)) for p in reached]
        extensions.append(
            Extension(
                name,
                [str(p.relative_to(ROOT)) for p in (pyx, *SOURCES.units(ROOT, pyx))],
                include_dirs=[str(p.relative_to(ROOT)) for p in SOURCES.include_folders(ROOT, pyx)],
                extra_compile_args=compile_args,
                extra_link_args=link_args,
                depends=[*depends, str(path.relative_to(ROOT))],
                define_macros=[("Py_LIMITED_API", f"0x{OLDEST[0]:02x}{OLDEST[1]:02x}0000")]
                if STABLE_ABI
                else [],
                py_limited_api=STABLE_ABI,
            )
        )
    # Metadata and source distributions need no C: a `pip install` asks for them first.
    if not any(argument.startswith(BUILDING) for argument in sys.argv[1:]):
        return extensions
    return cythonize(
        extensions,
        build_dir="build/cython",
        compiler_directives=directives,
        force=changed,
        quiet=True,
    )


os.chdir(ROOT)
SOURCES = load_sources()
PYX = SOURCES.extensions(ROOT)
setup(
    ext_modules=make_extensions(),
    cmdclass={"build_ext": BuildExt, "sdist": Sdist},
    options={"bdist_wheel": {"py_limited_api": "cp{}{}".format(*OLDEST)}} if STABLE_ABI else {},
)
