"""Guests: programs in C, assembler or Rust whose runs are proved.

`build` compiles one with whichever compiler is there, `new` writes a folder to start from, and
`cstark.vm.guest.examples` holds eight programs that are explained line by line::

    from cstark.vm import guest

    elf = guest.build("main.c")                 # the bytes of an ELF file
    guest.build("main.c", "main.elf")           # or a file

The folder ``kit`` has what is linked with each: start-up code, linker script, ``cstark.h`` and a
small library.  ``rust/cstark-guest`` is the same for Rust: `build_rust` compiles a Cargo package,
and ``rust/search`` is one of the examples once more.
"""

from __future__ import annotations

from cstark.vm.guest.build import INCLUDE, build
from cstark.vm.guest.cargo import CRATE, build_rust
from cstark.vm.guest.compilers import COMPILERS, Compiler, available, find
from cstark.vm.guest.new import new

__all__ = [
    "COMPILERS",
    "CRATE",
    "INCLUDE",
    "Compiler",
    "available",
    "build",
    "build_rust",
    "find",
    "new",
]
