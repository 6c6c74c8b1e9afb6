"""From names of revisions to commits, by asking git."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from compare.errors import BenchError

__all__ = ["Revision", "choose", "git"]

#: The branch that others start from.
MAIN = "main"


@dataclass(frozen=True)
class Revision:
    """One side of a comparison.

    Attributes
    ----------
    commit : str
        40 hexadecimal digits.
    subject : str
        First line of its message.
    name : str
        How it was asked for.
    """

    commit: str
    subject: str
    name: str

    @property
    def short(self) -> str:
        return self.commit[:10]


def git(repository: Path, *words: str) -> str | None:
    """What a git command prints, without the final newline; None if it fails."""
    done = subprocess.run(
        ["git", "-C", str(repository), *words], capture_output=True, text=True, errors="replace"
    )
    return done.stdout.rstrip("\n") if done.returncode == 0 else None


def choose(
    repository: Path, against: str | None, head: str | None
) -> tuple[Revision, Revision, list[str]]:
    """The two revisions to compare.

    Parameters
    ----------
    repository : Path
    against : str or None
        The base; by default where HEAD's branch left `MAIN`, and on `MAIN` the parent of HEAD.
    head : str or None
        What is judged; by default the last commit, provided that the tree holds nothing else.

    Returns
    -------
    base, head : Revision
    notes : list of str
        What the reader of the report must know about the choice.

    Raises
    ------
    BenchError
        If this is no repository, a revision does not exist, or the tree has changes.
    """
    if git(repository, "rev-parse", "--git-dir") is None:
        raise BenchError(f"{repository} is not a git repository, so it has no revisions to compare")
    notes = []
    if head is None:
        notes = _refuse_changes(repository)
    new = _resolve(repository, head or "HEAD")
    old = _resolve(repository, against or _default_base(repository, new))
    if old.commit == new.commit:
        notes.append("base and head are the same commit: what differs is noise")
    return old, new, notes


def _resolve(repository: Path, name: str) -> Revision:
    commit = git(
        repository, "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"
    )
    if not commit:
        shallow = git(repository, "rev-parse", "--is-shallow-repository") == "true"
        hint = " (the clone is shallow: git fetch --unshallow)" if shallow else ""
        raise BenchError(f"there is no revision {name!r}{hint}")
    subject = git(repository, "log", "-1", "--format=%s", commit) or ""
    return Revision(commit, subject, name)


def _default_base(repository: Path, head: Revision) -> str:
    for main in (MAIN, f"origin/{MAIN}"):
        fork = git(repository, "merge-base", main, head.commit)
        if fork and fork != head.commit:
            return fork
    return f"{head.commit}~1"


def _refuse_changes(repository: Path) -> list[str]:
    """A note about files that git does not know; an error about changed ones."""
    status = git(repository, "status", "--porcelain") or ""
    changed = [line[3:] for line in status.splitlines() if not line.startswith("??")]
    if changed:
        raise BenchError(
            f"the tree has changes that no commit holds ({_few(changed)}); commit them, "
            "or measure the last commit without them: --head HEAD"
        )
    unknown = [line[3:] for line in status.splitlines()]
    if unknown:
        return [f"not in git, so not measured: {_few(unknown)}"]
    return []


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
