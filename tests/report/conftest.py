"""A report and the memory it measures."""

from __future__ import annotations

import pytest

from cstark.report import Report
from tests.report.report_support import Meter


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def report(meter):
    return Report(meter=meter)
