"""Coverage-guided fuzzing of parser and verifier; started by ``tools/fuzz``.

    python tests/fuzz/run.py CORPUS [libFuzzer options]

atheris drives it: it watches which lines of the package an input reaches, and keeps inputs that
reach new ones. The inputs it keeps lie in CORPUS, findings in the working folder.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cstark"]):
    from tests.fuzz.mutations import mutate
    from tests.fuzz.target import run_one, seeds

MUTATE_BLINDLY = 0.15


def custom_mutator(data: bytes, max_size: int, seed: int) -> bytes:
    """Mostly changes that know the format, sometimes libFuzzer's own."""
    rng = random.Random(seed)
    if rng.random() < MUTATE_BLINDLY:
        return atheris.Mutate(data, max_size)
    return mutate(data, rng)[:max_size]


def main() -> None:
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    longest = 0
    for number, data in enumerate(seeds()):
        (corpus / f"honest-{number}").write_bytes(data)
        longest = max(longest, len(data))
    options = [f"-max_len={2 * longest}", "-timeout=20", "-rss_limit_mb=1024", "-len_control=0"]
    atheris.Setup(
        [sys.argv[0], *options, *sys.argv[2:], str(corpus)],
        run_one,
        custom_mutator=custom_mutator,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
