"""Things to prove, by name: a workload with its arguments, its claim and its statement.

================ ==============================================================
`workload`       what a user subclasses: from arguments to a claim and traces
`arguments`      its dataclass fields, as the command line needs them
`ends`           what prover and verifier hand over: `Prepared`, `Statement`
`claim`          what a proof says it proves, as canonical JSON
`statement_file` a whole statement as data, for verifiers without the workload
================ ==============================================================
"""

from cstark.workload.arguments import Argument, argument
from cstark.workload.claim import decode_claim, encode_claim, read_claim
from cstark.workload.ends import Prepared, Statement
from cstark.workload.workload import Workload

__all__ = [
    "Argument",
    "Prepared",
    "Statement",
    "Workload",
    "argument",
    "decode_claim",
    "encode_claim",
    "read_claim",
]
