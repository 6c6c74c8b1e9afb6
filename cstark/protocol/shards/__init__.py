"""Shards: one statement proved in several proofs, none of which is as large as the whole.

This page says, byte for byte, what differs from `cstark.protocol`; all else is as there.

The statement
-------------
There are S shards, 1 <= S <= 4,096, numbered i = 0 to S - 1. A table whose key says ``once`` stands
in the last of them, once, and in no other; one that says ``every`` stands in each of them, once;
one that says ``any`` as often as the prover likes in each. In every shard but the last, the heights
of a ``once`` table are written as those of an ``any`` table that is absent: the bytes 128, 0, 0.
Each shard has 1 to 4,096 tables that stand. What is said is what a single proof of all these tables
would say: all buses go through all shards, and no constraint reaches from one shard into another.
Public values are the table's, wherever it stands; tokens and claim belong to the whole.

*The key* has one field more, ``shard_root``: the root of the preprocessed tree of the ``every``
tables alone, 64 lower-case hex digits, or null when these have no preprocessed columns. It is that
of the shards before the last; in the last one the tree is that of all tables,
``preprocessed_root``. A key with the field verifies proofs in shards alone, a key without it none;
the digest is that of the text with the field. With zk its number z may be another one than in the
key of the same machine's other proofs (section Zero-knowledge).

*Policy.* In the place of that of a single proof (the weights when the heads of all shards have been
read): options, claim, number of tables and heights as
there, for each shard; presence as above; the rule on public values that a count depends on, as
there; each shard has as many proven bits as the verifier demands, where the lookup term counts the
messages of all shards and the tokens; and the weights of all shards and the counts of the tokens,
added up, are below p.

Transcripts
-----------
Each shard has a transcript T_i, the whole another one, G. Absorbs and draws are, in order (a number
is 8 bytes; labels in quotes)::

    T_i  "protocol"     cstark shard of a multi-table STARK, Goldilocks^3, version 2
         "key", "options"
         "shard"        S, i
         "log heights", "publics" (as in round 0, of the tables that stand; so those of
                        an ``every`` table in each shard)
         "main root"
         draw "eta"; draw "omega", again while it lies in the base field
         "pins"         for each code height with main columns, tallest first, the element
                        sum_c eta^c f_c(omega) over the base columns f_c of the leaf of that height
                        in the main tree, c from 0 in the order of the leaf

    G    "protocol"     cstark shards of a multi-table STARK, Goldilocks^3, version 2
         "key", "options"
         "shards"       S
         "tokens", "claim"
         "head"         the state of T_i after "pins", 32 bytes; once for each i, ascending
         draw "z", draw "alpha"

    T_i  "shared"       the state of G after these draws, 32 bytes; z; alpha
         round 2 and all that follows, as in a single proof: the tables, M_max, the numbers t and k,
         the positions are those of the shard.

In a shard without main columns "main root" and "pins" absorb data of length 0, and eta and omega
are drawn all the same. A verifier reads heights, main root and pins of every shard first, and what
is left of each when z and alpha are drawn.

All shards have z and alpha in common. Balance: the table sums of all shards and the fractions of
the tokens add up to 0.

*Pins.* They fix the main columns of a shard before z and alpha are drawn, so that the candidates of
different shards do not multiply (`cstark.security.terms`). In DEEP a pin is one opening more, the
last of its height in the numbering k, so that those of the next height are counted on after it; but
it is no part of the "openings" of round 4. The reduced word of its height gets

    gamma^k (pin - sum_c eta^c f_c(x)) / (omega - x).

Zero-knowledge
--------------
With zk in the key, all that section Zero-knowledge of `cstark.protocol` says holds of each shard
and of the tables that stand in it; but for this:

* m = 2 s + 9 in the place of 2 (s + 3), wherever m stands: in code heights, in dimensions, in the
  number of pieces of a quotient, in that of coefficients of a final polynomial, and in what a valid
  key leaves room for.
* With S >= 2 every table that stands in a shard and has interactions has the main column u more,
  even if it is the only one there that has any. With S = 1 it is as in other proofs: if just one of
  the tables that stand has interactions, it does without.
* A pin combines all words of the row, the columns u included. They have a salt before them in the
  leaf, but that is no column. In the numbering k of DEEP the additional column comes first, as
  there; the pin of a height comes after all openings of that height.

*Prover.* The masks mu of the sums of all shards together add up to 0; r has m coefficients
(`cstark.protocol.hiding`, `cstark.protocol.shards.secrets`). A verifier need not know.

The file
--------
::

    8   magic "shards\\r\\n"        2   version, 2        18   the options, as in a proof
    4   S                          4   length of the claim, and the claim
    of each shard:
        8   length of what follows
        2   number of tables, and their log heights, as in a proof
        D   main root              when a table has main columns
        F   pins                   one for each code height with main columns, tallest first
        D   lookup root, and the rest of a proof's body

A proof in shards is accepted if and only if: the header is as stated and the policy is met; of the
list in `cstark.protocol`, 2 and 4 to 8 hold for each shard, with ``shard_root`` in 6 before the
last and ``preprocessed_root`` in the last (so when there is just one); the sums of all shards
balance; each shard ends where its length says; and the file ends after the last.

======================================= ==========================================================
`cstark.protocol.shards.challenges`     both transcripts
`cstark.protocol.shards.proof`          the file
`cstark.protocol.shards.secrets`        what the masks of a run are made from
`cstark.protocol.shards.prover`         a shard's prover, in two parts
`cstark.protocol.shards.verifier`       a shard's verifier, and that of the whole
======================================= ==========================================================
"""
