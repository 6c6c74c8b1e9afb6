"""Mutants of the verifiers' source, one place each: some test must fail.

    python tests/attacks/source_mutants.py [module ...] [--list] [--jobs N] [--only KIND]

Modules are those of `cstark.protocol`, by name, and others of the package, as ``pure.verify`` and
``protocol.shards.verifier``. Mutated are

=========  =====================================================================================
delete     each `require`, `raise` and `absorb`, and each call of a function that checks
invert     each condition of a `require`, and of an `if`
first      each loop and comprehension goes over the first item only
cut        and over all but the last
shorten    what is absorbed loses its last byte
swap       two neighbouring statements that absorb, draw, read or write change places
=========  =====================================================================================

The tests of `FAST`, or of the list for its module, are run on each mutant until one fails, which is
printed. Survivors make the script exit with 1, but for those that `equivalent_mutants.EQUIVALENT`
explains, which are run with ``--explained`` alone.

Each mutant has a process of its own, forked from one that has collected the tests: there the code
of the mutated function is replaced. Where the place is outside functions, the process is forked
before anything is imported, and the mutant compiled in the place of the module. Which test noticed
a mutant is remembered in `MEMORY`; the next run tries that one first, then those that noticed
others, then all.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import json
import os
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.attacks.equivalent_mutants import EQUIVALENT  # noqa: E402
from tests.attacks.mutations_of_source import (  # noqa: E402
    NOWHERE,
    Mutating,
    full_name,
    replaced_code,
    sites,
)

MODULES = ("admission", "verifier", "fri", "merkle", "commitment", "proof", "transcript",
           "statement", "refusals", "stream", "policy", "pure.verify", "pure.constraints",
           "pure.fri", "pure.merkle", "pure.transcript", "pure.proof", "pure.shards",
           "protocol.shards.challenges", "protocol.shards.proof", "protocol.shards.verifier",
           "shards.verify")  # fmt: skip
FAST = [
    "--ignore=tests/attacks/test_checks_removed.py",  # which comes here
    "--ignore=tests/attacks/test_overview.py",  # which reads text
    "tests/protocol/test_round_trips.py::test_bytes_are_read_as_written",
    "tests/attacks/test_binding_statement.py",
    "tests/attacks/test_every_place.py",
    "tests/attacks/test_policy.py",
    "tests/workload/test_strangers.py::test_nor_does_it_for_machine_or_workload",
    "tests/protocol/test_bad_input.py",
    "tests/protocol/test_merkle.py",
    "tests/protocol/test_transcript.py",
    "tests/protocol/test_limits.py::test_a_policy_that_is_none",
    "tests/protocol/test_ledger.py",
    "tests/attacks",
    "tests/protocol/test_refusals.py",
    "tests/protocol/test_round_trips.py",
]
FAST_PURE = [
    "tests/pure/test_agreement.py",
    "tests/attacks/test_every_place.py",
    "tests/attacks/test_binding_statement.py",
    "tests/attacks/test_buses.py",
    "tests/attacks/test_policy.py",
    "tests/attacks/test_shards.py",
    "tests/pure",
]
FAST_SHARDS = [
    "tests/shards/test_shard_ledger.py",
    "tests/pure/test_sharded_policy.py",
    "tests/attacks/test_shards.py",
    "tests/attacks/test_hidden_shards.py",
    "tests/shards/test_hidden.py",
    "tests/security/test_shards.py",
    "tests/shards/test_short_files.py",
    "tests/shards/test_prove_shards.py",
    "tests/pure/test_sharded.py",
]
#: Module, mutant, and the test that noticed it last time. Built things are kept there, not sources.
MEMORY = ROOT / "build" / "source_mutants.json"
HINTS = 8  # from other modules
CPU_SECONDS = 120  # of one mutant
MEMORY_BYTES = 8 << 30  # of one mutant

# ---- running -----------------------------------------------------------------------------

Work = tuple[str, int, str]  # module, number of the place, text
ELSEWHERE = "the place is outside functions"
PYTEST = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider"]


class Watcher:
    """A pytest plugin that notes the first test that fails, collecting included."""

    def __init__(self) -> None:
        self.first = ""

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            self.first = self.first or report.nodeid

    pytest_collectreport = pytest_runtest_logreport


def tests_of(module: str) -> list[str]:
    if "shards" in module.split("."):
        return FAST_SHARDS
    return FAST_PURE if module.startswith("pure.") else FAST


def try_anew(module: str, number: int) -> str:
    """In a fresh process: the first test that fails, "" if none does."""
    import pytest

    sys.meta_path.insert(0, Mutating(module, number))
    watcher = Watcher()
    code = pytest.main([*PYTEST, *tests_of(module)], plugins=[watcher])
    return watcher.first or ("import" if code else "")


class Server(Watcher):
    """A pytest plugin that, in the place of running the tests, forks and runs them on mutants."""

    def __init__(self, work: list[Work], jobs: int, memory: Memory, writing: int) -> None:
        super().__init__()
        self.work, self.jobs, self.memory, self.writing = work, jobs, memory, writing

    def pytest_runtestloop(self, session) -> bool:
        items = {item.nodeid: item for item in session.items}
        gc.freeze()  # collecting would copy pages that processes share

        def run(module: str, number: int, text: str) -> str:
            if not replaced_code(module, number):
                return ELSEWHERE
            hints = self.memory.hints(module, text)
            order = list(dict.fromkeys([*filter(items.__contains__, hints), *items]))
            for name, following in zip(order, [*order[1:], None], strict=True):
                item, nextitem = items[name], items.get(following)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
                if self.first:
                    break
            return self.first

        for module, text, verdict in forked(self.work, self.jobs, run):
            if verdict != ELSEWHERE:
                self.memory.note(module, text, verdict)
            line = json.dumps([module, text, verdict]) + "\n"
            os.write(self.writing, line.encode())
        return True


def warm() -> None:
    """Import what every mutant's process needs, and nothing that may be mutated."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.dont_write_bytecode = False
    sys.pycache_prefix = tempfile.mkdtemp(prefix="source-mutants-")
    atexit.register(shutil.rmtree, sys.pycache_prefix, ignore_errors=True)
    for name in ("hypothesis.strategies", "numpy", "pytest", "_pytest.assertion.rewrite"):
        importlib.import_module(name)
    for path in sorted((ROOT / "cstark" / "kernels").glob("_*.pyx")):
        importlib.import_module(f"cstark.kernels.{path.stem}")
    mutated = {full_name(module) for module in MODULES}
    if mutated & set(sys.modules):
        raise RuntimeError(f"the kernels import {mutated & set(sys.modules)}")


def forked(
    work: list[Work], jobs: int, run: Callable[[str, int, str], str]
) -> Iterator[tuple[str, str, str]]:
    """`run` each in a process of its own: module, mutant and verdict, in the order they end."""
    waiting, running = list(reversed(work)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            module, number, text = waiting.pop()
            reading, writing = os.pipe()
            child = os.fork()
            if not child:
                in_child(lambda: run(module, number, text), writing)  # noqa: B023 - at once
            os.close(writing)
            running[child] = (module, text, reading)
        child, _ = os.wait()
        if child in running:
            module, text, reading = running.pop(child)
            with os.fdopen(reading) as pipe:
                said = pipe.read()
            if said.startswith("!"):
                raise RuntimeError(f"{module}: {text}: {said[1:]}")
            yield module, text, said[1:] if said else "an endless loop, or a crash"


def in_child(run: Callable[[], str], writing: int) -> NoReturn:
    """Run, say what came of it, and end the process."""
    os.setsid()
    os.chdir(ROOT)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    try:
        said = "=" + run().removeprefix("tests/")
    except Exception as error:  # pytest catches what tests raise, so this is a fault of ours
        said = f"!{error!r}"
    except (KeyboardInterrupt, SystemExit) as error:
        said = f"=ends with {error!r}"
    os.write(writing, said[:4000].encode())
    os._exit(0)


def verdicts(work: list[Work], jobs: int) -> Iterator[tuple[str, str, str]]:
    """Module, mutant, and the test that notices it, "" for a survivor; in the order they end."""
    elsewhere = []
    for tests in (FAST, FAST_PURE, FAST_SHARDS):
        some = [item for item in work if tests_of(item[0]) is tests]
        for module, text, verdict in collected(some, tests, jobs) if some else ():
            if verdict == ELSEWHERE:
                elsewhere.append((module, text))
            else:
                yield module, text, verdict
    rest = [item for item in work if (item[0], item[2]) in elsewhere]
    memory = Memory()
    for module, text, verdict in forked(rest, jobs, lambda m, number, _: try_anew(m, number)):
        memory.note(module, text, verdict)
        yield module, text, verdict


def collected(work: list[Work], tests: list[str], jobs: int) -> Iterator[tuple[str, str, str]]:
    """Verdicts on mutants of functions, from a process that collects the tests once."""
    import pytest

    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 1)
        os.chdir(ROOT)
        code = pytest.main([*PYTEST, *tests], plugins=[Server(work, jobs, Memory(), writing)])
        os._exit(min(1, code))
    os.close(writing)
    done = 0
    with os.fdopen(reading) as lines:
        for line in lines:
            done += 1
            module, text, verdict = json.loads(line)
            yield module, text, verdict
    os.waitpid(child, 0)
    if done < len(work):
        raise RuntimeError(f"the tests could not be collected: {done} of {len(work)} mutants run")


class Memory:
    """Which test noticed which mutant, over several runs."""

    def __init__(self) -> None:
        known = json.loads(MEMORY.read_text()) if MEMORY.exists() else {}
        self.known: dict[str, dict[str, str]] = known

    def hints(self, module: str, text: str) -> list[str]:
        """Tests that noticed this mutant, others of the module, others at all, in this order."""
        here = self.known.get(module, {})
        often = [test for test, _ in Counter(here.values()).most_common()]
        elsewhere = Counter(test for known in self.known.values() for test in known.values())
        order = [here.get(text, ""), *often, *(t for t, _ in elsewhere.most_common(HINTS))]
        return [f"tests/{test}" for test in dict.fromkeys(order) if "::" in test]

    def note(self, module: str, text: str, verdict: str) -> None:
        self.known.setdefault(module, {})[text] = verdict
        MEMORY.parent.mkdir(exist_ok=True)
        new = MEMORY.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(self.known, indent=1, sort_keys=True))
        new.replace(MEMORY)  # whole, whoever is killed meanwhile


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=[])
    parser.add_argument("--list", action="store_true", help="print the sites, run nothing")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="mutants whose text starts so: a kind, or more"
    )
    parser.add_argument(
        "--explained", action="store_true", help="also run those that are explained"
    )
    parser.add_argument(
        "--original", action="store_true", help="mutate nothing: all tests must pass"
    )
    arguments = parser.parse_args()
    modules = arguments.modules or list(MODULES)
    for module in set(modules) - set(MODULES):
        parser.error(f"no such module: {module}; there are {', '.join(MODULES)}")
    work = [(m, k, t) for m in modules for k, t in enumerate(sites(m))]
    work = [item for item in work if item[2].startswith(arguments.only)]
    explained = [] if arguments.explained else [w for w in work if (w[0], w[2]) in EQUIVALENT]
    work = [item for item in work if item not in explained]
    if arguments.original:
        work = [(module, NOWHERE, "the original") for module in modules]
    if arguments.list:
        work = sorted([*work, *explained], key=lambda item: (modules.index(item[0]), item[1]))
        for module, number, text in work:
            print(f"{module} {number}: {text}")
        return 0
    warm()
    total, unexplained = len(explained), 0
    for module, _, text in explained:
        print(f"{module}: {text}\n    {EQUIVALENT[module, text]}")
    for module, text, test in verdicts(work, arguments.jobs):
        why = EQUIVALENT.get((module, text))
        total += 1
        unexplained += not test and why is None
        print(f"{module}: {text}\n    {test or why or 'SURVIVES'}", flush=True)
    print(f"{total} mutants, {unexplained} survive unexplained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
