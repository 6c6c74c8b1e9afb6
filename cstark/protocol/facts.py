"""What a proof's report says of it besides times: sizes and security."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cstark.kernels import _runtime
from cstark.security import report as security_report

from .domain import DomainCache
from .proof import Proof
from .sizing import security_shape

if TYPE_CHECKING:
    from cstark.key import VerifyingKey

__all__ = ["facts"]


def facts(key: VerifyingKey, proof: Proof, tokens: int, domains: DomainCache) -> dict[str, Any]:
    """Plain data, ready for `json.dumps`."""
    security = security_report(
        security_shape(key, proof.log_heights, tokens),
        queries=key.options.queries,
        grinding=key.options.grinding,
    )
    return {
        "proof_bytes": len(proof),
        "tables": [
            {
                "name": d.name,
                "log_height": log_height,
                "columns": d.width,
                "preprocessed": d.preprocessed_width,
                "lookup": d.lookup_columns,
            }
            for d, log_height in zip(key.tables, proof.log_heights, strict=True)
        ],
        "security": security.to_dict(),
        "threads": _runtime.threads(),
        "isa": _runtime.isa(),
        "domains": {"hits": domains.hits, "misses": domains.misses},
    }
