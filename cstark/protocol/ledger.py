"""Every item of a proof file: when the transcript absorbs it, or what it is compared with.

A published break of such systems is, as a rule, an item that was neither. `ITEMS` lists them in
the order of the file, under the names that the prover writes and the verifier reads them by
(`{}` stands for a number or a tree). `cstark.protocol.stream` obeys the table: what it says is
absorbed is absorbed, on both sides. Tests compare the table with both, byte by byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

__all__ = [
    "ITEMS",
    "SHARDS_STATEMENT",
    "SHARD_ITEMS",
    "SHARD_STATEMENT",
    "STATEMENT",
    "Item",
    "Label",
    "item_of",
]


@dataclass(frozen=True)
class Item:
    """One row: exactly one of `absorbed_before` and `compared` is given.

    Attributes
    ----------
    name : str
    absorbed_before : str or None
        The first challenge drawn after the item is absorbed, under the item's own name.
    compared : str or None
        The check, a name in `cstark.protocol.refusals`, that refuses another value.
    why : str
        What it is compared with, or what the challenge judges.
    """

    name: str
    absorbed_before: str | None = None
    compared: str | None = None
    why: str = ""


@dataclass(frozen=True)
class Label:
    """Something absorbed that is not read from the file, but known to the verifier."""

    name: str
    what: str


#: Absorbed in round 0, in this order. All of it comes from the verifier's caller, except the
#: heights and (if the caller does not say which) the claim, which are the file's and are absorbed.
STATEMENT = (
    Label("protocol", "name and version of this protocol"),
    Label("key", "digest of the verifying key, which holds the preprocessed root"),
    Label("options", "the key's, which the file's must equal"),
    Label("log heights", "the file's"),
    Label("publics", "the caller's"),
    Label("tokens", "the caller's"),
    Label("claim", "the caller's, which the file's must equal, or else the file's"),
)

ITEMS = (
    # ---- the header
    Item("magic", compared="magic", why="the constant"),
    Item("version", compared="version", why="the constant"),
    Item("option zk", compared="options", why="the key's"),
    Item("salt length", compared="reserved", why="16 with zk, else zero"),
    Item("option blowup", compared="options", why="the key's"),
    Item("option hash", compared="options", why="the key's"),
    Item("option FRI arity", compared="options", why="the key's"),
    Item("option final length", compared="options", why="the key's"),
    Item("option grinding", compared="options", why="the key's"),
    Item("option max log height", compared="options", why="the key's"),
    Item("option queries", compared="options", why="the key's"),
    Item("option coset offset", compared="options", why="the key's"),
    Item("number of tables", compared="tables", why="the key's"),
    Item("log heights", absorbed_before="z", why="every shape follows from them"),
    Item("length of the claim", absorbed_before="z", why="absorbed with the claim"),
    Item("claim", absorbed_before="z", why="compared as well, if the caller says which"),
    # ---- the body
    Item("main root", absorbed_before="z", why="messages are fixed before they are hashed"),
    Item("lookup root", absorbed_before="beta", why="constraints: on which columns"),
    Item("table sums", absorbed_before="beta", why="constraints: with which sums"),
    Item("quotient root", absorbed_before="zeta", why="an identity of fixed polynomials"),
    Item("openings", absorbed_before="gamma", why="the combination of fixed claims"),
    Item("FRI root {}", absorbed_before="fold challenge {}", why="the fold of a fixed word"),
    Item("final polynomial", absorbed_before="positions", why="queries of a fixed polynomial"),
    Item("nonce", absorbed_before="positions", why="one draw for each proof of work"),
    Item("salts of {}", compared="Merkle root", why="the tree's root"),
    Item("rows of {}", compared="Merkle root", why="the tree's root"),
    Item("siblings of {}", compared="Merkle root", why="the tree's root"),
    Item("values of FRI layer {}", compared="FRI root", why="the layer's root"),
    Item("siblings of FRI layer {}", compared="FRI root", why="the layer's root"),
)

#: What a proof in shards has besides. Of a shard, what is absorbed before z is absorbed by its own
#: transcript, whose state the common one absorbs before it draws z.
SHARD_ITEMS = (
    Item("number of shards", absorbed_before="z", why="how many heads there are"),
    Item("length of shard {}", compared="end", why="where its items end"),
    Item("pins", absorbed_before="z", why="the main columns are fixed by them"),
)

#: In the place of `STATEMENT`: what the transcript of a shard absorbs first, in this order,
SHARD_STATEMENT = (
    Label("protocol", "name and version of the protocol of shards"),
    Label("key", "digest of the key of proofs in shards, which holds both preprocessed roots"),
    Label("options", "the key's, which the file's must equal"),
    Label("shard", "how many there are, the file's, and which it is, by its place there"),
    Label("log heights", "the file's"),
    Label("publics", "the caller's, of the tables that stand there"),
)

#: and what the common one absorbs, in this order, "head" once for each shard.
SHARDS_STATEMENT = (
    Label("protocol", "name and version of the protocol of all shards"),
    Label("key", "as for a shard"),
    Label("options", "as for a shard"),
    Label("shards", "how many there are, the file's"),
    Label("tokens", "the caller's"),
    Label("claim", "the caller's, which the file's must equal, or else the file's"),
    Label("head", "the state of a shard's transcript after its pins"),
)


@lru_cache(maxsize=256)
def item_of(name: str) -> Item:
    """The row of an item that was read or written under this name.

    Raises
    ------
    LookupError
        If there is none.
    """
    for item in (*ITEMS, *SHARD_ITEMS):
        head, brace, _ = item.name.partition("{}")
        if name == item.name or (brace and name.startswith(head) and _fills(name[len(head) :])):
            return item
    raise LookupError(f"{name!r} has no row in the ledger")


def _fills(text: str) -> bool:
    return text.isdigit() or text in ("preprocessed", "main", "lookup", "quotient")
