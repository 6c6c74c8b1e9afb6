"""The options of a machine, and the numbers they are resolved to.

`Options` is what a caller asks for, and may leave the number of queries to the security
estimator.  `ResolvedOptions` is what a proof is made with: plain numbers, part of the verifying
key and of every proof file, with one canonical form.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, SupportsIndex, cast

from cstark.errors import OptionsError
from cstark.field import P
from cstark.limits import (
    FRI_ARITIES,
    MAX_BLOWUP,
    MAX_FINAL_LENGTH,
    MAX_GRINDING,
    MAX_QUERIES,
    MAX_SECURITY,
    MIN_LOG_HEIGHT,
    TWO_ADICITY,
)

if TYPE_CHECKING:
    from cstark.security import Shape

__all__ = ["HASHES", "PRESETS", "Options", "ResolvedOptions", "changed", "resolved"]

HASHES = ("blake3", "keccak256", "sha256")
REGIMES = ("best", "unique")
SOLVED = (*REGIMES, "dkt26")  # by which a number of queries may be found
FINAL_LENGTHS = {False: 128, True: 1024}

#: What `Options.small` and `Options.fast` change; the command line's ``--small`` and ``--fast``.
PRESETS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "small": MappingProxyType({"blowup": 8, "grinding": 20}),
        "fast": MappingProxyType({"grinding": 8}),
    }
)


def _refuse(name: str, value: object, allowed: str) -> OptionsError:
    return OptionsError(f"{name}={_show(value)}: {allowed}")


def _show(value: object) -> str:
    """`value` for a message: of bounded length, whatever a hostile file holds."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"<int of {value.bit_length()} bits>"
    if isinstance(value, (bool, int, float, type(None))):
        return repr(value)
    if isinstance(value, str):
        return ascii(value[:40])
    return f"<{type(value).__name__}>"


def _integer(name: str, value: object, low: int, high: int, why: str = "") -> int:
    """`value` as an int in ``low..high``; a bool is no number, NumPy integers are."""
    allowed = f"must be an int from {low} to {high}{why}"
    if isinstance(value, bool):
        raise _refuse(name, value, allowed)
    try:
        number = operator.index(cast(SupportsIndex, value))
    except TypeError:
        raise _refuse(name, value, allowed) from None
    if not low <= number <= high:
        raise _refuse(name, value, allowed)
    return number


def _power_of_two(name: str, value: object, low: int, high: int) -> int:
    number = _integer(name, value, low, high, " and a power of two")
    if number & (number - 1):
        raise _refuse(name, value, f"must be a power of two from {low} to {high}")
    return number


def _choice(name: str, value: object, choices: tuple[str, ...] | tuple[int, ...]) -> str | int:
    allowed = "must be one of " + ", ".join(repr(choice) for choice in choices)
    # Equality alone would let floats in, and 1 for True.
    if isinstance(value, bool):
        raise _refuse(name, value, allowed)
    if isinstance(choices[0], str):
        canonical: str | int | None = str(value) if isinstance(value, str) else None
    else:
        try:
            canonical = operator.index(cast(SupportsIndex, value))
        except TypeError:
            canonical = None
    if canonical is None or canonical not in choices:
        raise _refuse(name, value, allowed)
    return canonical


def _coset_offset(name: str, value: object) -> int:
    number = _integer(name, value, 1, P - 1)
    # The trace domains are the subgroups of order 2^k, k <= 32.  An offset inside the largest
    # would put an evaluation coset on top of one of them, where Z_H vanishes.
    if pow(number, 1 << TWO_ADICITY, P) == 1:
        raise _refuse(name, value, "offset^(2^32) must not be 1, or a coset could meet a domain")
    return number


# One check for each number that a proof is made with; each gives the canonical value back.
_CHECKS: dict[str, Callable[[str, object], str | int]] = {
    "blowup": lambda name, value: _power_of_two(name, value, 2, MAX_BLOWUP),
    "queries": lambda name, value: _integer(name, value, 1, MAX_QUERIES),
    "grinding": lambda name, value: _integer(
        name, value, 0, MAX_GRINDING, ": each bit doubles the search, 2^40 hashes take hours"
    ),
    "hash": lambda name, value: _choice(name, value, HASHES),
    "fri_arity": lambda name, value: _choice(name, value, FRI_ARITIES),
    "final_length": lambda name, value: _power_of_two(name, value, 1, MAX_FINAL_LENGTH),
    "coset_offset": _coset_offset,
    "max_log_height": lambda name, value: _integer(name, value, MIN_LOG_HEIGHT, TWO_ADICITY - 1),
}


def _check(options: Options | ResolvedOptions, names: list[str]) -> None:
    """Run `_CHECKS` over the fields `names` and store the canonical values."""
    for name in names:
        # The dataclasses are frozen for their users; this is still their construction.
        object.__setattr__(options, name, _CHECKS[name](name, getattr(options, name)))
    hidden = bool(options.zk)
    most = TWO_ADICITY - (options.blowup.bit_length() - 1) - hidden
    if options.max_log_height > most:
        raise _refuse(
            "max_log_height",
            options.max_log_height,
            f"at most {most} with blowup={options.blowup}"
            + (" and zk" if hidden else "")
            + ", as the height of a code x blowup is at most 2^32",
        )


@dataclass(frozen=True)
class Options:
    """What a caller asks of a machine's proofs.

    Parameters
    ----------
    blowup : int
        Inverse rate of the code: a power of two from 2 to 64.  A larger one makes proofs shorter
        and proving slower; constraints of a table may have degree up to ``blowup + 1``, and up to
        `blowup` messages of a table share a column where that makes proofs smaller.
    security : int
        Proven bits wanted, 1 to 128 (the collision resistance of 256-bit digests), for tables up
        to `max_log_height`.  The number of queries follows.
    regime : {"best", "unique", "dkt26"}
        By which bounds the number of queries is found: the better of unique decoding and list
        decoding up to the Johnson radius, or unique decoding only (simpler theorems, more queries).
        "dkt26" takes a smaller count from a draft of 2026 (`cstark.security.dkt26`), for one to
        eight queries fewer. Nothing else ever goes by that: reports and verifiers count the bits of
        such proofs as "best", a little below `security`.
    hash : {"blake3", "keccak256", "sha256"}
        Hash of the trees and of the transcript.
    grinding : int
        Proof-of-work bits before the queries are drawn, 0 to 40.  The prover hashes ``2^grinding``
        times on average; more than 2^40 would take hours to days.
    queries : int or None
        If given, 1 to 1024: the number of queries, whatever security comes out (for benchmarks).
    fri_arity : {2, 4, 8}
        How many points a FRI fold takes to one.
    final_length : int, optional
        FRI stops at or below this many coefficients: a power of two from 1 to 2^15.  Default: 128,
        with `zk` 1024, since masks cost queries where the last layer is short.
    coset_offset : int
        The element h that shifts the evaluation cosets off the trace domains; h^(2^32) != 1.
    max_log_height : int
        Log2 of the tallest table the machine accepts: from 3, and ``2^max_log_height * blowup`` is
        at most 2^32.
    zk : bool
        Whether proofs hide the traces (zero-knowledge): they then say nothing but that the
        statement is true.  What stays public is the statement itself, and how tall each table is,
        to the next power of two, or as the prover's ``pad_to`` says; of a table that stands several
        times the height of each trace, which together tell its rows more closely: 2^17 and 2^12,
        say.  ``2^max_log_height * blowup`` is at most 2^31 then.

    Raises
    ------
    OptionsError
        At construction, for a value that is not allowed; the message names the option.

    Examples
    --------
    >>> Options(blowup=4).queries is None
    True
    >>> Options(blowup=3)
    Traceback (most recent call last):
        ...
    cstark.errors.OptionsError: blowup=3: must be a power of two from 2 to 64
    """

    blowup: int = 2
    security: int = 128
    regime: str = "best"
    hash: str = "blake3"
    grinding: int = 16
    queries: int | None = None
    fri_arity: int = 8
    final_length: int = None  # type: ignore[assignment]  # an int once it is made
    coset_offset: int = 3
    max_log_height: int = 24
    zk: bool = False

    def __post_init__(self) -> None:
        names = list(_CHECKS)
        if self.zk is not True and self.zk is not False:
            raise _refuse("zk", self.zk, "must be True or False")
        if self.final_length is None:
            object.__setattr__(self, "final_length", FINAL_LENGTHS[self.zk])
        if self.queries is None:
            names.remove("queries")
        _check(self, names)
        object.__setattr__(
            self,
            "security",
            _integer(
                "security",
                self.security,
                1,
                MAX_SECURITY,
                ": collisions of the 256-bit digests cost 2^128",
            ),
        )
        object.__setattr__(self, "regime", _choice("regime", self.regime, SOLVED))

    @classmethod
    def small(cls, **changes: Any) -> Options:
        """Options for small proofs: blowup 8 and 20 bits of grinding.

        At the same proven bits, proofs of runs of the RISC-V machine are from 49 % to 80 % smaller
        than with the default options: the eight example guests take 0.43 to 0.77 MB instead of 0.83
        to 2.93 MB on short inputs (2,600 to 30,000 steps), and 0.51 to 0.90 MB instead of 1.06 to
        3.96 MB on longer ones (0.6 to 1.2 million). Proving takes two to three times the processor
        time and four to five times the memory, and verifying somewhat less than before.

        Parameters
        ----------
        **changes
            Options that are to be something else, as in `Options`.

        Returns
        -------
        Options

        Raises
        ------
        OptionsError
            As `Options` does.

        Examples
        --------
        >>> options = Options.small(hash="sha256")
        >>> options.blowup, options.grinding, options.security, options.hash
        (8, 20, 128, 'sha256')
        """
        return cls(**{**PRESETS["small"], **changes})

    @classmethod
    def fast(cls, **changes: Any) -> Options:
        """Options for proofs that are made fast: 8 bits of grinding instead of 16.

        The default options are nearly as fast as any: what is left to save is the search for the
        nonce, about a millisecond, for which there are a few queries more. At the same proven bits
        a proof of 16 rows takes a fourth less time, one of 2^10 rows a tenth, and from 2^14 rows
        on there is no difference to see; proofs are 2 % to 7 % larger.

        Parameters
        ----------
        **changes
            Options that are to be something else, as in `Options`.

        Returns
        -------
        Options

        Raises
        ------
        OptionsError
            As `Options` does.

        Examples
        --------
        >>> Options.fast().grinding, Options.fast(security=100).security
        (8, 100)
        """
        return cls(**{**PRESETS["fast"], **changes})

    @property
    def counted_regime(self) -> str:
        """The regime that bits are counted by: `regime`, or "best" instead of "dkt26"."""
        return self.regime if self.regime in REGIMES else "best"

    def resolve(self, shape_at_max: Shape) -> ResolvedOptions:
        """The numbers that proofs of a machine are made with.

        Parameters
        ----------
        shape_at_max : cstark.security.Shape
            The machine with every table at the tallest height it may have.

        Returns
        -------
        ResolvedOptions

        Raises
        ------
        OptionsError
            If no number of queries reaches `security`, with the term that binds; also if
            `shape_at_max` has another blowup or taller tables than these options.

        Examples
        --------
        >>> from cstark.security import Shape
        >>> shape = Shape(log_heights=(20,), blowup=2, deep_terms=72, constraints=40, degree=3)
        >>> Options(max_log_height=20).resolve(shape).queries
        227
        """
        if shape_at_max.blowup != self.blowup:
            raise _refuse("blowup", self.blowup, f"the shape has blowup {shape_at_max.blowup}")
        # the heights of a shape are those of the codes, which masks make taller for short tables
        if max(shape_at_max.log_heights) > self.max_log_height and not self.zk:
            raise _refuse(
                "max_log_height",
                self.max_log_height,
                f"the shape has a table of height 2^{max(shape_at_max.log_heights)}",
            )
        queries = self.queries
        if queries is None:
            from cstark.security import solve

            queries = solve(
                shape_at_max, self.security, grinding=self.grinding, regime=self.regime
            ).queries
        return resolved(self, queries)


@dataclass(frozen=True)
class ResolvedOptions:
    """The numbers that a proof is made with; every one is absorbed by the transcript.

    Parameters
    ----------
    blowup, queries, grinding : int
        As in `Options`; `queries` is a number now.
    hash : str
        Name of the hash.
    fri_arity, final_length, coset_offset, max_log_height : int
        As in `Options`.
    zk : int
        0 (False) where proofs hide nothing; else log2 of the least height of tables whose codes
        are no taller than they are, see `cstark.protocol.hiding`.

    Raises
    ------
    OptionsError
        At construction, for a value that is not allowed.

    Examples
    --------
    >>> options = ResolvedOptions(blowup=2, queries=227, grinding=16, hash="blake3", fri_arity=8,
    ...                           final_length=128, coset_offset=3, max_log_height=24)
    >>> ResolvedOptions.from_data(options.to_data()) == options
    True
    """

    blowup: int
    queries: int
    grinding: int
    hash: str
    fri_arity: int
    final_length: int
    coset_offset: int
    max_log_height: int
    zk: int = False

    def __post_init__(self) -> None:
        _check(self, list(_CHECKS))
        if self.zk is not False:
            most = TWO_ADICITY - self.log_blowup
            object.__setattr__(self, "zk", _integer("zk", self.zk, MIN_LOG_HEIGHT + 1, most))

    @property
    def log_blowup(self) -> int:
        """Log2 of the blowup."""
        return self.blowup.bit_length() - 1

    def to_data(self) -> dict[str, int | str | bool]:
        """The options as a JSON-able dict, in the order of the fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> ResolvedOptions:
        """Options from `to_data`'s dict, which may come from an untrusted file.

        Parameters
        ----------
        data : mapping of str to (int, str or bool)

        Returns
        -------
        ResolvedOptions

        Raises
        ------
        OptionsError
            If `data` is not a dict with exactly the fields of this class, of exactly their types,
            with allowed values.
        """
        if not isinstance(data, Mapping):
            raise OptionsError(f"options: a mapping is needed, not {type(data).__name__}")
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in data]
        if missing:
            raise OptionsError(f"options: {', '.join(missing)} missing")
        unknown = [key for key in data if key not in names]
        if unknown:
            raise OptionsError(f"options: {_show(unknown[0])} is no option")
        kinds = {"hash": str}
        for name in names:
            kind = bool if name == "zk" and data[name] is False else kinds.get(name, int)
            if type(data[name]) is not kind:
                raise _refuse(name, data[name], f"must be of type {kind.__name__}")
        checked: dict[str, Any] = {name: data[name] for name in names}
        return cls(**checked)


def changed(options: Options, changes: Mapping[str, Any]) -> Options:
    """The options with others in the place of some, as if all had been given at once.

    A `final_length` that is the default one follows `zk`, which `dataclasses.replace` cannot know.

    Examples
    --------
    >>> changed(Options(), {"zk": True}) == Options(zk=True)
    True
    >>> changed(Options(final_length=64), {"zk": True}).final_length
    64
    """
    given = dict(changes)
    if options.final_length == FINAL_LENGTHS[options.zk]:
        given.setdefault("final_length", None)
    return replace(options, **given)


def resolved(options: Options, queries: int, zk: int = False) -> ResolvedOptions:
    """The options with this number of queries, and this least code height where they hide."""
    return ResolvedOptions(
        blowup=options.blowup,
        queries=queries,
        grinding=options.grinding,
        hash=options.hash,
        fri_arity=options.fri_arity,
        final_length=options.final_length,
        coset_offset=options.coset_offset,
        max_log_height=options.max_log_height,
        zk=zk,
    )
