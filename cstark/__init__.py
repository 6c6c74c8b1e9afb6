"""cstark: a STARK prover and verifier for Python.

Describe tables (`Air`) and the buses between them, hand over NumPy traces, get a small
transparent proof::

    import cstark as cs

    machine = cs.Machine({"fib": FibonacciPair()})
    proof = machine.prove({"fib": trace}, {"fib": [1, 1]})
    machine.verify(proof, {"fib": [1, 1]})

Names are loaded on first use, so that ``import cstark`` is cheap.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# public name -> (module, name there; None for the module itself)
_NAMES: dict[str, tuple[str, str | None]] = {
    "Air": ("cstark.air", "Air"),
    "AirError": ("cstark.errors", "AirError"),
    "CheckReport": ("cstark.check", "CheckReport"),
    "CstarkError": ("cstark.errors", "CstarkError"),
    "Expression": ("cstark.air", "Expression"),
    "FreeCells": ("cstark.air", "FreeCells"),
    "Job": ("cstark.batch", "Job"),
    "JobResult": ("cstark.batch", "JobResult"),
    "Machine": ("cstark.machine", "Machine"),
    "Options": ("cstark.protocol.options", "Options"),
    "OptionsError": ("cstark.errors", "OptionsError"),
    "P": ("cstark.field", "P"),
    "Prepared": ("cstark.workload", "Prepared"),
    "Proof": ("cstark.protocol.proof", "Proof"),
    "ProofFormatError": ("cstark.errors", "ProofFormatError"),
    "Reason": ("cstark.errors", "Reason"),
    "Receive": ("cstark.air", "Receive"),
    "Report": ("cstark.report", "Report"),
    "ResolvedOptions": ("cstark.protocol.options", "ResolvedOptions"),
    "Send": ("cstark.air", "Send"),
    "Statement": ("cstark.workload", "Statement"),
    "StatementFile": ("cstark.workload.statement_file", "StatementFile"),
    "StatementError": ("cstark.errors", "StatementError"),
    "Table": ("cstark.air", "Table"),
    "TraceError": ("cstark.errors", "TraceError"),
    "UnknownColumnError": ("cstark.errors", "UnknownColumnError"),
    "VerificationError": ("cstark.errors", "VerificationError"),
    "VerifyingKey": ("cstark.protocol.key", "VerifyingKey"),
    "View": ("cstark.air", "View"),
    "Workload": ("cstark.workload", "Workload"),
    "argument": ("cstark.workload.arguments", "argument"),
    "decode_claim": ("cstark.workload.claim", "decode_claim"),
    "encode_claim": ("cstark.workload.claim", "encode_claim"),
    "ext3": ("cstark.arrays.ext3", None),
    "fft": ("cstark.arrays.fft", None),
    "gadgets": ("cstark.gadgets", None),
    "get_num_threads": ("cstark.runtime", "get_num_threads"),
    "goldilocks": ("cstark.arrays.goldilocks", None),
    "hashing": ("cstark.arrays.hashing", None),
    "pack": ("cstark.air", "pack"),
    "padded_rows": ("cstark.air", "padded_rows"),
    "polynomial": ("cstark.arrays.polynomial", None),
    "prove_many": ("cstark.batch", "prove_many"),
    "read_claim": ("cstark.workload.claim", "read_claim"),
    "set_num_threads": ("cstark.runtime", "set_num_threads"),
    "show_config": ("cstark.runtime", "show_config"),
    "threads": ("cstark.runtime", "threads"),
}

__all__ = ["__version__", *_NAMES]


def __getattr__(name: str) -> Any:
    try:
        module, attribute = _NAMES[name]
    except KeyError:
        raise AttributeError(f"module 'cstark' has no attribute {name!r}") from None
    loaded = importlib.import_module(module)
    value = loaded if attribute is None else getattr(loaded, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


importlib.import_module("cstark.runtime")  # registers the fork hooks; loads no kernel
