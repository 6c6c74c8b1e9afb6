"""Who meets whom, with which parameters, and how many bits these prove.

The bits are those of cstark's estimator for all provers, because their protocols are alike: one
tree of columns, one out-of-domain point in a cubic extension of Goldilocks, openings combined by
powers, FRI, the same number of positions drawn with replacement after the same grinding.  What
differs enters the shape: how many openings are combined, and which folds.  The peers' own
estimators run beside it in the programs (`own_bits` of each run).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cstark as cs
from cstark.protocol.schedule import fold_schedule
from cstark.security import SecurityReport, Shape, security_report, solve

__all__ = ["CONTESTS", "OURS", "PEERS", "Contender", "Contest", "Parameters", "Size", "contests"]

OURS = "cstark"
#: The hash of each peer's program: the one that Plonky3 computes many at a time, and the one of
#: winterfell's own examples.
PEERS = {"plonky3": "keccak256", "winterfell": "blake3"}
#: Name of each contest -> its title.
CONTESTS = {
    "keccak256": "same parameters, Keccak",
    "blake3": "same parameters, BLAKE3",
    "best": "each at its best, 128 proven bits",
}
#: The parameters of published comparisons with Plonky3; the folds are what all three can do.
PUBLISHED_QUERIES, BLOWUP = 219, 2


@dataclass(frozen=True)
class Size:
    """The table: 2^`log_rows` rows of `columns`, two for each sequence."""

    log_rows: int
    columns: int

    def __str__(self) -> str:
        return f"2^{self.log_rows} rows x {self.columns} columns"


@dataclass(frozen=True)
class Parameters:
    """The numbers of a proof system of this kind.

    Attributes
    ----------
    queries, grinding, blowup : int
    fri_arity, final_length : int
        Points that a fold takes to one; coefficients at which folding stops.
    tree_arity : int
        Children of a node of the hash trees; cstark and winterfell have two.
    """

    queries: int
    grinding: int
    blowup: int
    fri_arity: int
    final_length: int
    tree_arity: int = 2


@dataclass(frozen=True)
class Contender:
    """A prover with a hash and parameters.

    Attributes
    ----------
    prover : {"cstark", "plonky3", "winterfell"}
    hash : str
        As cstark's options name it.
    parameters : Parameters
    """

    prover: str
    hash: str
    parameters: Parameters

    def __str__(self) -> str:
        wide = self.parameters.tree_arity != 2
        return f"{self.prover}, {self.parameters.tree_arity}-ary trees" if wide else self.prover

    @property
    def options(self) -> cs.Options:
        """The parameters as cstark takes them."""
        values = self.parameters
        return cs.Options(
            hash=self.hash,
            queries=values.queries,
            grinding=values.grinding,
            blowup=values.blowup,
            fri_arity=values.fri_arity,
            final_length=values.final_length,
        )

    def words(self, size: Size, proofs: int) -> list[str]:
        """The parameters as a Rust program takes them."""
        values = self.parameters
        numbers = {
            "log_rows": size.log_rows,
            "columns": size.columns,
            "proofs": proofs,
            "log_blowup": log2(values.blowup),
            "queries": values.queries,
            "grinding": values.grinding,
            "log_fri_arity": log2(values.fri_arity),
            "log_final_length": log2(values.final_length),
            "log_tree_arity": log2(values.tree_arity),
        }
        return [f"{name}={number}" for name, number in numbers.items()]

    def why_not(self, size: Size) -> str | None:
        """Why this prover cannot take part, if it cannot."""
        if self.prover == "winterfell" and size.columns > 254:
            return f"winterfell is left out: it has no tables of {size.columns} columns"
        return None

    def security(self, size: Size) -> SecurityReport:
        """What the parameters prove for a table of this size."""
        shape = shape_of(self.prover, size, self.parameters)
        queries, grinding = self.parameters.queries, self.parameters.grinding
        return security_report(shape, queries=queries, grinding=grinding)


@dataclass(frozen=True)
class Contest:
    """Contenders that are compared with the first of them, which is cstark."""

    title: str
    contenders: tuple[Contender, ...]


def contests(size: Size) -> dict[str, Contest]:
    """Every contest at this size, by name."""
    published = Parameters(PUBLISHED_QUERIES, 0, BLOWUP, fri_arity=2, final_length=1)
    made = {
        hash: Contest(
            CONTESTS[hash],
            tuple(
                Contender(prover, hash, published)
                for prover in (OURS, *(peer for peer, own in PEERS.items() if own == hash))
            ),
        )
        for hash in ("keccak256", "blake3")
    }
    usual = cs.Options()
    best = [
        Contender(prover, hash, strong(prover, size, usual))
        for prover, hash in {OURS: usual.hash, **PEERS}.items()
    ]
    # Four digests fill one permutation of Keccak: less hashing for longer proofs.
    at = [contender.prover for contender in best].index("plonky3")
    wide = replace(best[at], parameters=replace(best[at].parameters, tree_arity=4))
    best.insert(at + 1, wide)
    return {**made, "best": Contest(CONTESTS["best"], tuple(best))}


def strong(prover: str, size: Size, usual: cs.Options) -> Parameters:
    """cstark's usual options, with the queries that this prover needs for the same security."""
    parameters = Parameters(0, usual.grinding, BLOWUP, usual.fri_arity, usual.final_length)
    shape = shape_of(prover, size, parameters)
    queries = solve(shape, usual.security, grinding=usual.grinding).queries
    return replace(parameters, queries=queries)


def shape_of(prover: str, size: Size, parameters: Parameters) -> Shape:
    """The statement as cstark's estimator takes it."""
    # Each column is opened at two points.  There is one quotient: one opening in the extension,
    # but three base columns in Plonky3.  winterfell draws one coefficient for both points.
    quotient = 3 if prover == "plonky3" else 1
    folds = fold_schedule([size.log_rows], parameters.fri_arity, parameters.final_length)
    return Shape(
        log_heights=(size.log_rows,),
        blowup=parameters.blowup,
        deep_terms=2 * size.columns + quotient,
        constraints=3 * size.columns,
        degree=2,
        fold_arities=folds.arities,
    )


def log2(number: int) -> int:
    """Of a power of two."""
    return number.bit_length() - 1
