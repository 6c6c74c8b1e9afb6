"""Errors of the machine: what is wrong with a program's file or sources."""

from __future__ import annotations

from cstark.errors import CstarkError

__all__ = ["BuildError", "ElfError"]


class BuildError(CstarkError):
    """A guest cannot be compiled, or what the compiler made is not for the machine."""


class ElfError(CstarkError):
    """A file is no ELF executable that this machine can load.

    Attributes
    ----------
    field : str
        The field of the file that is to blame, by its name in the ELF specification
        (``e_machine``, ``p_vaddr``), or the property of an image (``text``, ``entry``).

    Examples
    --------
    >>> from cstark.vm.elf import read_elf
    >>> read_elf(b"#!/bin/sh")
    Traceback (most recent call last):
    ...
    cstark.vm.errors.ElfError: EI_MAG: not an ELF file: it begins with 23212f62, not 7f454c46
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field

    def __reduce__(self) -> tuple[type[ElfError], tuple[str, str]]:
        return type(self), (self.field, str(self)[len(self.field) + 2 :])
