"""Where the cells of a run go, by call stack."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cstark.vm.executor._executor import PROFILE
from cstark.vm.executor.start import run, start
from cstark.vm.image import Image
from cstark.vm.isa import BY_CODE, Code
from cstark.vm.tables import FAMILIES

__all__ = ["profile_stacks"]

LINK = 1
"""The register that holds return addresses: x1, ra."""

CALL, RETURN = 1, 2


def profile_stacks(
    code: Code, image: Image, input: bytes, rows: int, cost: Mapping[str, int]
) -> dict[tuple[str, ...], int]:
    """Execute a program once more, and sort the cells of its rows by call stack.

    A call leaves its return address in x1, a return jumps to it; any other way into another
    function takes the place of the one that was left.

    Parameters
    ----------
    code : Code
    image : Image
        Its symbols name the functions.
    input : bytes
    rows : int
        How many the run has.
    cost : mapping of str to int
        Cells of a row of each table.

    Returns
    -------
    dict of tuple of str to int
        Names, the outermost function first, to the cells of the innermost one's own rows.
    """
    operations, symbols = code.operations, image.symbols
    addresses = operations["label"] & np.uint64(0xFFFF_FFFF)
    function = np.searchsorted(symbols.addresses, addresses, side="right").astype(np.int64)
    behind = np.append(np.uint64(0), symbols.ends)[function]
    function[addresses >= behind] = 0  # 0 is no function; others are one more than their number
    names = {code_: operation.name for code_, operation in BY_CODE.items()}
    kinds = np.array([names[int(number)] for number in operations["code"]])
    links = operations["rd"] == LINK
    calls = links & ((kinds == "jalr") | ((kinds == "li") & (operations["imm"] == addresses + 4)))
    returns = (kinds == "jr") & (operations["rs1"] == LINK)
    turn = np.where(calls, CALL, np.where(returns, RETURN, 0)).astype(np.uint8)

    hart = start(code, image, input, PROFILE, max_rows=rows)
    hart.profile(
        np.append(function, 0).astype(np.uint32),
        np.append(turn, 0).astype(np.uint8),
        np.array([cost.get(name, 0) for name in (*FAMILIES, "refresh")], dtype=np.uint64),
    )
    run(hart, code, symbols=symbols)

    parents, functions, cells = hart.stacks()
    stacks: list[tuple[str, ...]] = [()]
    found: dict[tuple[str, ...], int] = {}
    for node in range(1, len(parents)):  # parents come before their children
        number = int(functions[node])
        name = symbols.name(number - 1) if number else "(no symbol)"
        stacks.append((*stacks[parents[node]], name))
        if cells[node]:
            found[stacks[node]] = found.get(stacks[node], 0) + int(cells[node])
    return found
