"""Executors of every kind that the tests of this folder hand proofs to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.batch.pools import spawned


@pytest.fixture(scope="module")
def processes():
    with spawned(2) as pool:
        yield pool


@pytest.fixture(params=["here", "threads", "processes"])
def executor(request):
    if request.param == "here":
        yield None
    elif request.param == "threads":
        with ThreadPoolExecutor(3) as pool:
            yield pool
    else:
        yield request.getfixturevalue("processes")
