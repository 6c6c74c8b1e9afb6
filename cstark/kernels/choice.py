"""Which instruction set the kernels use when nobody says so, and why.

Not by flag alone: a processor may have wide vectors and be slower for using them. So both kinds of
core with AVX-512 that were at hand were measured, one thread, by processor time, the sets in turn
(``avx512`` over ``avx2``; hashes over what ``avx2`` takes on a processor with AVX-512VL, which is
``avx512vl``):

================================ ==================== =====================
kernel                           Golden Cove (Xeon)   Zen 4 (EPYC)
================================ ==================== =====================
paths through memory             512 bits             256 bits, twice
extension of 32 columns          1.40 to 1.49         1.25 to 1.32
extension of 1 to 36 columns                          1.08 to 1.45
sums over columns, over rows     1.64 to 1.86         1.8, 1.5
DEEP quotients, FRI folds        1.7 to 2.1           1.4 to 1.7
LogUp, constraints               1.5                  1.35, 1.5
Keccak-256, BLAKE3: nodes        1.6, 1.7             1.05, 1.2
SHA-256: 16 lanes, instructions  1.6 to 2.0           0.9
whole proof, BLAKE3              1.37 to 1.5          1.4
whole proof, Keccak-256          1.44                 1.5
proof of a guest's run, BLAKE3                        1.4
================================ ==================== =====================

On Zen 4 a vector of 512 bits takes two turns of every unit, and still wins: half as many
instructions to issue, carries as masks, sums of products by the 52-bit multiply-add. (Golden Cove
was measured before these took four multiplications a term.) No family was slower with ``avx512``
on either, so the last set that a processor runs is taken. The exception is SHA-256, where AMD's SHA
instructions beat sixteen lanes and Intel's do not.

``CSTARK_ISA`` overrides all this. Standard library only: it runs when the package is imported.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["best", "prefers_sha", "refusal"]


def best(running: Sequence[str]) -> str:
    """The set to use of those that the processor runs, slowest first."""
    return running[-1]


def prefers_sha(isa: str, vendor: str) -> bool:
    """Whether SHA-256 should use SHA instructions rather than lanes, where the processor has them.

    Parameters
    ----------
    isa : str
        The set in use.
    vendor : str
        As the processor calls its maker, such as ``GenuineIntel``.
    """
    return not (isa == "avx512" and vendor == "GenuineIntel")


def refusal(wanted: str, running: Sequence[str], built: Sequence[str], known: Sequence[str]) -> str:
    """What is wrong with a set that is not among `running`.

    Parameters
    ----------
    wanted : str
    running : sequence of str
        What this build and this processor can run.
    built : sequence of str
        What this build has.
    known : sequence of str
        What some build may have.
    """
    names = ", ".join(running)
    there = f"the instruction sets available here are {names}; leave it empty for the best"
    if wanted in built:
        return f"this processor cannot run it; {there}"
    if wanted in known:
        return f"it was left out when cstark was built; {there}"
    return there
