"""The page `cstark.protocol` names files and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cstark.protocol
from cstark.air.columns import MAX_COLUMNS
from cstark.protocol import options
from cstark.protocol.proof import VERSION
from cstark.protocol.statement import PROTOCOL
from cstark.protocol.transcript import Transcript

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
    assert f"``{PROTOCOL.decode()}``" in PAGE
    assert f"the {len(PROTOCOL)} characters" in PAGE
    assert f"version, {VERSION}" in PAGE


def test_the_transcript_of_the_page():
    transcript = Transcript("sha256")
    transcript.absorb("root", b"abc")
    state = transcript._state.hex()
    assert f"{state[:8]}...{state[-10:]}" in PAGE
    assert str(transcript.extension("z")) in " ".join(PAGE.split())
    positions = transcript.positions("positions", 5, 10)
    assert ", ".join(map(str, positions)) in " ".join(PAGE.split())


def test_the_limits_of_the_page():
    """A number that changes in the code changes on the page."""
    text = " ".join(PAGE.split())
    assert f"blowup 2 to {options.MAX_BLOWUP}, final_length 1 to 2^" in text
    assert 1 << int(text.partition("final_length 1 to 2^")[2].split()[0]) == (
        options.MAX_FINAL_LENGTH
    )
    assert f"1 to {options.MAX_QUERIES:,} queries" in text
    assert f"grinding at most {options.MAX_GRINDING};" in text
    assert f"{options.MIN_LOG_HEIGHT} <= max_log_height <= 32 - log2 b" in text
    assert MAX_COLUMNS == 2**16
    assert "widths, periodic columns and publics at most 2^16" in text
