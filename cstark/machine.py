"""`Machine`: tables and options together, the object that users hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cstark.air import Air, Tables
from cstark.air.fill import Padded, PadTo, fill_traces, filling, read_pad_to
from cstark.air.tokens import Token
from cstark.appraisal import Appraised
from cstark.checked import Checked
from cstark.errors import AirError, quoted
from cstark.protocol.key import VerifyingKey
from cstark.protocol.options import Options, ResolvedOptions
from cstark.protocol.policy import Policy
from cstark.protocol.proof import Proof, is_sharded
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.publics import Publics
from cstark.protocol.statement import Instance
from cstark.protocol.traces import Traces

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from os import PathLike

    from cstark.air.description import TableDescription
    from cstark.protocol.shards.proof import ShardedProof
    from cstark.report.progress import ProgressCallback
    from cstark.shards.worker import Source
    from cstark.workload.statement_file import StatementFile

__all__ = ["Machine"]


class Machine(Checked, Appraised):
    """Tables, the buses between them, and the options of their proofs.

    A machine pickles with its compiled programs: workers of a pool need not compile it again.

    Parameters
    ----------
    tables : mapping of str to Air
        The tables, which keep this order everywhere. Buses are numbered by name.
    options : Options, optional
        What proofs are made with; they are resolved to numbers once, here.

    Raises
    ------
    AirError
        If a description is wrong, or the tables do not fit together, or not with the options.
    OptionsError
        If the security target cannot be reached.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Doubling(cs.Air):
    ...     columns = ("x",)
    ...     publics = ("start",)
    ...     def constrain(self, t):
    ...         t.first_row.equal(t.now.x, t.publics.start)
    ...         t.transition.equal(t.next.x, 2 * t.now.x)
    >>> machine = cs.Machine({"doubling": Doubling()})
    >>> trace = np.array([[5 << i] for i in range(8)], dtype=np.uint64)
    >>> proof = machine.prove({"doubling": trace}, {"doubling": [5]})
    >>> machine.verify(proof, {"doubling": [5]})
    >>> machine.verify(proof, {"doubling": [6]})  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    VerificationError: ...
    """

    def __init__(self, tables: Mapping[str, Air], options: Options | None = None) -> None:
        options = Options() if options is None else options
        if not isinstance(tables, Mapping) or not tables:
            raise AirError(
                "a machine needs a mapping from table names to Air instances, such as "
                f'{{"fib": Fibonacci()}}, not {quoted(tables)}'
            )
        if not isinstance(options, Options):
            raise AirError(f"options must be cs.Options, not {type(options).__name__}")
        self._tables = tables if isinstance(tables, Tables) else Tables(tables)
        self._options = options
        self._proving_key = ProvingKey.make(self._tables.descriptions, options)

    # What a machine says is fixed when it is made: none of these can be set.

    @property
    def tables(self) -> Tables:
        """The tables by name, read only; what they say is what they said then."""
        return self._tables

    @property
    def options(self) -> Options:
        """The options, as they were given."""
        return self._options

    @property
    def proving_key(self) -> ProvingKey:
        """What all proofs of the machine share."""
        return self._proving_key

    def with_options(self, options: Options) -> Machine:
        """Give a machine of the same tables with other options, without describing them again.

        Parameters
        ----------
        options : Options

        Returns
        -------
        Machine

        Raises
        ------
        AirError, OptionsError
            As when the machine is made.
        """
        if not isinstance(options, Options):
            raise AirError(f"options must be cs.Options, not {type(options).__name__}")
        other = type(self)(self.tables, options)
        other.proving_key.programs = self.proving_key.programs  # they depend on the tables alone
        return other

    # ---- proving ------------------------------------------------------------------------

    def prove(
        self,
        traces: Mapping[str, Traces],
        publics: Publics | None = None,
        *,
        tokens: Sequence[Token] = (),
        claim: bytes = b"",
        check: bool = True,
        progress: bool | ProgressCallback | None = None,
        max_memory: int | None = None,
        pad_to: PadTo | None = None,
        insecure_seed: bytes | None = None,
    ) -> Proof:
        """Prove that the traces satisfy all tables and balance all buses.

        Parameters
        ----------
        traces : mapping of str to (rows, columns) array_like of integers
            One for each table; rows a power of two, at least 8; values from 0 to p - 1; the trace
            of a table with a single column may be ``(rows,)``. A C-contiguous array of uint64 or
            int64 is used in place, read only, memory-mapped or not; other integers, and bools, are
            copied. A callable that returns the array is called when the trace is needed; if nobody
            else holds what it returns, the prover may use that memory for itself (see also
            `cstark.goldilocks.empty`). Of a table that may stand any number of times (`Air.stands`)
            a list or tuple of them, tallest first; it may be empty or left out.
        publics : mapping of str to (sequence or mapping), optional
            For each table with public values: these in order, or by name (a group as an array).
        tokens : sequence of Send or Receive
            Messages that the verifier adds.
        claim : bytes
            At most 1 MiB of data that the file carries and that is bound to the proof.
        check : bool
            Check every constraint on every row first, and that counts of messages keep to the
            weights their tables state. Without it a false trace yields a proof that does not
            verify, except for unbalanced buses, which are always noticed.
        progress : bool or callable, optional
            True shows a bar on standard error: share done, phase, time left, bytes held now. A
            callable is called with (phase, done, total), from the check of the traces on, some
            twenty times a second: ``done / total``, two ints, is the share of the expected time;
            `total` never changes, `done` never falls and ends at `total`. What it raises cancels
            the proof and reaches the caller as it is. Ctrl-C does the same. Either way all memory
            is given up at once, and the machine can be used again.
        max_memory : int, optional
            Most bytes of the prover's own buffers: extended columns, trees, words, scratch, and
            what the machine keeps from proof to proof (its preprocessed columns). The traces
            themselves are not counted, nor is Python with its modules (some 50 MB). The fastest
            plan that fits is taken, see `estimate`; the proof is the same for all of them.
        pad_to : mapping of str to (int or sequence of int), optional
            Rows that tables are to have, powers of two: their traces may have fewer, any number of
            them, and are filled up as `Air.fill` says, with zeros by default. The height of a table
            is public, also with ``zk=True``: a proof then tells no more than that the rows in use
            are not more than these. Of a table that may stand any number of times, the rows of each
            trace, tallest first; those that are not given are all filling.
        insecure_seed : bytes, optional
            For tests with ``Options(zk=True)``: 32 bytes in the place of the secret that the
            operating system gives for each proof. Whoever knows them can compute the traces.

        Returns
        -------
        Proof

        Raises
        ------
        TraceError
            If a trace has the wrong shape or values, violates a constraint or unbalances a bus;
            the error names table, row, column or constraint. If `pad_to` names a table that does
            not exist or has a fixed height, or fewer rows than its trace has.
        StatementError
            If the publics, tokens or claim are malformed.
        OptionsError
            If no plan fits `max_memory`. It is raised before any work, and names the bytes needed.

        Examples
        --------
        Whoever has the proof learns that there are at most 64 squares, not that there are 10:

        >>> import numpy as np
        >>> import cstark as cs
        >>> class Squares(cs.Air):
        ...     columns = ("x", "square")
        ...     def constrain(self, t):
        ...         t.every_row.equal(t.now.square, t.now.x**2)
        >>> machine = cs.Machine({"squares": Squares()}, cs.Options(zk=True))
        >>> trace = machine.tables["squares"].zeros(16)
        >>> trace[:10] = [(x, x * x) for x in range(90, 100)]
        >>> machine.prove({"squares": trace}, pad_to={"squares": 64}).log_heights
        (6,)
        """
        from cstark.proving import make_proof

        wanted = self._wanted(pad_to)
        with filling(wanted):
            return make_proof(
                self.proving_key, fill_traces(self.tables, self.descriptions, traces, wanted),
                publics, tokens, claim,
                check=check, progress=progress, max_memory=max_memory, insecure_seed=insecure_seed,
            )  # fmt: skip

    def _wanted(self, pad_to: PadTo | None) -> dict[str, tuple[int, ...]]:
        """See `read_pad_to`."""
        return read_pad_to(self.descriptions, pad_to, self.resolved.max_log_height)

    def prove_shards(
        self,
        shards: Iterable[Source],
        publics: Publics | None = None,
        *,
        tokens: Sequence[Token] = (),
        claim: bytes = b"",
        executor: Executor | None = None,
        folder: str | PathLike[str] | None = None,
        check: bool = True,
        progress: bool | ProgressCallback | None = None,
        max_memory: int | None = None,
        memory: int | None = None,
        keep: int | bool = 0,
        pad_to: PadTo | None = None,
        insecure_seed: bytes | None = None,
    ) -> ShardedProof:
        """Prove one statement in several parts, of which each fits in the memory of a worker.

        Every shard is gone through twice: its columns are committed to; when all of them are, the
        challenges that buses need are drawn from all commitments; then the shard is proved. Buses
        go through all shards. A table whose `Air.stands` says ``"once"`` stands in the last shard
        and in no other, one that says ``"every"`` once in each, one that says ``"any"`` as often as
        its traces are given.

        With ``Options(zk=True)`` the proof hides the traces, as one that is not in shards does; how
        many shards there are is public, and of each how tall its tables are. All shards are made
        from one secret, of which every worker is given what it needs for its own shard: workers
        have to be trusted with the traces in any case. Should anything be lost or changed once the
        common challenges are drawn, all shards are made again from their beginning.

        Parameters
        ----------
        shards : iterable of (mapping or callable)
            For each shard its traces, as `prove` takes them; or a callable without arguments that
            returns them, which is called where the shard is proved, twice, and must return the
            same both times. For another process it must be possible to pickle it, as a function of
            a module, an object with ``__call__``, or `functools.partial` of either.
        publics, tokens, claim
            Of the whole, as for `prove`. Public values are those of a table wherever it stands.
        executor : concurrent.futures.Executor, optional
            Where the shards are proved; by default one after another, in the caller's thread. The
            bytes of the proof do not depend on it.
        folder : path, optional
            Where what is finished is kept, made if need be. The same call with the same folder,
            after whatever crash, does what is left. A shard that is found there is verified first;
            one that is damaged, of another run or of other traces is made again, and the report
            says so. One run at a time may use a folder. Until the run ends well it holds, with
            ``zk=True``, the secret that hides the traces, which its owner alone can read: do not
            publish it, nor copy it and go on with both.
        check : bool
            Check every constraint of each shard first. That buses balance over all shards is seen
            at the end; where they do not, the shards are gone through once more to name messages.
        progress : bool or callable, optional
            As for `prove`; told after each half of a shard, in the caller's thread. What it raises
            cancels the proof; what is finished stays in the folder.
        max_memory : int, optional
            Most bytes of the prover's own buffers, for each shard.
        memory : int, optional
            Most bytes of a process that proves a shard: its traces, the prover's buffers, and
            160 MiB for what is beside. Where the fastest plan would take more a leaner one is
            chosen, and a shard for which there is none is refused; both by estimate, when its
            traces are there.
        keep : int or bool
            Bytes that a process may keep of commitments between the two halves, so that a shard
            which comes to the same process again need not be committed to again; True for all.
        pad_to : mapping of str to (int or sequence of int), optional
            As for `prove`, in each shard that gives traces of the table.
        insecure_seed : bytes, optional
            As for `prove`; not together with a folder.

        Returns
        -------
        ShardedProof
            `verify` checks it.

        Raises
        ------
        TraceError
            As for `prove`, with the shard in a note; if the second call of a shard gives other
            traces; if the buses of all shards together do not balance: the error names bus,
            message, tables, rows and shards.
        StatementError, OptionsError
            As for `prove`; if a shard needs more than `memory`; if the folder belongs to another
            statement, or another run is at work in it.

        Examples
        --------
        >>> import numpy as np
        >>> import cstark as cs
        >>> class Squares(cs.Air):
        ...     columns = ("x", "square")
        ...     stands = "any"
        ...     def constrain(self, t):
        ...         t.every_row.equal(t.now.square, t.now.x**2)
        >>> x = np.arange(24, dtype=np.uint64)
        >>> squares = np.stack([x, x * x], axis=1)
        >>> machine = cs.Machine({"squares": Squares()})
        >>> shards = [{"squares": squares[:16]}, {"squares": squares[16:]}]
        >>> proof = machine.prove_shards(shards)
        >>> proof.log_heights
        (((4,),), ((3,),))
        >>> machine.verify(proof)
        """
        from cstark.shards import prove_shards

        wanted = self._wanted(pad_to)
        padded = partial(Padded, self.tables, self.descriptions, wanted=wanted)
        with filling(wanted):
            return prove_shards(
                self.proving_key, shards, publics, tokens, claim,
                padded=padded if wanted else None, executor=executor, folder=folder, check=check,
                progress=progress, max_memory=max_memory, memory=memory, keep=keep,
                insecure_seed=insecure_seed,
            )  # fmt: skip

    def verify(
        self,
        proof: Proof | ShardedProof | bytes,
        publics: Publics | None = None,
        *,
        tokens: Sequence[Token] = (),
        claim: bytes | None = None,
        heights: Mapping[str, int | Sequence[int]] | None = None,
        min_security: int = 100,
        regime: str | None = None,
        executor: Executor | None = None,
        progress: bool | ProgressCallback | None = None,
    ) -> None:
        """Return if the proof holds, raise otherwise.

        Whoever has a proof learns the statement, and how tall each table is. A proof of a machine
        without ``Options(zk=True)`` also reveals parts of the traces; of one with it, nothing else.

        Parameters
        ----------
        proof : Proof, ShardedProof or bytes
            A proof that was made with exactly this machine's options.
        publics, tokens
            As given to the prover.
        claim : bytes, optional
            What the proof must claim. None accepts the claim in the file, which is then part of
            what has been proved: read it from ``proof.claim``.
        heights : mapping of str to (int or sequence of int), optional
            Rows that tables must have. The height of a table that has no ``rows`` and is not
            named here is the prover's choice: read it from ``proof.log_heights``. Of a table that
            may stand any number of times, the rows of each trace, in any order.
        min_security : int
            The proven bits that are demanded, at the heights in the file; at least 0.
        regime : {"best", "unique"}, optional
            Which bounds prove them: the better of both, or unique decoding alone. By default as
            in the machine's options.
        executor, progress : optional
            Of a proof in shards: where the shards are verified, and who is told after each; what
            ``progress`` raises cancels it. Other proofs are verified at once.

        Raises
        ------
        VerificationError
            If the proof is refused; `reason` says why.
        ProofFormatError
            If the bytes do not parse.
        StatementError
            If the publics, tokens, claim, heights, min_security or regime given are malformed.
        """
        regime = self.options.counted_regime if regime is None else regime
        if not is_sharded(proof):
            self.proving_key.deferred_key().verify(
                proof, publics, tokens=tokens, claim=claim, heights=heights,
                min_security=min_security, regime=regime,
            )  # fmt: skip
            return
        from cstark.shards import verify_shards

        key = self.proving_key.for_shards().deferred_key()
        policy = Policy.of(key, min_security, regime, heights)
        verify_shards(
            key, proof, publics, tokens, claim, policy, executor=executor, progress=progress
        )

    def statement(
        self,
        publics: Publics | None = None,
        *,
        tokens: Sequence[Token] = (),
        claim: bytes = b"",
        shards: bool = False,
    ) -> StatementFile:
        """Give what a proof is to be about as data, for verifiers without code of this machine.

        Parameters
        ----------
        publics, tokens
            As for `prove`.
        claim : bytes
            Empty, or the canonical JSON that `cs.encode_claim` makes.
        shards : bool
            Whether the proof is one in shards, which has a key of its own.

        Returns
        -------
        StatementFile
            Its `to_json` is what ``cstark verify --key`` and ``python -m cstark.pure`` read.

        Raises
        ------
        StatementError
            If the publics, tokens or claim are malformed.

        Examples
        --------
        >>> import cstark as cs
        >>> class Constant(cs.Air):
        ...     columns = ("x",)
        ...     publics = ("value",)
        ...     def constrain(self, t):
        ...         t.every_row.equal(t.now.x, t.publics.value)
        >>> machine = cs.Machine({"constant": Constant()})
        >>> publics = {"constant": {"value": 7}}
        >>> statement = machine.statement(publics, claim=cs.encode_claim({"value": 7}))
        >>> statement.to_json()[:42]
        '{"claim":{"value":7},"format":"cstark stat'
        """
        from cstark.workload.claim import decode_claim
        from cstark.workload.statement_file import StatementFile

        key = self.proving_key.sharded_key() if shards else self.verifying_key()
        checked = Instance.build(key, publics, tokens, claim)
        if checked.claim:
            decode_claim(checked.claim)
        given = zip(key.tables, checked.publics, strict=True)
        named = {table.name: list(values) for table, values in given if values}
        return StatementFile(key, named, checked.tokens, checked.claim)

    # ---- what it is ---------------------------------------------------------------------

    def verifying_key(self) -> VerifyingKey:
        """Give the machine as data; the first call commits to the preprocessed columns.

        Returns
        -------
        VerifyingKey
        """
        return self.proving_key.verifying_key()

    @property
    def descriptions(self) -> tuple[TableDescription, ...]:
        """The tables as data, in order."""
        return self.proving_key.description.tables

    @property
    def resolved(self) -> ResolvedOptions:
        """The options as numbers: what proofs are made with."""
        return self.proving_key.description.options

    # ---- presentation -------------------------------------------------------------------

    def __str__(self) -> str:
        return self.proving_key.description.summary()

    def _repr_html_(self) -> str:
        """What `print` shows, as a table for a notebook."""
        return self.proving_key.description.summary_html()

    def __repr__(self) -> str:
        return f"<Machine of {', '.join(self.tables)}>"
