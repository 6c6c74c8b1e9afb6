"""Benchmarks of cstark, for asv.

The modules: `kernels` times each kernel alone, `phases` the parts of one proof, `proofs` whole
proofs, `tracked` records numbers that do not depend on the machine.

``CSTARK_BENCH_PROFILE`` chooses the sizes: ``regular`` (the default), ``quick`` for the edit loop,
``tiny`` for the tests, which only see that every benchmark still runs.  Sizes are part of a
benchmark's parameters, so results of different profiles are never compared.
"""

import importlib.util
import sys
from pathlib import Path

if importlib.util.find_spec("cstark") is None:  # not installed: the working tree, built in place
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
