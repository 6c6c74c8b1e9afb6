"""The RISC-V machine: executing, recording, proving guests, and what their rows cost."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cstark import vm
from cstark.errors import CstarkError
from cstark.machines.fib_iterative import fibonacci_program
from cstark.vm.executor import COUNT, FAST, run, start
from cstark.vm.guest.examples import EXAMPLES, load
from cstark.vm.isa import expand

from .common import THREADS, Threaded, height

ITERATIONS = min(200_000, 1 << height(18))
PROVED = ["fib_iterative", "sha256", "json_field"]
SIZES = {"sha256": 10, "json_field": 10}


@lru_cache(maxsize=16)
def program(name: str) -> vm.Program:
    """An example, compiled; `fib_iterative` needs no compiler."""
    if name == "fib_iterative":
        return fibonacci_program(ITERATIONS)
    try:
        return vm.Program.from_elf(load(name).build())
    except CstarkError as error:
        raise NotImplementedError(f"no guest to measure: {error}") from None  # asv skips it


def executed(name: str, size: int | None = None) -> vm.Execution:
    """A run of an example."""
    if name == "fib_iterative":
        return program(name).run()
    if size is None:
        size = SIZES.get(name, 1) if height(19) == 19 else 1
    return program(name).run(load(name).make_input(size))


class Execute(Threaded):
    """Executing the Fibonacci loop: ns per instruction, without counting and with it."""

    params = [["fast", "count"], [1]]
    param_names = ["mode", "threads"]

    def setup(self, mode: str, threads: int | str) -> None:
        self.use_threads(threads)
        self.program = program("fib_iterative")

    def elements(self, mode: str, threads: int | str) -> int:
        return 5 * ITERATIONS + 6

    def time_execute(self, mode: str, threads: int | str) -> None:
        made = self.program
        number = FAST if mode == "fast" else COUNT
        run(start(made.code, made.image, b"", number), made.code)


class Record(Threaded):
    """Writing down all rows of a run, the tables around it included: ns per row."""

    params = [PROVED, [1]]
    param_names = ["guest", "threads"]

    def setup(self, guest: str, threads: int | str) -> None:
        self.use_threads(threads)
        self.run = executed(guest)

    def elements(self, guest: str, threads: int | str) -> int:
        return self.run.steps

    def time_record(self, guest: str, threads: int | str) -> None:
        self.run.traces()


class ProveGuest(Threaded):
    """From a run that was counted to a proof: ns per instruction."""

    params = [PROVED, THREADS]
    param_names = ["guest", "threads"]
    repeat = (2, 5, 30.0)
    timeout = 600

    def setup(self, guest: str, threads: int | str) -> None:
        self.use_threads(threads)
        self.run = executed(guest)
        self.run.program.machine().verifying_key()

    def elements(self, guest: str, threads: int | str) -> int:
        return self.run.instructions

    def time_prove(self, guest: str, threads: int | str) -> None:
        self.run.prove(check=False).to_bytes()


class Key(Threaded):
    """What a verifier does once: decode a text of a MiB, and commit to program and image."""

    params = [[1, "all"]]
    param_names = ["threads"]
    timeout = 600

    def setup(self, threads: int | str) -> None:
        self.use_threads(threads)
        words = fibonacci_program(3).image.text_words.tolist()
        self.words = (words * (1 << 18))[: 1 << min(18, height(18))]

    def elements(self, threads: int | str) -> int:
        return len(self.words)

    def time_decode(self, threads: int | str) -> None:
        image = vm.Image.from_text(self.words)
        expand(image.text_words, image.text[0])

    def time_key(self, threads: int | str) -> None:
        vm.Program(vm.Image.from_text(self.words)).machine().verifying_key()


class Guests:
    """Cells per instruction and proof bytes of every example, at a small size."""

    params = [list(EXAMPLES)]
    param_names = ["guest"]
    timeout = 600

    def setup_cache(self) -> dict[str, dict[str, Any]]:
        found = {}
        for name in EXAMPLES:
            try:
                made = executed(name, 1)
            except NotImplementedError:
                continue
            found[name] = {
                "cells": made.cells / made.instructions,
                "rows": made.rows,
                "bytes": made.estimate().proof_bytes,
            }
        return found

    def setup(self, found: Any, guest: str) -> None:
        if guest not in found:
            raise NotImplementedError("there is no compiler for guests")

    def track_cells_per_instruction(self, found: Any, guest: str) -> float:
        return found[guest]["cells"]

    def track_families(self, found: Any, guest: str) -> int:
        return len(found[guest]["rows"])

    def track_proof_bytes(self, found: Any, guest: str) -> int:
        return found[guest]["bytes"]
