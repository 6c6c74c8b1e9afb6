"""The verifier's checks, by name: every refusal of a proof goes through `require`.

`CHECKS` lists them in the order in which a proof meets them, with the reason that each gives. What
is not listed is no check but arithmetic: shapes, positions, challenges and known values are
computed, never compared with something in the file (`cstark.protocol.ledger` says which is which).

The names are for readers and tests. `tests/attacks` shows for every check a proof that is refused
because of it and accepted without it; the package itself has no way to leave one out.
"""

from __future__ import annotations

from dataclasses import dataclass

from cstark.errors import ProofFormatError, Reason, VerificationError

__all__ = ["CHECKS", "Check", "require"]


@dataclass(frozen=True)
class Check:
    """Why a proof is refused, and what would be accepted otherwise."""

    reason: Reason
    prevents: str


CHECKS: dict[str, Check] = {
    # ---- the header: `Proof.from_bytes`
    "bytes": Check(Reason.FORMAT, "an object that is not bytes"),
    "length": Check(Reason.FORMAT, "reading beyond the end"),
    "magic": Check(Reason.FORMAT, "another file"),
    "version": Check(Reason.FORMAT, "a file of another protocol"),
    "reserved": Check(Reason.FORMAT, "two files of one proof"),
    "option range": Check(Reason.FORMAT, "shifts by 2^8, unknown hashes"),
    "option values": Check(Reason.FORMAT, "options with no security, such as zero queries"),
    "fields": Check(Reason.FORMAT, "an object that no file could hold"),
    "number of tables": Check(Reason.FORMAT, "no table, or work out of proportion"),
    "header heights": Check(Reason.FORMAT, "heights that the options do not allow"),
    "claim length": Check(Reason.FORMAT, "a claim out of proportion"),
    # ---- the policy
    "options": Check(Reason.OPTIONS, "a file that states other options than it was made with"),
    "claim": Check(Reason.STATEMENT, "a file that states another claim than it proves"),
    "tables": Check(Reason.HEIGHTS, "a proof that leaves out a table"),
    "standing": Check(Reason.HEIGHTS, "a table that stands more or less often than it may"),
    "order of traces": Check(Reason.HEIGHTS, "two files of one proof: traces of a table exchanged"),
    "kind of key": Check(
        Reason.STATEMENT, "a proof in shards of a statement in one, or the reverse"
    ),
    "number of shards": Check(Reason.FORMAT, "no shard, or work out of proportion"),
    "presence": Check(Reason.HEIGHTS, "a table that stands once in two shards, or in none"),
    "height range": Check(Reason.HEIGHTS, "tables too short for the theorems, or too tall"),
    "fixed height": Check(Reason.HEIGHTS, "another height than the statement's"),
    "expected height": Check(Reason.HEIGHTS, "another height than the caller expects"),
    "period": Check(Reason.HEIGHTS, "a periodic column longer than its table"),
    "multiplicity": Check(Reason.MULTIPLICITY, "p copies that look like none"),
    "security": Check(Reason.SECURITY, "options or heights too weak for the caller"),
    "body length": Check(Reason.FORMAT, "keeping a body out of proportion"),
    # ---- the rounds
    "canonical": Check(Reason.FORMAT, "two files of one proof: v and v + p"),
    "token denominator": Check(Reason.BUS_SUM, "tokens that count nothing"),
    "bus sum": Check(Reason.BUS_SUM, "messages sent and never received"),
    "grinding": Check(Reason.GRINDING, "as many draws of the positions as one likes"),
    "end": Check(Reason.FORMAT, "two files of one proof: anything may follow"),
    "constraints": Check(Reason.CONSTRAINTS, "traces that violate the tables"),
    "Merkle root": Check(Reason.MERKLE, "rows chosen after the positions are known"),
    "FRI root": Check(Reason.FRI, "layers chosen after the positions are known"),
    "final polynomial": Check(Reason.FINAL_POLYNOMIAL, "words that are far from low degree"),
}


def require(condition: object, check: str, message: str) -> None:
    """Refuse the proof unless the condition holds.

    Parameters
    ----------
    condition : object
        Judged by its truth.
    check : str
        Name in `CHECKS`.
    message : str

    Raises
    ------
    VerificationError
        `ProofFormatError` when the check is about the format.
    """
    if not condition:
        reason = CHECKS[check].reason
        kind = ProofFormatError if reason is Reason.FORMAT else VerificationError
        raise kind(message, reason)
