"""cstark: a STARK prover and verifier for Python.

Describe tables (`Air`) and the buses between them, hand over NumPy traces, get a transparent
proof::

    import cstark as cs

    machine = cs.Machine({"fib": FibonacciPair()})
    proof = machine.prove({"fib": trace}, {"fib": [1, 1]})
    machine.verify(proof, {"fib": [1, 1]})

Where to begin: README, then `cstark.guide`, *from an idea to a sound table*, and `cstark.machines`,
a gallery. For the proof of a program, `cstark.vm`. Every public name, by purpose:

Describing tables
-----------------
================== ===============================================================================
`Air`              a table: derive from it, declare columns, state equations in `constrain`
`Table`            what `constrain` gets: columns, selectors, sending and receiving
`Expression`       a polynomial in the columns of a row
`View`             the columns of a trace by name
`FreeCells`        cells that a table leaves open on purpose
`pack`             one number from limbs
`padded_rows`      the height of a table for so many rows
`gadgets`          what many tables need: ranges, comparison, bytes, memory, Poseidon2
`Send`, `Receive`  messages that the verifier adds to a bus
================== ===============================================================================

Proving and verifying
---------------------
=================== ==============================================================================
`Machine`           tables put together: ``prove``, ``verify``, ``check``, ``statement``, ``count``
`Options`           hash, blowup, security and the other choices
`ResolvedOptions`   the same as numbers, which a proof file states
`Proof`             a proof, and its bytes
`ShardedProof`      one in several parts, from `Machine.prove_shards`
`VerifyingKey`      a machine as data: verifies without the code of the tables
`StatementFile`     a key with public values, tokens and a claim: what a key file holds
`vm`                a RISC-V machine: an ELF file in, a proof of its run out
=================== ==============================================================================

Things to prove by name
-----------------------
================ =================================================================================
`Workload`       a named thing to prove: derive from it, for the command line and `prove_many`
`argument`       an argument of a workload: a field with help and limits
`Prepared`       what a workload hands to the prover: a claim, and traces
`Statement`      what it hands to prover and verifier: tables, public values, tokens
`read_claim`     the fields of a claim, checked
`encode_claim`   a claim as bytes
`decode_claim`   a claim from bytes
================ =================================================================================

Many proofs, and what they took
-------------------------------
============== ===================================================================================
`prove_many`   prove on an executor: threads, processes, dask, MPI
`Job`          one of those proofs
`JobResult`    what became of it
`CheckReport`  what is wrong with a trace
`Report`       where time and memory of a proof went
============== ===================================================================================

Arithmetic on arrays
--------------------
============== ===================================================================================
`goldilocks`   the base field: add, mul, power, inverse, dot, matmul, ...
`ext3`         its cubic extension
`fft`          transforms and low-degree extension
`polynomial`   evaluate, interpolate, multiply, divide
`hashing`      BLAKE3, Keccak-256, SHA-256, of bytes and of the rows of a matrix
`P`            the prime, 2^64 - 2^32 + 1
============== ===================================================================================

Running
-------
================== ===============================================================================
`set_num_threads`  threads of the process; `get_num_threads` reads them
`threads`          threads for a block of code
`show_config`      what is installed, and what of the processor is used
`__version__`      the version of the package
================== ===============================================================================

Errors
------
==================== =============================================================================
`CstarkError`        all of them; each is a ValueError as well
`AirError`           a bad description of a table
`UnknownColumnError` a column that a table does not have
`OptionsError`       options out of range, or security out of reach
`TraceError`         a trace that is malformed or false: table, row, column, constraint
`StatementError`     the caller's public values, tokens or claim are malformed
`VerificationError`  a proof is refused
`ProofFormatError`   the bytes are no proof
`Reason`             why a proof is refused, as an enumeration
==================== =============================================================================

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
    "ShardedProof": ("cstark.protocol.shards.proof", "ShardedProof"),
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
    "vm": ("cstark.vm", None),
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
