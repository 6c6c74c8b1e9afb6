"""How many processors this process may keep busy.

``os.cpu_count`` is the machine's number.  A process may be tied to some of them, and the control
groups it is in (a container's ``--cpus``, a batch system's share) may grant less time than they
could give: more threads than that are stopped in the middle of their work, again and again.
Standard library only: it runs when the package is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator


def available(root: str = "/") -> int:
    """Processors this process may use, at least 1.

    Parameters
    ----------
    root : str
        Where ``proc`` and ``sys`` are; for tests.
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min([count, *_granted(root)]))


def _granted(root: str) -> Iterator[int]:
    """Processors granted by each control group this process is in, rounded up."""
    for line in _lines(root, "proc/self/cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            folder = "sys/fs/cgroup"
        elif "cpu" in controllers.split(","):
            folder = "sys/fs/cgroup/cpu"
        else:
            continue
        # Seen from inside a container the path may be the host's: what is not there is skipped,
        # and the walk ends at the container's own root.
        while True:
            if folder.endswith("cpu"):
                quota = _words(root, f"{folder}{path}/cpu.cfs_quota_us")
                words = [*quota, *_words(root, f"{folder}{path}/cpu.cfs_period_us")]
            else:
                words = _words(root, f"{folder}{path}/cpu.max")
            if len(words) == 2 and all(word.isdecimal() and int(word) for word in words):
                yield -(-int(words[0]) // int(words[1]))
            if not path.strip("/"):
                break
            path = path.rstrip("/").rpartition("/")[0]


def _lines(root: str, name: str) -> list[str]:
    try:
        with open(os.path.join(root, name), encoding="utf-8") as file:
            return file.read().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _words(root: str, name: str) -> list[str]:
    return " ".join(_lines(root, name)).split()
