"""Compiles ``asv_bench/variants/*.pyx`` against the installed package.

The variants are what the package would be without some optimisation. They use the package's own
headers, declarations and compiler flags, so that only the idea differs; none is in the package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import cstark
from cstark.kernels import sources

__all__ = ["build", "load"]

VARIANTS = Path(__file__).resolve().parent.parent / "variants"
PACKAGE = Path(cstark.__file__).resolve().parent
KERNELS = PACKAGE / "kernels"


def flags() -> list[str]:
    """Those of the package; ``CSTARK_CFLAGS`` as in ``setup.py``."""
    return [*sources.FLAGS, *extra_flags()]


def extra_flags() -> list[str]:
    return shlex.split(os.environ.get("CSTARK_CFLAGS", ""))


def digest() -> str:
    """Of everything that the compiled variants depend on."""
    state = hashlib.sha256()
    for text in (sys.version, *flags(), str(sources.DIRECTIVES)):
        state.update(text.encode())
    inputs = [*VARIANTS.glob("*.pyx"), *VARIANTS.glob("*.h")]
    inputs += [*KERNELS.rglob("*.h"), *KERNELS.glob("*.pxd")]
    for path in sorted(inputs):
        state.update(f"{path.name}:".encode())
        state.update(path.read_bytes())
    return state.hexdigest()[:16]


def build(folder: Path) -> str:
    """Compile the variants into a folder inside `folder`, unless they are there; that folder."""
    done = folder / f"variants-{digest()}"
    if not done.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            # a copy, because generated C goes beside its source
            copy = Path(scratch) / "variants"
            shutil.copytree(VARIANTS, copy)
            compile_all(copy, Path(scratch) / "objects")
            try:
                os.replace(copy, done)
            except OSError:
                if not done.is_dir():  # else another process was faster
                    raise
    return str(done)


def compile_all(folder: Path, objects: Path) -> None:
    """Compile every .pyx of a folder to an extension beside it.

    With a unit for each instruction set where it has a family, such as ``variant_fold.h``.
    """
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    for header in folder.glob("*_types.h"):
        family = header.name.removesuffix("_types.h")
        for isa in sources.ISAS:
            (folder / f"{family}_{isa}.c").write_text(sources.unit(family, isa))
    includes = [folder, *sources.include_folders(PACKAGE.parent, KERNELS / "any.pyx")]
    extensions = [
        Extension(
            path.stem,
            [str(path), *map(str, sorted(folder.glob(f"variant_{path.stem}_*.c")))],
            include_dirs=[str(include) for include in includes],
            extra_compile_args=flags(),
            extra_link_args=extra_flags(),
        )
        for path in sorted(folder.glob("*.pyx"))
    ]
    modules = cythonize(
        extensions,
        include_path=[str(PACKAGE.parent)],
        compiler_directives=dict(sources.DIRECTIVES),
        quiet=True,
    )
    command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(folder), str(objects)
    command.parallel = min(2, os.cpu_count() or 1)
    command.ensure_finalized()
    command.run()


def load(folder: str, name: str) -> ModuleType:
    """A compiled variant by name."""
    (path,) = Path(folder).glob(f"{name}.*.so")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
