"""The page `cstark.protocol` names files and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cstark.protocol

ROOT = Path(__file__).resolve().parents[2]
PAGE = cstark.protocol.__doc__
NAMED = sorted(set(re.findall(r"(?:cstark|tests|tools|asv_bench)/[\w/.]*\w", PAGE)))
MODULES = sorted(set(re.findall(r"`(cstark(?:\.\w+)+)`", PAGE)))


def test_the_page_names_files_and_modules():
    assert len(NAMED) >= 15
    assert len(MODULES) >= 4


@pytest.mark.parametrize("name", NAMED)
def test_a_file_of_the_page_exists(name):
    assert (ROOT / name).exists()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_the_page_exists(name):
    path = ROOT / name.replace(".", "/")
    assert path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_the_page_states_the_version_and_the_name_of_the_protocol():
    from cstark.protocol.proof import VERSION
    from cstark.protocol.statement import PROTOCOL

    assert PROTOCOL.decode() in " ".join(PAGE.split()).replace('" "', "")
    assert f"version, {VERSION}" in PAGE
