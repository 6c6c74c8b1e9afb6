"""Poseidon2 over Goldilocks: the permutation of arrays, and a table whose rows are permutations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Air, Table, padded_rows
from cstark.air.columns import View
from cstark.arrays import goldilocks
from cstark.errors import AirError, TraceError, quoted
from cstark.field import P
from cstark.gadgets.poseidon_constants import CONSTANTS
from cstark.gadgets.ranges import unsigned

__all__ = ["Poseidon2", "poseidon2"]

_HALF, _PARTIAL = 4, 22
_M4 = np.array([[2, 3, 1, 1], [1, 2, 3, 1], [1, 1, 2, 3], [3, 1, 1, 2]], dtype=np.uint64)


class _Parameters(NamedTuple):
    """What a width has of its own."""

    external: NDArray[np.uint64]
    internal: NDArray[np.uint64]
    begin: NDArray[np.uint64]
    partial: NDArray[np.uint64]
    end: NDArray[np.uint64]


def _parameters(width: int) -> _Parameters:
    given = {name: np.array(values, dtype=np.uint64) for name, values in CONSTANTS[width].items()}
    blocks = width // 4
    # y_i = 2 M4 x_i + the sum of M4 x_j over the other blocks of four
    external = np.kron(np.ones((blocks, blocks), np.uint64) + np.eye(blocks, dtype=np.uint64), _M4)
    internal = goldilocks.add(np.ones((width, width), np.uint64), np.diag(given["diagonal"]))
    rounds = (_HALF, width)
    return _Parameters(
        external, internal, given["begin"].reshape(rounds), given["partial"],
        given["end"].reshape(rounds),
    )  # fmt: skip


def poseidon2(state: ArrayLike) -> NDArray[np.uint64]:
    """The Poseidon2 permutation over Goldilocks of 8 or 12 elements, of many states at once.

    Four full rounds, 22 partial rounds and four full rounds with the S-box x^7, the constants,
    the matrices and the test vectors of Plonky3. It is a permutation: a hash or a compression
    function made of it has to say what of the state is input and what is output.

    Parameters
    ----------
    state : array_like
        ``(..., 8)`` or ``(..., 12)`` integers below p. The last axis is the state.

    Returns
    -------
    ndarray
        uint64 of the same shape.

    Raises
    ------
    TraceError
        If the last axis has another length, or a value is not below p.

    References
    ----------
    L. Grassi, D. Khovratovich, M. Schofnegger, "Poseidon2: A Faster Version of the Poseidon Hash
    Function", https://eprint.iacr.org/2023/323. Constants: Plonky3, goldilocks/src/poseidon2.rs.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> hex(cs.gadgets.poseidon2(np.arange(8))[0])
    '0x20cf04a1b214d14'
    >>> hex(cs.gadgets.poseidon2(np.arange(12))[0])
    '0xf292ab67c0f14b03'
    """
    states = _states("poseidon2", state)
    *_, result = _rounds(states.reshape(-1, states.shape[-1]), {})
    return result.reshape(states.shape)


def _states(name: str, state: ArrayLike) -> NDArray[np.uint64]:
    states = unsigned(f"{name}: states", state)
    if states.ndim == 0 or states.shape[-1] not in CONSTANTS:
        raise TraceError(
            f"{name}: an array of shape {states.shape}; its last axis, the state, must have 8 or "
            "12 elements"
        )
    if states.size and int(states.max()) >= P:
        raise TraceError(f"{name}: {int(states.max())} is not below p")
    return states


def _rounds(state: NDArray[np.uint64], cells: dict[str, Any]) -> tuple[NDArray[np.uint64]]:
    """The permutation of (n, width) states; what the table holds on the way goes to `cells`."""
    width = state.shape[1]
    given = _parameters(width)

    def mixed(x: NDArray[np.uint64], matrix: NDArray[np.uint64]) -> NDArray[np.uint64]:
        result: NDArray[np.uint64] = goldilocks.matmul(x, np.ascontiguousarray(matrix.T))
        return result

    def full(x: NDArray[np.uint64], constants: NDArray[np.uint64], name: str) -> NDArray[np.uint64]:
        cubes, after = [], []
        for constant in constants:
            x = goldilocks.add(x, constant)
            cube = goldilocks.power(x, 3)
            x = mixed(goldilocks.mul(goldilocks.square(cube), x), given.external)
            cubes.append(cube)
            after.append(x)
        cells[f"{name}_cube"], cells[name] = np.stack(cubes, axis=1), np.stack(after, axis=1)
        return x

    cells["input"] = state
    state = full(mixed(state, given.external), given.begin, "begin")
    cubes, after = [], []
    for constant in given.partial:
        x = goldilocks.add(state[:, 0], constant)
        cube = goldilocks.power(x, 3)
        state = state.copy()
        state[:, 0] = goldilocks.mul(goldilocks.square(cube), x)
        cubes.append(cube)
        after.append(state[:, 0].copy())
        state = mixed(state, given.internal)
    cells["partial_cube"], cells["partial"] = np.stack(cubes, axis=1), np.stack(after, axis=1)
    return (full(state, given.end, "end"),)


class Poseidon2(Air):
    """A table of Poseidon2 permutations, one in each row, which others look up on a bus.

    A message is the input followed by the output, ``2 * width`` elements: who sends it has the
    output proved. A row is a true permutation whatever its count is, so that counts need no bound.
    To state something about the rows themselves, such as a chain of hashes, derive from the class
    and add equations on ``t.now.input`` and ``self.output(t.now)``, as the machine
    `cstark.machines.hash_chain` does; if nobody looks the rows up, give ``bus=None``.

    There are ``width * 17 + 45`` columns, one fewer without a bus, and all equations are of degree
    3: the cube of each S-box is a column, its square times the S-box's input is x^7.

    Parameters
    ----------
    width : int
        8 or 12.
    bus : str or None, default "poseidon2"
        The bus that the table receives from; None for a table that receives nothing.

    Raises
    ------
    AirError
        If the width is another one.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Hashed(cs.Air):
    ...     columns = {"input": (8,), "output": (8,)}
    ...     def constrain(self, t):
    ...         t.send("poseidon2", [*t.now.input, *t.now.output])
    >>> inputs = np.arange(64, dtype=np.uint64).reshape(8, 8)
    >>> table = cs.gadgets.Poseidon2(8)
    >>> machine = cs.Machine({"hashed": Hashed(), "poseidon2": table})
    >>> hashed = np.concatenate([inputs, cs.gadgets.poseidon2(inputs)], axis=1)
    >>> bool(machine.check({"hashed": hashed, "poseidon2": table.trace(inputs)}))
    True
    """

    def __init__(self, width: int, bus: str | None = "poseidon2") -> None:
        if isinstance(width, bool) or not isinstance(width, int) or width not in CONSTANTS:
            raise AirError(f"Poseidon2: width must be 8 or 12, not {quoted(width)}")
        self.width_of_state, self.bus = width, bus
        self.columns: dict[str, tuple[int, ...]] = {
            "input": (width,),
            "begin_cube": (_HALF, width),
            "begin": (_HALF, width),  # the state after each round
            "partial_cube": (_PARTIAL,),
            "partial": (_PARTIAL,),  # the first element after its S-box
            "end_cube": (_HALF, width),
            "end": (_HALF, width),
        }
        if bus is not None:
            self.columns["count"] = ()

    def output(self, row: Any) -> Any:
        """The output of the permutation of a row.

        Parameters
        ----------
        row : Namespace or View
            ``t.now`` or ``t.next``, or the view of a trace.

        Returns
        -------
        ndarray
            ``(width,)`` expressions, or ``(rows, width)`` integers of a view.
        """
        return row.end[:, -1] if isinstance(row, View) else row.end[-1]

    def constrain(self, t: Table) -> None:
        """State the rounds of the permutation, and receive its input and output.

        Parameters
        ----------
        t : Table
        """
        now, given = t.now, _parameters(self.width_of_state)
        # Python integers: products of expressions and NumPy's fixed-size ones are not meant here
        external, internal = given.external.astype(object), given.internal.astype(object)

        def full(state: Any, constants: NDArray[np.uint64], name: str) -> Any:
            groups = now[f"{name}_cube"], now[name]
            for constant, cube, after in zip(constants.tolist(), *groups, strict=True):
                x = state + np.array(constant, dtype=object)
                t.every_row.equal(cube, x**3, name=f"{name} cube")
                t.every_row.equal(after, external @ (cube**2 * x), name=f"{name} round")
                state = after
            return state

        state = full(external @ now.input, given.begin, "begin")
        rounds = zip(given.partial.tolist(), now.partial_cube, now.partial, strict=True)
        for constant, cube, after in rounds:
            x = state[0] + constant
            t.every_row.equal(cube, x**3, name="partial cube")
            t.every_row.equal(after, cube**2 * x, name="partial round")
            state = internal @ np.array([after, *state[1:]], dtype=object)
        full(state, given.end, "end")
        if self.bus is not None:
            t.receive(self.bus, [*now.input, *self.output(now)], count=now.count)

    def fill(self, trace: NDArray[np.uint64], rows: int) -> NDArray[np.uint64]:
        """Give the trace with rows behind it that are the permutation of zeros, with count 0.

        Parameters
        ----------
        trace : ndarray
            ``(used, width of the table)``.
        rows : int

        Returns
        -------
        ndarray
            ``(rows, width of the table)``.
        """
        idle = self.trace(np.zeros((0, self.width_of_state), dtype=np.uint64))[0]
        filled = self.zeros(rows)
        filled[: len(trace)], filled[len(trace) :] = trace, idle
        return filled

    def trace(self, inputs: ArrayLike) -> NDArray[np.uint64]:
        """The trace of the table when the permutation of each input is looked up once.

        Parameters
        ----------
        inputs : array_like
            ``(n, width)`` integers below p; a row for each, the same input twice included.

        Returns
        -------
        ndarray
            ``(rows, width of the table)`` uint64, where `rows` is the next power of two of at least
            8. The rows that are left are the permutation of zeros, with count 0.

        Raises
        ------
        TraceError
            If the inputs have another shape, or a value is not below p.
        """
        states = _states("Poseidon2.trace", inputs)
        if states.ndim != 2 or states.shape[1] != self.width_of_state:
            raise TraceError(
                f"Poseidon2.trace: inputs of shape {states.shape}, not (n, {self.width_of_state})"
            )
        used = len(states)
        rows = padded_rows(used)
        padded = np.zeros((rows, self.width_of_state), dtype=np.uint64)
        padded[:used] = states
        cells: dict[str, Any] = {}
        _rounds(padded, cells)
        trace = self.zeros(rows)
        view = self.view(trace)
        for name, values in cells.items():
            view[name] = values
        if self.bus is not None:
            view["count"][:used] = 1
        return trace
