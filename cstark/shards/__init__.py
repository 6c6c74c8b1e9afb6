"""Proofs in shards, on any `concurrent.futures.Executor`.

======================== ======================================================================
`cstark.shards.worker`   what runs where a shard is proved or verified
`cstark.shards.run`      the two maps, and the challenges between them
`cstark.shards.folder`   what is finished, on disk
`cstark.shards.report`   who made what, and what was waited for
======================== ======================================================================

The protocol stands on the page `cstark.protocol.shards`.
"""

from __future__ import annotations

from cstark.shards.report import ShardReport, ShardTimes
from cstark.shards.run import prove_shards, verify_shards

__all__ = ["ShardReport", "ShardTimes", "prove_shards", "verify_shards"]
