"""Reports in files: JSON to be read again, HTML and drawings to be looked at."""

from __future__ import annotations

import io
import json
import os
from os import PathLike

from cstark.errors import CstarkError
from cstark.report.tree import Report

__all__ = ["KINDS", "file_bytes", "kind_of", "load", "loads", "save"]

PICTURES = (".png", ".svg", ".pdf")
KINDS = (".json", ".html", *PICTURES)


def kind_of(path: str | PathLike[str]) -> str:
    """The suffix of a path, if reports can be written to such files.

    Raises
    ------
    CstarkError
        They cannot: not in general, or not without matplotlib.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in KINDS:
        raise CstarkError(f"{path}: a report is written to a file that ends in {', '.join(KINDS)}")
    if suffix in PICTURES:
        from importlib.util import find_spec

        if find_spec("matplotlib") is not None:
            return suffix
        raise CstarkError(f"{path}: pictures need matplotlib: pip install matplotlib")
    return suffix


def file_bytes(report: Report, path: str | PathLike[str]) -> bytes:
    """What is written to a file of that name."""
    kind = kind_of(path)
    if kind == ".json":
        return (json.dumps(report.to_dict(), indent=2) + "\n").encode()
    if kind == ".html":
        from cstark.report.html import page

        return page(report).encode()
    file = io.BytesIO()
    report.plot().savefig(file, format=kind[1:])
    return file.getvalue()


def save(report: Report, path: str | PathLike[str]) -> None:
    """See `Report.save`."""
    data = file_bytes(report, path)
    with open(path, "wb") as file:
        file.write(data)


def loads(data: bytes, name: str) -> Report:
    """The report in the bytes of a JSON file; `name` is for the error.

    Raises
    ------
    CstarkError
        There is none.
    """
    try:
        return Report.from_dict(json.loads(data))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CstarkError(f"{name}: no report, which is JSON: {error}") from None
    except ValueError as error:
        raise CstarkError(f"{name}: {error}") from None


def load(path: str | PathLike[str]) -> Report:
    """See `Report.load`."""
    with open(path, "rb") as file:
        return loads(file.read(), os.fspath(path))
