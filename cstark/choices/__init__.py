"""Choosing parameters: how long a proof will take, and what other options would do.

========= ====================================================================
`timing`  seconds on this machine, from short runs of the prover itself
`compare` bytes, memory, time and security of the options next to a machine's
========= ====================================================================

Nothing is computed here by a formula of its own: bits come from `cstark.security`, bytes and
memory from `cstark.protocol.estimate`, seconds from runs.
"""

from cstark.choices.compare import Choice, Choices, compare
from cstark.choices.timing import measure

__all__ = ["Choice", "Choices", "compare", "measure"]
