"""Numbers that are the same on every machine: a change is a change, not noise."""

from __future__ import annotations

import gc
from collections import Counter
from typing import Any

from cstark.protocol.layout import Layout

from .common import HASHES
from .machines import make, workloads
from .work import work

WORKLOADS = workloads()


def count(workload: str, hash: str) -> dict[str, int]:
    """All numbers of one proof."""
    case = make(workload, hash)
    gc.collect()  # nothing of the case before this one counts
    proof = case.prove()
    layout = Layout(case.machine.verifying_key(), proof.log_heights)
    total: Counter[str] = sum(work(layout, hash).values(), Counter())
    return {
        "proof_bytes": len(proof.to_bytes()),
        "cells": case.cells,
        "peak_bytes": proof.report.peak_bytes,
        "bytes": total["bytes"],
        "multiplications": total["multiplications"],
        "compressions": total["compressions"],
    }


class Tracked:
    """Size of a proof, cells of its traces, memory in the kernels' buffers, and work (`work`)."""

    params = [WORKLOADS, HASHES]
    param_names = ["workload", "hash"]
    timeout = 600

    def setup_cache(self) -> dict[tuple[str, str], dict[str, int]]:
        return {(w, h): count(w, h) for w in WORKLOADS for h in HASHES}

    def track_proof_bytes(self, found: Any, workload: str, hash: str) -> int:
        return found[workload, hash]["proof_bytes"]

    def track_cells(self, found: Any, workload: str, hash: str) -> int:
        return found[workload, hash]["cells"]

    def track_peak_bytes(self, found: Any, workload: str, hash: str) -> int:
        return found[workload, hash]["peak_bytes"]

    def track_bytes_moved(self, found: Any, workload: str, hash: str) -> int:
        return found[workload, hash]["bytes"]

    def track_field_products(self, found: Any, workload: str, hash: str) -> int:
        return found[workload, hash]["multiplications"]

    def track_compressions(self, found: Any, workload: str, hash: str) -> int:
        return found[workload, hash]["compressions"]

    track_proof_bytes.unit = "bytes"
    track_cells.unit = "cells"
    track_peak_bytes.unit = "bytes"
    track_bytes_moved.unit = "bytes"
    track_field_products.unit = "multiplications"
    track_compressions.unit = "compressions"
