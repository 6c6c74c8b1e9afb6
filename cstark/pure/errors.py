"""The two ways to say no: to a proof, and to a key file."""

from __future__ import annotations


class Refused(ValueError):
    """The proof is not accepted.

    Attributes
    ----------
    reason : str
        The check that failed: "format", "options", "statement", "heights", "security",
        "multiplicity", "bus sum", "constraints", "grinding", "merkle", "fri", "final polynomial".
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class BadKey(ValueError):
    """The key file does not describe a machine and a statement."""
