"""Mutants of the verifiers' source that no test can notice, each with the reason."""

from __future__ import annotations

_APART = "the file and the transcript are two things here: reading and absorbing change places"

#: (module, text of the mutant, as `source_mutants` prints it): why it behaves as the original.
EQUIVALENT: dict[tuple[str, str], str] = {
    ("stream", "shorten: self.transcript.absorb(item, b'')"): "nothing is absorbed there",
    (
        "pure.verify",
        "swap: sums = dict(zip(with_sums, reader.elements(len(with_sums)), strict=True)) / "
        "transcript.absorb('lookup root', roots['lookup'])",
    ): _APART,
    (
        "statement",
        "first: for table, label, value in self._overweight_publics(key)",
    ): "the first ends the loop, by an error",
    (
        "pure.verify",
        "swap: gamma = transcript.extension('gamma') / "
        "fri_roots = reader.digests(len(shape.folds))",
    ): _APART,
    (
        "pure.verify",
        "swap: transcript.absorb('final polynomial', ext_bytes(final)) / nonce = reader.number(8)",
    ): _APART,
    (
        "pure.shards",
        "swap: transcript.absorb('publics', public_bytes(self.statement)) / "
        "self.main_root = self.reader.take(DIGEST if self.shape.rows['main'] else 0)",
    ): _APART,
}
