"""Affinity and control groups, on made-up systems."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cstark.kernels.processors import available

LIMIT = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.fixture
def many_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)


def system(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return str(root)


def test_this_machine():
    assert 1 <= available() <= LIMIT


def test_without_control_groups(tmp_path, many_processors):
    assert available(str(tmp_path)) == 64


@pytest.mark.parametrize(
    "quota, processors",
    [("max 100000", 64), ("200000 100000", 2), ("150000 100000", 2), ("1000 100000", 1),
     ("9900000 100000", 64), ("", 64), ("nonsense", 64), ("100000 0", 64), ("-1 100000", 64)],
)  # fmt: skip
def test_version_2(tmp_path, many_processors, quota, processors):
    root = system(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": quota + "\n"})
    assert available(root) == processors


def test_the_narrowest_group_above_counts(tmp_path, many_processors):
    group = "sys/fs/cgroup/batch.slice"
    files = {
        "proc/self/cgroup": "0::/batch.slice/job-7/step\n",
        f"{group}/cpu.max": "1600000 100000\n",
        f"{group}/job-7/cpu.max": "400000 100000\n",
        f"{group}/job-7/step/cpu.max": "max 100000\n",
    }
    assert available(system(tmp_path, files)) == 4


def test_a_container_that_sees_the_path_of_its_host(tmp_path, many_processors):
    files = {
        "proc/self/cgroup": "0::/docker/0123456789ab\n",
        "sys/fs/cgroup/cpu.max": "300000 100000\n",
    }
    assert available(system(tmp_path, files)) == 3


def test_version_1(tmp_path, many_processors):
    files = {
        "proc/self/cgroup": "5:memory:/a\n4:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/a\n",
        "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "250000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    assert available(system(tmp_path, files)) == 3


def test_affinity_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "800000 100000\n"}
    assert available(system(tmp_path, files)) == 2
