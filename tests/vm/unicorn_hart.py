"""QEMU's RISC-V, by way of unicorn, beside which another hart steps."""

from __future__ import annotations

from collections.abc import Callable

import unicorn
from unicorn import riscv_const

from tests.vm.random_programs import LOW, ZEROS

REGISTERS = [getattr(riscv_const, f"UC_RISCV_REG_X{k}") for k in range(32)]
PAGE = 4096
WINDOW = 1 << 16  # bytes of zero-filled memory that are mapped on each side of `ZEROS`


class UnicornHart:
    """Executes a text that begins at `LOW`.

    Parameters
    ----------
    content : bytes
        What memory holds from `LOW` on.
    """

    def __init__(self, content: bytes) -> None:
        self.uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV64)
        self.uc.mem_map(LOW, -(-len(content) // PAGE) * PAGE)
        self.uc.mem_write(LOW, content)
        self.uc.mem_map(ZEROS - WINDOW, 2 * WINDOW)

    def run(self, end: int, before: Callable[[int], None]) -> None:
        """Run up to an address; `before` is called with the pc of each instruction to come.

        What it raises ends the run.
        """
        raised: list[Exception] = []

        def hook(uc: unicorn.Uc, pc: int, size: int, data: object) -> None:
            try:
                before(pc)
            except Exception as error:  # would be lost in the C code that calls this
                raised.append(error)
                uc.emu_stop()

        self.uc.hook_add(unicorn.UC_HOOK_CODE, hook)
        self.uc.emu_start(LOW, end)
        if raised:
            raise raised[0]
        before(self.uc.reg_read(riscv_const.UC_RISCV_REG_PC))

    @property
    def x(self) -> list[int]:
        return list(self.uc.reg_read_batch(REGISTERS))

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.uc.mem_read(address, length))
