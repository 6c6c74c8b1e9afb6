"""Where a proof's time and memory went: a tree of phases with seconds, bytes and counters.

A report belongs to the process that made the proof.  It hangs on `Proof.report`, pickles and
copies with it, and is not part of the proof's bytes: a verifier never sees one.

======== =====================================================
tree     `Phase` and `Report`: what is measured
text     for terminals
html     for notebooks
plot     with matplotlib
compare  two reports side by side
files    reports written and read
progress how far a proof is, told while it is made
======== =====================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstark.lazy import loader

if TYPE_CHECKING:
    from cstark.report.compare import Comparison
    from cstark.report.text import (
        buffers_text,
        phase_table,
        report_text,
        security_text,
        shape_table,
    )
    from cstark.report.tree import Phase, Report, Sample
else:
    __getattr__ = loader(__name__, {
        "Comparison": "compare",
        "Phase": "tree",
        "Report": "tree",
        "Sample": "tree",
        "buffers_text": "text",
        "phase_table": "text",
        "report_text": "text",
        "security_text": "text",
        "shape_table": "text",
    })  # fmt: skip

__all__ = [
    "Comparison",
    "Phase",
    "Report",
    "Sample",
    "buffers_text",
    "phase_table",
    "report_text",
    "security_text",
    "shape_table",
]
