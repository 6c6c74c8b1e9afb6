"""Claims: what a proof says it proves, as canonical JSON.

A claim is a dict of plain data.  It travels in the proof file, the transcript absorbs its bytes,
and verifiers print it; so one claim must have one spelling, and decoding accepts no other.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping
from typing import Any

from cstark.errors import StatementError, as_python_reads, quoted
from cstark.limits import MAX_CLAIM_BYTES, MAX_CLAIM_DEPTH, MAX_CLAIM_INTEGER_BITS
from cstark.text import canonical_json

__all__ = ["decode_claim", "encode_claim", "read_claim"]


def _plain(value: Any, where: str, depth: int) -> Any:
    """`value` rebuilt from exact JSON types, or `StatementError` naming the place."""
    if depth > MAX_CLAIM_DEPTH:
        raise StatementError(f"{where}: nested deeper than {MAX_CLAIM_DEPTH} levels")
    if value is None or isinstance(value, (bool, str)):
        return value
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return bool(value)  # a comparison of NumPy's numbers
    if isinstance(value, Mapping):
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise StatementError(f"{where}: the key {quoted(key)} is not a string")
            plain[key] = _plain(item, _inside(where, key), depth + 1)
        return plain
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
    try:
        integer = operator.index(value)
    except TypeError:
        raise StatementError(
            f"{where}: {type(value).__name__} is not allowed in a claim; use integers, strings, "
            "booleans, None, lists and dicts"
        ) from None
    if integer.bit_length() > MAX_CLAIM_INTEGER_BITS:
        raise StatementError(f"{where}: integers have at most {MAX_CLAIM_INTEGER_BITS} bits")
    return integer


def _inside(where: str, key: str) -> str:
    """The place of a key, as Python would write it: it may be a stranger's."""
    return f"{where}.{key}" if key.isidentifier() and len(key) < 100 else f"{where}[{quoted(key)}]"


def encode_claim(claim: Mapping[str, Any]) -> bytes:
    """Encode a claim as canonical JSON.

    Sorted keys, no white space, everything outside ASCII escaped: equal claims have equal bytes.

    Parameters
    ----------
    claim : mapping
        Integers, strings, booleans, None, lists and mappings with string keys.  NumPy's integers
        and booleans are written as Python's; floats are refused.

    Returns
    -------
    bytes
        At most `MAX_CLAIM_BYTES` of ASCII.

    Raises
    ------
    StatementError
        If something in the claim has no canonical form (the message says where), or the claim is
        too long.

    Examples
    --------
    >>> encode_claim({"steps": 5, "result": [1, 2]})
    b'{"result":[1,2],"steps":5}'
    """
    if not isinstance(claim, Mapping):
        raise StatementError(f"a claim is a dict, not {type(claim).__name__}")
    plain = _plain(claim, "claim", 0)
    text = canonical_json(plain)
    if len(text) > MAX_CLAIM_BYTES:
        raise StatementError(f"the claim has {len(text)} bytes; at most {MAX_CLAIM_BYTES} fit")
    return text.encode("ascii")


def _refuse_number(text: str) -> Any:
    raise StatementError(f"the claim holds {text[:40]}: numbers in a claim are integers")


def decode_claim(data: bytes) -> dict[str, Any]:
    """Decode a claim, accepting canonical JSON only.

    Parameters
    ----------
    data : bytes
        As `encode_claim` writes it.

    Returns
    -------
    dict

    Raises
    ------
    StatementError
        If the bytes are not the canonical JSON of a dict: other spellings of the same claim
        (white space, other key order, a repeated key, ``1.0``) are refused as well.

    Examples
    --------
    >>> decode_claim(b'{"result":[1,2],"steps":5}')
    {'result': [1, 2], 'steps': 5}
    >>> decode_claim(b'{"steps": 5}')
    Traceback (most recent call last):
    cstark.errors.StatementError: the claim is not canonical JSON
    """
    if not isinstance(data, (bytes, bytearray, memoryview)):  # bytes(5) would be five zeros
        raise StatementError(f"a claim is bytes of JSON here, not {type(data).__name__}")
    data = bytes(data)
    if len(data) > MAX_CLAIM_BYTES:
        raise StatementError(f"the claim has {len(data)} bytes; at most {MAX_CLAIM_BYTES} fit")
    try:
        claim = json.loads(
            data.decode("ascii"), parse_float=_refuse_number, parse_constant=_refuse_number
        )
    except StatementError:
        raise
    except (ValueError, RecursionError) as error:  # a parse error, digits beyond Python's limit
        raise StatementError(f"the claim is not JSON: {error}") from None
    if not isinstance(claim, dict):
        raise StatementError(f"a claim is a JSON object, not {type(claim).__name__}")
    if encode_claim(claim) != data:
        raise StatementError("the claim is not canonical JSON")
    return claim


def read_claim(claim: Mapping[str, Any], **types_of: type) -> tuple[Any, ...]:
    """Take a claim apart: exactly the named fields, each of exactly the given type.

    Parameters
    ----------
    claim : mapping
        A decoded claim.
    **types_of : type
        Field name to type, one of `int`, `str`, `bool`, `list`, `dict`.

    Returns
    -------
    tuple
        The values, in the order of the keyword arguments.

    Raises
    ------
    StatementError
        Naming the field that is missing, unknown or of another type.

    Examples
    --------
    >>> steps, result = read_claim({"result": [1, 2], "steps": 5}, steps=int, result=list)
    >>> steps
    5
    """
    named: dict[str, Any] = {}
    for given, value in claim.items():
        name = as_python_reads(given) if isinstance(given, str) else given
        if name in named:
            raise StatementError(f"the claim has the field {quoted(name)} twice, in two spellings")
        named[name] = value
    wanted = {as_python_reads(name): kind for name, kind in types_of.items()}
    if len(wanted) != len(types_of):
        raise StatementError("two names that are read from the claim are one name to Python")
    for name in wanted:
        if name not in named:
            raise StatementError(f"the claim has no {name!r}: is it another workload's?")
    for name in named:
        if name not in wanted:
            raise StatementError(f"the claim has an unknown field {quoted(name)}")
    for name, kind in wanted.items():
        # `type(...) is`, because True is an int for isinstance
        if type(named[name]) is not kind:
            raise StatementError(
                f"claim.{name} is {type(named[name]).__name__}, expected {kind.__name__}"
            )
    return tuple(named[name] for name in wanted)
