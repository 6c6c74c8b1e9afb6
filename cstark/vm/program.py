"""`Program`: what a prover runs and a verifier brings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cstark as cs
from cstark.vm import abi
from cstark.vm.image import Image, load, program_id
from cstark.vm.isa import texts
from cstark.vm.statement import read, statement
from cstark.vm.tables import Rare, row_cells, tables_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from cstark.vm.execution import Execution

__all__ = ["Program", "Result", "default_options"]


def default_options() -> cs.Options:
    """The options of proofs of runs: the usual ones, up to the tallest tables that are sound here.

    Returns
    -------
    Options

    Examples
    --------
    >>> from cstark import vm
    >>> vm.default_options().security
    128
    """
    return cs.Options(max_log_height=abi.MAX_LOG_HEIGHT)


@dataclass(frozen=True)
class Result:
    """What a verified proof says of a run.

    Attributes
    ----------
    exit_code : int
        The value of a0 when the program halted.
    output : bytes
        What the program wrote to the output window.
    steps : int or None
        Executed operations; most instructions are one. None where the proof hides it.
    program : str
        The id of the program.

    Examples
    --------
    >>> from cstark import vm
    >>> program = vm.Program(vm.Image.from_text([0x00500513, 0x05D00893, 0x00000073]))
    >>> result = program.verify(program.prove())
    >>> result.exit_code, result.output, result.steps
    (5, b'', 3)
    """

    exit_code: int
    output: bytes
    steps: int | None
    program: str


class Program:
    """A RISC-V program: a memory image, its decoded text and its entry.

    Programs with the same id are proved and verified alike. The id covers everything that a run
    depends on but the input: the decoded operations, the image and the entry. Symbols are for
    messages only.

    Parameters
    ----------
    image : Image

    Attributes
    ----------
    image : Image
    code : Code
        The decoded text.

    Examples
    --------
    Four instructions: double 21, halt with the result.

    >>> from cstark import vm
    >>> words = [0x01500513, 0x00A50533, 0x05D00893, 0x00000073]
    >>> program = vm.Program(vm.Image.from_text(words))
    >>> print(program)
       10000:  01500513  li a0,21
       10004:  00a50533  add a0,a0,a0
       10008:  05d00893  li a7,93
       1000c:  00000073  ecall
    >>> program.run().exit_code
    42
    >>> program.verify(program.prove()).exit_code
    42
    """

    travels_once = True  # to each worker, see `cstark.shards.common`

    def __init__(self, image: Image) -> None:
        self.image = image
        self.code = image.expand()
        self._machines: dict[cs.Options, cs.Machine] = {}

    # ---- where programs come from -------------------------------------------------------------

    @classmethod
    def from_elf(cls, source: str | os.PathLike[str] | bytes) -> Program:
        """Read an ELF file.

        Parameters
        ----------
        source : path or bytes
            A static little-endian ELF64 executable for RV64IM.

        Returns
        -------
        Program

        Raises
        ------
        ElfError
            It is none, or does not fit the machine; the message names the field.
        OSError
            The file cannot be read.
        """
        return cls(load(source))

    @classmethod
    def from_c(cls, *sources: str | os.PathLike[str], **settings: Any) -> Program:
        """Compile C sources with the guest library and read the result.

        Parameters
        ----------
        *sources : path
            C or assembler files.
        **settings
            As for `cstark.vm.guest.build`.

        Returns
        -------
        Program

        Raises
        ------
        BuildError
            No compiler is there, or it refuses the sources; what it printed is in the message.
        """
        from cstark.vm.guest import build

        return cls.from_elf(build(sources, **settings))

    # ---- what it is ---------------------------------------------------------------------------

    @property
    def entry(self) -> int:
        """Address of the first instruction."""
        return self.image.entry

    @cached_property
    def id(self) -> str:
        """SHA-256 of the decoded operations, the image and the entry, in hexadecimal digits."""
        return program_id(self.image, self.code)

    def tables(self, *, counted: bool = True) -> dict[str, cs.Air]:
        """Give the tables of every proof about this program: those that it can ever need.

        Parameters
        ----------
        counted : bool
            Whether the statement says how many operations were executed. Proofs that hide their
            traces have a table of their own for the operation that halts, and one more for rows of
            any family.

        Returns
        -------
        dict of str to Air
        """
        return dict(self._tables if counted else self._uncounted)

    @cached_property
    def _tables(self) -> dict[str, cs.Air]:
        return tables_of(self.code, self.image)

    @cached_property
    def _uncounted(self) -> dict[str, cs.Air]:
        return tables_of(self.code, self.image, counted=False)

    def rares(self, *, counted: bool = True) -> dict[str, Rare]:
        """Give the tables in which any of some families may have rows.

        Parameters
        ----------
        counted : bool
            As for `tables`, of which they are some.

        Returns
        -------
        dict of str to Rare

        Examples
        --------
        >>> from cstark import vm
        >>> program = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073]))
        >>> {name: list(table.families) for name, table in program.rares(counted=False).items()}
        {'rare': ['li', 'halt', 'print']}
        """
        tables = self._tables if counted else self._uncounted
        return {name: table for name, table in tables.items() if isinstance(table, Rare)}

    def row_cells(self, *, counted: bool = True) -> dict[str, int]:
        """Say how many cells are committed for a row of each table.

        Parameters
        ----------
        counted : bool
            As for `tables`.

        Returns
        -------
        dict of str to int
            A cell for each column of the table, and three for every two messages.
        """
        return dict(self._row_cells if counted else self._uncounted_cells)

    @cached_property
    def _row_cells(self) -> dict[str, int]:
        return row_cells(self._tables)

    @cached_property
    def _uncounted_cells(self) -> dict[str, int]:
        return row_cells(self._uncounted)

    def machine(self, options: cs.Options | None = None) -> cs.Machine:
        """Give the machine that proves and verifies runs of this program.

        It is made once for each choice of options.

        Parameters
        ----------
        options : Options, optional
            By default those of `default_options`.

        Returns
        -------
        Machine

        Raises
        ------
        AirError
            If the options allow taller tables than are sound.
        """
        options = default_options() if options is None else options
        if options not in self._machines:
            self._machines[options] = cs.Machine(self.tables(counted=not options.zk), options)
        return self._machines[options]

    def statement(self, claim: Mapping[str, Any]) -> cs.Statement:
        """Give the tables and tokens of a claim about this program; see `cstark.vm.statement`.

        Parameters
        ----------
        claim : mapping
            Steps, exit code, output and the id of the program.

        Returns
        -------
        Statement

        Raises
        ------
        StatementError
            If the claim makes no sense, or is about another program.
        """
        return statement(self, claim)

    # ---- verbs --------------------------------------------------------------------------------

    def run(
        self,
        input: bytes = b"",
        *,
        max_steps: int = abi.DEFAULT_MAX_STEPS,
        progress: Callable[[int], object] | None = None,
    ) -> Execution:
        """Execute the program.

        Parameters
        ----------
        input : bytes
            What the program finds in the input window; at most 256 MiB.
        max_steps : int
            Most operations executed; a guest that has not halted by then is stopped.
        progress : callable, optional
            Called with the number of operations so far, some ten times a second. What it raises
            stops the run, as Ctrl-C does.

        Returns
        -------
        Execution

        Raises
        ------
        GuestError
            The guest did what cannot be proved, or did not halt; the error names pc, instruction,
            function, address and cycle.
        """
        from cstark.vm.execution import execute

        return execute(self, input, max_steps, progress)

    def prove(
        self,
        input: bytes = b"",
        options: cs.Options | None = None,
        *,
        max_steps: int = abi.DEFAULT_MAX_STEPS,
        **settings: Any,
    ) -> cs.Proof:
        """Execute the program and prove the run.

        Parameters
        ----------
        input : bytes
        options : Options, optional
        max_steps : int
            As for `run`.
        **settings
            `pad_to`, `check`, `progress`, `max_memory`: as for `Execution.prove`.

        Returns
        -------
        Proof
        """
        return self.run(input, max_steps=max_steps).prove(options, **settings)

    def prove_shards(
        self,
        input: bytes = b"",
        options: cs.Options | None = None,
        *,
        max_steps: int = abi.DEFAULT_MAX_STEPS,
        memory: int | None = None,
        cells: int | None = None,
        **settings: Any,
    ) -> cs.ShardedProof:
        """Execute the program and prove the run in shards, each of which fits a budget of memory.

        Parameters
        ----------
        input : bytes
        options : Options, optional
        max_steps : int
            As for `run`.
        memory, cells : int, optional
            How large a shard may be: as for `Execution.shards`.
        **settings
            `pad_to`, and `executor`, `folder`, `keep`, `check`, `progress`, `max_memory`: as for
            `Execution.prove_shards`.

        Returns
        -------
        ShardedProof
        """
        execution = self.run(input, max_steps=max_steps)
        return execution.prove_shards(options, memory=memory, cells=cells, **settings)

    def verify(
        self,
        proof: cs.Proof | cs.ShardedProof | bytes,
        options: cs.Options | None = None,
        *,
        exit_code: int | None = None,
        output: bytes | None = None,
        min_security: int = 100,
        executor: Executor | None = None,
        progress: Any = None,
    ) -> Result:
        """Verify a proof of a run of this program.

        Parameters
        ----------
        proof : Proof, ShardedProof or bytes
        options : Options, optional
            What the proof must have been made with; by default those of `default_options`, which
            hide nothing.
        exit_code, output : optional
            Refuse a proof of another exit code or output. Without them look at the result: a
            proof of a run that failed is a valid proof.
        min_security : int
            Fewest proven bits accepted.
        executor, progress : optional
            Of a proof in shards, as for `Machine.verify`: where the shards are verified, and who
            is told after each.

        Returns
        -------
        Result

        Raises
        ------
        VerificationError
            The proof is refused; `reason` says why.
        """
        if not isinstance(proof, (cs.Proof, cs.ShardedProof)):
            kind = cs.ShardedProof if cs.ShardedProof.is_one(proof) else cs.Proof
            proof = kind.from_bytes(proof)
        try:
            claim = cs.decode_claim(proof.claim)
            rows, found_code, found_output = read(self, claim)
            said = self.statement(claim)
        except cs.StatementError as error:
            raise cs.VerificationError(str(error), cs.Reason.STATEMENT) from error
        machine = self.machine(options)
        zk, demanded = bool(proof.options.zk), bool(machine.resolved.zk)
        if zk != demanded:
            raise cs.VerificationError(
                f"the proof was made with zk={zk}, and the options given say zk={demanded}: "
                "verify(proof, options) takes those that it was made with",
                cs.Reason.OPTIONS,
            )
        if (rows is None) != demanded:
            raise cs.VerificationError(
                "the claim says how many operations were executed exactly where the options do not "
                f"hide it: zk={demanded}, and claim.rows is "
                f"{'missing' if rows is None else rows}",
                cs.Reason.STATEMENT,
            )
        if exit_code is not None and found_code != exit_code:
            raise cs.VerificationError(
                f"the proof is of exit code {found_code}, not {exit_code}", cs.Reason.STATEMENT
            )
        if output is not None and found_output != output:
            raise cs.VerificationError("the proof is of another output", cs.Reason.STATEMENT)
        machine.verify(
            proof, tokens=said.tokens, claim=proof.claim, min_security=min_security,
            executor=executor, progress=progress,
        )  # fmt: skip
        return Result(found_code, found_output, rows, self.id)

    def __reduce__(self) -> tuple[type[Program], tuple[Image]]:
        """Pickle what it is made from; machines are made again where they are needed."""
        return Program, (self.image,)

    # ---- showing ------------------------------------------------------------------------------

    def __str__(self) -> str:
        """The disassembly, with symbols."""
        symbols, low = self.image.symbols, self.image.text[0]
        starts = dict(symbols)
        lines = []
        words = self.image.text_words
        instructions = texts(words, low, symbols)
        for k, (word, text) in enumerate(zip(words.tolist(), instructions, strict=True)):
            pc = low + 4 * k
            if pc in starts:
                lines += ["", f"{pc:08x} <{starts[pc]}>:"]
            lines.append(f"{pc:8x}:  {word:08x}  {text}")
        return "\n".join(lines).lstrip("\n")

    def __repr__(self) -> str:
        low, high = self.image.text
        return f"<vm.Program {self.id[:16]}: {(high - low) // 4:,} instructions of text>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)
