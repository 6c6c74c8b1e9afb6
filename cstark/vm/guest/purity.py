"""What a guest's ELF file must be, looked at after linking.

A compiler that was misconfigured, or an object from elsewhere, may bring instructions that the
machine does not have.  Whoever runs such a program would learn of it in the middle of a run; here
it is said at once, with the function where it was found.
"""

from __future__ import annotations

import numpy as np

from cstark.vm.errors import BuildError, ElfError
from cstark.vm.image import load
from cstark.vm.isa import why_none
from cstark.vm.isa.decode import NONE, decode

__all__ = ["check_guest"]

# What compilers put where nothing can get to: ebreak, and unimp, a write to a read-only register.
# A run that gets there is stopped.
_TRAPS = (0x0010_0073, 0xC000_1073)


def check_guest(data: bytes) -> int:
    """Refuse what is not a static program of RV64IM alone that the machine can load.

    Parameters
    ----------
    data : bytes
        The ELF file.

    Returns
    -------
    int
        How many instructions it has.

    Raises
    ------
    BuildError
        Says what was found, and for an instruction its address and function.

    Examples
    --------
    >>> check_guest(b"MZ")
    Traceback (most recent call last):
    ...
    cstark.vm.errors.BuildError: what the compiler made is not for the machine: EI_MAG: not an ELF
    file: it begins with 4d5a, not 7f454c46
    """
    try:
        image = load(data)
    except ElfError as error:
        raise BuildError(f"what the compiler made is not for the machine: {error}") from error
    words = image.text_words
    foreign = (decode(words).number == NONE) & ~np.isin(words, _TRAPS)
    for first, behind in image.holes:  # other segments, between those of the text
        foreign[(first - image.text[0]) // 4 : (behind - image.text[0]) // 4] = False
    if foreign.any():
        at = int(np.argmax(foreign))
        address, word = image.text[0] + 4 * at, int(words[at])
        where = image.symbols.show(address)
        raise BuildError(
            f"the compiler emitted something else than RV64IM at {address:#x}"
            f"{f' ({where})' if where else ''}: {word:#010x} is {why_none(word)}"
        )
    return len(words)
