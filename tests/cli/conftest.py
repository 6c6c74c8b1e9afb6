from __future__ import annotations

import pytest

from cstark.cli.main import main
from cstark.kernels import _runtime
from tests.cli.cli_support import PROVE, SMALL


@pytest.fixture(autouse=True)
def same_threads():
    threads = _runtime.threads()
    yield
    _runtime.set_threads(threads)


@pytest.fixture(scope="module")
def proofs(tmp_path_factory):
    """A proof file of each small machine."""
    folder = tmp_path_factory.mktemp("proofs")
    files = {}
    for name, words in PROVE.items():
        files[name] = folder / f"{name}.bin"
        assert main(["prove", *words, *SMALL, "-o", str(files[name]), "--json"]) == 0
    return files
