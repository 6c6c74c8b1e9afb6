"""Take every check out of the verifier, and invert it, and see that tests fail.

    python tests/attacks/remove_checks.py [--quick]

Prints each check with the tests that hold it, or with --quick the first of them. Exits with 1 if a
check can be taken out unnoticed.
The tests tried are those that say they hold the check (`pytest.mark.holds`), and for inverted
checks an honest proof. All in one process; `source_mutants.py` does the same to the source text.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import cstark.machine  # noqa: E402, F401 - every module that names `require` is loaded
from cstark.protocol import refusals  # noqa: E402
from tests.attacks.toolkit import swapped  # noqa: E402
from tests.protocol.test_round_trips import test_bytes_are_read_as_written  # noqa: E402
from tests.shards.shard_support import Told, machine  # noqa: E402
from tests.shards.test_prove_shards import test_numbers_of_shards  # noqa: E402

HOLDERS = ["tests/attacks", "tests/protocol/test_refusals.py"]
Require = Callable[[object, str, str], None]


class Watcher:
    """A pytest plugin that notes which test holds what, and which tests fail."""

    def __init__(self) -> None:
        self.holders: dict[str, list[str]] = {name: [] for name in refusals.CHECKS}
        self.unknown: set[str] = set()
        self.failed: list[str] = []
        self.passed = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("holds"):
                for name in mark.args:
                    self.unknown |= {name} - set(self.holders)
                    self.holders.setdefault(name, []).append(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call":
            self.passed += 1


def run(arguments: list[str]) -> Watcher:
    watcher = Watcher()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-p", "no:cacheprovider", "--tb=no", *arguments], plugins=[watcher])
    return watcher


def honest_test_fails() -> bool:
    """Whether a test of proofs that pass every check fails: of one alone, and of one in shards."""
    try:
        test_bytes_are_read_as_written()
        test_numbers_of_shards(Told(machine()), 2)
    except Exception:
        return True
    return False


@contextlib.contextmanager
def replaced(name: str, change: Callable[[Require, object, str, str], None]) -> Iterator[None]:
    """`require` with one check changed."""
    before = refusals.require

    def require(condition: object, check: str, message: str) -> None:
        if check == name:
            change(before, condition, check, message)
        else:
            before(condition, check, message)

    with swapped(before, require):
        yield


def deleted(before: Require, condition: object, check: str, message: str) -> None:
    """Nothing is refused."""


def inverted(before: Require, condition: object, check: str, message: str) -> None:
    """What was accepted is refused, what was refused is accepted."""
    before(not condition, check, message)


def main(quick: bool) -> int:
    stop = ["-x"] if quick else []
    collected = run(["--collect-only", *HOLDERS])
    loose = [f"{name}: no such check, but a test says it holds it" for name in collected.unknown]
    for name, check in refusals.CHECKS.items():
        candidates = collected.holders[name]
        with replaced(name, deleted):
            without = run([*stop, *candidates]) if candidates else Watcher()
        with replaced(name, inverted):
            noticed = honest_test_fails()
        print(f"{name} ({check.reason.name}): {check.prevents}")
        for test in dict.fromkeys(without.failed):
            print(f"    {test}")
        if not without.failed:
            loose.append(f"{name}: no test fails without it")
        if not noticed:
            loose.append(f"{name}: no test fails when it is inverted")
    if not quick:
        normal = run([*{test for tests in collected.holders.values() for test in tests}])
        if normal.failed or not normal.passed or honest_test_fails():
            loose.append(f"tests that fail with all checks in place: {normal.failed}")
    for line in loose:
        print("LOOSE", line)
    print(f"{len(refusals.CHECKS)} checks, {len(loose)} loose")
    return 1 if loose else 0


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv[1:]))
