"""Every example in a docstring runs, in compiled modules too."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from cstark.kernels import sources

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "cstark").rglob("*.py")
        if path.name != "__main__.py"
    }
    | set(sources.extensions(ROOT))
)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
