"""The page `cstark.protocol` names files and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cstark.protocol
from cstark import limits
from cstark.protocol.transcript import Transcript
from cstark.protocol.version import PROTOCOL, VERSION
from cstark.pure import __main__ as pure_command
from cstark.pure import limits as pure_limits
from cstark.pure.hashes import HASHES
from cstark.pure.transcript import Transcript as PureTranscript

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


@pytest.mark.parametrize("name", sorted(HASHES))
def test_the_vectors_of_the_page(name):
    """By the second verifier, which agrees with the first on transcripts and roots."""
    row = next(line for line in PAGE.splitlines() if re.match(rf"{name} +[0-9a-f]{{12}} ", line))
    hasher = HASHES[name]
    transcript = PureTranscript(hasher)
    transcript.absorb("root", b"abc")
    leaf = hasher.leaves([b"".join(word.to_bytes(8, "little") for word in (1, 2, 3))])[0]
    found = [transcript.state, leaf, *hasher.nodes([leaf * 2]), *hasher.injected([leaf * 3])]
    assert row.split()[1:] == [digest.hex()[:12] for digest in found]


def test_the_limits_of_the_page():
    """A number that changes in the code changes on the page."""
    text = " ".join(PAGE.split())
    assert f"blowup 2 to {limits.MAX_BLOWUP}, final_length 1 to 2^" in text
    assert 1 << int(text.partition("final_length 1 to 2^")[2].split()[0]) == (
        limits.MAX_FINAL_LENGTH
    )
    assert f"1 to {limits.MAX_QUERIES:,} queries" in text
    assert f"grinding at most {limits.MAX_GRINDING};" in text
    assert f"{limits.MIN_LOG_HEIGHT} <= max_log_height <= {limits.TWO_ADICITY} - log2 b" in text
    assert f"1 to {limits.MAX_TABLES:,} tables" in text
    assert limits.MAX_COLUMNS == limits.MAX_MESSAGE_WIDTH == 2**16
    assert "widths, periodic columns and publics at most 2^16" in text
    assert "messages of 1 to 2^16 values" in text
    assert f"nodes of degree at most {limits.MAX_DEGREE:,}" in text
    assert f"``rows`` a power of two from {limits.MIN_ROWS} to" in text
    claims = "at most 2^20 bytes, integers of at most 4096 bits, no value inside more than 32 lists"
    assert claims in text
    assert (limits.MAX_CLAIM_BYTES, limits.MAX_CLAIM_INTEGER_BITS) == (2**20, 4096)
    assert limits.MAX_CLAIM_DEPTH == 32


def test_both_sides_have_one_list_of_limits():
    """The second verifier's own numbers, written down a second time, are the same."""
    names = {"TWO_ADICITY": "MAX_LOG_DOMAIN", "MAX_DEGREE": "MAX_NODE_DEGREE"}
    ours = {names.get(name, name): getattr(limits, name) for name in limits.__all__}
    ours["MAX_FRI_ARITY"] = max(ours.pop("FRI_ARITIES"))
    theirs = {name: value for name, value in vars(pure_limits).items() if name.isupper()}
    # that of `rows` follows; security is asked for, not stated in a key; the command reads files
    only_ours = {"MIN_ROWS", "MAX_ROWS", "MAX_SECURITY", "MAX_FILE_BYTES"}
    assert pure_command.MAX_FILE_BYTES == limits.MAX_FILE_BYTES
    assert theirs == {name: value for name, value in ours.items() if name not in only_ours}
