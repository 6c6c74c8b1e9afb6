"""What every test run starts with: fresh extensions, and a plan for long runs."""

from __future__ import annotations

import importlib
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from cstark.kernels import sources

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile(
    "cstark",
    deadline=None,  # the machines are shared
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("nightly", parent=settings.get_profile("cstark"), max_examples=2000)
settings.load_profile("cstark")


def pytest_addoption(parser):
    parser.addoption("--nightly", action="store_true", help="also run the long tests")


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A run in the background inherits this, and so would the processes that tests interrupt.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--nightly"):
        settings.load_profile("nightly")
    stale = []
    for name, pyx in sources.extensions(ROOT).items():
        try:
            built = importlib.import_module(name).source_digest()
        except ImportError as error:
            stale.append(f"{name} ({error})")
            continue
        if built != sources.digest(ROOT, pyx):
            stale.append(name)
    if stale:
        raise pytest.UsageError(
            "stale or missing extensions: "
            + ", ".join(stale)
            + "\nrun: python setup.py build_ext --inplace -j2"
        )


@pytest.fixture(autouse=True)
def _as_many_threads():
    """What a test does to the number of threads is not felt by the next one."""
    from cstark import get_num_threads, set_num_threads

    before = get_num_threads()
    yield
    if get_num_threads() != before:
        set_num_threads(before)


def pytest_terminal_summary(terminalreporter):
    """Say which instruction sets the tests of kernels could not run: those runs are not skipped,
    they do not exist where the processor, or the compiler, lacks a set."""
    from cstark.kernels import _runtime

    here, built = _runtime.isas(), _runtime.built()
    terminalreporter.write_line(f"instruction sets that ran: {', '.join(here)}")
    for isa in sources.ISAS:
        if isa not in here:
            lacks = "this processor lacks it" if isa in built else "this build has no code for it"
            terminalreporter.write_line(f"instruction set that did not run: {isa} ({lacks})")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--nightly"):
        return
    skip = pytest.mark.skip(reason="runs with --nightly")
    for item in items:
        if "nightly" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def each_isa(request):
    """Run a test once with every instruction set (use with indirect parametrisation)."""
    from cstark.kernels import _runtime

    before = _runtime.isa()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before)
