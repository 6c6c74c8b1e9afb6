"""Every example in a docstring runs, in compiled modules too; so does the README's."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
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


def test_readme_examples_run_when_pasted(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert blocks
    for number, block in enumerate(blocks):
        script = tmp_path / f"block{number}.py"
        script.write_text(block)
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True,
            env={"PYTHONPATH": str(ROOT), "PATH": ""}, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
