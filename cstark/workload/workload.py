"""Workloads: named things to prove, with arguments, a claim and a statement.

A `Machine` proves tables; it does not know why.  A `Workload` adds the two ends:

* where the proof is made, `Workload.prepare` turns the arguments into a **claim** (what is being
  proved, as plain data) and the traces that witness it;
* everywhere, the class method `Workload.statement` turns a claim into the tables, public values
  and tokens.  It is the *only* path to a statement, for prover and verifier alike, so the two
  cannot disagree, and it is given nothing but the claim and what the verifier holds himself
  (arguments declared with ``verifier=True``), so a verifier needs no witness.

The claim travels in the proof file as canonical JSON and is absorbed by the transcript.  It comes
from a stranger: `statement` must refuse every claim that it does not understand, with
`StatementError` (`read_claim` does most of that work).
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cstark.errors import (
    AirError,
    ArgumentsError,
    CstarkError,
    Reason,
    StatementError,
    VerificationError,
    did_you_mean,
)
from cstark.unwind import releasing_memory
from cstark.workload.arguments import Argument, described
from cstark.workload.claim import decode_claim, encode_claim
from cstark.workload.ends import Prepared, Statement

if TYPE_CHECKING:
    from cstark.air.fill import PadTo
    from cstark.check import CheckReport
    from cstark.machine import Machine
    from cstark.protocol.options import Options
    from cstark.protocol.proof import Proof

__all__ = ["Workload"]

# --- the workload -----------------------------------------------------------------------------


class Workload:
    """A named thing to prove.

    Subclass it, decorate the subclass with ``@dataclass(frozen=True)``, and write two methods:
    `prepare` and the class method `statement`.  The dataclass fields are the arguments; their
    types (`int`, `str`, `float`, `bool`) and ranges are checked when an instance is made.

    The command line takes the class as ``module:attribute``.

    Examples
    --------
    A proof of the sum of 1, 2, ..., n:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> import cstark as cs
    >>> class SumAir(cs.Air):
    ...     columns = ("term", "sum")
    ...     publics = ("result",)
    ...     def __init__(self, rows):
    ...         self.rows = rows
    ...     def constrain(self, t):
    ...         t.first_row.equal(t.now.term, 1)
    ...         t.first_row.equal(t.now.sum, 1)
    ...         t.transition.equal(t.next.term, t.now.term + 1)
    ...         t.transition.equal(t.next.sum, t.now.sum + t.next.term)
    ...         t.last_row.equal(t.now.sum, t.publics.result)
    >>> @dataclass(frozen=True)
    ... class Sum(cs.Workload):
    ...     log_rows: int = cs.argument(10, help="log2 of the terms", minimum=3, maximum=24)
    ...     def prepare(self):
    ...         terms = np.arange(1, (1 << self.log_rows) + 1)
    ...         trace = np.stack([terms, np.cumsum(terms)], axis=1)
    ...         claim = {"log_rows": self.log_rows, "result": int(trace[-1, 1])}
    ...         return cs.Prepared(claim, {"sum": trace})
    ...     @classmethod
    ...     def statement(cls, claim):
    ...         log_rows, result = cs.read_claim(claim, log_rows=int, result=int)
    ...         if not 3 <= log_rows <= 24:
    ...             raise cs.StatementError("log_rows is out of range")
    ...         return cs.Statement({"sum": SumAir(1 << log_rows)}, {"sum": {"result": result}})
    >>> proof = Sum(log_rows=4).prove()
    >>> Sum.verify(proof)
    {'log_rows': 4, 'result': 136}
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]  # of every subclass

    def __post_init__(self, *unkept: object) -> None:  # an InitVar's value: `arguments` refuses it
        for item in self.arguments():
            problem = item.check(getattr(self, item.name))
            if problem:
                raise StatementError(f"{type(self).__name__}: {item.name} {problem}")

    # To be written by the subclass -----------------------------------------------------------

    def prepare(self) -> Prepared:
        """Make the claim and the traces that witness it; to be written by a subclass.

        It runs where the proof is made.

        Returns
        -------
        Prepared
        """
        raise NotImplementedError(f"{type(self).__name__} has no prepare()")

    def prepare_telling(self, tell: Callable[[str], object]) -> Prepared:
        """Do what `prepare` does, and say now and then how far it is.

        Workloads whose preparation takes long override it; by default nothing is told.

        Parameters
        ----------
        tell : callable
            It takes a few words as a str; what it raises ends the preparation.

        Returns
        -------
        Prepared
        """
        return self.prepare()

    def prepare_for(
        self, options: Options, tell: Callable[[str], object] | None = None
    ) -> Prepared:
        """Do what `prepare` does, for a proof with these options.

        Workloads whose claim or traces depend on the options override it; a proof that hides, for
        one, may have to claim less. By default they do not.

        Parameters
        ----------
        options : Options
        tell : callable, optional
            As for `prepare_telling`.

        Returns
        -------
        Prepared
        """
        return self.prepare() if tell is None else self.prepare_telling(tell)

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> Statement:
        """Make the statement of a claim; to be written by a subclass.

        It is the only way to a statement, for prover and verifier alike.

        Arguments that are declared with ``verifier=True`` are given by name, next to the claim: a
        class that has one writes ``def statement(cls, claim, program="")``. They are the
        verifier's own, which no stranger chooses.

        Parameters
        ----------
        claim : dict
            Plain data, perhaps from a stranger; `cs.read_claim` checks its fields.

        Returns
        -------
        Statement

        Raises
        ------
        StatementError
            If the claim makes no sense.
        """
        raise NotImplementedError(f"{cls.__name__} has no statement()")

    # Given -----------------------------------------------------------------------------------

    @classmethod
    def describe(cls) -> str:
        """The first line of the class's docstring."""
        # A dataclass without a docstring gets its signature as one.
        text = cls.__doc__ or ""
        return "" if text.startswith(f"{cls.__name__}(") else text.strip().partition("\n")[0]

    @classmethod
    def arguments(cls) -> tuple[Argument, ...]:
        """The dataclass fields as arguments, in order.

        Raises
        ------
        ArgumentsError
            A `StatementError` and a `TypeError`: the class is not a frozen dataclass, or a field
            cannot be an argument (another type than `int`, `str`, `float` or `bool`, an
            `InitVar`, the name of a method of `Workload`, bounds or choices of another type).
        """
        parameters = cls.__dict__.get("__dataclass_params__")
        if parameters is None or not parameters.frozen:
            raise ArgumentsError(f"{cls.__name__}: decorate the class with @dataclass(frozen=True)")
        try:
            hints = typing.get_type_hints(cls)
        except Exception as error:  # whatever the evaluation of an annotation raises
            raise ArgumentsError(
                f"{cls.__name__}: the annotations of its fields cannot be read: "
                f"{type(error).__name__}: {error}"
            ) from None
        for name, hint in hints.items():
            if isinstance(hint, dataclasses.InitVar) or hint is dataclasses.InitVar:
                raise ArgumentsError(
                    f"{cls.__name__}.{name}: an argument is a field that is kept, not an InitVar"
                )
        fields = [item for item in dataclasses.fields(cls) if item.init]
        for item in fields:
            if item.name in dir(Workload):  # what classes alone have, such as mro, stays free
                raise ArgumentsError(
                    f"{cls.__name__}.{item.name}: every workload has a method of this name; "
                    "call the argument something else"
                )
        return tuple(described(cls, item, hints[item.name]) for item in fields)

    @classmethod
    def default_options(cls) -> Options:
        """The options of proofs when the caller names none: `cs.Options()`.

        A workload whose machine needs others says so here.
        """
        from cstark.protocol.options import Options

        return Options()

    @classmethod
    def verifier_arguments(cls) -> tuple[Argument, ...]:
        """The arguments that a verifier has to be given too, in order."""
        return tuple(item for item in cls.arguments() if item.verifier)

    def held(self) -> dict[str, Any]:
        """The values of `verifier_arguments`, by name."""
        return {item.name: getattr(self, item.name) for item in self.verifier_arguments()}

    @classmethod
    def _read_held(cls, held: Mapping[str, Any]) -> dict[str, Any]:
        """What the verifier brings, checked; what is left out has its default."""
        items = {item.name: item for item in cls.verifier_arguments()} if held else {}
        for name in held:
            if name not in items:
                known = [item.name for item in cls.verifier_arguments()]
                raise StatementError(
                    f"{cls.__name__}: a verifier brings no {name!r}{did_you_mean(name, known)}"
                )
        found = {}
        for item in cls.verifier_arguments():
            value = held.get(item.name, item.default)
            if value is dataclasses.MISSING:
                raise StatementError(f"{cls.__name__}: the verifier needs {item.name}")
            problem = item.check(value)
            if problem:
                raise StatementError(f"{cls.__name__}: {item.name} {problem}")
            found[item.name] = value
        return found

    @classmethod
    def read_statement(
        cls, claim: bytes | Mapping[str, Any], **held: Any
    ) -> tuple[bytes, Statement]:
        """The claim's canonical bytes and the statement made from them.

        Both ends call this.  The statement is always made from the decoded bytes, never from the
        dict that `prepare` returned, so that the prover sees what the verifier will see.

        Parameters
        ----------
        claim : bytes or mapping
            Canonical bytes, or what `encode_claim` makes them of.
        **held
            The values of `verifier_arguments`, by name.

        Returns
        -------
        bytes
        Statement

        Raises
        ------
        StatementError
            If the claim is not canonical, or `statement` refuses it.
        """
        encoded = bytes(claim) if isinstance(claim, (bytes, bytearray)) else encode_claim(claim)
        decoded = decode_claim(encoded)
        own = cls._read_held(held)
        make: Callable[..., Statement] = cls.statement
        try:
            statement = make(decoded, **own)
            if not isinstance(statement, Statement):
                raise TypeError(f"statement() gave {type(statement).__name__}, not cs.Statement")
            statement = dataclasses.replace(statement, tokens=tuple(statement.tokens))
        except CstarkError:
            raise
        except Exception as error:
            # A claim may come from a stranger: what `statement` did not foresee refuses it.
            raise StatementError(
                f"{cls.__name__} does not accept the claim: {type(error).__name__}: {error}"
            ) from error
        return encoded, statement

    @classmethod
    def machine(
        cls, claim: bytes | Mapping[str, Any], options: Options | None = None, **held: Any
    ) -> Machine:
        """The machine that proves and verifies a claim.

        Parameters
        ----------
        claim : bytes or mapping
            As for `read_statement`.
        options : Options, optional
            By default `default_options()`.
        **held
            The values of `verifier_arguments`, by name.

        Returns
        -------
        Machine

        Raises
        ------
        StatementError
            If the claim is not accepted.
        """
        from cstark.machine import Machine

        _, statement = cls.read_statement(claim, **held)
        return Machine(statement.tables, options or cls.default_options())

    @releasing_memory
    def prove(
        self,
        options: Options | None = None,
        *,
        pad_to: PadTo | None = None,
        **settings: Any,
    ) -> Proof:
        """Prove this workload.

        Parameters
        ----------
        options : Options, optional
            By default `default_options()`.
        pad_to : mapping of str to (int or sequence of int), optional
            Rows that tables are to have, as for `Machine.prove`.
        **settings
            The keywords `check`, `progress` and `max_memory` of `Machine.prove`.

        Returns
        -------
        Proof
            It carries the claim.
        """
        from cstark.machine import Machine

        options = options or self.default_options()
        prepared = self.prepare_for(options)
        claim, statement = self.read_statement(prepared.claim, **self.held())
        machine = Machine(statement.tables, options)
        traces, pad_to = prepared.traces_for(pad_to)
        return machine.prove(
            traces, statement.publics, tokens=statement.tokens, claim=claim, pad_to=pad_to,
            **settings,
        )  # fmt: skip

    def check(self, options: Options | None = None, **settings: Any) -> CheckReport:
        """Check the traces against the constraints and buses, without proving.

        Parameters
        ----------
        options : Options, optional
            By default `default_options()`.
        **settings
            The keywords `mutate` and `seed` of `Machine.check`.

        Returns
        -------
        CheckReport
        """
        from cstark.machine import Machine

        prepared = self.prepare()
        _, statement = self.read_statement(prepared.claim, **self.held())
        machine = Machine(statement.tables, options or self.default_options())
        return machine.check(
            prepared.traces, statement.publics, tokens=statement.tokens, **settings
        )

    @classmethod
    def verify(
        cls,
        proof: Proof | bytes,
        options: Options | None = None,
        *,
        claim: bytes | Mapping[str, Any] | None = None,
        heights: Mapping[str, int | Sequence[int]] | None = None,
        min_security: int = 100,
        regime: str | None = None,
        **held: Any,
    ) -> dict[str, Any]:
        """Verify a proof of this workload and return the claim that it proves.

        Parameters
        ----------
        proof : Proof or bytes
        options : Options, optional
            What the proof must have been made with; by default `default_options()`.
        claim : bytes or mapping, optional
            What the proof must claim; by default any claim is accepted, and it is up to the
            caller to look at the one returned.
        heights : mapping of str to (int or sequence of int), optional
            Rows that tables must have.
        min_security : int
            The fewest proven bits that are accepted.
        regime : {"best", "unique"}, optional
            Which bounds prove them; by default as in the options.
        **held
            The values of `verifier_arguments`, by name.

        Returns
        -------
        dict
            The claim.

        Raises
        ------
        VerificationError
            If the proof is refused, for its claim or anything else; `reason` says why.
        StatementError
            If the claim given by the caller is not one, or `heights`, `min_security` or `regime`
            are malformed.
        """
        from cstark.protocol.options import Options
        from cstark.protocol.policy import Policy
        from cstark.protocol.proof import Proof

        held = cls._read_held(held)  # what the caller got wrong is no fault of the proof
        options = cls.default_options() if options is None else options
        if not isinstance(options, Options):
            raise AirError(f"options must be cs.Options, not {type(options).__name__}")
        wanted = None if claim is None else cls.read_statement(claim, **held)[0]
        # The body stays where it is until its length is known to be right.
        header = proof if isinstance(proof, Proof) else Proof.parse_header(proof)
        encoded, statement = cls.statement_of(header.claim, **held)
        if wanted is not None and wanted != encoded:
            raise VerificationError("the proof makes another claim", Reason.STATEMENT)
        machine = statement.machine(options)
        regime = options.counted_regime if regime is None else regime
        Policy.of(machine.proving_key.description, min_security, regime, heights)
        try:
            machine.verify(
                proof,
                statement.publics,
                tokens=statement.tokens,
                claim=encoded,
                heights=heights,
                min_security=min_security,
                regime=regime,
            )
        except StatementError as error:  # the caller's own part has been looked at
            raise VerificationError(str(error), Reason.STATEMENT) from error
        return decode_claim(encoded)

    @classmethod
    def statement_of(cls, claim: bytes, **held: Any) -> tuple[bytes, Statement]:
        """As `read_statement`, for the claim of a stranger's file: what is wrong refuses it.

        Parameters
        ----------
        claim : bytes
        **held
            The values of `verifier_arguments`, by name.

        Returns
        -------
        bytes
        Statement

        Raises
        ------
        VerificationError
        """
        try:
            return cls.read_statement(claim, **held)
        except CstarkError as error:
            raise VerificationError(str(error), Reason.STATEMENT) from error
