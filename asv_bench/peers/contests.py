"""Who meets whom over which statement, with which parameters, and how many bits these prove.

The bits are those of cstark's estimator for all provers, because their protocols are alike: a
tree of columns a round, one out-of-domain point in a cubic extension of Goldilocks, openings
combined by powers, FRI, the same number of positions drawn with replacement after the same
grinding.  What differs enters the shape (`peers.statements`): how many openings are combined, and
which folds.  The peers' own
estimators run beside it in the programs (`own_bits` of each run).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cstark as cs
from cstark.security import SecurityReport, security_report, solve
from peers.statements import Exchange, Pairs, Statement

__all__ = ["CONTESTS", "OURS", "PEERS", "Contender", "Contest", "Parameters", "contests"]

OURS = "cstark"
#: The hash of each peer's program: the one that Plonky3 computes many at a time, and the one of
#: winterfell's own examples.
PEERS = {"plonky3": "keccak256", "winterfell": "blake3"}
#: Name of each contest -> its title.
CONTESTS = {
    "keccak256": "same parameters, Keccak",
    "blake3": "same parameters, BLAKE3",
    "best": "each at its best, 128 proven bits",
    "lookups": "lookups, same parameters, Keccak",
    "lookups-best": "lookups, each at its best, 128 proven bits",
}
#: The parameters of published comparisons with Plonky3; the folds are what all three can do.
PUBLISHED_QUERIES, BLOWUP = 219, 2


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

    def words(self, statement: Statement, proofs: int) -> list[str]:
        """Statement and parameters as a Rust program takes them."""
        values = self.parameters
        given = {
            **statement.words(),
            "proofs": proofs,
            "log_blowup": log2(values.blowup),
            "queries": values.queries,
            "grinding": values.grinding,
            "log_fri_arity": log2(values.fri_arity),
            "log_final_length": log2(values.final_length),
            "log_tree_arity": log2(values.tree_arity),
        }
        return [f"{name}={value}" for name, value in given.items()]

    def why_not(self, statement: Statement) -> str | None:
        """Why this prover cannot take part, if it cannot."""
        length, shortest = self.parameters.final_length, min(statement.log_heights)
        if self.prover == "plonky3" and length > 1 and 1 << shortest <= length:
            return (
                f"plonky3 is left out: its final polynomial of {length} coefficients needs tables "
                f"of more rows than 2^{shortest}"
            )
        return statement.why_not(self.prover)

    def security(self, statement: Statement) -> SecurityReport:
        """What the parameters prove for this statement."""
        shape = statement.shape(self.prover, self.parameters)
        queries, grinding = self.parameters.queries, self.parameters.grinding
        return security_report(shape, queries=queries, grinding=grinding)


@dataclass(frozen=True)
class Contest:
    """Contenders that are compared with the first of them, which is cstark.

    Attributes
    ----------
    title : str
    statement : Statement
        What all of them prove.
    contenders : tuple of Contender
    """

    title: str
    statement: Statement
    contenders: tuple[Contender, ...]


def contests(pairs: Pairs, exchange: Exchange) -> dict[str, Contest]:
    """Every contest over these statements, by name."""
    made: dict[str, tuple[Statement, tuple[Contender, ...]]] = {
        "keccak256": (pairs, equal("keccak256")),
        "blake3": (pairs, equal("blake3")),
        "best": (pairs, best(pairs)),
        "lookups": (exchange, equal("keccak256")),
        "lookups-best": (exchange, best(exchange)),
    }
    return {name: Contest(CONTESTS[name], *made[name]) for name in CONTESTS}


def equal(hash: str) -> tuple[Contender, ...]:
    """Everybody with this hash, with the parameters of published comparisons."""
    published = Parameters(PUBLISHED_QUERIES, 0, BLOWUP, fri_arity=2, final_length=1)
    provers = (OURS, *(peer for peer, own in PEERS.items() if own == hash))
    return tuple(Contender(prover, hash, published) for prover in provers)


def best(statement: Statement) -> tuple[Contender, ...]:
    """Everybody at his best."""
    usual = cs.Options()
    found = [
        Contender(prover, hash, strong(prover, statement, usual))
        for prover, hash in {OURS: usual.hash, **PEERS}.items()
    ]
    # Four digests fill one permutation of Keccak: less hashing for longer proofs.
    at = [contender.prover for contender in found].index("plonky3")
    wide = replace(found[at], parameters=replace(found[at].parameters, tree_arity=4))
    found.insert(at + 1, wide)
    return tuple(found)


def strong(prover: str, statement: Statement, usual: cs.Options) -> Parameters:
    """cstark's usual options, with the queries that this prover needs for the same security."""
    parameters = Parameters(0, usual.grinding, BLOWUP, usual.fri_arity, usual.final_length)
    shape = statement.shape(prover, parameters)
    queries = solve(shape, usual.security, grinding=usual.grinding).queries
    return replace(parameters, queries=queries)


def log2(number: int) -> int:
    """Of a power of two."""
    return number.bit_length() - 1
