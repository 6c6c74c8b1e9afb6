"""The one error of the bench report."""

from __future__ import annotations

__all__ = ["BenchError"]


class BenchError(Exception):
    """Wrong usage, a revision that is not there, a build or a run that fails: exit code 2."""
