"""Verifying a proof in shards, each of them where the caller says."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from cstark.air.tokens import Token
from cstark.batch.executors import Here, check_executor, shares_memory
from cstark.protocol.key import VerifyingKey
from cstark.protocol.policy import Policy
from cstark.protocol.proof import Proof
from cstark.protocol.publics import Publics
from cstark.protocol.shards.challenges import Place, Shared
from cstark.protocol.shards.proof import ShardedProof, ShardProof
from cstark.protocol.shards.verifier import ShardedVerifier, ShardVerifier, verify_sharded
from cstark.protocol.statement import Instance
from cstark.report.progress import ProgressCallback, listener
from cstark.shards.maps import Maps

__all__ = ["ShardCheck", "check_shard", "verify_shards"]


def verify_shards(
    key: VerifyingKey,
    proof: Proof | ShardedProof | bytes,
    publics: Publics | None,
    tokens: Sequence[Token],
    claim: bytes | None,
    policy: Policy,
    *,
    executor: Executor | None = None,
    progress: bool | ProgressCallback | None = None,
) -> None:
    """What `Machine.verify` does with a proof in shards; the parameters are its own."""
    check_executor(executor)
    with listener(progress) as tell:

        def finish(verifier: ShardedVerifier) -> None:
            places = [shard.place for shard in verifier.shards]
            maps = Maps(Here() if executor is None else executor, uuid4().hex, places, tell)
            maps.run("heads", {}, lambda index, done: None)
            if executor is None or shares_memory(executor):
                calls = {i: (shard.finish, ()) for i, shard in enumerate(verifier.shards)}
                maps.run("verify", calls, lambda index, done: None)
                return
            remote = {i: (check_shard, (_check(verifier, i),)) for i in range(len(verifier.shards))}
            maps.run("verify", remote, lambda index, done: None)

        verify_sharded(key, proof, publics, tokens, claim, policy, finish)  # type: ignore[arg-type]


def _check(verifier: ShardedVerifier, index: int) -> ShardCheck:
    place = verifier.shards[index].place
    part = verifier.proof.shards[index]
    return ShardCheck(verifier.key, part, place, verifier.instance, verifier.shared)


@dataclass(frozen=True)
class ShardCheck:
    """A shard to be verified, whose statement and whose place are known to be right.

    Attributes
    ----------
    key : VerifyingKey
    shard : bytes
    place : Place
    instance : Instance
        Of the whole.
    shared : Shared
    """

    key: Any
    shard: bytes
    place: Place
    instance: Instance
    shared: Shared


def check_shard(check: ShardCheck) -> None:
    """All rounds of one shard; raises what a verifier raises."""
    shard = ShardProof.parse(check.shard, check.key.options)
    verifier = ShardVerifier(check.key, shard, check.instance, check.place)
    verifier.admit_shard()
    verifier.round_0_statement()
    verifier.round_1_main()
    verifier.join(check.shared)
    verifier.round_2_lookup()
    verifier.finish()
