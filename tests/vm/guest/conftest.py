"""Every compiler that is installed builds what the tests run."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from cstark.vm import guest
from cstark.vm.errors import BuildError

pytest.importorskip("unicorn")

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(params=guest.COMPILERS)
def compiler(request) -> str:
    """Name of a compiler; zig is a package of the test extras, the others may be absent."""
    try:
        guest.find(request.param)
    except BuildError as error:
        if request.param == "zig":
            pytest.importorskip("ziglang")
            raise
        pytest.skip(str(error).partition("\n")[0])
    return request.param


@functools.cache
def _program(name: str, compiler: str, optimize: str) -> bytes:
    return guest.build(PROGRAMS / name, compiler=compiler, optimize=optimize)


@pytest.fixture
def program(compiler):
    """``program("memory.c")``: the guest of the tests, by this compiler."""
    return lambda name, optimize="2": _program(name, compiler, optimize)
