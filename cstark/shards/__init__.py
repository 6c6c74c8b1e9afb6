"""Proofs in shards, on any `concurrent.futures.Executor`.

========================= =====================================================================
`cstark.shards.worker`    what runs where a shard is proved
`cstark.shards.run`       the two maps of proving, and the challenges between them
`cstark.shards.kept`      commitments that a process keeps between the two maps
`cstark.shards.maps`      calls for all shards, handed to an executor, and what comes back
`cstark.shards.verify`    verifying, each shard where the caller says
`cstark.shards.common`    what all shards have in common, sent to the workers once
`cstark.shards.imbalance` which messages do not balance over all shards
`cstark.shards.folder`    what is finished, on disk
`cstark.shards.hidden`    the secret of a run that hides its traces
`cstark.shards.lock`      one run to a folder at a time
`cstark.shards.report`    who made what, and what was waited for
========================= =====================================================================

The protocol stands on the page `cstark.protocol.shards`.
"""

from __future__ import annotations

from cstark.shards.report import ShardReport, ShardTimes
from cstark.shards.run import prove_shards
from cstark.shards.verify import verify_shards

__all__ = ["ShardReport", "ShardTimes", "prove_shards", "verify_shards"]
