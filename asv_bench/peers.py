"""The array modules of cstark beside numba, galois and python-flint, on one thread of one process.

Each operation runs in turn in every library that is installed (the rest are named), after its
result has been compared with cstark's.  Times are process CPU times, medians of five; a library
that needs seconds gets a smaller input, and its nanoseconds per element are what counts.
Conversions to and from NumPy arrays are left out; cstark's checks of its operands are not.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from benchmarks.common import empty_words, random_words, seconds

import cstark as cs
from cstark.runtime import config
from cstark.text import table

LIBRARIES = {"cstark": "cstark", "numba": "numba", "galois": "galois", "flint": "python-flint"}
#: log2 of the elements that a library is given at most, where all 2^20 would take seconds.
CAPS = {
    ("galois", "mul"): 16, ("galois", "inverse"): 12, ("galois", "ntt"): 10,
    ("galois", "multiply"): 8, ("flint", "inverse"): 18,
}  # fmt: skip
TITLES = {
    "mul": "product of two arrays",
    "inverse": "inverse of an array",
    "ntt": "transform (NTT)",
    "multiply": "product of two polynomials",
}


class Work(NamedTuple):
    """What is timed, and how to see its result as a list of integers."""

    call: Callable[[], Any]
    result: Callable[[Any], list[int]]


def operands(name: str, log_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs; of a product of polynomials, whose result has the size, each is half as long."""
    size = 1 << (log_size - 1 if name == "multiply" else log_size)
    a, b = random_words(size), random_words(size, seed=2)
    a[a == 0] = 1
    return a, b


def cstark(name: str, a: np.ndarray, b: np.ndarray) -> Work:
    out = empty_words(len(a))
    calls: dict[str, Callable[[], np.ndarray]] = {
        "mul": lambda: cs.goldilocks.mul(a, b, out=out),
        "inverse": lambda: cs.goldilocks.inverse(a, out=out),
        "ntt": lambda: cs.fft.ntt(a, out=out),
        "multiply": lambda: cs.polynomial.multiply(a, b),
    }
    return Work(calls[name], np.ndarray.tolist)


def numba(name: str, a: np.ndarray, b: np.ndarray) -> Work:
    import peers_numba

    size = len(a) if name != "multiply" else 2 * len(a)
    out = empty_words(size)
    roots = cs.goldilocks.powers(cs.fft.root(size), size // 2)
    back = cs.goldilocks.inverse(roots)
    scale = np.uint64(pow(size, -1, cs.P))
    calls = {
        "mul": lambda: peers_numba.multiply(a, b, out),
        "inverse": lambda: peers_numba.invert(a, out),
        "ntt": lambda: peers_numba.ntt(a, roots, out),
        "multiply": lambda: peers_numba.polynomials(a, b, roots, back, scale, out),
    }
    return Work(calls[name], lambda _: out[: size - (name == "multiply")].tolist())


def galois(name: str, a: np.ndarray, b: np.ndarray) -> Work:
    import galois

    field = galois.GF(cs.P, primitive_element=7, verify=False)
    x, y = field(a.tolist()), field(b.tolist())
    if name == "multiply":
        f, g = galois.Poly(x[::-1]), galois.Poly(y[::-1])
        return Work(lambda: f * g, lambda h: [int(c) for c in h.coeffs[::-1]])
    calls = {
        "mul": lambda: x * y,
        "inverse": lambda: np.reciprocal(x),
        "ntt": lambda: galois.ntt(x, modulus=cs.P),
    }
    return Work(calls[name], lambda values: [int(c) for c in values])


def flint(name: str, a: np.ndarray, b: np.ndarray) -> Work | None:
    import flint

    if name == "ntt":
        return None  # it has none for a polynomial's values
    if name == "multiply":
        f, g = flint.nmod_poly(a.tolist(), cs.P), flint.nmod_poly(b.tolist(), cs.P)
        return Work(lambda: f * g, lambda h: [int(c) for c in h.coeffs()])
    x, y = ([flint.nmod(v, cs.P) for v in values.tolist()] for values in (a, b))
    calls = {
        "mul": lambda: [u * v for u, v in zip(x, y, strict=True)],
        "inverse": lambda: [1 / u for u in x],
    }
    return Work(calls[name], lambda values: [int(c) for c in values])


MAKERS = {"cstark": cstark, "numba": numba, "galois": galois, "flint": flint}


def installed() -> tuple[list[str], list[str]]:
    """Libraries that can be imported, and those that are missing."""
    found, missing = [], []
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
            found.append(name)
        except ImportError:
            missing.append(name)
    return found, missing


def prepared(name: str, library: str, log_size: int) -> Work | None:
    """The operation in one library, its result compared with cstark's."""
    a, b = operands(name, log_size)
    work = MAKERS[library](name, a, b)
    if work is not None and library != "cstark":
        expected = cstark(name, a, b)
        if work.result(work.call()) != expected.result(expected.call()):
            sys.exit(f"error: {LIBRARIES[library]} computes something else: {TITLES[name]}")
    return work


def rows(libraries: list[str], log_size: int, count: int) -> Iterator[list[str]]:
    """A row for each operation: nanoseconds an element, and how many times cstark's."""
    for name, title in TITLES.items():
        works, logs = {}, {}
        for library in libraries:
            logs[library] = min(log_size, CAPS.get((library, name), log_size))
            work = prepared(name, library, logs[library])
            if work is not None:
                works[library] = work
        times: dict[str, list[float]] = {library: [] for library in works}
        for _ in range(count):
            for library, work in works.items():
                times[library].append(seconds(work.call) / (1 << logs[library]) * 1e9)
        ours = statistics.median(times["cstark"])
        row = [title, f"{ours:.2f}"]
        for library in libraries[1:]:
            if library not in works:
                row.append("none")
                continue
            theirs = statistics.median(times[library])
            ratio = f"{theirs / ours:.1f}" if theirs < 10 * ours else f"{theirs / ours:,.0f}"
            small = f" at 2^{logs[library]}" if logs[library] < log_size else ""
            row.append(f"{theirs:,.2f} (x {ratio}{small})")
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools/peers", description=__doc__.split("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--log-size", type=int, default=20, help="log2 of the elements (20)")
    arguments = parser.parse_args()
    if arguments.count < 1 or not 2 <= arguments.log_size <= 24:
        parser.error("count must be at least 1, --log-size between 2 and 24")
    cs.set_num_threads(1)
    libraries, missing = installed()
    for name in missing:
        print(f"without {LIBRARIES[name]}: not installed (pip install {LIBRARIES[name]})")
    facts = config()
    versions = ", ".join(f"{LIBRARIES[n]} {metadata.version(LIBRARIES[n])}" for n in libraries[1:])
    print(f"cstark {facts['cstark']} ({facts['isa']}), {versions}; {facts['platform']}")
    print(f"2^{arguments.log_size} elements, one thread, ns of CPU time an element (x cstark's)\n")
    head = ["", *(LIBRARIES[name] for name in libraries)]
    print(table(head, list(rows(libraries, arguments.log_size, arguments.count))))


if __name__ == "__main__":
    main()
